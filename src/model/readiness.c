#include "readiness.h"

#include "amount.h"

#include <assert.h>
#include <string.h>

const char *const readiness_footnote =
	"Reports cover only receivers that send them; mail to others is not in these numbers. "
	"Senders that mail once a quarter may not have appeared.";

const char *verdict_word_name(enum verdict_word v)
{
	static const char *const names[] = { "ready", "not_yet", "cant_tell", "already" };

	assert((unsigned)v < sizeof(names) / sizeof(names[0]));
	return names[v];
}

const char *check_state_name(enum check_state s)
{
	static const char *const names[] = { "met", "not_met", "warn", "cant_tell", "info" };

	assert((unsigned)s < sizeof(names) / sizeof(names[0]));
	return names[s];
}

static const struct {
	const char *id, *title;
} check_names[] = {
#define CHECK(symbol, id, title) [symbol] = { id, title },
	READINESS_CHECKS(CHECK)
#undef CHECK
};

const char *check_id_name(enum check_id id)
{
	assert((unsigned)id < CHECK_COUNT);
	return check_names[id].id;
}

const char *check_title(enum check_id id)
{
	assert((unsigned)id < CHECK_COUNT);
	return check_names[id].title;
}

enum target readiness_target(const struct policy *p)
{
	return str_eq(p->p, STR("quarantine")) || str_eq(p->p, STR("reject"))
		       ? TARGET_REJECT
		       : TARGET_QUARANTINE;
}

/* --- Numbers in words --- */

#define AMOUNT(a, n) STR_ARGS(amount_text((a), (n)))

/* "99.5%", "99%" */
static struct str permille_text(struct arena *a, unsigned permille)
{
	return permille % 10 ? arena_printf(a, "%u.%u%%", permille / 10, permille % 10)
			     : arena_printf(a, "%u%%", permille / 10);
}

static const char *plural(uint64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

/* --- Checks --- */

struct checking {
	const struct readiness_facts *f;
	const struct readiness_rules *k;
	struct arena *a;
	struct readiness *ret;
	bool reject;
};

static struct readiness_check *check_add(struct checking *c, enum check_id id)
{
	struct readiness_check *check = &c->ret->checks[c->ret->check_count++];

	*check = (struct readiness_check){ .id = id, .need = STR_ABSENT };
	return check;
}

static void item_add(struct checking *c, struct readiness_check *check, size_t most,
	struct str key, struct str name, struct str text)
{
	if (!check->items)
		check->items = ARENA_ARRAY(c->a, struct readiness_item, most);
	check->items[check->item_count++] = (struct readiness_item){ key, name, text };
}

static void check_days(struct checking *c)
{
	struct readiness_check *check = check_add(c, CHECK_DAYS);
	uint64_t days = (uint64_t)(c->f->to_day - c->f->from_day);

	check->state = c->f->days_reported >= c->k->days_reported ? CHECK_MET : CHECK_CANT_TELL;
	check->text = arena_printf(c->a, "%.*s of %.*s days have reports",
		AMOUNT(c->a, c->f->days_reported), AMOUNT(c->a, days));
	check->need = arena_printf(c->a, "at least %u", c->k->days_reported);
}

static void check_strict_days(struct checking *c)
{
	struct readiness_check *check;

	if (!c->reject)
		return;
	check = check_add(c, CHECK_STRICT_DAYS);
	check->state =
		c->f->days_strict >= c->k->days_at_quarantine ? CHECK_MET : CHECK_NOT_MET;
	check->text = arena_printf(c->a, "%.*s %s with p=quarantine or stricter",
		AMOUNT(c->a, c->f->days_strict), plural(c->f->days_strict, "day", "days"));
	check->need = arena_printf(c->a, "at least %u", c->k->days_at_quarantine);
}

static void check_reporters(struct checking *c)
{
	struct readiness_check *check = check_add(c, CHECK_REPORTERS);
	bool big = c->f->messages > 0 && amount_reaches(c->f->top_reporter_messages,
						 c->f->messages, c->k->reporter_permille);

	check->state = c->f->reporters >= c->k->reporters && big ? CHECK_MET : CHECK_CANT_TELL;
	check->text = arena_printf(c->a, "%.*s %s, the largest has %.*s of the messages",
		AMOUNT(c->a, c->f->reporters), plural(c->f->reporters, "reporter", "reporters"),
		STR_ARGS(amount_share(c->a, c->f->top_reporter_messages, c->f->messages)));
	check->need = arena_printf(c->a, "at least %u, one of them with %.*s", c->k->reporters,
		STR_ARGS(permille_text(c->a, c->k->reporter_permille)));
}

static bool is_own(const struct sender_track *t)
{
	return t->word == WORD_OURS || (t->proven && t->word != WORD_NOT_OURS);
}

static void check_own_pass(struct checking *c)
{
	struct readiness_check *check = check_add(c, CHECK_OWN_PASS);
	const struct roster *r = c->f->roster;
	unsigned need = c->reject ? c->k->reject_pass_permille : c->k->quarantine_pass_permille;
	uint64_t own = 0;

	for (size_t i = 0; i < r->sender_count; i++) {
		const struct sender_track *t = &r->senders[i];
		struct sender_day d = roster_sum(t->days, t->day_count,
			c->f->to_day - (int64_t)c->k->pass_days, c->f->to_day);
		uint64_t of = d.messages - d.explained;

		if (!is_own(t) || of == 0)
			continue;
		own++;
		if (amount_reaches(d.pass, of, need))
			continue;
		item_add(c, check, r->sender_count, t->key, t->name,
			arena_printf(c->a, "%.*s of %.*s messages pass",
				STR_ARGS(amount_share(c->a, d.pass, of)), AMOUNT(c->a, of)));
	}
	check->state = check->item_count == 0 ? CHECK_MET : CHECK_NOT_MET;
	c->ret->fix += check->item_count;
	check->text = check->item_count == 0
			      ? arena_printf(c->a, "%.*s of your senders, all pass",
					AMOUNT(c->a, own))
			      : arena_printf(c->a, "%zu of your %.*s senders pass too little",
					check->item_count, AMOUNT(c->a, own));
	check->need = arena_printf(c->a,
		"%.*s of each, over %u days, without what forwarding explains",
		STR_ARGS(permille_text(c->a, need)), c->k->pass_days);
}

static uint64_t undecided_least(uint64_t messages, const struct readiness_rules *k)
{
	uint64_t share = (uint64_t)((double)messages * k->undecided_permille / 1000);

	return share > k->undecided_messages ? share : k->undecided_messages;
}

#define UNDECIDED_NAMED 200

/* "3 undecided senders, 1 fails; 2 that nothing passes for" */
static struct str undecided_text(
	struct arena *a, uint64_t undecided, size_t failing, size_t strangers)
{
	struct str text = STR("no sender is undecided");

	if (undecided > 0 && failing == 0)
		text = arena_printf(a, "%.*s undecided %s, too small to wait for",
			AMOUNT(a, undecided), plural(undecided, "sender", "senders"));
	else if (undecided > 0)
		text = arena_printf(a, "%.*s undecided %s, %.*s %s", AMOUNT(a, undecided),
			plural(undecided, "sender", "senders"), AMOUNT(a, failing),
			plural(failing, "fails", "fail"));
	return strangers == 0 ? text
			      : arena_printf(a, "%.*s; %.*s that nothing passes for",
					STR_ARGS(text), AMOUNT(a, strangers));
}

/* Those that fail often enough, as items; how many there are. */
static size_t failing_add(struct checking *c, struct readiness_check *check,
	const struct readiness_sender *list, size_t count)
{
	uint64_t least = undecided_least(c->f->messages, c->k);
	size_t failing = 0;

	for (size_t i = 0; i < count; i++) {
		if (list[i].fail < least)
			continue;
		failing++;
		if (check->item_count < UNDECIDED_NAMED)
			item_add(c, check, UNDECIDED_NAMED, list[i].key, list[i].name,
				arena_printf(c->a, "%.*s messages failed",
					AMOUNT(c->a, list[i].fail)));
	}
	return failing;
}

/* Strangers need no decision, but one of them may be a server that somebody forgot. */
static void check_undecided(struct checking *c)
{
	struct readiness_check *check = check_add(c, CHECK_UNDECIDED);
	const struct readiness_facts *f = c->f;
	size_t failing, strangers;

	check->need = arena_printf(c->a, "none that fails with %.*s messages or more",
		AMOUNT(c->a, undecided_least(f->messages, c->k)));
	c->ret->undecided = f->undecided_count;
	c->ret->undecided_unknown = f->undecided_unknown;
	if (f->undecided_unknown) {
		check->state = CHECK_CANT_TELL;
		check->text = STR("there are too many senders to look at each");
		return;
	}
	failing = failing_add(c, check, f->undecided, f->undecided_count);
	strangers = failing_add(c, check, f->strangers, f->stranger_count);
	check->state = failing > 0 ? CHECK_NOT_MET : strangers > 0 ? CHECK_WARN : CHECK_MET;
	c->ret->decide += failing;
	check->text = undecided_text(c->a, f->undecided_count, failing, strangers);
}

static void check_dkim(struct checking *c)
{
	struct readiness_check *check = check_add(c, CHECK_DKIM);
	unsigned need = c->reject ? c->k->reject_dkim_permille : c->k->quarantine_dkim_permille;
	bool met = amount_reaches(c->f->dkim_pass, c->f->pass, need);

	check->state = met ? CHECK_MET : c->reject ? CHECK_NOT_MET : CHECK_WARN;
	check->text = arena_printf(c->a, "%.*s (%.*s of %.*s) of passing mail has aligned DKIM",
		STR_ARGS(amount_share(c->a, c->f->dkim_pass, c->f->pass)),
		AMOUNT(c->a, c->f->dkim_pass), AMOUNT(c->a, c->f->pass));
	check->need = arena_printf(c->a, "at least %.*s%s", STR_ARGS(permille_text(c->a, need)),
		c->reject ? ": SPF alone breaks when mail is forwarded" : "");
}

static void check_explained(struct checking *c)
{
	struct readiness_check *check = check_add(c, CHECK_EXPLAINED);
	uint64_t n = c->f->explained;
	bool lists = c->k->users_post_to_lists == LISTS_YES;

	check->state = c->reject && (n > 0 || lists) ? CHECK_WARN : CHECK_INFO;
	check->text = arena_printf(c->a, "%.*s %s after forwarding or a mailing list",
		AMOUNT(c->a, n), plural(n, "message failed", "messages failed"));
	if (c->reject && lists)
		check->need = STR("your users post to mailing lists: RFC 9989 section 7.4 "
				  "advises against p=reject");
	else if (c->reject && n > 0)
		check->need = STR("such mail would be lost");
}

static void check_one_policy(struct checking *c)
{
	struct readiness_check *check = check_add(c, CHECK_ONE_POLICY);
	const struct policy_seen *p = c->f->policies, *a = NULL, *b = NULL;
	struct str from, to;

	check->state = c->f->policy_count > 0 ? CHECK_MET : CHECK_CANT_TELL;
	check->text = c->f->policy_count > 0 ? STR("all reporters see the same policy")
					     : STR("no report says which policy it saw");
	for (size_t i = 0; i < c->f->policy_count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!policy_differs(&p[j].policy, &p[i].policy))
				continue;
			a = &p[j];
			b = &p[i];
		}
	}
	/* Told once: there may be as many pairs as reporters have reporters. */
	if (a) {
		policy_difference(c->a, &a->policy, &b->policy, &from, &to);
		check->state = CHECK_NOT_MET;
		check->text = arena_printf(c->a, "%.*s sees %.*s, %.*s sees %.*s",
			STR_ARGS(a->reporter), STR_ARGS(from), STR_ARGS(b->reporter),
			STR_ARGS(to));
	}
	check->need = arena_printf(c->a, "one, over the last %u days", c->k->policy_days);
}

static void check_disagree(struct checking *c)
{
	struct readiness_check *check = check_add(c, CHECK_DISAGREE);
	unsigned most =
		c->reject ? c->k->reject_disagree_permille : c->k->quarantine_disagree_permille;
	uint64_t n = c->f->disagree_records;

	check->state =
		n == 0 || !amount_reaches(n, c->f->records, most) ? CHECK_MET : CHECK_NOT_MET;
	check->text = arena_printf(c->a, "%.*s of %.*s records: the receiver says otherwise",
		AMOUNT(c->a, n), AMOUNT(c->a, c->f->records));
	check->need = arena_printf(c->a, "less than %.*s", STR_ARGS(permille_text(c->a, most)));
}

/* What is published for subdomains: sp, else p. */
static struct str subdomain_policy(const struct policy *p)
{
	return str_empty(p->sp) ? p->p : p->sp;
}

static void check_subdomains(struct checking *c)
{
	struct readiness_check *check = check_add(c, CHECK_SUBDOMAINS);
	struct str sp = subdomain_policy(&c->f->policy);

	check->state = CHECK_INFO;
	for (size_t i = 0; i < c->f->subdomain_count; i++) {
		const struct readiness_name *s = &c->f->subdomains[i];

		item_add(c, check, c->f->subdomain_count, s->name, s->name,
			arena_printf(c->a, "%.*s messages, %.*s failed",
				AMOUNT(c->a, s->messages),
				AMOUNT(c->a, s->messages - s->pass)));
	}
	if (check->item_count == 0)
		check->text = STR("no mail from subdomains");
	else
		check->text = arena_printf(c->a,
			"%zu %s in From:; they get %s=%.*s unless they have a record of their "
			"own",
			check->item_count, plural(check->item_count, "subdomain", "subdomains"),
			str_empty(c->f->policy.sp) ? "p" : "sp",
			STR_ARGS(str_empty(sp) ? STR("?") : sp));
}

/* --- Verdict --- */

/* Where there are too many senders to tell what each is: by those that have a name. */
static uint64_t own_failed_of(const struct checking *c)
{
	const struct roster *roster = c->f->roster;
	uint64_t n = 0;

	for (size_t i = 0; i < roster->sender_count; i++) {
		const struct sender_track *t = &roster->senders[i];
		struct sender_day d =
			roster_sum(t->days, t->day_count, c->f->from_day, c->f->to_day);

		if (is_own(t))
			n += roster_fail(&d);
	}
	return n;
}

static void add_impact(struct checking *c)
{
	struct readiness *r = c->ret;

	r->messages = c->f->messages;
	r->affected = c->f->messages - c->f->pass;
	r->forwarded = c->f->explained;
	r->own = c->f->undecided_unknown ? own_failed_of(c) : c->f->own_failed;
	r->others = r->affected - r->forwarded - r->own;
}

static bool already(const struct policy *p, enum target target)
{
	return str_eq(p->p, STR("reject")) ||
	       (target == TARGET_QUARANTINE && str_eq(p->p, STR("quarantine")));
}

static void add_verdict(struct checking *c)
{
	struct readiness *r = c->ret;
	bool cant_tell = false;

	for (size_t i = 0; i < r->check_count; i++) {
		const struct readiness_check *check = &r->checks[i];
		bool counted = check->id == CHECK_OWN_PASS || check->id == CHECK_UNDECIDED;

		cant_tell |= check->state == CHECK_CANT_TELL;
		r->warnings += check->state == CHECK_WARN;
		r->fix += check->state == CHECK_NOT_MET && !counted;
	}
	r->verdict = already(&c->f->policy, r->target) ? ALREADY
		     : cant_tell		       ? CANT_TELL
		     : r->fix + r->decide > 0	       ? NOT_YET
						       : READY;
}

void readiness_check(const struct readiness_facts *f, enum target target, struct arena *a,
	struct readiness *ret)
{
	static void (*const checks[])(struct checking *) = { check_days, check_strict_days,
		check_reporters, check_own_pass, check_undecided, check_dkim, check_explained,
		check_one_policy, check_disagree, check_subdomains };
	struct checking c = { f, f->rules, a, ret, target == TARGET_REJECT };

	*ret = (struct readiness){ .domain = f->domain,
		.target = target,
		.policy = f->policy,
		.from_day = f->from_day,
		.to_day = f->to_day };
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](&c);
	add_impact(&c);
	add_verdict(&c);
}

/* --- In words --- */

static const char *target_word(enum target t)
{
	return t == TARGET_REJECT ? "reject" : "quarantine";
}

static struct str things_text(struct arena *a, const struct readiness *r)
{
	if (r->decide > 0 && r->fix > 0)
		return arena_printf(a, "%.*s %s to decide, %.*s to fix", AMOUNT(a, r->decide),
			plural(r->decide, "thing", "things"), AMOUNT(a, r->fix));
	return arena_printf(a, "%.*s %s to %s", AMOUNT(a, r->decide + r->fix),
		plural(r->decide + r->fix, "thing", "things"), r->decide ? "decide" : "fix");
}

struct str readiness_verdict_text(struct arena *a, const struct readiness *r)
{
	switch (r->verdict) {
	case READY:
		if (r->warnings == 0)
			return STR("Ready: all checks met");
		return arena_printf(a, "Ready: all checks met, %.*s %s", AMOUNT(a, r->warnings),
			plural(r->warnings, "warning", "warnings"));
	case NOT_YET:
		return arena_printf(a, "Not yet: %.*s", STR_ARGS(things_text(a, r)));
	case CANT_TELL:
		return STR("Can't tell yet: not enough data");
	case ALREADY:
		break;
	}
	return arena_printf(a, "It is published already: p=%.*s%s", STR_ARGS(r->policy.p),
		str_eq(r->policy.testing, STR("y"))
			? ", with t=y: receivers of RFC 9989 apply one level less"
			: "");
}

struct str readiness_step_text(struct arena *a, const struct readiness *r)
{
	switch (r->verdict) {
	case READY:
		return arena_printf(a, "p=%s", target_word(r->target));
	case NOT_YET:
		return things_text(a, r);
	case CANT_TELL:
		return STR("not enough data");
	case ALREADY:
		break;
	}
	return STR("–");
}

struct str readiness_impact_text(struct arena *a, const struct readiness *r)
{
	return arena_printf(a,
		"%.*s of %.*s messages would have been affected: %.*s from senders proven to "
		"be yours, %.*s after forwarding, %.*s from others",
		AMOUNT(a, r->affected), AMOUNT(a, r->messages), AMOUNT(a, r->own),
		AMOUNT(a, r->forwarded), AMOUNT(a, r->others));
}

struct str readiness_advice_text(struct arena *a, const struct readiness *r)
{
	const char *from = r->target == TARGET_REJECT ? "quarantine" : "none";

	if (r->verdict == ALREADY)
		return STR_ABSENT;
	return arena_printf(a,
		"The step is to change p=%.*s into p=%s in the DMARC record, and nothing else "
		"of it. With t=y beside it receivers of RFC 9989 apply one level less than p "
		"says; older ones do not know t and apply p in full.",
		STR_ARGS(str_empty(r->policy.p) ? str_of(from) : r->policy.p),
		target_word(r->target));
}
