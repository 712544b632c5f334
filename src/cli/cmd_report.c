#include "cells.h"
#include "document.h"
#include "reader.h"
#include "xalloc.h"

#include <errno.h>
#include <string.h>

const struct option_spec report_options_spec[] = {
	{ "xml", 0, NULL, "the original XML" },
	{ NULL, 0, NULL, NULL },
};

/* 1 printed, 0 no such report */
static int print_xml(struct store *store, int64_t id, struct err *err)
{
	struct raw *raw = NULL;
	int r = store_raw_open(store, id, &raw, err);
	if (r < 0)
		return r;
	if (r == 0) {
		CLEANUP(arena)
		struct arena arena;
		struct report_row row;
		arena_init(&arena);
		r = store_report(store, id, &arena, &row, err);
		return r <= 0 ? r
			      : FAIL(err, ERR_INPUT, "no-input",
					"the original of report %lld is not kept",
					(long long)id);
	}
	char piece[64 * 1024];
	ssize_t n;
	while ((n = reader_read(raw_reader(raw), piece, sizeof(piece), err)) > 0) {
		if (fwrite(piece, 1, (size_t)n, stdout) != (size_t)n) {
			n = FAIL(err, ERR_IO, NULL, "standard output could not be written: %s",
				strerror(errno));
			break;
		}
	}
	store_raw_close(raw);
	return n < 0 ? (int)n : 1;
}

static int flush_stdout(void *arg, struct buf *out)
{
	(void)arg;
	if (fwrite(out->p, 1, out->n, stdout) != out->n)
		return ERR_IO;
	buf_clear(out);
	return 0;
}

static int print_json(struct cli *c, struct store *store, int64_t id, struct err *err)
{
	CLEANUP(buf)
	struct buf out;
	buf_init(&out, 64 * MIB);
	struct json j;
	json_init_flush(&j, &out, 64 * KIB, flush_stdout, NULL);
	struct doc_context doc = document_context(c, store);
	int r = doc_report(&doc, id, &j, err);
	if (r > 0 && (json_end(&j) < 0 || fputc('\n', stdout) == EOF || fflush(stdout) != 0))
		return FAIL(err, ERR_IO, NULL, "standard output could not be written");
	return r;
}

static void print_head(struct cli *c, const struct report_row *row)
{
	struct arena *a = c->arena;
	const struct report *r = &row->report;
	char begin[TIME_TEXT], end[TIME_TEXT];
	struct str org = printable(a, r->org_name), id = printable(a, r->report_id);
	struct str from = time_plain(r->begin_at, begin), to = time_plain(r->end_at, end);
	struct str domain = printable(a, r->policy.domain), email = printable(a, r->email);
	struct str p = printable(a, r->policy.p), sp = printable(a, r->policy.sp);
	struct str adkim = printable(a, r->policy.adkim), aspf = printable(a, r->policy.aspf);
	struct str messages = number_text(a, row->totals.messages);
	struct str pass = number_text(a, row->totals.pass),
		   fail = number_text(a, row->totals.fail);
	printf("Report   %.*s  %.*s  %.*s\n", STR_ARGS(id), STR_ARGS(org), STR_ARGS(domain));
	printf("Period   %.*s - %.*s UTC\n", STR_ARGS(from), STR_ARGS(to));
	printf("Contact  %.*s\n", STR_ARGS(email));
	printf("Policy   p=%.*s sp=%.*s adkim=%.*s aspf=%.*s\n", STR_ARGS(p), STR_ARGS(sp),
		STR_ARGS(adkim), STR_ARGS(aspf));
	printf("Result   %.*s messages in %llu records, %.*s passed, %.*s failed\n",
		STR_ARGS(messages), (unsigned long long)row->totals.records, STR_ARGS(pass),
		STR_ARGS(fail));
	for (size_t i = 0; i < r->note_count; i++) {
		struct str where = printable(a, r->notes[i].where),
			   detail = printable(a, r->notes[i].detail);
		printf("Note     %.*s %.*s %.*s\n", STR_ARGS(r->notes[i].code), STR_ARGS(where),
			STR_ARGS(detail));
	}
	putchar('\n');
}

static struct str auth_text(struct arena *a, const struct auth *auth, size_t n)
{
	struct str all = STR("");
	for (size_t i = 0; i < n; i++) {
		struct str domain = printable(a, auth[i].domain),
			   result = printable(a, auth[i].result);
		all = arena_printf(a, "%.*s%s%.*s %.*s", STR_ARGS(all), i ? ", " : "",
			STR_ARGS(domain), STR_ARGS(result));
	}
	return all;
}

/* In tables of at most so many rows: a report may have millions, and a table is held in memory
 * to be aligned. */
#define TABLE_ROWS 5000

static int print_records(struct cli *c, struct store *store, int64_t id, struct err *err)
{
	static const struct table_column columns[] = { { "#", true, FIT_WHOLE },
		{ "Source IP", false, FIT_WHOLE }, { "Messages", true, FIT_WHOLE },
		{ "From", false, FIT_DROP }, { "DMARC", false, FIT_WHOLE },
		{ "Cause", false, FIT_DROP }, { "SPF", false, FIT_CUT },
		{ "DKIM", false, FIT_CUT } };
	struct rows *rows = NULL;
	if (store_report_records(store, id, &rows, err) < 0)
		return err->code;
	CLEANUP(arena)
	struct arena arena;
	struct arena *a = &arena;
	struct table table;
	struct record_row row;
	arena_init(a);
	table_init(&table, a, columns, 8);
	int r;
	while ((r = rows_record(rows, &row, err)) > 0) {
		if (table.row_count == TABLE_ROWS) {
			table_print(&table, &c->terminal, stdout);
			arena_reset(a);
			table_init(&table, a, columns, 8);
		}
		const struct record *rec = &row.record;
		struct str cells[] = { arena_printf(a, "%llu", (unsigned long long)row.n),
			ip_cell(a, &rec->source_ip), number_text(a, rec->messages),
			printable(a, rec->header_from), result_cell(c, row.verdict.result),
			str_of(cause_name(row.verdict.cause)),
			auth_text(a, rec->spf_auth, rec->spf_count),
			auth_text(a, rec->dkim_auth, rec->dkim_count) };
		table_row(&table, cells);
		table_tone(&table, 4, result_tone(row.verdict.result));
	}
	rows_close(rows);
	if (r == 0)
		table_print(&table, &c->terminal, stdout);
	return r;
}

static int print_text(struct cli *c, struct store *store, int64_t id, struct err *err)
{
	struct report_row row;
	int r = store_report(store, id, c->arena, &row, err);
	if (r <= 0)
		return r;
	print_head(c, &row);
	r = print_records(c, store, id, err);
	return r < 0 ? r : 1;
}

int cmd_report(struct cli *c)
{
	uint64_t id;
	if (c->options.arg_count != 1 || !str_to_u64(str_of(c->options.args[0]), &id) ||
		id > INT64_MAX)
		return cli_usage(
			c, "report takes the id of one report (ruad show reports lists them)");
	struct store *store = NULL;
	int code = cli_open_store(c, &store);
	if (code != EX_OK)
		return code;
	struct err err = { 0 };
	int r;
	if (options_get(&c->options, "xml")) {
		r = print_xml(store, (int64_t)id, &err);
	} else if (c->output == OUTPUT_JSON) {
		r = print_json(c, store, (int64_t)id, &err);
	} else {
		r = print_text(c, store, (int64_t)id, &err);
	}
	store_close(store);
	if (r < 0)
		return cli_fail(&err);
	if (r == 0) {
		fprintf(stderr,
			"ruad: there is no report %llu (ruad show reports lists them)\n",
			(unsigned long long)id);
		return EX_NOINPUT;
	}
	return EX_OK;
}
