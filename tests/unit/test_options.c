/* Words of the command line: options, values, filters, and what is said of mistakes. */
#include "check.h"

#include "options.h"
#include "xalloc.h"

#include <string.h>

static const struct option_spec global[] = { { "db", 0, "FILE", "" },
	{ "quiet", 'q', NULL, "" }, { NULL, 0, NULL, NULL } };
static const struct option_spec own[] = { { "done", 'd', "WHAT", "" },
	{ NULL, 0, NULL, NULL } };
static const char *const filters[] = { "domain", "source_ip", "range", NULL };

struct line {
	const char *name;
	const char *words[6];
	const char *option, *value; /* expected value of option; NULL: absent */
	size_t args;
	const char *message; /* expected part of the error */
};

static const struct line lines[] = {
	{ "value after", { "--db", "x.db" }, "db", "x.db", 0, NULL },
	{ "value with equals", { "--db=x.db" }, "db", "x.db", 0, NULL },
	{ "empty value with equals", { "--db=" }, "db", "", 0, NULL },
	{ "flag", { "-q" }, "quiet", "", 0, NULL },
	{ "letter with value", { "-d", "seen" }, "done", "seen", 0, NULL },
	{ "letter and value in one", { "-dseen" }, "done", "seen", 0, NULL },
	{ "last one counts", { "--db", "a", "--db", "b" }, "db", "b", 0, NULL },
	{ "arguments between options", { "a", "--db", "x", "b" }, "db", "x", 2, NULL },
	{ "dash is an argument", { "-" }, "db", NULL, 1, NULL },
	{ "two dashes end the options", { "--", "--db" }, "db", NULL, 1, NULL },
	{ "not given", { "a" }, "db", NULL, 1, NULL },
	{ "filter with dash", { "--source-ip", "192.0.2.1" }, "db", NULL, 0, NULL },
	{ "value missing", { "--db" }, NULL, NULL, 0, "--db wants a value" },
	{ "flag with value", { "--quiet=yes" }, NULL, NULL, 0, "--quiet takes no value" },
	{ "misspelt option", { "--dome", "x" }, NULL, NULL, 0, "Did you mean --done?" },
	{ "misspelt filter", { "--domian", "x" }, NULL, NULL, 0, "Did you mean --domain?" },
	{ "unknown letter", { "-z" }, NULL, NULL, 0, "-z is not an option here" },
	{ "bad filter value", { "--source-ip", "999.1.1.1" }, NULL, NULL, 0, "source_ip" },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		const struct line *l = &lines[i];
		CLEANUP(arena)
		struct arena a;
		arena_init(&a);
		struct query q;
		query_init(&q, &a);
		int n = 0;
		while (n < 6 && l->words[n])
			n++;
		struct options o = { 0 };
		struct err err = { 0 };
		int r = options_parse(
			&a, n, (char **)l->words, global, own, &q, filters, &o, &err);
		if (l->message) {
			check(l->name, r == ERR_USAGE);
			check(l->name, str_contains(str_of(err.text), str_of(l->message)));
			continue;
		}
		check(l->name, r == 0);
		check_int(l->name, o.arg_count, l->args);
		check_str(l->name, str_of(options_get(&o, l->option)), str_of(l->value));
	}
}

static void test_filter_reaches_query(void **state)
{
	(void)state;
	CLEANUP(arena)
	struct arena a;
	arena_init(&a);
	struct query q;
	query_init(&q, &a);
	char *words[] = { (char *)"--source-ip", (char *)"192.0.2.0/28" };
	struct options o = { 0 };
	struct err err = { 0 };
	check_int("parse", options_parse(&a, 2, words, global, own, &q, filters, &o, &err), 0);
	check_int("networks", q.network_count, 1);
	check_int("prefix", q.networks[0].prefix_bits, 28);
}

static void test_filters_only_where_taken(void **state)
{
	(void)state;
	CLEANUP(arena)
	struct arena a;
	arena_init(&a);
	char *words[] = { (char *)"--domain", (char *)"example.com" };
	struct options o = { 0 };
	struct err err = { 0 };
	check_int("refused", options_parse(&a, 2, words, global, own, NULL, NULL, &o, &err),
		ERR_USAGE);
}

/* Each name of a query is an option, with "-" for "_": what is said of a strange value is about
 * the value. */
static void test_every_name_is_an_option(void **state)
{
	(void)state;
	size_t taken = 0;
	for (const char *const *name = query_names; *name; name++) {
		CLEANUP(arena)
		struct arena a;
		arena_init(&a);
		struct query q;
		query_init(&q, &a);
		char *word = (char *)arena_printf(&a, "--%s=!", *name).p;
		for (char *p = word; *p; p++)
			*p = *p == '_' ? '-' : *p;
		struct options o = { 0 };
		struct err err = { 0 };
		int r = options_parse(&a, 1, &word, global, own, &q, query_names, &o, &err);
		check(*name, r == 0 || strcmp(err.reason, "invalid-parameter") == 0);
		taken++;
	}
	check("there are many", taken > 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_filter_reaches_query),
		cmocka_unit_test(test_every_name_is_an_option),
		cmocka_unit_test(test_filters_only_where_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
