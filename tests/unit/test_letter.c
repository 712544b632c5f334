#include "check.h"
#include "ingest_test.h"
#include "letter.h"
#include "ticket.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define PART (64 * 1024)

static int add_parts(struct letter *l, size_t n, struct err *err)
{
	static char part[PART];
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		memset(part, (int)('a' + i % 26), sizeof(part));
		r = letter_add(l, str_make(part, sizeof(part)), err);
	}
	return r;
}

static void sizes(void **state)
{
	static const struct {
		size_t parts;
		bool file;
	} cases[] = { { 0, false }, { 1, false }, { LETTER_MEMORY / PART, false },
		{ LETTER_MEMORY / PART + 1, true }, { 100, true } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct letter l = { 0 };
		struct err err = { 0 };
		struct mail mail = { 0 };
		char c;

		/* Begun anew, nothing of the first is left. */
		letter_begin(&l, 5);
		assert_int_equal(add_parts(&l, 30, &err), 0);
		letter_begin(&l, i % 2 ? cases[i].parts * PART : UINT64_MAX);
		assert_int_equal(add_parts(&l, cases[i].parts, &err), 0);
		mail.content = letter_take(&l);
		assert_int_equal(mail.content.fd >= 0, cases[i].file);
		assert_int_equal(cases[i].file ? mail.content.size_bytes : mail.content.mem.n,
			cases[i].parts * PART);
		for (size_t p = 0; p < cases[i].parts; p++) {
			assert_int_equal(
				blob_read(&mail.content, p * PART + PART - 1, &c, 1, &err), 1);
			assert_int_equal(c, 'a' + p % 26);
		}
		mail_drop(&mail);
		letter_drop(&l);
	}
}

static void no_room(void **state)
{
	struct letter l = { 0 };
	struct err err = { 0 };
	struct rlimit old, small;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 2 * MIB;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	letter_begin(&l, 0);
	assert_int_equal(add_parts(&l, 100, &err), ERR_TEMP);
	assert_non_null(strstr(err.text, "TMPDIR"));
	letter_drop(&l);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	setenv("TMPDIR", "/nonexistent", 1);
	letter_begin(&l, 0);
	assert_int_equal(add_parts(&l, 100, &err), ERR_TEMP);
	unsetenv("TMPDIR");
	letter_drop(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
