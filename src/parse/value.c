#include "value.h"

#include "day.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_TEXT 40
#define EXACT 9007199254740992.0 /* 2^53: up to here a double holds every integer */

/* strtod takes more than numbers of reports are ("inf", "0x10"): only these go to it. */
static bool to_real(struct str s, double *ret)
{
	char text[NUMBER_TEXT], *end;
	double v;

	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') && !memchr("+-.eE", s.p[i], 5))
			return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	v = strtod(text, &end);
	if (end != text + s.n || !isfinite(v) || v < -EXACT || v > EXACT)
		return false;
	*ret = v;
	return true;
}

bool value_number(struct str s, uint64_t most, uint64_t *ret, bool *ret_plain)
{
	uint64_t n;
	double v;

	if (str_to_u64(s, &n)) {
		*ret_plain = true;
	} else {
		if (!to_real(s, &v) || v < 0 || v != (double)(int64_t)v)
			return false;
		n = (uint64_t)v;
		*ret_plain = false;
	}
	if (n > most)
		return false;
	*ret = n;
	return true;
}

bool value_time(struct str s, int64_t *ret, bool *ret_plain)
{
	double v;

	if (str_to_i64(s, ret)) {
		*ret_plain = true;
		return true;
	}
	*ret_plain = false;
	if (to_real(s, &v)) {
		*ret = (int64_t)v;
		return true;
	}
	return time_parse(s, ret);
}
