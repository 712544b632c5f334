/*
 * fuzz_query.c - any bytes as the query string of a request: a question, and the link that is
 * made of it, which asks the same.
 */
#include "http.h"
#include "query.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1795132800

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* "/?" and the query string.  Negative: it is no question. */
static int ask(struct str target, struct arena *a, struct query *ret, struct err *err)
{
	struct http_target t;
	int r = http_target_parse(target, a, &t, err);

	if (r < 0)
		return r;
	query_init(ret, a);
	for (size_t i = 0; r == 0 && i < t.parameter_count; i++)
		r = query_set(
			ret, t.parameters[i].name, t.parameters[i].value, NULL, NULL, err);
	return r < 0 ? r : query_end(ret, NOW, err);
}

static void check_query(const struct query *q)
{
	check(q->from_day <= q->to_day);
	check(q->limit <= 1000 && q->target <= TARGET_REJECT);
	for (size_t f = 0; f < FILTER_COUNT; f++)
		for (size_t i = 0; i < q->filters[f].count; i++)
			check(str_utf8(q->filters[f].values[i].text));
	for (size_t i = 0; i < q->network_count; i++)
		check(q->networks[i].first.n == 4 || q->networks[i].first.n == 16);
}

/* It goes into an attribute of a page, and into a header. */
static void check_link(struct str link)
{
	for (size_t i = 0; i < link.n; i++)
		check(link.p[i] > ' ' && link.p[i] < 0x7f && link.p[i] != '"' &&
			link.p[i] != '<' && link.p[i] != '#');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size), link, target;
	struct query q, again;
	struct err err = { 0 };
	struct arena a;

	arena_init(&a);
	target = arena_printf(&a, "/?%.*s", STR_ARGS(text));
	if (ask(target, &a, &q, &err) == 0) {
		check_query(&q);
		link = query_link(&q, &a, STR_ABSENT, STR_ABSENT);
		check_link(link);
		target = arena_printf(&a, "/?%.*s", STR_ARGS(link));
		if (target.n <= HTTP_TARGET_MAX) {
			check(ask(target, &a, &again, &err) == 0);
			check(str_eq(query_link(&again, &a, STR_ABSENT, STR_ABSENT), link));
		}
		check_link(query_link(&q, &a, STR("range"), STR("7d")));
	} else {
		check(err.reason && err.text[0]);
	}
	arena_release(&a);
	return 0;
}
