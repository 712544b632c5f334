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

static struct str type_name(struct str type)
{
	struct str name = STR_ABSENT;

	str_cut(&type, ';', &name);
	return str_trim(name);
}

bool site_is_json(struct str content_type)
{
	return str_eq_nocase(type_name(content_type), STR("application/json"));
}

bool site_asks_leave(struct str content_type)
{
	static const char *const of_forms[] = { "application/x-www-form-urlencoded",
		"multipart/form-data", "text/plain" };
	struct str name = type_name(content_type);

	for (size_t i = 0; i < sizeof(of_forms) / sizeof(of_forms[0]); i++)
		if (str_eq_nocase(name, str_of(of_forms[i])))
			return false;
	return str_index(name, '/') > 0;
}

enum sender_site sender_site(const struct access_request *q, const struct public_url *url)
{
	if (!str_absent(q->fetch_site))
		return str_eq(q->fetch_site, STR("same-origin")) ? SITE_OURS : SITE_OTHER;
	if (str_absent(q->origin))
		return SITE_OURS;
	if (str_eq(q->origin, STR("null")))
		return SITE_NAMELESS;
	return origin_is_ours(q, url) ? SITE_OURS : SITE_OTHER;
}
