#include "exchange.h"

#include "access.h"
#include "log.h"
#include "metrics.h"
#include "problem.h"
#include "xalloc.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#define STREAM_BLOCK 65536
#define STREAM_PIECE_MOST (64 * MIB)

/* One request: from its first line until it is answered and nothing reads from it any more. */
struct exchange {
	const struct door *door;
	struct arena arena;
	struct request request;
	struct answer answer;
	bool begun, answered;
	unsigned holders; /* the connection, and the response of a stream; all in one thread */
	struct body received; /* with the request */
	struct expected expected;
	struct upload_job job; /* its answer is made in another thread */
	struct MHD_Connection *connection;
	atomic_bool made; /* it was */
	bool entered;	  /* uploads */
	int failed;	  /* the body cannot be held */
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

void *exchange_target(void *door, const char *target, struct MHD_Connection *connection)
{
	struct exchange *x = xcalloc(1, sizeof(*x));
	struct exchanger *all = ((struct door *)door)->exchanger;
	unsigned n = atomic_fetch_add(&all->requests, 1) + 1;

	(void)connection;
	x->door = door;
	x->holders = 1;
	body_init(&x->received);
	arena_init(&x->arena);
	x->request.target = arena_str(&x->arena, str_of(target));
	x->request.id = arena_printf(&x->arena, "req-%04x%x", all->salt & 0xffff, n);
	return x;
}

static void exchange_drop(struct exchange *x)
{
	if (--x->holders > 0)
		return;
	if (x->answered || x->made)
		answer_release(&x->answer);
	body_release(&x->received);
	if (x->entered)
		uploads_leave(x->door->exchanger->uploads);
	buf_release(&x->piece);
	arena_release(&x->arena);
	free(x);
}

static struct watched *watched_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

void exchange_completed(void *door, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	(void)code;
	if (*context)
		exchange_drop(*context);
	*context = NULL;
	watch_phase(
		((struct door *)door)->exchanger->watch, watched_of(connection), WATCH_READING);
}

void exchange_connection(void *door, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode code)
{
	struct watch *watch = ((struct door *)door)->exchanger->watch;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				 ->connect_fd;

		*socket_context = watch_add(watch, fd);
		return;
	}
	watch_remove(watch, *socket_context);
	*socket_context = NULL;
}

/* --- Headers of a request --- */

struct seen_headers {
	struct request *request;
	struct arena *arena;
	struct str user_header; /* the name of the proxy's */
	unsigned hosts, lengths, codings, logins;
	uint64_t length;
};

static void see_login(struct seen_headers *h, struct str value)
{
	static const char scheme[] = "Bearer ";

	h->logins++;
	if (str_starts_nocase(value, str_of(scheme)))
		h->request->access.bearer =
			arena_str(h->arena, str_trim(str_from(value, strlen(scheme))));
}

/* Headers that decide where the request ends: false, it is none of them. */
static bool see_framing(struct seen_headers *h, struct str name, struct str value)
{
	if (str_eq_nocase(name, STR("Content-Length"))) {
		h->lengths++;
		if (!str_to_u64(value, &h->length))
			h->length = UINT64_MAX;
		return true;
	}
	h->codings += str_eq_nocase(name, STR("Transfer-Encoding"));
	return false;
}

/* A list may come in several lines (RFC 9110, 5.2). */
static void see_list(struct seen_headers *h, struct str *list, struct str value)
{
	*list = str_absent(*list) ? arena_str(h->arena, value)
				  : arena_printf(h->arena, "%.*s, %.*s", STR_ARGS(*list),
					    STR_ARGS(value));
}

static enum MHD_Result see_header(void *cls, enum MHD_ValueKind kind, const char *key,
	size_t key_n, const char *value, size_t value_n)
{
	struct seen_headers *h = cls;
	struct access_request *access = &h->request->access;
	struct str name = str_make(key, key_n),
		   v = str_trim(str_make(value ? value : "", value ? value_n : 0));
	const struct {
		const char *name;
		struct str *ret;
	} texts[] = { { "Content-Type", &access->content_type }, { "Origin", &access->origin },
		{ "Sec-Fetch-Site", &access->fetch_site }, { "Cookie", &h->request->cookie } },
	  lists[] = { { "Accept", &h->request->accept },
		  { "Accept-Encoding", &h->request->accept_encoding },
		  { "If-None-Match", &h->request->if_none_match },
		  { "X-Forwarded-For", &access->forwarded_for } };

	(void)kind;
	if (see_framing(h, name, v))
		return MHD_YES;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (str_eq_nocase(name, str_of(texts[i].name)))
			*texts[i].ret = arena_str(h->arena, v);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (str_eq_nocase(name, str_of(lists[i].name)))
			see_list(h, lists[i].ret, v);
	if (str_eq_nocase(name, STR("Host"))) {
		h->hosts++;
		access->host = arena_str(h->arena, v);
	} else if (str_eq_nocase(name, STR("Authorization"))) {
		see_login(h, v);
	} else if (str_eq_nocase(name, h->user_header)) {
		access->users++;
		access->user = arena_str(h->arena, v);
	}
	return MHD_YES;
}

static bool headers_ambiguous(const struct seen_headers *h)
{
	return h->hosts > 1 || h->lengths > 1 || (h->lengths && h->codings) || h->codings > 1 ||
	       h->logins > 1 || h->length == UINT64_MAX;
}

static void see_password(struct MHD_Connection *connection, struct exchange *x)
{
	char *password = NULL;
	char *name = MHD_basic_auth_get_username_password(connection, &password);

	if (name) {
		x->request.access.name = arena_str(&x->arena, str_of(name));
		x->request.access.password =
			arena_str(&x->arena, password ? str_of(password) : STR(""));
	}
	MHD_free(name);
	if (password)
		explicit_bzero(password, strlen(password));
	MHD_free(password);
}

/* What is no address of a family we know is one that nobody trusts. */
static void see_peer(struct MHD_Connection *connection, struct exchange *x)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct ip *ip = &x->request.access.peer;

	*ip = (struct ip){ 0 };
	if (x->door->unix_socket)
		return;
	ip->n = 4;
	if (!info || !info->client_addr)
		return;
	if (info->client_addr->sa_family == AF_INET)
		*ip = ip_of_bytes(
			&((const struct sockaddr_in *)info->client_addr)->sin_addr, 4);
	else if (info->client_addr->sa_family == AF_INET6)
		*ip = ip_of_bytes(
			&((const struct sockaddr_in6 *)info->client_addr)->sin6_addr, 16);
}

/* --- The answer on its way --- */

static ssize_t stream_read(void *cls, uint64_t position, char *p, size_t most)
{
	struct exchange *x = cls;
	struct err err = { 0 };
	size_t n;

	(void)position;
	while (x->piece_at == x->piece.n) {
		int more;

		buf_clear(&x->piece);
		x->piece_at = 0;
		more = x->answer.stream->next(x->answer.stream, &x->piece, &err);
		if (more < 0) {
			log_line(LOG_LEVEL_ERROR, "web.cut", LOG_STR("req", x->request.id),
				LOG_STR("text", str_of(err.text)));
			return MHD_CONTENT_READER_END_WITH_ERROR;
		}
		if (more == 0 && x->piece.n == 0)
			return MHD_CONTENT_READER_END_OF_STREAM;
	}
	n = x->piece.n - x->piece_at < most ? x->piece.n - x->piece_at : most;
	memcpy(p, x->piece.p + x->piece_at, n);
	x->piece_at += n;
	return (ssize_t)n;
}

static void stream_free(void *cls)
{
	exchange_drop(cls);
}

static struct MHD_Response *response_of(struct exchange *x)
{
	struct answer *a = &x->answer;
	struct str memory = buf_view(&a->body.buf);
	struct MHD_Response *response;

	if (a->stream) {
		buf_init(&x->piece, STREAM_PIECE_MOST);
		response = MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read, x, stream_free);
		if (response)
			x->holders++;
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

static bool add_headers(struct MHD_Response *response, struct exchange *x)
{
	const struct answer *a = &x->answer;
	bool ok = true;

	for (size_t i = 0; i < sizeof(fixed_headers) / sizeof(fixed_headers[0]); i++)
		ok &= add_header(response, fixed_headers[i].name,
			str_of(fixed_headers[i].value), &x->arena);
	if (!str_absent(a->type))
		ok &= add_header(response, "Content-Type", a->type, &x->arena);
	for (size_t i = 0; i < a->header_count; i++)
		ok &= add_header(response, a->headers[i].name, a->headers[i].value, &x->arena);
	if (a->close)
		ok &= add_header(response, "Connection", STR("close"), &x->arena);
	return ok;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct exchange *x)
{
	struct MHD_Response *response;
	enum MHD_Result result = MHD_NO;

	x->answered = true;
	response = response_of(x);
	if (!response)
		return MHD_NO;
	if (add_headers(response, x))
		result = MHD_queue_response(connection, (unsigned)x->answer.status, response);
	else
		log_line(LOG_LEVEL_ERROR, "web.header", LOG_STR("req", x->request.id));
	MHD_destroy_response(response);
	watch_phase(x->door->exchanger->watch, watched_of(connection), WATCH_SENDING);
	log_line(LOG_LEVEL_DEBUG, "web.answered", LOG_STR("req", x->request.id),
		LOG_STR("method", str_of(x->request.method)),
		LOG_STR("target", x->request.target), LOG_INT("status", x->answer.status));
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, struct exchange *x,
	enum problem_type type, const char *why)
{
	const struct answerer *w = x->door->exchanger->answerer;

	answer_refuse(&x->request, &x->arena, type, str_of(why), &x->answer);
	metrics_request(w->metrics, STR_ABSENT, x->request.method, x->answer.status, 0);
	return send_answer(connection, x);
}

/* --- The request arrives --- */

/* A request that changes something, or has a body: what will not be read is refused now, and
 * the connection ends. */
static enum MHD_Result expect_body(
	struct MHD_Connection *connection, struct exchange *x, uint64_t length)
{
	const struct exchanger *all = x->door->exchanger;

	if (!answer_expect(all->answerer, &x->request, &x->arena, &x->expected, &x->answer))
		return send_answer(connection, x);
	if (length > x->expected.body_most)
		return refuse(connection, x, PROBLEM_TOO_LARGE,
			x->expected.body_most > WRITE_BODY_MOST
				? "The file is larger than limits.mail_size allows."
				: "The request is too large.");
	if (!x->expected.upload)
		return MHD_YES;
	x->entered = uploads_enter(all->uploads);
	if (!x->entered)
		return refuse(connection, x, PROBLEM_STORE_BUSY,
			"There are too many uploads at once; try again in a moment.");
	/* A file may take longer than a request: it counts as one that is being answered. */
	watch_phase(all->watch, watched_of(connection), WATCH_ANSWERING);
	return MHD_YES;
}

/* The headers are there. */
static enum MHD_Result begin_request(struct MHD_Connection *connection, struct exchange *x)
{
	const struct answerer *w = x->door->exchanger->answerer;
	struct seen_headers h = { .request = &x->request,
		.arena = &x->arena,
		.user_header = access_header(w->access) };

	MHD_get_connection_values_n(connection, MHD_HEADER_KIND, see_header, &h);
	if (headers_ambiguous(&h))
		return refuse(connection, x, PROBLEM_BAD_REQUEST,
			"Host, Authorization, Content-Length or Transfer-Encoding are "
			"repeated or contradict each other.");
	see_peer(connection, x);
	if (h.logins > 0 && str_absent(x->request.access.bearer))
		see_password(connection, x);
	if (h.length == 0 && h.codings == 0 && request_reads(&x->request))
		return MHD_YES;
	return expect_body(connection, x, h.length);
}

/* A piece of the body.  Of one that is too large nothing more is kept, and the end of it is
 * awaited to answer. */
static enum MHD_Result take_piece(struct exchange *x, const char *p, size_t *n)
{
	struct err err = { 0 };

	if (x->failed == 0 && body_bytes(&x->received) + *n > x->expected.body_most)
		x->failed = ERR_LIMIT;
	if (x->failed == 0)
		x->failed = body_add(&x->received, p, *n, &err);
	if (x->failed < 0)
		body_reset(&x->received);
	*n = 0;
	return MHD_YES;
}

static void make_answer(struct exchange *x)
{
	answer_make(x->door->exchanger->answerer, &x->request, &x->arena, &x->answer);
}

/* In the thread of the uploads.  After the last line all may be gone. */
static void run_upload(struct upload_job *job)
{
	struct exchange *x = (struct exchange *)((char *)job - offsetof(struct exchange, job));

	make_answer(x);
	x->made = true;
	MHD_resume_connection(x->connection);
}

/* exchange_request is called again when it is done. */
static enum MHD_Result hand_over(struct MHD_Connection *connection, struct exchange *x)
{
	x->connection = connection;
	x->job.run = run_upload;
	MHD_suspend_connection(connection);
	if (!uploads_give(x->door->exchanger->uploads, &x->job)) {
		answer_refuse(&x->request, &x->arena, PROBLEM_STORE_BUSY,
			STR("The server is about to stop."), &x->answer);
		x->made = true;
		MHD_resume_connection(connection);
	}
	return MHD_YES;
}

static enum MHD_Result answer_request(struct MHD_Connection *connection, struct exchange *x)
{
	const struct exchanger *all = x->door->exchanger;
	struct body *b = &x->received;
	struct err err = { 0 };

	if (x->failed == 0)
		x->failed = body_end(b, &err);
	if (x->failed < 0)
		return refuse(connection, x,
			x->failed == ERR_LIMIT ? PROBLEM_TOO_LARGE : PROBLEM_STORE_DOWN,
			x->failed == ERR_LIMIT ? "The request is too large."
					       : "There is no room for a temporary file.");
	x->request.body = b->fd < 0 ? blob_mem(buf_view(&b->buf))
				    : (struct blob){ .fd = b->fd, .size_bytes = body_bytes(b) };
	watch_phase(all->watch, watched_of(connection), WATCH_ANSWERING);
	if (x->expected.upload)
		return hand_over(connection, x);
	/* A query may take longer than a client may idle: the clock stands still meanwhile. */
	MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	make_answer(x);
	MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, all->idle_seconds);
	return send_answer(connection, x);
}

enum MHD_Result exchange_request(void *door, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_n,
	void **context)
{
	struct exchange *x = *context;

	(void)door;
	(void)url;
	(void)version;
	if (!x->begun) {
		x->begun = true;
		x->request.method = arena_cstr(&x->arena, str_of(method));
		return begin_request(connection, x);
	}
	if (*upload_n > 0)
		return take_piece(x, upload, upload_n);
	if (x->answered)
		return MHD_YES;
	return x->made ? send_answer(connection, x) : answer_request(connection, x);
}
