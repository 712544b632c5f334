/* check_program.c - whether mail is read, and the database. */
#include "check_set.h"

#include "format.h"

#include <string.h>

/* --- Sources of mail --- */

struct source_states {
	const struct import_row *worst; /* longest without a success */
	size_t count, failing;
};

/* Zero is never, which is the longest. */
static void take_state(struct source_states *s, const struct import_row *row)
{
	s->count++;
	s->failing += row->failures > 0;
	if (!s->worst || row->success_at < s->worst->success_at)
		s->worst = row;
}

/* NULL: there was no run of it. */
static const struct import_row *row_of(
	const struct import_row *rows, size_t n, struct str source)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].source, source))
			return &rows[i];
	return NULL;
}

static void take_configured(struct check *k, const struct import_row *rows, size_t n,
	const char *name, struct source_states *ret)
{
	const struct import_row *row = row_of(rows, n, str_of(name));
	struct import_row *never;

	if (!row) {
		never = ARENA_NEW(k->arena, struct import_row);
		never->source = str_of(name);
		row = never;
	}
	take_state(ret, row);
}

/* The one that was asked for; else the configured ones; else whatever was imported. */
static int find_states(struct check *k, struct source_states *ret, struct err *err)
{
	const struct config *config = &k->cli->config;
	struct import_row *rows;
	size_t n;
	int r = store_import_states(k->store, k->arena, &rows, &n, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < config->source_count; i++)
		if (!k->source || strcmp(k->source, config->sources[i].name) == 0)
			take_configured(k, rows, n, config->sources[i].name, ret);
	if (ret->count > 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (!k->source || str_eq(str_of(k->source), rows[i].source))
			take_state(ret, &rows[i]);
	return 0;
}

/* Not less than nothing: an import may have ended since we looked at the clock. */
static int64_t age_of(const struct check *k, int64_t at)
{
	return k->cli->now_at > at ? k->cli->now_at - at : 0;
}

static struct str failure_text(struct check *k, const struct import_row *row)
{
	struct str since = format_duration(k->arena, age_of(k, row->failing_at));

	if (row->failures == 0)
		return STR("");
	return arena_printf(k->arena, "; failing for %.*s (%llu run%s): %.*s", STR_ARGS(since),
		(unsigned long long)row->failures, row->failures == 1 ? "" : "s",
		STR_ARGS(row->error));
}

static void tell_import(struct check *k, const struct source_states *s)
{
	const struct import_row *row = s->worst;
	struct str failure = failure_text(k, row), ago, first = STR("");

	if (s->count > 1)
		first = arena_printf(k->arena, "%zu sources, of these ", s->count);
	if (row->success_at == 0) {
		k->text = arena_printf(k->arena, "%.*s%.*s: never read%.*s", STR_ARGS(first),
			STR_ARGS(row->source), STR_ARGS(failure));
		return;
	}
	ago = format_duration(k->arena, age_of(k, row->success_at));
	k->text = arena_printf(k->arena, "%.*s%.*s: last success %.*s ago%.*s", STR_ARGS(first),
		STR_ARGS(row->source), STR_ARGS(ago), STR_ARGS(failure));
}

int check_import(struct check *k, enum plugin_state *ret, struct err *err)
{
	struct source_states s = { 0 };
	int r = find_states(k, &s, err);

	if (r < 0)
		return r;
	if (s.count == 0) {
		k->text = k->source ? arena_printf(k->arena,
					      "there is no source %s (`ruad source list`)",
					      k->source)
				    : STR("no source is configured, and nothing was imported "
					  "yet");
		*ret = PLUGIN_UNKNOWN;
		return 0;
	}
	tell_import(k, &s);
	if (s.worst->success_at == 0) {
		check_perf(k, (struct perf){ .label = "age",
				      .unknown = true,
				      .unit = "s",
				      .warning = &k->warning,
				      .critical = &k->critical });
		*ret = check_missing(k);
	} else {
		*ret = check_value(k, "age", (double)age_of(k, s.worst->success_at), 0, "s");
	}
	check_perf(
		k, (struct perf){ .label = "failing", .value = (double)s.failing, .unit = "" });
	return 0;
}

/* --- The database --- */

static void perf_count(struct check *k, const char *label, uint64_t value)
{
	check_perf(k, (struct perf){ .label = label, .value = (double)value, .unit = "" });
}

int check_store(struct check *k, enum plugin_state *ret, struct err *err)
{
	struct store_status status = { 0 };
	struct str reports, messages, size;
	int r = store_status(k->store, &status, err);

	if (r < 0)
		return r;
	reports = number_text(k->arena, status.reports);
	messages = number_text(k->arena, status.messages);
	size = format_bytes(k->arena, status.size_bytes);
	k->text = arena_printf(k->arena, "%.*s reports, %.*s messages, %.*s", STR_ARGS(reports),
		STR_ARGS(messages), STR_ARGS(size));
	*ret = check_value(k, "size", (double)status.size_bytes, 0, "B");
	perf_count(k, "reports", status.reports);
	perf_count(k, "messages", status.messages);
	perf_count(k, "problems", status.problems);
	return 0;
}
