/*
 * status.c - numbers about the whole database, without a scan of what is large.
 */
#include "write.h"

#include <sys/statvfs.h>

/* One statement, one row; each column goes to a number. */
static int read_numbers(
	struct db *db, const char *sql, int64_t *const *to, int n, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_prepare(db, str_of(sql), &st, err);

	if (r == 0)
		r = db_step(db, st, err);
	if (r < 0)
		return r;
	for (int i = 0; i < n; i++)
		*to[i] = r > 0 ? column_int(st, i) : 0;
	return 0;
}

/* Addresses are counted by their last number: those that were taken out are few, and known. */
static int read_sums(struct db *db, struct store_status *s, struct err *err)
{
	int64_t reports, records, messages, domains, sources;
	int64_t *const to[] = { &reports, &records, &messages, &domains, &sources };
	int r = read_numbers(db,
		"SELECT reports, records, messages, (SELECT count(*) FROM domain d WHERE"
		" EXISTS (SELECT 1 FROM report r INDEXED BY report_domain_day WHERE r.domain ="
		" d.id)), (SELECT coalesce(max(id), 0) FROM source) - sources_gone FROM meta",
		to, 5, err);

	if (r < 0)
		return r;
	s->reports = (uint64_t)reports;
	s->records = (uint64_t)records;
	s->messages = (uint64_t)messages;
	s->domains = (uint64_t)domains;
	s->sources = (uint64_t)sources;
	return 0;
}

static int read_times(struct db *db, struct store_status *s, struct err *err)
{
	int64_t newest = 0;
	int64_t *const to[] = { &s->first_day, &s->last_day, &newest, &s->last_run_at,
		&s->last_success_at };
	int r = read_numbers(db,
		"SELECT (SELECT min(d) FROM (SELECT min(middle_day) AS d FROM report UNION ALL"
		" SELECT min(first_day) FROM report WHERE first_day <> last_day)), (SELECT"
		" max(d) FROM (SELECT max(middle_day) AS d FROM report UNION ALL SELECT"
		" max(last_day) FROM report WHERE first_day <> last_day)), (SELECT"
		" max(newest_at) FROM reporter WHERE newest_at > -9223372036854775808),"
		" (SELECT max(at) FROM (SELECT max(started_at) AS at FROM import_state UNION "
		"ALL"
		" SELECT started_at FROM run WHERE id = (SELECT max(id) FROM run))), (SELECT"
		" max(success_at) FROM import_state)",
		to, 5, err);

	s->last_report_at = newest;
	return r;
}

static int read_meta(struct db *db, struct store_status *s, struct err *err)
{
	int64_t raw, kept, pages, page_bytes;
	int64_t *const to[] = { &s->generation, &raw, &kept };
	int r = read_numbers(
		db, "SELECT generation, raw_bytes, kept_bytes FROM meta", to, 3, err);

	if (r == 0)
		r = db_query_number(db, "PRAGMA page_count", &pages, err);
	if (r == 0)
		r = db_query_number(db, "PRAGMA page_size", &page_bytes, err);
	if (r == 0)
		r = db_query_number(db, "PRAGMA user_version", &s->schema_version, err);
	if (r < 0)
		return r;
	s->raw_bytes = (uint64_t)raw;
	s->kept_bytes = (uint64_t)kept;
	s->size_bytes = (uint64_t)(pages * page_bytes);
	return 0;
}

static int read_ages(struct db *db, struct store_status *s, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(db, STMT_prune_ages, &st, err);

	if (r == 0)
		r = db_step(db, st, err);
	if (r <= 0)
		return r;
	s->records_from = column_int(st, 0);
	s->sums_from = column_int(st, 1);
	s->raw_from = column_int(st, 2);
	sqlite3_reset(st);
	return 0;
}

/* Sums may outlive the reports, and what a report has to say may begin in the middle of it. */
static int mend_first_day(struct db *db, struct store_status *s, struct err *err)
{
	int64_t of_sums = 0;
	int r = 0;

	if (s->sums_from < s->records_from)
		r = db_query_number(db,
			"SELECT min((SELECT min(day) FROM sum_reporter WHERE domain = d.id AND"
			" day >= coalesce(sums_from, -1099511627776))) FROM meta CROSS JOIN"
			" domain d",
			&of_sums, err);
	if (of_sums != 0 && (s->first_day == 0 || of_sums < s->first_day))
		s->first_day = of_sums;
	if (of_sums != 0 && s->last_day == 0)
		s->last_day = s->records_from - 1;
	if (s->first_day != 0 && s->first_day < s->sums_from)
		s->first_day = s->sums_from;
	return r;
}

/* Rejected inputs that somebody has set aside. */
static int count_dismissed(struct db *db, int64_t *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_prepare(db,
		STR("SELECT count(*) FROM input INDEXED BY input_dismissed WHERE outcome = ?"
		    " AND dismissed_at IS NOT NULL"),
		&st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, OUTCOME_REJECTED);
	return db_number(db, st, 0, ret, err);
}

static int read_outcomes(struct db *db, struct store_status *s, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int64_t dismissed = 0;
	int r = db_prepare(db, STR("SELECT outcome, n FROM input_total"), &st, err);

	while (r >= 0 && (r = db_step(db, st, err)) > 0) {
		int64_t o = column_int(st, 0);
		uint64_t n = (uint64_t)column_int(st, 1);

		s->inputs += n;
		if (o >= 0 && o < OUTCOME_COUNT)
			s->by_outcome[o] = n;
	}
	if (r == 0)
		r = count_dismissed(db, &dismissed, err);
	s->problems = s->by_outcome[OUTCOME_REJECTED] - (uint64_t)dismissed;
	return r;
}

static int read_held(struct db *db, struct store_status *s, struct err *err)
{
	int64_t n = 0;
	int r = db_query_number(db,
		"SELECT count(*) FROM input INDEXED BY input_held WHERE reason IN"
		" ('unauthenticated', 'reporter-misfit') AND dismissed_at IS NULL",
		&n, err);

	s->held = (uint64_t)n;
	return r;
}

static int read_origins(struct db *db, struct store_status *s, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_prepare(db, STR("SELECT origin, n FROM origin_total"), &st, err);

	while (r >= 0 && (r = db_step(db, st, err)) > 0) {
		int64_t o = column_int(st, 0);

		if (o >= 0 && o < CARRIER_COUNT)
			s->by_origin[o] = (uint64_t)column_int(st, 1);
	}
	return r;
}

int64_t store_disk_free(const struct store *s)
{
	struct statvfs fs;

	if (statvfs(s->db.path, &fs) != 0)
		return -1;
	if (fs.f_flag & ST_RDONLY)
		return 0;
	return (int64_t)(fs.f_bavail * fs.f_frsize);
}

int store_status(struct store *s, struct store_status *ret, struct err *err)
{
	struct store_status status = { .sqlite_version = str_of(sqlite3_libversion()) };
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	r = read_meta(&s->db, &status, err);
	if (r == 0)
		r = read_sums(&s->db, &status, err);
	if (r == 0)
		r = read_times(&s->db, &status, err);
	if (r == 0)
		r = read_ages(&s->db, &status, err);
	if (r == 0)
		r = mend_first_day(&s->db, &status, err);
	if (r == 0)
		r = read_outcomes(&s->db, &status, err);
	if (r == 0)
		r = read_origins(&s->db, &status, err);
	if (r == 0)
		r = read_held(&s->db, &status, err);
	db_view_end(&s->db, own);
	if (r == 0)
		*ret = status;
	return r;
}
