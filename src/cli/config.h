/*
 * config.h - the settings in force: built in < file < conf.d < environment < flags.
 *
 * The file is the one that was asked for (--config, else $RUAD_CONFIG), which must be there,
 * else /etc/ruad/ruad.conf if there is one; "none" stands for no file at all.  Then come the
 * files *.conf of the folder conf.d beside it, in the order of their names, and the
 * environment (config_env.h).  A later place overrides single settings of an earlier one, also
 * within a source; a password or its place overrides every other of the same source.
 *
 * Life: everything lives in the arena that config_load was given.
 */
#ifndef RUAD_CONFIG_H
#define RUAD_CONFIG_H

#include "carrier.h"
#include "config_layer.h"
#include "ingest.h"
#include "mailbox.h"
#include "secret.h"
#include "service.h"
#include "web.h"

#define CONFIG_FILE_DEFAULT "/etc/ruad/ruad.conf"

struct source_config {
	const char *name;
	struct origin origin; /* where it begins */
	enum source_type type;
	const char *path; /* maildir, mbox, directory */
	const char *host; /* from here to idle: imap, pop3 */
	unsigned port;	  /* 0: the usual one */
	enum mailbox_tls tls;
	const char *ca_file; /* NULL: the system's */
	const char *user;
	enum mailbox_auth auth;
	struct secret_spec secret;
	const char *const *folders; /* imap */
	size_t folder_count;
	unsigned connect_s, command_s;
	bool idle;				 /* imap: wait for new mail */
	unsigned every_s;			 /* 0: only `ruad import` reads it */
	struct mailbox_done done[OUTCOME_COUNT]; /* imap, pop3, maildir */
	struct setting settings[SOURCE_KEYS];	 /* as written, by config_id - KEY_OF_SOURCES */
};

struct sender_config {
	const char *name;
	struct origin origin;		      /* where it begins */
	struct setting settings[SENDER_KEYS]; /* as written, by config_id - KEY_OF_SENDERS */
};

struct config {
	struct arena *arena;
	const char *database;
	const char *psl_file;	      /* NULL: the system's */
	struct web_options web;	      /* what section web says; the rest is not set */
	struct admission *admissions; /* of all that comes from no source, and of each source */
	struct limits limits;
	struct rules rules;	       /* sections changes and readiness */
	struct source_config *sources; /* in the order in which they were first named */
	size_t source_count;
	struct sender_config *senders;
	size_t sender_count;
	const struct services *services; /* the rules of names that follow; in the arena */
	const char **files;		 /* that were read, ended by NULL */
	const char *folder;		 /* conf.d, if it was read; or NULL */
	struct setting settings[KEY_OF_SOURCES]; /* as written, by config_id */
};

/*
 * file: of --config, or NULL.  vars: the environment; NULL: none.
 * ERR_CONFIG: *faults, which begins empty but for its arena, has a line for everything that is
 * wrong.
 */
int config_load(struct arena *a, const char *file, char *const *vars, struct config *ret,
	struct faults *faults);

/* A setting outside of sources from the command line; a list has commas between.  ERR_USAGE:
 * not a value for it. */
int config_set(struct config *c, enum config_id id, const char *value, const char *flag,
	struct err *err);

/* The value in force of a setting outside of sources and senders. */
const char *config_text(const struct config *c, enum config_id id);
uint64_t config_number(const struct config *c, enum config_id id);

/* NULL: there is none of that name. */
struct source_config *config_source(const struct config *c, const char *name);
/* ERR_USAGE: there is none of that name; the text has the nearest one. */
int config_source_find(const struct config *c, const char *name,
	const struct source_config **ret, struct err *err);

/*
 * Of an imap or pop3 source; the strings are those of s, which must live as long.  The secret
 * is got when it is asked for.
 */
void config_mailbox(const struct source_config *s, const struct limits *limits,
	struct mailbox_options *ret);
/* Of a maildir, mbox or directory. */
void config_ingest(
	const struct source_config *s, const struct limits *limits, struct ingest_options *ret);

/* What works but looks wrong: a password that cannot be read, a folder that is not there. */
void config_lint(const struct config *c, struct faults *warnings);

#endif
