#include "forwarded.h"

bool proxies_have(const struct proxies *p, const struct ip *peer)
{
	for (size_t i = 0; i < p->count; i++)
		if (ip_net_has(&p->net[i], peer))
			return true;
	return peer->n == 0;
}

/* "192.0.2.1", "2001:db8::1", and as some write it, "192.0.2.1:50000", "[2001:db8::1]:50000" */
static bool parse_hop(struct str text, struct ip *ret)
{
	struct str name = STR_ABSENT;

	text = str_trim(text);
	if (str_starts(text, STR("["))) {
		text = str_from(text, 1);
		str_cut(&text, ']', &name);
		return ip_parse(name, ret);
	}
	if (ip_parse(text, ret))
		return true;
	str_cut(&text, ':', &name);
	return ip_parse(name, ret) && ret->n == 4;
}

/* Takes the last part off the list.  False: there is none. */
static bool cut_last(struct str *list, struct str *ret)
{
	size_t at = list->n;

	if (str_empty(*list))
		return false;
	while (at > 0 && list->p[at - 1] != ',')
		at--;
	*ret = str_from(*list, at);
	*list = str_make(list->p, at > 0 ? at - 1 : 0);
	return true;
}

struct ip proxies_client(
	const struct proxies *p, const struct ip *peer, struct str forwarded_for)
{
	struct ip client = *peer, hop;
	struct str part;

	while (proxies_have(p, &client) && cut_last(&forwarded_for, &part) &&
		parse_hop(part, &hop))
		client = hop;
	return client;
}
