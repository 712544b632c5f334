/* show_inputs.c - what was read: inputs, runs, and sources of mail that cannot be read. */
#include "cells.h"
#include "mailbox.h"
#include "show.h"

static struct str advice_cell(struct str reason)
{
	static const struct {
		const char *reason, *text;
	} advice[] = {
		{ MAILBOX_UNAVAILABLE, "wait; if it lasts, check host, port and the network" },
		{ MAILBOX_LOGIN_REFUSED, "check user, auth and password or token" },
		{ MAILBOX_TLS_REFUSED, "check host, tls and ca_file" },
		{ MAILBOX_NO_FOLDER, "check folders" },
		{ MAILBOX_NOT_FILED, "check done and failed; the mails stay where they are" },
		{ "no-input", "check the path" },
		{ "no-permission", "check who may read it" },
		{ "disk-full", "make room on the disk" },
	};
	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++) {
		if (str_eq(str_of(advice[i].reason), reason))
			return str_of(advice[i].text);
	}
	return STR("see the error below");
}

/* The table, then each error in full: what to do often stands at its end.  Is there one? */
static bool print_failing(struct cli *c, const struct import_row *rows, size_t n)
{
	static const struct table_column columns[] = { { "Source", false, FIT_WHOLE },
		{ "Failing since (UTC)", false, FIT_WHOLE }, { "Runs", true, FIT_WHOLE },
		{ "Last success", false, FIT_DROP }, { "What to do", false, FIT_WHOLE } };
	struct arena *a = c->arena;
	struct table t;
	table_init(&t, a, columns, 5);
	for (size_t i = 0; i < n; i++) {
		const struct import_row *row = &rows[i];
		struct str cells[] = { or_dash(a, row->source), time_cell(a, row->failing_at),
			number_text(a, row->failures), time_cell(a, row->success_at),
			advice_cell(row->reason) };
		if (row->failures > 0)
			table_row(&t, cells);
	}
	if (t.row_count == 0)
		return false;
	puts("sources of mail that cannot be read (`ruad source test NAME` tries one):");
	table_print(&t, &c->terminal, stdout);
	for (size_t i = 0; i < n; i++) {
		struct str source = or_dash(a, rows[i].source),
			   error = or_dash(a, rows[i].error);
		if (rows[i].failures > 0)
			printf("%s%s%s %.*s: %.*s\n", tone_on(&c->terminal, TONE_BAD),
				mark_bad(&c->terminal), tone_off(&c->terminal, TONE_BAD),
				STR_ARGS(source), STR_ARGS(error));
	}
	puts("");
	return true;
}

/* They belong to the first page of all problems, not to an answer about certain inputs. */
static bool wants_failing(const struct query *q)
{
	const struct filter_list *outcome = &q->filters[FILTER_OUTCOME];
	return outcome->count == 1 && str_eq(outcome->values[0].text, STR("rejected")) &&
	       !outcome->values[0].excluded && q->filters[FILTER_REASON].count == 0 &&
	       q->filters[FILTER_REPORT].count == 0 && str_absent(q->cursor);
}

/* 1 something was shown, 0, negative. */
static int show_failing(struct cli *c, struct store *store, struct err *err)
{
	struct import_row *rows = NULL;
	size_t n = 0;
	if (!wants_failing(&c->query))
		return 0;
	if (store_import_states(store, c->arena, &rows, &n, err) < 0)
		return err->code;
	return print_failing(c, rows, n);
}

int show_inputs(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Id", true, FIT_WHOLE },
		{ "When (UTC)", false, FIT_WHOLE }, { "Where", false, FIT_CUT },
		{ "Outcome", false, FIT_DROP }, { "Reason", false, FIT_WHOLE },
		{ "Detail", false, FIT_CUT } };
	struct rows *rows = NULL;
	int failing = show_failing(c, store, err);
	if (failing < 0 || store_inputs(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct input_row row;
	table_init(&t, a, columns, 6);
	int r;
	while ((r = rows_input(rows, &row, err)) > 0) {
		struct str where = printable(a, row.locator);
		if (!str_empty(row.part)) {
			struct str part = printable(a, row.part);
			where = arena_printf(a, "%.*s [%.*s]", STR_ARGS(where), STR_ARGS(part));
		}
		struct str detail = or_dash(a, row.detail);
		if (row.line)
			detail = arena_printf(
				a, "line %lld: %.*s", (long long)row.line, STR_ARGS(detail));
		struct str cells[] = { arena_printf(a, "%lld", (long long)row.id),
			time_cell(a, row.last_at), where, str_of(outcome_name(row.outcome)),
			or_dash(a, row.reason), detail };
		table_row(&t, cells);
	}
	if (r == 0 && t.row_count == 0 && wants_failing(&c->query)) {
		puts(failing ? "nothing was rejected" : "no problems: nothing was rejected");
		rows_close(rows);
		return 0;
	}
	return rows_finish(c, &t, rows, r);
}

int show_runs(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Begun (UTC)", false, FIT_WHOLE },
		{ "Ended", false, FIT_DROP }, { "Source", false, FIT_CUT },
		{ "Inputs", true, FIT_WHOLE }, { "Stored", true, FIT_WHOLE },
		{ "Duplicate", true, FIT_WHOLE }, { "Ignored", true, FIT_WHOLE },
		{ "Rejected", true, FIT_WHOLE }, { "Error", false, FIT_CUT } };
	struct rows *rows = NULL;
	if (store_runs(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct run_row row;
	table_init(&t, a, columns, 9);
	int r;
	while ((r = rows_run(rows, &row, err)) > 0) {
		struct str cells[] = { time_cell(a, row.started_at), time_cell(a, row.ended_at),
			or_dash(a, row.source), number_text(a, row.inputs),
			number_text(a, row.by_outcome[OUTCOME_STORED]),
			number_text(a, row.by_outcome[OUTCOME_DUPLICATE]),
			number_text(a, row.by_outcome[OUTCOME_IGNORED]),
			number_text(a, row.by_outcome[OUTCOME_REJECTED]),
			or_dash(a, row.error) };
		table_row(&t, cells);
	}
	return rows_finish(c, &t, rows, r);
}
