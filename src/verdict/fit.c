#include "fit.h"

#include "domain.h"

/* A domain that DKIM and SPF can align with. */
static bool same_org(
	struct arena *a, const struct orgdom *orgdom, struct str name, struct str other)
{
	struct str x, y, org;

	if (!domain_norm(a, name, &x) || !domain_norm(a, other, &y))
		return false;
	org = orgdom->of(orgdom, x);
	return str_eq(x, y) || (!str_absent(org) && str_eq(org, orgdom->of(orgdom, y)));
}

static bool is_pass(struct str result)
{
	return str_eq(result, STR("pass"));
}

/* The receiver looked for a policy and did not come to a judgement. */
static bool is_undecided(struct str dmarc)
{
	return str_absent(dmarc) || str_eq(dmarc, STR("none")) ||
	       str_eq(dmarc, STR("bestguesspass")) || str_eq(dmarc, STR("temperror")) ||
	       str_eq(dmarc, STR("permerror"));
}

/* The signature to show: one that aligns, else the first. */
static bool find_signature(struct arena *a, const struct authres *said, struct str author,
	const struct orgdom *orgdom, struct str *ret)
{
	*ret = said->passed_count > 0 ? said->passed[0] : STR_ABSENT;
	for (size_t i = 0; i < said->passed_count; i++) {
		if (!same_org(a, orgdom, author, said->passed[i]))
			continue;
		*ret = said->passed[i];
		return true;
	}
	return false;
}

void fit_mail(struct arena *a, const struct authres *said, const struct orgdom *orgdom,
	struct carrier *ret)
{
	/* Whom the receiver judged, which is not always whom a reader of the header sees. */
	struct str author = str_absent(said->dmarc_from) ? said->author : said->dmarc_from;
	bool signed_by = false, sent_by = false, passed = is_pass(said->dmarc);

	*ret = (struct carrier){ .state = CARRIER_UNKNOWN };
	if (!said->found)
		return;
	if (!domain_norm(a, author, &ret->from))
		ret->from = STR_ABSENT;
	ret->dmarc = said->dmarc;
	ret->dkim = said->dkim;
	ret->spf = said->spf;
	ret->spf_domain = said->spf_domain;
	signed_by = find_signature(a, said, ret->from, orgdom, &ret->dkim_domain);
	sent_by = is_pass(said->spf) && same_org(a, orgdom, ret->from, said->spf_domain);
	if (is_undecided(said->dmarc))
		passed = signed_by || sent_by;
	ret->state = passed && !str_absent(ret->from) ? CARRIER_AUTHENTICATED
						      : CARRIER_UNAUTHENTICATED;
}

enum carrier_state fit_reporter(struct arena *a, const struct carrier *mail,
	const struct report *r, const struct orgdom *orgdom)
{
	if (mail->state != CARRIER_AUTHENTICATED || same_org(a, orgdom, mail->from, r->email) ||
		same_org(a, orgdom, mail->from, r->org_name))
		return mail->state;
	return CARRIER_MISFIT;
}
