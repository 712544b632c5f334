#include "server.h"

#include "exchange.h"
#include "listen.h"
#include "log.h"
#include "metrics.h"
#include "route.h"
#include "tlsfiles.h"
#include "xalloc.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define DEFAULT_THREADS 2
#define SPARE_HANDLES 16 /* so many streams keep one while their client reads */
#define OTHER_FILES 256	 /* that are open beside connections: the database, mailboxes … */
#define URL_MOST 4096

const struct server_limits server_limits_default = {
	.connections = 1024,
	.crowd = 768,
	.memory_bytes = 32768,
	.idle_seconds = 30,
	.request_ms = 20000,
	.answer_ms = 900000,
	.slow_ms = 30000,
	.stop_ms = 5000,
};

/* An address with its own threads. */
struct gate {
	struct door door; /* of its connections */
	struct listening socket;
	struct MHD_Daemon *daemon;
	bool tls;
};

struct web {
	struct server_limits limits;
	struct exchanger exchanger;
	struct answerer answerer;
	struct gate gates[WEB_LISTEN_MOST];
	size_t gate_count;
	struct tlsfiles *tls;
	char *database, *psl;
	struct buf url;
	atomic_bool stopping;
};

/* --- Options --- */

static unsigned threads_of(const struct web_options *opt)
{
	return opt->threads ? opt->threads : DEFAULT_THREADS;
}

static int check_reach(
	const struct web_options *opt, const struct listen_address *a, struct err *err)
{
	if (a->local || opt->auth != WEB_AUTH_NONE)
		return 0;
	return FAIL(err, ERR_CONFIG, NULL,
		"'%s:%u' can be reached from other machines, and nobody has to log in there: "
		"set auth = basic or auth = proxy, or listen on 127.0.0.1, [::1] or a unix "
		"socket.",
		a->text, (unsigned)a->port);
}

static int check_count(size_t count, struct err *err)
{
	if (count == 0 || count > WEB_LISTEN_MOST)
		return FAIL(err, ERR_CONFIG, NULL,
			"There are %zu addresses to listen on; 1 to %d are possible.", count,
			WEB_LISTEN_MOST);
	return 0;
}

static int check_tls(const struct web_options *opt, struct err *err)
{
	if (!opt->tls_cert == !opt->tls_key)
		return 0;
	return FAIL(err, ERR_CONFIG, NULL, "tls_cert and tls_key go together: %s is missing.",
		opt->tls_cert ? "tls_key" : "tls_cert");
}

static int check_proxy(const struct web_options *opt, bool has_socket, struct err *err)
{
	if (opt->auth != WEB_AUTH_PROXY || opt->proxy_count > 0 || has_socket)
		return 0;
	return FAIL(err, ERR_CONFIG, NULL,
		"auth = proxy needs proxy_addresses, the addresses that the reverse proxy "
		"comes "
		"from, or a unix socket to listen on.");
}

/* A prefix that begins like one of our own addresses could be either. */
static int check_prefix(const struct access *a, struct err *err)
{
	struct str prefix = access_url(a)->prefix, rest = str_from(prefix, 1), first;

	if (str_empty(prefix) || !str_cut(&rest, '/', &first) || !route_is_own(first))
		return 0;
	return FAIL(err, ERR_CONFIG, NULL,
		"The path of public_url begins like an address of ruad itself: '%.*s'. Choose "
		"another one.",
		STR_ARGS(prefix));
}

static int check_listen(const struct web_options *opt, bool *ret_any_socket, struct err *err)
{
	int r = check_count(opt->listen_count, err);

	*ret_any_socket = false;
	for (size_t i = 0; i < opt->listen_count && r == 0; i++) {
		struct listen_address a = { 0 };

		r = listen_parse(str_of(opt->listen[i]), &a, err);
		if (r == 0)
			r = check_reach(opt, &a, err);
		*ret_any_socket |= a.unix_socket;
	}
	return r;
}

int web_check(const struct web_options *opt, struct err *err)
{
	struct access *access = NULL;
	struct tlsfiles *tls = NULL;
	int r = check_tls(opt, err);

	if (r == 0)
		r = access_new(opt, NULL, &access, err);
	if (r == 0)
		r = check_prefix(access, err);
	if (r == 0 && opt->tls_cert)
		r = tlsfiles_new(opt->tls_cert, opt->tls_key, &tls, err);
	tlsfiles_free(tls);
	access_free(access);
	return r;
}

int web_check_listen(const struct web_options *opt, struct err *err)
{
	bool has_socket;
	int r = check_listen(opt, &has_socket, err);

	return r < 0 ? r : check_proxy(opt, has_socket, err);
}

/* --- Life --- */

static void web_free(struct web *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->gate_count; i++)
		listen_close(&w->gates[i].socket);
	uploads_free(w->exchanger.uploads);
	watch_free(w->exchanger.watch);
	pool_free(w->answerer.pool);
	metrics_free(w->answerer.metrics);
	access_free(w->answerer.access);
	tlsfiles_free(w->tls);
	buf_release(&w->url);
	free(w->database);
	free(w->psl);
	free(w);
}

static void web_cleanup(struct web **w)
{
	web_free(*w);
}

static struct web *web_new(const struct web_options *opt, const struct server_limits *limits)
{
	struct web *w = xcalloc(1, sizeof(*w));
	size_t gates = opt->inherited_count ? opt->inherited_count : opt->listen_count;

	w->limits = *limits;
	w->database = xmemdup0(opt->database, strlen(opt->database));
	w->psl = xmemdup0(opt->psl_version.p ? opt->psl_version.p : "", opt->psl_version.n);
	w->answerer = (struct answerer){
		.pool = pool_new(w->database,
			threads_of(opt) * (unsigned)(gates ? gates : 1) + SPARE_HANDLES +
				(opt->intake ? 1 : 0), /* uploads have a thread too */
			SPARE_HANDLES),
		.database = w->database,
		.psl_version = str_absent(opt->psl_version)
				       ? STR_ABSENT
				       : str_make(w->psl, opt->psl_version.n),
		.imports = opt->imports,
		.import_count = opt->import_count,
		.keep = opt->keep,
		.rules = opt->rules,
		.answer_ms = opt->answer_ms,
		.domains = opt->domains,
		.domain_count = opt->domain_count,
		.metrics = metrics_new(),
		.intake = opt->intake,
		.enclosure = opt->enclosure,
	};
	pool_services(w->answerer.pool, opt->services);
	w->exchanger.answerer = &w->answerer;
	w->exchanger.idle_seconds = limits->idle_seconds;
	w->exchanger.salt = (unsigned)time(NULL) ^ ((unsigned)getpid() << 4);
	buf_init(&w->url, URL_MOST);
	return w;
}

/* So that a missing or foreign database is told at start. */
static int check_database(struct web *w, struct err *err)
{
	struct store *s;
	int r = pool_take(w->answerer.pool, &s, err);

	if (r < 0)
		return r;
	r = metrics_begin(w->answerer.metrics, s, err);
	pool_give(w->answerer.pool, s, false);
	return r;
}

/* Each connection is a file. */
static void allow_files(struct web *w, size_t gates)
{
	struct rlimit limit;
	rlim_t wanted = (rlim_t)w->limits.connections * gates + OTHER_FILES;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= wanted)
		return;
	w->limits.connections = limit.rlim_cur > 2 * OTHER_FILES
					? (unsigned)((limit.rlim_cur - OTHER_FILES) / gates)
					: 64;
	if (w->limits.crowd > w->limits.connections / 4 * 3)
		w->limits.crowd = w->limits.connections / 4 * 3;
}

/* --- Addresses --- */

static void add_url(struct web *w, const struct gate *g, bool last)
{
	const struct listen_address *a = &g->socket.address;
	const char *between = w->url.n == 0 ? "" : last ? " and " : ", ";

	if (a->unix_socket)
		buf_printf(&w->url, "%sunix:%s", between, a->text);
	else
		buf_printf(&w->url, "%s%s://%s:%u/", between, g->tls ? "https" : "http",
			a->text, (unsigned)a->port);
}

static struct gate *gate_add(struct web *w)
{
	struct gate *g = &w->gates[w->gate_count++];

	g->socket.fd = -1;
	return g;
}

/* The server's words, and its passwords, could be read on the way. */
static void warn_cleartext(const struct web_options *opt, const struct gate *g)
{
	if (opt->auth != WEB_AUTH_NONE && !g->tls && !g->socket.address.local)
		log_line(LOG_LEVEL_WARN, "web.cleartext",
			LOG_STR("address", str_of(g->socket.address.text)),
			LOG_STR("text", STR("passwords and pages are not encrypted here: set "
					    "tls_cert, or let a proxy do it on this machine")));
}

static bool any_socket(const struct web *w)
{
	for (size_t i = 0; i < w->gate_count; i++)
		if (w->gates[i].door.unix_socket)
			return true;
	return false;
}

static int open_gates(struct web *w, const struct web_options *opt, struct err *err)
{
	bool inherits = opt->inherited_count > 0;
	size_t count = inherits ? opt->inherited_count : opt->listen_count;
	int r = check_count(count, err);

	for (size_t i = 0; i < count && r == 0; i++) {
		struct gate *g = gate_add(w);
		struct listen_address a;

		if (inherits) {
			r = listen_inherit(opt->inherited[i], &g->socket, err);
		} else {
			r = listen_parse(str_of(opt->listen[i]), &a, err);
			if (r == 0)
				r = listen_open(&a, &g->socket, err);
		}
		if (r == 0)
			r = check_reach(opt, &g->socket.address, err);
		if (r < 0)
			return r;
		g->door = (struct door){ &w->exchanger, g->socket.address.unix_socket };
		g->tls = w->tls && !g->door.unix_socket;
		add_url(w, g, i + 1 == count);
		warn_cleartext(opt, g);
	}
	return r;
}

/* --- Threads --- */

__attribute__((format(printf, 2, 0))) static void on_log(
	void *cls, const char *format, va_list ap)
{
	char text[512];

	(void)cls;
	vsnprintf(text, sizeof(text), format, ap);
	log_line(LOG_LEVEL_DEBUG, "web.http", LOG_STR("text", str_trim(str_of(text))));
}

/*
 * Who comes while we stop is turned away.  MHD_quiesce_daemon, which would leave them to
 * whoever has the socket next, ends the program when a thread of epoll looks at the wrong
 * moment
 * ("Failed to remove listen FD from epoll set").
 */
static enum MHD_Result on_connect(void *cls, const struct sockaddr *address, socklen_t size)
{
	struct web *w = cls;

	(void)address, (void)size;
	return w->stopping ? MHD_NO : MHD_YES;
}

static struct MHD_Daemon *start_daemon(struct web *w, struct gate *g, unsigned threads)
{
	const struct MHD_OptionItem options[] = {
		{ MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_log, NULL },
		{ MHD_OPTION_LISTEN_SOCKET, g->socket.fd, NULL },
		{ MHD_OPTION_THREAD_POOL_SIZE, threads, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, w->limits.connections, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, w->limits.idle_seconds, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, w->limits.memory_bytes, NULL },
		{ MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
		{ MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)exchange_target, &g->door },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)exchange_completed, &g->door },
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)exchange_connection, &g->door },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, tlsfiles_callback() },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };

	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG |
					MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME |
					(g->tls ? (unsigned)MHD_USE_TLS : 0),
		0, on_connect, w, exchange_request, &g->door, MHD_OPTION_ARRAY, options,
		MHD_OPTION_ARRAY, g->tls ? tls : none, MHD_OPTION_END);
}

static void stop_daemons(struct web *w)
{
	for (size_t i = 0; i < w->gate_count; i++) {
		struct gate *g = &w->gates[i];

		if (g->daemon)
			MHD_stop_daemon(g->daemon);
		g->daemon = NULL;
	}
}

static bool start_daemons(struct web *w, unsigned threads)
{
	for (size_t i = 0; i < w->gate_count; i++) {
		w->gates[i].daemon = start_daemon(w, &w->gates[i], threads);
		if (!w->gates[i].daemon)
			return false;
		w->gates[i].socket.fd = -1; /* the daemon closes it */
	}
	return true;
}

/* Threads of the server take no signals: they are for the program's own thread. */
static int start_threads(struct web *w, unsigned threads, struct err *err)
{
	const struct watch_limits limits = { .request_ms = w->limits.request_ms,
		.answer_ms = w->limits.answer_ms,
		.crowd = w->limits.crowd,
		.slow_ms = w->limits.slow_ms };
	sigset_t all, before;
	bool ok = false;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	w->exchanger.watch = watch_start(&limits);
	if (w->answerer.intake)
		w->exchanger.uploads = uploads_start();
	if (w->exchanger.watch && (w->exchanger.uploads || !w->answerer.intake))
		ok = start_daemons(w, threads);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (ok)
		return 0;
	watch_stop(w->exchanger.watch);
	uploads_finish(w->exchanger.uploads);
	stop_daemons(w);
	return FAIL(err, ERR_CONFIG, NULL,
		"The web server could not be started (threads or memory).");
}

int server_start(const struct web_options *opt, const struct server_limits *limits,
	struct web **ret, struct err *err)
{
	CLEANUP(web)
	struct web *w = web_new(opt, limits);
	int r = check_tls(opt, err);

	if (r == 0)
		r = access_new(opt, w->answerer.pool, &w->answerer.access, err);
	if (r == 0)
		r = check_prefix(w->answerer.access, err);
	if (r == 0 && opt->tls_cert)
		r = tlsfiles_new(opt->tls_cert, opt->tls_key, &w->tls, err);
	if (r == 0 && w->tls)
		tlsfiles_use(w->tls);
	if (r == 0)
		r = open_gates(w, opt, err);
	if (r == 0)
		r = check_proxy(opt, any_socket(w), err);
	if (r == 0 && opt->settle)
		r = opt->settle(opt->settle_arg, err);
	if (r == 0)
		r = check_database(w, err);
	if (r < 0)
		return r;
	allow_files(w, w->gate_count);
	r = start_threads(w, threads_of(opt), err);
	if (r < 0)
		return r;
	*ret = w;
	w = NULL;
	return 0;
}

int web_start(const struct web_options *opt, struct web **ret, struct err *err)
{
	return server_start(opt, &server_limits_default, ret, err);
}

int web_reload(struct web *w, struct err *err)
{
	struct err second = { 0 };
	int r = access_reload(w->answerer.access, err);
	int tls = w->tls ? tlsfiles_reload(w->tls, r < 0 ? &second : err) : 0;

	if (second.code < 0)
		log_line(LOG_LEVEL_ERROR, "web.reload", LOG_STR("text", str_of(second.text)));
	return r < 0 ? r : tls;
}

void web_stop(struct web *w)
{
	if (!w)
		return;
	w->stopping = true;
	watch_settle(w->exchanger.watch, w->limits.stop_ms);
	watch_stop(w->exchanger.watch);
	uploads_finish(w->exchanger.uploads);
	stop_daemons(w);
	web_free(w);
}

struct str web_url(const struct web *w)
{
	return buf_view(&w->url);
}
