#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "judge.h"

#include <stdio.h>
#include <string.h>

/*
 * A record in short.  policy: "domain" or "domain adkim aspf".  dkim: "domain=result …"; spf:
 * "domain=result …", with "helo:" or "mfrom:" before the domain where it has a scope; a domain
 * or result may be empty.  said: "dkim spf" of policy_evaluated, "-" absent.  reason: "type
 * comment…".  envelope_from: NULL absent.
 *
 * want: "spf dkim dmarc result basis cause sender", "!" when it disagrees, "*" when it is
 * explained.
 */
#define V(called, published, author, signatures, senders, evaluated, wanted, ...) \
	{ \
		.name = called, .policy = published, .from = author, .dkim = signatures, \
		.spf = senders, .said = evaluated, .want = wanted __VA_OPT__(, ) __VA_ARGS__ \
	}

static const struct vector {
	const char *name, *policy, *from, *dkim, *spf, *said, *want;
	const char *envelope_from, *reason;
} vectors[] = {
	/* identical names */
	V("both, same names", "example.com", "example.com", "example.com=pass",
		"example.com=pass", "pass pass", "pass pass pass pass computed both -"),
	V("dkim alone", "example.com", "example.com", "example.com=pass", "example.com=fail",
		"pass fail", "fail pass pass pass computed dkim_only -"),
	V("spf alone", "example.com", "example.com", "example.com=fail", "example.com=pass",
		"fail pass", "pass fail pass pass computed spf_only -"),
	V("spf alone, no signature", "example.com", "example.com", "", "example.com=pass",
		"fail pass", "pass fail pass pass computed spf_only -"),
	V("neither", "example.com", "example.com", "example.com=fail", "example.com=fail",
		"fail fail", "fail fail fail fail computed dkim_broken -"),

	/* relaxed */
	V("relaxed dkim above from", "example.com", "mail.example.com", "example.com=pass", "",
		"pass fail", "fail pass pass pass computed dkim_only -"),
	V("relaxed dkim below from", "example.com", "example.com", "s.example.com=pass", "",
		"pass fail", "fail pass pass pass computed dkim_only -"),
	V("relaxed dkim beside from", "example.com", "a.example.com", "b.example.com=pass", "",
		"pass fail", "fail pass pass pass computed dkim_only -"),
	V("relaxed spf below from", "example.com", "example.com", "", "bounce.example.com=pass",
		"fail pass", "pass fail pass pass computed spf_only -"),
	V("relaxed spf deep below", "example.com", "example.com", "",
		"a.b.c.d.example.com=pass", "fail pass",
		"pass fail pass pass computed spf_only -"),
	V("same ending is no subdomain", "example.com", "example.com", "badexample.com=pass",
		"", "fail fail", "fail fail fail fail computed unaligned badexample.com/dkim"),
	V("other domain", "example.com", "example.com", "esp.example=pass",
		"mg.esp.example=pass", "fail fail",
		"fail fail fail fail computed unaligned esp.example/dkim"),

	/* strict */
	V("strict dkim, same name", "example.com s s", "example.com", "example.com=pass", "",
		"pass fail", "fail pass pass pass computed dkim_only -"),
	V("strict dkim, subdomain", "example.com s s", "example.com", "m.example.com=pass", "",
		"fail fail", "fail fail fail fail computed unaligned example.com/dkim"),
	V("strict dkim, parent", "example.com s s", "m.example.com", "example.com=pass", "",
		"fail fail", "fail fail fail fail computed unaligned example.com/dkim"),
	V("strict spf, subdomain", "example.com r s", "example.com", "", "m.example.com=pass",
		"fail fail", "fail fail fail fail computed unaligned example.com/spf"),
	V("strict dkim, relaxed spf", "example.com s r", "example.com", "m.example.com=pass",
		"m.example.com=pass", "fail pass",
		"pass fail pass pass computed spf_only example.com/dkim"),
	V("relaxed dkim, strict spf", "example.com r s", "example.com", "m.example.com=pass",
		"m.example.com=pass", "pass fail",
		"fail pass pass pass computed dkim_only example.com/spf"),
	V("strict, upper case", "example.com s s", "Example.COM", "eXample.com=pass",
		"EXAMPLE.com=pass", "pass pass", "pass pass pass pass computed both -"),
	V("strict, trailing dots", "example.com. s s", "example.com.", "example.com=pass",
		"example.com.=pass", "pass pass", "pass pass pass pass computed both -"),
	V("mode missing is relaxed", "example.com", "example.com", "a.example.com=pass", "",
		"pass fail", "fail pass pass pass computed dkim_only -"),

	/* public suffixes */
	V("suffix of two labels, own", "shop.co.uk", "shop.co.uk", "m.shop.co.uk=pass", "",
		"pass fail", "fail pass pass pass computed dkim_only -"),
	V("suffix of two labels, neighbour", "shop.co.uk", "shop.co.uk", "other.co.uk=pass", "",
		"fail fail", "fail fail fail fail computed unaligned other.co.uk/dkim"),
	V("suffix as d=", "shop.co.uk", "shop.co.uk", "co.uk=pass", "", "fail fail",
		"fail fail fail fail computed unaligned -"),
	V("TLD as d=", "example.com", "example.com", "com=pass", "", "fail fail",
		"fail fail fail fail computed unaligned -"),
	V("suffix in MAIL FROM", "example.com", "example.com", "", "com=pass", "fail fail",
		"fail fail fail fail computed unaligned -"),
	V("from is a suffix", "co.uk", "co.uk", "co.uk=pass", "", "fail fail",
		"fail fail fail fail computed unaligned -"),
	V("from is a suffix, strict", "co.uk s s", "co.uk", "co.uk=pass", "", "fail fail",
		"fail fail fail fail computed unaligned -"),
	V("wildcard suffix, own", "a.b.kobe.jp", "a.b.kobe.jp", "x.a.b.kobe.jp=pass", "",
		"pass fail", "fail pass pass pass computed dkim_only -"),
	V("wildcard suffix, neighbour", "a.b.kobe.jp", "a.b.kobe.jp", "c.b.kobe.jp=pass", "",
		"fail fail", "fail fail fail fail computed unaligned c.b.kobe.jp/dkim"),
	V("wildcard suffix as d=", "a.b.kobe.jp", "a.b.kobe.jp", "b.kobe.jp=pass", "",
		"fail fail", "fail fail fail fail computed unaligned -"),
	V("below a domain, but beyond a suffix", "vendor.com", "vendor.com",
		"x.apps.vendor.com=pass", "", "fail fail",
		"fail fail fail fail computed unaligned x.apps.vendor.com/dkim"),
	V("from beyond a suffix inside a domain", "x.apps.vendor.com", "x.apps.vendor.com",
		"vendor.com=pass", "", "fail fail",
		"fail fail fail fail computed unaligned vendor.com/dkim"),
	V("exception", "city.kobe.jp", "city.kobe.jp", "www.city.kobe.jp=pass", "", "pass fail",
		"fail pass pass pass computed dkim_only -"),
	V("exception, neighbour", "city.kobe.jp", "city.kobe.jp", "x.town.kobe.jp=pass", "",
		"fail fail", "fail fail fail fail computed unaligned x.town.kobe.jp/dkim"),
	V("private suffix, own", "a.hosted.example", "a.hosted.example",
		"m.a.hosted.example=pass", "", "pass fail",
		"fail pass pass pass computed dkim_only -"),
	V("private suffix, neighbour", "a.hosted.example", "a.hosted.example",
		"b.hosted.example=pass", "", "fail fail",
		"fail fail fail fail computed unaligned b.hosted.example/dkim"),
	V("unknown TLD", "a.unlisted", "m.a.unlisted", "a.unlisted=pass", "", "pass fail",
		"fail pass pass pass computed dkim_only -"),

	/* the policy's domain as organizational domain */
	V("policy above from", "mail.example.com", "a.mail.example.com",
		"b.mail.example.com=pass", "", "pass fail",
		"fail pass pass pass computed dkim_only -"),
	V("policy above from, d= above the policy", "mail.example.com", "a.mail.example.com",
		"example.com=pass", "", "fail fail",
		"fail fail fail fail computed unaligned example.com/dkim"),
	V("policy above from, d= is the policy's", "mail.example.com", "a.mail.example.com",
		"mail.example.com=pass", "", "pass fail",
		"fail pass pass pass computed dkim_only -"),
	V("policy at from gives no hint", "mail.example.com", "mail.example.com",
		"example.com=pass", "", "pass fail",
		"fail pass pass pass computed dkim_only -"),
	V("policy of a public suffix gives no hint", "co.uk", "shop.co.uk", "other.co.uk=pass",
		"", "fail fail", "fail fail fail fail computed unaligned other.co.uk/dkim"),
	V("policy of a public suffix, own", "co.uk", "shop.co.uk", "m.shop.co.uk=pass", "",
		"pass fail", "fail pass pass pass computed dkim_only -"),
	V("policy of another domain", "example.org", "a.example.com", "example.com=pass", "",
		"pass fail", "fail pass pass pass computed dkim_only -"),
	V("policy above from, strict", "example.com s s", "a.example.com", "example.com=pass",
		"a.example.com=pass", "fail pass",
		"pass fail pass pass computed spf_only example.com/dkim"),
	V("policy above from, suffix as d=", "vendor.com", "m.vendor.com",
		"apps.vendor.com=pass", "", "fail fail",
		"fail fail fail fail computed unaligned -"),
	V("policy above from, across a suffix", "vendor.com", "x.apps.vendor.com",
		"m.vendor.com=pass", "", "pass fail",
		"fail pass pass pass computed dkim_only -"),

	/* spelling */
	V("U-label in from", "xn--bcher-kva.example",
		"b\xc3\xbc"
		"cher.example",
		"xn--bcher-kva.example=pass", "", "pass fail",
		"fail pass pass pass computed dkim_only -"),
	V("U-label in d=", "xn--bcher-kva.example", "xn--bcher-kva.example",
		"m.b\xc3\xbc"
		"cher.example=pass",
		"", "pass fail", "fail pass pass pass computed dkim_only -"),
	V("upper case everywhere", "EXAMPLE.COM", "Mail.Example.Com", "S.EXAMPLE.COM=pass",
		"B.EXAMPLE.com=pass", "pass pass", "pass pass pass pass computed both -"),
	V("trailing dot in d=", "example.com", "example.com", "example.com.=pass", "",
		"pass fail", "fail pass pass pass computed dkim_only -"),
	V("address in from", "example.com", "someone@example.com", "example.com=pass", "",
		"pass fail", "fail pass pass pass computed dkim_only -"),
	V("address in MAIL FROM", "example.com", "example.com", "", "bounce@m.example.com=pass",
		"fail pass", "pass fail pass pass computed spf_only -"),
	V("from that cannot exist", "example.com", "bad\xef\xbf\xbd.example.com",
		"example.com=pass", "", "fail fail",
		"fail fail fail fail computed unaligned example.com/dkim"),
	V("address literal as from", "example.com", "192.0.2.1", "", "192.0.2.1=pass",
		"fail fail", "fail fail fail fail computed unaligned -"),

	/* several signatures */
	V("aligned one last", "example.com", "example.com",
		"esp.example=pass other.example=fail example.com=pass", "", "pass fail",
		"fail pass pass pass computed dkim_only esp.example/dkim"),
	V("aligned one broken, other passes", "example.com", "example.com",
		"example.com=fail esp.example=pass", "esp.example=pass", "fail fail",
		"fail fail fail fail computed dkim_broken esp.example/dkim"),
	V("same domain, one of two passes", "example.com", "example.com",
		"example.com=fail example.com=pass", "", "pass fail",
		"fail pass pass pass computed dkim_only -"),
	V("first passing one names", "example.com", "example.com",
		"one.example=fail two.example=pass three.example=pass", "", "fail fail",
		"fail fail fail fail computed unaligned two.example/dkim"),
	V("subdomain names its organization", "example.com", "example.com",
		"a.b.esp.example=pass", "", "fail fail",
		"fail fail fail fail computed unaligned esp.example/dkim"),
	V("suffix names nobody, the next does", "example.com", "example.com",
		"co.uk=pass esp.example=pass", "", "fail fail",
		"fail fail fail fail computed unaligned esp.example/dkim"),
	V("dkim names before spf", "example.com", "example.com", "one.example=pass",
		"two.example=pass", "fail fail",
		"fail fail fail fail computed unaligned one.example/dkim"),
	V("spf names", "example.com", "example.com", "one.example=fail", "m.two.example=pass",
		"fail fail", "fail fail fail fail computed unaligned two.example/spf"),

	/* SPF scopes */
	V("mfrom", "example.com", "example.com", "", "mfrom:example.com=pass", "fail pass",
		"pass fail pass pass computed spf_only -"),
	V("helo with MAIL FROM", "example.com", "example.com", "", "helo:example.com=pass",
		"fail pass", "fail fail fail fail computed unauthenticated - !",
		.envelope_from = "example.com"),
	V("helo, MAIL FROM unknown", "example.com", "example.com", "", "helo:example.com=pass",
		"fail pass", "pass fail pass pass computed spf_only -"),
	V("helo, MAIL FROM empty", "example.com", "example.com", "", "helo:mx.example.com=pass",
		"fail pass", "pass fail pass pass computed spf_only -", .envelope_from = ""),
	V("helo beside mfrom", "example.com", "example.com", "",
		"helo:example.com=pass mfrom:example.com=fail", "fail fail",
		"fail fail fail fail computed spf_unauthorised -"),
	V("helo beside an entry without scope", "example.com", "example.com", "",
		"helo:example.com=pass esp.example=pass", "fail fail",
		"fail fail fail fail computed unaligned esp.example/spf"),
	V("helo names nobody", "example.com", "example.com", "", "helo:mx.other.example=pass",
		"fail fail", "fail fail fail fail computed unaligned -"),
	V("unknown scope does not count", "example.com", "example.com", "",
		"pra:example.com=pass", "fail fail",
		"fail fail fail fail computed unauthenticated -"),
	V("several spf, one passes", "example.com", "example.com", "",
		"esp.example=pass example.com=pass", "fail pass",
		"pass fail pass pass computed spf_only esp.example/spf"),

	/* results */
	V("dkim policy is no pass", "example.com", "example.com", "example.com=policy", "",
		"fail fail", "fail fail fail fail computed dkim_broken -"),
	V("dkim neutral is no pass", "example.com", "example.com", "example.com=neutral", "",
		"fail fail", "fail fail fail fail computed dkim_broken -"),
	V("dkim invalid is no pass", "example.com", "example.com", "example.com=invalid", "",
		"fail fail", "fail fail fail fail computed dkim_broken -"),
	V("dkim temperror", "example.com", "example.com", "example.com=temperror",
		"esp.example=fail", "fail fail", "fail fail fail fail computed dns_error -"),
	V("dkim permerror", "example.com", "example.com", "example.com=permerror",
		"esp.example=pass", "fail fail",
		"fail fail fail fail computed dns_error esp.example/spf"),
	V("dkim none", "example.com", "example.com", "example.com=none", "esp.example=fail",
		"fail fail", "fail fail fail fail computed unauthenticated -"),
	V("spf softfail", "example.com", "example.com", "", "example.com=softfail", "fail fail",
		"fail fail fail fail computed spf_unauthorised -"),
	V("spf hardfail", "example.com", "example.com", "", "example.com=hardfail", "fail fail",
		"fail fail fail fail computed spf_unauthorised -"),
	V("spf none, own domain", "example.com", "example.com", "", "m.example.com=none",
		"fail fail", "fail fail fail fail computed spf_unauthorised -"),
	V("spf none, no domain", "example.com", "example.com", "", "=none", "fail fail",
		"fail fail fail fail computed unauthenticated -"),
	V("spf pass, no domain", "example.com", "example.com", "", "=pass", "fail fail",
		"fail fail fail fail computed unauthenticated -"),
	V("spf temperror", "example.com", "example.com", "", "example.com=temperror",
		"fail fail", "fail fail fail fail computed dns_error -"),
	V("spf permerror", "example.com", "example.com", "esp.example=fail",
		"example.com=permerror", "fail fail",
		"fail fail fail fail computed dns_error -"),
	V("broken signature before spf", "example.com", "example.com", "example.com=fail",
		"example.com=softfail", "fail fail",
		"fail fail fail fail computed dkim_broken -"),
	V("spf before dns error", "example.com", "example.com", "example.com=temperror",
		"example.com=fail", "fail fail",
		"fail fail fail fail computed spf_unauthorised -"),
	V("nothing passes for anyone", "example.com", "example.com", "esp.example=fail",
		"esp.example=softfail", "fail fail",
		"fail fail fail fail computed unauthenticated -"),

	/* no evidence */
	V("no entries, fail", "example.com", "example.com", "", "", "fail fail",
		"fail fail fail fail computed not_reported -"),
	V("no entries, dkim credited", "example.com", "example.com", "", "", "pass fail",
		"fail fail fail pass reported not_reported - !"),
	V("no entries, spf credited", "example.com", "example.com", "", "", "fail pass",
		"fail fail fail pass reported not_reported - !"),
	V("no entries, nothing said", "example.com", "example.com", "", "", "- -",
		"fail fail fail fail computed not_reported -"),
	V("empty dkim entries, credited", "example.com", "example.com",
		"= = =", "esp.example=fail", "pass fail",
		"fail fail fail pass reported not_reported - !"),
	V("dkim unknown, credited", "example.com", "example.com", "example.com=unknown", "",
		"pass fail", "fail fail fail pass reported not_reported - !"),
	V("dkim none, credited", "example.com", "example.com", "example.com=none", "",
		"pass fail", "fail fail fail pass reported not_reported - !"),
	V("dkim temperror, credited", "example.com", "example.com", "example.com=temperror", "",
		"pass fail", "fail fail fail pass reported not_reported - !"),
	V("dkim without result, credited", "example.com", "example.com", "example.com=", "",
		"pass fail", "fail fail fail pass reported not_reported - !"),
	V("dkim fail, credited", "example.com", "example.com", "example.com=fail", "",
		"pass fail", "fail fail fail fail computed dkim_broken - !"),
	V("dkim credited, but another one listed", "example.com", "example.com",
		"esp.example=pass", "", "pass fail",
		"fail fail fail fail computed unaligned esp.example/dkim !"),
	V("spf none, spf credited", "example.com", "example.com", "esp.example=fail",
		"example.com=none", "fail pass",
		"fail fail fail pass reported not_reported - !"),
	V("credited, and something aligned anyway", "example.com", "example.com", "=",
		"example.com=pass", "pass fail", "pass fail pass pass computed spf_only - !"),

	/* the receiver's word */
	V("raw SPF as verdict", "example.com", "example.com", "", "secureserver.example=pass",
		"fail pass",
		"fail fail fail fail computed unaligned secureserver.example/spf !"),
	V("receiver says fail", "example.com", "example.com", "example.com=pass", "",
		"fail fail", "fail pass pass pass computed dkim_only - !"),
	V("spf differs, dmarc does not", "example.com", "example.com", "example.com=pass",
		"esp.example=pass", "pass pass",
		"fail pass pass pass computed dkim_only esp.example/spf !"),
	V("softfail as verdict means fail", "example.com", "example.com", "example.com=pass",
		"example.com=softfail", "pass softfail",
		"fail pass pass pass computed dkim_only -"),
	V("nothing said", "example.com", "example.com", "example.com=pass", "", "- -",
		"fail pass pass pass computed dkim_only -"),
	V("one half said", "example.com", "example.com", "example.com=pass", "example.com=pass",
		"pass -", "pass pass pass pass computed both -"),

	/* header_from */
	V("several domains", "example.com", "a.example.com, example.com", "example.com=pass",
		"example.com=pass", "pass fail",
		"- - - pass reported not_reported example.com/dkim"),
	V("several domains, fail", "example.com", "a.example.com;example.com", "", "",
		"fail fail", "- - - fail reported not_reported -"),
	V("one domain and a comma", "example.com", "example.com,", "example.com=pass", "",
		"pass fail", "fail pass pass pass computed dkim_only -"),
	V("no from, pass", "example.com", "", "example.com=pass", "", "pass fail",
		"- - - pass reported not_reported example.com/dkim"),
	V("no from, nothing said", "example.com", "", "example.com=pass", "", "- -",
		"- - - fail reported not_reported example.com/dkim"),

	/* explained */
	V("mailing list", "example.com", "example.com", "example.com=fail", "list.example=pass",
		"fail fail", "fail fail fail fail computed dkim_broken list.example/spf *",
		.reason = "mailing_list"),
	V("forwarded", "example.com", "example.com", "", "example.com=fail", "fail fail",
		"fail fail fail fail computed spf_unauthorised - *", .reason = "forwarded"),
	V("trusted forwarder", "example.com", "example.com", "", "example.com=fail",
		"fail fail", "fail fail fail fail computed spf_unauthorised - *",
		.reason = "trusted_forwarder"),
	V("local policy with ARC", "example.com", "example.com", "", "example.com=fail",
		"fail fail", "fail fail fail fail computed spf_unauthorised - *",
		.reason = "local_policy arc=pass as[1].d=relay.example"),
	V("other with ARC", "example.com", "example.com", "", "example.com=fail", "fail fail",
		"fail fail fail fail computed spf_unauthorised - *",
		.reason = "other ARC=pass"),
	V("local policy, ARC fails", "example.com", "example.com", "", "example.com=fail",
		"fail fail", "fail fail fail fail computed spf_unauthorised -",
		.reason = "local_policy arc=fail"),
	V("ARC inside a word", "example.com", "example.com", "", "example.com=fail",
		"fail fail", "fail fail fail fail computed spf_unauthorised -",
		.reason = "local_policy noarc=passed"),
	V("local policy alone", "example.com", "example.com", "", "example.com=fail",
		"fail fail", "fail fail fail fail computed spf_unauthorised -",
		.reason = "local_policy"),
	V("sampled out is no explanation", "example.com", "example.com", "", "example.com=fail",
		"fail fail", "fail fail fail fail computed spf_unauthorised -",
		.reason = "sampled_out"),
	V("a pass needs no explanation", "example.com", "example.com", "example.com=pass", "",
		"pass fail", "fail pass pass pass computed dkim_only -",
		.reason = "mailing_list"),
};

static struct psl *list;

/* The next word of *s, absent at the end. */
static struct str next_word(struct str *s)
{
	struct str word;

	return str_cut(s, ' ', &word) ? word : STR_ABSENT;
}

static size_t entries(const char *text, struct auth *ret, size_t most)
{
	struct str s = str_of(text), word, domain;
	size_t n = 0;

	if (s.n == 0)
		return 0;
	while (!str_absent(word = next_word(&s))) {
		assert_true(n < most);
		if (str_starts(word, STR("helo:")) || str_starts(word, STR("mfrom:")) ||
			str_starts(word, STR("pra:"))) {
			struct str scope;

			str_cut(&word, ':', &scope);
			ret[n].scope = scope;
		}
		str_cut(&word, '=', &domain);
		if (domain.n)
			ret[n].domain = domain;
		if (word.n)
			ret[n].result = word;
		n++;
	}
	return n;
}

static struct str or_absent(struct str s)
{
	return str_eq(s, STR("-")) ? STR_ABSENT : s;
}

static void judge_vector(struct arena *a, const struct vector *v, struct verdict *ret)
{
	struct auth dkim[8] = { 0 }, spf[8] = { 0 };
	struct policy policy = { 0 };
	struct override reason = { 0 };
	struct record rec = { .messages = 1, .dkim_auth = dkim, .spf_auth = spf };
	struct str s = str_of(v->policy);

	policy.domain = next_word(&s);
	policy.adkim = next_word(&s);
	policy.aspf = next_word(&s);
	s = str_of(v->said);
	rec.dkim = or_absent(next_word(&s));
	rec.spf = or_absent(next_word(&s));
	rec.header_from = v->from[0] ? str_of(v->from) : STR_ABSENT;
	rec.envelope_from = str_of(v->envelope_from);
	rec.dkim_count = entries(v->dkim, dkim, 8);
	rec.spf_count = entries(v->spf, spf, 8);
	if (v->reason) {
		s = str_of(v->reason);
		reason.type = next_word(&s);
		reason.comment = s;
		rec.reasons = &reason;
		rec.reason_count = 1;
	}
	judge(a, &policy, &rec, psl_orgdom(list), ret);
}

static const char *dash(const char *s)
{
	return s ? s : "-";
}

static void test_vectors(void **state)
{
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *t = &vectors[i];
		struct verdict v;
		struct arena a;
		struct str got;

		arena_init(&a);
		judge_vector(&a, t, &v);
		got = arena_printf(&a, "%s %s %s %s %s %s %.*s%s%s%s%s",
			dash(dmarc_name(v.computed.spf)), dash(dmarc_name(v.computed.dkim)),
			dash(dmarc_name(v.computed.dmarc)), dash(dmarc_name(v.result)),
			v.basis_reported ? "reported" : "computed", cause_name(v.cause),
			str_absent(v.sender) ? 1 : (int)v.sender.n,
			str_absent(v.sender) ? "-" : v.sender.p,
			v.named_by == NAMED_BY_ADDRESS ? "" : "/",
			v.named_by == NAMED_BY_ADDRESS ? "" : named_by_name(v.named_by),
			v.disagrees ? " !" : "", v.explained ? " *" : "");
		if (!str_eq(got, str_of(t->want))) {
			print_error("%s:\n  want %s\n  got  %.*s\n", t->name, t->want,
				STR_ARGS(got));
			failed++;
		}
		if (!(v.causes & (1U << v.cause))) {
			print_error("%s: the cause is not among the causes\n", t->name);
			failed++;
		}
		arena_release(&a);
	}
	assert_int_equal(failed, 0);
}

static const struct vector *vector_named(const char *name)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		if (strcmp(vectors[i].name, name) == 0)
			return &vectors[i];
	fail_msg("no vector %s", name);
	return NULL;
}

static void test_causes(void **state)
{
	static const struct {
		const char *vector;
		unsigned want;
	} cases[] = {
		{ "both, same names", 1U << CAUSE_BOTH },
		{ "aligned one broken, other passes",
			1U << CAUSE_DKIM_BROKEN | 1U << CAUSE_UNALIGNED },
		{ "broken signature before spf",
			1U << CAUSE_DKIM_BROKEN | 1U << CAUSE_SPF_UNAUTHORISED },
		{ "spf before dns error",
			1U << CAUSE_DNS_ERROR | 1U << CAUSE_SPF_UNAUTHORISED },
		{ "dkim permerror", 1U << CAUSE_DNS_ERROR | 1U << CAUSE_UNALIGNED },
		{ "nothing passes for anyone", 1U << CAUSE_UNAUTHENTICATED },
		{ "no entries, fail", 1U << CAUSE_NOT_REPORTED },
	};
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct verdict v;

		judge_vector(&a, vector_named(cases[i].vector), &v);
		if (v.causes != cases[i].want)
			fail_msg("%s: causes %#x, want %#x", cases[i].vector, v.causes,
				cases[i].want);
	}
	arena_release(&a);
}

static void test_author(void **state)
{
	static const struct {
		const char *vector, *author, *org;
	} cases[] = {
		{ "upper case everywhere", "mail.example.com", "example.com" },
		{ "U-label in from", "xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ "address in from", "example.com", "example.com" },
		{ "policy above from", "a.mail.example.com", "mail.example.com" },
		{ "policy of a public suffix, own", "shop.co.uk", "shop.co.uk" },
		{ "from is a suffix", "co.uk", NULL },
		{ "from that cannot exist", NULL, NULL },
		{ "several domains", NULL, NULL },
		{ "no from, pass", NULL, NULL },
	};
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct verdict v;

		judge_vector(&a, vector_named(cases[i].vector), &v);
		if (!str_eq(v.author, str_of(cases[i].author)) ||
			!str_eq(v.org_domain, str_of(cases[i].org)))
			fail_msg("%s: author %.*s, org %.*s", cases[i].vector,
				STR_ARGS(v.author), STR_ARGS(v.org_domain));
	}
	arena_release(&a);
}

/* That the receiver names forwarding is known of passing records too: it may count them failed.
 */
static void test_forwarded(void **state)
{
	static const struct {
		const char *vector;
		bool forwarded, explained;
	} cases[] = {
		{ "mailing list", true, true },
		{ "a pass needs no explanation", true, false },
		{ "sampled out is no explanation", false, false },
		{ "both, same names", false, false },
	};
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct verdict v;

		judge_vector(&a, vector_named(cases[i].vector), &v);
		if (v.forwarded != cases[i].forwarded || v.explained != cases[i].explained)
			fail_msg("%s: forwarded %d, explained %d", cases[i].vector, v.forwarded,
				v.explained);
	}
	arena_release(&a);
}

/* What an entry matches does not depend on its result; without a header_from it is not known.
 */
static void test_matches(void **state)
{
	struct verdict v;
	struct arena a;

	(void)state;
	arena_init(&a);
	judge_vector(&a, vector_named("aligned one broken, other passes"), &v);
	assert_int_equal(v.dkim_matches[0], DMARC_PASS);
	assert_int_equal(v.dkim_matches[1], DMARC_FAIL);
	assert_int_equal(v.spf_matches[0], DMARC_FAIL);
	judge_vector(&a, vector_named("helo with MAIL FROM"), &v);
	assert_int_equal(v.spf_matches[0], DMARC_PASS);
	judge_vector(&a, vector_named("several domains"), &v);
	assert_int_equal(v.dkim_matches[0], DMARC_NULL);
	assert_int_equal(v.spf_matches[0], DMARC_NULL);
	judge_vector(&a, vector_named("from that cannot exist"), &v);
	assert_int_equal(v.dkim_matches[0], DMARC_FAIL);
	arena_release(&a);
}

static void test_reported(void **state)
{
	struct verdict v;
	struct arena a;

	(void)state;
	arena_init(&a);
	judge_vector(&a, vector_named("one half said"), &v);
	assert_int_equal(v.reported.dkim, DMARC_PASS);
	assert_int_equal(v.reported.spf, DMARC_NULL);
	assert_int_equal(v.reported.dmarc, DMARC_PASS);
	judge_vector(&a, vector_named("nothing said"), &v);
	assert_int_equal(v.reported.dmarc, DMARC_NULL);
	judge_vector(&a, vector_named("softfail as verdict means fail"), &v);
	assert_int_equal(v.reported.spf, DMARC_FAIL);
	arena_release(&a);
}

static int setup(void **state)
{
	struct err err = { 0 };

	(void)state;
	return psl_open(FIXTURES "/psl/test.dat", &list, &err);
}

static int teardown(void **state)
{
	(void)state;
	psl_close(list);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_author),
		cmocka_unit_test(test_forwarded),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_reported),
	};

	return cmocka_run_group_tests_name("judge", tests, setup, teardown);
}
