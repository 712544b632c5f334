#include "explain.h"

#include "json.h"

#define DASH "–"

/* --- words --- */

static struct str or_dash(struct str s)
{
	return str_empty(s) ? STR(DASH) : s;
}

static bool says_pass(const struct auth *auth)
{
	return str_eq(auth->result, STR("pass"));
}

/* Was there something to evaluate? */
static bool evaluated(const struct auth *auth)
{
	return !str_empty(auth->result) && !str_eq(auth->result, STR("none"));
}

static bool is_helo(const struct auth *auth)
{
	return str_eq(auth->scope, STR("helo"));
}

static const char *spf_identity(const struct auth *auth)
{
	return is_helo(auth) ? "HELO" : "MAIL FROM";
}

/* The From: domain as it is named in sentences. */
static struct str author_of(const struct record *rec, const struct verdict *v)
{
	return or_dash(str_empty(v->author) ? rec->header_from : v->author);
}

/* --- the identifier that a question is about --- */

struct pick {
	const struct auth *auth; /* NULL: none */
	enum dmarc matches;
};

/* A pass before a match before a result before a name. */
static int weight(const struct auth *auth, enum dmarc matches)
{
	return (auth_passes(auth) ? 8 : 0) + (evaluated(auth) ? 4 : 0) +
	       (matches == DMARC_PASS ? 2 : 0) + (str_empty(auth->domain) ? 0 : 1);
}

static void pick_better(struct pick *best, const struct auth *auth, enum dmarc matches)
{
	if (best->auth && weight(auth, matches) <= weight(best->auth, best->matches))
		return;
	*best = (struct pick){ auth, matches };
}

static enum dmarc match_of(const enum dmarc *matches, size_t i)
{
	return matches ? matches[i] : DMARC_NULL;
}

static struct pick pick_spf(const struct record *rec, const struct verdict *v)
{
	struct pick best = { NULL, DMARC_NULL };

	for (size_t i = 0; i < rec->spf_count; i++)
		if (spf_counts(rec, &rec->spf_auth[i]))
			pick_better(&best, &rec->spf_auth[i], match_of(v->spf_matches, i));
	return best;
}

static struct pick pick_dkim(const struct record *rec, const struct verdict *v)
{
	struct pick best = { NULL, DMARC_NULL };

	for (size_t i = 0; i < rec->dkim_count; i++)
		pick_better(&best, &rec->dkim_auth[i], match_of(v->dkim_matches, i));
	return best;
}

/* --- questions 1 and 3: authenticated? --- */

static void answer_result(struct arena *a, const struct auth *auth, struct answer *ret)
{
	if (says_pass(auth)) {
		ret->answer = STR("yes");
		ret->good = DMARC_PASS;
	} else if (str_empty(auth->result)) {
		ret->answer = STR("not reported");
	} else {
		ret->answer = arena_printf(a, "no (%.*s)", STR_ARGS(auth->result));
		ret->good = DMARC_FAIL;
	}
}

static struct str spf_evidence(struct arena *a, const struct auth *auth)
{
	return arena_printf(a, "%s %.*s: %.*s",
		is_helo(auth) ? "HELO name" : "MAIL FROM domain",
		STR_ARGS(or_dash(auth->domain)), STR_ARGS(or_dash(auth->result)));
}

static struct str dkim_evidence(struct arena *a, const struct auth *auth)
{
	if (str_empty(auth->selector))
		return arena_printf(a, "d=%.*s: %.*s", STR_ARGS(or_dash(auth->domain)),
			STR_ARGS(or_dash(auth->result)));
	return arena_printf(a, "d=%.*s s=%.*s: %.*s", STR_ARGS(or_dash(auth->domain)),
		STR_ARGS(auth->selector), STR_ARGS(or_dash(auth->result)));
}

static void ask_spf(
	struct arena *a, const struct record *rec, struct pick spf, struct answer *ret)
{
	*ret = (struct answer){ .question = STR("SPF authenticated?") };
	if (spf.auth) {
		answer_result(a, spf.auth, ret);
		ret->evidence = spf_evidence(a, spf.auth);
		return;
	}
	ret->answer = STR("not reported");
	ret->evidence = rec->spf_count == 0
				? STR("The report lists no SPF result.")
				: arena_printf(a, "The report lists no MAIL FROM result. %.*s",
					  STR_ARGS(spf_evidence(a, &rec->spf_auth[0])));
}

static void ask_dkim(struct arena *a, const struct record *rec, const struct verdict *v,
	struct pick dkim, struct answer *ret)
{
	bool credited = v->reported.dkim == DMARC_PASS;

	*ret = (struct answer){ .question = STR("DKIM authenticated?") };
	if (dkim.auth && !str_eq(dkim.auth->result, STR("none"))) {
		answer_result(a, dkim.auth, ret);
		ret->evidence = dkim_evidence(a, dkim.auth);
	} else if (credited || (!dkim.auth && rec->spf_count == 0)) {
		ret->answer = STR("not reported");
		ret->evidence = STR("The report lists no DKIM result.");
	} else {
		ret->answer = STR("no signature");
		ret->good = DMARC_FAIL;
		ret->evidence = STR("The report lists no signature.");
	}
}

/* --- questions 2 and 4: aligned? --- */

/* "x.example is not in example.com", or "… is not exactly …" where the mode is strict */
static struct str alignment(struct arena *a, struct str domain, struct str mode,
	const struct record *rec, const struct verdict *v, bool matches)
{
	bool strict = str_eq(mode, STR("s"));
	struct str home =
		strict || str_empty(v->org_domain) ? author_of(rec, v) : v->org_domain;

	return arena_printf(a, "%.*s is %s%s %.*s", STR_ARGS(or_dash(domain)),
		matches ? "" : "not ", strict ? "exactly" : "in", STR_ARGS(home));
}

static struct str no_author(struct arena *a, const struct record *rec)
{
	if (str_empty(rec->header_from))
		return STR("The report names no From: domain.");
	return arena_printf(
		a, "The From: domain is not a single one: %.*s", STR_ARGS(rec->header_from));
}

static void ask_aligned(struct arena *a, const struct record *rec, const struct verdict *v,
	struct str mode, struct pick pick, const struct answer *before, struct answer *ret)
{
	struct str text;

	if (str_eq(before->answer, STR("no signature"))) {
		ret->answer = STR("no");
		ret->good = DMARC_FAIL;
		ret->evidence = STR("There is no signature to compare.");
	} else if (!pick.auth || str_empty(pick.auth->domain)) {
		ret->answer = STR("not reported");
		ret->evidence = STR("There is no domain to compare.");
	} else if (pick.matches == DMARC_NULL) {
		ret->answer = STR("can't tell");
		ret->evidence = no_author(a, rec);
	} else {
		ret->good = pick.matches;
		ret->answer = pick.matches == DMARC_PASS ? STR("yes") : STR("no");
		text = alignment(
			a, pick.auth->domain, mode, rec, v, pick.matches == DMARC_PASS);
		ret->evidence = arena_printf(a, "%.*s (%s)", STR_ARGS(text),
			str_eq(mode, STR("s")) ? "strict" : "relaxed");
	}
}

/* --- DMARC, and what the receiver did --- */

/* "spf=fail dkim=pass", of what there is */
static struct str evaluated_words(struct arena *a, const struct record *rec)
{
	if (str_empty(rec->spf) && str_empty(rec->dkim))
		return STR_ABSENT;
	if (str_empty(rec->dkim))
		return arena_printf(a, "spf=%.*s", STR_ARGS(rec->spf));
	if (str_empty(rec->spf))
		return arena_printf(a, "dkim=%.*s", STR_ARGS(rec->dkim));
	return arena_printf(a, "spf=%.*s dkim=%.*s", STR_ARGS(rec->spf), STR_ARGS(rec->dkim));
}

static void ask_dmarc(
	struct arena *a, const struct record *rec, const struct verdict *v, struct answer *ret)
{
	struct str words = evaluated_words(a, rec);
	bool same = !v->disagrees && v->reported.dmarc == v->computed.dmarc;

	*ret = (struct answer){ .question = STR("DMARC = (1 and 2) or (3 and 4)") };
	/* Where the receiver's word stands, what it lists is not enough to decide. */
	ret->good = v->basis_reported ? DMARC_NULL : v->computed.dmarc;
	ret->answer =
		ret->good == DMARC_NULL ? STR("can't tell") : str_of(dmarc_name(ret->good));
	if (str_absent(words))
		ret->evidence = STR("The receiver reports no result of its own.");
	else
		ret->evidence = arena_printf(a, "Receiver reports%s%.*s.",
			same ? " the same: " : " ", STR_ARGS(words));
	if (v->basis_reported && v->result != DMARC_NULL)
		ret->evidence = arena_printf(a, "%.*s Its word counts: %s.",
			STR_ARGS(ret->evidence), dmarc_name(v->result));
}

struct str explain_disposition(struct arena *a, struct str disposition)
{
	switch (disposition_of(disposition)) {
	case DISP_NULL:
		return STR("not reported");
	case DISP_NONE:
	case DISP_PASS:
		return STR("delivered");
	case DISP_QUARANTINE:
		return STR("quarantined");
	case DISP_REJECT:
		return STR("rejected");
	default:
		return arena_str(a, disposition);
	}
}

static enum dmarc disposition_mark(enum disposition d)
{
	if (d == DISP_NONE || d == DISP_PASS)
		return DMARC_PASS;
	return d == DISP_QUARANTINE || d == DISP_REJECT ? DMARC_FAIL : DMARC_NULL;
}

/* "p=none", and the other tags where they matter for this record */
static struct str published(
	struct arena *a, const struct policy *policy, const struct verdict *v)
{
	struct str text = arena_printf(a, "p=%.*s", STR_ARGS(or_dash(policy->p)));

	if (!str_empty(v->author) && !str_eq(v->author, policy->domain) &&
		!str_empty(policy->sp))
		text = arena_printf(a, "%.*s sp=%.*s", STR_ARGS(text), STR_ARGS(policy->sp));
	if (policy->pct >= 0 && policy->pct != 100)
		text = arena_printf(a, "%.*s pct=%d", STR_ARGS(text), policy->pct);
	if (str_eq(policy->testing, STR("y")))
		text = arena_printf(a, "%.*s t=y", STR_ARGS(text));
	return text;
}

/* "mailing_list (example list), other", or a dash */
static struct str overrides(struct arena *a, const struct record *rec)
{
	struct str text = STR("");

	for (size_t i = 0; i < rec->reason_count; i++) {
		const struct override *o = &rec->reasons[i];
		bool more = !str_empty(o->comment);

		text = arena_printf(a, "%.*s%s%.*s%s%.*s%s", STR_ARGS(text), i ? ", " : "",
			STR_ARGS(or_dash(o->type)), more ? " (" : "", STR_ARGS(o->comment),
			more ? ")" : "");
	}
	return or_dash(text);
}

static void ask_receiver(struct arena *a, const struct policy *policy, const struct record *rec,
	const struct verdict *v, struct answer *ret)
{
	struct str tags = published(a, policy, v), reasons = overrides(a, rec);

	*ret = (struct answer){
		.question = STR("What the receiver did"),
		.answer = explain_disposition(a, rec->disposition),
		.good = disposition_mark(disposition_of(rec->disposition)),
		.evidence = arena_printf(a, "disposition %.*s; published %.*s; override: %.*s",
			STR_ARGS(or_dash(rec->disposition)), STR_ARGS(tags), STR_ARGS(reasons)),
	};
}

/* --- the cause --- */

static struct str cause_dkim_only(
	struct arena *a, const struct record *rec, const struct verdict *v)
{
	struct pick spf = pick_spf(rec, v);

	if (!spf.auth || str_empty(spf.auth->domain))
		return STR("DKIM passes and matches; no SPF result is reported.");
	if (auth_passes(spf.auth))
		return arena_printf(a, "DKIM passes and matches; SPF passes for %.*s only.",
			STR_ARGS(spf.auth->domain));
	return arena_printf(a, "DKIM passes and matches; SPF does not pass (%.*s: %.*s).",
		STR_ARGS(spf.auth->domain), STR_ARGS(or_dash(spf.auth->result)));
}

/* A signature of the From: domain that did not pass; those without a result come last. */
static const struct auth *broken_signature(const struct record *rec, const struct verdict *v)
{
	const struct auth *found = NULL;

	for (size_t i = 0; i < rec->dkim_count; i++) {
		const struct auth *auth = &rec->dkim_auth[i];

		if (match_of(v->dkim_matches, i) != DMARC_PASS || auth_passes(auth))
			continue;
		if (!found || (!evaluated(found) && evaluated(auth)))
			found = auth;
	}
	return found;
}

static struct str cause_dkim_broken(
	struct arena *a, const struct record *rec, const struct verdict *v)
{
	const struct auth *auth = broken_signature(rec, v);

	if (!auth)
		return str_of(cause_sentence(CAUSE_DKIM_BROKEN));
	if (str_empty(auth->selector))
		return arena_printf(a, "Signed as %.*s, but the signature did not verify.",
			STR_ARGS(auth->domain));
	return arena_printf(a, "Signed as %.*s (s=%.*s), but the signature did not verify.",
		STR_ARGS(auth->domain), STR_ARGS(auth->selector));
}

/* The MAIL FROM under the From: domain that did not pass. */
static const struct auth *refused_sender(const struct record *rec, const struct verdict *v)
{
	for (size_t i = 0; i < rec->spf_count; i++) {
		const struct auth *auth = &rec->spf_auth[i];

		if (match_of(v->spf_matches, i) == DMARC_PASS && !auth_passes(auth) &&
			spf_counts(rec, auth))
			return auth;
	}
	return NULL;
}

static struct str cause_spf_unauthorised(
	struct arena *a, const struct record *rec, const struct verdict *v)
{
	const struct auth *auth = refused_sender(rec, v);
	char text[IP_TEXT];

	if (!auth)
		return str_of(cause_sentence(CAUSE_SPF_UNAUTHORISED));
	if (str_eq(auth->result, STR("none")))
		return arena_printf(a, "%s uses %.*s, which has no SPF record.",
			spf_identity(auth), STR_ARGS(auth->domain));
	return arena_printf(a, "%s uses %.*s, but %s is not allowed by its SPF record.",
		spf_identity(auth), STR_ARGS(auth->domain),
		rec->source_ip.n ? ip_text(&rec->source_ip, text).p : "the address");
}

static struct str cause_unaligned(
	struct arena *a, const struct record *rec, const struct verdict *v)
{
	struct pick dkim = pick_dkim(rec, v), spf = pick_spf(rec, v);
	const struct auth *auth = dkim.auth && auth_passes(dkim.auth) ? dkim.auth : spf.auth;
	struct str author = author_of(rec, v);

	if (!auth || !auth_passes(auth))
		return str_of(cause_sentence(CAUSE_UNALIGNED));
	return arena_printf(a, "Passes for %.*s, not for %.*s.",
		STR_ARGS(or_dash(auth->domain)), STR_ARGS(author));
}

static bool dns_trouble(const struct auth *auth)
{
	return auth && (str_eq(auth->result, STR("temperror")) ||
			       str_eq(auth->result, STR("permerror")));
}

/* The entry of the From: domain whose result is temperror or permerror. */
static const struct auth *find_trouble(
	const struct auth *auths, size_t n, const enum dmarc *matches)
{
	for (size_t i = 0; i < n; i++)
		if (match_of(matches, i) == DMARC_PASS && dns_trouble(&auths[i]))
			return &auths[i];
	return NULL;
}

static struct str cause_dns_error(
	struct arena *a, const struct record *rec, const struct verdict *v)
{
	const struct auth *spf = find_trouble(rec->spf_auth, rec->spf_count, v->spf_matches);
	const struct auth *dkim =
		find_trouble(rec->dkim_auth, rec->dkim_count, v->dkim_matches);
	const struct auth *auth = spf ? spf : dkim;

	if (!auth)
		return str_of(cause_sentence(CAUSE_DNS_ERROR));
	return arena_printf(a, "A DNS or record error hid the result (%s %.*s).",
		spf ? "SPF" : "DKIM", STR_ARGS(auth->result));
}

/* All that is known is what the receiver says. */
static struct str cause_receiver_says(struct arena *a, const struct record *rec)
{
	struct str words = evaluated_words(a, rec);
	bool details = rec->spf_count > 0 || rec->dkim_count > 0;

	if (str_absent(words))
		return str_of(cause_sentence(CAUSE_NOT_REPORTED));
	return arena_printf(a, "The receiver says %.*s and lists %s.", STR_ARGS(words),
		details ? "nothing that shows it" : "no details");
}

static bool cause_of_pass(enum cause c)
{
	return c == CAUSE_BOTH || c == CAUSE_DKIM_ONLY || c == CAUSE_SPF_ONLY;
}

struct str explain_cause(struct arena *a, const struct record *rec, const struct verdict *v)
{
	struct str author = author_of(rec, v);

	if (v->basis_reported && cause_of_pass(v->cause))
		return cause_receiver_says(a, rec);
	switch (v->cause) {
	case CAUSE_DKIM_ONLY:
		return cause_dkim_only(a, rec, v);
	case CAUSE_SPF_ONLY:
		return arena_printf(a,
			"SPF passes and matches; no DKIM signature of %.*s passes.",
			STR_ARGS(author));
	case CAUSE_DKIM_BROKEN:
		return cause_dkim_broken(a, rec, v);
	case CAUSE_SPF_UNAUTHORISED:
		return cause_spf_unauthorised(a, rec, v);
	case CAUSE_UNALIGNED:
		return cause_unaligned(a, rec, v);
	case CAUSE_DNS_ERROR:
		return cause_dns_error(a, rec, v);
	case CAUSE_NOT_REPORTED:
		return cause_receiver_says(a, rec);
	default:
		return str_of(cause_sentence(v->cause));
	}
}

static struct str advice(struct arena *a, const struct record *rec, const struct verdict *v)
{
	struct str author = author_of(rec, v);

	if (!str_empty(v->author) && v->cause == CAUSE_DKIM_ONLY)
		return arena_printf(
			a, "Fine. Optional: a bounce domain under %.*s.", STR_ARGS(author));
	if (!str_empty(v->author) && v->cause == CAUSE_UNALIGNED)
		return arena_printf(a,
			"Yours: turn on DKIM with d=%.*s there. Not yours: nothing to fix.",
			STR_ARGS(author));
	return str_of(cause_advice(v->cause));
}

/* --- where the receiver's word and ours differ --- */

/* Another organisational domain explains a relaxed match only, and not of the same name. */
static const char *although_end(struct str domain, struct str mode, const struct verdict *v)
{
	if (str_eq(mode, STR("s")) || str_eq(domain, v->author))
		return ".";
	return "; it may use another organisational domain.";
}

/* The receiver copies what the mechanism says and does not look at the domain. */
static struct str raw_result(struct arena *a, const struct record *rec, const struct verdict *v,
	struct str domain, struct str mode, const char *mechanism)
{
	struct str text = alignment(a, domain, mode, rec, v, false);

	return arena_printf(a, "Receiver says %s pass, but %.*s: it reports the raw %s result.",
		mechanism, STR_ARGS(text), mechanism);
}

/* says: "pass" or "fail" when it is what decides, "DKIM pass" and the like when it is not. */
static struct str differs_dkim(struct arena *a, const struct record *rec,
	const struct verdict *v, struct str mode, const char *says)
{
	struct pick dkim = pick_dkim(rec, v);

	if (v->reported.dkim == DMARC_PASS && dkim.auth && auth_passes(dkim.auth))
		return raw_result(a, rec, v, dkim.auth->domain, mode, "DKIM");
	if (v->reported.dkim == DMARC_PASS || !dkim.auth)
		return arena_printf(a,
			"Receiver says %s; the report lists no DKIM signature that shows it.",
			says);
	return arena_printf(a, "Receiver says %s although d=%.*s passed and matches%s", says,
		STR_ARGS(or_dash(dkim.auth->domain)), although_end(dkim.auth->domain, mode, v));
}

static struct str differs_spf(struct arena *a, const struct record *rec,
	const struct verdict *v, struct str mode, const char *says)
{
	struct pick spf = pick_spf(rec, v);

	if (v->reported.spf == DMARC_PASS && spf.auth && auth_passes(spf.auth))
		return raw_result(a, rec, v, spf.auth->domain, mode, "SPF");
	if (v->reported.spf == DMARC_PASS || !spf.auth)
		return arena_printf(a,
			"Receiver says %s; the report lists no SPF result that shows it.",
			says);
	return arena_printf(a, "Receiver says %s although %s %.*s passed and matches%s", says,
		spf_identity(spf.auth), STR_ARGS(or_dash(spf.auth->domain)),
		although_end(spf.auth->domain, mode, v));
}

/* A record that disagrees has a From: domain, so everything is computed. */
static bool differ(enum dmarc computed, enum dmarc reported)
{
	return reported != DMARC_NULL && computed != reported;
}

/* The word in "Receiver says …". */
static const char *says_word(bool decides, enum dmarc d, const char *pass, const char *fail)
{
	if (decides)
		return dmarc_name(d);
	return d == DMARC_PASS ? pass : fail;
}

static struct str disagreement(struct arena *a, const struct policy *policy,
	const struct record *rec, const struct verdict *v)
{
	const struct verdict_parts *c = &v->computed, *r = &v->reported;
	bool dmarc = differ(c->dmarc, r->dmarc);
	struct str dkim = STR_ABSENT, spf = STR_ABSENT;

	if (!v->disagrees)
		return STR_ABSENT;
	if (differ(c->dkim, r->dkim))
		dkim = differs_dkim(a, rec, v, policy->adkim,
			says_word(dmarc && r->dkim == r->dmarc, r->dkim, "DKIM pass",
				"DKIM fail"));
	/* The result is said once. */
	if (differ(c->spf, r->spf))
		spf = differs_spf(a, rec, v, policy->aspf,
			says_word(dmarc && r->spf == r->dmarc && str_absent(dkim), r->spf,
				"SPF pass", "SPF fail"));
	if (str_absent(dkim) && str_absent(spf))
		return STR("Receiver and report say different things.");
	if (str_absent(dkim) || str_absent(spf))
		return str_absent(dkim) ? spf : dkim;
	return arena_printf(a, "%.*s %.*s", STR_ARGS(dkim), STR_ARGS(spf));
}

/* --- all together --- */

void explain_record(struct arena *a, const struct policy *policy, const struct record *rec,
	const struct verdict *v, struct explanation *ret)
{
	struct pick spf = pick_spf(rec, v), dkim = pick_dkim(rec, v);
	struct explanation e = { 0 };

	ask_spf(a, rec, spf, &e.answers[0]);
	e.answers[1].question = STR("SPF aligned with From:?");
	ask_aligned(a, rec, v, policy->aspf, spf, &e.answers[0], &e.answers[1]);
	ask_dkim(a, rec, v, dkim, &e.answers[2]);
	e.answers[3].question = STR("DKIM aligned with From:?");
	ask_aligned(a, rec, v, policy->adkim, dkim, &e.answers[2], &e.answers[3]);
	ask_dmarc(a, rec, v, &e.dmarc);
	ask_receiver(a, policy, rec, v, &e.receiver);
	e.sentence = explain_cause(a, rec, v);
	e.advice = advice(a, rec, v);
	e.disagreement = disagreement(a, policy, rec, v);
	*ret = e;
}

static void answer_json(struct json *j, const struct answer *answer)
{
	const char *mark = dmarc_name(answer->good);

	json_open_object(j);
	json_kstr(j, "question", answer->question);
	json_kstr(j, "answer", answer->answer);
	json_kstr(j, "evidence", answer->evidence);
	json_kcstr(j, "mark", mark ? mark : "unknown");
	json_close_object(j);
}

void explanation_json(struct json *j, const struct explanation *e)
{
	json_open_object(j);
	json_kopen_array(j, "questions");
	for (size_t i = 0; i < sizeof(e->answers) / sizeof(e->answers[0]); i++)
		answer_json(j, &e->answers[i]);
	json_close_array(j);
	json_key(j, "dmarc");
	answer_json(j, &e->dmarc);
	json_key(j, "receiver");
	answer_json(j, &e->receiver);
	json_kstr(j, "sentence", e->sentence);
	json_kstr(j, "advice", e->advice);
	json_kstr(j, "disagreement", e->disagreement);
	json_close_object(j);
}
