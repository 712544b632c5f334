/*
 * status.c - numbers about the whole database, without a scan of what is large.
 */
#include "write.h"

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

/* No address is ever taken out, so the last number is how many there are. */
static int read_sums(struct db *db, struct store_status *s, struct err *err)
{
	int64_t reports, records, messages, domains, sources;
	int64_t *const to[] = { &reports, &records, &messages, &domains, &sources };
	int r = read_numbers(db,
		"SELECT reports, records, messages, (SELECT count(*) FROM domain d WHERE"
		" EXISTS (SELECT 1 FROM report r INDEXED BY report_domain_day WHERE r.domain ="
		" d.id)), (SELECT coalesce(max(id), 0) FROM source) FROM meta",
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

static int read_outcomes(struct db *db, struct store_status *s, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_prepare(db, STR("SELECT outcome, n FROM input_total"), &st, err);

	while (r >= 0 && (r = db_step(db, st, err)) > 0) {
		int64_t o = column_int(st, 0);
		uint64_t n = (uint64_t)column_int(st, 1);

		s->inputs += n;
		if (o >= 0 && o < OUTCOME_COUNT)
			s->by_outcome[o] = n;
	}
	s->problems = s->by_outcome[OUTCOME_REJECTED];
	return r;
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
		r = read_outcomes(&s->db, &status, err);
	db_view_end(&s->db, own);
	if (r == 0)
		*ret = status;
	return r;
}
