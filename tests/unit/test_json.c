#include "json.h"

#include "check.h"
#include "err.h"
#include "xalloc.h"

#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_document(void **state)
{
	CLEANUP(buf)
	struct buf b;
	struct json j;
	struct ip ip = { .n = 4, .b = { 192, 0, 2, 1 } }, none = { 0 };

	(void)state;
	buf_init(&b, 10000);
	json_init(&j, &b);
	json_open_object(&j);
	json_kstr(&j, "s", STR("x"));
	json_kstr(&j, "absent", STR_ABSENT);
	json_kcstr(&j, "c", "y");
	json_kcstr(&j, "null", NULL);
	json_ki64(&j, "i", INT64_MIN);
	json_ku64(&j, "u", UINT64_MAX);
	json_kbool(&j, "t", true);
	json_kbool(&j, "f", false);
	json_knull(&j, "n");
	json_kip(&j, "ip", &ip);
	json_kip(&j, "no_ip", &none);
	json_ktime(&j, "at", 1795521600);
	json_ktime(&j, "never", 0);
	json_kday(&j, "day", 0);
	json_kopen_array(&j, "a");
	json_i64(&j, 1);
	json_open_array(&j);
	json_close_array(&j);
	json_open_object(&j);
	json_close_object(&j);
	json_raw(&j, STR("{\"raw\":1}"));
	json_raw(&j, STR(""));
	json_nil(&j);
	json_close_array(&j);
	json_kopen_object(&j, "o");
	json_kbool(&j, "in", true);
	json_close_object(&j);
	json_close_object(&j);
	assert_int_equal(json_end(&j), 0);
	check_str("document", buf_view(&b),
		STR("{\"s\":\"x\",\"absent\":null,\"c\":\"y\",\"null\":null,\"i\":-"
		    "9223372036854775808,"
		    "\"u\":18446744073709551615,\"t\":true,\"f\":false,\"n\":null,"
		    "\"ip\":\"192.0.2.1\",\"no_ip\":null,\"at\":\"2026-11-24T12:00:00Z\","
		    "\"never\":null,\"day\":\"1970-01-01\",\"a\":[1,[],{},{\"raw\":1},null,"
		    "null],"
		    "\"o\":{\"in\":true}}"));
	/* Another document may follow, with whatever the caller puts between. */
	buf_clear(&b);
	json_i64(&j, 1);
	assert_int_equal(json_end(&j), 0);
	buf_char(&b, '\n');
	json_i64(&j, 2);
	assert_int_equal(json_end(&j), 0);
	check_str("lines", buf_view(&b), STR("1\n2"));
}

#define FFFD "\xef\xbf\xbd"

static void test_strings(void **state)
{
	static const struct {
		const char *name;
		struct str s;
		const char *want;
	} cases[] = {
		{ "plain", STR_INIT("abc \x7f"), "\"abc \x7f\"" },
		{ "empty", STR_INIT(""), "\"\"" },
		{ "quotes", STR_INIT("\"\\/"), "\"\\\"\\\\/\"" },
		{ "controls", STR_INIT("\b\f\n\r\t\x01\x1f"),
			"\"\\b\\f\\n\\r\\t\\u0001\\u001f\"" },
		{ "NUL", STR_INIT("a\0b"), "\"a\\u0000b\"" },
		{ "HTML", STR_INIT("</script>&<!--"),
			"\"\\u003c/script\\u003e\\u0026\\u003c!--\"" },
		{ "line separators", STR_INIT("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"),
			"\"\\u2028\\u2029\xe2\x80\xaa\"" },
		{ "UTF-8", STR_INIT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
			"\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "latin 1", STR_INIT("M\xfcller"), "\"M" FFFD "ller\"" },
		{ "overlong", STR_INIT("\xc0\xaf"), "\"" FFFD FFFD "\"" },
		{ "surrogate", STR_INIT("\xed\xa0\x80"), "\"" FFFD FFFD FFFD "\"" },
		{ "cut characters",
			STR_INIT("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf"
				 "A"),
			"\"" FFFD FFFD FFFD FFFD "A\"" },
		{ "cut at the end", STR_INIT("a\xe2\x80"), "\"a" FFFD "\"" },
		{ "quote in a cut character", STR_INIT("\xe2\x80\""), "\"" FFFD "\\\"\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf)
		struct buf b;
		struct json j;

		buf_init(&b, 1000);
		json_init(&j, &b);
		json_str(&j, cases[i].s);
		check_int(cases[i].name, json_end(&j), 0);
		check_str(cases[i].name, buf_view(&b), str_of(cases[i].want));
	}
}

static void test_key(void **state)
{
	CLEANUP(buf)
	struct buf b;
	struct json j;

	(void)state;
	buf_init(&b, 1000);
	json_init(&j, &b);
	json_open_object(&j);
	json_kbool(&j, "a\"<", true);
	json_close_object(&j);
	json_end(&j);
	check_str("key", buf_view(&b), STR("{\"a\\\"\\u003c\":true}"));
}

static void test_real(void **state)
{
	static const struct {
		const char *want;
		double v;
		int decimals;
	} cases[] = {
		{ "0.5", 0.5, 1 },
		{ "99.53", 99.534, 2 },
		{ "-1.250", -1.25, 3 },
		{ "0.0", -0.0, 1 },
		{ "0.00", -0.001, 2 },
		{ "3", 3.0, 0 },
		{ "null", NAN, 2 },
		{ "null", INFINITY, 2 },
		{ "0", 0.2, -5 },
		{ "-0.5", -0.5, 1 },
		{ "0", -0.2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf)
		struct buf b;
		struct json j;

		buf_init(&b, 1000);
		json_init(&j, &b);
		json_f64(&j, cases[i].v, cases[i].decimals);
		json_end(&j);
		check_str(cases[i].want, buf_view(&b), str_of(cases[i].want));
		buf_clear(&b);
		json_f64(&j, -DBL_MAX, 99);
		json_end(&j);
		check_int("largest", b.n, 1 + 309 + 1 + 17);
	}
}

struct sink {
	char text[4096];
	size_t n, calls, most;
	int fail_at; /* the call that fails; 0 none */
};

static int sink_flush(void *arg, struct buf *out)
{
	struct sink *s = arg;

	s->calls++;
	if (s->fail_at && s->calls >= (size_t)s->fail_at)
		return ERR_IO;
	memcpy(s->text + s->n, out->p, out->n);
	s->n += out->n;
	if (out->n > s->most)
		s->most = out->n;
	buf_clear(out);
	return 0;
}

static int write_numbers(struct json *j)
{
	json_open_array(j);
	for (int i = 0; i < 500; i++)
		json_i64(j, i % 10);
	json_close_array(j);
	return json_end(j);
}

static void test_flush(void **state)
{
	CLEANUP(buf)
	struct buf b;
	struct sink sink = { .n = 0 }, broken = { .fail_at = 2 };
	struct json j;

	(void)state;
	buf_init(&b, 200);
	json_init_flush(&j, &b, 100, sink_flush, &sink);
	assert_int_equal(write_numbers(&j), 0);
	assert_int_equal(sink.n, 1001);
	assert_memory_equal(sink.text, "[0,1,2,", 7);
	assert_memory_equal(sink.text + 1001 - 3, ",9]", 3);
	assert_true(sink.calls >= 9 && sink.most <= 103);
	assert_int_equal(b.n, 0);

	/* An error stays, and the text no longer piles up. */
	json_init_flush(&j, &b, 100, sink_flush, &broken);
	assert_int_equal(write_numbers(&j), ERR_IO);
	assert_int_equal(broken.calls, 2);
	assert_int_equal(b.n, 0);
}

static void test_full(void **state)
{
	CLEANUP(buf)
	struct buf b;
	struct json j;

	(void)state;
	buf_init(&b, 100);
	json_init(&j, &b);
	assert_int_equal(write_numbers(&j), ERR_LIMIT);
}

static void value_without_key(struct json *j)
{
	json_open_object(j);
	json_i64(j, 1);
}

static void key_in_array(struct json *j)
{
	json_open_array(j);
	json_key(j, "k");
}

static void key_twice(struct json *j)
{
	json_open_object(j);
	json_key(j, "k");
	json_key(j, "k");
}

static void key_without_value(struct json *j)
{
	json_open_object(j);
	json_key(j, "k");
	json_close_object(j);
}

static void wrong_close(struct json *j)
{
	json_open_object(j);
	json_close_array(j);
}

static void not_closed(struct json *j)
{
	json_open_array(j);
	json_end(j);
}

static void two_values(struct json *j)
{
	json_i64(j, 1);
	json_i64(j, 2);
}

static void too_deep(struct json *j)
{
	for (int i = 0; i < JSON_DEPTH + 1; i++)
		json_open_array(j);
}

static void close_nothing(struct json *j)
{
	json_close_array(j);
}

static void test_misuse(void **state)
{
	static const struct {
		const char *name;
		void (*run)(struct json *j);
	} cases[] = {
		{ "value without key", value_without_key },
		{ "key in array", key_in_array },
		{ "key twice", key_twice },
		{ "key without value", key_without_value },
		{ "wrong close", wrong_close },
		{ "not closed", not_closed },
		{ "two values", two_values },
		{ "too deep", too_deep },
		{ "close nothing", close_nothing },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			const struct rlimit no_core = { 0, 0 };
			struct json j;
			struct buf b;

			setrlimit(RLIMIT_CORE, &no_core);
			signal(SIGABRT, SIG_DFL);
			close(STDERR_FILENO);
			buf_init(&b, 1000);
			json_init(&j, &b);
			cases[i].run(&j);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		check(cases[i].name, WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_misuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
