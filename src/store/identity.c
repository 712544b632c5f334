#include "identity.h"

#include <assert.h>

void identity_key(
	const struct report *r, struct arena *a, struct str *ret_org, struct digest *ret)
{
	struct str org = str_trim(r->org_name);
	struct digest_ctx c;

	*ret_org = str_absent(org) ? STR("") : arena_str_lower(a, org);
	digest_init(&c);
	digest_field(&c, *ret_org);
	digest_field(&c, r->policy.domain);
	digest_field(&c, r->report_id);
	digest_u64(&c, (uint64_t)r->begin_at);
	digest_u64(&c, (uint64_t)r->end_at);
	digest_end(&c, ret);
}

int64_t identity_number(const struct digest *key)
{
	int64_t n;

	memcpy(&n, key->b, sizeof(n));
	return n;
}

/* --- Does one report hold all records of another? --- */

struct line {
	int64_t source, messages;
	struct str content;
};

static int next_line(struct db *db, sqlite3_stmt *st, struct line *ret, struct err *err)
{
	int r = db_step(db, st, err);

	if (r > 0)
		*ret = (struct line){ column_int(st, 0), column_int(st, 2),
			column_blob(st, 1) };
	return r;
}

static int line_order(const struct line *a, const struct line *b)
{
	int c;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	c = str_cmp(a->content, b->content);
	if (c != 0)
		return c;
	return (a->messages > b->messages) - (a->messages < b->messages);
}

/* Both come sorted: for each record of small there must be one of big.  1, 0 or an error. */
static int walk_both(struct db *db, sqlite3_stmt *small, sqlite3_stmt *big, struct err *err)
{
	struct line s, b;
	int rs, rb = 1, c;

	while ((rs = next_line(db, small, &s, err)) > 0) {
		do {
			rb = next_line(db, big, &b, err);
			c = rb > 0 ? line_order(&b, &s) : 1;
		} while (rb > 0 && c < 0);
		if (rb <= 0 || c > 0)
			return rb < 0 ? rb : 0;
	}
	return rs < 0 ? rs : 1;
}

/* Two reports of a million records are sorted at once. */
static int holds(struct db *db, int64_t big, int64_t small, struct err *err)
{
	sqlite3_stmt *st_big, *st_small;
	struct err ignored;
	int r = db_use(db, STMT_record_content, &st_small, err);

	if (r == 0)
		r = db_use(db, STMT_record_content_too, &st_big, err);
	if (r == 0)
		r = db_sort_small(db, true, err);
	if (r < 0)
		return r;
	bind_int(st_small, 1, small);
	bind_int(st_big, 1, big);
	r = walk_both(db, st_small, st_big, err);
	sqlite3_reset(st_small);
	sqlite3_reset(st_big);
	db_sort_small(db, false, &ignored);
	return r;
}

/* --- Reports of the same key --- */

struct other {
	int64_t id;
	struct digest digest;
	uint64_t records, messages, again;
	enum carrier_state origin;
	enum { APART, SAME, OLD_HOLDS_NEW, NEW_HOLDS_OLD } is;
};

#define OTHERS_MOST 256
/*
 * Comparing sorts the records of both.  One pair is always compared; when a key has many large
 * reports, which only somebody hostile sends, the rest counts as neither holding the other.
 */
#define COMPARED_MOST 2000000U

static enum carrier_state origin_at(sqlite3_stmt *st, int column)
{
	int64_t state = column_int(st, column);

	return state > 0 && state < CARRIER_COUNT ? (enum carrier_state)state : CARRIER_UNKNOWN;
}

int report_origin(struct store *s, int64_t report, enum carrier_state *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_report_origin, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, report);
	r = db_step(&s->db, st, err);
	*ret = r > 0 ? origin_at(st, 0) : CARRIER_UNKNOWN;
	sqlite3_reset(st);
	return r < 0 ? r : 0;
}

static int find_others(struct store *s, const struct report *r, struct other *others,
	size_t *ret_n, struct err *err)
{
	const struct document *d = &s->w.doc;
	sqlite3_stmt *st;
	size_t n = 0;
	int rc = db_use(&s->db, STMT_report_same_key, &st, err);

	if (rc < 0)
		return rc;
	bind_int(st, 1, identity_number(&d->key));
	bind_int(st, 2, d->frame.report);
	bind_int(st, 3, d->frame.domain);
	bind_int(st, 4, d->frame.reporter);
	bind_text(st, 5, r->report_id);
	bind_int(st, 6, r->begin_at);
	bind_int(st, 7, r->end_at);
	bind_int(st, 8, d->instead_of);
	while ((rc = db_step(&s->db, st, err)) > 0) {
		struct str digest = column_blob(st, 1);

		assert(n < OTHERS_MOST);
		others[n] = (struct other){ .id = column_int(st, 0),
			.records = (uint64_t)column_int(st, 2),
			.messages = (uint64_t)column_int(st, 3),
			.again = (uint64_t)column_int(st, 4),
			.origin = origin_at(st, 5) };
		if (digest.n == DIGEST_BYTES)
			memcpy(others[n].digest.b, digest.p, DIGEST_BYTES);
		n++;
	}
	*ret_n = n;
	return rc;
}

/* Is the mail of the open document by the author of the one that brought the other? */
static int same_author(struct store *s, const struct other *o, bool *ret, struct err *err)
{
	const struct document *d = &s->w.doc;
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_report_of_author, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, o->id);
	bind_text(st, 2, d->instead_of ? STR_ABSENT : d->carrier.from);
	bind_int(st, 3, d->instead_of);
	r = db_step(&s->db, st, err);
	*ret = r > 0;
	sqlite3_reset(st);
	return r < 0 ? r : 0;
}

/*
 * Whoever knows a report can write a larger one of the same name.  It holds the smaller one
 * only if its mail speaks for it as well as the other's did.
 */
static int may_hold(struct store *s, const struct other *o, bool newer_is_larger, bool *ret,
	struct err *err)
{
	const enum carrier_state mine = s->w.doc.carrier.state;
	const enum carrier_state larger = newer_is_larger ? mine : o->origin;
	const enum carrier_state smaller = newer_is_larger ? o->origin : mine;

	*ret = carrier_suspect(smaller) ||
	       (smaller == CARRIER_UNKNOWN && !carrier_suspect(larger));
	if (smaller == CARRIER_AUTHENTICATED && larger == CARRIER_AUTHENTICATED)
		return same_author(s, o, ret, err);
	return 0;
}

/* *compared: records compared so far for the open document. */
static int compare_other(struct store *s, struct other *o, uint64_t *compared, struct err *err)
{
	const struct document *d = &s->w.doc;
	bool newer_is_larger = d->totals.records > o->records, may;
	int r;

	o->is = APART;
	if (d->totals.records == o->records) {
		if (digest_eq(&d->contents, &o->digest))
			o->is = SAME;
		return 0;
	}
	r = may_hold(s, o, newer_is_larger, &may, err);
	if (r < 0 || !may)
		return r;
	if (*compared > COMPARED_MOST || (newer_is_larger ? d->totals.messages < o->messages
							  : d->totals.messages > o->messages))
		return 0;
	*compared += d->totals.records + o->records;
	r = newer_is_larger ? holds(&s->db, d->frame.report, o->id, err)
			    : holds(&s->db, o->id, d->frame.report, err);
	if (r < 0)
		return r;
	o->is = r == 0 ? APART : newer_is_larger ? NEW_HOLDS_OLD : OLD_HOLDS_NEW;
	return 0;
}

static int less_coverage(struct db *db, const struct sum_frame *f, struct err *err)
{
	static const enum stmt_id both[] = { STMT_coverage_less, STMT_coverage_drop };

	for (int i = 0; i < 2; i++) {
		sqlite3_stmt *st;
		int r = db_use(db, both[i], &st, err);

		if (r < 0)
			return r;
		bind_int(st, 1, f->domain);
		bind_int(st, 2, f->period.middle_day);
		bind_int(st, 3, f->reporter);
		r = db_run(db, st, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * The report may be of this batch.  So the sums of the batch are written first, else theirs
 * would meet rows that this took away; and since that happens in the savepoint of the document,
 * nothing but a roll-back of the batch helps when the document fails later.
 */
int identity_uncount(struct store *s, const struct sum_frame *f, struct err *err)
{
	int r;

	s->w.broken = true;
	r = sums_flush(&s->db, &s->w.sums, err);
	if (r == 0)
		r = sums_stored(&s->db, &s->w.doc.own, f, -1, err);
	if (r == 0 && !f->period.spread)
		r = less_coverage(&s->db, f, err);
	s->w.broken = r < 0;
	return r;
}

static int take_rows_out(struct store *s, int64_t id, int64_t heir, struct err *err)
{
	sqlite3_stmt *st;
	int64_t bytes = 0;
	int r = db_run_with(&s->db, STMT_input_move, id, heir, err);

	if (r == 0)
		r = db_use(&s->db, STMT_document_piece_bytes, &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, piece_first(id));
	bind_int(st, 2, piece_last(id));
	r = db_number(&s->db, st, 0, &bytes, err);
	if (r == 0)
		r = db_run_with(&s->db, STMT_document_piece_delete, piece_first(id),
			piece_last(id), err);
	if (r == 0)
		r = db_run_with(&s->db, STMT_report_delete, id, 0, err);
	if (r == 0)
		s->w.raw_bytes -= bytes;
	return r;
}

int identity_take_out(struct store *s, const struct sum_frame *f, int64_t heir, struct err *err)
{
	int r = identity_uncount(s, f, err);

	s->w.broken = true;
	if (r == 0)
		r = take_rows_out(s, f->report, heir, err);
	s->w.broken = r < 0;
	return r;
}

/* Key and so period of the other are those of the open document, which takes its place. */
static int take_out(struct store *s, const struct other *o, struct err *err)
{
	struct sum_frame f = s->w.doc.frame;

	f.report = o->id;
	return identity_take_out(s, &f, s->w.doc.frame.report, err);
}

unsigned identity_flags(const struct identity *id)
{
	return (id->conflict ? REPORT_CONFLICT : 0U) | (id->replaced ? REPORT_REPLACED : 0U);
}

static int settle_others(struct store *s, const struct other *others, size_t n,
	struct identity *ret, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		int r = 0;

		if (others[i].is == NEW_HOLDS_OLD) {
			r = take_out(s, &others[i], err);
			ret->replaced = true;
			ret->again += others[i].again + 1;
		} else {
			sqlite3_stmt *st;

			ret->conflict = true;
			r = db_use(&s->db, STMT_report_again, &st, err);
			if (r == 0) {
				bind_int(st, 1, others[i].id);
				bind_int(st, 2, 0);
				bind_int(st, 3, REPORT_CONFLICT);
				r = db_run(&s->db, st, err);
			}
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int identity_settle(
	struct store *s, const struct report *r, struct identity *ret, struct err *err)
{
	struct other others[OTHERS_MOST];
	uint64_t compared = 0;
	size_t n = 0;
	int rc = find_others(s, r, others, &n, err);

	*ret = (struct identity){ 0 };
	if (rc == 0 && s->w.doc.instead_of != 0)
		rc = report_origin(s, s->w.doc.instead_of, &s->w.doc.carrier.state, err);
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = compare_other(s, &others[i], &compared, err);
		/*
		 * Held by a stored one: an older, partial copy that arrives late.  The result
		 * is the same as if it had come first and been replaced.
		 */
		if (rc == 0 && (others[i].is == SAME || others[i].is == OLD_HOLDS_NEW)) {
			ret->duplicate_of = others[i].id;
			ret->same = others[i].is == SAME;
			ret->duplicate_flags = others[i].is == SAME ? 0 : REPORT_REPLACED;
			return 0;
		}
	}
	return rc < 0 ? rc : settle_others(s, others, n, ret, err);
}
