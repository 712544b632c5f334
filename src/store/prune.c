/*
 * prune.c - what is too old goes, a little at a time.
 *
 * First the ages are written down: from then on what is older is in no answer that is made of
 * sums, and is not stored again.  Then the rows go, in stages, each a run of short transactions
 * after which the database is sound: whoever is killed leaves work for the next one, and
 * nothing else.  Between two transactions is a pause as long as the last one took, so that
 * others who write have their turn.
 */
#include "care.h"
#include "day.h"
#include "ledger.h"
#include "sweep.h"

#include <assert.h>

#define STEP_MS 30  /* after that a transaction is committed */
#define ROWS 200    /* looked at between two looks at the clock */
#define PIECES 20   /* the same: a piece has some ten KiB */
#define PAUSE_MS 5  /* at least */
#define NUMBERS 200 /* of reports … that are looked up at once */

struct pruning {
	struct store *s;
	struct db *db;
	struct store_ages ages;
	const struct care *care;
	struct pruned *sum;
	uint64_t until_ms, total;
	int64_t from; /* how far the stage has looked */
	int64_t numbers[NUMBERS];
};

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t age_records(const struct store_ages *ages)
{
	return ages->records_from;
}

static int64_t age_sums(const struct store_ages *ages)
{
	return ages->sums_from;
}

static int64_t age_raw(const struct store_ages *ages)
{
	return ages->raw_from;
}

static int64_t age_kept(const struct store_ages *ages)
{
	return later(ages->raw_from, ages->records_from);
}

/* *ret_rows: how many it changed. */
static int change(struct pruning *p, enum stmt_id id, int64_t a, int64_t b, int *ret_rows,
	struct err *err)
{
	int r = db_run_with(p->db, id, a, b, err);

	if (r == 0 && ret_rows)
		*ret_rows = sqlite3_changes(p->db->h);
	return r;
}

static bool is_time(const struct pruning *p)
{
	return time_monotonic_ms() >= p->until_ms;
}

/* --- Originals --- */

/* Some pieces of a report's original: 1 there are more, 0 they are gone, negative. */
static int drop_pieces(struct pruning *p, int64_t report, struct err *err)
{
	int64_t part[2] = { 0, 0 }; /* bytes, the last of them */
	sqlite3_stmt *st;
	int r = db_use_with(
		p->db, STMT_prune_pieces, piece_first(report), piece_last(report), &st, err);

	if (r < 0)
		return r;
	bind_int(st, 3, PIECES);
	r = db_step(p->db, st, err);
	if (r < 0)
		return r;
	part[0] = r > 0 ? column_int(st, 0) : 0;
	part[1] = r > 0 ? column_int(st, 1) : 0;
	sqlite3_reset(st);
	if (part[1] == 0)
		return 0;
	r = change(p, STMT_document_piece_delete, piece_first(report), part[1], NULL, err);
	if (r < 0)
		return r;
	p->s->w.raw_bytes -= part[0];
	return 1;
}

/* pieces is -1 while they go: nobody reads the half of an original. */
static int drop_original(struct pruning *p, int64_t report, struct err *err)
{
	int r = change(p, STMT_prune_original_state, report, -1, NULL, err);

	while (r == 0 && (r = drop_pieces(p, report, err)) > 0) {
		if (is_time(p))
			return 1;
		r = 0;
	}
	return r < 0 ? r : change(p, STMT_prune_original_state, report, 0, NULL, err);
}

/* Is the report with this number (still) one that ends before that day?  1, 0, negative. */
static int is_old(
	struct pruning *p, int64_t report, int64_t day, int64_t *ret_messages, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use_with(p->db, STMT_prune_is_old, report, day, &st, err);

	if (r == 0)
		r = db_step(p->db, st, err);
	if (r > 0)
		*ret_messages = column_int(st, 0);
	sqlite3_reset(st);
	return r;
}

static int prune_original(struct pruning *p, int64_t report, struct err *err)
{
	int64_t messages;
	int r = is_old(p, report, p->ages.raw_from, &messages, err);

	if (r <= 0)
		return r;
	r = drop_original(p, report, err);
	p->sum->originals += r == 0;
	return r;
}

/* --- Reports --- */

/* Rows of something until it is time: 1 there are more, 0 they are gone, negative. */
static int drop_rows(
	struct pruning *p, enum stmt_id id, int64_t of, uint64_t *count, struct err *err)
{
	for (;;) {
		int rows = 0, r = change(p, id, of, ROWS, &rows, err);

		if (r < 0)
			return r;
		if (count)
			*count += (uint64_t)rows;
		if (rows < ROWS)
			return 0;
		if (is_time(p))
			return 1;
	}
}

static int prune_report(struct pruning *p, int64_t report, struct err *err)
{
	int64_t messages;
	int r = is_old(p, report, p->ages.records_from, &messages, err);

	if (r <= 0)
		return r;
	r = drop_rows(p, STMT_prune_records, report, &p->sum->records, err);
	if (r == 0)
		r = drop_original(p, report, err);
	if (r == 0)
		r = drop_rows(p, STMT_prune_report_inputs, report, NULL, err);
	if (r == 0)
		r = change(p, STMT_report_delete, report, 0, NULL, err);
	if (r == 0) {
		p->sum->reports++;
		p->sum->messages += (uint64_t)messages;
	}
	return r;
}

/* --- Sums --- */

/* A domain at a time: the key of all sums begins with it, and then comes the day. */
static int prune_sums(struct pruning *p, int64_t domain, struct err *err)
{
	static const enum stmt_id tables[] = { STMT_prune_sum_reporter, STMT_prune_sum_source,
		STMT_prune_sum_evidence, STMT_prune_sum_coverage };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]);) {
		sqlite3_stmt *st;
		int rows,
			r = db_use_with(p->db, tables[i], domain, p->ages.sums_from, &st, err);

		if (r < 0)
			return r;
		bind_int(st, 3, ROWS);
		r = db_run(p->db, st, err);
		if (r < 0)
			return r;
		rows = sqlite3_changes(p->db->h);
		p->sum->sums += (uint64_t)rows;
		if (rows < ROWS)
			i++;
		else if (is_time(p))
			return 1;
	}
	return 0;
}

/* --- The ledger --- */

static int64_t start_of(int64_t day)
{
	return day == STORE_NOTHING_OLD ? INT64_MIN : day_start(day);
}

/* An original of inputs that did not come any more since then. */
static int prune_kept(struct pruning *p, int64_t kept, struct err *err)
{
	int64_t size = 0;
	sqlite3_stmt *st;
	int r = db_use_with(
		p->db, STMT_prune_kept_size, kept, start_of(age_kept(&p->ages)), &st, err);

	if (r == 0)
		r = db_number(p->db, st, -1, &size, err);
	if (r < 0 || size < 0)
		return r;
	r = kept_delete(p->s, kept, (uint64_t)size, err);
	p->sum->originals += r == 0;
	return r;
}

static int prune_input(struct pruning *p, int64_t input, struct err *err)
{
	int rows = 0;
	int r = change(p, STMT_prune_input, input, start_of(p->ages.records_from), &rows, err);

	p->sum->inputs += (uint64_t)rows;
	return r;
}

/* --- Stages --- */

struct stage {
	const char *doing;
	/* Numbers of what may have to go, from ?1 on (in the order of the second column) and
	 * before ?2.  Looked up without a lock. */
	enum stmt_id scan;
	int64_t (*before)(const struct store_ages *ages);
	/* One of them, in a transaction: 1 it is time and there is more, 0 done, negative. */
	int (*prune)(struct pruning *p, int64_t number, struct err *err);
	bool of_time; /* ?2 is a time, not a day */
};

static const struct stage stages[] = {
	{ "reports", STMT_prune_reports, age_records, prune_report, false },
	{ "sums", STMT_prune_domains, age_sums, prune_sums, false },
	{ "originals", STMT_prune_originals, age_raw, prune_original, false },
	{ "kept originals", STMT_prune_kept, age_kept, prune_kept, true },
	{ "inputs", STMT_prune_inputs, age_records, prune_input, true },
};

/* The next of them; how many, 0: there are none any more, negative. */
static int scan(struct pruning *p, const struct stage *stage, struct err *err)
{
	int64_t day = stage->before(&p->ages);
	sqlite3_stmt *st;
	int n = 0, r = db_use_with(p->db, stage->scan, p->from,
			   stage->of_time ? start_of(day) : day, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 3, NUMBERS);
	while ((r = db_step(p->db, st, err)) > 0) {
		p->numbers[n++] = column_int(st, 0);
		p->from = column_int(st, 1);
	}
	return r < 0 ? r : n;
}

/* One transaction, about the numbers from the i-th on.  How many are done, or negative. */
static int step(struct pruning *p, const struct stage *stage, int i, int n, struct err *err)
{
	uint64_t begun_ms, spent;
	int r = care_begin(p->s, p->care, err);

	if (r < 0)
		return r;
	begun_ms = time_monotonic_ms();
	p->until_ms = begun_ms + STEP_MS;
	while (i < n && !is_time(p) && (r = stage->prune(p, p->numbers[i], err)) == 0)
		i++;
	if (r < 0) {
		store_batch_rollback(p->s);
		return r;
	}
	r = store_batch_commit(p->s, err);
	spent = time_monotonic_ms() - begun_ms;
	p->sum->steps++;
	if (spent > p->sum->longest_ms)
		p->sum->longest_ms = spent;
	care_tell(p->care, stage->doing, p->sum->reports, p->total);
	care_pause(spent > PAUSE_MS ? spent : PAUSE_MS);
	return r < 0 ? r : i;
}

static int run_stage(struct pruning *p, const struct stage *stage, struct err *err)
{
	int n, i;

	p->from = INT64_MIN;
	while ((n = scan(p, stage, err)) > 0) {
		for (i = 0; i < n;) {
			i = step(p, stage, i, n, err);
			if (i < 0)
				return i;
		}
	}
	return n;
}

static int run_stages(struct pruning *p, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]) && r == 0; i++)
		if (stages[i].before(&p->ages) != STORE_NOTHING_OLD)
			r = run_stage(p, &stages[i], err);
	return r;
}

/* --- What is to be done --- */

/* What was old once stays so. *ret_due: there is something to do. */
static int join_ages(struct db *db, const struct store_ages *asked, struct store_ages *ret,
	bool *ret_due, struct err *err)
{
	sqlite3_stmt *st;
	struct store_ages had;
	int r = db_use(db, STMT_prune_ages, &st, err);

	if (r == 0)
		r = db_step(db, st, err);
	if (r < 0)
		return r;
	had = (struct store_ages){ column_int(st, 0), column_int(st, 1), column_int(st, 2) };
	*ret_due = column_int(st, 3) != 0 || asked->records_from > had.records_from ||
		   asked->sums_from > had.sums_from || asked->raw_from > had.raw_from;
	sqlite3_reset(st);
	*ret = (struct store_ages){ later(had.records_from, asked->records_from),
		later(had.sums_from, asked->sums_from), later(had.raw_from, asked->raw_from) };
	assert(ret->sums_from <= ret->records_from);
	return 0;
}

static void bind_age(sqlite3_stmt *st, int i, int64_t day)
{
	if (day == STORE_NOTHING_OLD)
		sqlite3_bind_null(st, i);
	else
		bind_int(st, i, day);
}

/* Write the ages down, and whether the work is done. */
static int put_ages(struct pruning *p, bool due, struct err *err)
{
	sqlite3_stmt *st;
	int r = care_begin(p->s, p->care, err);

	if (r < 0)
		return r;
	r = db_use(p->db, STMT_prune_ages_put, &st, err);
	if (r == 0) {
		bind_age(st, 1, p->ages.records_from);
		bind_age(st, 2, p->ages.sums_from);
		bind_age(st, 3, p->ages.raw_from);
		bind_int(st, 4, due);
		r = db_run(p->db, st, err);
	}
	if (r < 0)
		store_batch_rollback(p->s);
	else
		r = store_batch_commit(p->s, err);
	return r;
}

static int prune(struct pruning *p, struct err *err)
{
	int r = put_ages(p, true, err);

	if (r == 0)
		r = run_stages(p, err);
	if (r == 0)
		r = sweep(p->s, p->care, &p->sum->unused, err);
	return r <= 0 ? r : put_ages(p, false, err);
}

/* --- Counting --- */

static int count_old(struct pruning *p, struct pruned *ret, struct err *err)
{
	const struct store_ages *a = &p->ages;
	uint64_t *const to[] = { &ret->reports, &ret->records, &ret->messages, &ret->originals,
		&ret->inputs, &ret->sums };
	sqlite3_stmt *st;
	int r = db_use(p->db, STMT_prune_count, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, a->records_from);
	bind_int(st, 2, a->sums_from);
	bind_int(st, 3, a->raw_from);
	bind_int(st, 4, start_of(a->records_from));
	bind_int(st, 5, start_of(age_kept(a)));
	r = db_step(p->db, st, err);
	for (size_t i = 0; r > 0 && i < sizeof(to) / sizeof(to[0]); i++)
		*to[i] = (uint64_t)column_int(st, (int)i);
	sqlite3_reset(st);
	return r < 0 ? r : 0;
}

int store_prune(struct store *s, const struct store_ages *ages, bool dry,
	const struct care *care, struct pruned *ret, struct err *err)
{
	struct pruned there = { 0 };
	struct pruning p = { .s = s, .db = &s->db, .care = care, .sum = ret };
	bool due;
	int r;

	*ret = (struct pruned){ 0 };
	r = join_ages(&s->db, ages, &p.ages, &due, err);
	if (r == 0)
		r = count_old(&p, dry ? ret : &there, err);
	if (r < 0 || dry)
		return r;
	assert(s->mode != STORE_READ);
	p.total = there.reports;
	return prune(&p, err);
}

int store_prune_due(struct store *s, const struct store_ages *ages, struct err *err)
{
	struct store_ages joined;
	bool due = false;
	int r;

	db_query_time(&s->db);
	r = join_ages(&s->db, ages, &joined, &due, err);
	return r < 0 ? r : due;
}
