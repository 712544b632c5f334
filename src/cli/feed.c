#include "feed.h"

#include "xalloc.h"

bool feed_is_mailbox(const struct source_config *s)
{
	return s->type == SOURCE_IMAP || s->type == SOURCE_POP3;
}

void feed_guard_secrets(const struct config *c)
{
	for (size_t i = 0; i < c->source_count; i++) {
		if (!feed_is_mailbox(&c->sources[i]))
			continue;
		secret_no_core();
		return;
	}
}

static unsigned usual_port(const struct source_config *s)
{
	bool implicit = s->tls == MAILBOX_TLS_IMPLICIT;

	if (s->type == SOURCE_IMAP)
		return implicit ? 993 : 143;
	return implicit ? 995 : 110;
}

struct str feed_place(struct arena *a, const struct source_config *s)
{
	bool brackets = feed_is_mailbox(s) && str_index(str_of(s->host), ':') >= 0;
	struct str place;

	if (!feed_is_mailbox(s))
		return str_of(s->path);
	place = arena_printf(a, "%s%s://%s@%s%s%s:%u", source_type_name(s->type),
		s->tls == MAILBOX_TLS_IMPLICIT ? "s" : "", s->user, brackets ? "[" : "",
		s->host, brackets ? "]" : "", s->port ? s->port : usual_port(s));
	for (size_t i = 0; i < s->folder_count; i++)
		place = arena_printf(
			a, "%.*s%s%s", STR_ARGS(place), i ? ", " : "/", s->folders[i]);
	return place;
}

struct web_import *feed_told(struct arena *a, const struct config *c, size_t *ret_count)
{
	struct web_import *told = ARENA_ARRAY(a, struct web_import, c->source_count + 1);

	for (size_t i = 0; i < c->source_count; i++)
		told[i] = (struct web_import){ .source = str_of(c->sources[i].name),
			.kind = str_of(source_type_name(c->sources[i].type)),
			.place = feed_place(a, &c->sources[i]),
			.every_s = c->sources[i].every_s };
	*ret_count = c->source_count;
	return told;
}

static int open_mailbox(struct importer *imp, const struct source_config *s,
	const struct limits *limits, struct source **ret, struct err *err)
{
	CLEANUP(arena)
	struct arena a;
	struct mailbox_options opt;
	struct str checkpoint;
	int r;

	arena_init(&a);
	r = importer_checkpoint(imp, str_of(s->name), &a, &checkpoint, err);
	if (r < 0)
		return r;
	config_mailbox(s, limits, &opt);
	return source_open_mailbox(&opt, checkpoint, ret, err);
}

static int open_path(const struct source_config *s, const struct limits *limits,
	struct source **ret, struct err *err)
{
	struct ingest_options opt;
	char *path = (char *)s->path;

	config_ingest(s, limits, &opt);
	return source_open_paths(&path, 1, &opt, ret, err);
}

int feed_import(struct importer *imp, const struct source_config *s,
	const struct limits *limits, const struct import_options *opt, struct source **source,
	struct import_totals *totals, struct err *err)
{
	struct err ignored;
	int r = 0;

	if (!*source) {
		r = feed_is_mailbox(s) ? open_mailbox(imp, s, limits, source, err)
				       : open_path(s, limits, source, err);
		if (r < 0) {
			*source = NULL;
			importer_failed(imp, str_of(s->name), *opt, err, &ignored);
			return r;
		}
	}
	r = importer_run(imp, *source, *opt, totals, err);
	if (r < 0) {
		source_close(*source);
		*source = NULL;
	}
	return r;
}
