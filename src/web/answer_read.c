#include "answering.h"

#include "day.h"
#include "doc_sender.h"
#include "doc_source.h"
#include "routes.h"
#include "stream.h"

#include <assert.h>
#include <sys/stat.h>

#define PAGE_MOST (16 * MIB)

/* --- The query --- */

/* A browser sends the empty fields of a form too: they are left out. */
static bool parameter_is_blank(const struct answering *x, struct str value)
{
	return x->route.kind == ROUTE_PAGE && str_empty(str_trim(value));
}

/* The domain of the path is a filter; another one beside it would be a contradiction. */
static int imply_domain(struct answering *x, struct err *err)
{
	bool of_domain = x->route.kind == ROUTE_RESOURCE && x->route.resource->of_domain;

	if (!of_domain && x->route.kind != ROUTE_SENDER && x->route.kind != ROUTE_DOMAIN)
		return 0;
	if (x->query.filters[FILTER_DOMAIN].count > 0)
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"The path says the domain: leave the parameter 'domain' out.");
	return query_set(&x->query, STR("domain"), query_value(x->arena, x->route.segment),
		NULL, NULL, err);
}

/* False: answered. */
bool answer_query(struct answering *x)
{
	struct err err = { 0 };
	int r = 0;

	query_init(&x->query, x->arena);
	for (size_t i = 0; i < x->target.parameter_count; i++) {
		struct http_parameter *p = &x->target.parameters[i];
		const char *suggestion = NULL;
		bool tell;

		if (parameter_is_blank(x, p->value))
			continue;
		r = query_set(
			&x->query, p->name, p->value, x->route.parameters, &suggestion, &err);
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
static void files_stamp(struct answering *x)
{
	static const char *const suffixes[] = { "", "-wal" };
	struct digest_ctx d;

	digest_init(&d);
	for (size_t i = 0; i < 2; i++) {
		struct stat st = { 0 };

		stat(arena_printf(x->arena, "%s%s", x->w->database, suffixes[i]).p, &st);
		digest_u64(&d, (uint64_t)st.st_ino);
		digest_u64(&d, (uint64_t)st.st_size);
		digest_u64(&d, (uint64_t)st.st_mtim.tv_sec);
		digest_u64(&d, (uint64_t)st.st_mtim.tv_nsec);
		if (st.st_mtim.tv_sec > x->written_at)
			x->written_at = st.st_mtim.tv_sec;
	}
	digest_end(&d, &x->file_stamp);
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

/* The overview tells which domains are ours. */
static void domain_stamp(struct digest_ctx *d, const struct answerer *w)
{
	for (size_t i = 0; i < w->domain_count; i++)
		digest_field(d, str_of(w->domains[i]));
}

/* Pages say "12 min ago", and the ledger changes without new data: both have a shorter life. */
static bool answer_is_volatile(const struct route *r)
{
	return r->kind == ROUTE_PAGE || r->kind == ROUTE_INPUT || r->kind == ROUTE_RETRY ||
	       r->kind == ROUTE_DISMISSED ||
	       (r->kind == ROUTE_RESOURCE && r->resource->volatile_answer);
}

/* Of which state of the database an answer is: read in the same view as all the rest of it. */
struct state {
	int64_t generation, writes, changed_at;
};

static int read_state(struct store *store, struct state *ret, struct err *err)
{
	int r = store_generation(store, &ret->generation, err);

	if (r == 0)
		r = store_writes(store, &ret->writes, err);
	return r < 0 ? r : store_changed_at(store, &ret->changed_at, err);
}

/* W/"<generation>-<hash of the canonical query>" */
static struct str entity_tag(struct answering *x, const struct state *state)
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
	if (x->route.kind == ROUTE_PAGE) {
		struct digest word = access_form_word(x->w->access, &x->who, x->arena);

		digest_add(&d, word.b, DIGEST_BYTES);
		digest_u64(&d, x->who.scopes); /* pages have forms for what one may do */
		digest_field(&d, str_absent(x->doc.theme) ? STR("") : x->doc.theme);
	}
	if (answer_is_volatile(&x->route)) {
		import_stamp(&d, x->w);
		domain_stamp(&d, x->w);
		digest_u64(&d, (uint64_t)(x->doc.now_at / 60));
		digest_u64(&d, (uint64_t)state->writes);
		digest_add(&d, x->file_stamp.b, DIGEST_BYTES);
	}
	digest_end(&d, &sum);
	return arena_printf(x->arena, "W/\"%lld-%.16s\"", (long long)state->generation,
		digest_hex(&sum, hex).p);
}

/* When what it tells of last changed.  The tag decides: nobody is told "not modified" for a
 * time, as much is written within a second. */
static void modified_header(struct answering *x, int64_t changed_at)
{
	char *text = ARENA_ARRAY(x->arena, char, TIME_TEXT);

	if (answer_is_volatile(&x->route) && x->written_at > changed_at)
		changed_at = x->written_at;
	answer_header(x->ret, "Last-Modified", time_http(changed_at, text));
}

/* False: answered, unchanged or failed. */
static bool check_tag(struct answering *x)
{
	struct err err = { 0 };
	struct state state = { 0 };
	struct str tag;

	if (read_state(x->doc.store, &state, &err) < 0) {
		answer_error(x, &err);
		return false;
	}
	tag = entity_tag(x, &state);
	answer_header(x->ret, "ETag", tag);
	modified_header(x, state.changed_at);
	answer_header(x->ret, "Cache-Control", STR("private, no-cache"));
	answer_header(x->ret, "Vary", STR("Accept, Accept-Encoding"));
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
	case ROUTE_RETRY:
	case ROUTE_DISMISSED:
		return doc_input(c, x->route.id, j, err);
	case ROUTE_DOMAIN:
		return doc_domain(c, &x->query, j, err);
	case ROUTE_SENDER:
		return doc_sender(c, x->route.segment, x->route.key, &x->query, j, err);
	case ROUTE_SOURCE:
		return doc_source(c, x->route.segment, &x->query, j, err);
	case ROUTE_MARK:
		return doc_mark(c, x->route.segment, x->route.key, j, err);
	default:
		assert(false);
		return FAIL(err, ERR_USAGE, "not-found", "There is no such document.");
	}
}

/* 1 written, 0 not found, negative. */
static int write_whole(struct answering *x, struct err *err)
{
	struct body *b = &x->ret->body;
	struct json j;
	int r;

	body_reset(b);
	body_json(b, &j);
	r = write_document(x, &j, err);
	if (b->too_large)
		return FAIL(err, ERR_LIMIT, "too-large", "The answer is larger than allowed.");
	if (r <= 0)
		return r;
	r = body_finish(b, &j, err);
	return r < 0 ? r : 1;
}

static void answer_document(struct answering *x)
{
	struct err err = { 0 };
	int r = write_whole(x, &err);

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
	answer_header(x->ret, "Link",
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
	int r = pool_keep(x->w->pool, x->doc.store, &err);

	if (r == 0)
		r = stream_export(x->w->pool, &x->doc, x->route.resource, &x->query,
			csv ? EXPORT_CSV : EXPORT_NDJSON, &x->ret->stream, &err);
	if (r < 0) {
		answer_error(x, &err);
		return;
	}
	x->ret->type = csv ? STR("text/csv; charset=utf-8; header=present")
			   : STR("application/x-ndjson");
	answer_header(x->ret, "Content-Disposition", name);
}

static void answer_resource(struct answering *x)
{
	if (x->format == FORMAT_CSV || x->format == FORMAT_NDJSON) {
		answer_export(x);
		return;
	}
	answer_document(x);
	if (x->ret->status == 200)
		next_link(x);
}

static void answer_xml(struct answering *x)
{
	struct err err = { 0 };
	int r = pool_keep(x->w->pool, x->doc.store, &err);

	if (r == 0)
		r = stream_raw(x->w->pool, &x->doc, x->route.id, &x->ret->stream, &err);
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
	answer_header(x->ret, "Content-Disposition",
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
	answer_header(x->ret, "Content-Disposition",
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
	x->doc.sparing = true;
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
	if (!str_absent(x->doc.see)) {
		buf_release(&out);
		x->ret->header_count = 0; /* no tag: where it leads may change */
		answer_header(x->ret, "Cache-Control", STR("no-store"));
		answer_see(x, x->doc.see);
		return;
	}
	buf_release(&x->ret->body.buf);
	x->ret->body.buf = out;
	x->ret->type = HTML_TYPE;
	x->ret->status = status;
	if (status == 200)
		return;
	x->ret->header_count = 0; /* no tag on "not found" */
	answer_header(x->ret, "Cache-Control", STR("no-store"));
}

void answer_index(struct answering *x)
{
	struct json j;

	json_init(&j, &x->ret->body.buf);
	json_open_object(&j);
	json_kcstr(&j, "name", "ruad");
	json_kcstr(&j, "version", RUAD_VERSION);
	routes_keys(&j, x->doc.base, x->arena);
	json_kopen_object(&j, "limits");
	json_ki64(&j, "limit_default", 100);
	json_ki64(&j, "limit_most", 1000);
	json_close_object(&j);
	json_close_object(&j);
	json_end(&j);
	x->ret->type = JSON_TYPE;
	answer_header(x->ret, "Cache-Control", STR("private, no-cache"));
}

/* The same as long as the program is the same. */
void answer_schema(struct answering *x)
{
	const struct asset *file = x->route.asset;
	struct digest digest = digest_of(file->body);
	char hex[2 * DIGEST_BYTES + 1];
	struct str tag = arena_printf(x->arena, "W/\"%.16s\"", digest_hex(&digest, hex).p);

	answer_header(x->ret, "ETag", tag);
	answer_header(x->ret, "Cache-Control", STR("private, no-cache"));
	if (http_tag_matches(x->req->if_none_match, tag)) {
		x->ret->status = 304;
		return;
	}
	x->ret->fixed = file->body;
	x->ret->type = file->type;
}

/* What needs the store. */
static void answer_kind(struct answering *x)
{
	if (!check_tag(x))
		return;
	switch (x->route.kind) {
	case ROUTE_RESOURCE:
		answer_resource(x);
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
		answer_document(x);
		break;
	}
}

/* Tag and numbers of an answer are of one generation, whatever is written meanwhile.  A stream
 * is one question, and has a view of its own. */
static void answer_of_one_view(struct answering *x)
{
	struct err err = { 0 };
	bool streams = x->route.kind == ROUTE_XML || x->format == FORMAT_CSV ||
		       x->format == FORMAT_NDJSON;

	if (!streams && store_view_begin(x->doc.store, &err) < 0) {
		answer_error(x, &err);
		return;
	}
	answer_kind(x);
	if (!streams)
		store_view_end(x->doc.store);
}

/* Takes a handle for the time of the answer; a stream keeps it longer. */
void answer_from_store(struct answering *x)
{
	struct err err = { 0 };
	struct store *store = NULL;

	if (!answer_query(x) || !choose_format(x))
		return;
	if (pool_take(x->w->pool, &store, &err) < 0) {
		answer_error(x, &err);
		return;
	}
	x->doc.store = store;
	x->broken = false;
	files_stamp(x);
	store_time(store, x->w->answer_ms);
	answer_of_one_view(x);
	store_time(store, 0); /* a stream takes as long as its reader does */
	if (!x->ret->stream)
		pool_give(x->w->pool, store, x->broken);
}
