#include "cli.h"

#include "handin.h"
#include "log.h"
#include "schedule.h"
#include "systemd.h"
#include "web.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec serve_options_spec[] = {
	{ "listen", 'l', "ADDRESS",
		"where to listen, instead of the configured addresses (127.0.0.1:8425); "
		"several "
		"with commas between" },
	{ "threads", 0, "N", "threads that answer requests, instead of the configured number" },
	{ "no-import", 0, NULL, "only serve: read no source, whatever its setting every" },
	{ NULL, 0, NULL, NULL },
};

static int take_flags(struct cli *c, struct err *err)
{
	const char *listen = options_get(&c->options, "listen"),
		   *threads = options_get(&c->options, "threads");
	int r = 0;
	if (listen)
		r = config_set(&c->config, KEY_WEB_LISTEN, listen, "--listen", err);
	if (r == 0 && threads)
		r = config_set(&c->config, KEY_WEB_THREADS, threads, "--threads", err);
	return r;
}

/* The database exists and has the newest schema, or is made so. */
static int prepare(struct cli *c, struct err *err)
{
	struct store *store = NULL;
	if (store_open(c->database, STORE_SHARED, 5000, &store, err) < 0)
		return err->code;
	store_close(store);
	return 0;
}

static atomic_int wants_reload;

static void on_hangup(int number)
{
	(void)number;
	wants_reload = 1;
}

/* SIGTERM, SIGINT and SIGHUP come to this thread alone, and only while it waits for them. */
static void hold_signals(sigset_t *ret_open)
{
	struct sigaction action = { .sa_handler = on_hangup };
	sigset_t wanted;

	cli_catch_signals();
	sigemptyset(&action.sa_mask);
	sigaction(SIGHUP, &action, NULL);
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &wanted, ret_open);
}

/* The users file and the certificate; the rest of the configuration needs a restart. */
static void reload(struct web *web)
{
	struct err err = { 0 };

	wants_reload = 0;
	systemd_notify_reloading();
	if (web_reload(web, &err) < 0)
		log_line(LOG_LEVEL_ERROR, "web.reload", LOG_STR("text", str_of(err.text)));
	else
		log_line(LOG_LEVEL_INFO, "web.reloaded");
	systemd_notify("READY=1");
}

static void wait_for_stop(const sigset_t *open, struct web *web)
{
	while (!cli_stop) {
		if (wants_reload)
			reload(web);
		else
			sigsuspend(open);
	}
	/* A second signal ends the program at once. */
	pthread_sigmask(SIG_SETMASK, open, NULL);
}

/* What pages say of the configured sources. */
static void tell_sources(struct cli *c, bool imports, struct web_options *opt)
{
	struct web_import *told = feed_told(c->arena, &c->config, &opt->import_count);

	for (size_t i = 0; !imports && i < opt->import_count; i++)
		told[i].every_s = 0; /* it is somebody else who reads it */
	opt->imports = told;
}

static void say_where(const struct cli *c, const struct web *web, bool imports)
{
	struct str url = web_url(web);
	size_t n = 0;

	if (c->quiet)
		return;
	for (size_t i = 0; imports && i < c->config.source_count; i++)
		n += c->config.sources[i].every_s > 0;
	fprintf(stderr, "ruad: dashboard on %.*s (database %s", STR_ARGS(url), c->database);
	if (n > 0)
		fprintf(stderr, ", reading %zu source%s", n, n == 1 ? "" : "s");
	fputs(")\n", stderr);
}

static int serve(struct cli *c, struct importer *imp, bool imports)
{
	struct web_options opt = c->config.web;
	int sockets[SYSTEMD_SOCKETS_MOST];
	struct schedule *schedule = NULL;
	struct handin handin;
	struct web *web = NULL;
	struct err err = { 0 };
	sigset_t open;
	int r;

	opt.database = c->database;
	opt.psl_version = importer_psl_version(imp);
	opt.inherited = sockets;
	opt.rules = &c->config.rules;
	opt.answer_ms = c->limits.answer_ms;
	opt.services = c->config.services;
	tell_sources(c, imports, &opt);
	handin_init(&handin, imp, c->limits.mail_size, &cli_stop);
	if (config_number(&c->config, KEY_WEB_UPLOAD))
		opt.intake = &handin.intake;
	hold_signals(&open);
	r = systemd_sockets(sockets, &opt.inherited_count, &err);
	if (r == 0)
		r = web_start(&opt, &web, &err);
	if (r == 0 && imports)
		r = schedule_start(&c->config, imp, &schedule, &err);
	if (r == 0) {
		say_where(c, web, imports);
		systemd_notify("READY=1");
		wait_for_stop(&open, web);
		systemd_notify("STOPPING=1");
	}
	schedule_stop(schedule);
	web_stop(web);
	return r < 0 ? cli_fail(&err) : EX_OK;
}

int cmd_serve(struct cli *c)
{
	bool imports = !options_get(&c->options, "no-import");
	struct importer *imp = NULL;
	struct err err = { 0 };
	int code;

	if (c->options.arg_count > 0)
		return cli_usage(c, "serve takes no argument '%.60s'", c->options.args[0]);
	if (take_flags(c, &err) < 0 || prepare(c, &err) < 0 ||
		importer_new(c->database, &c->limits, c->psl_file, &imp, &err) < 0)
		return cli_fail(&err);
	feed_guard_secrets(&c->config);
	code = serve(c, imp, imports);
	importer_free(imp);
	return code;
}
