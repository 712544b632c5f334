#include "plugin.h"

#include "terminal.h"

#include <stdio.h>
#include <string.h>

#define TEXT_COLUMNS 300
#define NOISE 1e-6 /* of binary fractions: 95.9 is meant as that */

static const char *const state_names[] = {
	[PLUGIN_OK] = "OK",
	[PLUGIN_WARNING] = "WARNING",
	[PLUGIN_CRITICAL] = "CRITICAL",
	[PLUGIN_UNKNOWN] = "UNKNOWN",
};

enum plugin_state plugin_state_of(
	const struct threshold *warning, const struct threshold *critical, double value)
{
	if (threshold_alerts(critical, value))
		return PLUGIN_CRITICAL;
	return threshold_alerts(warning, value) ? PLUGIN_WARNING : PLUGIN_OK;
}

/* What is behind a bar is performance data. */
static struct str without_bars(struct arena *a, struct str s)
{
	char *p = (char *)arena_cstr(a, s);

	for (size_t i = 0; i < s.n; i++)
		if (p[i] == '|')
			p[i] = '/';
	return str_make(p, s.n);
}

/* Values are not negative. */
static struct str value_text(struct arena *a, const struct perf *p)
{
	double unit = 1;

	if (p->unknown)
		return STR("U");
	for (int i = 0; i < p->decimals; i++)
		unit *= 10;
	return arena_printf(a, "%.*f%s", p->decimals,
		(double)(uint64_t)(p->value * unit + NOISE) / unit, p->unit);
}

static struct str range_text(struct arena *a, const struct threshold *t)
{
	return t ? threshold_text(a, t) : STR("");
}

static void print_perf(struct arena *a, const struct perf *p)
{
	struct str value = value_text(a, p), warning = range_text(a, p->warning),
		   critical = range_text(a, p->critical);

	printf(" %s=%.*s;%.*s;%.*s;0%s", p->label, STR_ARGS(value), STR_ARGS(warning),
		STR_ARGS(critical), strcmp(p->unit, "%") == 0 ? ";100" : "");
}

int plugin_print(struct arena *a, enum plugin_state state, struct str text,
	const struct perf *perf, size_t count)
{
	struct str shown = columns_cut(a, without_bars(a, printable(a, text)), TEXT_COLUMNS);

	printf("DMARC %s - %.*s", state_names[state], STR_ARGS(shown));
	if (count > 0)
		printf(" |");
	for (size_t i = 0; i < count; i++)
		print_perf(a, &perf[i]);
	putchar('\n');
	return state;
}
