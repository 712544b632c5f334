#include "reporting.h"

#include "day.h"
#include "digest.h"
#include "filter.h"
#include "question.h"
#include "write.h"

#include <stdlib.h>

/* So far back the newest complete day is looked for. */
#define COMPLETE_SEARCH_DAYS 35
/* Columns of the table of reporters and days. */
#define TABLE_DAYS_MOST 400
/* Delays are the median of each reporter's among so many newest reports of the range. */
#define DELAY_REPORTS 20000

/* --- Cells --- */

void cells_release(struct cells *c)
{
	free(c->cells);
	*c = (struct cells){ 0 };
}

static void add_days(struct sql *sql, const char *column, int64_t from, int64_t to)
{
	sql_addf(sql, " AND %s >= ", column);
	sql_int(sql, from);
	sql_addf(sql, " AND %s < ", column);
	sql_int(sql, to);
}

/* Reports over several days are on each of them. */
static void add_spread(struct sql *sql, const struct query *q)
{
	sql_add(sql,
		" UNION ALL SELECT rp.reporter, d.day, 0, 1, rp.end_at FROM days d CROSS JOIN"
		" report rp INDEXED BY report_spread WHERE rp.first_day <> rp.last_day AND"
		" d.day BETWEEN rp.first_day AND rp.last_day");
	filter_domain(sql, q, "rp.domain", false);
	filter_reporter(sql, q, "rp.reporter");
}

static int prepare_cells(struct db *db, const struct query *q, int64_t from_day, int64_t to_day,
	sqlite3_stmt **ret, struct err *err)
{
	static const struct {
		const char *columns, *table;
	} parts[] = {
		{ "0 AS messages, s.reports AS reports, s.newest_at AS newest",
			"sum_coverage" },
		{ "s.messages, 0, 0", "sum_reporter" },
	};
	struct query asked = *q;
	CLEANUP(sql)
	struct sql sql = { 0 };
	struct question qn;
	int r;

	asked.from_day = from_day;
	asked.to_day = to_day;
	asked.all_time = false;
	r = question_init(&qn, db, &asked, 0, err);
	if (r < 0)
		return r;
	sql_init(&sql);
	question_with(&sql, &qn);
	sql_add(&sql, "g AS (");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		sql_addf(&sql,
			"%sSELECT s.reporter AS reporter, s.day AS day, %s FROM %s s WHERE ",
			i ? " UNION ALL " : "", parts[i].columns, parts[i].table);
		filter_domain(&sql, q, "s.domain", true);
		add_days(&sql, "s.day", qn.from_day, to_day);
		filter_reporter(&sql, q, "s.reporter");
	}
	if (qn.has_spread)
		add_spread(&sql, q);
	sql_add(&sql, ") SELECT reporter, day, sum(messages), sum(reports), max(newest) FROM g"
		      " GROUP BY reporter, day ORDER BY reporter, day");
	return sql_prepare(db, &sql, ret, err);
}

static void cells_add(struct cells *c, const struct coverage_cell *cell)
{
	if (c->count == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 1024;
		c->cells = xrealloc(c->cells, c->cap, sizeof(*c->cells));
	}
	c->cells[c->count++] = *cell;
}

int cells_load(struct db *db, const struct query *q, int64_t from_day, int64_t to_day,
	struct cells *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(cells)
	struct cells c = { 0 };
	int r = prepare_cells(db, q, from_day, to_day, &st, err);

	if (r < 0)
		return r;
	while ((r = db_step(db, st, err)) > 0) {
		struct coverage_cell cell = { .reporter = column_int(st, 0),
			.day = column_int(st, 1),
			.messages = (uint64_t)column_int(st, 2),
			.reports = (uint64_t)column_int(st, 3),
			.newest_at = column_int(st, 4) };

		if (c.count == CELLS_MOST)
			return FAIL(err, ERR_LIMIT, "too-large",
				"There are more than %d reporters times days: ask for a shorter"
				" range, or for one domain.",
				CELLS_MOST);
		cells_add(&c, &cell);
	}
	if (r < 0)
		return r;
	*ret = c;
	c = (struct cells){ 0 };
	return 0;
}

/* --- The newest complete day --- */

/* Newest day with a report before `before`; *ret is `none` when there is none. */
static int newest_covered(struct db *db, const struct query *q, int64_t before, int64_t none,
	int64_t *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int r;

	sql_init(&sql);
	/* A seek for each domain: the day follows it in the key. */
	sql_add(&sql, "SELECT max((SELECT max(s.day) FROM sum_coverage s WHERE s.domain = d.id"
		      " AND s.day < ");
	sql_int(&sql, before);
	sql_add(&sql, ")) FROM domain d WHERE ");
	filter_domain(&sql, q, "d.id", true);
	r = sql_prepare(db, &sql, &st, err);
	return r < 0 ? r : db_number(db, st, none, ret, err);
}

/*
 * Nobody is expected: the mailbox is young, or few reporters write now and then.  Two days ago,
 * but not later than the newest day that a report is about.
 */
static int newest_without(struct db *db, const struct query *q, int64_t plain, int64_t last,
	int64_t *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int64_t spread = last;
	int r = 0;

	sql_init(&sql);
	sql_add(&sql,
		"SELECT max(last_day) FROM report INDEXED BY report_spread WHERE first_day"
		" <> last_day AND first_day >= ");
	sql_int(&sql, plain - PERIOD_DAYS_MOST);
	filter_domain(&sql, q, "domain", false);
	if (last < plain)
		r = sql_prepare(db, &sql, &st, err);
	if (r == 0 && st)
		r = db_number(db, st, last, &spread, err);
	if (spread > last)
		last = spread;
	*ret = last < plain ? last : plain;
	return r;
}

static int find_complete(
	struct db *db, const struct query *q, int64_t now_at, int64_t *ret, struct err *err)
{
	int64_t plain = store_complete_day(now_at), last, first;
	CLEANUP(cells)
	struct cells c = { 0 };
	int r = newest_covered(db, q, day_of(now_at), plain, &last, err);

	if (r < 0)
		return r;
	first = last - COMPLETE_SEARCH_DAYS + 1;
	r = cells_load(db, q, first - COVERAGE_DAYS_BEFORE, last + 1, &c, err);
	if (r < 0)
		return r;
	if (!coverage_complete(c.cells, c.count, first, COMPLETE_SEARCH_DAYS, ret))
		r = newest_without(db, q, plain, last, ret, err);
	return r;
}

/* The domains of q, or all, as a number. */
static uint64_t domains_key(const struct query *q)
{
	const struct filter_list *list = &q->filters[FILTER_DOMAIN];
	struct digest_ctx d;
	struct digest sum;
	uint64_t key;

	digest_init(&d);
	for (size_t i = 0; i < list->count; i++) {
		digest_u64(&d, list->values[i].excluded);
		digest_field(&d, list->values[i].text);
	}
	digest_end(&d, &sum);
	memcpy(&key, sum.b, sizeof(key));
	return key;
}

int store_complete(
	struct store *s, const struct query *q, int64_t now_at, int64_t *ret, struct err *err)
{
	/* Of the filters only the domain counts, so that all parts of a page say the same day.
	 */
	struct query domains = { .flags = QUERY_FLAGS_ANY };
	struct complete_cache *cache = &s->complete;
	struct complete_kept k = { .today = day_of(now_at) };
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	if (q)
		domains.filters[FILTER_DOMAIN] = q->filters[FILTER_DOMAIN];
	k.key = domains_key(&domains);
	r = store_generation(s, &k.generation, err);
	for (size_t i = 0; r == 0 && i < COMPLETE_KEPT; i++) {
		const struct complete_kept *have = &cache->kept[i];

		if (have->key != k.key || have->generation != k.generation ||
			have->today != k.today)
			continue;
		*ret = have->day;
		db_view_end(&s->db, own);
		return 0;
	}
	if (r == 0)
		r = find_complete(&s->db, &domains, now_at, &k.day, err);
	db_view_end(&s->db, own);
	if (r < 0)
		return r;
	cache->kept[cache->next++ % COMPLETE_KEPT] = k;
	*ret = k.day;
	return 0;
}

/* --- The table --- */

/* A reporter among all, before its name is known. */
struct candidate {
	int64_t reporter;
	size_t at, count; /* of its cells */
	uint64_t messages;
};

static int by_messages(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->messages != y->messages)
		return x->messages < y->messages ? 1 : -1;
	return (x->reporter > y->reporter) - (x->reporter < y->reporter);
}

static bool worth_a_row(const struct coverage_moment *m, size_t days, uint64_t *ret_messages)
{
	bool any = false;

	*ret_messages = 0;
	for (size_t i = 0; i < days; i++) {
		any |= m[i].cell || m[i].expected;
		*ret_messages += m[i].cell ? m[i].cell->messages : 0;
	}
	return any;
}

/* Sums of the days, and who has a row. */
static struct candidate *find_candidates(
	struct arena *a, const struct cells *c, struct coverage *ret, size_t *ret_count)
{
	struct coverage_moment *m = ARENA_ARRAY(a, struct coverage_moment, ret->day_count + 1);
	struct candidate *list;
	size_t runs = 0, count = 0;

	for (size_t at = 0; at < c->count; at += coverage_run(c->cells + at, c->count - at))
		runs++;
	list = ARENA_ARRAY(a, struct candidate, runs + 1);
	for (size_t at = 0, n; at < c->count; at += n) {
		struct candidate k = { .reporter = c->cells[at].reporter, .at = at };

		n = coverage_run(c->cells + at, c->count - at);
		k.count = n;
		coverage_moments(c->cells + at, n, ret->first_day, ret->day_count, m);
		for (size_t i = 0; i < ret->day_count; i++)
			coverage_day_add(&ret->days[i], &m[i]);
		if (worth_a_row(m, ret->day_count, &k.messages))
			list[count++] = k;
	}
	qsort(list, count, sizeof(list[0]), by_messages);
	*ret_count = count;
	return list;
}

int reporter_name(
	struct db *db, int64_t reporter, struct arena *a, struct str *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(db, STMT_reporter_name, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, reporter);
	r = db_step(db, st, err);
	if (r > 0)
		*ret = arena_str(a, column_text(st, 0));
	sqlite3_reset(st);
	return r < 0 ? r : 0;
}

static void fill_row(struct arena *a, const struct cells *c, const struct candidate *k,
	const struct coverage *table, struct coverage_row *row)
{
	size_t days = table->day_count;
	struct coverage_cell *cells = ARENA_ARRAY(a, struct coverage_cell, k->count + 1);
	struct coverage_moment *m = ARENA_ARRAY(a, struct coverage_moment, days + 1);

	memcpy(cells, c->cells + k->at, k->count * sizeof(cells[0]));
	coverage_moments(cells, k->count, table->first_day, days, m);
	row->messages = k->messages;
	row->delay_s = -1;
	row->moments = m;
	row->expected = days > 0 && m[days - 1].expected;
	for (size_t i = 0; i < days; i++)
		row->reports += m[i].cell ? m[i].cell->reports : 0;
	for (size_t i = 0; i < k->count; i++)
		if (cells[i].newest_at > row->last_report_at)
			row->last_report_at = cells[i].newest_at;
}

/* --- Delays --- */

struct delay {
	int64_t reporter, seconds;
};

static int by_delay(const void *a, const void *b)
{
	const struct delay *x = a, *y = b;

	if (x->reporter != y->reporter)
		return x->reporter < y->reporter ? -1 : 1;
	return (x->seconds > y->seconds) - (x->seconds < y->seconds);
}

static int load_delays(struct db *db, const struct query *q, struct arena *a,
	struct delay **ret, size_t *ret_count, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql = { 0 };
	struct question qn;
	struct delay *list;
	size_t n = 0;
	int r = question_init(&qn, db, q, 0, err);

	if (r < 0)
		return r;
	sql_init(&sql);
	sql_add(&sql, "SELECT rp.reporter, rp.arrived_at - rp.end_at");
	question_reports(&sql, &qn);
	sql_add(&sql, " WHERE rp.arrived_at > rp.end_at AND ");
	question_report_filters(&sql, &qn);
	sql_addf(&sql, " ORDER BY rp.middle_day DESC LIMIT %d", DELAY_REPORTS);
	r = sql_prepare(db, &sql, &st, err);
	if (r < 0)
		return r;
	list = ARENA_ARRAY(a, struct delay, DELAY_REPORTS);
	while ((r = db_step(db, st, err)) > 0)
		list[n++] = (struct delay){ column_int(st, 0), column_int(st, 1) };
	qsort(list, n, sizeof(list[0]), by_delay);
	*ret = list;
	*ret_count = n;
	return r;
}

static int64_t median_delay(const struct delay *list, size_t count, int64_t reporter)
{
	size_t first = 0, n = 0;

	while (first < count && list[first].reporter != reporter)
		first++;
	while (first + n < count && list[first + n].reporter == reporter)
		n++;
	return n > 0 ? list[first + (n - 1) / 2].seconds : -1;
}

static int fill_rows(struct db *db, const struct query *q, struct arena *a,
	const struct cells *c, const struct candidate *list, struct coverage *ret,
	struct err *err)
{
	struct delay *delays = NULL;
	size_t delay_count = 0;
	int r = load_delays(db, q, a, &delays, &delay_count, err);

	ret->rows = ARENA_ARRAY(a, struct coverage_row, ret->row_count + 1);
	for (size_t i = 0; r == 0 && i < ret->row_count; i++) {
		fill_row(a, c, &list[i], ret, &ret->rows[i]);
		ret->rows[i].delay_s = median_delay(delays, delay_count, list[i].reporter);
		r = reporter_name(db, list[i].reporter, a, &ret->rows[i].reporter, err);
	}
	return r;
}

/* --- */

/* The days of the table: those of the query, but not more than fit, and not all of time. */
static int set_days(struct db *db, const struct query *q, int64_t now_at, struct arena *a,
	struct coverage *ret, struct err *err)
{
	int64_t from = q->from_day, to = q->to_day, newest;
	int r;

	if (q->all_time) {
		r = newest_covered(db, q, day_of(now_at) + 1, day_of(now_at), &newest, err);
		if (r < 0)
			return r;
		to = newest + 1;
	}
	if (to - from > TABLE_DAYS_MOST) {
		ret->days_left_off = (size_t)(to - from - TABLE_DAYS_MOST);
		from = to - TABLE_DAYS_MOST;
	}
	ret->first_day = from;
	ret->day_count = to > from ? (size_t)(to - from) : 0;
	ret->days = ARENA_ARRAY(a, struct coverage_day, ret->day_count + 1);
	for (size_t i = 0; i < ret->day_count; i++)
		ret->days[i].day = from + (int64_t)i;
	return 0;
}

static int make_table(struct store *s, const struct query *q, int64_t now_at, struct arena *a,
	struct coverage *ret, struct err *err)
{
	CLEANUP(cells)
	struct cells c = { 0 };
	struct coverage table = { 0 };
	struct query shown = *q;
	struct candidate *list;
	int r = set_days(&s->db, q, now_at, a, &table, err);

	if (r < 0)
		return r;
	shown.from_day = table.first_day;
	shown.to_day = table.first_day + (int64_t)table.day_count;
	shown.all_time = false;
	r = cells_load(&s->db, q, shown.from_day - COVERAGE_DAYS_BEFORE, shown.to_day, &c, err);
	if (r < 0)
		return r;
	list = find_candidates(a, &c, &table, &table.reporters);
	table.row_count =
		q->limit > 0 && table.reporters > q->limit ? q->limit : table.reporters;
	r = fill_rows(&s->db, &shown, a, &c, list, &table, err);
	if (r == 0)
		*ret = table;
	return r;
}

int store_coverage(struct store *s, const struct query *q, int64_t now_at, struct arena *a,
	struct coverage *ret, struct err *err)
{
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	db_query_time(&s->db);
	r = make_table(s, q, now_at, a, ret, err);
	db_view_end(&s->db, own);
	return r;
}
