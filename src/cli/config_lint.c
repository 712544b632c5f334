/*
 * config_lint.c - what works but looks wrong, for `ruad config check`.
 */
#include "config.h"
#include "config_admission.h"
#include "config_sender.h"
#include "config_web.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct origin origin_of(const struct source_config *s, enum config_id id)
{
	const struct setting *set = &s->settings[id - KEY_OF_SOURCES];
	return set->key ? set->origin : s->origin;
}

static bool is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       strncmp(host, "127.", 4) == 0;
}

/* A file, or the folder that takes more of them. */
static void lint_file(const char *path, struct faults *f)
{
	struct stat st;
	struct origin at = { ORIGIN_FILE, path, 0 };
	if (stat(path, &st) < 0)
		return;
	if (st.st_mode & S_IWGRP)
		faults_add(f, at, "the group %u can write it, and so have any program run",
			(unsigned)st.st_gid);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		faults_add(f, at,
			"it belongs to user %u, who can so have any program run as user %u",
			(unsigned)st.st_uid, (unsigned)geteuid());
}

static void lint_files(const struct config *c, struct faults *f)
{
	for (size_t i = 0; c->files[i]; i++)
		lint_file(c->files[i], f);
	if (c->folder)
		lint_file(c->folder, f);
}

static void lint_globals(const struct config *c, struct faults *f)
{
	struct str folder = str_of(c->database);
	struct origin at = c->settings[KEY_DATABASE].origin;
	while (folder.n > 0 && folder.p[folder.n - 1] != '/')
		folder.n--;
	if (folder.n > 0 && access(arena_cstr(f->arena, folder), X_OK) < 0)
		faults_add(f, at, "the folder of database, %.*s, cannot be used: %s",
			STR_ARGS(folder), strerror(errno));
	if (c->psl_file && access(c->psl_file, R_OK) < 0)
		faults_add(f, c->settings[KEY_PUBLIC_SUFFIX_LIST].origin,
			"public_suffix_list %s cannot be read: %s", c->psl_file,
			strerror(errno));
}

static void lint_place(const struct source_config *s, struct faults *f)
{
	struct origin at = origin_of(s, KEY_PATH);
	struct stat st;
	if (stat(s->path, &st) < 0) {
		faults_add(f, at, "path of source '%s' cannot be used: %s: %s", s->name,
			s->path, strerror(errno));
		return;
	}
	bool folder = S_ISDIR(st.st_mode);
	if (folder == (s->type == SOURCE_MBOX))
		faults_add(f, at, "path of source '%s' is %s, but its type is %s", s->name,
			folder ? "a folder" : "no folder", source_type_name(s->type));
	else if (s->type == SOURCE_MAILDIR &&
		 access(arena_printf(f->arena, "%s/cur", s->path).p, X_OK) < 0)
		faults_add(f, at, "path of source '%s' is no maildir: %s/cur: %s", s->name,
			s->path, strerror(errno));
	else if (access(s->path, R_OK) < 0)
		faults_add(f, at, "path of source '%s' cannot be read: %s", s->name,
			strerror(errno));
}

static void lint_secret(const struct source_config *s, struct faults *f)
{
	struct err err = { 0 };
	if (secret_check(&s->secret, &err) < 0)
		faults_add(f, s->origin, "the password of source '%s': %s", s->name, err.text);
	if (s->secret.kind == SECRET_VALUE)
		faults_add(f, origin_of(s, KEY_PASSWORD),
			"the password of source '%s' stands in the configuration, and so in "
			"its "
			"backups; password_file keeps it apart",
			s->name);
}

static void lint_server(const struct source_config *s, struct faults *f)
{
	if (s->tls == MAILBOX_TLS_NONE && !is_loopback(s->host))
		faults_add(f, origin_of(s, KEY_TLS),
			"source '%s' has tls = none, which is refused unless %s is this "
			"machine",
			s->name, s->host);
	else if (s->tls == MAILBOX_TLS_NONE)
		faults_add(f, origin_of(s, KEY_TLS),
			"source '%s' has tls = none: the password is not encrypted", s->name);
	if (s->ca_file && access(s->ca_file, R_OK) < 0)
		faults_add(f, origin_of(s, KEY_CA_FILE),
			"ca_file of source '%s' cannot be read: %s", s->name, strerror(errno));
	lint_secret(s, f);
}

static void lint_done(const struct source_config *s, struct faults *f)
{
	static const struct {
		enum config_id action, folder;
		enum outcome outcome;
	} all[] = { { KEY_DONE, KEY_DONE_FOLDER, OUTCOME_STORED },
		{ KEY_IGNORED, KEY_IGNORED_FOLDER, OUTCOME_IGNORED },
		{ KEY_FAILED, KEY_FAILED_FOLDER, OUTCOME_REJECTED } };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		enum mailbox_action action = s->done[all[i].outcome].action;
		const char *name = config_keys[all[i].action].name;
		if (action == MAILBOX_DELETE)
			faults_add(f, origin_of(s, all[i].action),
				"source '%s' has %s = delete: the mail is gone for good after "
				"the import%s",
				s->name, name,
				all[i].outcome == OUTCOME_IGNORED
					? ", and it may be mail of people"
					: "");
		if (action != MAILBOX_MOVE && s->settings[all[i].folder - KEY_OF_SOURCES].key)
			faults_add(f, origin_of(s, all[i].folder),
				"%s of source '%s' has no effect: nothing is moved there",
				config_keys[all[i].folder].name, s->name);
	}
}

void config_lint(const struct config *c, struct faults *warnings)
{
	lint_files(c, warnings);
	lint_globals(c, warnings);
	config_senders_lint(c, warnings);
	config_web_lint(c, warnings);
	config_admission_lint(c, warnings);
	for (size_t i = 0; i < c->source_count; i++) {
		const struct source_config *s = &c->sources[i];
		if (s->path)
			lint_place(s, warnings);
		else
			lint_server(s, warnings);
		lint_done(s, warnings);
	}
}
