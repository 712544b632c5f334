#include "db.h"

#include "day.h"
#include "plans.h"
#include "xalloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

/* With 8 MiB a million new addresses cost more than ten times 100,000. */
#define WRITER_CACHE_KIB 16384
#define READER_CACHE_KIB 4096
#define PROGRESS_OPS 1000

#define NOT_OURS "%s is not a ruad database: it is left as it is, name another file"

static const char *const statement_text[STMT_COUNT] = {
#define STMT(id, sql) [STMT_##id] = sql,
	STATEMENTS(STMT)
#undef STMT
};

static int fail_config(struct db *db, int rc, struct err *err)
{
	const char *path = db->path ? db->path : "";

	switch (rc & 0xff) {
	case SQLITE_NOTADB:
		return FAIL(err, ERR_CONFIG, "not-a-database", NOT_OURS, path);
	case SQLITE_CANTOPEN:
		return FAIL(err, ERR_CONFIG, "store-access",
			"%s cannot be opened: check that the folder exists and that this user"
			" may read and write in it",
			path);
	default:
		return FAIL(err, ERR_CONFIG, "store-access",
			"%s: no permission to do that: check the owner and mode of the file,"
			" of %s-wal and of their folder",
			path, path);
	}
}

/*
 * What the system said, where SQLite only says "failed" or "cannot open": a full disk (also of
 * -shm, and a quota), a failing one, or too many open files.
 */
static int refine(struct db *db, int rc)
{
	bool vague = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN;

	if (rc == SQLITE_IOERR_SHMSIZE)
		return SQLITE_FULL;
	if (rc == SQLITE_IOERR_NOMEM)
		return SQLITE_NOMEM;
	switch (db->h && vague ? sqlite3_system_errno(db->h) : 0) {
	case ENOSPC:
	case EDQUOT:
		return SQLITE_FULL;
	case ENOMEM:
		return SQLITE_NOMEM;
	case EIO:
	case EMFILE:
	case ENFILE:
		return (rc & 0xff) == SQLITE_IOERR ? rc : SQLITE_IOERR;
	default:
		return rc;
	}
}

int db_fail(struct db *db, int rc, struct err *err)
{
	const char *path = db->path ? db->path : "";

	rc = refine(db, rc);
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return FAIL(err, ERR_TEMP, "store-busy",
			"%s is busy: another program writes to it", path);
	case SQLITE_INTERRUPT:
		return FAIL(err, ERR_TEMP, "store-busy",
			"it took longer than an answer may take (limit answer_ms): ask for a"
			" shorter range or fewer filters");
	case SQLITE_FULL:
		return FAIL(
			err, ERR_TEMP, "disk-full", "no space left on the disk of %s", path);
	case SQLITE_NOMEM:
		xalloc_exhausted(1, 0);
	case SQLITE_IOERR:
		return FAIL(err, ERR_IO, "store-failed",
			"%s: %s (SQLite %d): what was not committed is taken back; see what"
			" the system says of the disk, then try again",
			path, db->h ? sqlite3_errmsg(db->h) : sqlite3_errstr(rc), rc);
	case SQLITE_CORRUPT:
		return FAIL(err, ERR_IO, "store-damaged", "%s is damaged: %s", path,
			sqlite3_errmsg(db->h));
	case SQLITE_NOTADB:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		return fail_config(db, rc, err);
	default:
		return FAIL(err, ERR_IO, "store-failed", "%s: %s (SQLite %d)", path,
			db->h ? sqlite3_errmsg(db->h) : sqlite3_errstr(rc), rc);
	}
}

int db_exec(struct db *db, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : db_fail(db, rc, err);
}

int db_prepare(struct db *db, struct str sql, sqlite3_stmt **ret, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db->h, sql.p, (int)sql.n, &st, NULL);

	if (rc != SQLITE_OK)
		return db_fail(db, rc, err);
	plans_note(db->h, sql);
	*ret = st;
	return 0;
}

void stmt_cleanup(sqlite3_stmt **st)
{
	sqlite3_finalize(*st);
	*st = NULL;
}

int db_use(struct db *db, enum stmt_id id, sqlite3_stmt **ret, struct err *err)
{
	int rc;

	if (db->kept[id]) {
		sqlite3_reset(db->kept[id]);
	} else {
		rc = sqlite3_prepare_v3(db->h, statement_text[id], -1,
			SQLITE_PREPARE_PERSISTENT, &db->kept[id], NULL);
		if (rc != SQLITE_OK)
			return db_fail(db, rc, err);
		plans_note(db->h, str_of(statement_text[id]));
	}
	*ret = db->kept[id];
	return 0;
}

int db_use_with(struct db *db, enum stmt_id id, int64_t a, int64_t b, sqlite3_stmt **ret,
	struct err *err)
{
	int r = db_use(db, id, ret, err);

	if (r < 0)
		return r;
	bind_int(*ret, 1, a);
	if (sqlite3_bind_parameter_count(*ret) > 1)
		bind_int(*ret, 2, b);
	return 0;
}

int db_run_with(struct db *db, enum stmt_id id, int64_t a, int64_t b, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use_with(db, id, a, b, &st, err);

	return r < 0 ? r : db_run(db, st, err);
}

int db_step(struct db *db, sqlite3_stmt *st, struct err *err)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE) {
		sqlite3_reset(st);
		return 0;
	}
	rc = db_fail(db, rc, err);
	sqlite3_reset(st);
	return rc;
}

int db_run(struct db *db, sqlite3_stmt *st, struct err *err)
{
	int r = db_step(db, st, err);

	assert(r <= 0);
	return r;
}

int db_number(struct db *db, sqlite3_stmt *st, int64_t none, int64_t *ret, struct err *err)
{
	int r = db_step(db, st, err);

	if (r < 0)
		return r;
	*ret = r > 0 && sqlite3_column_type(st, 0) != SQLITE_NULL ? sqlite3_column_int64(st, 0)
								  : none;
	sqlite3_reset(st);
	return 0;
}

int db_query_number(struct db *db, const char *sql, int64_t *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_prepare(db, str_of(sql), &st, err);

	return r < 0 ? r : db_number(db, st, 0, ret, err);
}

/* What SQLite sorts in memory, before it takes files, is as much as its page cache. */
int db_sort_small(struct db *db, bool on, struct err *err)
{
	char text[48];
	bool small = on || db->read_only;

	snprintf(text, sizeof(text), "PRAGMA cache_size = -%d",
		small ? READER_CACHE_KIB : WRITER_CACHE_KIB);
	return db_exec(db, text, err);
}

void db_query_time(struct db *db)
{
	if (!db->read_only)
		return;
	db->deadline_ms = time_monotonic_ms() + DB_QUERY_MS;
	if (db->last_ms != 0 && db->last_ms < db->deadline_ms)
		db->deadline_ms = db->last_ms;
}

void db_query_endless(struct db *db, bool on)
{
	db->endless = on;
}

static int past_deadline(void *arg)
{
	const struct db *db = arg;

	if (db->stop && *db->stop)
		return 1;
	return !db->endless && db->deadline_ms != 0 && time_monotonic_ms() > db->deadline_ms;
}

int db_view_begin(struct db *db, bool *ret_own, struct err *err)
{
	int r;

	db_query_time(db);
	*ret_own = sqlite3_get_autocommit(db->h) != 0;
	if (!*ret_own)
		return 0;
	r = db_exec(db, "BEGIN", err);
	if (r < 0)
		*ret_own = false;
	return r;
}

void db_view_end(struct db *db, bool own)
{
	if (own && !sqlite3_get_autocommit(db->h))
		sqlite3_exec(db->h, "COMMIT", NULL, NULL, NULL);
}

/* --- Open --- */

/*
 * The file is made here, not by SQLite, for its mode.  Only where there is none: closing
 * another descriptor of a database that this process has open would drop SQLite's locks.
 */
static void make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0640);

	if (fd >= 0)
		close(fd);
}

static int check_path(struct db *db, struct err *err)
{
	CLEANUP(free)
	char *folder = NULL;
	struct stat st;
	struct str in = str_folder(str_of(db->path));

	if (stat(db->path, &st) == 0) {
		if (S_ISREG(st.st_mode))
			return 0;
		return FAIL(err, ERR_CONFIG, "store-access",
			"%s is not a file: name the file of the database", db->path);
	}
	if (errno != ENOENT && errno != ENOTDIR)
		return FAIL(
			err, ERR_CONFIG, "store-access", "%s: %s", db->path, strerror(errno));
	folder = xmemdup0(in.p, in.n);
	if (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode))
		return FAIL(err, ERR_CONFIG, "store-access",
			"there is no folder %s for the database: create it, owned by the user"
			" that runs ruad",
			folder);
	if (db->read_only)
		return FAIL(err, ERR_CONFIG, "no-database",
			"there is no database at %s: 'ruad import' creates it", db->path);
	if (access(folder, W_OK | X_OK) < 0)
		return FAIL(err, ERR_CONFIG, "store-access",
			"the folder %s is not writable for this user: %s", folder,
			strerror(errno));
	make_file(db->path);
	return 0;
}

static int set_pragmas(struct db *db, struct err *err)
{
	char text[400];

	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	snprintf(text, sizeof(text),
		"PRAGMA trusted_schema = OFF; PRAGMA cache_size = -%d; PRAGMA foreign_keys ="
		" ON; %s",
		db->read_only ? READER_CACHE_KIB : WRITER_CACHE_KIB,
		db->read_only ? "PRAGMA query_only = ON;"
			      : "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;"
				" PRAGMA journal_size_limit = 67108864;");
	return db_exec(db, text, err);
}

static bool is_file_empty(const struct db *db)
{
	struct stat st;

	return stat(db->path, &st) == 0 && st.st_size == 0;
}

/* Is this file ours?  An empty one becomes ours at the first migration. */
static int check_owner(struct db *db, struct err *err)
{
	int64_t id = 0, tables = 0;
	int r = db_query_number(db, "PRAGMA application_id", &id, err);

	if (r == 0)
		r = db_query_number(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
	if (r < 0)
		return r;
	if (id == DB_APPLICATION_ID)
		return 0;
	if (id != 0 || tables != 0)
		return FAIL(err, ERR_CONFIG, "not-a-database", NOT_OURS, db->path);
	if (db->read_only)
		return FAIL(err, ERR_CONFIG, "no-database",
			"the database %s is empty: 'ruad import' fills it", db->path);
	return 0;
}

static int set_wal(struct db *db, struct err *err)
{
	int on = 1, r = db_exec(db, "PRAGMA journal_mode = WAL", err);

	/* The -wal and -shm files stay when the last writer closes: without them a user that
	 * may only read could not open the database. */
	if (r == 0)
		sqlite3_file_control(db->h, NULL, SQLITE_FCNTL_PERSIST_WAL, &on);
	return r;
}

/*
 * The pages that a document changes are noted, so that it can be taken back alone.  That note
 * is in memory up to this size, which is enough for an everyday report, and beyond it in a
 * file. By itself SQLite goes to a file at 64 KiB, and stays there for the whole batch.  It
 * must be less than 128 KiB: SQLite's write to a file takes the size modulo that.
 */
#define DOCUMENT_NOTE_BYTES (124 * 1024)

static void prepare_library(void)
{
	sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, DOCUMENT_NOTE_BYTES);
}

static int open_handle(struct db *db, unsigned wait_ms, struct err *err)
{
	int flags = SQLITE_OPEN_NOMUTEX |
		    (db->read_only ? SQLITE_OPEN_READONLY
				   : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int r, rc;

	pthread_once(&once, prepare_library);
	rc = sqlite3_open_v2(db->path, &db->h, flags, NULL);

	if (rc != SQLITE_OK)
		return db_fail(db, rc, err);
	sqlite3_extended_result_codes(db->h, 1);
	sqlite3_busy_timeout(db->h, (int)(wait_ms > 86400000 ? 86400000 : wait_ms));
	if (db->read_only)
		sqlite3_progress_handler(db->h, PROGRESS_OPS, past_deadline, db);
	r = set_pragmas(db, err);
	if (r == 0)
		r = check_owner(db, err);
	if (r == 0 && !db->read_only)
		r = set_wal(db, err);
	return r;
}

int db_open(struct db *db, const char *path, bool read_only, unsigned wait_ms, struct err *err)
{
	int r;

	*db = (struct db){ .read_only = read_only, .path = xmemdup0(path, strlen(path)) };
	r = check_path(db, err);
	if (r == 0 && read_only && is_file_empty(db))
		r = FAIL(err, ERR_CONFIG, "no-database",
			"the database %s is empty: 'ruad import' fills it", path);
	if (r == 0)
		r = open_handle(db, wait_ms, err);
	if (r < 0)
		db_close(db);
	return r;
}

void db_close(struct db *db)
{
	for (size_t i = 0; i < STMT_COUNT; i++)
		sqlite3_finalize(db->kept[i]);
	if (db->h && sqlite3_close(db->h) != SQLITE_OK)
		assert(!"a statement was left open");
	free(db->path);
	*db = (struct db){ 0 };
}

/* --- Parameters and columns --- */

void bind_text(sqlite3_stmt *st, int i, struct str s)
{
	if (str_absent(s))
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_text64(st, i, s.p, s.n, SQLITE_STATIC, SQLITE_UTF8);
}

void bind_blob(sqlite3_stmt *st, int i, const void *p, size_t n)
{
	if (n == 0)
		sqlite3_bind_zeroblob(st, i, 0);
	else
		sqlite3_bind_blob64(st, i, p, n, SQLITE_STATIC);
}

void bind_int(sqlite3_stmt *st, int i, int64_t v)
{
	sqlite3_bind_int64(st, i, v);
}

void bind_id(sqlite3_stmt *st, int i, int64_t id)
{
	if (id == 0)
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_int64(st, i, id);
}

struct str column_text(sqlite3_stmt *st, int i)
{
	const char *p = (const char *)sqlite3_column_text(st, i);

	return p ? str_make(p, (size_t)sqlite3_column_bytes(st, i)) : STR_ABSENT;
}

struct str column_blob(sqlite3_stmt *st, int i)
{
	const char *p;

	if (sqlite3_column_type(st, i) == SQLITE_NULL)
		return STR_ABSENT;
	p = sqlite3_column_blob(st, i);
	return p ? str_make(p, (size_t)sqlite3_column_bytes(st, i)) : STR("");
}

int64_t column_int(sqlite3_stmt *st, int i)
{
	return sqlite3_column_int64(st, i);
}
