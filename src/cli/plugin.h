/*
 * plugin.h - one line for Icinga, Nagios and their like: state, text, performance data.
 *
 *   DMARC WARNING - example.com: 95.9% of … | pass_rate=95.93%;98:;95:;0;100 messages=541;;;0
 */
#ifndef RUAD_PLUGIN_H
#define RUAD_PLUGIN_H

#include "threshold.h"

/* The exit codes of plugins. */
enum plugin_state { PLUGIN_OK, PLUGIN_WARNING, PLUGIN_CRITICAL, PLUGIN_UNKNOWN };

struct perf {
	const char *label; /* letters and _ */
	double value;
	bool unknown; /* printed as U */
	int decimals; /* cut, not rounded: what is below a threshold does not look like it */
	const char *unit;			    /* "%", "s", "B" or "" */
	const struct threshold *warning, *critical; /* or NULL */
};

/* The worst of a value's two ranges. */
enum plugin_state plugin_state_of(
	const struct threshold *warning, const struct threshold *critical, double value);

/* text may be a stranger's: it becomes one harmless line.  Returns the state, as exit code. */
int plugin_print(struct arena *a, enum plugin_state state, struct str text,
	const struct perf *perf, size_t count);

#endif
