/*
 * revise.c - a stored report read again: the new one is written beside it, compared, and rolled
 * back, or takes its place.
 */
#include "identity.h"

#include <assert.h>

/* Flags that follow from what a report says; others stay. */
#define FLAGS_OF_CONTENT (REPORT_LONG | REPORT_NOTES | REPORT_DISAGREES)
/* Which records mean a different result. */
#define RESULT_FACTS (FACTS_PASS | FACTS_BASIS_REPORTED)

/* --- What differs --- */

struct row {
	int64_t source, evidence, messages, line, ip_text;
};

static int next_row(struct db *db, sqlite3_stmt *st, struct row *ret, struct err *err)
{
	int r = db_step(db, st, err);

	if (r > 0)
		*ret = (struct row){ column_int(st, 0), column_int(st, 1), column_int(st, 2),
			column_int(st, 3), column_int(st, 4) };
	return r;
}

/* Two records of which only the evidence differs. */
static int compare_evidence(
	struct store *s, int64_t a, int64_t b, unsigned *changes, struct err *err)
{
	uint32_t facts;
	sqlite3_stmt *st;
	int r = db_use_with(&s->db, STMT_revise_evidence, a, b, &st, err);

	if (r == 0)
		r = db_step(&s->db, st, err);
	if (r < 0)
		return r;
	if (r == 0 || !column_int(st, 0)) {
		*changes |= 1U << REVISION_RECORDS;
	} else {
		facts = (uint32_t)(column_int(st, 1) ^ column_int(st, 2));
		if (facts & RESULT_FACTS)
			*changes |= 1U << REVISION_RESULT;
		if (facts_cause((uint32_t)column_int(st, 1)) !=
				facts_cause((uint32_t)column_int(st, 2)) ||
			!column_int(st, 3))
			*changes |= 1U << REVISION_CAUSE;
		if (!(*changes & (1U << REVISION_RESULT | 1U << REVISION_CAUSE)))
			*changes |= 1U << REVISION_VERDICT;
	}
	sqlite3_reset(st);
	return 0;
}

static int compare_rows(struct store *s, const struct row *a, const struct row *b,
	unsigned *changes, struct err *err)
{
	if (a->source != b->source || a->messages != b->messages || a->line != b->line ||
		a->ip_text != b->ip_text)
		*changes |= 1U << REVISION_RECORDS;
	if (a->evidence == b->evidence || *changes & 1U << REVISION_RECORDS)
		return 0;
	return compare_evidence(s, a->evidence, b->evidence, changes, err);
}

/* Both come in the order of the document. */
static int compare_records(
	struct store *s, int64_t old, int64_t new, unsigned *changes, struct err *err)
{
	sqlite3_stmt *st_old, *st_new;
	struct row a, b;
	int ra = 1, rb = 1, r = db_use_with(&s->db, STMT_revise_records, old, 0, &st_old, err);

	if (r == 0)
		r = db_use_with(&s->db, STMT_revise_records_too, new, 0, &st_new, err);
	if (r < 0)
		return r;
	while (r == 0) {
		ra = next_row(&s->db, st_old, &a, err);
		rb = ra < 0 ? ra : next_row(&s->db, st_new, &b, err);
		if (ra <= 0 || rb <= 0)
			break;
		r = compare_rows(s, &a, &b, changes, err);
	}
	if (r == 0 && ra >= 0 && rb >= 0 && ra != rb)
		*changes |= 1U << REVISION_RECORDS;
	sqlite3_reset(st_old);
	sqlite3_reset(st_new);
	return r < 0 ? r : ra < 0 ? ra : rb < 0 ? rb : 0;
}

static int compare_rest(
	struct store *s, int64_t old, int64_t new, unsigned *changes, struct err *err)
{
	static const struct {
		enum stmt_id id;
		enum revision revision;
	} tests[] = { { STMT_revise_policy, REVISION_POLICY },
		{ STMT_revise_metadata, REVISION_METADATA },
		{ STMT_revise_errors, REVISION_METADATA },
		{ STMT_revise_notes, REVISION_NOTES } };

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		int64_t differs = 0;
		sqlite3_stmt *st;
		int r = db_use_with(&s->db, tests[i].id, old, new, &st, err);

		if (r == 0)
			r = db_number(&s->db, st, 0, &differs, err);
		if (r < 0)
			return r;
		if (differs)
			*changes |= 1U << tests[i].revision;
	}
	return 0;
}

/* --- It takes the place of the stored one --- */

static int frame_of(struct store *s, int64_t id, struct sum_frame *ret, uint64_t *ret_again,
	struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use_with(&s->db, STMT_revise_frame, id, 0, &st, err);

	if (r == 0)
		r = db_step(&s->db, st, err);
	if (r < 0)
		return r;
	if (r == 0)
		return FAIL(err, ERR_INPUT, "read-failed", "there is no report %lld any more",
			(long long)id);
	*ret = (struct sum_frame){
		.report = id, .domain = column_int(st, 0), .reporter = column_int(st, 1)
	};
	period_of(column_int(st, 2), column_int(st, 3), &ret->period);
	*ret_again = (uint64_t)column_int(st, 4);
	sqlite3_reset(st);
	return 0;
}

static int run_all(struct store *s, const enum stmt_id *ids, size_t n, int64_t a, int64_t b,
	struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		int r = db_run_with(&s->db, ids[i], a, b, err);

		if (r < 0)
			return r;
	}
	return 0;
}
#define RUN_ALL(s, ids, a, b, err) run_all(s, ids, sizeof(ids) / sizeof((ids)[0]), a, b, err)

static int move_row(struct store *s, int64_t old, int64_t new, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use_with(&s->db, STMT_revise_move_report, old, new, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 3, FLAGS_OF_CONTENT);
	r = db_run(&s->db, st, err);
	return r < 0 ? r : db_run_with(&s->db, STMT_report_delete, new, 0, err);
}

/* The sums of the open document are counted, those of the stored one not any more. */
static int move_in(struct store *s, const struct report *r, const struct sum_frame *old,
	const struct identity *id, struct err *err)
{
	static const enum stmt_id drops[] = { STMT_revise_drop_records, STMT_revise_drop_sums,
		STMT_revise_drop_errors, STMT_revise_drop_notes };
	static const enum stmt_id moves[] = { STMT_revise_move_records, STMT_revise_move_sums,
		STMT_revise_move_errors, STMT_revise_move_notes, STMT_revise_move_inputs };
	struct document *d = &s->w.doc;
	int64_t new = d->frame.report;
	int rc = report_count_again(s, new, (int64_t)id->again, identity_flags(id), err);

	if (rc == 0)
		rc = identity_uncount(s, old, err);
	s->w.broken = true; /* see identity_take_out */
	if (rc == 0)
		rc = document_cover(s, r, err);
	if (rc == 0)
		rc = sums_flush(&s->db, &d->own, err);
	if (rc == 0)
		rc = RUN_ALL(s, drops, old->report, 0, err);
	if (rc == 0)
		rc = RUN_ALL(s, moves, old->report, new, err);
	if (rc == 0)
		rc = move_row(s, old->report, new, err);
	d->frame.report = old->report;
	return rc < 0 ? rc : document_keep(s, err);
}

/* Another stored report says the same: the one that was read again goes. */
static int merge(struct store *s, const struct sum_frame *old, uint64_t again,
	const struct identity *id, struct err *err)
{
	int r;

	document_undo(s);
	r = identity_take_out(s, old, id->duplicate_of, err);
	s->w.broken = true;
	if (r == 0)
		r = sums_flush(&s->db, &s->w.doc.own, err);
	if (r == 0)
		r = report_count_again(
			s, id->duplicate_of, (int64_t)again + 1, id->duplicate_flags, err);
	s->w.broken = r < 0;
	return r;
}

static int settle(struct store *s, const struct report *r, int64_t report, struct revised *ret,
	struct err *err)
{
	struct identity id = { 0 };
	struct sum_frame old;
	uint64_t again = 0;
	int rc = frame_of(s, report, &old, &again, err);

	if (rc == 0)
		rc = identity_settle(s, r, &id, err);
	if (rc < 0) {
		s->w.broken |= id.replaced;
		return rc;
	}
	if (id.duplicate_of == 0) {
		ret->as = REVISED_CHANGED;
		return move_in(s, r, &old, &id, err);
	}
	ret->as = REVISED_MERGED;
	ret->report = id.duplicate_of;
	return merge(s, &old, again, &id, err);
}

int store_revise(struct store *s, const struct report *r, struct revised *ret, struct err *err)
{
	struct document *d = &s->w.doc;
	int64_t report = d->instead_of;
	struct revised what = { .as = REVISED_SAME, .report = report };
	int rc = writer_check(s, err);

	assert(d->begun && report != 0);
	if (rc == 0)
		rc = document_rekey(s, r, err);
	if (rc == 0)
		rc = document_put(s, r, 0, err);
	if (rc == 0)
		rc = compare_records(s, report, d->frame.report, &what.changes, err);
	if (rc == 0)
		rc = compare_rest(s, report, d->frame.report, &what.changes, err);
	if (rc == 0 && what.changes == 0)
		document_undo(s);
	else if (rc == 0)
		rc = settle(s, r, report, &what, err);
	if (rc == 0)
		*ret = what;
	return rc;
}

/* --- Which --- */

static int use_range(struct store *s, enum stmt_id id, const struct report_range *range,
	sqlite3_stmt **ret, struct err *err)
{
	int r = db_use_with(&s->db, id, range->after, range->last, ret, err);

	if (r < 0)
		return r;
	bind_text(*ret, 3, range->domain);
	bind_int(*ret, 4, range->since_day);
	return 0;
}

int store_report_last(struct store *s, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_revise_last, &st, err);

	return r < 0 ? r : db_number(&s->db, st, 0, ret, err);
}

int store_report_count(
	struct store *s, const struct report_range *range, uint64_t *ret, struct err *err)
{
	sqlite3_stmt *st;
	int64_t n = 0;
	int r = use_range(s, STMT_revise_count, range, &st, err);

	if (r == 0)
		r = db_number(&s->db, st, 0, &n, err);
	if (r == 0)
		*ret = (uint64_t)n;
	return r;
}

int store_report_ids(struct store *s, const struct report_range *range, int64_t *ids, int most,
	struct err *err)
{
	sqlite3_stmt *st;
	int n = 0, r = use_range(s, STMT_revise_ids, range, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 5, most);
	while ((r = db_step(&s->db, st, err)) > 0)
		ids[n++] = column_int(st, 0);
	return r < 0 ? r : n;
}
