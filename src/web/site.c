#include "site.h"

static bool origin_is_ours(const struct access_request *q, const struct public_url *url)
{
	struct str origin = q->origin, host = STR_ABSENT;

	if (str_starts_nocase(origin, STR("http://")))
		host = str_from(origin, 7);
	else if (str_starts_nocase(origin, STR("https://")))
		host = str_from(origin, 8);
	if (str_empty(host))
		return false;
	return str_eq_nocase(host, q->host) || str_eq_nocase(origin, url->origin);
}

static bool is_json(struct str type)
{
	struct str name = STR_ABSENT;

	str_cut(&type, ';', &name);
	return str_eq_nocase(str_trim(name), STR("application/json"));
}

enum sender_site sender_site(const struct access_request *q, const struct public_url *url)
{
	bool nameless = false;

	if (!str_absent(q->fetch_site)) {
		if (!str_eq(q->fetch_site, STR("same-origin")))
			return SITE_OTHER;
	} else if (!str_absent(q->origin)) {
		nameless = str_eq(q->origin, STR("null"));
		if (!nameless && !origin_is_ours(q, url))
			return SITE_OTHER;
	}
	return is_json(q->content_type) && !nameless ? SITE_OURS : SITE_FORM;
}
