#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "judge.h"
#include "report_json.h"
#include "rua.h"
#include "xalloc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Each tests/fixtures/report/<name>.xml gives <name>.want.json: the report document, or
 * {"kind":"error",…}.  RUAD_WRITE_WANT=1 writes them anew, to be read before they are kept.
 */
#define FOLDER FIXTURES "/report"
#define SIZE_MOST (4 * MIB)

static struct rua *parser;
static struct psl *list;

static bool read_file(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "re");
	char piece[4096];
	size_t n;

	if (!f)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(ret, piece, n);
	fclose(f);
	assert_false(ret->full);
	return true;
}

static void write_file(const char *path, struct str s)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
	assert_int_equal(fclose(f), 0);
}

static void count(struct report_totals *t, const struct record *rec, const struct verdict *v)
{
	t->records++;
	t->messages += rec->messages;
	*(v->result == DMARC_PASS ? &t->pass : &t->fail) += rec->messages;
}

static int write_report(struct json *j, struct arena *a, struct reader *in, struct err *err)
{
	struct report_totals totals = { 0 };
	struct report r;
	struct record rec;
	int rc;

	rua_begin(parser, in);
	if ((rc = rua_report(parser, &r, err)) < 0)
		return rc;
	json_open_object(j);
	report_json_begin(j, &r);
	while ((rc = rua_next(parser, &rec, err)) > 0) {
		struct verdict v;

		judge(a, &r.policy, &rec, psl_orgdom(list), &v);
		report_json_record(j, &rec, &v);
		count(&totals, &rec, &v);
	}
	if (rc < 0)
		return rc;
	rua_done(parser, &r);
	report_json_end(j, &r, &totals);
	json_close_object(j);
	json_end(j);
	return 0;
}

static void document(struct str xml, struct buf *out)
{
	struct blob blob = blob_mem(xml);
	struct blob_reader in;
	struct err err = { 0 };
	struct json j;
	struct arena a;

	arena_init(&a);
	blob_reader_init(&in, &blob, 0);
	json_init(&j, out);
	if (write_report(&j, &a, &in.reader, &err) < 0) {
		buf_clear(out);
		json_init(&j, out);
		json_open_object(&j);
		json_kcstr(&j, "kind", "error");
		json_kcstr(&j, "reason", err.reason);
		json_kcstr(&j, "detail", err.text);
		json_ki64(&j, "line", err.line);
		json_ki64(&j, "column", err.column);
		json_close_object(&j);
		json_end(&j);
	}
	buf_char(out, '\n');
	arena_release(&a);
}

static bool check_fixture(const char *name)
{
	struct buf xml, want, got;
	char path[600];
	bool same;

	buf_init(&xml, SIZE_MOST);
	buf_init(&want, SIZE_MOST);
	buf_init(&got, SIZE_MOST);
	snprintf(path, sizeof(path), FOLDER "/%s.xml", name);
	assert_true(read_file(path, &xml));
	document(buf_view(&xml), &got);
	snprintf(path, sizeof(path), FOLDER "/%s.want.json", name);
	if (getenv("RUAD_WRITE_WANT"))
		write_file(path, buf_view(&got));
	same = read_file(path, &want) && str_eq(buf_view(&got), buf_view(&want));
	if (!same)
		print_error("%s:\n  want %.*s  got  %.*s", name, STR_ARGS(buf_view(&want)),
			STR_ARGS(buf_view(&got)));
	buf_release(&xml);
	buf_release(&want);
	buf_release(&got);
	return same;
}

static void test_fixtures(void **state)
{
	DIR *d = opendir(FOLDER);
	int checked = 0, failed = 0;

	(void)state;
	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d));) {
		struct str s = str_of(e->d_name);
		char name[256];

		if (!str_ends(s, STR(".xml")))
			continue;
		snprintf(name, sizeof(name), "%.*s", STR_ARGS(str_first(s, s.n - 4)));
		checked++;
		failed += !check_fixture(name);
	}
	closedir(d);
	assert_true(checked >= 20);
	assert_int_equal(failed, 0);
}

static int setup(void **state)
{
	struct limits limits;
	struct err err = { 0 };

	(void)state;
	rua_global_init();
	limits_default(&limits);
	parser = rua_new(&limits);
	return psl_open(FIXTURES "/psl/test.dat", &list, &err);
}

static int teardown(void **state)
{
	(void)state;
	rua_free(parser);
	psl_close(list);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixtures),
	};

	return cmocka_run_group_tests_name("report_fixtures", tests, setup, teardown);
}
