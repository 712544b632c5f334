/* check_data.c - what reports say: how new the newest is, and how much passed. */
#include "check_set.h"

#include "format.h"

#define REPORTS_LOOKED_AT 100
#define CLOCKS_APART_S DAY_SECONDS /* so much may a reporter's clock be ahead */

/* Of the newest day that has reports which are over, the latest end. */
static int find_newest(struct check *k, int64_t *ret_end_at, struct err *err)
{
	struct query q = k->query;
	struct report_row row = { 0 };
	struct rows *rows = NULL;
	int64_t day = 0, end_at = 0;
	int r;

	q.from_day = 0;
	q.to_day = day_of(k->cli->now_at) + 1;
	q.limit = REPORTS_LOOKED_AT;
	r = store_reports(k->store, &q, &rows, err);
	if (r < 0)
		return r;
	while ((r = rows_report(rows, &row, err)) > 0) {
		if (row.report.end_at > k->cli->now_at + CLOCKS_APART_S)
			continue;
		if (end_at && row.period.middle_day != day)
			break;
		day = row.period.middle_day;
		end_at = row.report.end_at > end_at ? row.report.end_at : end_at;
	}
	rows_close(rows);
	*ret_end_at = end_at;
	return r < 0 ? r : 0;
}

int check_freshness(struct check *k, enum plugin_state *ret, struct err *err)
{
	int64_t end_at, age;
	struct str ago;
	int r = find_newest(k, &end_at, err);

	if (r < 0)
		return r;
	if (end_at == 0) {
		k->text = arena_printf(k->arena, "%.*s: no report yet", STR_ARGS(k->about));
		*ret = check_missing(k);
		return 0;
	}
	age = k->cli->now_at > end_at ? k->cli->now_at - end_at : 0;
	ago = format_duration(k->arena, age);
	k->text = arena_printf(k->arena, "%.*s: the newest report ended %.*s ago",
		STR_ARGS(k->about), STR_ARGS(ago));
	*ret = check_value(k, "age", (double)age, 0, "s");
	return 0;
}

int check_pass_rate(struct check *k, enum plugin_state *ret, struct err *err)
{
	struct totals t = { 0 };
	struct str share, messages;
	int r = store_totals(k->store, &k->query, &t, err);

	if (r < 0)
		return r;
	*ret = PLUGIN_UNKNOWN;
	k->text = arena_printf(k->arena, "%.*s: no messages in %lld day%s", STR_ARGS(k->about),
		(long long)k->days, k->days == 1 ? "" : "s");
	if (t.messages > 0) {
		share = percent_text(k->arena, t.pass, t.messages);
		messages = number_text(k->arena, t.messages);
		k->text = arena_printf(k->arena,
			"%.*s: %.*s of %.*s message%s passed in %lld day%s", STR_ARGS(k->about),
			STR_ARGS(share), STR_ARGS(messages), t.messages == 1 ? "" : "s",
			(long long)k->days, k->days == 1 ? "" : "s");
		*ret = check_value(
			k, "pass_rate", 100.0 * (double)t.pass / (double)t.messages, 2, "%");
	}
	check_perf(k,
		(struct perf){ .label = "messages", .value = (double)t.messages, .unit = "" });
	return 0;
}
