#include "query.h"

#include <assert.h>
#include <string.h>

/* Does it stand for itself in a path segment and in a query value? */
static bool plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~,:!@", c));
}

struct str url_encode(struct arena *a, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";
	char *p;
	size_t n = 0;

	if (str_absent(s))
		return s;
	p = arena_alloc(a, 3 * s.n + 1, 1);
	for (size_t i = 0; i < s.n; i++) {
		if (plain(s.p[i])) {
			p[n++] = s.p[i];
			continue;
		}
		p[n++] = '%';
		p[n++] = digits[(uint8_t)s.p[i] >> 4];
		p[n++] = digits[(uint8_t)s.p[i] & 15];
	}
	return str_make(p, n);
}

/* Place of a name in a link; unknown names come after all known ones. */
static size_t rank(struct str name)
{
	size_t i = 0;

	while (query_names[i] && !str_eq(name, str_of(query_names[i])))
		i++;
	return i;
}

/* The pairs of a link under construction, in order. */
struct link {
	struct query_param *params;
	size_t count;
};

static void link_remove(struct link *l, struct str name)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++)
		if (!str_eq(l->params[i].name, name))
			l->params[kept++] = l->params[i];
	l->count = kept;
}

static void link_set(struct link *l, struct str name, struct str value)
{
	size_t at;

	link_remove(l, name);
	if (str_absent(value))
		return;
	at = l->count;
	while (at > 0 && rank(l->params[at - 1].name) > rank(name)) {
		l->params[at] = l->params[at - 1];
		at--;
	}
	l->params[at] = (struct query_param){ .name = name, .value = value };
	l->count++;
}

/* One change, and what no longer fits after it. */
static void link_change(struct link *l, struct str name, struct str value)
{
	if (!str_eq(name, STR("cursor")))
		link_remove(l, STR("cursor"));
	if (!str_absent(value) && str_eq(name, STR("range"))) {
		link_remove(l, STR("from"));
		link_remove(l, STR("to"));
	}
	if (!str_absent(value) && (str_eq(name, STR("from")) || str_eq(name, STR("to"))))
		link_remove(l, STR("range"));
	link_set(l, name, value);
}

static struct link link_begin(const struct query *q, struct arena *a, size_t more)
{
	struct link l = { .params =
				  ARENA_ARRAY(a, struct query_param, q->param_count + more + 1),
		.count = q->param_count };

	if (q->param_count > 0)
		memcpy(l.params, q->params, q->param_count * sizeof(q->params[0]));
	return l;
}

static struct str link_text(const struct link *l, struct arena *a)
{
	struct str text = STR("");

	for (size_t i = 0; i < l->count; i++) {
		struct str name = url_encode(a, l->params[i].name);
		struct str value = url_encode(a, l->params[i].value);

		text = arena_printf(a, "%.*s%s%.*s=%.*s", STR_ARGS(text), i ? "&" : "",
			STR_ARGS(name), STR_ARGS(value));
	}
	return text;
}

struct str query_link(const struct query *q, struct arena *a, struct str name, struct str value)
{
	struct link l = link_begin(q, a, 1);

	if (!str_absent(name))
		link_change(&l, name, value);
	return link_text(&l, a);
}

struct str query_link_with(const struct query *q, struct arena *a, const char *const *changes)
{
	const char *const *cursor = NULL;
	struct link l;
	size_t n = 0;

	while (changes[n])
		n += 2;
	l = link_begin(q, a, n / 2);
	for (size_t i = 0; i < n; i += 2) {
		if (str_eq(str_of(changes[i]), STR("cursor")))
			cursor = &changes[i]; /* last, or another change would drop it */
		else
			link_change(&l, str_of(changes[i]), str_of(changes[i + 1]));
	}
	if (cursor)
		link_change(&l, STR("cursor"), str_of(cursor[1]));
	return link_text(&l, a);
}
