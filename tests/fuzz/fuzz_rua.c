/*
 * fuzz_rua.c - any bytes to the report parser, twice: with the usual limits and with small
 * ones.
 *
 * What comes out must keep its promises: domains and periods are there, text is UTF-8, lists
 * are within their limits.
 */
#include "bounds.h"
#include "reader.h"
#include "rua.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct str s)
{
	assert(str_utf8(s));
}

static void check_auth(const struct auth *a, size_t n, const struct limits *l)
{
	assert(n <= l->dkim_entries);
	for (size_t i = 0; i < n; i++) {
		check_text(a[i].domain);
		check_text(a[i].selector);
		check_text(a[i].scope);
		check_text(a[i].result);
		check_text(a[i].human_result);
		assert(a[i].human_result.n <= l->string);
	}
}

static void check_record(const struct record *r, const struct limits *l)
{
	assert(r->source_ip.n == 4 || r->source_ip.n == 16);
	assert(r->reason_count <= l->dkim_entries);
	for (size_t i = 0; i < r->reason_count; i++) {
		check_text(r->reasons[i].type);
		check_text(r->reasons[i].comment);
	}
	check_text(r->header_from);
	check_text(r->envelope_from);
	check_text(r->envelope_to);
	check_text(r->disposition);
	check_text(r->source_ip_text);
	check_auth(r->dkim_auth, r->dkim_count, l);
	check_auth(r->spf_auth, r->spf_count, l);
}

static void check_report(const struct report *r)
{
	assert(!str_empty(r->policy.domain));
	assert(r->begin_at > 0 && r->end_at >= r->begin_at);
	assert(r->policy.pct >= -1 && r->policy.pct <= 100);
	check_text(r->org_name);
	check_text(r->report_id);
	check_text(r->xml_namespace);
	for (size_t i = 0; i < r->error_count; i++)
		check_text(r->errors[i]);
	for (size_t i = 0; i < r->note_count; i++) {
		assert(!str_empty(r->notes[i].code) && r->notes[i].times > 0);
		check_text(r->notes[i].detail);
	}
}

static void run(struct rua *p, const struct limits *l, struct str bytes)
{
	struct blob blob = blob_mem(bytes);
	struct blob_reader in;
	struct report report;
	struct record record;
	struct err err = { 0 };
	uint64_t n = 0;
	int r;

	blob_reader_init(&in, &blob, 0);
	rua_begin(p, &in.reader);
	r = rua_report(p, &report, &err);
	if (r == 0)
		check_report(&report);
	while (r == 0 && (r = rua_next(p, &record, &err)) > 0) {
		check_record(&record, l);
		assert(++n <= l->records);
		r = 0;
	}
	if (r < 0) {
		assert(r == ERR_INPUT || r == ERR_LIMIT);
		assert(err.code == r && err.reason && err.text[0]);
		return;
	}
	rua_done(p, &report);
	check_report(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct limits usual, small;
	static struct rua *with_usual, *with_small;
	struct str bytes = { (const char *)data, size };

	if (!with_usual) {
		rua_global_init();
		limits_default(&usual);
		small = usual;
		small.xml_depth = 8;
		small.xml_text = KIB;
		small.xml_pending = 4 * KIB;
		small.xml_attributes = 4;
		small.records = 3;
		small.dkim_entries = 2;
		small.string = 64;
		small.early_records = 1;
		with_usual = rua_new(&usual);
		with_small = rua_new(&small);
	}
	run(with_usual, &usual, bytes);
	run(with_small, &small, bytes);
	return 0;
}
