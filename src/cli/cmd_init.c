/* A database to begin with, and what to do next. */
#include "cli.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_WAIT_MS 5000
#define FOLDER_MODE 0750

/* The folder of the file, if only that is missing; opening the file tells what is wrong else.
 */
static void make_folder(struct cli *c, const char *file)
{
	const char *folder = arena_cstr(c->arena, str_folder(str_of(file)));

	if (access(folder, F_OK) < 0 && errno == ENOENT && mkdir(folder, FOLDER_MODE) == 0 &&
		!c->quiet)
		printf("%s: a new folder\n", folder);
}

static void print_next(const struct cli *c)
{
	if (c->config.source_count > 0) {
		printf("next:\n"
		       "  ruad source test %s    can it be read?\n"
		       "  ruad import             read all sources\n",
			c->config.sources[0].name);
	} else {
		puts("next, one of:\n"
		     "  ruad import PATH        a maildir, an mbox, mails or reports that you "
		     "have\n"
		     "  ruad config example     a mailbox on a server: what to write into "
		     "/etc/ruad/ruad.conf");
	}
	puts("then:\n"
	     "  ruad serve              look at http://127.0.0.1:8425/");
}

int cmd_init(struct cli *c)
{
	struct store *store = NULL;
	struct err err = { 0 };

	if (c->options.arg_count > 0)
		return cli_usage(c,
			"init takes no argument '%.60s'; --db FILE names another "
			"database",
			c->options.args[0]);
	make_folder(c, c->database);
	bool there = access(c->database, F_OK) == 0;
	if (store_open(c->database, STORE_SHARED, OPEN_WAIT_MS, &store, &err) < 0)
		return cli_fail(&err);
	store_close(store);
	if (c->quiet)
		return EX_OK;
	printf("%s: %s\n", c->database, there ? "is there already" : "a new database");
	print_next(c);
	return EX_OK;
}
