#include "write.h"

#include "day.h"
#include "evidence.h"
#include "identity.h"
#include "xalloc.h"

#include <assert.h>

#define BATCH_SUMS 65536U
#define DOCUMENT_SUMS 16384U
#define REPORT_SUMS 65536U
/* A report whose numbers are beyond all mail there is could make sums overflow. */
#define MESSAGES_MOST 1000000000000ULL
/* Records times days of a report: a hostile period of three years multiplies all work. */
#define DAYS_MOST 20000000ULL

void writer_init(struct writer *w, struct db *db)
{
	*w = (struct writer){ 0 };
	w->records_from = w->sums_from = w->keep_from = INT64_MIN;
	intern_init(&w->intern);
	sums_init(&w->sums, BATCH_SUMS, false);
	sums_init(&w->doc.sums, DOCUMENT_SUMS, true);
	sums_init(&w->doc.own, REPORT_SUMS, false);
	arena_init(&w->doc.arena);
	piece_writer_init(&w->doc.original, db);
	piece_writer_init(&w->kept, db);
}

void writer_release(struct writer *w)
{
	intern_release(&w->intern);
	sums_release(&w->sums);
	sums_release(&w->doc.sums);
	sums_release(&w->doc.own);
	arena_release(&w->doc.arena);
	piece_writer_release(&w->doc.original);
	piece_writer_release(&w->kept);
}

static int run(struct db *db, enum stmt_id id, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(db, id, &st, err);

	return r < 0 ? r : db_run(db, st, err);
}

/* --- Batches --- */

int writer_check(struct store *s, struct err *err)
{
	assert(s->w.in_batch);
	if (sqlite3_get_autocommit(s->db.h) || s->w.broken)
		return FAIL(err, ERR_TEMP, "store-failed",
			"%s: the transaction was rolled back after an error", s->db.path);
	return 0;
}

/*
 * What others did since our last batch.  Prune deletes names, addresses … that nothing refers
 * to: the numbers that we remember may be gone.
 */
static int look_around(struct store *s, struct err *err)
{
	struct writer *w = &s->w;
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_meta_batch, &st, err);

	if (r == 0)
		r = db_step(&s->db, st, err);
	if (r <= 0)
		return r;
	if (column_int(st, 0) != w->generation) {
		w->intern.added = true;
		intern_forget(&w->intern);
		intern_mark(&w->intern);
	}
	w->generation = column_int(st, 0);
	w->records_from = column_int(st, 1);
	w->sums_from = column_int(st, 2);
	sqlite3_reset(st);
	w->sums.from_day = w->doc.sums.from_day = w->doc.own.from_day = w->sums_from;
	return 0;
}

int store_batch_begin(struct store *s, struct err *err)
{
	int r;

	assert(s->mode != STORE_READ && !s->w.in_batch);
	r = run(&s->db, STMT_begin, err);
	if (r < 0)
		return r;
	s->w.in_batch = true;
	s->w.batch_added = s->w.broken = false;
	s->w.raw_bytes = s->w.kept_bytes = 0;
	intern_mark(&s->w.intern);
	r = look_around(s, err);
	if (r < 0)
		store_batch_rollback(s);
	return r;
}

static int bump(struct store *s, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_meta_bump, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, s->w.raw_bytes);
	bind_int(st, 2, s->w.kept_bytes);
	return db_run(&s->db, st, err);
}

int store_batch_commit(struct store *s, struct err *err)
{
	int r = writer_check(s, err);

	assert(!s->w.doc.open);
	if (r == 0)
		r = sums_flush(&s->db, &s->w.sums, err);
	if (r == 0)
		r = bump(s, err);
	if (r == 0)
		r = run(&s->db, STMT_commit, err);
	if (r < 0) {
		store_batch_rollback(s);
		return r;
	}
	s->w.in_batch = false;
	s->w.generation++;
	return 0;
}

void store_batch_rollback(struct store *s)
{
	if (!s->w.in_batch)
		return;
	s->w.doc.open = s->w.doc.begun = false;
	if (!sqlite3_get_autocommit(s->db.h))
		sqlite3_exec(s->db.h, "ROLLBACK", NULL, NULL, NULL);
	sums_clear(&s->w.sums);
	sums_clear(&s->w.doc.sums);
	sums_clear(&s->w.doc.own);
	s->w.intern.added |= s->w.batch_added;
	intern_forget(&s->w.intern);
	s->w.in_batch = false;
}

/* --- Documents --- */

static int document_open(struct store *s, struct err *err)
{
	struct document *d = &s->w.doc;
	sqlite3_stmt *st;
	int r = writer_check(s, err);

	if (r == 0)
		r = run(&s->db, STMT_savepoint, err);
	if (r < 0)
		return r;
	s->w.batch_added |= s->w.intern.added;
	intern_mark(&s->w.intern);
	arena_reset(&d->arena);
	sums_clear(&d->sums);
	sums_clear(&d->own);
	d->open = true;
	d->begun = false;
	d->instead_of = 0;
	d->carrier = (struct carrier){ 0 };
	d->flag = false;
	d->frame = (struct sum_frame){ 0 };
	d->key = d->contents = (struct digest){ 0 };
	d->totals = (struct report_totals_row){ 0 };
	d->disagree_records = d->days = 0;
	r = db_use(&s->db, STMT_report_next, &st, err);
	if (r == 0)
		r = db_number(&s->db, st, 0, &d->frame.report, err);
	piece_begin(&d->original, STMT_document_piece_insert, d->frame.report);
	return r;
}

void document_undo(struct store *s)
{
	struct document *d = &s->w.doc;
	struct err ignored = { 0 };

	if (!d->open)
		return;
	d->open = d->begun = false;
	sums_clear(&d->sums);
	sums_clear(&d->own);
	if (!sqlite3_get_autocommit(s->db.h)) {
		run(&s->db, STMT_rollback_to, &ignored);
		run(&s->db, STMT_release, &ignored);
	}
	intern_forget(&s->w.intern);
}

void store_abort(struct store *s)
{
	document_undo(s);
}

static int make_frame(struct store *s, const struct report *r, struct sum_frame *ret,
	struct digest *ret_key, struct err *err)
{
	struct str org, domain = str_absent(r->policy.domain) ? STR("") : r->policy.domain;
	struct str name = str_absent(r->org_name) ? STR("") : r->org_name;
	struct sum_frame f = { .report = ret->report };
	int rc;

	identity_key(r, &s->w.doc.arena, &org, ret_key);
	period_of(r->begin_at, r->end_at, &f.period);
	rc = intern_reporter(&s->db, &s->w.intern, org, name, &f.reporter, err);
	if (rc == 0)
		rc = intern_domain(&s->db, &s->w.intern, domain, &f.domain, err);
	if (rc == 0)
		*ret = f;
	return rc;
}

void store_keep(struct store *s, int64_t records_from)
{
	s->w.keep_from = records_from;
}

/* Its rows were deleted, or would be soon: to store them would count them a second time where
 * sums are kept longer. */
static int check_age(const struct store *s, struct err *err)
{
	const struct writer *w = &s->w;
	int64_t from = w->records_from > w->keep_from ? w->records_from : w->keep_from;
	char last[DAY_TEXT], first[DAY_TEXT];

	if (w->doc.instead_of != 0 || w->doc.frame.period.last_day >= from)
		return 0;
	day_text(w->doc.frame.period.last_day, last);
	day_text(from, first);
	return FAIL(err, ERR_INPUT, "too-old",
		"its period ends on %s, and what is before %s is not kept", last, first);
}

/* The row with its key: a new one, or with other values when elements behind the records say
 * so. */
static int put_key(struct store *s, enum stmt_id id, const struct report *r, struct err *err)
{
	const struct document *d = &s->w.doc;
	sqlite3_stmt *st;
	int rc = db_use(&s->db, id, &st, err);

	if (rc < 0)
		return rc;
	bind_int(st, 1, d->frame.report);
	bind_int(st, 2, identity_number(&d->key));
	bind_int(st, 3, d->frame.domain);
	bind_int(st, 4, d->frame.reporter);
	bind_text(st, 5, r->report_id);
	bind_int(st, 6, r->begin_at);
	bind_int(st, 7, r->end_at);
	bind_int(st, 8, d->frame.period.middle_day);
	bind_int(st, 9, d->frame.period.first_day);
	bind_int(st, 10, d->frame.period.last_day);
	return db_run(&s->db, st, err);
}

static int begin(struct store *s, const struct report *r, int64_t arrived_at,
	int64_t instead_of, struct err *err)
{
	struct document *d = &s->w.doc;
	int rc = 0;

	if (!d->open)
		rc = document_open(s, err);
	if (rc < 0)
		return rc;
	assert(!d->begun);
	d->arrived_at = arrived_at;
	d->instead_of = instead_of;
	rc = make_frame(s, r, &d->frame, &d->key, err);
	if (rc == 0 && r->end_at > 0) /* else it may stand behind the records */
		rc = check_age(s, err);
	if (rc == 0)
		rc = put_key(s, STMT_report_insert, r, err);
	d->begun = rc == 0;
	return rc;
}

int store_begin(struct store *s, const struct report *r, int64_t arrived_at, struct err *err)
{
	return begin(s, r, arrived_at, 0, err);
}

int store_begin_again(struct store *s, const struct report *r, int64_t report, struct err *err)
{
	return begin(s, r, 0, report, err);
}

int store_raw(struct store *s, const void *p, size_t n, struct err *err)
{
	int r = s->w.doc.open ? writer_check(s, err) : document_open(s, err);

	return r < 0 ? r : piece_add(&s->w.doc.original, p, n, err);
}

static int check_numbers(struct document *d, const struct record *rec, struct err *err)
{
	if (rec->messages > MESSAGES_MOST || d->totals.messages + rec->messages > MESSAGES_MOST)
		return FAIL(err, ERR_INPUT, "value-invalid",
			"the counts of the records add up to more than %llu messages",
			MESSAGES_MOST);
	if (d->days > DAYS_MOST)
		return FAIL(err, ERR_LIMIT, "too-many-records",
			"too many records for a period of %lld days",
			(long long)(d->frame.period.last_day - d->frame.period.first_day + 1));
	return 0;
}

static void count_record(struct document *d, const struct record *rec, const struct verdict *v,
	const struct digest *content)
{
	struct digest_ctx c;
	struct digest one;

	digest_init(&c);
	digest_add(&c, content->b, DIGEST_BYTES);
	digest_add(&c, rec->source_ip.b, rec->source_ip.n);
	digest_u64(&c, rec->messages);
	digest_end(&c, &one);
	digest_sum(&d->contents, &one);
	d->totals.records++;
	d->totals.messages += rec->messages;
	if (v->result == DMARC_PASS)
		d->totals.pass += rec->messages;
	else
		d->totals.fail += rec->messages;
	d->disagree_records += v->disagrees;
}

static int insert_record(struct store *s, const struct record *rec,
	const struct sum_record *sum, struct err *err)
{
	const struct document *d = &s->w.doc;
	int64_t ip_text = 0;
	sqlite3_stmt *st;
	int r = intern_name(&s->db, &s->w.intern, rec->source_ip_text, &ip_text, err);

	if (r == 0)
		r = db_use(&s->db, STMT_record_insert, &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, d->frame.report);
	bind_int(st, 2, (int64_t)d->totals.records + 1);
	bind_int(st, 3, sum->source);
	bind_int(st, 4, sum->evidence);
	bind_int(st, 5, (int64_t)rec->messages);
	bind_int(st, 6, (int64_t)rec->line);
	bind_id(st, 7, ip_text);
	return db_run(&s->db, st, err);
}

int store_add(
	struct store *s, const struct record *rec, const struct verdict *v, struct err *err)
{
	struct document *d = &s->w.doc;
	struct sum_record sum = {
		.named_by = v->named_by, .facts = facts_of(rec, v), .messages = rec->messages
	};
	struct digest content;
	unsigned days = 0;
	int r = writer_check(s, err);

	assert(d->begun);
	if (r == 0)
		r = check_numbers(d, rec, err);
	if (r == 0)
		r = intern_source(&s->db, &s->w.intern, &rec->source_ip, &sum.source, err);
	if (r == 0)
		r = intern_name(&s->db, &s->w.intern, v->sender, &sum.sender, err);
	if (r == 0)
		r = evidence_intern(
			&s->db, &s->w.intern, rec, v, sum.facts, &content, &sum.evidence, err);
	if (r == 0)
		r = insert_record(s, rec, &sum, err);
	if (r == 0)
		r = sums_report(&s->db, &d->own, d->frame.report, &sum, err);
	if (r == 0)
		r = sums_record(&s->db, &d->sums, &d->frame, &sum, 1, &days, err);
	if (r < 0)
		return r;
	d->days += days;
	count_record(d, rec, v, &content);
	return 0;
}

/* Elements behind the records may change the key: then the daily sums move. */
int document_rekey(struct store *s, const struct report *r, struct err *err)
{
	struct document *d = &s->w.doc;
	struct sum_frame old = d->frame;
	struct digest key;
	int rc = make_frame(s, r, &d->frame, &key, err);

	if (rc < 0 || digest_eq(&key, &d->key))
		return rc;
	d->key = key;
	if (!d->sums.given_up)
		rc = sums_stored(&s->db, &d->sums, &old, -1, err);
	if (rc == 0 && !d->sums.given_up)
		rc = sums_stored(&s->db, &d->sums, &d->frame, 1, err);
	return rc < 0 ? rc : put_key(s, STMT_report_rekey, r, err);
}

static unsigned flags_of(const struct document *d, const struct report *r)
{
	const struct period *p = &d->frame.period;
	unsigned flags = 0;

	if (p->end_at - p->begin_at > PERIOD_LONG_SECONDS)
		flags |= REPORT_LONG;
	if (r->note_count > 0)
		flags |= REPORT_NOTES;
	if (d->disagree_records > 0)
		flags |= REPORT_DISAGREES;
	return flags;
}

static int finish_row(struct store *s, const struct report *r, unsigned flags, struct err *err)
{
	const struct document *d = &s->w.doc;
	const struct policy *p = &r->policy;
	const struct str texts[] = { r->org_name, r->email, r->extra_contact_info, r->generator,
		r->version, r->xml_namespace, p->p, p->sp, p->np, p->adkim, p->aspf, p->fo,
		p->testing, p->discovery_method };
	enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
	int64_t ids[TEXTS];
	sqlite3_stmt *st;
	int rc = 0;

	for (int i = 0; i < TEXTS && rc == 0; i++)
		rc = intern_name(&s->db, &s->w.intern, texts[i], &ids[i], err);
	if (rc == 0)
		rc = db_use(&s->db, STMT_report_finish, &st, err);
	if (rc < 0)
		return rc;
	bind_int(st, 1, d->frame.report);
	for (int i = 0; i < TEXTS; i++)
		bind_id(st, 2 + i, ids[i]);
	bind_int(st, 16, r->format);
	if (p->pct < 0)
		sqlite3_bind_null(st, 17);
	else
		bind_int(st, 17, p->pct);
	bind_blob(st, 18, d->contents.b, DIGEST_BYTES);
	bind_int(st, 19, (int64_t)d->totals.messages);
	bind_int(st, 20, (int64_t)d->totals.pass);
	bind_int(st, 21, (int64_t)d->totals.records);
	bind_int(st, 22, (int64_t)d->disagree_records);
	bind_int(st, 23, d->arrived_at);
	bind_int(st, 24, time_now());
	bind_int(st, 25, flags);
	return db_run(&s->db, st, err);
}

static int put_errors_and_notes(struct store *s, const struct report *r, struct err *err)
{
	int64_t report = s->w.doc.frame.report;
	sqlite3_stmt *st;
	int rc = 0;

	for (size_t i = 0; i < r->error_count && rc == 0; i++) {
		if ((rc = db_use(&s->db, STMT_report_error_insert, &st, err)) < 0)
			return rc;
		bind_int(st, 1, report);
		bind_int(st, 2, (int64_t)i + 1);
		bind_text(st, 3, str_absent(r->errors[i]) ? STR("") : r->errors[i]);
		rc = db_run(&s->db, st, err);
	}
	for (size_t i = 0; i < r->note_count && rc == 0; i++) {
		if ((rc = db_use(&s->db, STMT_report_note_insert, &st, err)) < 0)
			return rc;
		bind_int(st, 1, report);
		bind_int(st, 2, (int64_t)i + 1);
		bind_text(st, 3, str_absent(r->notes[i].code) ? STR("") : r->notes[i].code);
		bind_text(st, 4, r->notes[i].where);
		bind_text(st, 5, r->notes[i].detail);
		bind_int(st, 6, (int64_t)r->notes[i].times);
		rc = db_run(&s->db, st, err);
	}
	return rc;
}

int document_put(struct store *s, const struct report *r, unsigned flags, struct err *err)
{
	int rc = finish_row(s, r, flags_of(&s->w.doc, r) | flags, err);

	return rc < 0 ? rc : put_errors_and_notes(s, r, err);
}

int document_cover(struct store *s, const struct report *r, struct err *err)
{
	const struct sum_frame *f = &s->w.doc.frame;
	sqlite3_stmt *st;
	int rc = db_use(&s->db, STMT_reporter_newest, &st, err);

	if (rc < 0)
		return rc;
	bind_int(st, 1, f->reporter);
	bind_text(st, 2, str_absent(r->org_name) ? STR("") : r->org_name);
	bind_int(st, 3, r->end_at);
	rc = db_run(&s->db, st, err);
	if (rc < 0 || f->period.spread)
		return rc;
	if ((rc = db_use(&s->db, STMT_coverage_add, &st, err)) < 0)
		return rc;
	bind_int(st, 1, f->domain);
	bind_int(st, 2, f->period.middle_day);
	bind_int(st, 3, f->reporter);
	bind_int(st, 4, r->end_at);
	return db_run(&s->db, st, err);
}

static int put_document(struct store *s, const struct digest *digest, struct err *err)
{
	const struct piece_writer *o = &s->w.doc.original;
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_document_insert, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, s->w.doc.frame.report);
	bind_blob(st, 2, digest->b, DIGEST_BYTES);
	bind_int(st, 3, (int64_t)o->size_bytes);
	bind_int(st, 4, o->n);
	r = db_run(&s->db, st, err);
	if (r == 0)
		s->w.raw_bytes += (int64_t)o->stored_bytes;
	return r;
}

int report_count_again(
	struct store *s, int64_t report, int64_t times, unsigned flags, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_report_again, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, report);
	bind_int(st, 2, times);
	bind_int(st, 3, flags);
	return db_run(&s->db, st, err);
}

void store_carrier(struct store *s, const struct carrier *carrier, bool flag)
{
	assert(s->w.doc.begun);
	s->w.doc.carrier = *carrier;
	s->w.doc.flag = flag && carrier_suspect(carrier->state);
}

/* The mail that brought it speaks for this report, or against it. */
static int put_carrier(struct store *s, int64_t report, struct err *err)
{
	const struct carrier *c = &s->w.doc.carrier;
	const struct str texts[] = { c->from, c->dmarc, c->dkim, c->dkim_domain, c->spf,
		c->spf_domain };
	sqlite3_stmt *st;
	int r;

	if (c->state == CARRIER_UNKNOWN)
		return 0;
	r = db_use(&s->db, STMT_report_origin_put, &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, report);
	bind_int(st, 2, c->state);
	bind_int(st, 3, REPORT_SUSPECT);
	bind_int(st, 4, s->w.doc.flag ? REPORT_SUSPECT : 0);
	r = db_run(&s->db, st, err);
	if (r == 0)
		r = db_use(&s->db, STMT_report_carrier_put, &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, report);
	for (int i = 0; i < 6; i++)
		bind_text(st, 2 + i, texts[i]);
	return db_run(&s->db, st, err);
}

/* A report came again, with a mail that says more than the one before. */
static int better_carrier(struct store *s, int64_t report, struct err *err)
{
	enum carrier_state before;
	int r = report_origin(s, report, &before, err);

	if (r < 0 || !carrier_better(s->w.doc.carrier.state, before))
		return r;
	return put_carrier(s, report, err);
}

/* The document says nothing new: as if it had not been, but for the counter of the one that is
 * here.  same: that has the same records, and not more. */
static int end_duplicate(struct store *s, int64_t of, bool same, unsigned flags,
	struct stored *ret, struct err *err)
{
	struct stored what = {
		.outcome = OUTCOME_DUPLICATE, .report = of, .totals = s->w.doc.totals
	};
	int r;

	document_undo(s);
	r = report_count_again(s, of, 1, flags, err);
	if (r == 0 && same)
		r = better_carrier(s, of, err);
	if (r == 0)
		*ret = what;
	return r;
}

int document_keep(struct store *s, struct err *err)
{
	struct document *d = &s->w.doc;
	int rc = run(&s->db, STMT_release, err);

	if (rc < 0)
		return rc;
	d->open = d->begun = false;
	s->w.batch_added |= s->w.intern.added;
	/* Only now: what is written early from the sums of the batch must not be in the
	 * savepoint. */
	rc = d->sums.given_up ? sums_stored(&s->db, &s->w.sums, &d->frame, 1, err)
			      : sums_merge(&s->db, &s->w.sums, &d->sums, err);
	s->w.broken = rc < 0;
	return rc;
}

static int end_stored(struct store *s, const struct report *r, const struct digest *document,
	const struct identity *id, struct err *err)
{
	struct document *d = &s->w.doc;
	int rc = document_put(s, r, identity_flags(id), err);

	if (rc == 0)
		rc = document_cover(s, r, err);
	if (rc == 0)
		rc = put_document(s, document, err);
	if (rc == 0)
		rc = put_carrier(s, d->frame.report, err);
	if (rc == 0)
		rc = sums_flush(&s->db, &d->own, err);
	if (rc == 0 && id->again > 0)
		rc = report_count_again(s, d->frame.report, (int64_t)id->again, 0, err);
	return rc < 0 ? rc : document_keep(s, err);
}

int store_seen(
	struct store *s, const struct digest *document, int64_t *ret_report, struct err *err)
{
	sqlite3_stmt *st;
	int64_t id = 0;
	int r = db_use(&s->db, STMT_document_find, &st, err);

	if (r < 0)
		return r;
	bind_blob(st, 1, document->b, DIGEST_BYTES);
	r = db_number(&s->db, st, 0, &id, err);
	if (r < 0 || id == 0)
		return r;
	*ret_report = id;
	return 1;
}

int store_end(struct store *s, const struct report *r, const struct digest *document,
	struct stored *ret, struct err *err)
{
	struct document *d = &s->w.doc;
	struct identity id = { 0 };
	int64_t same = 0;
	int64_t raw_before = s->w.raw_bytes;
	int rc = writer_check(s, err);

	assert(d->begun);
	if (rc == 0)
		rc = store_seen(s, document, &same, err);
	if (rc > 0)
		return end_duplicate(s, same, true, 0, ret, err);
	if (rc == 0)
		rc = piece_end(&d->original, err);
	if (rc == 0)
		rc = document_rekey(s, r, err);
	if (rc == 0)
		rc = check_age(s, err);
	if (rc == 0)
		rc = identity_settle(s, r, &id, err);
	if (rc == 0 && id.duplicate_of != 0)
		return end_duplicate(s, id.duplicate_of, id.same, id.duplicate_flags, ret, err);
	if (rc == 0)
		rc = end_stored(s, r, document, &id, err);
	if (rc < 0) {
		s->w.raw_bytes = raw_before;
		s->w.broken |= id.replaced; /* see take_out */
		return rc;
	}
	*ret = (struct stored){ .outcome = OUTCOME_STORED,
		.report = d->frame.report,
		.replaced = id.replaced,
		.conflict = id.conflict,
		.totals = d->totals };
	return 0;
}
