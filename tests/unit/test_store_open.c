#include "store_test.h"

#include "write.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void write_file(const char *path, const void *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		fail_msg("%s: %s", path, strerror(errno));
	close(fd);
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *h = NULL;

	if (sqlite3_open(path, &h) != SQLITE_OK ||
		sqlite3_exec(h, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(h));
	sqlite3_close(h);
}

/* Opening gives this code and reason, and says so in words. */
static void refused(
	const char *name, const char *path, enum store_mode mode, int code, const char *reason)
{
	struct err err = { 0 };
	struct store *s = NULL;

	check_int(name, store_open(path, mode, 0, &s, &err), code);
	check(name, s == NULL);
	check_str(name, str_of(err.reason), str_of(reason));
	check(name, err.text[0] != '\0');
}

static void a_new_database_is_private_to_owner_and_group(void **state)
{
	struct world w;
	struct stat st;
	mode_t old = umask(0);

	(void)state;
	world_open(&w);
	umask(old);
	assert_int_equal(stat(w.path, &st), 0);
	check_int("mode", st.st_mode & 0777, 0640);
	world_close(&w);
}

static void it_can_be_opened_again_in_every_mode(void **state)
{
	static const enum store_mode modes[] = { STORE_READ, STORE_SHARED, STORE_WRITE,
		STORE_READ };
	struct store_status status = { 0 };
	struct world w;

	(void)state;
	world_open(&w);
	for (size_t i = 0; i < COUNT(modes); i++) {
		world_reopen(&w, modes[i]);
		OK(&w, store_status(w.s, &status, &w.err));
		check_int("version", status.schema_version, store_schema_version());
	}
	world_close(&w);
}

static void paths_that_cannot_be_are_explained(void **state)
{
	struct world w;
	char path[200];

	(void)state;
	world_open(&w);
	snprintf(path, sizeof(path), "%s/none/ruad.db", w.folder);
	refused("no folder", path, STORE_WRITE, ERR_CONFIG, "store-access");
	refused("no folder", path, STORE_READ, ERR_CONFIG, "store-access");
	refused("a folder", w.folder, STORE_WRITE, ERR_CONFIG, "store-access");
	snprintf(path, sizeof(path), "%s/other.db", w.folder);
	refused("nothing to read", path, STORE_READ, ERR_CONFIG, "no-database");
	check("reading makes no file", access(path, F_OK) < 0);
	write_file(path, "", 0);
	refused("empty", path, STORE_READ, ERR_CONFIG, "no-database");
	unlink(path);
	world_close(&w);
}

static void foreign_files_are_left_alone(void **state)
{
	static const char text[] =
		"This is a letter, of a length that no header of a database hides in. "
		"It goes on for some time, until it is longer than a hundred bytes.";
	struct world w;
	struct stat st;
	char path[200];

	(void)state;
	world_open(&w);
	snprintf(path, sizeof(path), "%s/letter", w.folder);
	write_file(path, text, sizeof(text));
	refused("text", path, STORE_WRITE, ERR_CONFIG, "not-a-database");
	refused("text", path, STORE_READ, ERR_CONFIG, "not-a-database");
	assert_int_equal(stat(path, &st), 0);
	check_int("size", st.st_size, sizeof(text));
	unlink(path);
	run_sql(path, "CREATE TABLE bookmarks (url TEXT)");
	refused("another database", path, STORE_WRITE, ERR_CONFIG, "not-a-database");
	refused("another database", path, STORE_READ, ERR_CONFIG, "not-a-database");
	unlink(path);
	world_close(&w);
}

static void other_versions_are_refused(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	store_close(w.s);
	w.s = NULL;
	run_sql(w.path, "PRAGMA user_version = 1000");
	refused("newer", w.path, STORE_WRITE, ERR_CONFIG, "store-newer");
	refused("newer", w.path, STORE_READ, ERR_CONFIG, "store-newer");
	run_sql(w.path, "PRAGMA user_version = 0");
	refused("older", w.path, STORE_READ, ERR_CONFIG, "store-older");
	world_close(&w);
}

static void one_import_at_a_time(void **state)
{
	struct world w;
	struct store *reader = NULL, *shared = NULL;

	(void)state;
	world_open(&w);
	refused("a second import", w.path, STORE_WRITE, ERR_TEMP, "locked");
	OK(&w, store_open(w.path, STORE_READ, 0, &reader, &w.err));
	OK(&w, store_open(w.path, STORE_SHARED, 0, &shared, &w.err));
	store_close(shared);
	store_close(reader);
	world_close(&w);
}

static void the_lock_goes_with_its_process(void **state)
{
	struct world w;
	int status = 0;
	pid_t pid;

	(void)state;
	world_open(&w);
	store_close(w.s);
	w.s = NULL;
	pid = fork();
	if (pid == 0) {
		struct store *s = NULL;

		_exit(store_open(w.path, STORE_WRITE, 0, &s, &w.err) < 0 ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	check_int("the child had it", status, 0);
	world_reopen(&w, STORE_WRITE);
	world_close(&w);
}

static void a_writer_that_holds_on_is_a_reason_to_wait(void **state)
{
	struct world w;
	struct store *shared = NULL;

	(void)state;
	world_open(&w);
	OK(&w, store_open(w.path, STORE_SHARED, 20, &shared, &w.err));
	OK(&w, store_batch_begin(w.s, &w.err));
	check_int("busy", store_batch_begin(shared, &w.err), ERR_TEMP);
	check_str("busy", str_of(w.err.reason), STR("store-busy"));
	OK(&w, store_batch_commit(w.s, &w.err));
	OK(&w, store_batch_begin(shared, &w.err));
	store_batch_rollback(shared);
	store_close(shared);
	world_close(&w);
}

/* Who does not wait for another import still waits for a short write of somebody else. */
static void an_import_waits_for_a_short_write(void **state)
{
	struct world w;
	pid_t pid;
	int status, ready[2];
	char c;

	(void)state;
	world_open(&w);
	store_close(w.s);
	w.s = NULL;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct store *other = NULL;

		if (store_open(w.path, STORE_SHARED, 0, &other, &w.err) < 0 ||
			store_batch_begin(other, &w.err) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		usleep(300000);
		_exit(store_batch_commit(other, &w.err) < 0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	OK(&w, store_open(w.path, STORE_WRITE, 0, &w.s, &w.err));
	OK(&w, store_batch_begin(w.s, &w.err));
	store_batch_rollback(w.s);
	waitpid(pid, &status, 0);
	check_int("the other one", status, 0);
	close(ready[0]);
	close(ready[1]);
	world_close(&w);
}

static void what_sqlite_says_becomes_what_to_do(void **state)
{
	static const struct {
		const char *name;
		int rc, code;
		const char *reason;
	} cases[] = {
		{ "busy", SQLITE_BUSY, ERR_TEMP, "store-busy" },
		{ "busy, extended", SQLITE_BUSY_SNAPSHOT, ERR_TEMP, "store-busy" },
		{ "full", SQLITE_FULL, ERR_TEMP, "disk-full" },
		{ "no room for -shm", SQLITE_IOERR_SHMSIZE, ERR_TEMP, "disk-full" },
		{ "bad disk", SQLITE_IOERR_READ, ERR_IO, "store-failed" },
		{ "damaged", SQLITE_CORRUPT_VTAB, ERR_IO, "store-damaged" },
		{ "no permission", SQLITE_READONLY_DBMOVED, ERR_CONFIG, "store-access" },
		{ "foreign", SQLITE_NOTADB, ERR_CONFIG, "not-a-database" },
	};
	struct world w;

	(void)state;
	world_open(&w);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = { 0 };

		check_int(cases[i].name, db_fail(&w.s->db, cases[i].rc, &err), cases[i].code);
		check_str(cases[i].name, str_of(err.reason), str_of(cases[i].reason));
	}
	world_close(&w);
}

/* A reader sees what was committed when it asked, all of it or nothing. */
static void readers_see_whole_batches(void **state)
{
	static const struct line lines[] = { { 0, "192.0.2.1", 10 }, { 0 } };
	struct report r = make_report("a", "1", day_start(DAY0), day_start(DAY0) + 86399);
	struct store *writer;
	struct world w;
	struct query q;

	(void)state;
	world_open(&w);
	writer = w.s;
	w.s = NULL;
	OK(&w, store_open(w.path, STORE_READ, 0, &w.s, &w.err));
	q = ASK(&w);
	OK(&w, store_batch_begin(writer, &w.err));
	for (int i = 0; i < 3; i++) {
		struct store *reader = w.s;
		char id[2] = { (char)('1' + i), 0 };

		w.s = writer;
		r.report_id = str_of(id);
		put(&w, &r, lines, id);
		w.s = reader;
		check_int("nothing yet", totals_of(&w, &q).messages, 0);
	}
	OK(&w, store_batch_commit(writer, &w.err));
	check_int("all", totals_of(&w, &q).messages, 30);
	store_close(w.s);
	w.s = writer;
	world_close(&w);
}

/* A full disk: the database may not grow. */
static void limit_pages(struct store *s, int pages)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %d", pages);
	sqlite3_exec(s->db.h, sql, NULL, NULL, NULL);
}

static void a_full_disk_is_said_and_survived(void **state)
{
	static char noise[400000];
	struct report r = make_report("a", "1", day_start(DAY0), day_start(DAY0) + 86399);
	struct world w;
	int rc = 0;

	(void)state;
	world_open(&w);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)((i * i * 2654435761U) >> 17);
	OK(&w, store_batch_begin(w.s, &w.err));
	OK(&w, store_begin(w.s, &r, 0, &w.err));
	limit_pages(w.s, 60);
	for (int i = 0; i < 50 && rc == 0; i++)
		rc = store_raw(w.s, noise, sizeof(noise), &w.err);
	check_int("full", rc, ERR_TEMP);
	check_str("full", str_of(w.err.reason), STR("disk-full"));
	store_abort(w.s);
	check("the batch does not commit what is lost",
		store_batch_commit(w.s, &w.err) == 0 || w.err.code == ERR_TEMP);
	limit_pages(w.s, 1000000);
	OK(&w, store_batch_begin(w.s, &w.err));
	put(&w, &r, (const struct line[]){ { 0, "192.0.2.1", 1 }, { 0 } }, "<a/>");
	OK(&w, store_batch_commit(w.s, &w.err));
	check_int("verify", problems(&w), 0);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_database_is_private_to_owner_and_group),
		cmocka_unit_test(it_can_be_opened_again_in_every_mode),
		cmocka_unit_test(paths_that_cannot_be_are_explained),
		cmocka_unit_test(foreign_files_are_left_alone),
		cmocka_unit_test(other_versions_are_refused),
		cmocka_unit_test(one_import_at_a_time),
		cmocka_unit_test(the_lock_goes_with_its_process),
		cmocka_unit_test(a_writer_that_holds_on_is_a_reason_to_wait),
		cmocka_unit_test(an_import_waits_for_a_short_write),
		cmocka_unit_test(what_sqlite_says_becomes_what_to_do),
		cmocka_unit_test(readers_see_whole_batches),
		cmocka_unit_test(a_full_disk_is_said_and_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
