#include "sender.h"

#include "amount.h"

#define FEW_MESSAGES 3
#define SOME_DAYS 3
#define MANY_DAYS 7
#define BULK 50	      /* messages of a stranger that are more than a chance */
#define WAVE 500      /* messages of one day that are a wave */
#define STEADY 5      /* the busiest day has at most so many times the mean */
#define LIST_MOST 100 /* failing messages that a mailing list explains in any case … */
#define LIST_SHARE 20 /* … and more, while they are less than a 20th of the domain's */

const char *sender_class_name(enum sender_class c)
{
	static const char *const names[CLASS_COUNT] = { "aligned", "fragile", "forwarded",
		"replay", "unclear", "not_aligned", "unauthenticated" };

	return names[c];
}

const char *sender_class_text(enum sender_class c)
{
	static const char *const texts[CLASS_COUNT] = { "Aligned", "Fragile", "Forwarded",
		"Possible replay", "Unclear", "Not aligned", "Unauthenticated" };

	return texts[c];
}

const char *confidence_name(enum confidence c)
{
	static const char *const names[] = { "low", "medium", "high" };

	return names[c];
}

/* --- Rules --- */

static struct sender_view view(unsigned rule, enum sender_class class, enum confidence sure)
{
	return (struct sender_view){ .class = class, .rule = rule, .confidence = sure };
}

static struct sender_view unclear(void)
{
	return view(11, CLASS_UNCLEAR, CONFIDENCE_LOW);
}

/* At least half of what is something. */
static bool mostly(uint64_t part, uint64_t whole)
{
	return whole > 0 && part >= (whole + 1) / 2;
}

static bool steady(const struct sender_traits *t)
{
	return t->peak * t->days <= STEADY * t->messages;
}

/* Many messages at once, of one that was not there before, at few reporters. */
static bool is_wave(const struct sender_traits *t)
{
	bool sudden = t->days <= MANY_DAYS || !steady(t);

	return t->fresh && t->peak >= WAVE && sudden && t->reasons == 0 && t->dkim_said == 0 &&
	       mostly(t->peak, t->peak_dkim) && t->peak_top_two * 10 >= t->peak_top * 8;
}

static struct sender_view judge_forwarded(const struct sender_traits *t)
{
	if (is_wave(t))
		return view(3, CLASS_REPLAY, CONFIDENCE_LOW);
	if (mostly(t->dkim_said, t->dkim_own) || mostly(t->dkim_kept, t->dkim_own))
		return view(4, CLASS_FORWARDED, CONFIDENCE_HIGH);
	if (mostly(t->dkim_kept + t->dkim_moved, t->dkim_own))
		return view(4, CLASS_FORWARDED, CONFIDENCE_MEDIUM);
	return unclear();
}

/* Most of it passes, by DKIM alone. */
static struct sender_view judge_dkim(const struct sender_traits *t)
{
	if (t->own > 0)
		return view(1, CLASS_ALIGNED, CONFIDENCE_MEDIUM);
	if (t->messages < FEW_MESSAGES || t->dkim_seen == 0)
		return unclear();
	if (t->dkim_own * 4 >= t->dkim_seen * 3)
		return judge_forwarded(t);
	if (t->dkim_own * 4 > t->dkim_seen)
		return unclear(); /* some of both */
	if (t->days >= SOME_DAYS)
		return view(5, CLASS_ALIGNED, CONFIDENCE_MEDIUM);
	return view(5, CLASS_UNCLEAR, CONFIDENCE_LOW);
}

static struct sender_view judge_pass(const struct sender_traits *t)
{
	uint64_t aligned = t->both + t->spf_only + t->dkim_only;

	if (aligned == 0)
		return unclear(); /* the receiver says so, and nothing else */
	if (t->dkim_only > aligned - t->dkim_only)
		return judge_dkim(t);
	if (t->both >= t->spf_only)
		return view(1, CLASS_ALIGNED, CONFIDENCE_HIGH);
	return view(2, CLASS_FRAGILE, CONFIDENCE_HIGH);
}

static bool is_list(const struct sender_traits *t, uint64_t fail)
{
	return mostly(t->fail_list, t->fail_seen) &&
	       (fail <= LIST_MOST || fail * LIST_SHARE <= t->domain_messages);
}

static bool is_service(const struct sender_traits *t, uint64_t fail)
{
	return mostly(t->fail_by[CAUSE_UNALIGNED], fail) && t->days >= SOME_DAYS && steady(t) &&
	       (t->known || mostly(t->fail_agrees, t->fail_seen));
}

static bool is_nothing(const struct sender_traits *t, uint64_t fail)
{
	return mostly(
		t->fail_by[CAUSE_SPF_UNAUTHORISED] + t->fail_by[CAUSE_UNAUTHENTICATED], fail);
}

static struct sender_view judge_fail(const struct sender_traits *t)
{
	uint64_t fail = t->messages - t->pass;
	uint64_t gap = t->fail_by[CAUSE_SPF_UNAUTHORISED];

	if (mostly(t->said, fail))
		return view(7, CLASS_FORWARDED, CONFIDENCE_HIGH);
	if (t->messages < FEW_MESSAGES)
		return is_nothing(t, fail) && t->own == 0
			       ? view(10, CLASS_UNAUTHENTICATED, CONFIDENCE_LOW)
			       : unclear();
	if (mostly(t->fail_by[CAUSE_DNS_ERROR], fail))
		return view(6, CLASS_UNCLEAR, CONFIDENCE_HIGH);
	if (is_list(t, fail))
		return view(7, CLASS_FORWARDED, CONFIDENCE_MEDIUM);
	if (is_service(t, fail))
		return view(8, CLASS_NOT_ALIGNED, CONFIDENCE_MEDIUM);
	if (t->own > 0)
		return view(9, CLASS_NOT_ALIGNED, CONFIDENCE_MEDIUM);
	if (mostly(gap, fail) && t->days >= MANY_DAYS && steady(t))
		return view(9, CLASS_NOT_ALIGNED, CONFIDENCE_LOW);
	if (is_nothing(t, fail))
		return view(10, CLASS_UNAUTHENTICATED,
			t->messages >= BULK ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW);
	return unclear();
}

void sender_judge(const struct sender_traits *t, struct sender_view *ret)
{
	if (t->messages == 0)
		*ret = unclear();
	else if (mostly(t->pass, t->messages))
		*ret = judge_pass(t);
	else
		*ret = judge_fail(t);
}

/* --- What is to be done --- */

bool sender_proven(const struct sender_traits *t)
{
	return t->proven > 0;
}

bool sender_own(const struct sender_traits *t, enum sender_word word)
{
	return word == WORD_OURS || (word == WORD_NONE && sender_proven(t));
}

bool sender_undecided(
	const struct sender_traits *t, const struct sender_view *v, enum sender_word word)
{
	return t->messages >= FEW_MESSAGES && word == WORD_NONE && !sender_proven(t) &&
	       v->class != CLASS_FORWARDED && v->class != CLASS_UNAUTHENTICATED;
}

#define RANK_STEP (INT64_C(1) << 48)

int64_t sender_attention(const struct sender_traits *t, const struct sender_view *v,
	enum sender_word word, uint64_t messages)
{
	bool passes = mostly(t->pass, t->messages);
	int64_t rank = 0, most = RANK_STEP - 1;

	switch (v->class) {
	case CLASS_ALIGNED:
		rank = 3;
		break;
	case CLASS_FORWARDED:
		rank = 2;
		break;
	case CLASS_FRAGILE:
		rank = 1;
		break;
	case CLASS_UNCLEAR:
		rank = passes ? 2 : 0;
		break;
	default:
		break;
	}
	if (word == WORD_NOT_OURS && rank == 0)
		rank = 4;
	return rank * RANK_STEP - (messages < (uint64_t)most ? (int64_t)messages : most);
}

/* --- Words --- */

struct words {
	struct arena *a;
	struct str *ret;
	size_t count;
};

static void say(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct words *w, const char *fmt, ...)
{
	va_list ap;

	if (w->count == SENDER_CONDITIONS)
		return;
	va_start(ap, fmt);
	w->ret[w->count++] = arena_vprintf(w->a, fmt, ap);
	va_end(ap);
}

/* "SPF and DKIM pass and match in 385 of 541 messages" */
static void say_part(struct words *w, const char *what, uint64_t part, uint64_t whole)
{
	say(w, "%s in %.*s of %.*s", what, STR_ARGS(amount_text(w->a, part)),
		STR_ARGS(amount_count(w->a, whole, "message", "messages")));
}

static void say_days(struct words *w, const struct sender_traits *t)
{
	say(w, "seen on %.*s", STR_ARGS(amount_count(w->a, t->days, "day", "days")));
}

static void say_reasons(struct words *w, const struct sender_traits *t)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = { { SAID_LIST, "mailing_list" }, { SAID_FORWARDED, "forwarded" },
		{ SAID_TRUSTED, "trusted_forwarder" }, { SAID_ARC, "arc=pass" } };
	struct str text = STR("");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (t->reasons & names[i].bit)
			text = arena_printf(w->a, "%.*s%s%s", STR_ARGS(text),
				text.n ? " or " : "", names[i].name);
	if (text.n > 0)
		say(w, "receiver said %.*s", STR_ARGS(text));
	else
		say(w, "receiver named forwarding");
}

static void say_selector(struct words *w, struct str selector)
{
	if (str_empty(selector))
		say(w, "a selector that your own server uses too");
	else
		say(w, "selector %.*s also used by your own server", STR_ARGS(selector));
}

static void say_forwarded(struct words *w, const struct sender_traits *t, struct str selector)
{
	if (mostly(t->dkim_said, t->dkim_own))
		say_reasons(w, t);
	say_selector(w, selector);
	if (mostly(t->dkim_kept, t->dkim_own))
		say(w, "MAIL FROM is yours, and SPF does not pass from there");
	else if (mostly(t->dkim_moved, t->dkim_own))
		say(w, "MAIL FROM of another domain");
}

static void say_list(struct words *w, const struct sender_traits *t)
{
	if (mostly(t->said, t->messages - t->pass)) {
		say_reasons(w, t);
		return;
	}
	say(w, "a signature of the domain broke on the way");
	say(w, "MAIL FROM of another domain passes");
}

static void say_gap(struct words *w, const struct sender_traits *t)
{
	if (t->own > 0)
		say(w, "passed SPF for the domain before");
	else
		say(w, "MAIL FROM is yours, and the SPF record does not allow the address");
	say_days(w, t);
}

static void say_nothing(struct words *w, const struct sender_traits *t)
{
	uint64_t fail = t->messages - t->pass;

	say(w, mostly(t->fail_by[CAUSE_SPF_UNAUTHORISED], fail)
			? "MAIL FROM is yours, and SPF does not pass"
			: "nothing passes for any domain");
}

static void say_unclear(struct words *w, const struct sender_traits *t)
{
	if (t->messages < FEW_MESSAGES)
		say(w, "fewer than %d messages", FEW_MESSAGES);
	else if (mostly(t->fail_by[CAUSE_UNALIGNED], t->messages - t->pass) &&
		 t->days < SOME_DAYS)
		say(w, "seen on %s only", t->days == 1 ? "one day" : "two days");
	else
		say(w, "no rule fits");
}

static void say_rule(
	struct words *w, const struct sender_traits *t, unsigned rule, struct str selector)
{
	switch (rule) {
	case 1:
		if (t->dkim_only > t->both + t->spf_only)
			say(w, "DKIM passes and matches, and SPF has done so before");
		else
			say_part(w, "SPF and DKIM pass and match", t->both, t->messages);
		break;
	case 2:
		say_part(w, "SPF passes and matches, DKIM does not,", t->spf_only, t->messages);
		break;
	case 3:
		say(w, "%.*s on one day",
			STR_ARGS(amount_count(w->a, t->peak, "message", "messages")));
		say(w, "not seen before the last 14 days");
		say_selector(w, selector);
		break;
	case 4:
		say_forwarded(w, t, selector);
		break;
	case 5:
		say(w, "its DKIM selector is not used by your own server");
		say_days(w, t);
		break;
	case 6:
		say_part(w, "a DNS error hides the result", t->fail_by[CAUSE_DNS_ERROR],
			t->messages);
		break;
	case 7:
		say_list(w, t);
		break;
	case 8:
		say(w, t->known ? "a service that is known"
				: "SPF and DKIM agree on who it is");
		say_days(w, t);
		break;
	case 9:
		say_gap(w, t);
		break;
	case 10:
		say_nothing(w, t);
		break;
	default:
		say_unclear(w, t);
		break;
	}
}

size_t sender_conditions(const struct sender_traits *t, const struct sender_view *v,
	struct str selector, struct arena *a, struct str ret[SENDER_CONDITIONS])
{
	struct words w = { .a = a, .ret = ret };

	say_rule(&w, t, v->rule, selector);
	return w.count;
}

struct str sender_text(const struct sender_view *v, const struct str *conditions, size_t count,
	struct arena *a)
{
	struct str text = arena_printf(
		a, "%s, %s", sender_class_text(v->class), confidence_name(v->confidence));

	for (size_t i = 0; i < count; i++)
		text = arena_printf(a, "%.*s%s%.*s", STR_ARGS(text), i == 0 ? ": " : ", ",
			STR_ARGS(conditions[i]));
	return text;
}
