#include "threshold.h"

#include <math.h>

#define DIGITS_MOST 15 /* that a double holds exactly */

static const struct unit {
	char letter;
	enum threshold_kind kind;
	double factor;
} units[] = {
	{ 's', THRESHOLD_SECONDS, 1 },
	{ 'm', THRESHOLD_SECONDS, 60 },
	{ 'h', THRESHOLD_SECONDS, 3600 },
	{ 'd', THRESHOLD_SECONDS, 86400 },
	{ 'K', THRESHOLD_BYTES, 1024.0 },
	{ 'M', THRESHOLD_BYTES, 1024.0 * 1024 },
	{ 'G', THRESHOLD_BYTES, 1024.0 * 1024 * 1024 },
	{ 'T', THRESHOLD_BYTES, 1024.0 * 1024 * 1024 * 1024 },
};

/* Takes the unit off the end of *s. */
static double unit_of(struct str *s, enum threshold_kind kind)
{
	for (size_t i = 0; s->n > 0 && i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].kind != kind || units[i].letter != s->p[s->n - 1])
			continue;
		s->n--;
		return units[i].factor;
	}
	return 1;
}

/* Digits, with a point among them or not: one division, so that it is the nearest double. */
static bool decimal(struct str s, double *ret)
{
	double digits = 0, divisor = 1;
	size_t n = 0;
	bool point = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' && !point && i > 0 && i + 1 < s.n) {
			point = true;
			continue;
		}
		if (s.p[i] < '0' || s.p[i] > '9' || ++n > DIGITS_MOST)
			return false;
		digits = 10 * digits + (s.p[i] - '0');
		divisor = point ? 10 * divisor : divisor;
	}
	*ret = digits / divisor;
	return n > 0;
}

static bool number(struct str s, enum threshold_kind kind, double *ret)
{
	bool minus = str_starts(s, STR("-"));
	struct str rest = str_from(s, minus);
	double factor = unit_of(&rest, kind), v;

	if (!decimal(rest, &v))
		return false;
	*ret = (minus ? -v : v) * factor;
	return true;
}

static bool parse(struct str s, enum threshold_kind kind, struct threshold *t)
{
	struct str low, high = s;

	*t = (struct threshold){ .set = true, .high = INFINITY };
	if (str_starts(s, STR("@"))) {
		t->inside = true;
		high = str_from(s, 1);
	}
	if (str_index(high, ':') >= 0) {
		str_cut(&high, ':', &low);
		if (str_eq(low, STR("~")))
			t->low = -INFINITY;
		else if (!number(low, kind, &t->low))
			return false;
		if (str_empty(high))
			return true;
	}
	return number(high, kind, &t->high) && t->low <= t->high;
}

int threshold_parse(
	const char *text, enum threshold_kind kind, struct threshold *ret, struct err *err)
{
	static const char *const examples[] = {
		[THRESHOLD_NUMBER] = "98: (alert below 98), 10 (above 10), 10:20, @10:20",
		[THRESHOLD_SECONDS] = "60h (alert above 60 hours), 3600 (seconds), 1h:2d",
		[THRESHOLD_BYTES] = "2G (alert above 2 GiB), 1000000 (bytes), 1M:2G",
	};
	struct threshold t;

	if (!parse(str_of(text), kind, &t))
		return FAIL(err, ERR_USAGE, NULL, "'%.40s' is no range; ranges are: %s", text,
			examples[kind]);
	*ret = t;
	return 0;
}

bool threshold_alerts(const struct threshold *t, double value)
{
	bool inside = value >= t->low && value <= t->high;

	return t->set && inside == t->inside;
}

/* Without zeros at the end. */
static struct str number_of(struct arena *a, double v)
{
	struct str s = arena_printf(a, "%.6f", v);

	while (s.n > 0 && s.p[s.n - 1] == '0')
		s.n--;
	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

struct str threshold_text(struct arena *a, const struct threshold *t)
{
	struct str low = STR(""), high = STR("");
	const char *colon = ":";

	if (!t->set)
		return STR("");
	if (!isinf(t->high))
		high = number_of(a, t->high);
	if (isinf(t->low))
		low = STR("~");
	else if (t->low != 0 || str_empty(high))
		low = number_of(a, t->low);
	else
		colon = "";
	return arena_printf(
		a, "%s%.*s%s%.*s", t->inside ? "@" : "", STR_ARGS(low), colon, STR_ARGS(high));
}
