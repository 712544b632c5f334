#include "check_set.h"

#include <string.h>

#define DAYS_USUAL "7"
#define DAYS_MOST 366

const struct option_spec check_options_spec[] = {
	{ "warning", 'w', "RANGE", "when to warn; the usual ranges if neither is given" },
	{ "critical", 'c', "RANGE", "when it is critical (-c is not --config here)" },
	{ "domain", 0, "NAME",
		"of freshness, pass-rate, changes and senders: this domain, or a list" },
	{ "source", 0, "NAME", "of import: this source alone" },
	{ "days", 0, "N", "of pass-rate: so many complete days, instead of 7" },
	{ NULL, 0, NULL, NULL },
};

static const struct kind {
	const char *name;
	enum threshold_kind values;
	const char *warning, *critical; /* the usual ones, or NULL */
	const char *options;		/* it takes, beside the ranges */
	int (*run)(struct check *k, enum plugin_state *ret, struct err *err);
} kinds[] = {
	{ "freshness", THRESHOLD_SECONDS, "60h", "84h", "domain", check_freshness },
	{ "import", THRESHOLD_SECONDS, "26h", "50h", "source", check_import },
	{ "pass-rate", THRESHOLD_NUMBER, "98:", "95:", "domain days", check_pass_rate },
	{ "changes", THRESHOLD_NUMBER, "0", NULL, "domain", check_changes },
	{ "senders", THRESHOLD_NUMBER, "0", NULL, "domain", check_senders },
	{ "store", THRESHOLD_BYTES, NULL, NULL, "", check_store },
};

/* --- What a kind says --- */

void check_perf(struct check *k, struct perf perf)
{
	k->perf[k->perf_count++] = perf;
}

enum plugin_state check_value(
	struct check *k, const char *label, double value, int decimals, const char *unit)
{
	check_perf(k, (struct perf){ .label = label,
			      .value = value,
			      .decimals = decimals,
			      .unit = unit,
			      .warning = &k->warning,
			      .critical = &k->critical });
	return plugin_state_of(&k->warning, &k->critical, value);
}

enum plugin_state check_missing(const struct check *k)
{
	if (k->critical.set)
		return PLUGIN_CRITICAL;
	return k->warning.set ? PLUGIN_WARNING : PLUGIN_OK;
}

int check_refused(struct arena *a, const char *text)
{
	return plugin_print(a, PLUGIN_UNKNOWN, str_of(text), NULL, 0);
}

int check_exit(int code)
{
	return code > PLUGIN_UNKNOWN ? PLUGIN_UNKNOWN : code;
}

/* --- What is asked --- */

static const struct kind *find_kind(const struct cli *c)
{
	const char *name = c->options.arg_count == 1 ? c->options.args[0] : "";

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static int take_ranges(struct check *k, const struct kind *kind, struct err *err)
{
	const char *warning = options_get(&k->cli->options, "warning"),
		   *critical = options_get(&k->cli->options, "critical");
	int r = 0;

	if (!warning && !critical) {
		warning = kind->warning;
		critical = kind->critical;
	}
	if (warning)
		r = threshold_parse(warning, kind->values, &k->warning, err);
	if (r == 0 && critical)
		r = threshold_parse(critical, kind->values, &k->critical, err);
	return r;
}

static int refuse_others(const struct cli *c, const struct kind *kind, struct err *err)
{
	static const char *const names[] = { "domain", "source", "days" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (options_get(&c->options, names[i]) && !strstr(kind->options, names[i]))
			return FAIL(err, ERR_USAGE, NULL, "check %s takes no --%s", kind->name,
				names[i]);
	if (c->output != OUTPUT_TEXT)
		return FAIL(err, ERR_USAGE, NULL, "check has one form of output only");
	return 0;
}

/* The last complete days. */
static int take_days(struct check *k, struct err *err)
{
	const char *text = options_get(&k->cli->options, "days");
	uint64_t days;

	if (!str_to_u64(str_of(text ? text : DAYS_USUAL), &days) || days == 0 ||
		days > DAYS_MOST)
		return FAIL(err, ERR_USAGE, NULL, "--days is a number from 1 to %d", DAYS_MOST);
	k->days = (int64_t)days;
	k->query.to_day = store_complete_day(k->cli->now_at) + 1;
	k->query.from_day = k->query.to_day - k->days;
	return 0;
}

static int take_question(struct check *k, struct err *err)
{
	const char *domain = options_get(&k->cli->options, "domain");
	int r = 0;

	query_init(&k->query, k->arena);
	if (domain)
		r = query_set(&k->query, STR("domain"), str_of(domain), NULL, NULL, err);
	if (r == 0)
		r = query_end(&k->query, k->cli->now_at, err);
	k->about = domain ? str_of(domain) : STR("all domains");
	k->source = options_get(&k->cli->options, "source");
	return r < 0 ? r : take_days(k, err);
}

static int run(
	struct check *k, const struct kind *kind, enum plugin_state *ret, struct err *err)
{
	int r = refuse_others(k->cli, kind, err);

	if (r == 0)
		r = take_ranges(k, kind, err);
	if (r == 0)
		r = take_question(k, err);
	if (r == 0)
		r = store_open(k->cli->database, STORE_READ, 5000, &k->store, err);
	if (r == 0) {
		store_services(k->store, k->cli->config.services);
		r = kind->run(k, ret, err);
	}
	store_close(k->store);
	return r;
}

int cmd_check(struct cli *c)
{
	const struct kind *kind = find_kind(c);
	struct check k = { .cli = c, .arena = c->arena };
	enum plugin_state state;
	struct err err = { 0 };

	if (!kind)
		return check_refused(c->arena,
			"check what? freshness, import, pass-rate, changes, senders or store");
	if (cli_settings(c, false) != EX_OK)
		return check_refused(
			c->arena, "the configuration has mistakes; `ruad config check` tells");
	if (run(&k, kind, &state, &err) < 0)
		return check_refused(c->arena, err.text);
	return plugin_print(c->arena, state, k.text, k.perf, k.perf_count);
}
