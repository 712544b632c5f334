#include "amount.h"

struct str amount_text(struct arena *a, uint64_t n)
{
	char text[32];
	size_t at = sizeof(text), digits = 0;

	do {
		if (digits > 0 && digits % 3 == 0)
			text[--at] = ',';
		text[--at] = (char)('0' + n % 10);
		n /= 10;
		digits++;
	} while (n > 0);
	return arena_str(a, str_make(text + at, sizeof(text) - at));
}

struct str amount_count(struct arena *a, uint64_t n, const char *one, const char *many)
{
	return arena_printf(a, "%.*s %s", STR_ARGS(amount_text(a, n)), n == 1 ? one : many);
}

struct str amount_share(struct arena *a, uint64_t part, uint64_t whole)
{
	uint64_t tenths = whole > 0 ? (uint64_t)((double)part * 1000 / (double)whole + 0.5) : 0;

	if (whole == 0)
		return STR("–");
	if (part == 0 || part == whole)
		return part == 0 ? STR("0%") : STR("100%");
	if (tenths == 0 || tenths >= 1000)
		return tenths == 0 ? STR("<0.1%") : STR(">99.9%");
	return arena_printf(a, "%llu.%llu%%", (unsigned long long)(tenths / 10),
		(unsigned long long)(tenths % 10));
}

bool amount_reaches(uint64_t part, uint64_t whole, unsigned permille)
{
	return (double)part * 1000 >= (double)whole * permille;
}
