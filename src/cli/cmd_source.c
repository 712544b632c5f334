/* `ruad source list` and `ruad source test NAME`: the configured sources of mail. */
#include "document.h"
#include "feed.h"
#include "format.h"
#include "table.h"
#include "verbs.h"
#include "xalloc.h"

/* --- test --- */

static int say(void *arg, bool ok, struct str step)
{
	struct cli *c = arg;
	enum tone tone = ok ? TONE_OK : TONE_BAD;
	CLEANUP(document)
	struct document d;
	struct err err;

	document_begin(&d);
	if (c->output == OUTPUT_JSON) {
		json_open_object(&d.json);
		json_kbool(&d.json, "ok", ok);
		json_kstr(&d.json, "step", step);
		json_close_object(&d.json);
		(void)document_print(&d, &err); /* a sentence fits */
	} else {
		printf("%s%s%s %.*s\n", tone_on(&c->terminal, tone),
			ok ? mark_ok(&c->terminal) : mark_bad(&c->terminal),
			tone_off(&c->terminal, tone), STR_ARGS(printable(c->arena, step)));
	}
	fflush(stdout);
	return cli_stop;
}

/* A path is opened, and nothing is read from it. */
static int test_path(struct cli *c, const struct source_config *s, struct err *err)
{
	struct ingest_options opt;
	struct source *source = NULL;
	char *path = (char *)s->path;
	uint64_t total;
	int r;

	config_ingest(s, &c->limits, &opt);
	r = source_open_paths(&path, 1, &opt, &source, err);
	if (r < 0) {
		say(c, false, str_of(err->text));
		return r;
	}
	total = source->ops->total(source);
	if (total > 0)
		say(c, true,
			arena_printf(c->arena, "%s can be read and has %llu mails or files",
				path, (unsigned long long)total));
	else
		say(c, true, arena_printf(c->arena, "%s can be read", path));
	source_close(source);
	return 0;
}

static bool talks(const struct cli *c)
{
	return !c->quiet && c->output == OUTPUT_TEXT;
}

static int source_test(struct cli *c, const char *name)
{
	const struct source_config *s;
	struct mailbox_options opt;
	struct err err = { 0 };
	int r;

	if (config_source_find(&c->config, name, &s, &err) < 0)
		return cli_fail(&err);
	feed_guard_secrets(&c->config);
	cli_catch_signals();
	if (talks(c))
		printf("%s: %.*s\n", s->name, STR_ARGS(feed_place(c->arena, s)));
	if (feed_is_mailbox(s)) {
		config_mailbox(s, &c->limits, &opt);
		r = mailbox_test(&opt, say, c, &err);
	} else {
		r = test_path(c, s, &err);
	}
	if (r < 0)
		return exit_of(&err);
	if (talks(c))
		puts("All is well; nothing was changed.");
	return EX_OK;
}

/* --- list --- */

static struct str how_often(struct cli *c, const struct source_config *s)
{
	if (s->every_s == 0)
		return STR("by ruad import");
	return arena_printf(c->arena, "every %.*s%s",
		STR_ARGS(format_duration(c->arena, s->every_s)),
		s->type == SOURCE_IMAP && s->idle ? ", and when mail comes" : "");
}

static void list_table(struct cli *c)
{
	static const struct table_column columns[] = { { .head = "Source" }, { .head = "Type" },
		{ .head = "Read" }, { .head = "Place" } };
	struct table t;

	table_init(&t, c->arena, columns, 4);
	for (size_t i = 0; i < c->config.source_count; i++) {
		const struct source_config *s = &c->config.sources[i];

		table_row(&t, (const struct str[]){ str_of(s->name),
				      str_of(source_type_name(s->type)), how_often(c, s),
				      printable(c->arena, feed_place(c->arena, s)) });
	}
	table_print(&t, &c->terminal, stdout);
}

static int list_json(struct cli *c)
{
	CLEANUP(document)
	struct document d;
	struct json *j = &d.json;
	struct err err = { 0 };

	document_begin(&d);
	json_open_object(j);
	json_kopen_array(j, "data");
	for (size_t i = 0; i < c->config.source_count; i++) {
		const struct source_config *s = &c->config.sources[i];

		json_open_object(j);
		json_kstr(j, "source", str_of(s->name));
		json_kstr(j, "kind", str_of(source_type_name(s->type)));
		json_kstr(j, "place", feed_place(c->arena, s));
		json_key(j, "every_seconds");
		if (s->every_s > 0)
			json_u64(j, s->every_s);
		else
			json_nil(j);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
	return document_print(&d, &err) < 0 ? cli_fail(&err) : EX_OK;
}

static int source_list(struct cli *c, const char *argument)
{
	(void)argument;
	if (c->output == OUTPUT_JSON)
		return list_json(c);
	if (c->config.source_count > 0)
		list_table(c);
	else if (!c->quiet)
		fputs("ruad: no source is configured (see: man ruad.conf)\n", stderr);
	return EX_OK;
}

int cmd_source(struct cli *c)
{
	static const struct verb verbs[] = { { "list", NULL, NULL, true, source_list },
		{ "test", "NAME", NULL, true, source_test }, { .name = NULL } };

	return verbs_run(c, verbs);
}
