#include "cells.h"

struct str day_cell(struct arena *a, int64_t day)
{
	char text[DAY_TEXT];

	return arena_str(a, day_text(day, text));
}

struct str time_cell(struct arena *a, int64_t at)
{
	char text[TIME_TEXT];

	return at ? arena_str(a, time_plain(at, text)) : STR("-");
}

struct str ip_cell(struct arena *a, const struct ip *ip)
{
	char text[IP_TEXT];

	return arena_str(a, ip_text(ip, text));
}

struct str or_dash(struct arena *a, struct str s)
{
	return str_empty(s) ? STR("-") : printable(a, s);
}

struct str result_cell(struct cli *c, enum dmarc result)
{
	const struct terminal *t = &c->terminal;

	return arena_printf(c->arena, "%s %s", result == DMARC_PASS ? mark_ok(t) : mark_bad(t),
		dmarc_name(result));
}

enum tone result_tone(enum dmarc result)
{
	return result == DMARC_PASS ? TONE_OK : TONE_BAD;
}

void table_finish(struct cli *c, const struct table *t)
{
	if (t->row_count == 0)
		puts("nothing in this range (--range all shows everything)");
	else
		table_print(t, &c->terminal, stdout);
}
