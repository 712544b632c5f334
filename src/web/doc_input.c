/*
 * doc_input.c - the ledger: what became of every input, the import runs, and the state of the
 * store.
 */
#include "day.h"
#include "doc_confinement.h"
#include "doc_list.h"

static void input_keys(struct json *j, const struct input_row *row)
{
	const struct reason *reason = reason_find(row->reason);

	id_key(j, "id", row->id);
	json_kstr(j, "source", row->source);
	json_kstr(j, "locator", row->locator);
	json_kstr(j, "part", row->part);
	json_kstr(j, "from", row->from);
	json_kstr(j, "subject", row->subject);
	json_kstr(j, "message_id", row->message_id);
	json_ku64(j, "size_bytes", row->size_bytes);
	json_ktime(j, "arrived_at", row->arrived_at);
	json_ktime(j, "first_at", row->first_at);
	json_ktime(j, "last_at", row->last_at);
	json_ku64(j, "times", row->times);
	json_kcstr(j, "outcome", outcome_name(row->outcome));
	json_kstr(j, "stage", row->stage);
	json_kstr(j, "reason", row->reason);
	json_kstr(j, "sentence", reason ? str_of(reason->sentence) : STR_ABSENT);
	json_kstr(j, "detail", row->detail);
	place_keys(j, row->line, row->column);
	id_key(j, "report", row->report);
	json_kbool(j, "has_bytes", row->has_bytes);
	json_kstr(j, "was", row->was);
	json_ktime(j, "again_at", row->again_at);
	json_ktime(j, "dismissed_at", row->dismissed_at);
}

static int input_json(struct rows *rows, struct arena *scratch, struct json *j, struct err *err)
{
	struct input_row row = { 0 };
	int r = rows_input(rows, &row, err);

	(void)scratch;
	if (r <= 0)
		return r;
	json_open_object(j);
	input_keys(j, &row);
	json_close_object(j);
	return 1;
}

int doc_input(struct doc_context *c, int64_t id, struct json *j, struct err *err)
{
	struct input_row row = { 0 };
	struct str bytes = STR_ABSENT;
	int r = store_input_get(c->store, id, c->arena, &row, &bytes, err);

	if (r <= 0)
		return r;
	json_open_object(j);
	input_keys(j, &row);
	json_close_object(j);
	return 1;
}

static void outcome_keys(struct json *j, const uint64_t *by_outcome)
{
	for (int i = 0; i < OUTCOME_COUNT; i++)
		json_ku64(j, outcome_name((enum outcome)i), by_outcome[i]);
}

static int run_json(struct rows *rows, struct arena *scratch, struct json *j, struct err *err)
{
	struct run_row row = { 0 };
	int r = rows_run(rows, &row, err);

	(void)scratch;
	if (r <= 0)
		return r;
	json_open_object(j);
	id_key(j, "id", row.id);
	json_ktime(j, "started_at", row.started_at);
	json_ktime(j, "ended_at", row.ended_at);
	json_kstr(j, "source", row.source);
	json_ku64(j, "inputs", row.inputs);
	outcome_keys(j, row.by_outcome);
	json_ku64(j, "reports", row.reports);
	json_ku64(j, "records", row.records);
	json_ku64(j, "messages", row.messages);
	json_kstr(j, "error", row.error);
	json_close_object(j);
	return 1;
}

const struct list list_inputs = {
	.open = store_inputs,
	.row = input_json,
};
const struct list list_runs = {
	.open = store_runs,
	.row = run_json,
};

static void day_or_nothing(struct json *j, const char *key, int64_t day)
{
	if (day == INT64_MIN)
		json_knull(j, key);
	else
		json_kday(j, key, day);
}

static void days_or_ever(struct json *j, const char *key, unsigned days)
{
	if (days == 0)
		json_knull(j, key);
	else
		json_ku64(j, key, days);
}

/* How long data are kept, and what was deleted. */
static void keep_key(struct doc_context *c, const struct store_status *s, struct json *j)
{
	json_kopen_object(j, "keep");
	days_or_ever(j, "records_days", c->keep.records_days);
	days_or_ever(j, "sums_days", c->keep.sums_days);
	days_or_ever(j, "raw_days", c->keep.raw_days);
	day_or_nothing(j, "records_from", s->records_from);
	day_or_nothing(j, "sums_from", s->sums_from);
	day_or_nothing(j, "raw_from", s->raw_from);
	json_close_object(j);
}

static void store_keys(struct json *j, const struct store_status *s)
{
	json_ku64(j, "size_bytes", s->size_bytes);
	json_ku64(j, "raw_bytes", s->raw_bytes);
	json_ku64(j, "kept_bytes", s->kept_bytes);
	json_ku64(j, "reports", s->reports);
	json_ku64(j, "records", s->records);
	json_ku64(j, "messages", s->messages);
	json_ku64(j, "domains", s->domains);
	json_ku64(j, "sources", s->sources);
	json_ku64(j, "inputs", s->inputs);
	json_ku64(j, "problems", s->problems);
	json_kopen_object(j, "by_outcome");
	outcome_keys(j, s->by_outcome);
	json_close_object(j);
	json_ku64(j, "held", s->held);
	json_kopen_object(j, "by_origin");
	for (int i = 0; i < CARRIER_COUNT; i++)
		json_ku64(j, carrier_name((enum carrier_state)i), s->by_origin[i]);
	json_close_object(j);
}

/* What somebody should look after.  Limits are those of the examples of contrib/. */
#define REPORT_AGE_MOST (60 * 3600) /* seconds since the end of the newest period */
#define COMPLETE_AGE_MOST 4	    /* days since the newest complete one; two are usual */

struct status_check {
	const char *name, *unit, *otherwise; /* the status when it is not ok */
	int64_t value, limit;		     /* value negative: not known */
};

static void check_json(struct json *j, const struct status_check *check)
{
	bool known = check->value >= 0, ok = known && check->value <= check->limit;

	json_open_object(j);
	json_kcstr(j, "name", check->name);
	json_kcstr(j, "status", ok ? "ok" : check->otherwise);
	if (known)
		json_ki64(j, "value", check->value);
	else
		json_knull(j, "value");
	json_ki64(j, "limit", check->limit);
	json_kcstr(j, "unit", check->unit);
	json_close_object(j);
}

static int64_t age_of(int64_t now, int64_t then)
{
	return then <= 0 ? -1 : now > then ? now - then : 0;
}

static int checks_key(struct doc_context *c, const struct store_status *s, int64_t complete_day,
	struct json *j, struct err *err)
{
	const int64_t today = day_of(c->now_at);
	uint64_t failing;
	const int64_t room = store_disk_free(c->store);
	const int64_t lack = room < STORE_ROOM_BYTES ? STORE_ROOM_BYTES - room : 0;
	int r = imports_failing(c, &failing, err);
	const struct status_check checks[] = {
		{ "imports", "sources", "crit", r < 0 ? -1 : (int64_t)failing, 0 },
		{ "newest_report", "seconds", "warn", age_of(c->now_at, s->last_report_at),
			REPORT_AGE_MOST },
		{ "complete_data", "days", "warn",
			s->reports ? age_of(today, complete_day) : -1, COMPLETE_AGE_MOST },
		{ "disk", "bytes", "crit", room < 0 ? -1 : lack, 0 },
	};

	if (r < 0)
		return r;
	json_kopen_array(j, "checks");
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		check_json(j, &checks[i]);
	json_close_array(j);
	return 0;
}

int doc_status(struct doc_context *c, const struct query *q, struct json *j, struct err *err)
{
	struct store_status s = { 0 };
	int64_t complete;
	int r = store_status(c->store, &s, err);

	(void)q;
	if (r < 0)
		return r;
	json_open_object(j);
	json_kcstr(j, "version", RUAD_VERSION);
	json_ktime(j, "now", c->now_at);
	json_ki64(j, "schema_version", s.schema_version);
	json_kstr(j, "sqlite_version", s.sqlite_version);
	json_kstr(j, "psl_version", c->psl_version);
	store_keys(j, &s);
	json_kopen_object(j, "days");
	if (s.first_day)
		json_kday(j, "first", s.first_day);
	else
		json_knull(j, "first");
	if (s.last_day)
		json_kday(j, "last", s.last_day);
	else
		json_knull(j, "last");
	json_close_object(j);
	keep_key(c, &s, j);
	json_ktime(j, "last_report", s.last_report_at);
	json_ktime(j, "last_run", s.last_run_at);
	json_ktime(j, "last_success", s.last_success_at);
	r = imports_keys(c, j, err);
	if (r < 0)
		return r;
	r = store_complete(c->store, NULL, c->now_at, &complete, err);
	if (r == 0)
		r = checks_key(c, &s, complete, j, err);
	if (r < 0)
		return r;
	confinement_key(c, j);
	r = limit_hits_key(c, j, err);
	if (r < 0)
		return r;
	json_kday(j, "data_complete_to", complete);
	json_ki64(j, "generation", s.generation);
	json_close_object(j);
	return 0;
}
