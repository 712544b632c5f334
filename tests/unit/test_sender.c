#include "sender.h"

#include "check.h"

/* Traits in the order in which a table reads well; all else is 0. */
#define FAILS(cause, n) .fail_by[cause] = (n)

static const struct {
	const char *name;
	struct sender_traits t;
	enum sender_class class;
	unsigned rule;
	enum confidence confidence;
	const char *text; /* with selector s1 */
} cases[] = {
	{ "nothing", { .messages = 0 }, CLASS_UNCLEAR, 11, CONFIDENCE_LOW,
		"Unclear, low: fewer than 3 messages" },
	{ "both",
		{ .messages = 541, .pass = 541, .both = 385, .dkim_only = 120, .spf_only = 36 },
		CLASS_ALIGNED, 1, CONFIDENCE_HIGH,
		"Aligned, high: SPF and DKIM pass and match in 385 of 541 messages" },
	{ "one message passes", { .messages = 1, .pass = 1, .both = 1 }, CLASS_ALIGNED, 1,
		CONFIDENCE_HIGH,
		"Aligned, high: SPF and DKIM pass and match in 1 of 1 message" },
	{ "half fails",
		{ .messages = 20, .pass = 10, .both = 10, FAILS(CAUSE_DKIM_BROKEN, 10) },
		CLASS_ALIGNED, 1, CONFIDENCE_HIGH,
		"Aligned, high: SPF and DKIM pass and match in 10 of 20 messages" },
	{ "SPF alone", { .messages = 8, .pass = 8, .spf_only = 8, .own = 8 }, CLASS_FRAGILE, 2,
		CONFIDENCE_HIGH,
		"Fragile, high: SPF passes and matches, DKIM does not, in 8 of 8 messages" },
	{ "a wave of replays",
		{ .messages = 900,
			.pass = 900,
			.dkim_only = 900,
			.days = 1,
			.peak = 900,
			.dkim_seen = 900,
			.dkim_own = 900,
			.dkim_moved = 900,
			.fresh = 1,
			.peak_dkim = 1000,
			.peak_top = 900,
			.peak_top_two = 900 },
		CLASS_REPLAY, 3, CONFIDENCE_LOW,
		"Possible replay, low: 900 messages on one day, not seen before the last 14 "
		"days,"
		" selector s1 also used by your own server" },
	{ "too small for a wave",
		{ .messages = 499,
			.pass = 499,
			.dkim_only = 499,
			.days = 1,
			.peak = 499,
			.dkim_seen = 499,
			.dkim_own = 499,
			.dkim_moved = 499,
			.fresh = 1,
			.peak_dkim = 500,
			.peak_top = 499,
			.peak_top_two = 499 },
		CLASS_FORWARDED, 4, CONFIDENCE_MEDIUM, NULL },
	{ "a wave that many see",
		{ .messages = 900,
			.pass = 900,
			.dkim_only = 900,
			.days = 1,
			.peak = 900,
			.dkim_seen = 900,
			.dkim_own = 900,
			.dkim_moved = 900,
			.fresh = 1,
			.peak_dkim = 1000,
			.peak_top = 900,
			.peak_top_two = 700 },
		CLASS_FORWARDED, 4, CONFIDENCE_MEDIUM, NULL },
	{ "a small part of the day",
		{ .messages = 900,
			.pass = 900,
			.dkim_only = 900,
			.days = 1,
			.peak = 900,
			.dkim_seen = 900,
			.dkim_own = 900,
			.dkim_moved = 900,
			.fresh = 1,
			.peak_dkim = 2000,
			.peak_top = 900,
			.peak_top_two = 900 },
		CLASS_FORWARDED, 4, CONFIDENCE_MEDIUM, NULL },
	{ "forwarded, envelope kept",
		{ .messages = 6,
			.pass = 6,
			.dkim_only = 6,
			.days = 1,
			.dkim_seen = 6,
			.dkim_own = 6,
			.dkim_kept = 6 },
		CLASS_FORWARDED, 4, CONFIDENCE_HIGH,
		"Forwarded, high: selector s1 also used by your own server, MAIL FROM is yours,"
		" and SPF does not pass from there" },
	{ "forwarded, envelope of another",
		{ .messages = 6,
			.pass = 6,
			.dkim_only = 6,
			.days = 1,
			.dkim_seen = 6,
			.dkim_own = 6,
			.dkim_moved = 6 },
		CLASS_FORWARDED, 4, CONFIDENCE_MEDIUM,
		"Forwarded, medium: selector s1 also used by your own server, MAIL FROM of"
		" another domain" },
	{ "forwarded, the receiver says",
		{ .messages = 6,
			.pass = 6,
			.dkim_only = 6,
			.days = 1,
			.dkim_seen = 6,
			.dkim_own = 6,
			.dkim_moved = 6,
			.dkim_said = 6,
			.reasons = SAID_ARC },
		CLASS_FORWARDED, 4, CONFIDENCE_HIGH,
		"Forwarded, high: receiver said arc=pass, selector s1 also used by your own"
		" server, MAIL FROM of another domain" },
	{ "own selector, no SPF at all",
		{ .messages = 6,
			.pass = 6,
			.dkim_only = 6,
			.days = 1,
			.dkim_seen = 6,
			.dkim_own = 6 },
		CLASS_UNCLEAR, 11, CONFIDENCE_LOW, "Unclear, low: no rule fits" },
	{ "DKIM alone of what passed SPF before",
		{ .messages = 6,
			.pass = 6,
			.dkim_only = 6,
			.dkim_seen = 6,
			.dkim_own = 6,
			.dkim_kept = 6,
			.own = 90 },
		CLASS_ALIGNED, 1, CONFIDENCE_MEDIUM, NULL },
	{ "two messages by DKIM",
		{ .messages = 2,
			.pass = 2,
			.dkim_only = 2,
			.dkim_seen = 2,
			.dkim_own = 2,
			.dkim_kept = 2 },
		CLASS_UNCLEAR, 11, CONFIDENCE_LOW, "Unclear, low: fewer than 3 messages" },
	{ "a service's own selector",
		{ .messages = 120, .pass = 120, .dkim_only = 120, .days = 3, .dkim_seen = 120 },
		CLASS_ALIGNED, 5, CONFIDENCE_MEDIUM,
		"Aligned, medium: its DKIM selector is not used by your own server, seen on 3"
		" days" },
	{ "the same, on two days",
		{ .messages = 120, .pass = 120, .dkim_only = 120, .days = 2, .dkim_seen = 120 },
		CLASS_UNCLEAR, 5, CONFIDENCE_LOW, NULL },
	{ "some of both selectors",
		{ .messages = 120,
			.pass = 120,
			.dkim_only = 120,
			.days = 9,
			.dkim_seen = 120,
			.dkim_own = 60,
			.dkim_kept = 60 },
		CLASS_UNCLEAR, 11, CONFIDENCE_LOW, NULL },
	{ "the receiver's word", { .messages = 5, .pass = 5 }, CLASS_UNCLEAR, 11,
		CONFIDENCE_LOW, NULL },
	{ "DNS", { .messages = 9, FAILS(CAUSE_DNS_ERROR, 9) }, CLASS_UNCLEAR, 6,
		CONFIDENCE_HIGH,
		"Unclear, high: a DNS error hides the result in 9 of 9 messages" },
	{ "a list, the receiver says",
		{ .messages = 4, .said = 4, FAILS(CAUSE_DKIM_BROKEN, 4), .reasons = SAID_LIST },
		CLASS_FORWARDED, 7, CONFIDENCE_HIGH,
		"Forwarded, high: receiver said mailing_list" },
	{ "one of a list", { .messages = 1, .said = 1, .reasons = 0 }, CLASS_FORWARDED, 7,
		CONFIDENCE_HIGH, "Forwarded, high: receiver named forwarding" },
	{ "a list, by the signature",
		{ .messages = 40,
			FAILS(CAUSE_DKIM_BROKEN, 40),
			.fail_seen = 40,
			.fail_list = 40 },
		CLASS_FORWARDED, 7, CONFIDENCE_MEDIUM,
		"Forwarded, medium: a signature of the domain broke on the way, MAIL FROM of"
		" another domain passes" },
	{ "too many for a list",
		{ .messages = 400,
			FAILS(CAUSE_DKIM_BROKEN, 400),
			.fail_seen = 400,
			.fail_list = 400,
			.domain_messages = 7999 },
		CLASS_UNCLEAR, 11, CONFIDENCE_LOW, NULL },
	{ "a service not set up",
		{ .messages = 60,
			FAILS(CAUSE_UNALIGNED, 60),
			.days = 3,
			.peak = 30,
			.known = 1,
			.fail_seen = 60 },
		CLASS_NOT_ALIGNED, 8, CONFIDENCE_MEDIUM,
		"Not aligned, medium: a service that is known, seen on 3 days" },
	{ "SPF and DKIM agree",
		{ .messages = 60,
			FAILS(CAUSE_UNALIGNED, 60),
			.days = 3,
			.peak = 30,
			.fail_seen = 60,
			.fail_agrees = 60 },
		CLASS_NOT_ALIGNED, 8, CONFIDENCE_MEDIUM, NULL },
	{ "for two days",
		{ .messages = 12,
			FAILS(CAUSE_UNALIGNED, 12),
			.days = 2,
			.peak = 7,
			.fail_seen = 12,
			.fail_agrees = 12 },
		CLASS_UNCLEAR, 11, CONFIDENCE_LOW, "Unclear, low: seen on two days only" },
	{ "all at once",
		{ .messages = 1000,
			FAILS(CAUSE_UNALIGNED, 1000),
			.days = 30,
			.peak = 900,
			.fail_seen = 1000,
			.fail_agrees = 1000 },
		CLASS_UNCLEAR, 11, CONFIDENCE_LOW, NULL },
	{ "own server that fails now",
		{ .messages = 30, FAILS(CAUSE_DKIM_BROKEN, 30), .own = 5 }, CLASS_NOT_ALIGNED,
		9, CONFIDENCE_MEDIUM, NULL },
	{ "a gap in SPF",
		{ .messages = 30, FAILS(CAUSE_SPF_UNAUTHORISED, 30), .days = 7, .peak = 6 },
		CLASS_NOT_ALIGNED, 9, CONFIDENCE_LOW, NULL },
	{ "not allowed",
		{ .messages = 6, FAILS(CAUSE_SPF_UNAUTHORISED, 6), .days = 3, .peak = 3 },
		CLASS_UNAUTHENTICATED, 10, CONFIDENCE_LOW,
		"Unauthenticated, low: MAIL FROM is yours, and SPF does not pass" },
	{ "in bulk", { .messages = 50, FAILS(CAUSE_UNAUTHENTICATED, 50), .days = 1 },
		CLASS_UNAUTHENTICATED, 10, CONFIDENCE_MEDIUM,
		"Unauthenticated, medium: nothing passes for any domain" },
	{ "a single one", { .messages = 1, FAILS(CAUSE_UNAUTHENTICATED, 1) },
		CLASS_UNAUTHENTICATED, 10, CONFIDENCE_LOW, NULL },
	{ "broken, from nowhere", { .messages = 6, FAILS(CAUSE_DKIM_BROKEN, 6) }, CLASS_UNCLEAR,
		11, CONFIDENCE_LOW, "Unclear, low: no rule fits" },
};

static void rules_in_their_order(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str words[SENDER_CONDITIONS];
		struct sender_view v;
		size_t n;

		sender_judge(&cases[i].t, &v);
		check_str(cases[i].name, str_of(sender_class_name(v.class)),
			str_of(sender_class_name(cases[i].class)));
		check_int(cases[i].name, v.rule, cases[i].rule);
		check_str(cases[i].name, str_of(confidence_name(v.confidence)),
			str_of(confidence_name(cases[i].confidence)));
		n = sender_conditions(&cases[i].t, &v, STR("s1"), &a, words);
		check(cases[i].name, n > 0 && n <= SENDER_CONDITIONS);
		if (cases[i].text)
			check_str(cases[i].name, sender_text(&v, words, n, &a),
				str_of(cases[i].text));
	}
	arena_release(&a);
}

/* Never a word that accuses. */
static void nobody_is_accused(void **state)
{
	static const char *const words[] = { "malicious", "threat", "spoof", "spam", "attack" };
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str said[SENDER_CONDITIONS], text;
		struct sender_view v;

		sender_judge(&cases[i].t, &v);
		text = sender_text(
			&v, said, sender_conditions(&cases[i].t, &v, STR_ABSENT, &a, said), &a);
		for (size_t k = 0; k < COUNT(words); k++)
			check(cases[i].name, !str_contains(text, str_of(words[k])));
	}
	arena_release(&a);
}

static int64_t attention(enum sender_class class, enum sender_word word, uint64_t messages)
{
	struct sender_traits t = { .messages = 10 };
	struct sender_view v = { .class = class };

	return sender_attention(&t, &v, word, messages);
}

static void what_wants_attention_comes_first(void **state)
{
	const int64_t order[] = { attention(CLASS_NOT_ALIGNED, WORD_NONE, 1000),
		attention(CLASS_UNCLEAR, WORD_OURS, 999),
		attention(CLASS_UNAUTHENTICATED, WORD_NONE, 5),
		attention(CLASS_FRAGILE, WORD_NONE, 100000),
		attention(CLASS_FORWARDED, WORD_NONE, 100000),
		attention(CLASS_ALIGNED, WORD_OURS, 100000),
		attention(CLASS_ALIGNED, WORD_NONE, 1),
		attention(CLASS_NOT_ALIGNED, WORD_NOT_OURS, 100000) };

	(void)state;
	for (size_t i = 1; i < COUNT(order); i++)
		assert_true(order[i - 1] < order[i]);
	assert_true(attention(CLASS_NOT_ALIGNED, WORD_NONE, UINT64_MAX) <
		    attention(CLASS_NOT_ALIGNED, WORD_NONE, 1));
}

static void what_is_to_be_decided(void **state)
{
	struct sender_traits t = { .messages = 3 }, few = { .messages = 2 },
			     proven = { .messages = 10, .proven = 1 };
	struct sender_view v = { .class = CLASS_NOT_ALIGNED };
	static const enum sender_class passed_over[] = { CLASS_FORWARDED,
		CLASS_UNAUTHENTICATED };

	(void)state;
	assert_true(sender_undecided(&t, &v, WORD_NONE));
	assert_false(sender_undecided(&few, &v, WORD_NONE));
	assert_false(sender_undecided(&t, &v, WORD_OURS));
	assert_false(sender_undecided(&t, &v, WORD_NOT_OURS));
	assert_false(sender_undecided(&proven, &v, WORD_NONE));
	for (size_t i = 0; i < COUNT(passed_over); i++) {
		v.class = passed_over[i];
		assert_false(sender_undecided(&t, &v, WORD_NONE));
	}
}

static void what_is_yours(void **state)
{
	struct sender_traits t = { .messages = 10 }, proven = { .messages = 10, .proven = 1 };

	(void)state;
	assert_false(sender_own(&t, WORD_NONE));
	assert_true(sender_own(&t, WORD_OURS));
	assert_true(sender_own(&proven, WORD_NONE));
	assert_false(sender_own(&proven, WORD_NOT_OURS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_in_their_order),
		cmocka_unit_test(nobody_is_accused),
		cmocka_unit_test(what_wants_attention_comes_first),
		cmocka_unit_test(what_is_to_be_decided),
		cmocka_unit_test(what_is_yours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
