#include "doc.h"

#include "doc_list.h"

/* Filters that every statement about messages takes; the names are those of query.h. */
#define RANGE "from", "to", "range"
#define FILTERS \
	"basis", "domain", "header_from", "subdomains", "reporter", "source_ip", "sender", \
		"class", "mark", "new", "undecided", "own", "result", "spf", "dkim", \
		"spf_domain", "spf_scope", "spf_result", "dkim_domain", "dkim_selector", \
		"dkim_result", "cause", "explained", "disposition", "override", "disagrees", \
		"report", "policy", "origin"
#define LIST "sort", "limit", "cursor"

static const char *const filter_parameters[] = { RANGE, FILTERS, NULL };
static const char *const series_parameters[] = { RANGE, FILTERS, "interval", "by", NULL };
static const char *const list_parameters[] = { RANGE, FILTERS, LIST, NULL };
static const char *const report_parameters[] = { RANGE, FILTERS, "q", LIST, NULL };
static const char *const sender_parameters[] = { RANGE, FILTERS, "group", LIST, NULL };
static const char *const input_parameters[] = { RANGE, "outcome", "reason", "dismissed",
	"report", "q", "limit", "cursor", NULL };
static const char *const run_parameters[] = { RANGE, "limit", "cursor", NULL };
static const char *const coverage_parameters[] = { RANGE, "domain", "reporter", "limit", NULL };
static const char *const change_parameters[] = { "domain", "since", "limit", NULL };
/* The domain of these is in the path of the API; elsewhere it is a filter. */
static const char *const readiness_parameters[] = { "domain", "target", NULL };
static const char *const key_parameters[] = { RANGE, "domain", "limit", NULL };
static const char *const policy_parameters[] = { RANGE, "domain", NULL };
static const char *const search_parameters[] = { "q", NULL };
static const char *const no_parameters[] = { NULL };

/* clang-format off */
#define COUNT_COLUMNS \
	{ "messages", "messages" }, { "pass", "pass" }, { "fail", "fail" }, \
	{ "explained", "explained" }, { "both", "both" }, { "one", "one" }, \
	{ "failed", "failed" }
#define POLICY_COLUMNS \
	{ "p", "policy.p" }, { "sp", "policy.sp" }, { "np", "policy.np" }, \
	{ "adkim", "policy.adkim" }, { "aspf", "policy.aspf" }, { "testing", "policy.testing" }
/* clang-format on */

static const struct csv_column series_columns[] = { { "day", "day" }, { "key", "key" },
	COUNT_COLUMNS, { "reports", "reports" }, { "has_data", "has_data" },
	{ "complete", "complete" }, { "spread_messages", "spread_messages" }, { NULL, NULL } };
static const struct csv_column domain_columns[] = { { "domain", "domain" }, COUNT_COLUMNS,
	{ "reports", "reports" }, { "reporters", "reporters" },
	{ "last_report", "last_report" }, POLICY_COLUMNS, { NULL, NULL } };
static const struct csv_column source_columns[] = { { "source_ip", "source_ip" },
	{ "sender", "sender.key" }, { "named_by", "sender.named_by" }, COUNT_COLUMNS,
	{ "cause", "cause" }, { "senders", "senders" }, { "first_day", "first_day" },
	{ "last_day", "last_day" }, { NULL, NULL } };
static const struct csv_column sender_columns[] = { { "domain", "domain" }, { "sender", "key" },
	{ "name", "name" }, { "named_by", "named_by" }, COUNT_COLUMNS, { "cause", "cause" },
	{ "class", "class" }, { "rule", "rule" }, { "confidence", "confidence" },
	{ "class_text", "class_text" }, { "mark", "mark" }, { "proven", "proven" },
	{ "undecided", "undecided" }, { "new", "new" }, { "addresses", "addresses" },
	{ "source_ip", "source_ip" }, { "first_day", "first_day" }, { "last_day", "last_day" },
	{ NULL, NULL } };
static const struct csv_column reporter_columns[] = { { "reporter", "reporter" }, COUNT_COLUMNS,
	{ "reports", "reports" }, { "last_report", "last_report" }, { NULL, NULL } };
static const struct csv_column override_columns[] = { { "type", "type" },
	{ "messages", "messages" }, { "pass", "pass" }, { "fail", "fail" }, { NULL, NULL } };
static const struct csv_column change_columns[] = { { "day", "day" }, { "kind", "kind" },
	{ "severity", "severity" }, { "domain", "domain" }, { "subject", "subject" },
	{ "messages", "now.messages" }, { "pass", "now.pass" },
	{ "messages_before", "before.messages" }, { "pass_before", "before.pass" },
	{ "count", "count" }, { "policy_from", "policy.from" }, { "policy_to", "policy.to" },
	{ "text", "text" }, { NULL, NULL } };
static const struct csv_column key_columns[] = { { "kind", "kind" }, { "domain", "domain" },
	{ "selector", "selector" }, { "aligned", "aligned" }, { "messages", "messages" },
	{ "pass", "pass" }, { "fail", "fail" }, { "senders", "senders" },
	{ "sender", "sender" }, { "first_day", "first_day" }, { "last_day", "last_day" },
	{ "unused", "unused" }, { NULL, NULL } };
static const struct csv_column policy_columns[] = { POLICY_COLUMNS,
	{ "first_day", "first_day" }, { "last_day", "last_day" }, { "reports", "reports" },
	{ "reporters", "reporters.*.reporter" }, { NULL, NULL } };
static const struct csv_column coverage_columns[] = { { "reporter", "reporter" },
	{ "day", "day" }, { "messages", "messages" }, { "reports", "reports" },
	{ "state", "state" }, { NULL, NULL } };
static const struct csv_column record_columns[] = { { "id", "id" }, { "day", "day" },
	{ "messages", "messages" }, { "source_ip", "source_ip" }, { "sender", "sender.key" },
	{ "named_by", "sender.named_by" }, { "class", "sender.class" },
	{ "mark", "sender.mark" }, { "header_from", "header_from" },
	{ "envelope_from", "envelope_from" }, { "envelope_to", "envelope_to" },
	{ "spf_domain", "spf.*.domain" }, { "spf_scope", "spf.*.scope" },
	{ "spf_result", "spf.*.result" }, { "spf_aligned", "spf.*.aligned" },
	{ "dkim_domain", "dkim.*.domain" }, { "dkim_selector", "dkim.*.selector" },
	{ "dkim_result", "dkim.*.result" }, { "dkim_aligned", "dkim.*.aligned" },
	{ "result", "result" }, { "basis", "basis" }, { "cause", "cause" },
	{ "explained", "explained" }, { "disagrees", "disagrees" },
	{ "reported_spf", "reported.spf" }, { "reported_dkim", "reported.dkim" },
	{ "disposition", "disposition" }, { "override", "overrides.*.type" },
	{ "override_comment", "overrides.*.comment" }, POLICY_COLUMNS,
	{ "reporter", "report.reporter" }, { "domain", "report.domain" },
	{ "report", "report.id" }, { "report_id", "report.report_id" },
	{ "begin", "report.begin" }, { "end", "report.end" }, { "line", "line" },
	{ NULL, NULL } };
static const struct csv_column report_columns[] = { { "id", "id" }, { "reporter", "reporter" },
	{ "domain", "domain" }, { "report_id", "report_id" }, { "day", "day" },
	{ "begin", "begin" }, { "end", "end" }, COUNT_COLUMNS, { "records", "records" },
	{ "disagree_records", "disagree_records" }, POLICY_COLUMNS,
	{ "arrived_at", "arrived_at" }, { "stored_at", "stored_at" }, { "flags", "flags.*" },
	{ "again", "again" }, { "origin", "origin" }, { NULL, NULL } };
static const struct csv_column input_columns[] = { { "id", "id" }, { "last_at", "last_at" },
	{ "first_at", "first_at" }, { "times", "times" }, { "outcome", "outcome" },
	{ "stage", "stage" }, { "reason", "reason" }, { "detail", "detail" },
	{ "line", "line" }, { "column", "column" }, { "source", "source" },
	{ "locator", "locator" }, { "part", "part" }, { "from", "from" },
	{ "subject", "subject" }, { "message_id", "message_id" },
	{ "size_bytes", "size_bytes" }, { "arrived_at", "arrived_at" }, { "report", "report" },
	{ "was", "was" }, { "again_at", "again_at" }, { "dismissed_at", "dismissed_at" },
	{ NULL, NULL } };
static const struct csv_column run_columns[] = { { "id", "id" }, { "started_at", "started_at" },
	{ "ended_at", "ended_at" }, { "source", "source" }, { "inputs", "inputs" },
	{ "stored", "stored" }, { "duplicate", "duplicate" }, { "ignored", "ignored" },
	{ "rejected", "rejected" }, { "reports", "reports" }, { "records", "records" },
	{ "messages", "messages" }, { "error", "error" }, { NULL, NULL } };

#define WRITE(name) \
	static int write_##name( \
		struct doc_context *c, const struct query *q, struct json *j, struct err *err) \
	{ \
		return list_write(&list_##name, c, q, j, err); \
	}
WRITE(timeseries)
WRITE(domains)
WRITE(sources)
WRITE(senders)
WRITE(reporters)
WRITE(records)
WRITE(reports)
WRITE(inputs)
WRITE(runs)
#undef WRITE

/* clang-format off: a table. */
#define LISTED(resource, takes, cells) \
	.name = #resource, .parameters = takes, .write = write_##resource, .columns = cells, \
	.list = &list_##resource
const struct resource resource_table[] = {
	{ .name = "summary", .parameters = filter_parameters, .write = doc_summary },
	{ LISTED(timeseries, series_parameters, series_columns) },
	{ LISTED(domains, list_parameters, domain_columns) },
	{ LISTED(sources, list_parameters, source_columns) },
	{ LISTED(senders, sender_parameters, sender_columns) },
	{ LISTED(reporters, list_parameters, reporter_columns) },
	{ .name = "coverage",
		.parameters = coverage_parameters,
		.write = doc_coverage,
		.columns = coverage_columns,
		.volatile_answer = true },
	{ .name = "overrides",
		.parameters = filter_parameters,
		.write = doc_overrides,
		.columns = override_columns },
	{ .name = "changes",
		.parameters = change_parameters,
		.write = doc_changes,
		.columns = change_columns,
		.volatile_answer = true },
	{ .name = "readiness",
		.parameters = readiness_parameters,
		.write = doc_readiness,
		.of_domain = true },
	{ .name = "policies",
		.parameters = policy_parameters,
		.write = doc_policies,
		.columns = policy_columns,
		.of_domain = true },
	{ .name = "keys",
		.parameters = key_parameters,
		.write = doc_keys,
		.columns = key_columns,
		.of_domain = true },
	{ LISTED(records, list_parameters, record_columns) },
	{ LISTED(reports, report_parameters, report_columns) },
	{ LISTED(inputs, input_parameters, input_columns), .volatile_answer = true,
		.writes = "POST" },
	{ LISTED(runs, run_parameters, run_columns), .volatile_answer = true },
	{ .name = "search", .parameters = search_parameters, .write = doc_search },
	{ .name = "status",
		.parameters = no_parameters,
		.write = doc_status,
		.volatile_answer = true },
	{ .name = NULL },
};
#undef LISTED
/* clang-format on */

const struct resource *resource_find(struct str name)
{
	for (const struct resource *r = resource_table; r->name; r++)
		if (str_eq(str_of(r->name), name))
			return r;
	return NULL;
}

bool doc_id(struct str id, int64_t *ret)
{
	uint64_t v;

	if (str_empty(id) || id.p[0] == '0' || !str_to_u64(id, &v) || v > INT64_MAX)
		return false;
	*ret = (int64_t)v;
	return true;
}

bool doc_record_id(struct str id, int64_t *ret_report, uint64_t *ret_n)
{
	struct str rest = id, head;
	int64_t report, n;

	if (str_absent(id) || !str_cut(&rest, '.', &head) || !doc_id(head, &report) ||
		!doc_id(rest, &n))
		return false;
	*ret_report = report;
	*ret_n = (uint64_t)n;
	return true;
}
