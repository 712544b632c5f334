/* `ruad mark`: say of a sender whose it is. */
#include "document.h"

#include "doc_sender.h"
#include "marks.h"
#include "xalloc.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define WRITE_WAIT_MS 5000

const struct option_spec mark_options_spec[] = {
	{ "note", 0, "TEXT", "why, for those who come after you" },
	{ "dry-run", 0, NULL, "say what would be said, and change nothing" },
	{ NULL, 0, NULL, NULL },
};

/* Who runs the program: who became root by sudo or su is told by the name of before. */
static struct str who(struct cli *c)
{
	const char *before = getenv("SUDO_USER");
	const struct passwd *p = getpwuid(geteuid());
	if (geteuid() == 0 && before && before[0])
		return printable(c->arena, str_first(str_of(before), 64));
	return p ? arena_str(c->arena, str_of(p->pw_name)) : STR_ABSENT;
}

/* 1 said, 0 there is no such sender. */
static int put(struct cli *c, const struct mark_row *mark, bool dry, struct err *err)
{
	struct store *store = NULL;
	int r = store_open(c->database, STORE_SHARED, WRITE_WAIT_MS, &store, err);
	if (r == 0) {
		store_services(store, c->config.services);
		r = store_mark_put(store, mark, dry, err);
	}
	store_close(store);
	return r;
}

static int print_json(struct cli *c, const struct mark_row *mark, struct err *err)
{
	CLEANUP(document)
	struct document d;
	struct store *store = NULL;
	if (store_open(c->database, STORE_READ, WRITE_WAIT_MS, &store, err) < 0)
		return err->code;
	store_services(store, c->config.services);
	struct doc_context doc = document_context(c, store);
	document_begin(&d);
	int r = doc_mark(&doc, mark->domain, mark->key, &d.json, err);
	store_close(store);
	return r > 0 ? document_print(&d, err) : r;
}

static int missing(struct cli *c, const struct mark_row *mark)
{
	struct str key = printable(c->arena, mark->key),
		   domain = printable(c->arena, mark->domain);
	fprintf(stderr,
		"ruad: there is no sender %.*s of %.*s (ruad show senders --range all lists "
		"them, "
		"--json with their keys)\n",
		STR_ARGS(key), STR_ARGS(domain));
	return EX_NOINPUT;
}

static void tell(struct cli *c, const struct mark_row *mark, bool dry)
{
	struct str key = printable(c->arena, mark->key),
		   domain = printable(c->arena, mark->domain);
	if (!c->quiet && c->output == OUTPUT_TEXT)
		printf("%.*s of %.*s %s %s\n", STR_ARGS(key), STR_ARGS(domain),
			dry ? "would be" : "is", sender_word_name(mark->word));
}

int cmd_mark(struct cli *c)
{
	const char *note = options_get(&c->options, "note");
	bool dry = options_get(&c->options, "dry-run") != NULL;
	struct mark_row mark = { .at = c->now_at };
	struct err err = { 0 };
	if (c->options.arg_count != 3)
		return cli_usage(c,
			"mark takes a domain, the key of a sender, and ours, not-ours "
			"or undecided");
	mark.domain = arena_str_lower(c->arena, str_of(c->options.args[0]));
	mark.key = str_of(c->options.args[1]);
	mark.note = note ? str_trim(str_of(note)) : STR_ABSENT;
	mark.who = who(c);
	if (!sender_word_from_name(str_of(c->options.args[2]), &mark.word))
		return cli_usage(c, "a mark is ours, not-ours or undecided, not '%.60s'",
			c->options.args[2]);
	if (!mark_note_ok(mark.note))
		return cli_usage(c,
			"--note is text of at most %d bytes, without control characters",
			MARK_NOTE_MOST);
	if (!sender_key_norm(c->arena, mark.key, &mark.key))
		return missing(c, &mark);
	int r = put(c, &mark, dry, &err);
	if (r == 0)
		return missing(c, &mark);
	if (r > 0 && c->output == OUTPUT_JSON)
		r = print_json(c, &mark, &err);
	if (r < 0)
		return cli_fail(&err);
	tell(c, &mark, dry);
	return EX_OK;
}
