#include "log.h"

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char text[32768];
static int saved_stderr, fd[2];

static void capture(void)
{
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	fflush(stderr);
	saved_stderr = dup(STDERR_FILENO);
	dup2(fd[1], STDERR_FILENO);
}

/* What was written since capture(). */
static struct str captured(void)
{
	ssize_t got = read(fd[0], text, sizeof(text));

	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(fd[0]);
	close(fd[1]);
	return str_make(text, got < 0 ? 0 : (size_t)got);
}

#define PREFIX "at=2026-11-24T12:00:00Z lvl=info ev=test.event"

static void test_values(void **state)
{
	static const struct {
		const char *name;
		struct str value;
		const char *want;
	} cases[] = {
		{ "word", STR_INIT("3f9C_-"), "v=3f9C_-" },
		{ "dot", STR_INIT("google.com"), "v=\"google.com\"" },
		{ "empty", STR_INIT(""), "v=\"\"" },
		{ "blank", STR_INIT("a b"), "v=\"a b\"" },
		{ "equals sign", STR_INIT("a=b"), "v=\"a=b\"" },
		{ "forged line", STR_INIT("x\nat=now lvl=error"),
			"v=\"x\\nat=now lvl=error\"" },
		{ "forged end", STR_INIT("x\" y=\"z"), "v=\"x\\\" y=\\\"z\"" },
		{ "backslash", STR_INIT("\\"), "v=\"\\\\\"" },
		{ "CR, tab", STR_INIT("\r\t"), "v=\"\\r\\t\"" },
		{ "terminal", STR_INIT("\x1b[2J\x7f"), "v=\"\\x1b[2J\\x7f\"" },
		{ "C1 control",
			STR_INIT("\xc2\x9b"
				 "2J"),
			"v=\"\\xc2\\x9b2J\"" },
		{ "words turned around", STR_INIT("a\xe2\x80\xae b"),
			"v=\"a\\xe2\\x80\\xae b\"" },
		{ "NUL", STR_INIT("a\0b"), "v=\"a\\x00b\"" },
		{ "UTF-8", STR_INIT("M\xc3\xbcller \xf0\x9f\x98\x80"),
			"v=\"M\xc3\xbcller \xf0\x9f\x98\x80\"" },
		{ "not UTF-8", STR_INIT("M\xfcller\xe2\x82"), "v=\"M\\xfcller\\xe2\\x82\"" },
	};
	char want[512];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		capture();
		log_line(LOG_LEVEL_INFO, "test.event", LOG_STR("v", cases[i].value));
		snprintf(want, sizeof(want), PREFIX " %s\n", cases[i].want);
		check_str(cases[i].name, captured(), str_of(want));
	}
}

static void test_fields(void **state)
{
	(void)state;
	capture();
	log_line(LOG_LEVEL_INFO, "test.event");
	check_str("no fields", captured(), STR(PREFIX "\n"));
	capture();
	log_event(LOG_LEVEL_INFO, "test.event", NULL);
	check_str("NULL", captured(), STR(PREFIX "\n"));
	capture();
	log_line(LOG_LEVEL_INFO, "test.event", LOG_INT("n", -42), LOG_STR("none", STR_ABSENT),
		LOG_INT("least", INT64_MIN), LOG_STR("s", STR("x")));
	check_str("several", captured(), STR(PREFIX " n=-42 least=-9223372036854775808 s=x\n"));
}

/* However long and whatever the values are, a line is at most 4096 bytes and ends well. */
static void test_long(void **state)
{
	static const char *const units[] = { "x", "\"", "\n", "\xff", "\xf0\x9f\x98\x80",
		"\xc2\x80" };
	static char value[40000];

	(void)state;
	for (size_t u = 0; u < COUNT(units); u++)
		for (size_t n = 900; n < 4200; n += n == 900 ? 100 : n < 3900 ? 100 : 1) {
			size_t bytes = 0, length = strlen(units[u]);
			struct str got;

			while (bytes < n) {
				memcpy(value + bytes, units[u], length);
				bytes += length;
			}
			capture();
			log_line(LOG_LEVEL_INFO, "test.event",
				LOG_STR("v", str_make(value, bytes)),
				LOG_STR("w", str_make("a b", 3)), LOG_INT("i", 123456789));
			got = captured();
			check_int("length", got.n <= 4096, true);
			check_int("one newline", str_index(got, '\n'), (ptrdiff_t)got.n - 1);
			check("still UTF-8", str_utf8(got));
			check("whole or cut at a value's end",
				str_ends(got, STR("...\"\n")) ||
					str_ends(got, STR(" i=123456789\n")) ||
					str_ends(got, STR(" w=\"a b\"\n")) ||
					str_ends(got, STR("\"\n")) ||
					str_ends(got, STR("x\n")));
		}
	memset(value, 'x', sizeof(value));
	capture();
	log_line(LOG_LEVEL_INFO, "test.event", LOG_STR("v", str_make(value, sizeof(value))),
		LOG_INT("after", 1));
	check("cut", str_ends(captured(), STR("xxx...\"\n")));
}

static void test_levels(void **state)
{
	static const struct {
		enum log_level level;
		const char *name;
	} cases[] = {
		{ LOG_LEVEL_ERROR, " lvl=error " },
		{ LOG_LEVEL_WARN, " lvl=warn " },
		{ LOG_LEVEL_INFO, " lvl=info " },
		{ LOG_LEVEL_DEBUG, " lvl=debug " },
	};

	(void)state;
	for (size_t set = 0; set < COUNT(cases); set++)
		for (size_t i = 0; i < COUNT(cases); i++) {
			struct str got;

			log_set_level(cases[set].level);
			check_int(cases[i].name, log_wants(cases[i].level), i <= set);
			capture();
			log_line(cases[i].level, "test.event");
			got = captured();
			check_int(cases[i].name, str_contains(got, str_of(cases[i].name)),
				i <= set);
		}
	log_set_level(LOG_LEVEL_INFO);
}

static void test_journal(void **state)
{
	struct stat st;
	char stream[64];

	(void)state;
	capture();
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	errno = ENOENT;
	log_line(LOG_LEVEL_INFO, "test.event", LOG_INT("n", 1));
	log_line(LOG_LEVEL_ERROR, "test.event");
	assert_int_equal(errno, ENOENT);
	check_str("journal", captured(),
		STR("<6>lvl=info ev=test.event n=1\n<3>lvl=error ev=test.event\n"));
	capture();
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_line(LOG_LEVEL_INFO, "test.event");
	check_str("stderr is something else", captured(), STR(PREFIX "\n"));
	unsetenv("JOURNAL_STREAM");
}

/* The same as objects: whatever is in a value, it is one string of JSON. */
static void test_json(void **state)
{
	static const struct {
		const char *name;
		struct str value;
		const char *want;
	} cases[] = {
		{ "word", STR_INIT("3f9C_-"), "\"3f9C_-\"" },
		{ "quote", STR_INIT("a\",\"b\":\"c"), "\"a\\\",\\\"b\\\":\\\"c\"" },
		{ "backslash and newline", STR_INIT("\\\n"), "\"\\\\\\n\"" },
		{ "terminal", STR_INIT("\x1b[2J"), "\"\\\\x1b[2J\"" },
		{ "not UTF-8", STR_INIT("M\xfcller"), "\"M\\\\xfcller\"" },
		{ "UTF-8", STR_INIT("M\xc3\xbcller"), "\"M\xc3\xbcller\"" },
	};
	static char value[40000];
	char want[512];

	(void)state;
	log_set_json(true);
	for (size_t i = 0; i < COUNT(cases); i++) {
		capture();
		log_line(LOG_LEVEL_INFO, "test.event", LOG_INT("n", -1),
			LOG_STR("none", STR_ABSENT), LOG_STR("v", cases[i].value));
		snprintf(want, sizeof(want),
			"{\"at\":\"2026-11-24T12:00:00Z\",\"lvl\":\"info\",\"ev\":\"test."
			"event\","
			"\"n\":-1,\"v\":%s}\n",
			cases[i].want);
		check_str(cases[i].name, captured(), str_of(want));
	}
	for (size_t n = 3800; n < 4200; n++) {
		struct str got;

		memset(value, '\x1b', n);
		capture();
		log_line(LOG_LEVEL_INFO, "test.event", LOG_STR("v", str_make(value, n)),
			LOG_INT("after", 1));
		got = captured();
		check_int("length", got.n <= 4096, true);
		check("cut at its end", str_ends(got, STR("x1b...\"}\n")));
	}
	log_set_json(false);
}

static void test_default(void **state)
{
	(void)state;
	assert_true(log_wants(LOG_LEVEL_WARN));
	assert_false(log_wants(LOG_LEVEL_INFO));
	log_set_level(LOG_LEVEL_INFO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_json),
	};

	setenv("RUAD_NOW", "2026-11-24T12:00:00Z", 1);
	unsetenv("JOURNAL_STREAM");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
