#include "intern.h"

#define NAMES_MOST 49152
#define NAMES_BYTES (2U << 20)
#define SOURCES_MOST 49152
#define SOURCES_BYTES (1U << 20)
#define EVIDENCE_MOST 49152
#define EVIDENCE_BYTES (2U << 20)
#define FEW_MOST 4096
#define FEW_BYTES (256U << 10)

void intern_init(struct intern *in)
{
	idmap_init(&in->names, NAMES_MOST, NAMES_BYTES);
	idmap_init(&in->sources, SOURCES_MOST, SOURCES_BYTES);
	idmap_init(&in->evidence, EVIDENCE_MOST, EVIDENCE_BYTES);
	idmap_init(&in->reporters, FEW_MOST, FEW_BYTES);
	idmap_init(&in->domains, FEW_MOST, FEW_BYTES);
	in->added = false;
}

void intern_release(struct intern *in)
{
	idmap_release(&in->names);
	idmap_release(&in->sources);
	idmap_release(&in->evidence);
	idmap_release(&in->reporters);
	idmap_release(&in->domains);
}

void intern_mark(struct intern *in)
{
	in->added = false;
}

void intern_forget(struct intern *in)
{
	if (!in->added)
		return;
	idmap_clear(&in->names);
	idmap_clear(&in->sources);
	idmap_clear(&in->evidence);
	idmap_clear(&in->reporters);
	idmap_clear(&in->domains);
	in->added = false;
}

struct kind {
	enum stmt_id find, insert;
	bool is_blob;
};

static void bind_key(sqlite3_stmt *st, int i, bool is_blob, struct str key)
{
	if (is_blob)
		bind_blob(st, i, key.p, key.n);
	else
		bind_text(st, i, key);
}

static int insert_key(struct db *db, struct intern *in, const struct kind *k, struct str key,
	struct str second, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(db, k->insert, &st, err);

	if (r < 0)
		return r;
	bind_key(st, 1, k->is_blob, key);
	if (!str_absent(second))
		bind_key(st, 2, k->is_blob, second);
	r = db_run(db, st, err);
	if (r < 0)
		return r;
	in->added = true;
	*ret = sqlite3_last_insert_rowid(db->h);
	return 0;
}

/* The number of key: from the cache, from the table, or new.  second: another column of a new
 * row. */
static int number_of(struct db *db, struct intern *in, struct idmap *map, const struct kind *k,
	struct str key, struct str second, int64_t *ret, struct err *err)
{
	int64_t id = idmap_get(map, key);
	sqlite3_stmt *st;
	int r;

	if (id != 0) {
		*ret = id;
		return 0;
	}
	r = db_use(db, k->find, &st, err);
	if (r < 0)
		return r;
	bind_key(st, 1, k->is_blob, key);
	r = db_number(db, st, 0, &id, err);
	if (r == 0 && id == 0)
		r = insert_key(db, in, k, key, second, &id, err);
	if (r < 0)
		return r;
	idmap_put(map, key, id);
	*ret = id;
	return 0;
}

int intern_name(
	struct db *db, struct intern *in, struct str text, int64_t *ret, struct err *err)
{
	static const struct kind k = { STMT_name_find, STMT_name_insert, false };

	if (str_absent(text)) {
		*ret = 0;
		return 0;
	}
	return number_of(db, in, &in->names, &k, text, STR_ABSENT, ret, err);
}

int intern_source(
	struct db *db, struct intern *in, const struct ip *ip, int64_t *ret, struct err *err)
{
	static const struct kind k = { STMT_source_find, STMT_source_insert, true };
	const char *p = (const char *)ip->b;

	return number_of(db, in, &in->sources, &k, str_make(p, ip->n),
		str_make(p, ip->n == 16 ? 8 : ip->n), ret, err);
}

int intern_reporter(struct db *db, struct intern *in, struct str key, struct str text,
	int64_t *ret, struct err *err)
{
	static const struct kind k = { STMT_reporter_find, STMT_reporter_insert, false };

	return number_of(db, in, &in->reporters, &k, key, text, ret, err);
}

int intern_domain(
	struct db *db, struct intern *in, struct str name, int64_t *ret, struct err *err)
{
	static const struct kind k = { STMT_domain_find, STMT_domain_insert, false };

	return number_of(db, in, &in->domains, &k, name, STR_ABSENT, ret, err);
}
