#include "service.h"

#include "check.h"

#include <string.h>

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* --- The file of the program --- */

static void the_builtin_rules(void **state)
{
	struct services *s = services_new(&arena);
	struct err err = { 0 };

	(void)state;
	if (services_add(s, services_builtin(), &err) < 0)
		fail_msg("line %lld: %s", (long long)err.line, err.text);
	assert_true(services_count(s) >= 120);
	check("version", services_version(s).n == 10); /* a day */
	for (size_t i = 0; i < services_count(s); i++) {
		const struct service *one = services_at(s, i);
		const char *name = arena_cstr(&arena, one->name);

		check(name, str_index(one->key, '.') < 0 && one->key.n > 0);
		check(name, services_find(s, one->key) == one);
		check(name, !one->own && one->word == WORD_NONE);
		check_str(name, str_trim(one->name), one->name);
	}
	for (size_t i = 0; i < services_pattern_count(s); i++) {
		const struct service_pattern *p = services_pattern(s, i);
		const char *name = arena_cstr(&arena, p->domain);

		check(name, p->by == NAMED_BY_DKIM || p->by == NAMED_BY_SPF);
		check_str(name, arena_str_lower(&arena, p->domain), p->domain);
		check(name,
			services_of_domain(s, p->domain, p->by) == services_at(s, p->service));
	}
	check("default", services_count(services_default()) == services_count(s));
}

static const struct {
	const char *name, *text, *message;
	int line;
} mistakes[] = {
	{ "empty", "", "the first line must be", 1 },
	{ "no form", "A = dkim:a.example\n", "the first line must be", 1 },
	{ "other form", "ruad-services 2 x\n", "the first line must be", 1 },
	{ "no version", "ruad-services 1 \n", "the first line must be", 1 },
	{ "no pattern", "ruad-services 1 x\nA =\n", "there is no pattern", 2 },
	{ "no sign", "ruad-services 1 x\nA dkim:a.example\n", "a line is 'Name = ", 2 },
	{ "no name", "ruad-services 1 x\n = dkim:a.example\n", "a line is 'Name = ", 2 },
	{ "no kind", "ruad-services 1 x\nA = a.example\n", "'a.example' is no pattern", 2 },
	{ "address", "ruad-services 1 x\nA = ip:192.0.2.1\n", "is no pattern", 2 },
	{ "one label", "ruad-services 1 x\nA = dkim:com\n", "is no pattern", 2 },
	{ "dot at the end", "ruad-services 1 x\nA = dkim:a.example.\n", "is no pattern", 2 },
	{ "blank inside", "ruad-services 1 x\nA = dkim: a.example\n", "is no pattern", 2 },
	{ "wildcard", "ruad-services 1 x\nA = dkim:*.a.example\n", "is no pattern", 2 },
	{ "order", "ruad-services 1 x\n\n# b\nb = dkim:b.example\nA = dkim:a.example\n",
		"'A' stands behind 'b'", 5 },
	{ "twice", "ruad-services 1 x\nA = dkim:a.example\na = dkim:b.example\n",
		"'a' stands behind 'A'", 3 },
	{ "one key", "ruad-services 1 x\nA B = dkim:a.example\nA-B = dkim:b.example\n",
		"differ in nothing that counts", 3 },
	{ "signs only", "ruad-services 1 x\n+++ = dkim:a.example\n", "a letter or a digit", 2 },
	{ "pattern twice", "ruad-services 1 x\nA = dkim:a.example\nB = dkim:A.Example\n",
		"'dkim:a.example' stands there twice: A, B", 3 },
	{ "control character", "ruad-services 1 x\nA\x1b = dkim:a.example\n",
		"a line is 'Name = ", 2 },
};

static void mistakes_have_a_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		struct services *s = services_new(&arena);
		struct err err = { 0 };

		check_int(mistakes[i].name, services_add(s, str_of(mistakes[i].text), &err),
			ERR_CONFIG);
		check(mistakes[i].name,
			str_contains(str_of(err.text), str_of(mistakes[i].message)));
		if (strcmp(mistakes[i].name, "pattern twice") != 0)
			check_int(mistakes[i].name, err.line, mistakes[i].line);
	}
}

static void a_file_is_bounded(void **state)
{
	struct services *s = services_new(&arena);
	struct err err = { 0 };
	char *text = arena_alloc(&arena, SERVICES_FILE_MOST + 2, 1);

	(void)state;
	memset(text, '#', SERVICES_FILE_MOST + 1);
	check_int("size", services_add(s, str_make(text, SERVICES_FILE_MOST + 1), &err),
		ERR_CONFIG);
}

static void networks_are_bounded(void **state)
{
	struct services *s = services_new(&arena);
	struct str patterns[SERVICE_PATTERNS_MOST];
	struct err err = { 0 };
	int r = 0;

	(void)state;
	for (int k = 0; k < 3; k++) {
		for (int i = 0; i < SERVICE_PATTERNS_MOST; i++)
			patterns[i] = arena_printf(&arena, "ip:192.%d.2.%d", k, i);
		r = services_add_own(s, arena_printf(&arena, "s%d", k), patterns,
			SERVICE_PATTERNS_MOST, WORD_NONE, &err);
		check_int("networks", r, k < 2 ? 0 : ERR_CONFIG);
	}
}

/* --- Names --- */

#define OWN(s, name, word, ...) \
	own((s), (name), (word), (const struct str[]){ __VA_ARGS__ }, \
		sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

static void own(struct services *s, const char *name, enum sender_word word,
	const struct str *patterns, size_t n)
{
	struct err err = { 0 };

	if (services_add_own(s, str_of(name), patterns, n, word, &err) < 0)
		fail_msg("%s: %s", name, err.text);
}

static struct services *rules(void)
{
	struct services *s = services_new(&arena);
	struct err err = { 0 };

	OWN(s, "Our CRM", WORD_OURS, STR("dkim:crm.example"), STR("ip:192.0.2.0/28"));
	OWN(s, "Hub", WORD_NONE, STR("ip:192.0.2.0/24"), STR("ip:2001:db8::/32"),
		STR("spf:Hub.Example"));
	OWN(s, "Mine", WORD_NOT_OURS, STR("dkim:shared.example"));
	if (services_add(s,
		    STR("ruad-services 1 test\nBig Mailer = dkim:big.example spf:big.example"
			" dkim:shared.example\nDeep = dkim:deep.big.example\nHub = "
			"dkim:hub2.example\n"),
		    &err) < 0)
		fail_msg("%s", err.text);
	return s;
}

static const struct {
	const char *what, *domain;
	enum named_by by;
	const char *ip, *key, *name;
	enum naming naming;
} names[] = {
	{ "own by DKIM", "crm.example", NAMED_BY_DKIM, "203.0.113.1", "our-crm", "Our CRM",
		NAMING_OWN },
	{ "not by MAIL FROM", "crm.example", NAMED_BY_SPF, "203.0.113.1", "crm.example",
		"crm.example", NAMING_SPF },
	{ "what is below", "x.crm.example", NAMED_BY_DKIM, NULL, "our-crm", "Our CRM",
		NAMING_OWN },
	{ "not what ends so", "mycrm.example", NAMED_BY_DKIM, NULL, "mycrm.example",
		"mycrm.example", NAMING_DKIM },
	{ "address before domain", "crm.example", NAMED_BY_DKIM, "192.0.2.200", "hub", "Hub",
		NAMING_OWN },
	{ "first of two networks", NULL, NAMED_BY_ADDRESS, "192.0.2.3", "our-crm", "Our CRM",
		NAMING_OWN },
	{ "IPv6", "big.example", NAMED_BY_SPF, "2001:db8:1::5", "hub", "Hub", NAMING_OWN },
	{ "own before the file", "shared.example", NAMED_BY_DKIM, NULL, "mine", "Mine",
		NAMING_OWN },
	{ "service", "big.example", NAMED_BY_SPF, "203.0.113.1", "big-mailer", "Big Mailer",
		NAMING_SERVICE },
	{ "longest", "a.deep.big.example", NAMED_BY_DKIM, NULL, "deep", "Deep",
		NAMING_SERVICE },
	{ "service of an own key", "hub2.example", NAMED_BY_DKIM, NULL, "hub", "Hub",
		NAMING_SERVICE },
	{ "domain", "example.net", NAMED_BY_DKIM, "203.0.113.1", "example.net", "example.net",
		NAMING_DKIM },
	{ "address", NULL, NAMED_BY_ADDRESS, "203.0.113.1", "203.0.113.1", "203.0.113.1",
		NAMING_ADDRESS },
	{ "network", NULL, NAMED_BY_ADDRESS, "2001:DB9::5", "2001:db9::/64", "2001:db9::/64",
		NAMING_ADDRESS },
	{ "nobody", NULL, NAMED_BY_ADDRESS, NULL, "", "", NAMING_ADDRESS },
};

static void names_follow_the_rules(void **state)
{
	struct services *s = rules();

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct sender_name name;
		struct ip ip = { 0 };
		char buf[IP_TEXT];

		if (names[i].ip)
			check(names[i].what, ip_parse(str_of(names[i].ip), &ip));
		services_name(s, str_of(names[i].domain), names[i].by, names[i].ip ? &ip : NULL,
			buf, &name);
		check_str(names[i].what, name.key, str_of(names[i].key));
		check_str(names[i].what, name.name, str_of(names[i].name));
		check_str(names[i].what, str_of(naming_name(name.by)),
			str_of(naming_name(names[i].naming)));
	}
}

static void a_key_of_older_rules_goes_along(void **state)
{
	struct services *s = rules();

	(void)state;
	check_str("domain", services_key_now(s, STR("crm.example")), STR("our-crm"));
	check_str("MAIL FROM", services_key_now(s, STR("hub.example")), STR("hub"));
	check_str("address", services_key_now(s, STR("192.0.2.77")), STR("hub"));
	check_str("service", services_key_now(s, STR("big-mailer")), STR("big-mailer"));
	check_str("nobody's", services_key_now(s, STR("example.net")), STR("example.net"));
}

static void the_digest_tells_rules_apart(void **state)
{
	struct services *a = services_new(&arena), *b = services_new(&arena),
			*c = services_new(&arena);

	(void)state;
	OWN(a, "X", WORD_OURS, STR("dkim:a.example"));
	OWN(b, "X", WORD_NONE, STR("dkim:a.example"));
	OWN(c, "X", WORD_OURS, STR("dkim:a.example"));
	assert_false(digest_eq(services_digest(a), services_digest(b)));
	assert_true(digest_eq(services_digest(a), services_digest(c)));
}

static const struct {
	const char *text, *want; /* NULL: no sender has it */
} keys[] = { { "Example.NET", "example.net" }, { "amazon-ses", "amazon-ses" },
	{ "192.0.2.1", "192.0.2.1" }, { "2001:db8::1", "2001:db8::/64" },
	{ "2001:DB8:0:0::/64", "2001:db8::/64" }, { "192.0.2.0/24", NULL },
	{ "2001:db8::/32", NULL }, { "", NULL }, { "a b", NULL }, { "a\nb", NULL },
	{ "::ffff:192.0.2.1", "192.0.2.1" } };

static void keys_have_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct str key = STR_ABSENT;
		bool ok = sender_key_norm(&arena, str_of(keys[i].text), &key);

		check_int(keys[i].text, ok, keys[i].want != NULL);
		if (ok)
			check_str(keys[i].text, key, str_of(keys[i].want));
	}
	check_str("umlaut", service_key(&arena, STR("B\xc3\xbcro 24/7!")), STR("b-ro-24-7"));
}

static void words_and_notes(void **state)
{
	char note[MARK_NOTE_MOST + 2];
	enum sender_word word;

	(void)state;
	for (int i = 0; i < WORD_COUNT; i++) {
		assert_true(sender_word_from_name(
			str_of(sender_word_name((enum sender_word)i)), &word));
		assert_int_equal(word, i);
	}
	assert_true(sender_word_from_name(STR("not-ours"), &word));
	assert_int_equal(word, WORD_NOT_OURS);
	assert_false(sender_word_from_name(STR("mine"), &word));
	assert_true(mark_note_ok(STR("two\r\nlines\tand <b>")));
	assert_false(mark_note_ok(STR("\x1b[31m")));
	assert_false(mark_note_ok(STR("\xff")));
	memset(note, 'x', sizeof(note));
	assert_true(mark_note_ok(str_make(note, MARK_NOTE_MOST)));
	assert_false(mark_note_ok(str_make(note, MARK_NOTE_MOST + 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_builtin_rules),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(a_file_is_bounded),
		cmocka_unit_test(networks_are_bounded),
		cmocka_unit_test(names_follow_the_rules),
		cmocka_unit_test(a_key_of_older_rules_goes_along),
		cmocka_unit_test(the_digest_tells_rules_apart),
		cmocka_unit_test(keys_have_one_form),
		cmocka_unit_test(words_and_notes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
