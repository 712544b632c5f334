#include "cli.h"

#include "flow.h"
#include "web.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec serve_options_spec[] = {
	{ "listen", 'l', "ADDRESS",
		"where to listen (default $RUAD_WEB_LISTEN, else 127.0.0.1:8425)" },
	{ "threads", 0, "N", "threads that answer requests (default 2)" },
	{ NULL, 0, NULL, NULL },
};

/* The database exists and has the newest schema, or is made so. */
static int prepare(struct cli *c, struct err *err)
{
	struct store *store = NULL;
	if (store_open(c->database, STORE_SHARED, 5000, &store, err) < 0)
		return err->code;
	store_close(store);
	return 0;
}

/* Wait for SIGTERM or SIGINT without missing one that came before. */
static void wait_for_stop(void)
{
	sigset_t wanted, old;
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	sigprocmask(SIG_BLOCK, &wanted, &old);
	while (!cli_stop)
		sigsuspend(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

int cmd_serve(struct cli *c)
{
	struct err err = { 0 };
	uint64_t threads = 0;
	const char *env = getenv("RUAD_WEB_LISTEN"),
		   *listen = options_get(&c->options, "listen");
	const char *count = options_get(&c->options, "threads");
	if (c->options.arg_count > 0)
		return cli_usage(c, "serve takes no argument '%.60s'", c->options.args[0]);
	if (count && (!str_to_u64(str_of(count), &threads) || threads < 1 || threads > 64))
		return cli_usage(c, "--threads is 1 to 64, not '%.20s'", count);
	if (!listen)
		listen = env && *env ? env : "127.0.0.1:8425";
	if (prepare(c, &err) < 0)
		return cli_fail(&err);
	struct flow *flow = NULL; /* only to know the Public Suffix List in force */
	if (flow_new(&c->limits, c->psl_file, &flow, &err) < 0)
		return cli_fail(&err);
	struct web_options opt = { .listen = listen,
		.database = c->database,
		.threads = (unsigned)threads,
		.psl_version = flow_psl_version(flow) };
	struct web *web = NULL;
	int code = EX_OK;
	cli_catch_signals();
	if (web_start(&opt, &web, &err) < 0) {
		code = cli_fail(&err);
	} else {
		struct str url = web_url(web);
		if (!c->quiet)
			fprintf(stderr, "ruad: dashboard on %.*s (database %s)\n",
				STR_ARGS(url), c->database);
		wait_for_stop();
		web_stop(web);
	}
	flow_free(flow);
	return code;
}
