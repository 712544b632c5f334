#include "reports.h"

#include "rowset.h"
#include "tally.h"

/* --- One report --- */

static int load_totals(
	struct db *db, int64_t id, bool by_receiver, struct totals *ret, struct err *err)
{
	struct tally t = { 0 };
	sqlite3_stmt *st;
	int r = db_use(db, STMT_report_facts, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, id);
	while ((r = db_step(db, st, err)) > 0)
		tally_add(&t, (uint32_t)column_int(st, 0), (uint64_t)column_int(st, 1),
			(uint64_t)column_int(st, 2), 0, by_receiver);
	if (r == 0)
		*ret = t.totals;
	return r;
}

static struct str copy(struct arena *a, sqlite3_stmt *st, int column)
{
	return arena_str(a, column_text(st, column));
}

static void read_policy(sqlite3_stmt *st, struct arena *a, struct policy *p)
{
	p->domain = copy(a, st, 0);
	p->p = copy(a, st, 8);
	p->sp = copy(a, st, 9);
	p->np = copy(a, st, 10);
	p->adkim = copy(a, st, 11);
	p->aspf = copy(a, st, 12);
	p->fo = copy(a, st, 13);
	p->testing = copy(a, st, 14);
	p->discovery_method = copy(a, st, 15);
	p->pct = sqlite3_column_type(st, 16) == SQLITE_NULL ? -1 : (int)column_int(st, 16);
}

static void read_row(sqlite3_stmt *st, struct arena *a, struct report_row *ret)
{
	struct report *r = &ret->report;

	r->report_id = copy(a, st, 1);
	r->org_name = copy(a, st, 2);
	r->email = copy(a, st, 3);
	r->extra_contact_info = copy(a, st, 4);
	r->generator = copy(a, st, 5);
	r->version = copy(a, st, 6);
	r->xml_namespace = copy(a, st, 7);
	read_policy(st, a, &r->policy);
	r->format = column_int(st, 17) == FORMAT_RFC9990 ? FORMAT_RFC9990 : FORMAT_RFC7489;
	r->begin_at = column_int(st, 18);
	r->end_at = column_int(st, 19);
	ret->arrived_at = column_int(st, 20);
	ret->stored_at = column_int(st, 21);
	ret->disagree_records = (uint64_t)column_int(st, 22);
	ret->flags = (unsigned)column_int(st, 23);
	ret->again = (uint64_t)column_int(st, 24);
	ret->has_raw = column_int(st, 25) > 0;
	ret->raw_bytes = (uint64_t)column_int(st, 26);
	ret->raw_deleted = !ret->has_raw && ret->raw_bytes > 0;
	ret->carrier.state = (enum carrier_state)column_int(st, 27);
	if ((unsigned)ret->carrier.state >= CARRIER_COUNT)
		ret->carrier.state = CARRIER_UNKNOWN;
	period_of(r->begin_at, r->end_at, &ret->period);
}

int report_load(struct db *db, int64_t id, bool by_receiver, struct arena *a,
	struct report_row *ret, struct err *err)
{
	struct report_row row = { .id = id };
	sqlite3_stmt *st;
	int r = db_use(db, STMT_report_get, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, id);
	r = db_step(db, st, err);
	if (r <= 0)
		return r;
	read_row(st, a, &row);
	sqlite3_reset(st);
	r = load_totals(db, id, by_receiver, &row.totals, err);
	if (r < 0)
		return r;
	*ret = row;
	return 1;
}

static int count_of(struct db *db, const char *table, int64_t id, size_t *ret, struct err *err)
{
	char sql[80];
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int64_t n = 0;
	int r;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s WHERE report = ?", table);
	r = db_prepare(db, str_of(sql), &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, id);
	r = db_number(db, st, 0, &n, err);
	*ret = (size_t)n;
	return r;
}

static int load_errors(
	struct db *db, int64_t id, struct arena *a, struct report *ret, struct err *err)
{
	sqlite3_stmt *st;
	size_t count = 0, n = 0;
	int r = count_of(db, "report_error", id, &count, err);

	if (r == 0)
		r = db_use(db, STMT_report_errors, &st, err);
	if (r < 0)
		return r;
	ret->errors = ARENA_ARRAY(a, struct str, count + 1);
	bind_int(st, 1, id);
	while ((r = db_step(db, st, err)) > 0 && n < count)
		ret->errors[n++] = copy(a, st, 0);
	sqlite3_reset(st);
	ret->error_count = n;
	return r < 0 ? r : 0;
}

static int load_notes(
	struct db *db, int64_t id, struct arena *a, struct report *ret, struct err *err)
{
	sqlite3_stmt *st;
	size_t count = 0, n = 0;
	int r = count_of(db, "report_note", id, &count, err);

	if (r == 0)
		r = db_use(db, STMT_report_notes, &st, err);
	if (r < 0)
		return r;
	ret->notes = ARENA_ARRAY(a, struct note, count + 1);
	bind_int(st, 1, id);
	while ((r = db_step(db, st, err)) > 0 && n < count)
		ret->notes[n++] = (struct note){ copy(a, st, 0), copy(a, st, 1), copy(a, st, 2),
			(uint64_t)column_int(st, 3) };
	sqlite3_reset(st);
	ret->note_count = n;
	return r < 0 ? r : 0;
}

static int load_carrier(
	struct db *db, int64_t id, struct arena *a, struct carrier *ret, struct err *err)
{
	struct str *to[] = { &ret->from, &ret->dmarc, &ret->dkim, &ret->dkim_domain, &ret->spf,
		&ret->spf_domain };
	sqlite3_stmt *st;
	int r = db_use(db, STMT_report_carrier_get, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, id);
	r = db_step(db, st, err);
	for (int i = 0; r > 0 && i < 6; i++)
		*to[i] = copy(a, st, i);
	sqlite3_reset(st);
	return r < 0 ? r : 0;
}

int store_report(
	struct store *s, int64_t id, struct arena *a, struct report_row *ret, struct err *err)
{
	struct report_row row;
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	r = report_load(&s->db, id, false, a, &row, err);
	if (r > 0) {
		r = load_errors(&s->db, id, a, &row.report, err);
		if (r == 0)
			r = load_notes(&s->db, id, a, &row.report, err);
		if (r == 0)
			r = load_carrier(&s->db, id, a, &row.carrier, err);
		r = r < 0 ? r : 1;
	}
	db_view_end(&s->db, own);
	if (r > 0)
		*ret = row;
	return r;
}

/* --- The list --- */

#define FAIL_OURS "(rp.messages - rp.pass)"
#define FAIL_THEIRS \
	"(SELECT coalesce(sum(messages), 0) FROM sum_report" \
	" WHERE report = rp.id AND (facts & 8192) = 0)"
#define KEYS(fail) \
	(const struct sort_key[]) \
	{ \
		{ "period", { "rp.middle_day" } }, { "arrived", { "rp.arrived_at" } }, \
			{ "messages", { "rp.messages" } }, { "fail", { fail } }, { 0 }, \
	}
#define SPEC(fail) \
	{ \
		.list = LIST_REPORTS, .columns = 1, .by_default = "-period", \
		.ties = { "rp.id" }, .keys = KEYS(fail), \
	}
static const struct list_spec reports_ours = SPEC(FAIL_OURS);
static const struct list_spec reports_theirs = SPEC(FAIL_THEIRS);

/* Reports that have a record for the filters, on whatever of their days its messages count. */
static void add_contents(struct sql *sql, struct rows *r)
{
	if (!r->question.filtered)
		return;
	if (!r->question.needs_records) {
		sql_add(sql, " AND EXISTS (SELECT 1 FROM sum_report f WHERE f.report = rp.id");
		question_facts(sql, &r->q, "f.facts");
		sql_add(sql, ")");
		return;
	}
	sql_add(sql, " AND EXISTS (SELECT 1 FROM record r JOIN evidence e ON e.id = r.evidence"
		     " WHERE r.report = rp.id");
	question_record_filters(sql, &r->question);
	sql_add(sql, ")");
}

static int open_reports(struct rows *r, struct err *err)
{
	CLEANUP(sql)
	struct sql sql = { 0 };
	struct sort sort;
	int rc = rowset_sort(r, &sort, err);

	if (rc < 0)
		return rc;
	sql_init(&sql);
	question_picked(&sql, &r->question, true);
	sql_add(&sql, "SELECT rp.id, 0");
	for (size_t i = 0; i < sort.count; i++)
		sql_addf(&sql, ", %s", sort.terms[i].expr);
	question_reports(&sql, &r->question);
	sql_add(&sql, " WHERE ");
	question_report_filters(&sql, &r->question);
	add_contents(&sql, r);
	rc = rowset_place(r, &sql, &sort, "AND", err);
	if (rc < 0)
		return rc;
	rowset_order(r, &sql, &sort);
	return sql_prepare(&r->s->db, &sql, &r->st, err);
}

int store_reports(struct store *s, const struct query *q, struct rows **ret, struct err *err)
{
	struct rows *r;
	int rc = rowset_new(s, q, q->by_receiver ? &reports_theirs : &reports_ours, 0, &r, err);

	if (rc == 0)
		rc = open_reports(r, err);
	if (rc < 0)
		rows_close(r);
	else
		*ret = r;
	return rc;
}

int rows_report(struct rows *r, struct report_row *ret, struct err *err)
{
	int rc = rowset_next(r, LIST_REPORTS, err);

	if (rc <= 0)
		return rc;
	return report_load(
		&r->s->db, column_int(r->st, 0), r->q.by_receiver, &r->row, ret, err);
}
