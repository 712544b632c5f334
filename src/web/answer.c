#include "answer.h"

#include "day.h"
#include "doc_sender.h"
#include "log.h"
#include "marking.h"
#include "marks.h"
#include "metrics.h"
#include "problem.h"
#include "ready.h"
#include "route.h"
#include "stream.h"
#include "xalloc.h"

#include <assert.h>
#include <sys/stat.h>

#define JSON_TYPE STR("application/json")
#define HTML_TYPE STR("text/html; charset=utf-8")
#define PAGE_MOST (16 * MIB)
#define ROUTE_TEXT_MOST 256 /* of a template, none of which is longer */
#define WRITE_WAIT_MS 5000  /* for an import that writes */
#define WRITE_AGAIN 3	    /* when an import commits in the middle of a document */

struct answering {
	const struct answerer *w;
	const struct request *req;
	struct arena *arena;
	struct http_target target;
	struct route route;
	struct access_who who;
	struct query query;
	struct doc_context doc;
	enum route_format format;
	bool broken; /* the store handle */
	struct answer *ret;
};

static void header(struct answer *a, const char *name, struct str value)
{
	assert(a->header_count < ANSWER_HEADERS);
	a->headers[a->header_count++] = (struct answer_header){ name, value };
}

static void answer_init(struct answer *a)
{
	*a = (struct answer){ .status = 200, .fixed = STR_ABSENT };
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
	header(a, "Cache-Control", STR("no-store"));
	if (type == PROBLEM_STORE_BUSY)
		header(a, "Retry-After", STR("5"));
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
static void answer_problem(struct answering *x, const struct problem *p)
{
	struct answer *a = x->ret;
	bool html = !x->route.api && http_wants_html(x->req->accept);

	answer_release(a);
	answer_init(a);
	a->status = problem_status(p->type);
	problem_headers(a, p->type);
	if (p->type == PROBLEM_METHOD)
		header(a, "Allow",
			arena_printf(x->arena, "GET, HEAD%s%s", x->route.writes ? ", " : "",
				x->route.writes ? x->route.writes : ""));
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

static void answer_error(struct answering *x, const struct err *err)
{
	bool tell;
	struct problem p = problem_of(err, &tell);

	if (tell)
		log_line(LOG_LEVEL_ERROR, "web.failed", LOG_STR("req", x->req->id),
			LOG_STR("path", x->target.path), LOG_STR("text", str_of(err->text)));
	x->broken |= err->code == ERR_IO || err->code == ERR_CONFIG;
	answer_problem(x, &p);
}

static void answer_refused(struct answering *x, const struct access_refusal *why)
{
	answer_problem(x, &(struct problem){ .type = why->type, .detail = why->detail });
	for (size_t i = 0; i < 2 && why->challenges[i]; i++)
		header(x->ret, "WWW-Authenticate", str_of(why->challenges[i]));
	if (why->retry_s > 0)
		header(x->ret, "Retry-After", arena_printf(x->arena, "%u", why->retry_s));
}

static void answer_not_found(struct answering *x, struct str detail)
{
	answer_problem(x, &(struct problem){ .type = PROBLEM_NOT_FOUND, .detail = detail });
}

void answer_refuse(const struct request *req, struct arena *arena, int problem_type,
	struct str detail, struct answer *ret)
{
	(void)arena;
	answer_init(ret);
	ret->status = problem_status((enum problem_type)problem_type);
	ret->close = true;
	problem_headers(ret, (enum problem_type)problem_type);
	if (problem_type == PROBLEM_METHOD)
		header(ret, "Allow", STR("GET, HEAD"));
	problem_document(ret,
		&(struct problem){ .type = (enum problem_type)problem_type, .detail = detail },
		req->id);
}

/* --- The query --- */

static const char *const *parameters_of(const struct route *r)
{
	static const char *const none[] = { NULL };
	static const char *const ranged[] = { "from", "to", "range", "basis", NULL };

	if (r->kind == ROUTE_SENDER)
		return ranged;
	if (r->kind == ROUTE_RESOURCE)
		return r->resource->parameters;
	if (r->kind == ROUTE_PAGE && r->page->parameters)
		return r->page->parameters;
	return none;
}

/* A browser sends the empty fields of a form too: they are left out. */
static bool parameter_is_blank(const struct answering *x, struct str value)
{
	return x->route.kind == ROUTE_PAGE && str_empty(str_trim(value));
}

/* The domain of the path is a filter; another one beside it would be a contradiction. */
static int imply_domain(struct answering *x, struct err *err)
{
	bool of_domain = x->route.kind == ROUTE_RESOURCE && x->route.resource->of_domain;

	if (!of_domain && x->route.kind != ROUTE_SENDER)
		return 0;
	if (x->query.filters[FILTER_DOMAIN].count > 0)
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"The path says the domain: leave the parameter 'domain' out.");
	return query_set(&x->query, STR("domain"), query_value(x->arena, x->route.segment),
		NULL, NULL, err);
}

/* False: answered. */
static bool read_query(struct answering *x)
{
	const char *const *allowed = parameters_of(&x->route);
	struct err err = { 0 };
	int r = 0;

	query_init(&x->query, x->arena);
	for (size_t i = 0; i < x->target.parameter_count; i++) {
		struct http_parameter *p = &x->target.parameters[i];
		const char *suggestion = NULL;
		bool tell;

		if (parameter_is_blank(x, p->value))
			continue;
		r = query_set(&x->query, p->name, p->value, allowed, &suggestion, &err);
		if (r < 0) {
			struct problem problem = problem_of(&err, &tell);

			problem.parameter = p->name;
			problem.suggestion = str_of(suggestion);
			answer_problem(x, &problem);
			return false;
		}
	}
	r = imply_domain(x, &err);
	if (r == 0)
		r = query_end(&x->query, x->doc.now_at, &err);
	if (r < 0)
		answer_error(x, &err);
	return r == 0;
}

/* False: answered (406). */
static bool choose_format(struct answering *x)
{
	static const char *const offers[] = { "application/json", "text/csv",
		"application/x-ndjson", NULL };
	static const char *const one_offer[] = { "application/json", NULL };
	static const enum route_format formats[] = { FORMAT_JSON, FORMAT_CSV, FORMAT_NDJSON };
	bool list = x->route.kind == ROUTE_RESOURCE && x->route.resource->columns;
	int chosen;

	x->format = x->route.format;
	if (x->route.kind == ROUTE_PAGE || x->route.kind == ROUTE_XML ||
		x->route.kind == ROUTE_BYTES || x->format != FORMAT_BY_ACCEPT)
		return true;
	chosen = http_accept(x->req->accept, list ? offers : one_offer);
	/* A browser that opens the API is shown JSON, even when it would rather have HTML. */
	if (chosen < 0 && http_wants_html(x->req->accept))
		chosen = 0;
	if (chosen < 0) {
		answer_problem(
			x, &(struct problem){ .type = PROBLEM_NOT_ACCEPTABLE,
				   .detail = list ? STR("There are application/json, text/csv "
							"and application/x-ndjson.")
						  : STR("There is application/json.") });
		return false;
	}
	x->format = formats[chosen];
	return true;
}

/* --- Entity tags --- */

/* Changes with every write to the database file or its write-ahead log. */
static void file_stamp(struct digest_ctx *d, struct arena *a, const char *database)
{
	static const char *const suffixes[] = { "", "-wal" };

	for (size_t i = 0; i < 2; i++) {
		struct stat st = { 0 };

		stat(arena_printf(a, "%s%s", database, suffixes[i]).p, &st);
		digest_u64(d, (uint64_t)st.st_ino);
		digest_u64(d, (uint64_t)st.st_size);
		digest_u64(d, (uint64_t)st.st_mtim.tv_sec);
		digest_u64(d, (uint64_t)st.st_mtim.tv_nsec);
	}
}

/* Another configuration tells of other sources. */
static void import_stamp(struct digest_ctx *d, const struct answerer *w)
{
	for (size_t i = 0; i < w->import_count; i++) {
		digest_field(d, w->imports[i].source);
		digest_field(d, w->imports[i].kind);
		digest_field(d, w->imports[i].place);
		digest_u64(d, (uint64_t)w->imports[i].every_s);
	}
}

/* Pages say "12 min ago", and the ledger changes without new data: both have a shorter life. */
static bool answer_is_volatile(const struct route *r)
{
	return r->kind == ROUTE_PAGE || r->kind == ROUTE_INPUT ||
	       (r->kind == ROUTE_RESOURCE && r->resource->volatile_answer);
}

/* W/"<generation>-<hash of the canonical query>" */
static struct str entity_tag(struct answering *x, int64_t generation)
{
	struct digest_ctx d;
	struct digest sum;
	char hex[2 * DIGEST_BYTES + 1];

	digest_init(&d);
	digest_field(&d, STR(RUAD_VERSION));
	digest_field(&d, x->w->psl_version);
	digest_add(&d, services_digest(pool_services_of(x->w->pool))->b, DIGEST_BYTES);
	digest_field(&d, x->doc.base);
	if (x->w->rules)
		digest_add(&d, x->w->rules, sizeof(*x->w->rules));
	digest_field(&d, x->target.path);
	digest_u64(&d, x->format);
	digest_u64(&d, (uint64_t)x->query.from_day);
	digest_u64(&d, (uint64_t)x->query.to_day);
	digest_u64(&d, (uint64_t)day_of(x->doc.now_at));
	for (size_t i = 0; i < x->query.param_count; i++) {
		digest_field(&d, x->query.params[i].name);
		digest_field(&d, x->query.params[i].value);
	}
	if (x->route.kind == ROUTE_PAGE)
		digest_field(&d, access_form_token(x->w->access, &x->who, x->arena));
	if (answer_is_volatile(&x->route)) {
		import_stamp(&d, x->w);
		digest_u64(&d, (uint64_t)(x->doc.now_at / 60));
		file_stamp(&d, x->arena, x->w->database);
	}
	digest_end(&d, &sum);
	return arena_printf(
		x->arena, "W/\"%lld-%.16s\"", (long long)generation, digest_hex(&sum, hex).p);
}

/* False: answered, unchanged or failed. */
static bool check_tag(struct answering *x, int64_t *ret_generation)
{
	struct err err = { 0 };
	struct str tag;

	if (store_generation(x->doc.store, ret_generation, &err) < 0) {
		answer_error(x, &err);
		return false;
	}
	tag = entity_tag(x, *ret_generation);
	header(x->ret, "ETag", tag);
	header(x->ret, "Cache-Control", STR("private, no-cache"));
	header(x->ret, "Vary", STR("Accept"));
	if (!http_tag_matches(x->req->if_none_match, tag))
		return true;
	x->ret->status = 304;
	x->ret->type = STR_ABSENT;
	return false;
}

/* --- Answers --- */

/* 1 written, 0 not found, negative. */
static int write_document(struct answering *x, struct json *j, struct err *err)
{
	struct doc_context *c = &x->doc;
	int r;

	switch (x->route.kind) {
	case ROUTE_RESOURCE:
		r = x->route.resource->write(c, &x->query, j, err);
		return r < 0 ? r : 1;
	case ROUTE_REPORT:
		return doc_report(c, x->route.id, j, err);
	case ROUTE_RECORD:
		return doc_record(c, x->route.id, x->route.n, j, err);
	case ROUTE_INPUT:
		return doc_input(c, x->route.id, j, err);
	case ROUTE_SENDER:
		return doc_sender(c, x->route.segment, x->route.key, &x->query, j, err);
	case ROUTE_MARK:
		return doc_mark(c, x->route.segment, x->route.key, j, err);
	default:
		assert(false);
		return FAIL(err, ERR_USAGE, "not-found", "There is no such document.");
	}
}

/* All numbers of a document are of one generation: written again when an import came between.
 */
static int write_settled(struct answering *x, int64_t generation, struct err *err)
{
	struct body *b = &x->ret->body;

	for (int i = 0;; i++) {
		struct json j;
		int64_t now_generation;
		int r;

		body_reset(b);
		body_json(b, &j);
		r = write_document(x, &j, err);
		if (b->too_large)
			return FAIL(err, ERR_LIMIT, "too-large",
				"The answer is larger than allowed.");
		if (r <= 0)
			return r;
		r = body_finish(b, &j, err);
		if (r == 0)
			r = store_generation(x->doc.store, &now_generation, err);
		if (r < 0)
			return r;
		if (now_generation == generation || i == WRITE_AGAIN)
			return 1;
		generation = now_generation;
	}
}

static void answer_document(struct answering *x, int64_t generation)
{
	struct err err = { 0 };
	int r = write_settled(x, generation, &err);

	if (r < 0) {
		answer_error(x, &err);
		return;
	}
	if (r == 0) {
		answer_not_found(x, STR("There is nothing with this id."));
		return;
	}
	x->ret->type = JSON_TYPE;
}

static void next_link(struct answering *x)
{
	struct str body = buf_view(&x->ret->body.buf), rest, cursor;
	ptrdiff_t at;

	/* The document says it; nothing is asked twice. */
	if (!x->route.resource->list || x->ret->body.fd >= 0)
		return;
	at = str_find(body, STR("\"next\":\""));
	if (at < 0)
		return;
	rest = str_from(body, (size_t)at + 8);
	str_cut(&rest, '"', &cursor);
	header(x->ret, "Link",
		arena_printf(x->arena, "<%.*s%.*s?%.*s>; rel=\"next\"", STR_ARGS(x->doc.base),
			STR_ARGS(x->target.path),
			STR_ARGS(query_link(&x->query, x->arena, STR("cursor"), cursor))));
}

static void answer_export(struct answering *x)
{
	struct err err = { 0 };
	bool csv = x->format == FORMAT_CSV;
	struct str name = arena_printf(x->arena, "inline; filename=\"%s.%s\"",
		x->route.resource->name, csv ? "csv" : "ndjson");
	int r = stream_export(x->w->pool, &x->doc, x->route.resource, &x->query,
		csv ? EXPORT_CSV : EXPORT_NDJSON, &x->ret->stream, &err);

	if (r < 0) {
		answer_error(x, &err);
		return;
	}
	x->ret->type = csv ? STR("text/csv; charset=utf-8; header=present")
			   : STR("application/x-ndjson");
	header(x->ret, "Content-Disposition", name);
}

static void answer_resource(struct answering *x, int64_t generation)
{
	if (x->format == FORMAT_CSV || x->format == FORMAT_NDJSON) {
		answer_export(x);
		return;
	}
	answer_document(x, generation);
	if (x->ret->status == 200)
		next_link(x);
}

static void answer_xml(struct answering *x)
{
	struct err err = { 0 };
	int r = stream_raw(x->w->pool, &x->doc, x->route.id, &x->ret->stream, &err);

	if (r < 0) {
		answer_error(x, &err);
		return;
	}
	if (r == 0) {
		answer_not_found(
			x, STR("There is no such report, or its original is not kept."));
		return;
	}
	x->ret->type = STR("application/xml");
	header(x->ret, "Content-Disposition",
		arena_printf(x->arena, "attachment; filename=\"report-%lld.xml\"",
			(long long)x->route.id));
}

static void answer_bytes(struct answering *x)
{
	struct err err = { 0 };
	struct input_row row = { 0 };
	struct str bytes = STR_ABSENT;
	int r = store_input_get(x->doc.store, x->route.id, x->arena, &row, &bytes, &err);

	if (r < 0) {
		answer_error(x, &err);
		return;
	}
	if (r == 0 || str_absent(bytes)) {
		answer_not_found(x, STR("There is no such input, or its bytes are not kept."));
		return;
	}
	x->ret->type = STR("application/octet-stream");
	x->ret->fixed = bytes; /* of the request's arena */
	header(x->ret, "Content-Disposition",
		arena_printf(x->arena, "attachment; filename=\"input-%lld.bin\"",
			(long long)x->route.id));
}

static void answer_page(struct answering *x)
{
	struct buf out;
	struct err err = { 0 };
	int status = 200, r;

	buf_init(&out, PAGE_MOST);
	x->doc.key = x->route.key;
	r = x->route.page->write(&x->doc, x->route.segment, &x->query, &out, &status, &err);
	if (r == 0 && out.full)
		r = FAIL(&err, ERR_LIMIT, "too-large",
			"The page would be larger than %llu bytes.",
			(unsigned long long)PAGE_MOST);
	if (r < 0) {
		buf_release(&out);
		answer_error(x, &err);
		return;
	}
	buf_release(&x->ret->body.buf);
	x->ret->body.buf = out;
	x->ret->type = HTML_TYPE;
	x->ret->status = status;
	if (status == 200)
		return;
	x->ret->header_count = 0; /* no tag on "not found" */
	header(x->ret, "Cache-Control", STR("no-store"));
}

static void answer_index(struct answering *x)
{
	struct json j;

	json_init(&j, &x->ret->body.buf);
	json_open_object(&j);
	json_kcstr(&j, "name", "ruad");
	json_kcstr(&j, "version", RUAD_VERSION);
	json_kopen_object(&j, "links");
	for (const struct resource *r = resource_table; r->name; r++)
		json_kstr(&j, r->name,
			arena_printf(x->arena, "%.*s/api/v1/%s%s", STR_ARGS(x->doc.base),
				r->of_domain ? "domains/{domain}/" : "", r->name));
	json_close_object(&j);
	json_kopen_object(&j, "limits");
	json_ki64(&j, "limit_default", 100);
	json_ki64(&j, "limit_most", 1000);
	json_close_object(&j);
	json_close_object(&j);
	json_end(&j);
	x->ret->type = JSON_TYPE;
	header(x->ret, "Cache-Control", STR("private, no-cache"));
}

static void answer_health(struct answering *x)
{
	buf_str(&x->ret->body.buf, STR("ok\n"));
	x->ret->type = STR("text/plain; charset=utf-8");
	header(x->ret, "Cache-Control", STR("no-store"));
}

static void answer_ready(struct answering *x)
{
	struct json j;

	json_init(&j, &x->ret->body.buf);
	x->ret->status = ready_write(x->w->pool, x->who.scopes & SCOPE_READ, &j) ? 200 : 503;
	json_end(&j);
	x->ret->type = JSON_TYPE;
	header(x->ret, "Cache-Control", STR("no-store"));
}

static void answer_metrics(struct answering *x)
{
	if (!x->w->metrics) {
		answer_not_found(x, STR("Nothing is counted here."));
		return;
	}
	x->ret->type = metrics_write(
		x->w->metrics, x->w->pool, &x->doc, x->req->accept, &x->ret->body.buf);
	header(x->ret, "Cache-Control", STR("no-store"));
	header(x->ret, "Vary", STR("Accept"));
}

static void answer_asset(struct answering *x)
{
	x->ret->fixed = x->route.asset->body;
	x->ret->type = x->route.asset->type;
	header(x->ret, "Cache-Control", STR("public, max-age=31536000, immutable"));
}

/* What needs the store. */
static void answer_from_store(struct answering *x)
{
	int64_t generation;

	if (!check_tag(x, &generation))
		return;
	switch (x->route.kind) {
	case ROUTE_RESOURCE:
		answer_resource(x, generation);
		break;
	case ROUTE_XML:
		answer_xml(x);
		break;
	case ROUTE_BYTES:
		answer_bytes(x);
		break;
	case ROUTE_PAGE:
		answer_page(x);
		break;
	default:
		answer_document(x, generation);
		break;
	}
}

/* Takes a handle for the time of the answer; a stream keeps it longer. */
static void answer_with_handle(struct answering *x)
{
	struct err err = { 0 };
	struct store *store = NULL;

	if (!read_query(x) || !choose_format(x))
		return;
	if (pool_take(x->w->pool, &store, &err) < 0) {
		answer_error(x, &err);
		return;
	}
	x->doc.store = store;
	x->broken = false;
	answer_from_store(x);
	if (!x->ret->stream)
		pool_give(x->w->pool, store, x->broken);
}

/* --- Who asks for what --- */

bool request_reads(const struct request *req)
{
	struct str method = str_of(req->method);

	return str_eq(method, STR("GET")) || str_eq(method, STR("HEAD"));
}

static bool request_writes(const struct request *req, const struct route *route)
{
	return route->writes && str_eq(str_of(req->method), str_of(route->writes));
}

size_t answer_body_most(
	const struct answerer *w, const struct request *req, struct arena *arena)
{
	struct http_target target;
	struct route route;
	struct err err = { 0 };

	if (http_target_parse(req->target, arena, &target, &err) < 0)
		return 0;
	http_target_strip(&target, access_url(w->access)->prefix);
	route_find(&target, &route);
	return request_writes(req, &route) ? WRITE_BODY_MOST : 0;
}

/* Scopes of which one is enough; 0: everybody may. */
static unsigned scopes_wanted(const struct request *req, const struct route *r)
{
	if (request_writes(req, r))
		return SCOPE_MARK;
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
	if (request_reads(x->req) || request_writes(x->req, &x->route))
		return true;
	answer_problem(
		x, &(struct problem){ .type = PROBLEM_METHOD,
			   .detail = x->route.writes ? STR("This is not done with this method.")
						     : STR("This is read with GET or HEAD.") });
	return false;
}

/* --- What changes something: marks --- */

static int read_marking(struct answering *x, struct marking *ret, struct err *err)
{
	struct str body = str_absent(x->req->body) ? STR("") : x->req->body;

	return x->route.kind == ROUTE_MARK ? marking_of_json(body, x->arena, ret, err)
					   : marking_of_form(body, x->arena, ret, err);
}

/* 1, 0 there is no such sender, negative; the document of the mark goes into the body. */
static int put_mark(
	struct answering *x, struct store *s, const struct marking *m, struct err *err)
{
	struct mark_row row = { .domain = arena_str_lower(x->arena, x->route.segment),
		.word = m->word,
		.note = m->note,
		.who = x->who.name,
		.at = x->doc.now_at };
	struct json j;
	int r;

	if (!sender_key_norm(x->arena, x->route.key, &row.key))
		return 0;
	r = store_mark_put(s, &row, false, err);
	if (r <= 0 || x->route.kind != ROUTE_MARK)
		return r;
	x->doc.store = s;
	json_init(&j, &x->ret->body.buf);
	r = doc_mark(&x->doc, row.domain, row.key, &j, err);
	x->doc.store = NULL;
	return r > 0 && json_end(&j) < 0
		       ? FAIL(err, ERR_LIMIT, "too-large", "The mark is too large.")
		       : r;
}

/* Back to the page, which then shows it. */
static void answer_see(struct answering *x)
{
	struct str query = query_link(&x->query, x->arena, STR_ABSENT, STR_ABSENT);

	x->ret->status = 303;
	x->ret->type = STR_ABSENT;
	header(x->ret, "Location",
		arena_printf(x->arena, "%.*s%.*s%s%.*s", STR_ARGS(x->doc.base),
			STR_ARGS(x->target.path), query.n ? "?" : "", STR_ARGS(query)));
}

static void write_mark(struct answering *x, const struct marking *m)
{
	struct err err = { 0 };
	struct store *s = NULL;
	int r = store_open(x->w->database, STORE_SHARED, WRITE_WAIT_MS, &s, &err);

	if (r == 0) {
		store_services(s, pool_services_of(x->w->pool));
		r = put_mark(x, s, m, &err);
	}
	store_close(s);
	if (r < 0) {
		answer_error(x, &err);
		return;
	}
	if (r == 0) {
		answer_not_found(x, STR("There is no such sender."));
		return;
	}
	header(x->ret, "Cache-Control", STR("no-store"));
	if (x->route.kind == ROUTE_MARK)
		x->ret->type = JSON_TYPE;
	else
		answer_see(x);
}

static void answer_mark(struct answering *x)
{
	struct access_refusal refusal = { 0 };
	struct marking m = { .form_token = STR_ABSENT };
	struct err err = { 0 };
	int r = read_marking(x, &m, &err);

	/* First who asks, then what is wrong with it. */
	if (!access_check_write(x->w->access, &x->req->access, &x->who, m.form_token, &refusal))
		answer_refused(x, &refusal);
	else if (r < 0)
		answer_error(x, &err);
	else if (read_query(x))
		write_mark(x, &m);
}

static void answer_route(struct answering *x)
{
	if (!read_request(x))
		return;
	if (!request_reads(x->req)) {
		answer_mark(x);
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
		if (read_query(x))
			answer_index(x);
		break;
	default:
		answer_with_handle(x);
		break;
	}
}

static void answer_count(const struct answering *x, uint64_t took_us)
{
	CLEANUP(buf)
	struct buf route;

	buf_init(&route, ROUTE_TEXT_MOST);
	metrics_route(&x->route, &x->target, &route);
	metrics_request(
		x->w->metrics, buf_view(&route), x->req->method, x->ret->status, took_us);
}

void answer_make(const struct answerer *w, const struct request *req, struct arena *arena,
	struct answer *ret)
{
	struct answering x = {
		.w = w,
		.req = req,
		.arena = arena,
		.ret = ret,
		.doc = { .now_at = time_now(),
			.arena = arena,
			.psl_version = w->psl_version,
			.imports = w->imports,
			.import_count = w->import_count,
			.rules = w->rules },
	};
	uint64_t begun_us = metrics_clock_us();

	answer_init(ret);
	answer_route(&x);
	answer_count(&x, metrics_clock_us() - begun_us);
}
