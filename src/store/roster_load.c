#include "roster_load.h"

#include "digest.h"
#include "facts.h"
#include "senderfunc.h"
#include "service.h"

#include <stdlib.h>

#define SENDERS_MOST 5000 /* of one domain; the days of more are not looked at */

/* A mark counts for its key, and for what older rules' keys are called now, unless that has one
 * itself. */
static int load_marks(struct scope *sc, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	struct scope_mark *list = NULL;
	size_t n = 0;
	int r;

	sql_init(&sql);
	sql_add(&sql, "WITH m AS (SELECT key, word, at FROM mark WHERE domain = ");
	sql_int(&sql, sc->domain);
	sql_add(&sql, ") SELECT key AS k, word, 0 AS moved, at, key FROM m UNION ALL SELECT"
		      " sender_key_now(key), word, 1, at, key FROM m ORDER BY k, moved, at"
		      " DESC, 5");
	r = sql_prepare(sc->db, &sql, &st, err);
	if (r < 0)
		return r;
	while ((r = db_step(sc->db, st, err)) > 0) {
		int64_t word = column_int(st, 1);

		if (n > 0 && str_eq(list[n - 1].key, column_text(st, 0)))
			continue;
		list = ARENA_MORE(sc->arena, list, n);
		list[n++] = (struct scope_mark){ arena_str(sc->arena, column_text(st, 0)),
			word > 0 && word < WORD_COUNT ? (enum sender_word)word : WORD_NONE };
	}
	sc->marks = list;
	sc->mark_count = n;
	return r;
}

/* What the owner says of a sender: the mark, else the configuration. */
static enum sender_word word_of(
	const struct scope *sc, struct str key, const struct service *service)
{
	for (size_t i = 0; i < sc->mark_count; i++)
		if (str_eq(sc->marks[i].key, key))
			return sc->marks[i].word;
	return service ? service->word : WORD_NONE;
}

int scope_find(
	struct db *db, struct arena *a, struct str name, struct scope *ret, struct err *err)
{
	sqlite3_stmt *st;
	int64_t id = 0;
	int r = db_use(db, STMT_domain_find, &st, err);

	if (r < 0)
		return r;
	bind_text(st, 1, arena_str_lower(a, name));
	r = db_number(db, st, 0, &id, err);
	if (r < 0)
		return r;
	*ret = (struct scope){ .db = db, .arena = a, .domain = id, .name = name };
	if (id == 0)
		return 0;
	r = load_marks(ret, err);
	return r < 0 ? r : 1;
}

struct query scope_query(struct arena *a, struct str domain)
{
	struct query q;

	query_init(&q, a);
	q.filters[FILTER_DOMAIN].values = ARENA_NEW(a, struct filter_value);
	q.filters[FILTER_DOMAIN].values[0].text = domain;
	q.filters[FILTER_DOMAIN].count = 1;
	return q;
}

uint64_t scope_question(const struct db *db, const char *what, struct str domain, int64_t since,
	const struct rules *rules)
{
	const struct digest *services = services_digest(db->services);
	struct digest_ctx d;
	struct digest sum;
	uint64_t n;

	digest_init(&d);
	digest_field(&d, str_of(what));
	digest_field(&d, domain);
	digest_u64(&d, (uint64_t)since);
	digest_add(&d, rules, sizeof(*rules));
	digest_add(&d, services, sizeof(*services));
	digest_end(&d, &sum);
	memcpy(&n, sum.b, sizeof(n));
	return n;
}

void scope_where(struct sql *sql, const struct scope *sc, int64_t from, int64_t to)
{
	sql_add(sql, " WHERE s.domain = ");
	sql_int(sql, sc->domain);
	sql_add(sql, " AND s.day >= ");
	sql_int(sql, from);
	sql_add(sql, " AND s.day < ");
	sql_int(sql, to);
}

/* messages, pass, explained of facts and a number in column m */
static void add_counts(struct sql *sql, const char *facts, const char *m)
{
	sql_addf(sql,
		"sum(%s) AS m, sum(CASE WHEN %s & %u THEN %s ELSE 0 END) AS p, sum(CASE WHEN "
		"%s &"
		" %u = %u THEN %s ELSE 0 END) AS x",
		m, facts, FACTS_PASS, m, facts, FACTS_PASS | FACTS_FORWARDED, FACTS_FORWARDED,
		m);
}

/* --- Growing lists --- */

struct days {
	struct arena *arena;
	struct sender_day *items;
	size_t count;
};

static void days_add(struct days *d, const struct sender_day *day)
{
	d->items = ARENA_MORE(d->arena, d->items, d->count);
	d->items[d->count++] = *day;
}

struct tracks {
	struct arena *arena;
	struct sender_track *items;
	size_t count;
	struct days days; /* of the sender at hand */
};

static void tracks_end(struct tracks *t)
{
	if (t->count == 0)
		return;
	t->items[t->count - 1].days = t->days.items;
	t->items[t->count - 1].day_count = t->days.count;
}

static struct sender_track *tracks_add(struct tracks *t, struct str key)
{
	tracks_end(t);
	t->items = ARENA_MORE(t->arena, t->items, t->count);
	t->days = (struct days){ .arena = t->arena };
	t->items[t->count] = (struct sender_track){ .key = arena_str(t->arena, key) };
	return &t->items[t->count++];
}

static struct sender_day day_at(sqlite3_stmt *st, int column)
{
	return (struct sender_day){ .day = column_int(st, column),
		.messages = (uint64_t)column_int(st, column + 1),
		.pass = (uint64_t)column_int(st, column + 2),
		.explained = (uint64_t)column_int(st, column + 3) };
}

/* Rows of key, day and counts, by key and day; those of one key are one sender. */
static int read_tracks(
	struct db *db, sqlite3_stmt *st, size_t most, struct tracks *ret, struct err *err)
{
	struct sender_track *t = NULL;
	int r;

	while ((r = db_step(db, st, err)) > 0) {
		struct sender_day d = day_at(st, 1);
		struct str key = column_text(st, 0);

		if (!t || !str_eq(key, t->key)) {
			if (ret->count == most)
				break;
			t = tracks_add(ret, key);
		}
		days_add(&ret->days, &d);
	}
	tracks_end(ret);
	return r < 0 ? r : 0;
}

/* --- Senders with a name: what their evidence says --- */

#define NAMED_KEY(alias) \
	"sender_key((SELECT text FROM name WHERE id = " alias ".sender), " alias \
	".named_by, NULL)"

static int load_named(
	const struct scope *sc, int64_t from, int64_t to, struct tracks *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int r;

	sql_init(&sql);
	sql_add(&sql,
		"WITH g AS (SELECT e.sender AS sender, e.named_by AS named_by, s.day AS day, ");
	add_counts(&sql, "e.facts", "s.messages");
	sql_add(&sql, " FROM sum_evidence s CROSS JOIN evidence e ON e.id = s.evidence");
	scope_where(&sql, sc, from, to);
	sql_add(&sql, " AND e.sender <> 0 GROUP BY 1, 2, 3) SELECT " NAMED_KEY(
			      "g") " AS key,"
				   " day, sum(m), sum(p), sum(x) FROM g GROUP BY key, day "
				   "ORDER BY key, day");
	r = sql_prepare(sc->db, &sql, &st, err);
	return r < 0 ? r : read_tracks(sc->db, st, SENDERS_MOST, ret, err);
}

/*
 * kinds: each evidence of the domain; own: selectors of the domain that are seen on mail which
 * passes SPF too; then the senders that an evidence proves.
 */
static int prepare_proofs(
	const struct scope *sc, int64_t from, int64_t to, sqlite3_stmt **ret, struct err *err)
{
	CLEANUP(sql)
	struct sql sql;

	sql_init(&sql);
	sql_add(&sql, "WITH kinds AS MATERIALIZED (SELECT DISTINCT s.evidence AS evidence FROM"
		      " sum_evidence s");
	scope_where(&sql, sc, from, to);
	sql_addf(&sql,
		"), own AS MATERIALIZED (SELECT DISTINCT d.domain AS domain, d.selector AS"
		" selector FROM kinds k CROSS JOIN evidence e ON e.id = k.evidence CROSS JOIN"
		" evidence_dkim d ON d.evidence = e.id WHERE e.facts & %u = %u AND d.matches ="
		" %d AND d.result = " PASS_WORD ") SELECT DISTINCT " NAMED_KEY(
			"e") " AS key FROM kinds k CROSS JOIN evidence e ON e.id = k.evidence"
			     " WHERE e.sender <> 0 AND ",
		FACTS_SPF | FACTS_DKIM, FACTS_SPF | FACTS_DKIM, DMARC_PASS);
	sender_proof(&sql, "EXISTS (SELECT 1 FROM own WHERE own.domain = d.domain AND"
			   " own.selector IS d.selector)");
	sql_add(&sql, " ORDER BY key");
	return sql_prepare(sc->db, &sql, ret, err);
}

/* Both are by key. */
static int load_proofs(
	const struct scope *sc, int64_t from, int64_t to, struct tracks *named, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	size_t at = 0;
	int r = prepare_proofs(sc, from, to, &st, err);

	if (r < 0)
		return r;
	while ((r = db_step(sc->db, st, err)) > 0) {
		struct str key = column_text(st, 0);

		while (at < named->count && str_cmp(named->items[at].key, key) < 0)
			at++;
		if (at < named->count && str_eq(named->items[at].key, key))
			named->items[at].proven = true;
	}
	return r;
}

/* --- Addresses that passed SPF for the domain, or that the owner calls his --- */

#define OURS_MOST 200

/* Addresses that are marked, as the groups of the source table. */
static void add_marked_groups(struct sql *sql, const struct scope *sc)
{
	struct ip_net net;
	size_t n = 0;

	for (size_t i = 0; i < sc->mark_count && n < OURS_MOST; i++) {
		if (sc->marks[i].word != WORD_OURS || !ip_net_parse(sc->marks[i].key, &net))
			continue;
		sql_add(sql, " UNION SELECT ");
		sql_blob(sql, net.first.b, net.first.n == 16 ? 8 : net.first.n);
		n++;
	}
}

/* grp of each; sum_source is read by domain and day, its key. */
static void add_own_groups(struct sql *sql, const struct scope *sc, int64_t from, int64_t to)
{
	sql_add(sql, "WITH own AS MATERIALIZED (SELECT DISTINCT a.grp AS grp FROM sum_source s"
		     " CROSS JOIN source a ON a.id = s.source");
	scope_where(sql, sc, from, to);
	sql_addf(sql, " AND s.sender = 0 AND s.facts & %u <> 0", FACTS_SPF);
	add_marked_groups(sql, sc);
	sql_add(sql, ")");
}

static int load_addresses(
	const struct scope *sc, int64_t from, int64_t to, struct tracks *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int r;

	sql_init(&sql);
	add_own_groups(&sql, sc, from, to);
	sql_add(&sql, ", g AS (SELECT s.source AS source, s.day AS day, ");
	add_counts(&sql, "s.facts", "s.messages");
	sql_add(&sql, " FROM sum_source s CROSS JOIN source a ON a.id = s.source");
	scope_where(&sql, sc, from, to);
	sql_add(&sql,
		" AND s.sender = 0 AND a.grp IN (SELECT grp FROM own) GROUP BY s.source, s.day)"
		" SELECT sender_key(NULL, 0, a.ip) AS key, day, sum(m), sum(p), sum(x) FROM g"
		" JOIN source a ON a.id = g.source GROUP BY key, day ORDER BY key, day");
	r = sql_prepare(sc->db, &sql, &st, err);
	if (r == 0)
		r = read_tracks(sc->db, st, SENDERS_MOST, ret, err);
	for (size_t i = 0; r == 0 && i < ret->count; i++)
		ret->items[i].proven = true;
	return r;
}

/* --- All senders --- */

/* Days of both, ascending. */
static void merge_days(struct arena *a, struct sender_track *t, const struct sender_track *more)
{
	struct days days = { .arena = a };
	size_t i = 0, k = 0;

	while (i < t->day_count || k < more->day_count) {
		bool first = k == more->day_count ||
			     (i < t->day_count && t->days[i].day <= more->days[k].day);
		struct sender_day d = first ? t->days[i++] : more->days[k++];

		if (first && k < more->day_count && more->days[k].day == d.day) {
			d.messages += more->days[k].messages;
			d.pass += more->days[k].pass;
			d.explained += more->days[k++].explained;
		}
		days_add(&days, &d);
	}
	t->days = days.items;
	t->day_count = days.count;
	t->proven |= more->proven;
}

/* Both are by key, and so is *ret. */
static void merge_tracks(
	struct arena *a, const struct tracks *x, const struct tracks *y, struct roster *ret)
{
	size_t i = 0, k = 0;

	ret->senders = ARENA_ARRAY(a, struct sender_track, x->count + y->count + 1);
	while (i < x->count || k < y->count) {
		int order = i == x->count   ? 1
			    : k == y->count ? -1
					    : str_cmp(x->items[i].key, y->items[k].key);
		struct sender_track *t = &ret->senders[ret->sender_count++];

		*t = order <= 0 ? x->items[i++] : y->items[k++];
		/* A sender of the configuration may have domains and addresses. */
		if (order == 0)
			merge_days(a, t, &y->items[k++]);
	}
}

static void add_names(const struct scope *sc, struct roster *ret)
{
	for (size_t i = 0; i < ret->sender_count; i++) {
		struct sender_track *t = &ret->senders[i];
		const struct service *service = services_find(sc->db->services, t->key);

		t->name = service ? service->name : t->key;
		t->word = word_of(sc, t->key, service);
	}
}

/* --- Days of the domain --- */

static int load_days(const struct scope *sc, struct roster *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	struct days days = { .arena = sc->arena };
	int r;

	sql_init(&sql);
	sql_add(&sql, "SELECT s.day, ");
	add_counts(&sql, "s.facts", "s.messages");
	sql_add(&sql, " FROM sum_reporter s");
	scope_where(&sql, sc, ret->from_day, ret->to_day);
	sql_add(&sql, " GROUP BY s.day ORDER BY s.day");
	r = sql_prepare(sc->db, &sql, &st, err);
	if (r < 0)
		return r;
	while ((r = db_step(sc->db, st, err)) > 0) {
		struct sender_day d = day_at(st, 0);

		days_add(&days, &d);
	}
	ret->days = days.items;
	ret->day_count = days.count;
	ret->first_day = days.count > 0 ? days.items[0].day : ret->to_day;
	return r;
}

int roster_load(const struct scope *sc, int64_t from_day, int64_t to_day, struct roster *ret,
	struct err *err)
{
	struct roster roster = { .domain = sc->name, .from_day = from_day, .to_day = to_day };
	struct tracks named = { .arena = sc->arena }, addresses = { .arena = sc->arena };
	int r = load_named(sc, from_day, to_day, &named, err);

	if (r == 0)
		r = load_proofs(sc, from_day, to_day, &named, err);
	if (r == 0)
		r = load_addresses(sc, from_day, to_day, &addresses, err);
	if (r == 0)
		r = load_days(sc, &roster, err);
	if (r < 0)
		return r;
	merge_tracks(sc->arena, &named, &addresses, &roster);
	add_names(sc, &roster);
	*ret = roster;
	return 0;
}
