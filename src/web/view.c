#include "view.h"

#include "asset.h"
#include "digest.h"
#include "format.h"
#include "page_set.h"
#include "service.h"
#include "xalloc.h"

#include <assert.h>
#include <string.h>

#define DOCUMENT_MOST (16U << 20)

/* --- Documents --- */

static bool listed(const char *const *names, struct str name)
{
	for (; names && *names; names++)
		if (str_eq(str_of(*names), name))
			return true;
	return false;
}

static bool changed(const char *const *changes, struct str name)
{
	for (; changes && *changes; changes += 2)
		if (str_eq(str_of(*changes), name))
			return true;
	return false;
}

/* Parameters of a list as it is shown here, not of what it is about. */
static bool is_view_parameter(struct str name)
{
	return str_eq(name, STR("sort")) || str_eq(name, STR("limit")) ||
	       str_eq(name, STR("cursor"));
}

/* A range in the changes takes the place of the other form. */
static bool is_other_range(const char *const *changes, struct str name)
{
	if (str_eq(name, STR("range")))
		return changed(changes, STR("from")) || changed(changes, STR("to"));
	return (str_eq(name, STR("from")) || str_eq(name, STR("to"))) &&
	       changed(changes, STR("range"));
}

int view_query(struct view *v, const char *resource, const char *const *changes,
	struct query **ret, struct err *err)
{
	const struct resource *res = resource_find(str_of(resource));
	struct query *q = ARENA_NEW(v->arena, struct query);
	int r = 0;

	assert(res);
	query_init(q, v->arena);
	for (size_t i = 0; i < v->q->param_count && r == 0; i++) {
		struct str name = v->q->params[i].name;

		if (!listed(res->parameters, name) || is_view_parameter(name) ||
			changed(changes, name) || is_other_range(changes, name))
			continue;
		r = query_set(q, name, v->q->params[i].value, NULL, NULL, err);
	}
	for (; changes && *changes && r == 0; changes += 2)
		if (changes[1])
			r = query_set(q, str_of(changes[0]), str_of(changes[1]),
				res->parameters, NULL, err);
	if (r == 0)
		r = query_end(q, v->c->now_at, err);
	if (r == 0)
		*ret = q;
	return r;
}

/*
 * Documents of sums that cost some time, and are asked for again with the same page.  Nothing
 * of the person who asks is in them.
 */
static const char *const kept_documents[] = { "keys", "overrides", "policies", "reporters",
	"senders", "sources", "summary", "timeseries", NULL };

#define KEPT_BYTES_MOST (256U << 10)
#define KEPT_SECONDS 3600 /* days become complete with time */

static uint64_t document_number(
	struct view *v, const struct resource *res, const struct query *q)
{
	const struct digest *rules = services_digest(store_services_of(v->c->store));
	struct digest_ctx d;
	struct digest sum;
	uint64_t n;

	digest_init(&d);
	digest_field(&d, str_of(res->name));
	digest_field(&d, v->c->base);
	digest_u64(&d, v->c->sparing);
	digest_u64(&d, (uint64_t)q->from_day);
	digest_u64(&d, (uint64_t)q->to_day);
	digest_add(&d, rules, sizeof(*rules));
	for (size_t i = 0; i < q->param_count; i++) {
		digest_field(&d, q->params[i].name);
		digest_field(&d, q->params[i].value);
	}
	digest_end(&d, &sum);
	memcpy(&n, sum.b, sizeof(n));
	return n;
}

/* A document that may be kept. */
static int kept_document(struct view *v, const struct resource *res, const struct query *q,
	struct json *j, struct err *err)
{
	uint64_t number = document_number(v, res, q);
	int64_t hour = v->c->now_at / KEPT_SECONDS;
	struct str text;
	int r = store_text_find(v->c->store, number, hour, &text, err);

	if (r > 0)
		buf_add(j->out, text.p, text.n);
	if (r != 0)
		return r < 0 ? r : 0;
	r = res->write(v->c, q, j, err);
	if (r == 0 && j->out->n <= KEPT_BYTES_MOST)
		r = store_text_keep(v->c->store, number, hour, buf_view(j->out), err);
	return r;
}

int view_document_of(struct view *v, const char *resource, const struct query *q, json_t **ret,
	struct err *err)
{
	const struct resource *res = resource_find(str_of(resource));
	CLEANUP(buf)
	struct buf text;
	struct json j;
	int r;

	assert(res);
	buf_init(&text, DOCUMENT_MOST);
	json_init(&j, &text);
	r = listed(kept_documents, str_of(res->name)) ? kept_document(v, res, q, &j, err)
						      : res->write(v->c, q, &j, err);
	return r < 0 ? r : tree_of(&j, ret, err);
}

int view_document(struct view *v, const char *resource, const char *const *changes,
	json_t **ret, struct err *err)
{
	struct query *q;
	int r = view_query(v, resource, changes, &q, err);

	return r < 0 ? r : view_document_of(v, resource, q, ret, err);
}

/* --- Life --- */

static int imply_domain(struct view *v, struct str domain, struct err *err)
{
	const char *changes[] = { "domain", view_value(v, domain), NULL };
	struct query *q;
	int r = view_query(v, "records", changes, &q, err);

	if (r < 0)
		return r;
	/* How this page lists is not part of what it is about, but must not get lost. */
	q->sort = v->q->sort;
	for (size_t i = 0; i < v->q->param_count && r == 0; i++)
		if (is_view_parameter(v->q->params[i].name))
			r = query_set(q, v->q->params[i].name, v->q->params[i].value, NULL,
				NULL, err);
	v->q = q;
	return r;
}

int view_init(struct view *v, struct doc_context *c, const char *path, struct str segment,
	const struct query *q, struct str domain, struct err *err)
{
	json_t *status = NULL;
	int r;

	*v = (struct view){ .c = c,
		.arena = c->arena,
		.path = path,
		.segment = segment,
		.key = c->key,
		.q = q };
	v->root = json_object();
	r = view_document(v, "status", NULL, &status, err);
	if (r < 0)
		return r;
	json_object_set_new(v->root, "status", status);
	v->status = status;
	return str_absent(domain) ? 0 : imply_domain(v, domain, err);
}

void view_release(struct view *v)
{
	json_decref(v->root);
	v->root = NULL;
}

/* --- Links --- */

const char *view_value(struct view *v, struct str s)
{
	return arena_cstr(v->arena, query_value(v->arena, s));
}

static const char *const *parameters_of(const char *path)
{
	for (const struct page *p = page_table; p->path; p++)
		if (strcmp(p->path, path) == 0)
			return p->parameters;
	assert(false); /* a link to a page that is not there */
	return NULL;
}

struct str view_path(struct view *v, const char *path, struct str segment)
{
	struct str rest = str_of(path), text = STR("");
	struct str values[] = { segment, v->key };
	ptrdiff_t at;

	for (size_t i = 0; i < 2 && (at = str_find(rest, STR("{}"))) >= 0; i++) {
		struct str value = url_encode(v->arena, values[i]);

		text = arena_printf(v->arena, "%.*s%.*s%.*s", STR_ARGS(text), (int)at, rest.p,
			STR_ARGS(value));
		rest = str_from(rest, (size_t)at + 2);
	}
	return text.n == 0 ? rest
			   : arena_printf(v->arena, "%.*s%.*s", STR_ARGS(text), STR_ARGS(rest));
}

/* path?query, with the parameters that the target takes. */
static struct str link_to(struct view *v, struct str path, const char *const *takes,
	bool keep_view, const char *const *changes)
{
	const struct query *q = v->q;
	size_t given = 0, n = 0;
	const char **all;
	struct str query;

	while (changes && changes[given])
		given += 2;
	all = ARENA_ARRAY(v->arena, const char *, 2 * q->param_count + given + 1);
	for (size_t i = 0; i < q->param_count; i++) {
		struct str name = q->params[i].name;
		bool drop = !listed(takes, name) || str_eq(name, STR("cursor")) ||
			    (is_view_parameter(name) && !keep_view);

		if (drop && !changed(changes, name)) {
			all[n] = arena_cstr(v->arena, name);
			n += 2;
		}
	}
	for (size_t i = 0; i < given; i += 2, n += 2) {
		all[n] = changes[i];
		all[n + 1] = listed(takes, str_of(changes[i])) ? changes[i + 1] : NULL;
	}
	query = query_link_with(q, v->arena, all);
	return str_empty(query)
		       ? path
		       : arena_printf(v->arena, "%.*s?%.*s", STR_ARGS(path), STR_ARGS(query));
}

struct str view_link(
	struct view *v, const char *path, struct str segment, const char *const *changes)
{
	return link_to(v, view_path(v, path, segment), parameters_of(path),
		v->path && strcmp(path, v->path) == 0, changes);
}

/* The domain of the page goes into the path, and out of the query. */
static struct str domain_api(struct view *v, const struct resource *res, const char *suffix,
	const char *const *changes)
{
	const struct filter_list *domains = &v->q->filters[FILTER_DOMAIN];
	struct str domain =
		url_encode(v->arena, domains->count == 1 ? domains->values[0].text : STR(""));
	size_t n = 0;
	const char **all;

	while (changes && changes[n])
		n += 2;
	all = ARENA_ARRAY(v->arena, const char *, n + 3);
	all[0] = "domain";
	for (size_t i = 0; i < n; i++)
		all[2 + i] = changes[i];
	return link_to(v,
		arena_printf(v->arena, "/api/v1/domains/%.*s/%s%s", STR_ARGS(domain), res->name,
			suffix),
		res->parameters, false, all);
}

struct str view_sender_link(
	struct view *v, struct str domain, struct str key, const char *const *changes)
{
	struct str mine = v->key, link;

	v->key = key;
	link = view_link(v, "/domains/{}/senders/{}", domain, changes);
	v->key = mine;
	return link;
}

struct str view_api(
	struct view *v, const char *resource, const char *suffix, const char *const *changes)
{
	const struct resource *res = resource_find(str_of(resource));

	assert(res);
	if (res->of_domain)
		return domain_api(v, res, suffix, changes);
	return link_to(v, arena_printf(v->arena, "/api/v1/%s%s", resource, suffix),
		res->parameters, false, changes);
}

void view_exports(struct view *v, json_t *object, const char *key, const char *resource,
	const char *const *changes)
{
	json_t *exports = tree_set_object(object, key);

	tree_set_str(exports, "csv_link", view_api(v, resource, ".csv", changes));
	tree_set_str(exports, "json_link", view_api(v, resource, "", changes));
}

/* --- Tables --- */

static void head_add(struct view *v, json_t *heads, const struct view_head *h)
{
	struct str rising = str_of(h->key), falling, sort = v->q->sort, next;
	json_t *o = tree_append(heads);

	tree_set_cstr(o, "text", h->text);
	tree_set_bool(o, "number", h->number);
	if (!h->key)
		return;
	falling = arena_printf(v->arena, "-%s", h->key);
	if (str_eq(sort, rising))
		tree_set_cstr(o, "sorted", "ascending");
	else if (str_eq(sort, falling))
		tree_set_cstr(o, "sorted", "descending");
	next = str_eq(sort, falling) || (!h->number && !str_eq(sort, rising)) ? rising
									      : falling;
	tree_set_str(o, "link",
		view_link(
			v, v->path, v->segment, (const char *const[]){ "sort", next.p, NULL }));
}

void view_heads(struct view *v, json_t *object, const char *key, const struct view_head *heads,
	size_t count)
{
	json_t *list = tree_set_array(object, key);

	for (size_t i = 0; i < count; i++)
		head_add(v, list, &heads[i]);
}

void view_paging(struct view *v, json_t *object, const json_t *document)
{
	struct str next = tree_str(document, "page.next");
	const char *const first[] = { "cursor", NULL, NULL };
	json_t *paging;

	if (str_absent(next) && str_absent(v->q->cursor))
		return;
	paging = tree_set_object(object, "paging");
	if (!str_absent(v->q->cursor))
		tree_set_str(paging, "first_link", view_link(v, v->path, v->segment, first));
	if (!str_absent(next))
		tree_set_str(paging, "next_link",
			view_link(v, v->path, v->segment,
				(const char *const[]){
					"cursor", arena_cstr(v->arena, next), NULL }));
}

/* --- The page --- */

/* "/ruad" and "/ruad/records", but not "/ruadar". */
static bool has_base(struct str text, struct str base)
{
	return str_starts(text, base) &&
	       (text.n == base.n || text.p[base.n] == '/' || text.p[base.n] == '?');
}

/* Links are made without the prefix of the public address, which is like no address of ours. */
static void add_base(struct view *v, json_t *t, const char *key, const json_t *value)
{
	struct str text = str_make(json_string_value(value), json_string_length(value));

	if (!str_empty(v->c->base) && str_ends(str_of(key), STR("link")) &&
		str_starts(text, STR("/")) && !has_base(text, v->c->base))
		tree_set_str(t, key,
			arena_printf(
				v->arena, "%.*s%.*s", STR_ARGS(v->c->base), STR_ARGS(text)));
}

/* An IPv6 address may be broken after its colons only. */
static void add_parts(json_t *t, struct str address)
{
	json_t *parts;
	struct str rest = address;
	ptrdiff_t at;

	if (str_find(address, STR(":")) < 0)
		return;
	parts = tree_set_array(t, "ip_parts");
	while ((at = str_find(rest, STR(":"))) >= 0) {
		json_array_append_new(parts, json_stringn(rest.p, (size_t)at + 1));
		rest = str_from(rest, (size_t)at + 1);
	}
	if (rest.n > 0)
		json_array_append_new(parts, json_stringn(rest.p, rest.n));
}

static void annotate(struct view *v, json_t *t);

static void annotate_object(struct view *v, json_t *t)
{
	struct arena *a = v->arena;
	size_t n = json_object_size(t), count = 0;
	const char **keys = ARENA_ARRAY(a, const char *, n + 1);
	const char *key;
	json_t *value;

	json_object_foreach(t, key, value)
	{
		if (json_is_integer(value))
			keys[count++] = arena_cstr(a, str_of(key));
		else if (json_is_string(value))
			add_base(v, t, key, value);
		else
			annotate(v, value);
	}
	for (size_t i = 0; i < count; i++)
		tree_set_str(t, arena_printf(a, "%s_text", keys[i]).p,
			format_number(a, tree_i64(t, keys[i])));
	if (json_is_string(tree_get(t, "source_ip")))
		add_parts(t, tree_str(t, "source_ip"));
	if (tree_get(t, "messages") && tree_get(t, "pass"))
		tree_set_str(t, "pass_rate_text",
			format_percent(a, (uint64_t)tree_i64(t, "pass"),
				(uint64_t)tree_i64(t, "messages")));
}

static void annotate(struct view *v, json_t *t)
{
	if (json_is_object(t))
		annotate_object(v, t);
	for (size_t i = 0; json_is_array(t) && i < json_array_size(t); i++)
		annotate(v, json_array_get(t, i));
}

/* Scripts of every page; each does without the others. */
static const char *const modules[] = { "filter.js", "explain.js", "keys.js", "chart.js",
	"fresh.js" };

int view_render(struct view *v, const char *template, struct buf *out, struct err *err)
{
	json_t *frame = tree_get(v->root, "frame"), *scripts;

	assert(frame);
	scripts = tree_set_array(frame, "scripts");
	tree_set_str(frame, "style_link", asset_path("app.css"));
	tree_set_str(frame, "icon_link", asset_path("icon.svg"));
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		tree_set_str(tree_append(scripts), "script_link", asset_path(modules[i]));
	tree_set_str(frame, "base_link", str_absent(v->c->base) ? STR("") : v->c->base);
	annotate(v, v->root);
	return template_render(page_templates(), str_of(template), v->root, out, err);
}
