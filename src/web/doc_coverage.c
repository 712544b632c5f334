/*
 * doc_coverage.c - who reported on which day, what is missing, and up to when the data are
 * complete.
 */
#include "coverage.h"

#include "doc_list.h"

static void cell_json(
	struct json *j, const struct coverage_row *row, size_t i, int64_t day, int64_t now_at)
{
	const struct coverage_moment *m = &row->moments[i];
	enum cell_state state = coverage_state(m, day, now_at);

	if (state == CELL_NONE)
		return;
	json_open_object(j);
	json_kstr(j, "reporter", row->reporter);
	json_kday(j, "day", day);
	json_ku64(j, "messages", m->cell ? m->cell->messages : 0);
	json_ku64(j, "reports", m->cell ? m->cell->reports : 0);
	json_kcstr(j, "state", cell_state_name(state));
	json_close_object(j);
}

static void cells_json(struct json *j, const struct coverage *t, int64_t now_at)
{
	json_kopen_array(j, "data");
	for (size_t r = 0; r < t->row_count; r++)
		for (size_t i = 0; i < t->day_count; i++)
			cell_json(j, &t->rows[r], i, t->first_day + (int64_t)i, now_at);
	json_close_array(j);
}

static void reporters_json(struct json *j, const struct coverage *t)
{
	json_kopen_array(j, "reporters");
	for (size_t i = 0; i < t->row_count; i++) {
		const struct coverage_row *row = &t->rows[i];

		json_open_object(j);
		json_kstr(j, "reporter", row->reporter);
		json_ku64(j, "messages", row->messages);
		json_ku64(j, "reports", row->reports);
		json_ktime(j, "last_report", row->last_report_at);
		if (row->delay_s < 0)
			json_knull(j, "delay_seconds");
		else
			json_ki64(j, "delay_seconds", row->delay_s);
		json_kbool(j, "expected", row->expected);
		json_close_object(j);
	}
	json_close_array(j);
}

static void days_json(struct json *j, const struct coverage *t, int64_t complete_day)
{
	json_kopen_array(j, "days");
	for (size_t i = 0; i < t->day_count; i++) {
		const struct coverage_day *d = &t->days[i];

		json_open_object(j);
		json_kday(j, "day", d->day);
		json_ku64(j, "messages", d->messages);
		json_ku64(j, "reports", d->reports);
		json_ku64(j, "expected", d->expected);
		json_ku64(j, "arrived", d->arrived);
		json_key(j, "share");
		if (d->expected_volume > 0)
			json_f64(j, (double)d->arrived_volume / (double)d->expected_volume, 4);
		else
			json_nil(j);
		json_kbool(j, "complete", d->day <= complete_day);
		json_close_object(j);
	}
	json_close_array(j);
}

static void sums_json(struct json *j, const struct query *q, const struct coverage *t)
{
	uint64_t messages = 0, reports = 0;

	for (size_t i = 0; i < t->day_count; i++) {
		messages += t->days[i].messages;
		reports += t->days[i].reports;
	}
	json_kopen_object(j, "totals");
	json_ku64(j, "messages", messages);
	json_ku64(j, "reports", reports);
	json_ku64(j, "reporters", t->reporters);
	json_close_object(j);
	json_ku64(j, "days_left_off", t->days_left_off);
	json_kopen_object(j, "page");
	json_ku64(j, "limit", q->limit);
	json_knull(j, "next");
	json_ku64(j, "total", t->reporters);
	json_close_object(j);
}

int doc_coverage(struct doc_context *c, const struct query *q, struct json *j, struct err *err)
{
	struct coverage table = { 0 };
	int64_t complete_day;
	int r = store_coverage(c->store, q, c->now_at, c->arena, &table, err);

	if (r == 0)
		r = store_complete(c->store, q, c->now_at, &complete_day, err);
	if (r < 0)
		return r;
	json_open_object(j);
	cells_json(j, &table, c->now_at);
	reporters_json(j, &table);
	days_json(j, &table, complete_day);
	sums_json(j, q, &table);
	r = tail_keys(c, q, true, j, err);
	if (r == 0)
		json_close_object(j);
	return r;
}
