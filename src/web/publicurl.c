#include "publicurl.h"

static bool allowed(struct str s, const char *others)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = char_lower(s.p[i]);

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') &&
			str_index(str_of(others), c) < 0)
			return false;
	}
	return true;
}

static int bad(struct str text, const char *why, struct err *err)
{
	return FAIL(err, ERR_CONFIG, NULL,
		"public_url '%.*s' %s: write an address such as "
		"https://dmarc.example.com/ or https://www.example.com/dmarc/",
		STR_ARGS(str_first(text, 80)), why);
}

static struct str without_port(struct str host, const char *port)
{
	return str_ends(host, str_of(port)) ? str_make(host.p, host.n - strlen(port)) : host;
}

static bool host_ok(struct str host)
{
	struct str name = host, port = STR_ABSENT;
	ptrdiff_t end = str_index(host, ']'), colon;
	uint64_t number;

	if (str_starts(host, STR("[")) && end > 0) {
		if (!allowed(str_make(host.p + 1, (size_t)end - 1), ":."))
			return false;
		name = STR("v6");
		port = str_from(host, (size_t)end + 1);
	} else {
		colon = str_index(host, ':');
		if (colon >= 0) {
			name = str_make(host.p, (size_t)colon);
			port = str_from(host, (size_t)colon);
		}
	}
	if (!str_empty(port) && (port.p[0] != ':' || !str_to_u64(str_from(port, 1), &number) ||
					number == 0 || number > 65535))
		return false;
	return name.n > 0 && allowed(name, ".-_");
}

/* "/a/b/" becomes "/a/b", "/" becomes "". */
static bool take_prefix(struct str path, struct str *ret)
{
	struct str rest, part;
	size_t count = 0;

	while (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	*ret = path.n ? path : STR("");
	rest = str_from(path, 1);
	while (path.n > 0 && str_cut(&rest, '/', &part)) {
		bool dots = str_eq(part, STR(".")) || str_eq(part, STR(".."));

		if (part.n == 0 || dots || !allowed(part, "._-~") ||
			++count > PUBLIC_URL_SEGMENTS)
			return false;
	}
	return true;
}

int public_url_parse(struct str text, struct arena *a, struct public_url *ret, struct err *err)
{
	struct str rest = text, host;
	struct public_url u = { 0 };
	const char *scheme = "https", *port = ":443";
	size_t n = 0;

	if (str_starts_nocase(text, STR("http://"))) {
		scheme = "http";
		port = ":80";
	} else if (!str_starts_nocase(text, STR("https://"))) {
		return bad(text, "does not begin with https:// or http://", err);
	}
	rest = str_from(text, strlen(scheme) + 3);
	while (n < rest.n && rest.p[n] != '/')
		n++;
	host = str_make(rest.p, n);
	if (!host_ok(host))
		return bad(text, "has no host name, or more than that before the path", err);
	if (!take_prefix(str_from(rest, n), &u.prefix))
		return bad(text, "has a path that cannot be used", err);
	u.prefix = arena_str(a, u.prefix);
	u.host = arena_str_lower(a, without_port(host, port));
	u.origin = arena_printf(a, "%s://%.*s", scheme, STR_ARGS(u.host));
	*ret = u;
	return 0;
}

bool public_url_is_host(const struct public_url *u, struct str host)
{
	if (str_absent(u->host))
		return false;
	return str_eq_nocase(host, u->host) ||
	       str_eq_nocase(without_port(host,
				     str_starts(u->origin, STR("https:")) ? ":443" : ":80"),
		       u->host);
}
