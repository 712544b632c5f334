#include "server.h"

#include "answer.h"
#include "log.h"
#include "problem.h"
#include "watch.h"
#include "xalloc.h"

#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define DEFAULT_THREADS 2
#define STREAM_BLOCK 65536
#define STREAM_PIECE_MOST (64 * MIB)
#define SPARE_HANDLES 16 /* streams keep one while their client reads */

const struct server_limits server_limits_default = {
	.connections = 100,
	.memory_bytes = 32768,
	.idle_seconds = 30,
	.request_ms = 20000,
	.answer_ms = 900000,
	.stop_ms = 5000,
};

struct web {
	struct server_limits limits;
	struct MHD_Daemon *daemon;
	struct watch *watch;
	struct answerer answerer;
	char *database, *psl;
	char url[80];
	atomic_uint requests;
	unsigned salt; /* so that ids of two runs differ */
};

/* One request: from its first line until it is answered and nothing reads from it any more. */
struct web_request {
	struct web *web;
	struct arena arena;
	struct request request;
	struct answer answer;
	bool begun, answered;
	unsigned holders; /* the connection, and the response of a stream; all in one thread */
	struct buf piece; /* of a stream */
	size_t piece_at;
};

/* On every answer (the policy of pages is enough for everything else too). */
static const struct {
	const char *name, *value;
} fixed_headers[] = {
	{ "Content-Security-Policy",
		"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
		"connect-src 'self'; "
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
};

/* --- Life of a request --- */

static struct web_request *request_new(struct web *w, const char *target)
{
	struct web_request *r = xcalloc(1, sizeof(*r));
	unsigned n = atomic_fetch_add(&w->requests, 1) + 1;

	r->web = w;
	r->holders = 1;
	arena_init(&r->arena);
	r->request.target = arena_str(&r->arena, str_of(target));
	r->request.id = arena_printf(&r->arena, "req-%04x%x", w->salt & 0xffff, n);
	return r;
}

static void request_drop(struct web_request *r)
{
	if (--r->holders > 0)
		return;
	if (r->answered)
		answer_release(&r->answer);
	buf_release(&r->piece);
	arena_release(&r->arena);
	free(r);
}

static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
	(void)connection;
	return request_new(cls, target);
}

static struct watched *watched_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	struct web *w = cls;

	(void)code;
	if (*context)
		request_drop(*context);
	*context = NULL;
	watch_phase(w->watch, watched_of(connection), WATCH_READING);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode code)
{
	struct web *w = cls;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				 ->connect_fd;

		*socket_context = watch_add(w->watch, fd);
		return;
	}
	watch_remove(w->watch, *socket_context);
	*socket_context = NULL;
}

/* --- Headers of a request --- */

struct seen_headers {
	unsigned hosts, lengths, codings;
	uint64_t length;
	struct str host, accept, if_none_match;
};

static enum MHD_Result see_header(void *cls, enum MHD_ValueKind kind, const char *key,
	size_t key_n, const char *value, size_t value_n)
{
	struct seen_headers *h = cls;
	struct str name = str_make(key, key_n),
		   v = str_make(value ? value : "", value ? value_n : 0);

	(void)kind;
	if (str_eq_nocase(name, STR("Host"))) {
		h->hosts++;
		h->host = str_trim(v);
	} else if (str_eq_nocase(name, STR("Content-Length"))) {
		h->lengths++;
		if (!str_to_u64(str_trim(v), &h->length))
			h->length = UINT64_MAX;
	} else if (str_eq_nocase(name, STR("Transfer-Encoding"))) {
		h->codings++;
	} else if (str_eq_nocase(name, STR("Accept"))) {
		h->accept = v;
	} else if (str_eq_nocase(name, STR("If-None-Match"))) {
		h->if_none_match = v;
	}
	return MHD_YES;
}

static bool headers_ambiguous(const struct seen_headers *h)
{
	return h->hosts > 1 || h->lengths > 1 || (h->lengths && h->codings) || h->codings > 1 ||
	       h->length == UINT64_MAX;
}

/* --- The answer on its way --- */

static ssize_t stream_read(void *cls, uint64_t position, char *p, size_t most)
{
	struct web_request *r = cls;
	struct err err = { 0 };
	size_t n;

	(void)position;
	while (r->piece_at == r->piece.n) {
		int more;

		buf_clear(&r->piece);
		r->piece_at = 0;
		more = r->answer.stream->next(r->answer.stream, &r->piece, &err);
		if (more < 0) {
			log_line(LOG_LEVEL_ERROR, "web.cut", LOG_STR("req", r->request.id),
				LOG_STR("text", str_of(err.text)));
			return MHD_CONTENT_READER_END_WITH_ERROR;
		}
		if (more == 0 && r->piece.n == 0)
			return MHD_CONTENT_READER_END_OF_STREAM;
	}
	n = r->piece.n - r->piece_at < most ? r->piece.n - r->piece_at : most;
	memcpy(p, r->piece.p + r->piece_at, n);
	r->piece_at += n;
	return (ssize_t)n;
}

static void stream_free(void *cls)
{
	request_drop(cls);
}

static struct MHD_Response *response_of(struct web_request *r)
{
	struct answer *a = &r->answer;
	struct str memory = buf_view(&a->body.buf);
	struct MHD_Response *response;

	if (a->stream) {
		buf_init(&r->piece, STREAM_PIECE_MOST);
		response = MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read, r, stream_free);
		if (response)
			r->holders++;
		return response;
	}
	if (a->body.fd >= 0) {
		response = MHD_create_response_from_fd64(body_bytes(&a->body), a->body.fd);
		if (response)
			a->body.fd = -1; /* the response closes it */
		return response;
	}
	if (!str_absent(a->fixed))
		memory = a->fixed;
	/* Bytes and request live until the request is completed. */
	return MHD_create_response_from_buffer(
		memory.n, (void *)(uintptr_t)memory.p, MHD_RESPMEM_PERSISTENT);
}

static bool add_header(
	struct MHD_Response *response, const char *name, struct str value, struct arena *a)
{
	return MHD_add_response_header(response, name, arena_cstr(a, value)) == MHD_YES;
}

static bool add_headers(struct MHD_Response *response, struct web_request *r)
{
	const struct answer *a = &r->answer;
	bool ok = true;

	for (size_t i = 0; i < sizeof(fixed_headers) / sizeof(fixed_headers[0]); i++)
		ok &= add_header(response, fixed_headers[i].name,
			str_of(fixed_headers[i].value), &r->arena);
	if (!str_absent(a->type))
		ok &= add_header(response, "Content-Type", a->type, &r->arena);
	for (size_t i = 0; i < a->header_count; i++)
		ok &= add_header(response, a->headers[i].name, a->headers[i].value, &r->arena);
	if (a->close)
		ok &= add_header(response, "Connection", STR("close"), &r->arena);
	return ok;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct web_request *r)
{
	struct MHD_Response *response;
	enum MHD_Result result = MHD_NO;

	r->answered = true;
	response = response_of(r);
	if (!response)
		return MHD_NO;
	if (add_headers(response, r))
		result = MHD_queue_response(connection, (unsigned)r->answer.status, response);
	else
		log_line(LOG_LEVEL_ERROR, "web.header", LOG_STR("req", r->request.id));
	MHD_destroy_response(response);
	log_line(LOG_LEVEL_DEBUG, "web.answered", LOG_STR("req", r->request.id),
		LOG_STR("method", str_of(r->request.method)),
		LOG_STR("target", r->request.target), LOG_INT("status", r->answer.status));
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, struct web_request *r,
	enum problem_type type, const char *why)
{
	answer_refuse(&r->request, &r->arena, type, str_of(why), &r->answer);
	return send_answer(connection, r);
}

/* The headers are there, a body is not: what will not be read is refused now, and the
 * connection ends. */
static enum MHD_Result begin_request(struct MHD_Connection *connection, struct web_request *r)
{
	struct seen_headers h = { 0 };
	bool reads = str_eq(str_of(r->request.method), STR("GET")) ||
		     str_eq(str_of(r->request.method), STR("HEAD"));

	MHD_get_connection_values_n(connection, MHD_HEADER_KIND, see_header, &h);
	r->request.host = arena_str(&r->arena, h.host);
	r->request.accept = arena_str(&r->arena, h.accept);
	r->request.if_none_match = arena_str(&r->arena, h.if_none_match);
	if (headers_ambiguous(&h))
		return refuse(connection, r, PROBLEM_BAD_REQUEST,
			"Host, Content-Length or Transfer-Encoding are repeated or contradict "
			"each other.");
	if (!reads && (h.length > 0 || h.codings > 0))
		return refuse(connection, r, PROBLEM_METHOD,
			"Everything here is read with GET or HEAD.");
	if (h.length > 0 || h.codings > 0)
		return refuse(
			connection, r, PROBLEM_BAD_REQUEST, "A request to read has no body.");
	return MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_n,
	void **context)
{
	struct web *w = cls;
	struct web_request *r = *context;
	enum MHD_Result result;

	(void)url;
	(void)version;
	(void)upload;
	if (!r->begun) {
		r->begun = true;
		r->request.method = arena_cstr(&r->arena, str_of(method));
		watch_phase(w->watch, watched_of(connection), WATCH_ANSWERING);
		return begin_request(connection, r);
	}
	*upload_n = 0;
	if (r->answered)
		return MHD_YES;
	/* A query may take longer than a client may idle: the clock stands still meanwhile. */
	MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	answer_make(&w->answerer, &r->request, &r->arena, &r->answer);
	MHD_set_connection_option(
		connection, MHD_CONNECTION_OPTION_TIMEOUT, w->limits.idle_seconds);
	result = send_answer(connection, r);
	return result;
}

/* --- Start and stop --- */

__attribute__((format(printf, 2, 0))) static void on_log(
	void *cls, const char *format, va_list ap)
{
	char text[512];

	(void)cls;
	vsnprintf(text, sizeof(text), format, ap);
	log_line(LOG_LEVEL_DEBUG, "web.http", LOG_STR("text", str_trim(str_of(text))));
}

static void web_free(struct web *w)
{
	if (!w)
		return;
	watch_free(w->watch);
	pool_free(w->answerer.pool);
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
	unsigned threads = opt->threads ? opt->threads : DEFAULT_THREADS;

	w->limits = *limits;
	w->database = xmemdup0(opt->database, strlen(opt->database));
	w->psl = xmemdup0(opt->psl_version.p ? opt->psl_version.p : "", opt->psl_version.n);
	w->answerer = (struct answerer){
		.pool = pool_new(w->database, threads + SPARE_HANDLES),
		.database = w->database,
		.psl_version = str_absent(opt->psl_version)
				       ? STR_ABSENT
				       : str_make(w->psl, opt->psl_version.n),
	};
	w->salt = (unsigned)time(NULL) ^ ((unsigned)getpid() << 4);
	return w;
}

/* So that a missing or foreign database is told at start. */
static int check_database(struct web *w, struct err *err)
{
	struct store *s;
	int r = pool_take(w->answerer.pool, &s, err);

	if (r == 0)
		pool_give(w->answerer.pool, s, false);
	return r;
}

static struct MHD_Daemon *start_daemon(struct web *w, unsigned threads, int fd)
{
	const struct MHD_OptionItem options[] = {
		{ MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_log, NULL },
		{ MHD_OPTION_LISTEN_SOCKET, fd, NULL },
		{ MHD_OPTION_THREAD_POOL_SIZE, threads, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, w->limits.connections, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, w->limits.idle_seconds, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, w->limits.memory_bytes, NULL },
		{ MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
		{ MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_target, w },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, w },
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, w },
		{ MHD_OPTION_END, 0, NULL },
	};

	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_USE_ITC,
		0, NULL, NULL, on_request, w, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

/* Threads of the server take no signals: they are for the program's own thread. */
static int start_threads(struct web *w, unsigned threads, int fd, struct err *err)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	w->watch = watch_start(w->limits.request_ms, w->limits.answer_ms);
	if (w->watch)
		w->daemon = start_daemon(w, threads, fd);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (w->daemon)
		return 0;
	watch_stop(w->watch);
	return FAIL(err, ERR_CONFIG, NULL,
		"The web server could not be started (threads or memory).");
}

int server_start(const struct web_options *opt, const struct server_limits *limits,
	struct web **ret, struct err *err)
{
	__attribute__((cleanup(web_cleanup))) struct web *w = NULL;
	CLEANUP(close_fd)
	int fd = -1;
	struct listen_address address;
	uint16_t port;
	int r = listen_parse(str_of(opt->listen), &address, err);

	if (r < 0)
		return r;
	w = web_new(opt, limits);
	r = check_database(w, err);
	if (r == 0)
		r = listen_open(&address, &fd, &port, err);
	if (r == 0)
		r = start_threads(w, opt->threads ? opt->threads : DEFAULT_THREADS, fd, err);
	if (r < 0)
		return r;
	snprintf(w->url, sizeof(w->url), "http://%.*s:%u/", STR_ARGS(address.host),
		(unsigned)port);
	fd = -1; /* the daemon's now */
	*ret = w;
	w = NULL;
	return 0;
}

int web_start(const struct web_options *opt, struct web **ret, struct err *err)
{
	return server_start(opt, &server_limits_default, ret, err);
}

void web_stop(struct web *w)
{
	MHD_socket fd;

	if (!w)
		return;
	fd = MHD_quiesce_daemon(w->daemon);
	watch_settle(w->watch, w->limits.stop_ms);
	watch_stop(w->watch);
	MHD_stop_daemon(w->daemon);
	if (fd != MHD_INVALID_SOCKET)
		close(fd);
	web_free(w);
}

struct str web_url(const struct web *w)
{
	return str_of(w->url);
}
