#include "cli.h"

#include "explain.h"
#include "export.h"
#include "mailbox.h"
#include "period.h"
#include "show_state.h"
#include "table.h"
#include "xalloc.h"

#include <string.h>

const struct option_spec show_options_spec[] = {
	{ "csv", 0, NULL, "print comma-separated values" },
	{ NULL, 0, NULL, NULL },
};

/* A kind of `ruad show`: the API's resource, and the same as a text table. */
struct show_kind {
	const char *name, *resource;
	int (*print)(struct cli *c, struct store *store, struct err *err);
};

static struct str day_cell(struct arena *a, int64_t day)
{
	char text[DAY_TEXT];
	return arena_str(a, day_text(day, text));
}

/* The day, or "first - last" of a report that is spread over several. */
static struct str period_cell(struct arena *a, const struct report *r)
{
	struct period p;
	period_of(r->begin_at, r->end_at, &p);
	struct str first = day_cell(a, p.first_day), last = day_cell(a, p.last_day);
	return p.spread ? arena_printf(a, "%.*s - %.*s", STR_ARGS(first), STR_ARGS(last))
			: first;
}

static struct str time_cell(struct arena *a, int64_t at)
{
	char text[TIME_TEXT];
	return at ? arena_str(a, time_plain(at, text)) : STR("-");
}

static struct str ip_cell(struct arena *a, const struct ip *ip)
{
	char text[IP_TEXT];
	return arena_str(a, ip_text(ip, text));
}

static struct str or_dash(struct arena *a, struct str s)
{
	return str_empty(s) ? STR("-") : printable(a, s);
}

/* "541 messages, 95.9% passed DMARC (519), 22 failed, of those 4 explained by forwarding" */
static void print_totals(struct cli *c, const struct totals *t)
{
	struct arena *a = c->arena;
	struct str messages = number_text(a, t->messages), pass = number_text(a, t->pass);
	struct str share = percent_text(a, t->pass, t->messages),
		   fail = number_text(a, t->fail);
	struct str explained = number_text(a, t->explained);
	printf("%.*s messages, %.*s passed DMARC (%.*s), %.*s failed, of those %.*s explained "
	       "by forwarding\n",
		STR_ARGS(messages), STR_ARGS(share), STR_ARGS(pass), STR_ARGS(fail),
		STR_ARGS(explained));
}

static int query_totals(struct cli *c, struct store *store, struct err *err)
{
	struct totals t = { 0 };
	if (store_totals(store, &c->query, &t, err) < 0)
		return err->code;
	print_totals(c, &t);
	return 0;
}

static void print_range(struct cli *c)
{
	struct str from = day_cell(c->arena, c->query.from_day);
	struct str to = day_cell(c->arena, c->query.to_day - 1);
	if (c->query.all_time)
		puts("all days");
	else
		printf("%.*s - %.*s UTC\n", STR_ARGS(from), STR_ARGS(to));
}

/* The next page, when there is one. */
static void print_more(struct cli *c, struct rows *rows)
{
	struct str next = rows_next_cursor(rows, c->arena);
	if (!str_absent(next))
		printf("more: --cursor %.*s (or a higher --limit, up to 1000)\n",
			STR_ARGS(next));
}

static int finish(struct cli *c, struct table *t, struct rows *rows, int r)
{
	if (r == 0 && t->row_count == 0)
		puts("nothing in this range (--range all shows everything)");
	else if (r == 0)
		table_print(t, &c->terminal, stdout);
	if (r == 0)
		print_more(c, rows);
	rows_close(rows);
	return r;
}

static void print_split(
	struct cli *c, const char *head, const char *name, uint64_t messages, uint64_t of)
{
	if (messages == 0)
		return;
	struct str n = number_text(c->arena, messages),
		   p = percent_text(c->arena, messages, of);
	printf("  %-12s %-18s %12.*s %7.*s\n", head, name, STR_ARGS(n), STR_ARGS(p));
}

static int show_summary(struct cli *c, struct store *store, struct err *err)
{
	struct summary s = { 0 };
	if (store_summary(store, &c->query, &s, err) < 0)
		return err->code;
	print_range(c);
	print_totals(c, &s.totals);
	printf("%llu reports of %llu reporters about %llu domains, %llu records\n",
		(unsigned long long)s.reports, (unsigned long long)s.reporters,
		(unsigned long long)s.domains, (unsigned long long)s.totals.records);
	uint64_t all = s.totals.messages;
	print_split(c, "aligned", "SPF and DKIM", s.aligned[1][1], all);
	print_split(c, "aligned", "DKIM only", s.aligned[0][1], all);
	print_split(c, "aligned", "SPF only", s.aligned[1][0], all);
	print_split(c, "aligned", "neither", s.aligned[0][0], all);
	for (int i = 0; i < CAUSE_COUNT; i++)
		print_split(c, "cause", cause_name((enum cause)i), s.by_cause[i], all);
	for (int i = 0; i < DISP_COUNT; i++) {
		const char *name = disposition_name((enum disposition)i);
		print_split(c, "disposition", name ? name : "not reported", s.by_disposition[i],
			all);
	}
	print_split(c, "disagrees", "receiver and we", s.disagree_messages, all);
	return 0;
}

static int show_domains(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Domain", false, FIT_WHOLE },
		{ "Policy", false, FIT_WHOLE }, { "Messages", true, FIT_WHOLE },
		{ "Passed", true, FIT_WHOLE }, { "Failed", true, FIT_WHOLE },
		{ "Explained", true, FIT_DROP }, { "Reports", true, FIT_DROP },
		{ "Last report", false, FIT_DROP } };
	struct rows *rows = NULL;
	if (store_domains(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct domain_row row;
	table_init(&t, a, columns, 8);
	int r;
	while ((r = rows_domain(rows, &row, err)) > 0) {
		struct str cells[] = { printable(a, row.domain), or_dash(a, row.policy.p),
			number_text(a, row.totals.messages),
			percent_text(a, row.totals.pass, row.totals.messages),
			number_text(a, row.totals.fail), number_text(a, row.totals.explained),
			number_text(a, row.reports), time_cell(a, row.last_report_at) };
		table_row(&t, cells);
	}
	return finish(c, &t, rows, r);
}

/* "Amazon SES (amazon-ses)": what a filter asks for is the key. */
static struct str sender_cell(struct arena *a, const struct sender_row *row)
{
	struct str name = printable(a, row->name), key = printable(a, row->key);
	return str_eq(name, key)
		       ? name
		       : arena_printf(a, "%.*s (%.*s)", STR_ARGS(name), STR_ARGS(key));
}

static const char *mark_cell(const struct sender_row *row)
{
	if (row->word == WORD_OURS)
		return "ours";
	if (row->word == WORD_NOT_OURS)
		return "not ours";
	if (sender_proven(&row->traits))
		return "proven";
	return sender_undecided(&row->traits, &row->view, row->word) ? "undecided" : "-";
}

static int show_senders(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Sender", false, FIT_WHOLE },
		{ "Domain", false, FIT_DROP }, { "Named by", false, FIT_DROP },
		{ "Addresses", true, FIT_DROP }, { "Messages", true, FIT_WHOLE },
		{ "Passed", true, FIT_WHOLE }, { "Failed", true, FIT_WHOLE },
		{ "Explained", true, FIT_DROP }, { "Whose", false, FIT_WHOLE },
		{ "Rule", false, FIT_DROP }, { "What we see", false, FIT_CUT } };
	struct rows *rows = NULL;
	if (store_senders(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct sender_row row;
	table_init(&t, a, columns, 11);
	int r;
	while ((r = rows_sender(rows, &row, err)) > 0) {
		struct str words[SENDER_CONDITIONS];
		size_t n = sender_conditions(&row.traits, &row.view, row.selector, a, words);
		struct str text = sender_text(&row.view, words, n, a);
		struct str cells[] = { sender_cell(a, &row), printable(a, row.domain),
			str_of(naming_name(row.named_by)), number_text(a, row.addresses),
			number_text(a, row.totals.messages),
			percent_text(a, row.totals.pass, row.totals.messages),
			number_text(a, row.totals.fail), number_text(a, row.totals.explained),
			str_of(mark_cell(&row)), arena_printf(a, "H%u", row.view.rule),
			printable(a, text) };
		table_row(&t, cells);
	}
	return finish(c, &t, rows, r);
}

static int show_sources(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Source", false, FIT_WHOLE },
		{ "Sender", false, FIT_CUT }, { "Messages", true, FIT_WHOLE },
		{ "Passed", true, FIT_WHOLE }, { "Failed", true, FIT_WHOLE },
		{ "First", false, FIT_DROP }, { "Last", false, FIT_DROP },
		{ "Cause", false, FIT_WHOLE } };
	struct rows *rows = NULL;
	if (store_sources(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct source_row row;
	table_init(&t, a, columns, 8);
	int r;
	while ((r = rows_source(rows, &row, err)) > 0) {
		struct str cells[] = { ip_cell(a, &row.ip), or_dash(a, row.sender),
			number_text(a, row.totals.messages),
			percent_text(a, row.totals.pass, row.totals.messages),
			number_text(a, row.totals.fail), day_cell(a, row.first_day),
			day_cell(a, row.last_day), str_of(cause_name(row.cause)) };
		table_row(&t, cells);
	}
	return finish(c, &t, rows, r);
}

static int show_reporters(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Reporter", false, FIT_CUT },
		{ "Messages", true, FIT_WHOLE }, { "Passed", true, FIT_WHOLE },
		{ "Failed", true, FIT_WHOLE }, { "Reports", true, FIT_DROP },
		{ "Last report", false, FIT_WHOLE } };
	struct rows *rows = NULL;
	if (store_reporters(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct reporter_row row;
	table_init(&t, a, columns, 6);
	int r;
	while ((r = rows_reporter(rows, &row, err)) > 0) {
		struct str cells[] = { or_dash(a, row.reporter),
			number_text(a, row.totals.messages),
			percent_text(a, row.totals.pass, row.totals.messages),
			number_text(a, row.totals.fail), number_text(a, row.reports),
			time_cell(a, row.last_report_at) };
		table_row(&t, cells);
	}
	return finish(c, &t, rows, r);
}

static int show_records(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Record", false, FIT_WHOLE },
		{ "Day", false, FIT_WHOLE }, { "Reporter", false, FIT_DROP },
		{ "Source IP", false, FIT_WHOLE }, { "From", false, FIT_WHOLE },
		{ "Messages", true, FIT_WHOLE }, { "DMARC", false, FIT_WHOLE },
		{ "Receiver did", false, FIT_DROP }, { "Why", false, FIT_CUT } };
	struct rows *rows = NULL;
	if (store_records(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct record_row row;
	table_init(&t, a, columns, 9);
	int r;
	while ((r = rows_record(rows, &row, err)) > 0) {
		struct str cells[] = { arena_printf(a, "%lld.%llu", (long long)row.report,
					       (unsigned long long)row.n),
			day_cell(a, row.period.middle_day), or_dash(a, row.ref.reporter),
			ip_cell(a, &row.record.source_ip), or_dash(a, row.record.header_from),
			number_text(a, row.messages), str_of(dmarc_name(row.verdict.result)),
			printable(a, explain_disposition(a, row.record.disposition)),
			printable(a, explain_cause(a, &row.record, &row.verdict)) };
		table_row(&t, cells);
	}
	return finish(c, &t, rows, r);
}

static int show_reports(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Id", true, FIT_WHOLE },
		{ "Day (UTC)", false, FIT_WHOLE }, { "Reporter", false, FIT_CUT },
		{ "Domain", false, FIT_WHOLE }, { "Messages", true, FIT_WHOLE },
		{ "Failed", true, FIT_WHOLE }, { "Records", true, FIT_DROP },
		{ "Policy", false, FIT_DROP }, { "Report ID", false, FIT_CUT } };
	struct rows *rows = NULL;
	if (store_reports(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct report_row row;
	table_init(&t, a, columns, 9);
	int r;
	while ((r = rows_report(rows, &row, err)) > 0) {
		struct str cells[] = { arena_printf(a, "%lld", (long long)row.id),
			period_cell(a, &row.report), or_dash(a, row.report.org_name),
			or_dash(a, row.report.policy.domain),
			number_text(a, row.totals.messages), number_text(a, row.totals.fail),
			number_text(a, row.totals.records), or_dash(a, row.report.policy.p),
			or_dash(a, row.report.report_id) };
		table_row(&t, cells);
	}
	return finish(c, &t, rows, r);
}

/* --- Problems --- */

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

static int show_problems(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "When (UTC)", false, FIT_WHOLE },
		{ "Where", false, FIT_CUT }, { "Outcome", false, FIT_DROP },
		{ "Reason", false, FIT_WHOLE }, { "Detail", false, FIT_CUT } };
	struct rows *rows = NULL;
	int failing = show_failing(c, store, err);
	if (failing < 0 || store_inputs(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct input_row row;
	table_init(&t, a, columns, 5);
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
		struct str cells[] = { time_cell(a, row.last_at), where,
			str_of(outcome_name(row.outcome)), or_dash(a, row.reason), detail };
		table_row(&t, cells);
	}
	if (r == 0 && t.row_count == 0) {
		puts(failing ? "nothing was rejected" : "no problems: nothing was rejected");
		rows_close(rows);
		return 0;
	}
	return finish(c, &t, rows, r);
}

static int show_runs(struct cli *c, struct store *store, struct err *err)
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
	return finish(c, &t, rows, r);
}

static const struct show_kind kinds[] = {
	{ "summary", "summary", show_summary },
	{ "domains", "domains", show_domains },
	{ "senders", "senders", show_senders },
	{ "sources", "sources", show_sources },
	{ "reporters", "reporters", show_reporters },
	{ "coverage", "coverage", show_coverage },
	{ "changes", "changes", show_changes },
	{ "keys", "keys", show_keys },
	{ "policies", "policies", show_policies },
	{ "records", "records", show_records },
	{ "reports", "reports", show_reports },
	{ "problems", "inputs", show_problems },
	{ "runs", "runs", show_runs },
};

/* Stops at the first write that fails: what comes would be made for nothing. */
static int write_out(struct buf *out, struct err *err)
{
	bool ok = fwrite(out->p, 1, out->n, stdout) == out->n;
	buf_clear(out);
	return ok ? 0 : FAIL(err, ERR_IO, NULL, "standard output could not be written");
}

static int show_csv(struct cli *c, struct doc_context *doc, const struct resource *resource,
	struct err *err)
{
	if (!resource->columns)
		return FAIL(
			err, ERR_USAGE, NULL, "%s has no CSV form; use --json", resource->name);
	CLEANUP(buf)
	struct buf out;
	buf_init(&out, 64 * MIB);
	struct export *e = NULL;
	if (export_open(doc, resource, &c->query, EXPORT_CSV, &e, err) < 0)
		return err->code;
	int r, more;
	do {
		more = export_next(e, &out, err);
		r = more < 0 ? more : write_out(&out, err);
	} while (r == 0 && more > 0);
	export_close(e);
	return r;
}

static int show_json(struct cli *c, struct doc_context *doc, const struct resource *resource,
	struct err *err)
{
	CLEANUP(buf)
	struct buf out;
	buf_init(&out, 64 * MIB);
	struct json j;
	json_init(&j, &out);
	if (resource->write(doc, &c->query, &j, err) < 0)
		return err->code;
	if (json_end(&j) < 0)
		return FAIL(
			err, ERR_LIMIT, NULL, "the answer is too large; narrow the filters");
	cli_print(buf_view(&out));
	return 0;
}

/* The document of the API, as JSON or CSV. */
static int show_document(struct cli *c, struct store *store, const char *name, struct err *err)
{
	const struct resource *resource = resource_find(str_of(name));
	struct doc_context doc = { .store = store,
		.now_at = c->now_at,
		.arena = c->arena,
		.rules = &c->config.rules };
	return c->output == OUTPUT_CSV ? show_csv(c, &doc, resource, err)
				       : show_json(c, &doc, resource, err);
}

static const struct show_kind *find_kind(struct cli *c)
{
	const char *name = c->options.arg_count == 1 ? c->options.args[0] : "";
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

/* A filter that this table does not know must not be passed over: the answer would look
 * filtered. */
static int check_filters(struct cli *c, const struct show_kind *kind)
{
	const struct resource *resource = resource_find(str_of(kind->resource));
	for (size_t i = 0; i < c->query.param_count; i++) {
		const char *const *name = resource->parameters;
		while (*name && !str_eq(str_of(*name), c->query.params[i].name))
			name++;
		if (!*name)
			return cli_usage(c, "show %s takes no --%.*s", kind->name,
				STR_ARGS(c->query.params[i].name));
	}
	return EX_OK;
}

/* Problems are what was rejected, unless --outcome asks for more. */
static int default_outcome(struct cli *c, struct err *err)
{
	const char *suggestion;
	if (c->query.filters[FILTER_OUTCOME].count)
		return 0;
	return query_set(&c->query, STR("outcome"), STR("rejected"), NULL, &suggestion, err);
}

int cmd_show(struct cli *c)
{
	const struct show_kind *kind = find_kind(c);
	if (!kind)
		return cli_usage(c, "show what? summary, domains, senders, sources, reporters, "
				    "coverage, changes, keys, policies, records, reports, "
				    "problems or runs");
	if (check_filters(c, kind) != EX_OK)
		return EX_USAGE;
	struct err err = { 0 };
	if (strcmp(kind->name, "problems") == 0 && default_outcome(c, &err) < 0)
		return cli_fail(&err);
	struct store *store = NULL;
	int code = cli_open_store(c, &store);
	if (code != EX_OK)
		return code;
	int r;
	if (c->output != OUTPUT_TEXT) {
		r = show_document(c, store, kind->resource, &err);
	} else {
		r = kind->print(c, store, &err);
		if (r == 0 && strcmp(kind->name, "records") == 0)
			r = query_totals(c, store, &err);
	}
	store_close(store);
	return r < 0 ? cli_fail(&err) : EX_OK;
}
