#include "answering.h"

#include "coding.h"
#include "day.h"
#include "log.h"
#include "metrics.h"
#include "ready.h"
#include "theme.h"
#include "xalloc.h"

#include <assert.h>
#include <string.h>

#define ROUTE_TEXT_MOST 256 /* of a template, none of which is longer */

void answer_header(struct answer *a, const char *name, struct str value)
{
	assert(a->header_count < ANSWER_HEADERS);
	a->headers[a->header_count++] = (struct answer_header){ name, value };
}

static void answer_init(struct answer *a)
{
	*a = (struct answer){ .status = 200, .fixed = STR_ABSENT, .fixed_gzip = STR_ABSENT };
	body_init(&a->body);
}

void answer_release(struct answer *a)
{
	if (a->stream)
		a->stream->close(a->stream);
	a->stream = NULL;
	body_release(&a->body);
}

/* --- Problems --- */

static void problem_headers(struct answer *a, enum problem_type type)
{
	answer_header(a, "Cache-Control", STR("no-store"));
	if (type == PROBLEM_STORE_BUSY)
		answer_header(a, "Retry-After", STR("5"));
}

static struct str methods_of(const struct answering *x)
{
	const char *writes = x->route.writes;

	if (!route_is_read(x->route.kind))
		return str_of(writes);
	return writes ? arena_printf(x->arena, "GET, HEAD, %s", writes) : STR("GET, HEAD");
}

static void problem_document(struct answer *a, const struct problem *p, struct str id)
{
	struct json j;

	json_init(&j, &a->body.buf);
	problem_json(&j, p, id);
	json_end(&j);
	a->type = STR("application/problem+json");
}

/* Starts the answer again, as this problem: a page for browsers, a document for all else. */
void answer_problem(struct answering *x, const struct problem *p)
{
	struct answer *a = x->ret;
	bool html = !x->route.api && http_wants_html(x->req->accept);

	answer_release(a);
	answer_init(a);
	a->status = problem_status(p->type);
	problem_headers(a, p->type);
	if (p->type == PROBLEM_METHOD)
		answer_header(a, "Allow", methods_of(x));
	if (html &&
		page_error(&x->doc, a->status, str_of(problem_title(p->type)), p->detail,
			&a->body.buf) == 0 &&
		!a->body.buf.full) {
		a->type = HTML_TYPE;
		return;
	}
	buf_clear(&a->body.buf);
	problem_document(a, p, x->req->id);
}

void answer_error(struct answering *x, const struct err *err)
{
	bool tell;
	struct problem p = problem_of(err, &tell);

	if (tell)
		log_line(LOG_LEVEL_ERROR, "web.failed", LOG_STR("req", x->req->id),
			LOG_STR("path", x->target.path), LOG_STR("text", str_of(err->text)));
	metrics_limit(x->w->metrics, limit_named(str_of(err->text)));
	x->broken |= err->code == ERR_IO || err->code == ERR_CONFIG;
	answer_problem(x, &p);
}

void answer_refused(struct answering *x, const struct access_refusal *why)
{
	answer_problem(x, &(struct problem){ .type = why->type, .detail = why->detail });
	for (size_t i = 0; i < 2 && why->challenges[i]; i++)
		answer_header(x->ret, "WWW-Authenticate", str_of(why->challenges[i]));
	if (why->retry_s > 0)
		answer_header(
			x->ret, "Retry-After", arena_printf(x->arena, "%u", why->retry_s));
}

void answer_not_found(struct answering *x, struct str detail)
{
	answer_problem(x, &(struct problem){ .type = PROBLEM_NOT_FOUND, .detail = detail });
}

void answer_see(struct answering *x, struct str where)
{
	x->ret->status = 303;
	x->ret->type = STR_ABSENT;
	answer_header(x->ret, "Location",
		arena_printf(x->arena, "%.*s%.*s", STR_ARGS(x->doc.base), STR_ARGS(where)));
}

void answer_refuse(const struct request *req, struct arena *arena, int problem_type,
	struct str detail, struct answer *ret)
{
	(void)arena;
	answer_init(ret);
	ret->status = problem_status((enum problem_type)problem_type);
	ret->close = true;
	problem_headers(ret, (enum problem_type)problem_type);
	problem_document(ret,
		&(struct problem){ .type = (enum problem_type)problem_type, .detail = detail },
		req->id);
}
/* --- What needs no store --- */

static void answer_health(struct answering *x)
{
	buf_str(&x->ret->body.buf, STR("ok\n"));
	x->ret->type = STR("text/plain; charset=utf-8");
	answer_header(x->ret, "Cache-Control", STR("no-store"));
}

static void answer_ready(struct answering *x)
{
	struct json j;

	json_init(&j, &x->ret->body.buf);
	x->ret->status = ready_write(x->w->pool, x->who.scopes & SCOPE_READ, &j) ? 200 : 503;
	json_end(&j);
	x->ret->type = JSON_TYPE;
	answer_header(x->ret, "Cache-Control", STR("no-store"));
}

static void answer_metrics(struct answering *x)
{
	if (!x->w->metrics) {
		answer_not_found(x, STR("Nothing is counted here."));
		return;
	}
	x->ret->type = metrics_write(
		x->w->metrics, x->w->pool, &x->doc, x->req->accept, &x->ret->body.buf);
	answer_header(x->ret, "Cache-Control", STR("no-store"));
	answer_header(x->ret, "Vary", STR("Accept, Accept-Encoding"));
}

static void answer_asset(struct answering *x)
{
	x->ret->fixed = x->route.asset->body;
	x->ret->fixed_gzip = x->route.asset->gzip;
	x->ret->type = x->route.asset->type;
	answer_header(x->ret, "Cache-Control", STR("public, max-age=31536000, immutable"));
}
/* --- Who asks for what --- */

bool request_reads(const struct request *req)
{
	struct str method = str_of(req->method);

	return str_eq(method, STR("GET")) || str_eq(method, STR("HEAD"));
}

bool request_writes(const struct request *req, const struct route *route)
{
	return route->writes && str_eq(str_of(req->method), str_of(route->writes));
}

/* Scopes of which one is enough; 0: everybody may. */
static unsigned scopes_wanted(const struct request *req, const struct route *r)
{
	if (request_writes(req, r) && r->kind != ROUTE_THEME)
		return route_imports(r->kind) ? SCOPE_IMPORT : SCOPE_MARK;
	switch (r->kind) {
	case ROUTE_HEALTH:
	case ROUTE_ASSET:
		return 0;
	case ROUTE_READY:
		return SCOPE_READ | SCOPE_METRICS;
	case ROUTE_METRICS:
		return SCOPE_METRICS;
	default:
		return SCOPE_READ;
	}
}

/* False: answered. */
static bool check_host(struct answering *x)
{
	const struct access_request *q = &x->req->access;
	struct str host = str_absent(x->target.authority) ? q->host : x->target.authority;

	if (access_host_ok(x->w->access, q, host))
		return true;
	answer_problem(x, &(struct problem){ .type = PROBLEM_MISDIRECTED,
				  .detail = STR("The Host header must name localhost, "
						"127.0.0.0/8, [::1] or the host of public_url. "
						"A reverse proxy must pass one of these.") });
	return false;
}

/* False: answered. */
static bool check_access(struct answering *x)
{
	unsigned wanted = scopes_wanted(x->req, &x->route);
	struct access_refusal refusal = { 0 };
	struct err err = { 0 };
	int r;

	if (wanted == 0)
		return true;
	r = access_check(x->w->access, &x->req->access, wanted, x->doc.now_at, x->arena,
		&x->who, &refusal, &err);
	if (r < 0)
		answer_error(x, &err);
	else if (r == 0)
		answer_refused(x, &refusal);
	if (r <= 0)
		return false;
	x->doc.user = x->who.name;
	if (x->who.scopes & SCOPE_MARK)
		x->doc.form_token = access_form_token(x->w->access, &x->who, x->arena);
	if (x->who.scopes & SCOPE_IMPORT && x->w->intake)
		x->doc.import_token = access_form_token(x->w->access, &x->who, x->arena);
	return true;
}

/* False: answered. */
static bool read_request(struct answering *x)
{
	struct err err = { 0 };

	x->doc.base = access_url(x->w->access)->prefix;
	if (http_target_parse(x->req->target, x->arena, &x->target, &err) < 0) {
		answer_error(x, &err);
		return false;
	}
	http_target_strip(&x->target, x->doc.base);
	route_find(&x->target, &x->route);
	if (!check_host(x) || !check_access(x))
		return false;
	if (request_writes(x->req, &x->route) ||
		(request_reads(x->req) && route_is_read(x->route.kind)))
		return true;
	answer_problem(
		x, &(struct problem){ .type = PROBLEM_METHOD,
			   .detail = x->route.writes ? STR("This is not done with this method.")
						     : STR("This is read with GET or HEAD.") });
	return false;
}
static void answer_route(struct answering *x)
{
	if (!read_request(x))
		return;
	if (!request_reads(x->req)) {
		if (x->route.kind == ROUTE_RESOURCE)
			answer_upload(x);
		else if (x->route.kind == ROUTE_THEME)
			answer_theme(x);
		else if (x->route.kind == ROUTE_MARK || x->route.kind == ROUTE_PAGE)
			answer_mark(x);
		else
			answer_problem_action(x);
		return;
	}
	switch (x->route.kind) {
	case ROUTE_NONE:
		answer_not_found(x, STR("There is nothing at this address."));
		break;
	case ROUTE_ASSET:
		answer_asset(x);
		break;
	case ROUTE_HEALTH:
		answer_health(x);
		break;
	case ROUTE_READY:
		answer_ready(x);
		break;
	case ROUTE_METRICS:
		answer_metrics(x);
		break;
	case ROUTE_INDEX:
		if (answer_query(x))
			answer_index(x);
		break;
	case ROUTE_SCHEMA:
		if (answer_query(x))
			answer_schema(x);
		break;
	default:
		answer_from_store(x);
		break;
	}
}

/* --- Its form on the wire --- */

static bool has_header(const struct answer *a, const char *name)
{
	for (size_t i = 0; i < a->header_count; i++)
		if (strcmp(a->headers[i].name, name) == 0)
			return true;
	return false;
}

/* False: it stays as it is, because there is no room for another. */
static bool encode_bytes(struct answer *a)
{
	struct err err = { 0 };

	if (str_absent(a->fixed))
		return coding_body(&a->body, &err) == 0;
	if (str_absent(a->fixed_gzip)) {
		if (coding_bytes(a->fixed, &a->body, &err) < 0)
			return false;
		a->fixed = STR_ABSENT;
	} else {
		a->fixed = a->fixed_gzip;
	}
	return true;
}

/* The tag stays: it is a weak one, and says what is told, not in which bytes. */
static void answer_encode(struct answering *x)
{
	struct answer *a = x->ret;
	enum http_coding coding = http_accept_coding(x->req->accept_encoding);
	uint64_t size = str_absent(a->fixed) ? body_bytes(&a->body) : a->fixed.n;

	if (!coding_helps(a->type) && a->status != 304)
		return;
	if (!has_header(a, "Vary"))
		answer_header(a, "Vary", STR("Accept-Encoding"));
	if (coding == HTTP_PLAIN || a->status == 304)
		return;
	if (a->stream)
		a->stream = coding_stream(a->stream);
	else if ((size < CODING_LEAST && coding != HTTP_GZIP_ONLY) || !encode_bytes(a))
		return;
	answer_header(a, "Content-Encoding", STR("gzip"));
}

static void answer_count(const struct answering *x, uint64_t took_us)
{
	CLEANUP(buf)
	struct buf route;

	buf_init(&route, ROUTE_TEXT_MOST);
	metrics_route(&x->route, &route);
	metrics_request(
		x->w->metrics, buf_view(&route), x->req->method, x->ret->status, took_us);
}

/* --- In all --- */

static void answering_init(struct answering *x, const struct answerer *w,
	const struct request *req, struct arena *arena, struct answer *ret)
{
	*x = (struct answering){
		.w = w,
		.req = req,
		.arena = arena,
		.ret = ret,
		.doc = { .now_at = time_now(),
			.arena = arena,
			.psl_version = w->psl_version,
			.request_id = req->id,
			.theme = theme_of_cookie(req->cookie),
			.imports = w->imports,
			.import_count = w->import_count,
			.keep = w->keep,
			.rules = w->rules,
			.domains = w->domains,
			.domain_count = w->domain_count,
			.enclosure = w->enclosure,
			.metrics = w->metrics },
	};
	answer_init(ret);
}

void answer_make(const struct answerer *w, const struct request *req, struct arena *arena,
	struct answer *ret)
{
	uint64_t begun_us = metrics_clock_us();
	struct answering x;

	answering_init(&x, w, req, arena, ret);
	answer_route(&x);
	answer_encode(&x);
	answer_count(&x, metrics_clock_us() - begun_us);
}

/* False: answered. */
static bool expect(struct answering *x, struct expected *ret)
{
	if (!read_request(x))
		return false;
	if (request_reads(x->req)) {
		answer_problem(x, &(struct problem){ .type = PROBLEM_BAD_REQUEST,
					  .detail = STR("A request to read has no body.") });
		return false;
	}
	*ret = (struct expected){ .body_most = WRITE_BODY_MOST };
	if (x->route.kind != ROUTE_RESOURCE) {
		ret->upload = x->w->intake && route_imports(x->route.kind);
		return true;
	}
	if (!answer_upload_expect(x))
		return false;
	*ret = (struct expected){ .body_most = x->w->intake->size_most, .upload = true };
	return true;
}

bool answer_expect(const struct answerer *w, const struct request *req, struct arena *arena,
	struct expected *ret, struct answer *ret_refusal)
{
	uint64_t begun_us = metrics_clock_us();
	struct answering x;

	answering_init(&x, w, req, arena, ret_refusal);
	if (expect(&x, ret))
		return true;
	ret_refusal->close = true;
	answer_encode(&x);
	answer_count(&x, metrics_clock_us() - begun_us);
	return false;
}
