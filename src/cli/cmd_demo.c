#include "cli.h"

#include "demo.h"

const struct option_spec demo_options_spec[] = {
	{ "days", 0, "N", "days of reports, ending yesterday (default 45)" },
	{ "seed", 0, "N", "another story with the same cast (default 1)" },
	{ NULL, 0, NULL, NULL },
};

int cmd_demo(struct cli *c)
{
	uint64_t days = 45, seed = 1, mails = 0;
	const char *days_text = options_get(&c->options, "days"),
		   *seed_text = options_get(&c->options, "seed");
	if (c->options.arg_count != 1)
		return cli_usage(c, "demo takes one folder, which must not exist yet");
	if (days_text && (!str_to_u64(str_of(days_text), &days) || days < 1 || days > 3650))
		return cli_usage(c, "--days is 1 to 3650, not '%.20s'", days_text);
	if (seed_text && !str_to_u64(str_of(seed_text), &seed))
		return cli_usage(c, "--seed is a number, not '%.20s'", seed_text);
	struct demo_options opt = {
		.last_day = day_of(c->now_at) - 1, .days = (unsigned)days, .seed = seed
	};
	struct err err = { 0 };
	if (demo_write(c->options.args[0], &opt, &mails, &err) < 0)
		return cli_fail(&err);
	if (!c->quiet)
		fprintf(stderr, "ruad: %llu mails in %s. Next: ruad import %s\n",
			(unsigned long long)mails, c->options.args[0], c->options.args[0]);
	return EX_OK;
}
