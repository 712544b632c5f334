#include "http.h"

#include "ip.h"

#include <string.h>

static int hex_digit(char c)
{
	c = char_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int percent_decode(
	struct str s, bool plus_is_blank, struct arena *a, struct str *ret, struct err *err)
{
	char *out = arena_alloc(a, s.n + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '%') {
			int high = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
			int low = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return FAIL(err, ERR_USAGE, "bad-request",
					"A percent sign is not followed by two "
					"hexadecimal digits.");
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus_is_blank) {
			c = ' ';
		}
		if (c == '\0')
			return FAIL(err, ERR_USAGE, "bad-request", "It contains a NUL byte.");
		out[n++] = c;
	}
	*ret = str_make(out, n);
	if (!str_utf8(*ret))
		return FAIL(err, ERR_USAGE, "bad-request", "It is not UTF-8.");
	return 0;
}

/* "http://name:port/path" becomes authority and path. */
static struct str cut_authority(struct str raw, struct str *ret_authority)
{
	struct str rest = raw;
	size_t n = 0;

	*ret_authority = STR_ABSENT;
	if (!str_starts_nocase(raw, STR("http://")))
		return raw;
	rest = str_from(raw, 7);
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	*ret_authority = str_make(rest.p, n);
	return n < rest.n ? str_from(rest, n) : STR("/");
}

static int parse_path(struct str path, struct arena *a, struct http_target *t, struct err *err)
{
	struct str rest = str_from(path, 1), part;

	if (str_empty(path) || path.p[0] != '/')
		return FAIL(err, ERR_USAGE, "bad-request",
			"The address does not begin with a slash.");
	if (path.n == 1)
		return 0;
	while (str_cut(&rest, '/', &part)) {
		int r;

		if (t->segment_count == HTTP_SEGMENTS)
			return FAIL(err, ERR_USAGE, "not-found", "There is no such page.");
		r = percent_decode(part, false, a, &t->segments[t->segment_count], err);
		if (r < 0)
			return r;
		t->segment_count++;
	}
	return 0;
}

static int parse_query(
	struct str query, struct arena *a, struct http_target *t, struct err *err)
{
	struct str pair, name;

	t->parameters = ARENA_ARRAY(a, struct http_parameter, HTTP_PARAMETERS);
	while (str_cut(&query, '&', &pair)) {
		struct http_parameter *p = &t->parameters[t->parameter_count];
		int r;

		if (str_empty(pair))
			continue;
		if (t->parameter_count == HTTP_PARAMETERS)
			return FAIL(err, ERR_USAGE, "bad-request",
				"There are too many parameters.");
		str_cut(&pair, '=', &name);
		r = percent_decode(name, true, a, &p->name, err);
		if (r == 0)
			r = percent_decode(
				str_absent(pair) ? STR("") : pair, true, a, &p->value, err);
		if (r < 0)
			return r;
		t->parameter_count++;
	}
	return 0;
}

int http_target_parse(struct str raw, struct arena *a, struct http_target *ret, struct err *err)
{
	struct http_target t = { 0 };
	struct str rest;
	int r;

	if (raw.n > HTTP_TARGET_MAX)
		return FAIL(err, ERR_USAGE, "uri-too-long",
			"The address is longer than %d bytes.", HTTP_TARGET_MAX);
	rest = cut_authority(raw, &t.authority);
	str_cut(&rest, '?', &t.path);
	r = parse_path(t.path, a, &t, err);
	if (r == 0)
		r = parse_query(rest, a, &t, err);
	if (r == 0)
		*ret = t;
	return r;
}

int http_form_parse(struct str body, struct arena *a, struct http_target *ret, struct err *err)
{
	struct http_target t = { 0 };
	int r = parse_query(body, a, &t, err);

	if (r == 0)
		*ret = t;
	return r;
}

void http_target_strip(struct http_target *t, struct str prefix)
{
	struct str rest = str_from(prefix, 1), part, path = t->path;
	size_t n = 0;

	if (str_empty(prefix))
		return;
	while (str_cut(&rest, '/', &part)) {
		ptrdiff_t slash = str_index(str_from(path, 1), '/');

		if (n == t->segment_count || !str_eq(t->segments[n], part))
			return;
		path = slash < 0 ? STR("") : str_from(path, (size_t)slash + 1);
		n++;
	}
	t->path = path.n > 0 ? path : STR("/");
	t->segment_count = t->path.n > 1 ? t->segment_count - n : 0;
	memmove(t->segments, t->segments + n, t->segment_count * sizeof(t->segments[0]));
}

static bool port_valid(struct str port)
{
	uint64_t v;

	return port.n <= 5 && str_to_u64(port, &v) && v > 0 && v < 65536;
}

bool http_host_local(struct str host)
{
	struct str name = host, port = STR_ABSENT;
	struct ip ip;
	ptrdiff_t at;

	if (str_empty(host))
		return false;
	if (host.p[0] == '[') {
		at = str_index(host, ']');
		if (at < 0)
			return false;
		name = str_make(host.p + 1, (size_t)at - 1);
		port = str_from(host, (size_t)at + 1);
		if (port.n > 0 && (port.p[0] != ':' || !port_valid(str_from(port, 1))))
			return false;
		return str_eq(name, STR("::1"));
	}
	at = str_index(host, ':');
	if (at >= 0) {
		name = str_make(host.p, (size_t)at);
		if (!port_valid(str_from(host, (size_t)at + 1)))
			return false;
	}
	if (str_eq_nocase(name, STR("localhost")))
		return true;
	if (name.n == 0 || char_space(name.p[0]) || char_space(name.p[name.n - 1]))
		return false;
	return ip_parse(name, &ip) && ip.n == 4 && ip.b[0] == 127;
}

static struct str tag_strength_off(struct str tag)
{
	return str_starts(tag, STR("W/")) ? str_from(tag, 2) : tag;
}

bool http_tag_matches(struct str header, struct str tag)
{
	struct str part;

	if (str_absent(header))
		return false;
	/* No tag of ours has a comma in it. */
	while (str_cut(&header, ',', &part)) {
		part = str_trim(part);
		if (str_eq(part, STR("*")) ||
			(part.n && str_eq(tag_strength_off(part), tag_strength_off(tag))))
			return true;
	}
	return false;
}

/* "0.8" in thousandths; what cannot be read is 0. */
static int quality(struct str q)
{
	int v = 0, unit = 1000;

	if (q.n == 0 || q.n > 5 || (q.p[0] != '0' && q.p[0] != '1') ||
		(q.n > 1 && q.p[1] != '.'))
		return 0;
	v = (q.p[0] - '0') * 1000;
	for (size_t i = 2; i < q.n; i++) {
		unit /= 10;
		if (q.p[i] < '0' || q.p[i] > '9')
			return 0;
		v += (q.p[i] - '0') * unit;
	}
	return v > 1000 ? 1000 : v;
}

/* "text/html; q=0.8": what stands before the parameters, and its q in thousandths. */
static struct str weighed(struct str item, int *ret_q)
{
	struct str name, parameter;

	str_cut(&item, ';', &name);
	*ret_q = 1000;
	while (str_cut(&item, ';', &parameter)) {
		parameter = str_trim(parameter);
		if (str_starts_nocase(parameter, STR("q=")))
			*ret_q = quality(str_from(parameter, 2));
	}
	return str_trim(name);
}

/* How well a media range fits: 3 exact, 2 the type, 1 any, 0 not; its q in thousandths. */
static int range_fits(struct str range, struct str offer, int *ret_q)
{
	struct str type = weighed(range, ret_q);
	int fits = 0;
	ptrdiff_t slash = str_index(offer, '/');

	if (str_eq_nocase(type, offer))
		fits = 3;
	else if (str_eq(type, STR("*/*")))
		fits = 1;
	else if (str_ends(type, STR("/*")) && str_eq_nocase(str_make(type.p, type.n - 1),
						      str_make(offer.p, (size_t)slash + 1)))
		fits = 2;
	return fits;
}

static int offer_quality(struct str header, struct str offer)
{
	struct str range;
	int best = 0, best_q = 0;

	while (str_cut(&header, ',', &range)) {
		int q, fits = range_fits(range, offer, &q);

		if (fits > best) {
			best = fits;
			best_q = q;
		}
	}
	return best_q;
}

int http_accept(struct str header, const char *const *offers)
{
	int best = -1, best_q = 0;

	if (str_empty(str_trim(header)))
		return 0;
	for (int i = 0; offers[i]; i++) {
		int q = offer_quality(header, str_of(offers[i]));

		if (q > best_q) {
			best = i;
			best_q = q;
		}
	}
	return best;
}

enum http_coding http_accept_coding(struct str header)
{
	int gzip = -1, plain = -1, any = -1; /* q; -1: not named */
	struct str item;

	while (!str_absent(header) && str_cut(&header, ',', &item)) {
		int q;
		struct str name = weighed(item, &q);

		if (str_eq_nocase(name, STR("gzip")) || str_eq_nocase(name, STR("x-gzip")))
			gzip = q;
		else if (str_eq_nocase(name, STR("identity")))
			plain = q;
		else if (str_eq(name, STR("*")))
			any = q;
	}
	if (gzip < 0)
		gzip = any;
	if (plain < 0 && any == 0)
		plain = 0;
	if (gzip <= 0 || gzip < plain)
		return HTTP_PLAIN;
	return plain == 0 ? HTTP_GZIP_ONLY : HTTP_GZIP;
}

bool http_wants_html(struct str header)
{
	struct str range;
	int q;

	while (!str_absent(header) && str_cut(&header, ',', &range))
		if (range_fits(range, STR("text/html"), &q) == 3 && q > 0)
			return true;
	return false;
}
