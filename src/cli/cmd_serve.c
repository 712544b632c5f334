#include "cli.h"

#include "become.h"
#include "confine.h"
#include "handin.h"
#include "keeping.h"
#include "log.h"
#include "schedule.h"
#include "shelter.h"
#include "systemd.h"
#include "web.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct option_spec serve_options_spec[] = {
	{ "listen", 'l', "ADDRESS",
		"where to listen, instead of the configured addresses (127.0.0.1:8425); "
		"several "
		"with commas between" },
	{ "user", 0, "NAME",
		"the user to become when root starts it, instead of the configured one" },
	{ "threads", 0, "N", "threads that answer requests, instead of the configured number" },
	{ "no-import", 0, NULL, "only serve: read no source, whatever its setting every" },
	{ NULL, 0, NULL, NULL },
};

static int take_flags(struct cli *c, struct err *err)
{
	const char *listen = options_get(&c->options, "listen"),
		   *threads = options_get(&c->options, "threads"),
		   *user = options_get(&c->options, "user");
	int r = 0;
	if (listen)
		r = config_set(&c->config, KEY_WEB_LISTEN, listen, "--listen", err);
	if (r == 0 && threads)
		r = config_set(&c->config, KEY_WEB_THREADS, threads, "--threads", err);
	if (r == 0 && user)
		r = config_set(&c->config, KEY_RUN_AS, user, "--user", err);
	return r;
}

/* --- Giving up privileges --- */

struct settling {
	struct cli *c;
	bool imports;
	bool inherited; /* systemd opened the sockets */
	struct enclosure enclosure;
};

/* Sockets that we opened: a web server in front is let in by their group. */
static const char **own_sockets(struct settling *s, size_t *ret_n)
{
	const struct web_options *opt = &s->c->config.web;
	const char **all = ARENA_ARRAY(s->c->arena, const char *, opt->listen_count + 1);

	*ret_n = 0;
	for (size_t i = 0; !s->inherited && i < opt->listen_count; i++)
		if (str_starts(str_of(opt->listen[i]), STR("unix:")))
			all[(*ret_n)++] = opt->listen[i] + 5;
	return all;
}

/* Root's rights are needed to open low ports and to read the key of the certificate. */
static int lose_root(struct settling *s, struct err *err)
{
	const char *user = config_text(&s->c->config, KEY_RUN_AS);
	size_t n;
	const char **sockets = own_sockets(s, &n);

	return user ? become_user(user, sockets, n, err) : 0;
}

static void warn_root(const struct settling *s)
{
	if (geteuid() == 0 && !config_text(&s->c->config, KEY_RUN_AS))
		log_line(LOG_LEVEL_WARN, "serve.root",
			LOG_STR("text", STR("serving as root: set user (or --user) to a user "
					    "that may read the mailboxes and owns the folder "
					    "of the database, or start it as that user")));
}

static void tell_confinement(const struct enclosure *e)
{
	const unsigned held = confine_offered();
	const bool whole = e->no_new_privileges && e->seccomp && e->landlock &&
			   (held & (CONFINED_ALL | CONFINED_NOT)) == CONFINED_ALL;
	const struct str words[] = { STR("no"), STR("yes") };

	log_line(whole || (held & CONFINED_NOT) ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
		"serve.confined", LOG_STR("user", str_of(e->user)),
		LOG_STR("seccomp", words[e->seccomp]), LOG_STR("landlock", words[e->landlock]),
		LOG_INT("landlock_abi", e->landlock_abi),
		LOG_STR("worker_seccomp", words[(held & CONFINED_SECCOMP) != 0]),
		LOG_STR("worker_landlock", words[(held & CONFINED_LANDLOCK) != 0]));
}

static int take_shelter(struct settling *s, struct err *err)
{
	const struct config *config = &s->c->config;
	struct shelter shelter;
	size_t n;
	const char **sockets = own_sockets(s, &n);
	int r = 0;

	shelter_init(&shelter, s->c);
	for (size_t i = 0; i < n; i++)
		shelter_socket(&shelter, sockets[i]);
	for (size_t i = 0; s->imports && r == 0 && i < config->source_count; i++)
		if (config->sources[i].every_s > 0)
			r = shelter_source(&shelter, &config->sources[i], err);
	if (r < 0)
		return r;
	shelter_enter(&shelter, &s->enclosure);
	tell_confinement(&s->enclosure);
	return 0;
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

/* Everything that root or the whole file system is needed for is open. */
static int settle(void *arg, struct err *err)
{
	struct settling *s = arg;
	int r = lose_root(s, err);

	if (r == 0)
		r = prepare(s->c, err);
	if (r < 0)
		return r;
	warn_root(s);
	return take_shelter(s, err);
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
	struct caretaker *caretaker = NULL;
	struct settling settling = { .c = c, .imports = imports };
	struct handin handin;
	struct web *web = NULL;
	struct err err = { 0 };
	sigset_t open;
	int r;

	opt.database = c->database;
	opt.psl_version = importer_psl_version(imp);
	opt.inherited = sockets;
	opt.rules = &c->config.rules;
	opt.keep = keeping_told(&c->config);
	opt.answer_ms = c->limits.answer_ms;
	opt.services = c->config.services;
	tell_sources(c, imports, &opt);
	handin_init(&handin, imp, c->limits.mail_size, &cli_stop);
	if (!config_number(&c->config, KEY_WEB_UPLOAD))
		handin.intake.take = NULL;
	opt.intake = &handin.intake;
	opt.settle = settle;
	opt.settle_arg = &settling;
	opt.enclosure = &settling.enclosure;
	hold_signals(&open);
	r = systemd_sockets(sockets, &opt.inherited_count, &err);
	settling.inherited = opt.inherited_count > 0;
	if (r == 0)
		r = web_start(&opt, &web, &err);
	if (r == 0 && imports)
		r = schedule_start(&c->config, imp, &schedule, &err);
	if (r == 0 && imports)
		r = caretaker_start(c->database, &c->config, &caretaker, &err);
	if (r == 0) {
		say_where(c, web, imports);
		systemd_notify("READY=1");
		wait_for_stop(&open, web);
		systemd_notify("STOPPING=1");
	}
	caretaker_stop(caretaker);
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
	if (take_flags(c, &err) < 0 ||
		importer_new(c->database, &c->limits, c->psl_file, &imp, &err) < 0)
		return cli_fail(&err);
	feed_guard_secrets(&c->config);
	importer_keep(imp, config_number(&c->config, KEY_KEEP));
	importer_admit(imp, c->config.admissions, c->config.source_count + 1);
	code = serve(c, imp, imports);
	importer_free(imp);
	return code;
}
