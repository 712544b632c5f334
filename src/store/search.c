#include "search.h"

#include "place.h"
#include "roster_load.h"
#include "rules.h"
#include "write.h"

#include <assert.h>

const char *hit_kind_name(enum hit_kind k)
{
	static const char *const names[] = { "source", "domain", "report", "reporter", "sender",
		"header_from", "dkim_key", "dkim_domain", "dkim_selector", "spf_domain" };

	static_assert(sizeof(names) / sizeof(names[0]) == HIT_COUNT, "each has a name");
	assert((unsigned)k < HIT_COUNT);
	return names[k];
}

struct looking {
	struct store *s;
	struct arena *a;
	struct str typed, text; /* as it is, and in lower case without a dot at the end */
	struct search *ret;
};

static bool same(const struct looking *l, struct str name)
{
	return str_eq(arena_str_lower(l->a, name), l->text);
}

static struct search_hit *hit_add(struct looking *l, enum hit_kind kind, struct str text)
{
	struct search_hit *hit = &l->ret->hits[l->ret->count++];

	*hit = (struct search_hit){ .kind = kind,
		.exact = same(l, text),
		.text = arena_str(l->a, text),
		.known = true };
	return hit;
}

/* Is there a hit of that name already? */
static bool hit_has(const struct looking *l, enum hit_kind kind, struct str text)
{
	for (size_t i = 0; i < l->ret->count; i++)
		if (l->ret->hits[i].kind == kind && str_eq(l->ret->hits[i].text, text))
			return true;
	return false;
}

/* --- One kind after the other --- */

/* A statement whose first column is the name; take fills in what is beside it, or NULL. */
struct look {
	enum hit_kind kind;
	enum stmt_id id;
	void (*take)(const struct looking *l, sqlite3_stmt *st, struct search_hit *hit);
};

/* Is it listed already, or told of by the page of a domain that is? */
static bool is_folded(const struct looking *l, enum hit_kind kind, struct str text)
{
	bool of_domain = kind == HIT_SENDER || kind == HIT_HEADER_FROM ||
			 kind == HIT_DKIM_DOMAIN || kind == HIT_SPF_DOMAIN;

	return hit_has(l, kind, text) || (of_domain && hit_has(l, HIT_DOMAIN, text));
}

static int look_for(
	struct looking *l, const struct look *look, struct str text, struct err *err)
{
	size_t count = 0;
	sqlite3_stmt *st;
	int r = db_use(&l->s->db, look->id, &st, err);

	if (r < 0)
		return r;
	bind_text(st, 1, text);
	bind_int(st, 2, SEARCH_HITS_MOST + 1);
	while ((r = db_step(&l->s->db, st, err)) > 0 && ++count <= SEARCH_HITS_MOST) {
		struct search_hit *hit;

		if (look->kind != HIT_REPORT && is_folded(l, look->kind, column_text(st, 0)))
			continue;
		hit = hit_add(l, look->kind, column_text(st, 0));
		if (look->take)
			look->take(l, st, hit);
	}
	l->ret->more[look->kind] |= r > 0;
	sqlite3_reset(st);
	return r < 0 ? r : 0;
}

static void take_domain(const struct looking *l, sqlite3_stmt *st, struct search_hit *hit)
{
	(void)l;
	hit->reports = (uint64_t)column_int(st, 1);
	hit->last_day = column_int(st, 2);
}

static void take_reporter(const struct looking *l, sqlite3_stmt *st, struct search_hit *hit)
{
	(void)l;
	hit->exact = column_int(st, 1);
	hit->end_at = column_int(st, 2);
}

static void take_report(const struct looking *l, sqlite3_stmt *st, struct search_hit *hit)
{
	hit->exact = column_int(st, 1);
	hit->report = column_int(st, 2);
	hit->reporter = arena_str(l->a, column_text(st, 3));
	hit->domain = arena_str(l->a, column_text(st, 4));
	hit->messages = (uint64_t)column_int(st, 5);
	hit->begin_at = column_int(st, 6);
	hit->end_at = column_int(st, 7);
}

/* --- Senders --- */

static void name_sender(const struct looking *l, struct search_hit *hit)
{
	const struct service *service = services_find(l->s->db.services, hit->text);

	hit->name = service ? service->name : hit->text;
	hit->exact |= same(l, hit->name);
}

/* Keys that naming domains give, by their text, as long as the data are the same. */
struct sender_keys {
	struct str *items;
	size_t count;
};

static int read_keys(struct store *s, struct kept_answer *made, struct err *err)
{
	struct sender_keys *keys = ARENA_NEW(&made->arena, struct sender_keys);
	struct arena *a = &made->arena;
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_search_senders, &st, err);

	if (r < 0)
		return r;
	while ((r = db_step(&s->db, st, err)) > 0) {
		keys->items = ARENA_MORE(a, keys->items, keys->count);
		keys->items[keys->count++] = arena_str(a, column_text(st, 0));
	}
	if (r == 0)
		made->value = keys;
	return r;
}

static int find_keys(struct store *s, const struct sender_keys **ret, struct err *err)
{
	struct answer_key key = { 0 };
	struct kept_answer *made;
	int r = store_generation(s, &key.generation, err);

	if (r < 0)
		return r;
	key.question = scope_question(&s->db, "sender keys", STR(""), 0, &rules_default);
	*ret = answers_find(&s->answers, &key);
	if (*ret)
		return 0;
	made = answers_make(&s->answers, &key);
	r = read_keys(s, made, err);
	*ret = made->value;
	return r;
}

/* What is meant comes first: of that name, then those that have it in them. */
static int named_senders(struct looking *l, struct str key, struct err *err)
{
	const struct sender_keys *keys = NULL;
	size_t count = 0;
	int r = find_keys(l->s, &keys, err);

	if (r < 0)
		return r;
	for (int exact = 1; exact >= 0; exact--)
		for (size_t i = 0; i < keys->count; i++) {
			struct str k = keys->items[i];

			if ((str_eq(k, l->text) || str_eq(k, key)) != (exact == 1) ||
				!(str_contains(k, l->text) ||
					(!str_empty(key) && str_contains(k, key))))
				continue;
			if (++count > SEARCH_HITS_MOST) {
				l->ret->more[HIT_SENDER] = true;
				return 0;
			}
			if (!is_folded(l, HIT_SENDER, k))
				name_sender(l, hit_add(l, HIT_SENDER, k));
		}
	return 0;
}

/* Senders of the configuration that go by their addresses: their domains do not tell. */
static int addressed_senders(struct looking *l, struct str key, struct err *err)
{
	const struct services *services = l->s->db.services;
	size_t count = 0;

	for (size_t i = 0; i < services_pattern_count(services); i++) {
		const struct service_pattern *p = services_pattern(services, i);
		const struct service *service = services_at(services, p->service);
		int r;

		if (p->by != NAMED_BY_ADDRESS || hit_has(l, HIT_SENDER, service->key) ||
			str_empty(key) || !str_contains(service->key, key))
			continue;
		r = store_place_known(l->s, &p->net, err);
		if (r < 0)
			return r;
		if (r > 0 && ++count > SEARCH_HITS_MOST) {
			l->ret->more[HIT_SENDER] = true;
			return 0;
		}
		if (r > 0)
			name_sender(l, hit_add(l, HIT_SENDER, service->key));
	}
	return 0;
}

static int senders(struct looking *l, struct err *err)
{
	struct str key = service_key(l->a, l->text);
	int r = named_senders(l, key, err);

	return r < 0 ? r : addressed_senders(l, key, err);
}

/* --- */

/* "s1._domainkey.example.com" */
static bool parse_key(struct str text, struct str *ret_selector, struct str *ret_domain)
{
	struct str between = STR("._domainkey.");
	ptrdiff_t at = str_find(text, between);

	if (at <= 0 || (size_t)at + between.n >= text.n)
		return false;
	*ret_selector = str_make(text.p, (size_t)at);
	*ret_domain = str_from(text, (size_t)at + between.n);
	return true;
}

static int look_for_key(
	struct looking *l, struct str selector, struct str domain, struct err *err)
{
	struct str typed = str_make(l->typed.p, selector.n);
	struct search_hit *hit;
	sqlite3_stmt *st;
	int r = db_use(&l->s->db, STMT_search_key, &st, err);

	if (r < 0)
		return r;
	bind_text(st, 1, domain);
	bind_text(st, 2, selector);
	bind_text(st, 3, typed);
	r = db_step(&l->s->db, st, err);
	if (r > 0) {
		hit = hit_add(l, HIT_DKIM_KEY, domain);
		hit->name = arena_str(l->a, column_text(st, 0));
		hit->exact = true;
	}
	sqlite3_reset(st);
	return r < 0 ? r : 0;
}

static int look_for_source(struct looking *l, const struct ip_net *net, struct err *err)
{
	char text[IP_TEXT];
	int r = store_place_known(l->s, net, err);

	if (r < 0)
		return r;
	*hit_add(l, HIT_SOURCE, ip_net_text(net, text)) = (struct search_hit){
		.kind = HIT_SOURCE,
		.exact = true,
		.text = arena_str(l->a, ip_net_text(net, text)),
		.known = r > 0,
	};
	return 0;
}

static int look_everywhere(struct looking *l, struct err *err)
{
	static const struct look before[] = {
		{ HIT_DOMAIN, STMT_search_domains, take_domain },
		{ HIT_REPORT, STMT_search_reports, take_report },
		{ HIT_REPORTER, STMT_search_reporters, take_reporter },
	};
	static const struct look after[] = {
		{ HIT_HEADER_FROM, STMT_search_from, NULL },
		{ HIT_DKIM_DOMAIN, STMT_search_dkim_domains, NULL },
		{ HIT_DKIM_SELECTOR, STMT_search_selectors, NULL },
		{ HIT_SPF_DOMAIN, STMT_search_spf_domains, NULL },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(before) / sizeof(before[0]); i++)
		r = look_for(l, &before[i], l->text, err);
	if (r == 0)
		r = senders(l, err);
	for (size_t i = 0; r == 0 && i < sizeof(after) / sizeof(after[0]); i++) {
		r = look_for(l, &after[i], l->text, err);
		/* Selectors are kept as they are written. */
		if (r == 0 && after[i].kind == HIT_DKIM_SELECTOR && !str_eq(l->typed, l->text))
			r = look_for(l, &after[i], l->typed, err);
	}
	return r;
}

static int look_at(struct looking *l, struct err *err)
{
	struct str selector, domain, bare = l->typed;
	struct ip_net net;

	/* As addresses are written in URLs and mails. */
	if (bare.n > 2 && bare.p[0] == '[' && bare.p[bare.n - 1] == ']')
		bare = str_make(bare.p + 1, bare.n - 2);
	if (ip_net_parse(bare, &net))
		return look_for_source(l, &net, err);
	if (parse_key(l->text, &selector, &domain))
		return look_for_key(l, selector, domain, err);
	return look_everywhere(l, err);
}

int store_search(
	struct store *s, struct str text, struct arena *a, struct search *ret, struct err *err)
{
	struct search found = { .hits = ARENA_ARRAY(a, struct search_hit,
					HIT_COUNT * 2 * SEARCH_HITS_MOST) };
	struct looking l = { .s = s,
		.a = a,
		.typed = str_trim(text),
		.text = arena_str_lower(a, str_trim(text)),
		.ret = &found };
	bool own;
	int r;

	if (l.text.n > 1 && str_ends(l.text, STR(".")))
		l.typed.n = --l.text.n;
	if (str_empty(l.text)) {
		*ret = found;
		return 0;
	}
	r = db_view_begin(&s->db, &own, err);
	if (r < 0)
		return r;
	db_query_time(&s->db);
	r = look_at(&l, err);
	db_view_end(&s->db, own);
	if (r < 0)
		return r;
	*ret = found;
	return 0;
}
