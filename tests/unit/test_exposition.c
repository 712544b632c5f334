/* Metrics as text, in both formats. */
#include "check.h"

#include "exposition.h"
#include "xalloc.h"

static const struct metric counter = { "a_things", METRIC_COUNTER, NULL, "Some things." };
static const struct metric seconds = { "b_seconds", METRIC_GAUGE, "seconds", "Some time." };
static const struct metric info = { "c", METRIC_INFO, NULL, "Some words." };
static const struct metric spread = { "d_seconds", METRIC_HISTOGRAM, "seconds", "Some times." };
static const struct histogram_scale scale = { .count = 2, .bounds_us = { 500, 2000000 } };

static void write_all(enum exposition_format format, struct buf *out)
{
	struct exposition e;
	struct histogram h;

	histogram_init(&h, &scale);
	histogram_add(&h, 500);
	histogram_add(&h, 501);
	histogram_add(&h, 3000000);
	exposition_init(&e, format, out);
	exposition_family(&e, &counter);
	exposition_number(&e, LABELS({ "x", STR("1") }, { "y", STR_ABSENT }), UINT64_MAX);
	exposition_family(&e, &seconds);
	exposition_signed(&e, NO_LABELS, -5);
	exposition_micros(&e, LABELS({ "x", STR("2") }), 1250000);
	exposition_family(&e, &info);
	exposition_number(&e, LABELS({ "v", STR("1.2") }), 1);
	exposition_family(&e, &spread);
	exposition_histogram(&e, LABELS({ "x", STR("3") }), &h);
	exposition_histogram(&e, NO_LABELS, &h);
	exposition_end(&e);
}

static const char *const histogram_text =
	"d_seconds_bucket{x=\"3\",le=\"0.0005\"} 1\nd_seconds_bucket{x=\"3\",le=\"2.0\"} 2\n"
	"d_seconds_bucket{x=\"3\",le=\"+Inf\"} 3\nd_seconds_count{x=\"3\"} 3\n"
	"d_seconds_sum{x=\"3\"} 3.001001\nd_seconds_bucket{le=\"0.0005\"} 1\n"
	"d_seconds_bucket{le=\"2.0\"} 2\nd_seconds_bucket{le=\"+Inf\"} 3\nd_seconds_count 3\n"
	"d_seconds_sum 3.001001\n";

static void same(
	const char *name, enum exposition_format format, const char *head, const char *end)
{
	CLEANUP(buf)
	struct buf out, want;

	buf_init(&out, 1 << 20);
	buf_init(&want, 1 << 20);
	write_all(format, &out);
	buf_printf(&want, "%s%s%s", head, histogram_text, end);
	check_str(name, buf_view(&out), buf_view(&want));
	buf_release(&want);
}

static void text_format(void **state)
{
	(void)state;
	same("0.0.4", EXPOSITION_TEXT,
		"# HELP a_things_total Some things.\n# TYPE a_things_total counter\n"
		"a_things_total{x=\"1\",y=\"\"} 18446744073709551615\n"
		"# HELP b_seconds Some time.\n# TYPE b_seconds gauge\nb_seconds -5\n"
		"b_seconds{x=\"2\"} 1.25\n# HELP c_info Some words.\n# TYPE c_info gauge\n"
		"c_info{v=\"1.2\"} 1\n# HELP d_seconds Some times.\n# TYPE d_seconds "
		"histogram\n",
		"");
}

static void open_metrics_format(void **state)
{
	(void)state;
	same("1.0.0", EXPOSITION_OPENMETRICS,
		"# HELP a_things Some things.\n# TYPE a_things counter\n"
		"a_things_total{x=\"1\",y=\"\"} 18446744073709551615\n"
		"# HELP b_seconds Some time.\n# TYPE b_seconds gauge\n"
		"# UNIT b_seconds seconds\nb_seconds -5\nb_seconds{x=\"2\"} 1.25\n"
		"# HELP c Some words.\n# TYPE c info\nc_info{v=\"1.2\"} 1\n"
		"# HELP d_seconds Some times.\n# TYPE d_seconds histogram\n"
		"# UNIT d_seconds seconds\n",
		"# EOF\n");
}

static const struct value_case {
	const char *name;
	struct str value;
	const char *want;
} values[] = {
	{ "plain", STR_INIT("example.com"), "example.com" },
	{ "quote", STR_INIT("a\"b"), "a\\\"b" },
	{ "backslash", STR_INIT("a\\nb\\"), "a\\\\nb\\\\" },
	{ "line end", STR_INIT("a\nb"), "a\\nb" },
	{ "controls", STR_INIT("a\r\t\x01\x7f"),
		"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "NUL", STR_INIT("a\0b"),
		"a\xef\xbf\xbd"
		"b" },
	{ "not UTF-8", STR_INIT("a\xff\xc3"), "a\xef\xbf\xbd\xef\xbf\xbd" },
	{ "UTF-8", STR_INIT("m\xc3\xbcller"), "m\xc3\xbcller" },
	{ "braces", STR_INIT("{},= #"), "{},= #" },
	{ "nothing", STR_INIT(""), "" },
};

static void label_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		CLEANUP(buf)
		struct buf out;
		struct exposition e;
		struct str view;

		buf_init(&out, 4096);
		exposition_init(&e, EXPOSITION_TEXT, &out);
		exposition_family(&e, &seconds);
		buf_clear(&out);
		exposition_number(&e, LABELS({ "x", values[i].value }), 1);
		view = buf_view(&out);
		check(values[i].name, str_starts(view, STR("b_seconds{x=\"")));
		check(values[i].name, str_ends(view, STR("\"} 1\n")));
		check_str(values[i].name, str_make(view.p + 13, view.n - 18),
			str_of(values[i].want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_format),
		cmocka_unit_test(open_metrics_format),
		cmocka_unit_test(label_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
