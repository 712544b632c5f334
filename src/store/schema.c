#include "schema.h"

#include "schema_files.h"
#include "store.h"

const char *store_library_version(void)
{
	return sqlite3_libversion();
}

int64_t store_schema_version(void)
{
	int64_t n = 0;

	while (schema_files[n].name)
		n++;
	return n;
}

static int check_newer(struct db *db, int64_t version, struct err *err)
{
	if (version <= store_schema_version())
		return 0;
	return FAIL(err, ERR_CONFIG, "store-newer",
		"%s was written by a newer ruad (database version %lld, this program knows"
		" %lld): install that version or restore a backup",
		db->path, (long long)version, (long long)store_schema_version());
}

/* The steps that are missing, inside a transaction: another program may have been faster. */
static int apply_missing(struct db *db, struct err *err)
{
	char text[96];
	int64_t version = 0;
	int r = db_query_number(db, "PRAGMA user_version", &version, err);

	if (r == 0)
		r = check_newer(db, version, err);
	for (; r == 0 && version < store_schema_version(); version++)
		r = db_exec(db, schema_files[version].data, err);
	if (r < 0)
		return r;
	snprintf(text, sizeof(text), "PRAGMA application_id = %d; PRAGMA user_version = %lld",
		DB_APPLICATION_ID, (long long)version);
	return db_exec(db, text, err);
}

int schema_found(struct db *db, int64_t *ret, struct err *err)
{
	int64_t version = 0;
	int r = db_query_number(db, "PRAGMA user_version", &version, err);

	if (r == 0)
		r = check_newer(db, version, err);
	if (r == 0)
		*ret = version;
	return r;
}

int schema_migrate(struct db *db, int64_t *ret_found, struct err *err)
{
	int r = schema_found(db, ret_found, err);

	if (r < 0 || *ret_found == store_schema_version())
		return r;
	/* All in one: a reader never meets a shape in between. */
	r = db_exec(db, "BEGIN IMMEDIATE", err);
	if (r < 0)
		return r;
	r = apply_missing(db, err);
	if (r == 0)
		r = db_exec(db, "COMMIT", err);
	if (r < 0)
		sqlite3_exec(db->h, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

int schema_check(struct db *db, struct err *err)
{
	int64_t version = 0;
	int r = schema_found(db, &version, err);

	if (r < 0 || version == store_schema_version())
		return r;
	return FAIL(err, ERR_CONFIG, "store-older",
		"%s has the shape of an older ruad (version %lld, this program wants %lld):"
		" run 'ruad import' or 'ruad serve' as its owner to bring it up to date",
		db->path, (long long)version, (long long)store_schema_version());
}
