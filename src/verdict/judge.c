#include "judge.h"

#include "domain.h"

#include <assert.h>

/* Whom the record is about, and what counts as the same. */
struct subject {
	struct arena *arena;
	const struct orgdom *orgdom;
	const struct record *rec;
	struct str author;    /* header_from in normal form; absent when it has none */
	struct str org;	      /* its organizational domain, or absent */
	bool org_from_policy; /* org is the domain of the policy, which lies above author */
	bool dkim_strict, spf_strict;
};

static bool is_separator(char c)
{
	return c == ',' || c == ';' || char_space(c);
}

/* How many names stand in header_from: 0, 1, or 2 for several; *ret the first. */
static int count_names(struct str s, struct str *ret)
{
	int n = 0;

	for (size_t i = 0; i < s.n && n < 2;) {
		size_t begin;

		while (i < s.n && is_separator(s.p[i]))
			i++;
		begin = i;
		while (i < s.n && !is_separator(s.p[i]))
			i++;
		if (i > begin && n++ == 0)
			*ret = str_make(s.p + begin, i - begin);
	}
	return n;
}

/*
 * A policy taken from above the author's domain can only be that of the organizational domain,
 * as the receiver sees it, or of a public suffix (RFC 7489 section 6.6.3, RFC 9989
 * section 4.10).
 */
static void find_org(struct subject *s, const struct policy *policy)
{
	struct str published;

	if (domain_norm(s->arena, policy->domain, &published) &&
		domain_below(s->author, published) &&
		!str_absent(s->orgdom->of(s->orgdom, published))) {
		s->org = published;
		s->org_from_policy = true;
		return;
	}
	s->org = s->orgdom->of(s->orgdom, s->author);
}

/* RFC 7489 section 3.1.  A public suffix has no organizational domain and never aligns. */
static bool aligns(const struct subject *s, struct str domain, bool strict)
{
	struct str d;

	if (str_absent(s->author) || str_absent(s->org) || !domain_norm(s->arena, domain, &d))
		return false;
	if (str_eq(d, s->author))
		return true;
	if (strict)
		return false;
	if (str_eq(d, s->org))
		return true;
	/* What is below org has the same one, unless a public suffix lies between them. */
	if (!domain_below(d, s->org))
		return false;
	return s->org_from_policy ? !str_absent(s->orgdom->of(s->orgdom, d))
				  : str_eq(s->orgdom->of(s->orgdom, d), s->org);
}

static bool is(struct str s, const char *word)
{
	return str_eq(s, str_of(word));
}

static bool is_error(struct str result)
{
	return is(result, "temperror") || is(result, "permerror");
}

/* Says the entry what the check found for a domain? */
static bool evaluated(const struct auth *a)
{
	return !str_empty(a->domain) && !str_empty(a->result) && !is(a->result, "none") &&
	       !is(a->result, "unknown") && !is(a->result, "temperror");
}

static bool any_evaluated(const struct auth *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (evaluated(&a[i]))
			return true;
	return false;
}

/* Does any entry tell anything, be it "none"? */
static bool any_told(const struct auth *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!str_empty(a[i].result) && !is(a[i].result, "unknown"))
			return true;
	return false;
}

static enum dmarc either(enum dmarc a, enum dmarc b)
{
	if (a == DMARC_PASS || b == DMARC_PASS)
		return DMARC_PASS;
	return a == DMARC_FAIL || b == DMARC_FAIL ? DMARC_FAIL : DMARC_NULL;
}

static enum dmarc truth(bool b)
{
	return b ? DMARC_PASS : DMARC_FAIL;
}

static enum dmarc *match_all(
	const struct subject *s, const struct auth *a, size_t n, bool strict, bool known)
{
	enum dmarc *m = ARENA_ARRAY(s->arena, enum dmarc, n ? n : 1);

	for (size_t i = 0; i < n; i++)
		m[i] = known ? truth(aligns(s, a[i].domain, strict)) : DMARC_NULL;
	return m;
}

/* known: header_from names one domain, though it may be one that cannot exist. */
static void compute(const struct subject *s, bool known, struct verdict *v)
{
	const struct record *rec = s->rec;
	bool dkim = false, spf = false;

	v->dkim_matches = match_all(s, rec->dkim_auth, rec->dkim_count, s->dkim_strict, known);
	v->spf_matches = match_all(s, rec->spf_auth, rec->spf_count, s->spf_strict, known);
	if (!known)
		return;
	for (size_t i = 0; i < rec->dkim_count; i++)
		if (v->dkim_matches[i] == DMARC_PASS && auth_passes(&rec->dkim_auth[i]))
			dkim = true;
	for (size_t i = 0; i < rec->spf_count; i++)
		if (v->spf_matches[i] == DMARC_PASS && auth_passes(&rec->spf_auth[i]) &&
			spf_counts(rec, &rec->spf_auth[i]))
			spf = true;
	v->computed.dkim = truth(dkim);
	v->computed.spf = truth(spf);
	v->computed.dmarc = truth(dkim || spf);
}

static enum dmarc reported(struct str word)
{
	return str_empty(word) ? DMARC_NULL : truth(is(word, "pass"));
}

/* The receiver credits a mechanism, and the report does not show what it saw. */
static bool credited_unseen(const struct record *rec, const struct verdict_parts *r)
{
	return (r->dkim == DMARC_PASS && !any_evaluated(rec->dkim_auth, rec->dkim_count)) ||
	       (r->spf == DMARC_PASS && !any_evaluated(rec->spf_auth, rec->spf_count));
}

static bool differ(enum dmarc a, enum dmarc b)
{
	return a != DMARC_NULL && b != DMARC_NULL && a != b;
}

static void conclude(const struct record *rec, struct verdict *v)
{
	v->reported.dkim = reported(rec->dkim);
	v->reported.spf = reported(rec->spf);
	v->reported.dmarc = either(v->reported.dkim, v->reported.spf);
	v->basis_reported =
		v->computed.dmarc == DMARC_NULL ||
		(v->computed.dmarc == DMARC_FAIL && credited_unseen(rec, &v->reported));
	v->result = v->basis_reported ? v->reported.dmarc : v->computed.dmarc;
	if (v->result == DMARC_NULL)
		v->result = DMARC_FAIL;
	v->disagrees = differ(v->computed.dkim, v->reported.dkim) ||
		       differ(v->computed.spf, v->reported.spf) ||
		       differ(v->computed.dmarc, v->reported.dmarc);
}

/* arc=pass as a word of its own (RFC 8617 section 7.2.2). */
static bool says_arc_pass(struct str comment)
{
	const struct str word = STR("arc=pass");

	for (size_t i = 0; i + word.n <= comment.n; i++) {
		struct str at = str_from(comment, i);

		if (i > 0 && !is_separator(comment.p[i - 1]))
			continue;
		if (str_starts_nocase(at, word) &&
			(at.n == word.n || is_separator(at.p[word.n])))
			return true;
	}
	return false;
}

static bool names_forwarding(const struct override *o)
{
	if (is(o->type, "forwarded") || is(o->type, "trusted_forwarder") ||
		is(o->type, "mailing_list"))
		return true;
	return (is(o->type, "local_policy") || is(o->type, "other")) &&
	       says_arc_pass(o->comment);
}

static bool is_forwarded(const struct record *rec)
{
	for (size_t i = 0; i < rec->reason_count; i++)
		if (names_forwarding(&rec->reasons[i]))
			return true;
	return false;
}

static unsigned bit(enum cause c)
{
	return 1U << c;
}

static unsigned dkim_causes(const struct auth *a, enum dmarc matches)
{
	if (matches != DMARC_PASS)
		return auth_passes(a) ? bit(CAUSE_UNALIGNED) : 0;
	if (is_error(a->result))
		return bit(CAUSE_DNS_ERROR);
	/* "none" is no signature; nothing and "unknown" are no finding. */
	return evaluated(a) && !auth_passes(a) ? bit(CAUSE_DKIM_BROKEN) : 0;
}

static unsigned spf_causes(const struct auth *a, enum dmarc matches)
{
	if (matches != DMARC_PASS)
		return auth_passes(a) ? bit(CAUSE_UNALIGNED) : 0;
	if (is_error(a->result))
		return bit(CAUSE_DNS_ERROR);
	/* "none" for a domain that has a name: it has no record, so nothing is allowed by it.
	 */
	return (evaluated(a) || is(a->result, "none")) && !auth_passes(a)
		       ? bit(CAUSE_SPF_UNAUTHORISED)
		       : 0;
}

static unsigned failing_causes(const struct record *rec, const struct verdict *v)
{
	unsigned causes = 0;

	if (v->basis_reported)
		causes |= bit(CAUSE_NOT_REPORTED);
	for (size_t i = 0; i < rec->dkim_count; i++)
		causes |= dkim_causes(&rec->dkim_auth[i], v->dkim_matches[i]);
	for (size_t i = 0; i < rec->spf_count; i++)
		if (spf_counts(rec, &rec->spf_auth[i]))
			causes |= spf_causes(&rec->spf_auth[i], v->spf_matches[i]);
	if (causes)
		return causes;
	if (any_told(rec->dkim_auth, rec->dkim_count) ||
		any_told(rec->spf_auth, rec->spf_count))
		return bit(CAUSE_UNAUTHENTICATED);
	return bit(CAUSE_NOT_REPORTED);
}

static void find_cause(const struct record *rec, struct verdict *v)
{
	static const enum cause order[] = { CAUSE_NOT_REPORTED, CAUSE_DKIM_BROKEN,
		CAUSE_SPF_UNAUTHORISED, CAUSE_DNS_ERROR, CAUSE_UNALIGNED,
		CAUSE_UNAUTHENTICATED };

	if (v->computed.dmarc == DMARC_PASS) {
		v->cause = v->computed.dkim != DMARC_PASS  ? CAUSE_SPF_ONLY
			   : v->computed.spf != DMARC_PASS ? CAUSE_DKIM_ONLY
							   : CAUSE_BOTH;
		v->causes = bit(v->cause);
		return;
	}
	v->causes = failing_causes(rec, v);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (v->causes & bit(order[i])) {
			v->cause = order[i];
			return;
		}
	}
	assert(!"failing_causes finds one");
}

/* The organizational domain of a passing entry that does not align; false: it names nobody. */
static bool names(
	const struct subject *s, const struct auth *a, enum dmarc matches, struct str *ret)
{
	struct str d;

	if (matches == DMARC_PASS || !auth_passes(a) || !domain_norm(s->arena, a->domain, &d))
		return false;
	*ret = s->orgdom->of(s->orgdom, d);
	return !str_absent(*ret);
}

static void find_sender(const struct subject *s, struct verdict *v)
{
	const struct record *rec = s->rec;

	for (size_t i = 0; i < rec->dkim_count; i++) {
		if (names(s, &rec->dkim_auth[i], v->dkim_matches[i], &v->sender)) {
			v->named_by = NAMED_BY_DKIM;
			return;
		}
	}
	for (size_t i = 0; i < rec->spf_count; i++) {
		const struct auth *a = &rec->spf_auth[i];

		if ((str_empty(a->scope) || is(a->scope, "mfrom")) &&
			names(s, a, v->spf_matches[i], &v->sender)) {
			v->named_by = NAMED_BY_SPF;
			return;
		}
	}
	v->sender = STR_ABSENT;
	v->named_by = NAMED_BY_ADDRESS;
}

void judge(struct arena *a, const struct policy *policy, const struct record *rec,
	const struct orgdom *orgdom, struct verdict *ret)
{
	struct subject s = { .arena = a, .orgdom = orgdom, .rec = rec };
	struct verdict v = { 0 };
	struct str name = STR_ABSENT;
	bool known = count_names(rec->header_from, &name) == 1;

	s.dkim_strict = is(policy->adkim, "s");
	s.spf_strict = is(policy->aspf, "s");
	if (known && domain_norm(a, name, &s.author))
		find_org(&s, policy);
	v.author = s.author;
	v.org_domain = s.org;
	compute(&s, known, &v);
	conclude(rec, &v);
	v.forwarded = is_forwarded(rec);
	v.explained = v.forwarded && v.result == DMARC_FAIL;
	find_cause(rec, &v);
	find_sender(&s, &v);
	*ret = v;
}
