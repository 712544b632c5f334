#include "doc.h"

#include "doc_list.h"

/* Filters that every statement about messages takes; the names are those of query.h. */
#define RANGE "from", "to", "range"
#define FILTERS \
	"basis", "domain", "header_from", "reporter", "source_ip", "sender", "result", "spf", \
		"dkim", "spf_domain", "spf_result", "dkim_domain", "dkim_selector", \
		"dkim_result", "cause", "explained", "disposition", "override", "disagrees", \
		"report"
#define LIST "sort", "limit", "cursor"

static const char *const filter_parameters[] = { RANGE, FILTERS, NULL };
static const char *const series_parameters[] = { RANGE, FILTERS, "interval", "by", NULL };
static const char *const list_parameters[] = { RANGE, FILTERS, LIST, NULL };
static const char *const input_parameters[] = { RANGE, "outcome", "reason", "report", "limit",
	"cursor", NULL };
static const char *const run_parameters[] = { RANGE, "limit", "cursor", NULL };
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
static const struct csv_column sender_columns[] = { { "sender", "key" },
	{ "named_by", "named_by" }, COUNT_COLUMNS, { "cause", "cause" },
	{ "addresses", "addresses" }, { "source_ip", "source_ip" },
	{ "first_day", "first_day" }, { "last_day", "last_day" }, { NULL, NULL } };
static const struct csv_column reporter_columns[] = { { "reporter", "reporter" }, COUNT_COLUMNS,
	{ "reports", "reports" }, { "last_report", "last_report" }, { NULL, NULL } };
static const struct csv_column record_columns[] = { { "id", "id" }, { "day", "day" },
	{ "messages", "messages" }, { "source_ip", "source_ip" }, { "sender", "sender.key" },
	{ "named_by", "sender.named_by" }, { "header_from", "header_from" },
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
	{ "again", "again" }, { NULL, NULL } };
static const struct csv_column input_columns[] = { { "id", "id" }, { "last_at", "last_at" },
	{ "first_at", "first_at" }, { "times", "times" }, { "outcome", "outcome" },
	{ "stage", "stage" }, { "reason", "reason" }, { "detail", "detail" },
	{ "line", "line" }, { "column", "column" }, { "source", "source" },
	{ "locator", "locator" }, { "part", "part" }, { "from", "from" },
	{ "subject", "subject" }, { "message_id", "message_id" },
	{ "size_bytes", "size_bytes" }, { "arrived_at", "arrived_at" }, { "report", "report" },
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

const struct resource resource_table[] = { { "summary", filter_parameters, doc_summary, NULL,
						   NULL, false },
	{ "timeseries", series_parameters, write_timeseries, series_columns, &list_timeseries,
		false },
	{ "domains", list_parameters, write_domains, domain_columns, &list_domains, false },
	{ "sources", list_parameters, write_sources, source_columns, &list_sources, false },
	{ "senders", list_parameters, write_senders, sender_columns, &list_senders, false },
	{ "reporters", list_parameters, write_reporters, reporter_columns, &list_reporters,
		false },
	{ "records", list_parameters, write_records, record_columns, &list_records, false },
	{ "reports", list_parameters, write_reports, report_columns, &list_reports, false },
	{ "inputs", input_parameters, write_inputs, input_columns, &list_inputs, true },
	{ "runs", run_parameters, write_runs, run_columns, &list_runs, true },
	{ "status", no_parameters, doc_status, NULL, NULL, true },
	{ NULL, NULL, NULL, NULL, NULL, false } };

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
