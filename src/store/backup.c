/*
 * backup.c - one moment of the database as another file.
 *
 * The copy is made page by page inside one view of the data: writers go on, and what they write
 * is not in it.  (Without the view SQLite would begin anew whenever somebody writes.)
 */
#include "care.h"
#include "schema.h"
#include "sweep.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGES 512 /* copied between two looks whether it is time to stop */
#define BUSY_MS 5000
#define CHECK_OPS 100000

struct copy {
	struct db from, to;
	const struct backup_options *opt;
	char *place, *temporary;
	int fd;
};

static char *with_suffix(const char *path, const char *suffix)
{
	size_t n = strlen(path), more = strlen(suffix) + 1;
	char *s = xcalloc(n + more, 1);

	memcpy(s, path, n);
	memcpy(s + n, suffix, more);
	return s;
}

static int cannot_create(const char *path, struct err *err)
{
	return FAIL(err, ERR_IO, "cannot-create", "%s cannot be written: %s", path,
		strerror(errno));
}

/* Nobody's database is overwritten by mistake. */
static int check_place(const struct copy *c, struct err *err)
{
	CLEANUP(free)
	char *wal = with_suffix(c->place, "-wal");
	struct stat to, from, log;

	if (stat(c->place, &to) < 0)
		return 0;
	if (!S_ISREG(to.st_mode))
		return FAIL(err, ERR_IO, "cannot-create", "%s is not a file", c->place);
	if (stat(c->from.path, &from) == 0 && from.st_dev == to.st_dev &&
		from.st_ino == to.st_ino)
		return FAIL(
			err, ERR_IO, "cannot-create", "%s is the database itself", c->place);
	if (!c->opt->replace)
		return FAIL(err, ERR_IO, "cannot-create",
			"%s exists already: --force replaces it", c->place);
	if (stat(wal, &log) == 0)
		return FAIL(err, ERR_IO, "cannot-create",
			"%s is in use as a database (there is %s): name another file", c->place,
			wal);
	return 0;
}

static int open_temporary(struct copy *c, struct err *err)
{
	c->temporary = with_suffix(c->place, ".XXXXXX");
	c->fd = mkostemp(c->temporary, O_CLOEXEC); /* mode 0600 */
	if (c->fd < 0) {
		free(c->temporary);
		c->temporary = NULL;
		return cannot_create(c->place, err);
	}
	c->to.path = with_suffix(c->temporary, "");
	if (sqlite3_open_v2(c->temporary, &c->to.h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		    NULL) != SQLITE_OK)
		return db_fail(&c->to, sqlite3_errcode(c->to.h), err);
	sqlite3_extended_result_codes(c->to.h, 1);
	/* It is a file of nobody else, and worth nothing before its end. */
	return db_exec(&c->to,
		"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA "
		"synchronous ="
		" OFF",
		err);
}

static int copy_pages(struct copy *c, sqlite3_backup *b, struct err *err)
{
	int rc, r;

	do {
		rc = sqlite3_backup_step(b, PAGES);
		if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
			care_pause(20);
		else if (rc != SQLITE_OK && rc != SQLITE_DONE)
			return db_fail(&c->to, rc, err);
		care_tell(&c->opt->care, "copied",
			(uint64_t)(sqlite3_backup_pagecount(b) - sqlite3_backup_remaining(b)),
			(uint64_t)sqlite3_backup_pagecount(b));
		r = care_stopped(&c->opt->care, err);
	} while (r == 0 && rc != SQLITE_DONE);
	return r;
}

static int copy_all(struct copy *c, struct err *err)
{
	int64_t tables;
	bool own;
	sqlite3_backup *b;
	int r = db_view_begin(&c->from, &own, err);

	if (r < 0)
		return r;
	db_query_endless(&c->from, true);
	r = db_query_number(&c->from, "SELECT count(*) FROM sqlite_schema", &tables, err);
	if (r == 0) {
		b = sqlite3_backup_init(c->to.h, "main", c->from.h, "main");
		if (!b) {
			r = db_fail(&c->to, sqlite3_errcode(c->to.h), err);
		} else {
			r = copy_pages(c, b, err);
			sqlite3_backup_finish(b);
		}
	}
	db_view_end(&c->from, own);
	return r;
}

static int is_time(void *arg)
{
	struct err ignored;
	const struct copy *c = arg;

	return care_stopped(&c->opt->care, &ignored) < 0;
}

/* A file that needs no other beside it, and is whole. */
static int check_copy(struct copy *c, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_exec(&c->to, "PRAGMA journal_mode = DELETE", err);

	care_tell(&c->opt->care, "checking", 0, 0);
	sqlite3_progress_handler(c->to.h, CHECK_OPS, is_time, c);
	if (r == 0)
		r = db_prepare(&c->to, STR("PRAGMA quick_check(1)"), &st, err);
	if (r == 0)
		r = db_step(&c->to, st, err);
	if (r > 0 && !str_eq(column_text(st, 0), STR("ok")))
		r = FAIL(err, ERR_IO, "store-damaged", "%s is damaged: %.*s", c->from.path,
			STR_ARGS(column_text(st, 0)));
	if (r < 0 && care_stopped(&c->opt->care, err) < 0)
		return err->code;
	return r < 0 ? r : 0;
}

static int sync_folder(const char *path)
{
	struct str in = str_folder(str_of(path));
	CLEANUP(free)
	char *folder = xmemdup0(in.p, in.n);
	CLEANUP(close_fd)
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

static int put_in_place(struct copy *c, uint64_t *ret_bytes, struct err *err)
{
	struct stat st;

	if (fsync(c->fd) < 0 || fstat(c->fd, &st) < 0 || rename(c->temporary, c->place) < 0)
		return cannot_create(c->place, err);
	free(c->temporary);
	c->temporary = NULL;
	/* Some file systems cannot do it for a folder; the file is whole in any case. */
	(void)sync_folder(c->place);
	*ret_bytes = (uint64_t)st.st_size;
	return 1;
}

static int copy_database(struct copy *c, uint64_t *ret_bytes, struct err *err)
{
	int64_t found = 0;
	int r = schema_found(&c->from, &found, err);

	if (r < 0 || (c->opt->only_older && found == store_schema_version()))
		return r;
	r = check_place(c, err);
	if (r == 0)
		r = open_temporary(c, err);
	if (r == 0)
		r = copy_all(c, err);
	if (r == 0)
		r = check_copy(c, err);
	db_close(&c->to);
	return r < 0 ? r : put_in_place(c, ret_bytes, err);
}

static void clear_away(struct copy *c)
{
	static const char *const suffixes[] = { "", "-journal", "-wal", "-shm" };

	db_close(&c->to);
	for (int i = 0; c->temporary && i < 4; i++) {
		CLEANUP(free)
		char *name = with_suffix(c->temporary, suffixes[i]);

		unlink(name);
	}
	free(c->temporary);
	free(c->place);
	if (c->fd >= 0)
		close(c->fd);
}

int store_backup(const char *path, const char *to, const struct backup_options *opt,
	uint64_t *ret_bytes, struct err *err)
{
	struct copy c = { .opt = opt, .place = with_suffix(to, ""), .fd = -1 };
	int r = db_open(&c.from, path, true, BUSY_MS, err);

	if (r == 0) {
		r = copy_database(&c, ret_bytes, err);
		db_close(&c.from);
	}
	clear_away(&c);
	return r;
}
