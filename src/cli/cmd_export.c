/* `ruad export`: all rows of a list, as a stream. */
#include "exporting.h"
#include "kinds.h"

#include <string.h>
#include <unistd.h>

#define REDRAW_MS 100

const struct option_spec export_options_spec[] = {
	{ "format", 0, "FORM", "csv (the default), ndjson or json" },
	{ "output", 'o', "FILE", "a file instead of standard output; it is replaced whole" },
	{ NULL, 0, NULL, NULL },
};

void export_help(FILE *f)
{
	kinds_print(f, true);
}

/* --- The line on a terminal --- */

struct meter {
	const char *what;
	uint64_t drawn_ms;
};

static void meter_tell(void *arg, uint64_t rows, uint64_t bytes)
{
	struct meter *m = arg;
	uint64_t now = time_monotonic_ms();

	if (now - m->drawn_ms < REDRAW_MS)
		return;
	m->drawn_ms = now;
	fprintf(stderr, "\r\033[K%s  ", m->what);
	if (rows > 0)
		fprintf(stderr, "%llu rows  ", (unsigned long long)rows);
	fprintf(stderr, "%.1f MiB", (double)bytes / (double)MIB);
	fflush(stderr);
}

static void meter_end(const struct meter *m)
{
	if (m->drawn_ms > 0)
		fputs("\r\033[K", stderr);
}

/* Not over the rows themselves. */
static bool wants_meter(const struct cli *c, const struct outfile *out)
{
	return c->progress && !(out->fd == STDOUT_FILENO && isatty(STDOUT_FILENO));
}

/* --- The command --- */

enum form { FORM_IS_CSV, FORM_IS_NDJSON, FORM_IS_JSON };

static int form_of(const struct cli *c, enum form *ret, struct err *err)
{
	static const char *const names[] = { "csv", "ndjson", "json" };
	const char *name = options_get(&c->options, "format");
	bool other = c->output != OUTPUT_TEXT;

	if (name && other)
		return FAIL(err, ERR_USAGE, NULL, "choose one of --format, --csv and --json");
	*ret = c->output == OUTPUT_JSON ? FORM_IS_JSON : FORM_IS_CSV;
	for (int i = 0; name && i < 3; i++) {
		*ret = (enum form)i;
		if (strcmp(names[i], name) == 0)
			return 0;
	}
	return name ? FAIL(err, ERR_USAGE, NULL, "--format is csv, ndjson or json, not '%.40s'",
			      name)
		    : 0;
}

static int write_rows(struct cli *c, struct store *store, const struct resource *resource,
	enum form form, struct outfile *out, struct err *err)
{
	struct meter meter = { .what = resource->name };
	struct export_told told = { 0 };
	int r;

	if (wants_meter(c, out))
		told = (struct export_told){ meter_tell, &meter };
	if (form == FORM_IS_JSON)
		r = export_document_to(c, store, resource, out, told, err);
	else
		r = export_rows_to(c, store, resource,
			form == FORM_IS_CSV ? EXPORT_CSV : EXPORT_NDJSON, out, told, err);
	meter_end(&meter);
	return r;
}

static int export_to(struct cli *c, struct store *store, const struct resource *resource,
	enum form form, struct err *err)
{
	const char *path = options_get(&c->options, "output");
	struct outfile out;
	int r;

	if (outfile_open(&out, path, c->arena, err) < 0)
		return err->code;
	if (out.temporary) /* else a signal ends it as usual: there is nothing to clear away */
		cli_catch_signals();
	r = write_rows(c, store, resource, form, &out, err);
	if (r == 0)
		r = outfile_commit(&out, err);
	outfile_close(&out);
	return r;
}

int cmd_export(struct cli *c)
{
	const struct resource *resource = NULL;
	struct store *store = NULL;
	struct err err = { 0 };
	enum form form;
	int code, r;

	if (kind_asked(c, true, &resource, &err) < 0 || form_of(c, &form, &err) < 0)
		return cli_fail(&err);
	code = cli_open_store(c, &store);
	if (code != EX_OK)
		return code;
	r = export_to(c, store, resource, form, &err);
	store_close(store);
	return r < 0 ? cli_fail(&err) : EX_OK;
}
