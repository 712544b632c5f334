#include "records.h"

#include "evidence.h"
#include "onesource.h"
#include "reports.h"
#include "rowset.h"
#include "senders.h"
#include "service.h"
#include "xalloc.h"

#include <assert.h>

static_assert(FACTS_REPORTED_PASS == 8192, "the SQL of reports.c says so");

#define SLOTS 32

struct record_slot {
	int64_t evidence; /* 0: empty */
	struct arena arena;
	struct record record;
	struct verdict verdict;
};

/* Reports say the same of many records: what was decoded last stays. */
struct record_cache {
	struct record_slot slots[SLOTS];
	int64_t report;
	struct arena report_arena;
	struct report_row report_row;
	struct sender_kinds kinds; /* none: nobody asked */
};

static struct record_cache *cache_new(void)
{
	struct record_cache *c = xcalloc(1, sizeof(*c));

	for (int i = 0; i < SLOTS; i++)
		arena_init(&c->slots[i].arena);
	arena_init(&c->report_arena);
	arena_init(&c->kinds.arena);
	return c;
}

void record_cache_free(struct record_cache *c)
{
	if (!c)
		return;
	for (int i = 0; i < SLOTS; i++)
		arena_release(&c->slots[i].arena);
	arena_release(&c->report_arena);
	arena_release(&c->kinds.arena);
	free(c);
}

static int damaged(struct db *db, int64_t report, struct err *err)
{
	return FAIL(err, ERR_IO, "store-damaged",
		"%s: report %lld is incomplete: run 'ruad db verify'", db->path,
		(long long)report);
}

static int evidence_of(struct db *db, struct record_cache *c, int64_t report, int64_t id,
	const struct record_slot **ret, struct err *err)
{
	struct record_slot *slot = &c->slots[(uint64_t)id % SLOTS];
	int r;

	*ret = slot;
	if (slot->evidence == id)
		return 0;
	slot->evidence = 0;
	arena_reset(&slot->arena);
	slot->record = (struct record){ 0 };
	slot->verdict = (struct verdict){ 0 };
	r = evidence_load(db, id, &slot->arena, &slot->record, &slot->verdict, err);
	if (r == 0)
		return damaged(db, report, err);
	if (r < 0)
		return r;
	slot->evidence = id;
	return 0;
}

static int report_of(struct db *db, struct record_cache *c, int64_t id, struct err *err)
{
	int r;

	if (c->report == id)
		return 0;
	c->report = 0;
	arena_reset(&c->report_arena);
	r = report_load(db, id, false, &c->report_arena, &c->report_row, err);
	if (r == 0)
		return damaged(db, id, err);
	if (r < 0)
		return r;
	c->report = id;
	return 0;
}

static int load_address(struct db *db, struct arena *a, int64_t source, int64_t ip_text,
	struct record *ret, struct err *err)
{
	sqlite3_stmt *st;
	struct str ip;
	int r = db_use(db, STMT_ip_get, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, source);
	if ((r = db_step(db, st, err)) < 0)
		return r;
	ip = r > 0 ? column_blob(st, 0) : STR("");
	ret->source_ip = (struct ip){ .n = ip.n == 4 || ip.n == 16 ? (uint8_t)ip.n : 0 };
	memcpy(ret->source_ip.b, ip.p, ret->source_ip.n);
	sqlite3_reset(st);
	ret->source_ip_text = STR_ABSENT;
	if (ip_text == 0)
		return 0;
	if ((r = db_use(db, STMT_name_get, &st, err)) < 0)
		return r;
	bind_int(st, 1, ip_text);
	if ((r = db_step(db, st, err)) > 0)
		ret->source_ip_text = arena_str(a, column_text(st, 0));
	sqlite3_reset(st);
	return r < 0 ? r : 0;
}

static void fill_report(struct record_row *row, const struct report_row *r)
{
	row->ref = (struct report_ref){ .id = r->id,
		.reporter = r->report.org_name,
		.domain = r->report.policy.domain,
		.report_id = r->report.report_id,
		.begin_at = r->report.begin_at,
		.end_at = r->report.end_at };
	row->policy = r->report.policy;
	row->period = r->period;
}

static void fill_kind(struct record_row *row, const struct services *services,
	const struct sender_kinds *kinds)
{
	char text[IP_TEXT];
	struct sender_name name;

	if (kinds->count == 0)
		return;
	services_name(services, row->verdict.sender, row->verdict.named_by,
		&row->record.source_ip, text, &name);
	row->kind = sender_kinds_find(kinds, row->ref.domain, name.key);
}

/* Columns: report, n, source, evidence, messages in the range, line, ip_text, messages. */
#define RECORD_COLUMNS "r.report, r.n, r.source, r.evidence"

static int read_record(struct db *db, struct record_cache *c, sqlite3_stmt *st, struct arena *a,
	struct record_row *ret, struct err *err)
{
	const struct record_slot *slot;
	struct record_row row = { .report = column_int(st, 0),
		.n = (uint64_t)column_int(st, 1),
		.messages = (uint64_t)column_int(st, 4) };
	int64_t source = column_int(st, 2), ip_text = column_int(st, 6);
	uint64_t line = (uint64_t)column_int(st, 5), messages = (uint64_t)column_int(st, 7);
	int r = evidence_of(db, c, row.report, column_int(st, 3), &slot, err);

	if (r == 0)
		r = report_of(db, c, row.report, err);
	if (r < 0)
		return r;
	row.record = slot->record;
	row.verdict = slot->verdict;
	row.record.line = line;
	row.record.messages = messages;
	r = load_address(db, a, source, ip_text, &row.record, err);
	if (r < 0)
		return r;
	fill_report(&row, &c->report_row);
	fill_kind(&row, db->services, &c->kinds);
	*ret = row;
	return 1;
}

int rows_record(struct rows *r, struct record_row *ret, struct err *err)
{
	int rc = rowset_next(r, LIST_RECORDS, err);

	if (rc <= 0)
		return rc;
	return read_record(&r->s->db, r->records, r->st, &r->row, ret, err);
}

/* --- The list --- */

static const struct list_spec spec = {
	.list = LIST_RECORDS,
	.columns = 8,
	.by_default = "-day",
	.ties = { "rp.id", "r.n" },
	.last_tie_rises = true,
	.keys =
		(const struct sort_key[]){
			{ "day", { "rp.middle_day" } },
			{ "messages", { "m" } },
			{ 0 },
		},
};

/* Of a report over several days, the messages on those in the range. */
static void add_share(struct sql *sql, const struct question *qn)
{
	if (!qn->has_spread) {
		sql_add(sql, "r.messages");
		return;
	}
	sql_addf(sql,
		"CASE WHEN rp.first_day = rp.last_day THEN r.messages ELSE share(rp.begin_at,"
		" rp.end_at, r.messages, %lld, %lld) END",
		(long long)qn->from_day, (long long)qn->to_day);
}

/* A record of which no message is in the range is not, but that the report counts it on its
 * middle day. */
static void add_share_filter(struct sql *sql, const struct question *qn)
{
	if (qn->has_spread)
		sql_addf(sql,
			" AND (rp.first_day = rp.last_day OR m > 0 OR (rp.middle_day >= %lld"
			" AND rp.middle_day < %lld))",
			(long long)qn->from_day, (long long)qn->to_day);
}

static int open_records(struct rows *r, struct err *err)
{
	CLEANUP(sql)
	struct sql sql = { 0 };
	struct sort sort;
	int rc = rowset_sort(r, &sort, err);

	if (rc < 0)
		return rc;
	sql_init(&sql);
	question_picked(&sql, &r->question, false);
	sql_add(&sql, "SELECT " RECORD_COLUMNS ", ");
	add_share(&sql, &r->question);
	sql_add(&sql, " AS m, r.line, r.ip_text, r.messages, 0");
	for (size_t i = 0; i < sort.count; i++) {
		if (strcmp(sort.terms[i].expr, "m") == 0) {
			sql_add(&sql, ", ");
			add_share(&sql, &r->question);
		} else {
			sql_addf(&sql, ", %s", sort.terms[i].expr);
		}
	}
	question_reports_read(&sql, &r->question);
	sql_add(&sql, " CROSS JOIN record r ON r.report = rp.id CROSS JOIN evidence e ON e.id"
		      " = r.evidence WHERE ");
	question_report_filters(&sql, &r->question);
	one_source_reports(&sql, r->question.q);
	question_record_filters(&sql, &r->question);
	add_share_filter(&sql, &r->question);
	rc = rowset_place(r, &sql, &sort, "AND", err);
	if (rc < 0)
		return rc;
	rowset_order(r, &sql, &sort);
	return sql_prepare(&r->s->db, &sql, &r->st, err);
}

int store_records(struct store *s, const struct query *q, struct rows **ret, struct err *err)
{
	struct rows *r;
	int rc = rowset_new(s, q, &spec, NEED_RECORDS, &r, err);

	if (rc == 0)
		rc = open_records(r, err);
	if (rc < 0) {
		rows_close(r);
		return rc;
	}
	r->records = cache_new();
	rc = q->judge_senders ? sender_kinds_load(s, q, &r->records->kinds, err) : 0;
	if (rc < 0) {
		rows_close(r);
		return rc;
	}
	*ret = r;
	return 0;
}

/* --- Without a query --- */

int store_report_records(struct store *s, int64_t id, struct rows **ret, struct err *err)
{
	struct rows *r = xcalloc(1, sizeof(*r));
	int rc;

	r->s = s;
	r->spec = &spec;
	arena_init(&r->row);
	rc = db_view_begin(&s->db, &r->own_view, err);
	if (rc == 0)
		rc = db_prepare(&s->db,
			STR("SELECT " RECORD_COLUMNS ", r.messages, r.line, r.ip_text,"
			    " r.messages FROM record r WHERE r.report = ? ORDER BY r.n"),
			&r->st, err);
	if (rc < 0) {
		rows_close(r);
		return rc;
	}
	bind_int(r->st, 1, id);
	r->records = cache_new();
	*ret = r;
	return 0;
}

/* Everything in the caller's arena. */
static int record_alone(struct db *db, sqlite3_stmt *st, struct arena *a,
	struct record_row *ret, struct err *err)
{
	struct record_row row = { .report = column_int(st, 0),
		.n = (uint64_t)column_int(st, 1),
		.messages = (uint64_t)column_int(st, 7) };
	struct report_row report;
	int64_t source = column_int(st, 2), evidence = column_int(st, 3),
		ip_text = column_int(st, 6);
	int r;

	row.record.line = (uint64_t)column_int(st, 5);
	row.record.messages = row.messages;
	sqlite3_reset(st);
	r = evidence_load(db, evidence, a, &row.record, &row.verdict, err);
	if (r > 0)
		r = report_load(db, row.report, false, a, &report, err);
	if (r <= 0)
		return r < 0 ? r : damaged(db, row.report, err);
	r = load_address(db, a, source, ip_text, &row.record, err);
	if (r < 0)
		return r;
	fill_report(&row, &report);
	*ret = row;
	return 1;
}

int store_record(struct store *s, int64_t report, uint64_t n, struct arena *a,
	struct record_row *ret, struct err *err)
{
	sqlite3_stmt *st;
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	r = db_use(&s->db, STMT_record_get, &st, err);
	if (r == 0) {
		bind_int(st, 1, report);
		bind_int(st, 2, n > INT64_MAX ? 0 : (int64_t)n);
		r = db_step(&s->db, st, err);
	}
	if (r > 0)
		r = record_alone(&s->db, st, a, ret, err);
	db_view_end(&s->db, own);
	return r;
}
