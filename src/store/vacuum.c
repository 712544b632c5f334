/*
 * vacuum.c - the file anew, without free pages.
 *
 * SQLite writes a copy, then the copy into the log beside the database.  Both are in the
 * database's folder, so that there is one place to look for space.
 */
#include "care.h"
#include "sweep.h"
#include "xalloc.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#define TELL_OPS 100000
#define MIB_OF(bytes) (((bytes) + (1U << 20) - 1) >> 20)

static int64_t file_bytes(const struct db *db)
{
	struct stat st;

	return stat(db->path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static int check_space(struct db *db, const char *folder, struct err *err)
{
	int64_t pages = 0, spare = 0, page_bytes = 0;
	struct statvfs fs;
	uint64_t wanted, there;
	int r = db_query_number(db, "PRAGMA page_count", &pages, err);

	if (r == 0)
		r = db_query_number(db, "PRAGMA freelist_count", &spare, err);
	if (r == 0)
		r = db_query_number(db, "PRAGMA page_size", &page_bytes, err);
	if (r < 0 || statvfs(folder, &fs) < 0)
		return r;
	wanted = 2 * (uint64_t)(pages - spare) * (uint64_t)page_bytes;
	there = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (wanted <= there)
		return 0;
	return FAIL(err, ERR_TEMP, "disk-full",
		"it takes about %llu MiB of free space in %s while it runs, and there are %llu",
		(unsigned long long)MIB_OF(wanted), folder, (unsigned long long)MIB_OF(there));
}

static int is_time(void *arg)
{
	struct err ignored;
	const struct care *care = arg;

	care_tell(care, "writing", 0, 0);
	return care_stopped(care, &ignored) < 0;
}

int store_vacuum(
	struct store *s, const struct care *care, struct vacuumed *ret, struct err *err)
{
	struct str in = str_folder(str_of(s->db.path));
	CLEANUP(free)
	char *folder = xmemdup0(in.p, in.n);
	int64_t before = file_bytes(&s->db), busy;
	int r = check_space(&s->db, folder, err);

	if (r < 0)
		return r;
	sqlite3_free(sqlite3_temp_directory);
	sqlite3_temp_directory = sqlite3_mprintf("%s", folder);
	sqlite3_progress_handler(s->db.h, TELL_OPS, is_time, (void *)care);
	r = db_exec(&s->db, "VACUUM", err);
	sqlite3_progress_handler(s->db.h, 0, NULL, NULL);
	sqlite3_free(sqlite3_temp_directory);
	sqlite3_temp_directory = NULL;
	if (r < 0)
		return care_stopped(care, err) < 0 ? err->code : r;
	/* Who reads an older state keeps the log from being emptied: then somebody else does.
	 */
	r = db_query_number(&s->db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, err);
	if (r == 0)
		r = db_exec(&s->db, "PRAGMA optimize", err);
	*ret = (struct vacuumed){ (uint64_t)before, (uint64_t)file_bytes(&s->db) };
	return r;
}
