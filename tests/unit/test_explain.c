#include "explain.h"

#include "check.h"

#include "err.h"
#include "json.h"
#include "xalloc.h"

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

#define P DMARC_PASS
#define F DMARC_FAIL
#define N DMARC_NULL

/* An entry of auth_results, with whether its domain matches; the list ends at result NULL. */
struct entry {
	const char *domain, *more, *result; /* more: selector or scope */
	enum dmarc matches;
};

struct scene {
	const char *name;
	const char *mode, *p, *sp; /* policy of example.com */
	const char *author, *org;
	const char *ip, *envelope_from, *disposition, *said_spf, *said_dkim, *override;
	struct entry spf[3], dkim[3];
	enum cause cause;
	struct verdict_parts computed, reported;
	enum dmarc result;
	bool basis_reported, disagrees;
	/* what must come out; NULL: not looked at */
	const char *answers[4], *evidence[4];
	const char *dmarc, *dmarc_evidence, *receiver, *receiver_evidence;
	const char *sentence, *advice;
	const char *disagreement; /* NULL: absent */
};

static const struct scene scenes[] = {
	{
		.name = "passes for another domain",
		.mode = "r",
		.p = "none",
		.author = "example.com",
		.org = "example.com",
		.ip = "203.0.113.30",
		.disposition = "none",
		.said_spf = "fail",
		.said_dkim = "fail",
		.spf = { { "bounce.crm.example.net", "mfrom", "pass", F } },
		.dkim = { { "crm.example.net", "k1", "pass", F } },
		.cause = CAUSE_UNALIGNED,
		.computed = { F, F, F },
		.reported = { F, F, F },
		.result = F,
		.answers = { "yes", "no", "yes", "no" },
		.evidence = { "MAIL FROM domain bounce.crm.example.net: pass",
			"bounce.crm.example.net is not in example.com (relaxed)",
			"d=crm.example.net s=k1: pass",
			"crm.example.net is not in example.com (relaxed)" },
		.dmarc = "fail",
		.dmarc_evidence = "Receiver reports the same: spf=fail dkim=fail.",
		.receiver = "delivered",
		.receiver_evidence = "disposition none; published p=none; override: –",
		.sentence = "Passes for crm.example.net, not for example.com.",
		.advice = "Yours: turn on DKIM with d=example.com there. Not yours: nothing to "
			  "fix.",
	},
	{
		.name = "strict",
		.mode = "s",
		.p = "reject",
		.author = "example.org",
		.org = "example.org",
		.ip = "203.0.113.67",
		.disposition = "quarantine",
		.said_spf = "fail",
		.said_dkim = "fail",
		.override = "policy_test_mode",
		.spf = { { "mail.example.org", "mfrom", "pass", F } },
		.cause = CAUSE_UNALIGNED,
		.computed = { F, F, F },
		.reported = { F, F, F },
		.result = F,
		.answers = { "yes", "no", "no signature", "no" },
		.evidence = { NULL, "mail.example.org is not exactly example.org (strict)",
			"The report lists no signature.", "There is no signature to compare." },
		.dmarc = "fail",
		.receiver = "quarantined",
		.receiver_evidence = "disposition quarantine; published p=reject; override: "
				     "policy_test_mode (why)",
		.sentence = "Passes for mail.example.org, not for example.org.",
	},
	{
		.name = "strict, the same",
		.mode = "s",
		.p = "reject",
		.author = "example.org",
		.org = "example.org",
		.ip = "192.0.2.40",
		.disposition = "pass",
		.said_spf = "pass",
		.said_dkim = "pass",
		.spf = { { "example.org", NULL, "pass", P } },
		.dkim = { { "example.org", NULL, "pass", P } },
		.cause = CAUSE_BOTH,
		.computed = { P, P, P },
		.reported = { P, P, P },
		.result = P,
		.answers = { "yes", "yes", "yes", "yes" },
		.evidence = { "MAIL FROM domain example.org: pass",
			"example.org is exactly example.org (strict)", "d=example.org: pass",
			"example.org is exactly example.org (strict)" },
		.dmarc = "pass",
		.receiver = "delivered",
		.sentence = "SPF and DKIM both pass and match.",
		.advice = "Nothing to do.",
	},
	{
		.name = "receiver credits DKIM without listing it",
		.p = "none",
		.author = "agree.example",
		.org = "agree.example",
		.ip = "192.0.2.50",
		.disposition = "none",
		.said_spf = "fail",
		.said_dkim = "pass",
		.spf = { { "other.example", NULL, "pass", F } },
		.cause = CAUSE_NOT_REPORTED,
		.computed = { F, F, F },
		.reported = { F, P, P },
		.result = P,
		.basis_reported = true,
		.disagrees = true,
		.answers = { "yes", "no", "not reported", "not reported" },
		.dmarc = "can't tell",
		.dmarc_evidence = "Receiver reports spf=fail dkim=pass. Its word counts: pass.",
		.sentence =
			"The receiver says spf=fail dkim=pass and lists nothing that shows it.",
		.disagreement =
			"Receiver says pass; the report lists no DKIM signature that shows it.",
	},
	{
		.name = "receiver fails what passes under the domain",
		.p = "none",
		.author = "news.example.com",
		.org = "example.com",
		.sp = "reject",
		.disposition = "reject",
		.said_spf = "fail",
		.said_dkim = "fail",
		.spf = { { "x.example", "mfrom", "pass", F } },
		.dkim = { { "other.example.com", "a", "pass", P } },
		.cause = CAUSE_DKIM_ONLY,
		.computed = { F, P, P },
		.reported = { F, F, F },
		.result = P,
		.disagrees = true,
		.answers = { "yes", "no", "yes", "yes" },
		.evidence = { NULL, "x.example is not in example.com (relaxed)", NULL,
			"other.example.com is in example.com (relaxed)" },
		.dmarc = "pass",
		.dmarc_evidence = "Receiver reports spf=fail dkim=fail.",
		.receiver = "rejected",
		.receiver_evidence =
			"disposition reject; published p=none sp=reject; override: –",
		.sentence = "DKIM passes and matches; SPF passes for x.example only.",
		.advice = "Fine. Optional: a bounce domain under news.example.com.",
		.disagreement =
			"Receiver says fail although d=other.example.com passed and matches; "
			"it may use another organisational domain.",
	},
	{
		.name = "receiver fails an equal name",
		.author = "example.com",
		.org = "example.com",
		.said_spf = "fail",
		.said_dkim = "fail",
		.spf = { { "example.com", "mfrom", "pass", P } },
		.dkim = { { "example.com", "a", "pass", P } },
		.cause = CAUSE_BOTH,
		.computed = { P, P, P },
		.reported = { F, F, F },
		.result = P,
		.disagrees = true,
		.disagreement = "Receiver says fail although d=example.com passed and matches. "
				"Receiver says SPF fail although MAIL FROM example.com passed "
				"and matches.",
	},
	{
		.name = "receiver fails SPF alone",
		.author = "example.com",
		.org = "example.com",
		.said_spf = "fail",
		.said_dkim = "pass",
		.spf = { { "b.example.com", "mfrom", "pass", P } },
		.dkim = { { "example.com", "a", "pass", P } },
		.cause = CAUSE_BOTH,
		.computed = { P, P, P },
		.reported = { F, P, P },
		.result = P,
		.disagrees = true,
		.dmarc = "pass",
		.disagreement =
			"Receiver says SPF fail although MAIL FROM b.example.com passed and "
			"matches; it may use another organisational domain.",
	},
	{
		.name = "receiver reports raw SPF",
		.author = "example.com",
		.org = "example.com",
		.said_spf = "pass",
		.said_dkim = "pass",
		.spf = { { "mg.esp.example", "mfrom", "pass", F } },
		.dkim = { { "example.com", "k1", "pass", P } },
		.cause = CAUSE_DKIM_ONLY,
		.computed = { F, P, P },
		.reported = { P, P, P },
		.result = P,
		.disagrees = true,
		.sentence = "DKIM passes and matches; SPF passes for mg.esp.example only.",
		.disagreement =
			"Receiver says SPF pass, but mg.esp.example is not in example.com: "
			"it reports the raw SPF result.",
	},
	{
		.name = "receiver credits SPF without listing it",
		.author = "example.com",
		.org = "example.com",
		.said_spf = "pass",
		.said_dkim = "fail",
		.dkim = { { "x.example", "k1", "fail", F } },
		.cause = CAUSE_NOT_REPORTED,
		.computed = { F, F, F },
		.reported = { P, F, P },
		.result = P,
		.basis_reported = true,
		.disagrees = true,
		.answers = { "not reported", "not reported", "no (fail)", "no" },
		.evidence = { "The report lists no SPF result.",
			"There is no domain to compare." },
		.disagreement =
			"Receiver says pass; the report lists no SPF result that shows it.",
	},
	{
		.name = "broken signature on a list",
		.author = "example.com",
		.org = "example.com",
		.disposition = "none",
		.said_spf = "fail",
		.said_dkim = "fail",
		.override = "mailing_list",
		.spf = { { "lists.example.info", "mfrom", "pass", F } },
		.dkim = { { "example.com", "s1", "fail", P },
			{ "lists.example.info", "l1", "pass", F } },
		.cause = CAUSE_DKIM_BROKEN,
		.computed = { F, F, F },
		.reported = { F, F, F },
		.result = F,
		.answers = { "yes", "no", "yes", "no" },
		.evidence = { NULL, NULL, "d=lists.example.info s=l1: pass",
			"lists.example.info is not in example.com (relaxed)" },
		.sentence = "Signed as example.com (s=s1), but the signature did not verify.",
	},
	{
		.name = "broken signature without selector",
		.author = "example.com",
		.org = "example.com",
		.dkim = { { "example.com", NULL, "fail", P } },
		.cause = CAUSE_DKIM_BROKEN,
		.computed = { F, F, F },
		.result = F,
		.answers = { "not reported", "not reported", "no (fail)", "yes" },
		.evidence = { NULL, NULL, "d=example.com: fail",
			"example.com is in example.com (relaxed)" },
		.dmarc_evidence = "The receiver reports no result of its own.",
		.receiver = "not reported",
		.sentence = "Signed as example.com, but the signature did not verify.",
	},
	{
		.name = "address not in SPF",
		.author = "example.com",
		.org = "example.com",
		.ip = "203.0.113.66",
		.said_spf = "fail",
		.spf = { { "example.com", "mfrom", "fail", P } },
		.cause = CAUSE_SPF_UNAUTHORISED,
		.computed = { F, F, F },
		.reported = { F, N, F },
		.result = F,
		.answers = { "no (fail)", "yes", "no signature", "no" },
		.dmarc_evidence = "Receiver reports the same: spf=fail.",
		.sentence = "MAIL FROM uses example.com, but 203.0.113.66 is not allowed by "
			    "its SPF record.",
		.advice = "Yours: add it to SPF and sign with DKIM. Not yours: someone uses "
			  "your name.",
	},
	{
		.name = "no address",
		.author = "example.com",
		.org = "example.com",
		.spf = { { "example.com", "helo", "softfail", P } },
		.cause = CAUSE_SPF_UNAUTHORISED,
		.computed = { F, F, F },
		.result = F,
		.answers = { "no (softfail)", "yes" },
		.evidence = { "HELO name example.com: softfail" },
		.sentence = "HELO uses example.com, but the address is not allowed by its SPF "
			    "record.",
	},
	{
		.name = "no SPF record",
		.author = "example.com",
		.org = "example.com",
		.ip = "203.0.113.66",
		.spf = { { "example.com", NULL, "none", P } },
		.cause = CAUSE_SPF_UNAUTHORISED,
		.computed = { F, F, F },
		.result = F,
		.answers = { "no (none)" },
		.sentence = "MAIL FROM uses example.com, which has no SPF record.",
	},
	{
		.name = "HELO does not count",
		.author = "example.com",
		.org = "example.com",
		.envelope_from = "x.example",
		.spf = { { "mx.example.com", "helo", "pass", P } },
		.cause = CAUSE_UNAUTHENTICATED,
		.computed = { F, F, F },
		.result = F,
		.answers = { "not reported", "not reported" },
		.evidence = { "The report lists no MAIL FROM result. HELO name mx.example.com: "
			      "pass" },
		.sentence = "Nothing passed for any domain.",
	},
	{
		.name = "MAIL FROM before HELO",
		.author = "example.com",
		.org = "example.com",
		.spf = { { "mx.example.com", "helo", "pass", P },
			{ "x.example", "mfrom", "fail", F } },
		.cause = CAUSE_UNAUTHENTICATED,
		.computed = { F, F, F },
		.result = F,
		.answers = { "no (fail)", "no" },
		.evidence = { "MAIL FROM domain x.example: fail" },
	},
	{
		.name = "the match among several that pass",
		.author = "example.com",
		.org = "example.com",
		.said_dkim = "pass",
		.dkim = { { "esp.example", "e1", "pass", F },
			{ "example.com", "k1", "pass", P } },
		.spf = { { "x.example", NULL, "softfail", F } },
		.cause = CAUSE_DKIM_ONLY,
		.computed = { F, P, P },
		.reported = { N, P, P },
		.result = P,
		.answers = { "no (softfail)", "no", "yes", "yes" },
		.evidence = { NULL, NULL, "d=example.com s=k1: pass" },
		.sentence = "DKIM passes and matches; SPF does not pass (x.example: softfail).",
	},
	{
		.name = "DKIM alone",
		.author = "example.com",
		.org = "example.com",
		.dkim = { { "example.com", "k1", "pass", P } },
		.cause = CAUSE_DKIM_ONLY,
		.computed = { F, P, P },
		.result = P,
		.sentence = "DKIM passes and matches; no SPF result is reported.",
	},
	{
		.name = "SPF alone",
		.author = "example.com",
		.org = "example.com",
		.spf = { { "example.com", NULL, "pass", P } },
		.dkim = { { "example.com", NULL, "none", P } },
		.cause = CAUSE_SPF_ONLY,
		.computed = { P, F, P },
		.result = P,
		.answers = { "yes", "yes", "no signature", "no" },
		.sentence = "SPF passes and matches; no DKIM signature of example.com passes.",
		.advice = "Add DKIM: SPF breaks when mail is forwarded.",
	},
	{
		.name = "DNS error",
		.author = "example.com",
		.org = "example.com",
		.spf = { { "example.com", NULL, "permerror", P } },
		.dkim = { { "example.com", "a", "temperror", P } },
		.cause = CAUSE_DNS_ERROR,
		.computed = { F, F, F },
		.result = F,
		.answers = { "no (permerror)", "yes", "no (temperror)", "yes" },
		.sentence = "A DNS or record error hid the result (SPF permerror).",
	},
	{
		.name = "DNS error of DKIM",
		.author = "example.com",
		.org = "example.com",
		.spf = { { "x.example", NULL, "permerror", F } },
		.dkim = { { "example.com", "a", "temperror", P } },
		.cause = CAUSE_DNS_ERROR,
		.computed = { F, F, F },
		.result = F,
		.sentence = "A DNS or record error hid the result (DKIM temperror).",
	},
	{
		.name = "SPF passes for another domain",
		.author = "example.com",
		.org = "example.com",
		.spf = { { "x.example", NULL, "pass", F } },
		.dkim = { { "y.example", "k", "fail", F } },
		.cause = CAUSE_UNALIGNED,
		.computed = { F, F, F },
		.result = F,
		.sentence = "Passes for x.example, not for example.com.",
	},
	{
		.name = "nothing listed",
		.author = "example.com",
		.org = "example.com",
		.said_spf = "pass",
		.said_dkim = "fail",
		.cause = CAUSE_NOT_REPORTED,
		.computed = { F, F, F },
		.reported = { P, F, P },
		.result = P,
		.basis_reported = true,
		.answers = { "not reported", "not reported", "not reported", "not reported" },
		.dmarc = "can't tell",
		.sentence = "The receiver says spf=pass dkim=fail and lists no details.",
		.advice = "Nothing to do: the receiver's own result counts.",
	},
	{
		.name = "nothing at all",
		.cause = CAUSE_NOT_REPORTED,
		.basis_reported = true,
		.result = F,
		.sentence = "The receiver lists no details to judge by.",
	},
	{
		.name = "no From: domain",
		.spf = { { "x.example", NULL, "pass", N } },
		.said_spf = "pass",
		.cause = CAUSE_NOT_REPORTED,
		.reported = { P, N, P },
		.basis_reported = true,
		.result = P,
		.answers = { "yes", "can't tell" },
		.evidence = { NULL, "The report names no From: domain." },
		.dmarc = "can't tell",
	},
	{
		.name = "no organisational domain",
		.author = "co.example",
		.spf = { { "x.co.example", NULL, "fail", F } },
		.cause = CAUSE_UNAUTHENTICATED,
		.computed = { F, F, F },
		.result = F,
		.evidence = { NULL, "x.co.example is not in co.example (relaxed)" },
	},
	{
		.name = "a word outside the RFC",
		.author = "example.com",
		.org = "example.com",
		.disposition = "held",
		.spf = { { "", NULL, "", N } },
		.cause = CAUSE_NOT_REPORTED,
		.computed = { F, F, F },
		.result = F,
		.answers = { "not reported", "not reported" },
		.receiver = "held",
		.receiver_evidence = "disposition held; published p=–; override: –",
	},
};

static size_t entries(
	const struct entry *from, bool dkim, struct auth *ret, enum dmarc *ret_matches)
{
	size_t n = 0;

	for (; n < 3 && from[n].result; n++) {
		ret[n] = (struct auth){ .domain = str_of(from[n].domain),
			.result = str_of(from[n].result) };
		*(dkim ? &ret[n].selector : &ret[n].scope) = str_of(from[n].more);
		ret_matches[n] = from[n].matches;
	}
	return n;
}

/* What a scene stands on, while it is explained. */
struct stage {
	struct policy policy;
	struct record rec;
	struct verdict v;
	struct auth spf[3], dkim[3];
	enum dmarc spf_matches[3], dkim_matches[3];
	struct override reason;
};

static void build(const struct scene *s, struct stage *st)
{
	memset(st, 0, sizeof(*st));
	st->policy = (struct policy){ .domain = STR("example.com"),
		.p = str_of(s->p),
		.sp = str_of(s->sp),
		.adkim = str_of(s->mode),
		.aspf = str_of(s->mode),
		.pct = -1 };
	st->rec = (struct record){ .messages = 1,
		.disposition = str_of(s->disposition),
		.spf = str_of(s->said_spf),
		.dkim = str_of(s->said_dkim),
		.header_from = str_of(s->author),
		.envelope_from = str_of(s->envelope_from),
		.spf_auth = st->spf,
		.dkim_auth = st->dkim };
	if (s->ip)
		assert_true(ip_parse(str_of(s->ip), &st->rec.source_ip));
	if (s->override) {
		st->reason = (struct override){ str_of(s->override), STR("why") };
		st->rec.reasons = &st->reason;
		st->rec.reason_count = 1;
	}
	st->rec.spf_count = entries(s->spf, false, st->spf, st->spf_matches);
	st->rec.dkim_count = entries(s->dkim, true, st->dkim, st->dkim_matches);
	st->v = (struct verdict){ .computed = s->computed,
		.reported = s->reported,
		.result = s->result,
		.basis_reported = s->basis_reported,
		.disagrees = s->disagrees,
		.cause = s->cause,
		.causes = 1U << s->cause,
		.spf_matches = st->spf_matches,
		.dkim_matches = st->dkim_matches,
		.author = str_of(s->author),
		.org_domain = str_of(s->org) };
}

static void same(const char *name, struct str got, const char *want)
{
	if (want)
		check_str(name, got, str_of(want));
}

static void test_scenes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(scenes); i++) {
		const struct scene *s = &scenes[i];
		struct explanation e;
		struct stage st;

		build(s, &st);
		explain_record(&arena, &st.policy, &st.rec, &st.v, &e);
		for (size_t k = 0; k < 4; k++) {
			same(s->name, e.answers[k].answer, s->answers[k]);
			same(s->name, e.answers[k].evidence, s->evidence[k]);
		}
		same(s->name, e.dmarc.answer, s->dmarc);
		same(s->name, e.dmarc.evidence, s->dmarc_evidence);
		same(s->name, e.receiver.answer, s->receiver);
		same(s->name, e.receiver.evidence, s->receiver_evidence);
		same(s->name, e.sentence, s->sentence);
		same(s->name, e.advice, s->advice);
		check_str(s->name, e.disagreement, str_of(s->disagreement));
		check_str(s->name, explain_cause(&arena, &st.rec, &st.v), e.sentence);
	}
}

/* The mark says what the word says. */
static void test_marks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(scenes); i++) {
		struct explanation e;
		struct stage st;

		build(&scenes[i], &st);
		explain_record(&arena, &st.policy, &st.rec, &st.v, &e);
		for (size_t k = 0; k < 4; k++) {
			struct str word = e.answers[k].answer;
			enum dmarc want = str_eq(word, STR("yes")) ? P
					  : str_starts(word, STR("no (")) ||
							  str_eq(word, STR("no")) ||
							  str_eq(word, STR("no signature"))
						  ? F
						  : N;

			check_int(scenes[i].name, e.answers[k].good, want);
		}
	}
}

static void test_questions(void **state)
{
	static const char *const want[] = { "SPF authenticated?", "SPF aligned with From:?",
		"DKIM authenticated?", "DKIM aligned with From:?" };
	struct explanation e;
	struct stage st;

	(void)state;
	build(&scenes[0], &st);
	explain_record(&arena, &st.policy, &st.rec, &st.v, &e);
	for (size_t i = 0; i < 4; i++)
		check_str(want[i], e.answers[i].question, str_of(want[i]));
	check_str("dmarc", e.dmarc.question, STR("DMARC = (1 and 2) or (3 and 4)"));
	check_str("receiver", e.receiver.question, STR("What the receiver did"));
}

static void test_several_authors(void **state)
{
	struct explanation e;
	struct stage st;

	(void)state;
	build(&scenes[0], &st);
	st.rec.header_from = STR("a.example, b.example");
	st.v.author = st.v.org_domain = STR_ABSENT;
	st.v.spf_matches[0] = st.v.dkim_matches[0] = DMARC_NULL;
	st.v.computed = (struct verdict_parts){ N, N, N };
	st.v.basis_reported = true;
	explain_record(&arena, &st.policy, &st.rec, &st.v, &e);
	check_str("answer", e.answers[1].answer, STR("can't tell"));
	check_str("evidence", e.answers[1].evidence,
		STR("The From: domain is not a single one: a.example, b.example"));
}

static void test_policy_tags(void **state)
{
	struct explanation e;
	struct stage st;

	(void)state;
	build(&scenes[0], &st);
	st.policy.pct = 50;
	st.policy.testing = STR("y");
	explain_record(&arena, &st.policy, &st.rec, &st.v, &e);
	check_str("tags", e.receiver.evidence,
		STR("disposition none; published p=none pct=50 t=y; override: –"));
}

static void test_disposition(void **state)
{
	static const char *const cases[][2] = { { "none", "delivered" },
		{ "pass", "delivered" }, { "quarantine", "quarantined" },
		{ "reject", "rejected" }, { "held", "held" }, { "", "not reported" } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_str(cases[i][0], explain_disposition(&arena, str_of(cases[i][0])),
			str_of(cases[i][1]));
	check_str("absent", explain_disposition(&arena, STR_ABSENT), STR("not reported"));
}

static void test_json(void **state)
{
	static const char *const parts[] = {
		"{\"questions\":[{\"question\":\"SPF "
		"authenticated?\",\"answer\":\"yes\",\"evidence\":"
		"\"MAIL FROM domain bounce.crm.example.net: pass\",\"mark\":\"pass\"},",
		"\"answer\":\"no\",\"evidence\":\"crm.example.net is not in example.com "
		"(relaxed)\","
		"\"mark\":\"fail\"}],\"dmarc\":{\"question\":\"DMARC = (1 and 2) or (3 and "
		"4)\","
		"\"answer\":\"fail\",",
		"\"receiver\":{\"question\":\"What the receiver "
		"did\",\"answer\":\"delivered\",",
		"\"sentence\":\"Passes for crm.example.net, not for "
		"example.com.\",\"advice\":\"Yours: ",
		"\"disagreement\":null}",
	};
	CLEANUP(buf)
	struct buf out;
	struct explanation e;
	struct stage st;
	struct json j;

	(void)state;
	build(&scenes[0], &st);
	explain_record(&arena, &st.policy, &st.rec, &st.v, &e);
	buf_init(&out, 65536);
	json_init(&j, &out);
	explanation_json(&j, &e);
	assert_int_equal(json_end(&j), 0);
	for (size_t i = 0; i < COUNT(parts); i++)
		check(parts[i], str_contains(buf_view(&out), str_of(parts[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scenes),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_several_authors),
		cmocka_unit_test(test_policy_tags),
		cmocka_unit_test(test_disposition),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
