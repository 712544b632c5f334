#include "evidence.h"

/* --- Digests --- */

static void digest_auth(struct digest_ctx *c, const struct auth *a, size_t n)
{
	digest_u64(c, n);
	for (size_t i = 0; i < n; i++) {
		digest_field(c, a[i].domain);
		digest_field(c, a[i].selector);
		digest_field(c, a[i].scope);
		digest_field(c, a[i].result);
		digest_field(c, a[i].human_result);
	}
}

static void digest_content(struct digest_ctx *c, const struct record *rec)
{
	digest_field(c, rec->header_from);
	digest_field(c, rec->envelope_from);
	digest_field(c, rec->envelope_to);
	digest_field(c, rec->disposition);
	digest_field(c, rec->dkim);
	digest_field(c, rec->spf);
	digest_u64(c, rec->reason_count);
	for (size_t i = 0; i < rec->reason_count; i++) {
		digest_field(c, rec->reasons[i].type);
		digest_field(c, rec->reasons[i].comment);
	}
	digest_auth(c, rec->dkim_auth, rec->dkim_count);
	digest_auth(c, rec->spf_auth, rec->spf_count);
}

static uint64_t pack_parts(const struct verdict *v)
{
	const struct verdict_parts *both[] = { &v->computed, &v->reported };
	uint64_t parts = 0;

	for (int i = 0; i < 2; i++)
		parts |= ((uint64_t)both[i]->spf | (uint64_t)both[i]->dkim << 2 |
				 (uint64_t)both[i]->dmarc << 4)
			 << (6 * i);
	return parts;
}

static void digest_verdict(
	struct digest_ctx *c, const struct record *rec, const struct verdict *v, uint32_t facts)
{
	digest_u64(c, facts | (uint64_t)v->causes << 32);
	digest_u64(c, pack_parts(v) | (uint64_t)v->named_by << 32);
	digest_field(c, v->author);
	digest_field(c, v->org_domain);
	digest_field(c, v->sender);
	for (size_t i = 0; i < rec->dkim_count; i++)
		digest_add(c, &(uint8_t){ (uint8_t)v->dkim_matches[i] }, 1);
	for (size_t i = 0; i < rec->spf_count; i++)
		digest_add(c, &(uint8_t){ (uint8_t)v->spf_matches[i] }, 1);
}

static void digests_of(const struct record *rec, const struct verdict *v, uint32_t facts,
	struct digest *ret_content, struct digest *ret_whole)
{
	struct digest_ctx c, more;

	digest_init(&c);
	digest_content(&c, rec);
	more = c;
	digest_end(&c, ret_content);
	digest_verdict(&more, rec, v, facts);
	digest_end(&more, ret_whole);
}

/* --- Writing --- */

static int bind_name(struct db *db, struct intern *in, int64_t *ids, size_t *n, struct str text,
	struct err *err)
{
	return intern_name(db, in, text, &ids[(*n)++], err);
}

static int insert_auth(struct db *db, struct intern *in, int64_t evidence, bool dkim,
	const struct auth *a, size_t count, const enum dmarc *matches, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		int64_t ids[4];
		size_t n = 0;
		sqlite3_stmt *st;
		int r = bind_name(db, in, ids, &n, a[i].domain, err);

		if (r == 0)
			r = bind_name(db, in, ids, &n, dkim ? a[i].selector : a[i].scope, err);
		if (r == 0)
			r = bind_name(db, in, ids, &n, a[i].result, err);
		if (r == 0)
			r = bind_name(db, in, ids, &n, a[i].human_result, err);
		if (r == 0)
			r = db_use(db,
				dkim ? STMT_evidence_dkim_insert : STMT_evidence_spf_insert,
				&st, err);
		if (r < 0)
			return r;
		bind_int(st, 1, evidence);
		bind_int(st, 2, (int64_t)i + 1);
		for (int k = 0; k < 4; k++)
			bind_id(st, 3 + k, ids[k]);
		bind_int(st, 7, matches[i]);
		r = db_run(db, st, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int insert_reasons(struct db *db, struct intern *in, int64_t evidence,
	const struct record *rec, struct err *err)
{
	for (size_t i = 0; i < rec->reason_count; i++) {
		int64_t type, comment;
		sqlite3_stmt *st;
		int r = intern_name(db, in, rec->reasons[i].type, &type, err);

		if (r == 0)
			r = intern_name(db, in, rec->reasons[i].comment, &comment, err);
		if (r == 0)
			r = db_use(db, STMT_evidence_reason_insert, &st, err);
		if (r < 0)
			return r;
		bind_int(st, 1, evidence);
		bind_int(st, 2, (int64_t)i + 1);
		bind_id(st, 3, type);
		bind_id(st, 4, comment);
		r = db_run(db, st, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int insert_main(struct db *db, struct intern *in, const struct record *rec,
	const struct verdict *v, uint32_t facts, const struct digest *content,
	const struct digest *whole, int64_t *ret, struct err *err)
{
	const struct str texts[] = { rec->header_from, rec->envelope_from, rec->envelope_to,
		rec->disposition, rec->dkim, rec->spf, v->author, v->org_domain, v->sender };
	enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
	int64_t ids[TEXTS];
	sqlite3_stmt *st;
	int r = 0;

	for (int i = 0; i < TEXTS && r == 0; i++)
		r = intern_name(db, in, texts[i], &ids[i], err);
	if (r == 0)
		r = db_use(db, STMT_evidence_insert, &st, err);
	if (r < 0)
		return r;
	bind_blob(st, 1, whole->b, DIGEST_BYTES);
	bind_blob(st, 2, content->b, DIGEST_BYTES);
	for (int i = 0; i < TEXTS - 1; i++)
		bind_id(st, 3 + i, ids[i]);
	bind_int(st, 11, ids[TEXTS - 1]); /* the sender is 0, not NULL, where there is none */
	bind_int(st, 12, v->named_by);
	bind_int(st, 13, facts);
	bind_int(st, 14, v->causes);
	bind_int(st, 15, (int64_t)pack_parts(v));
	r = db_run(db, st, err);
	if (r == 0) {
		in->added = true;
		*ret = sqlite3_last_insert_rowid(db->h);
	}
	return r;
}

static int insert(struct db *db, struct intern *in, const struct record *rec,
	const struct verdict *v, uint32_t facts, const struct digest *content,
	const struct digest *whole, int64_t *ret, struct err *err)
{
	int r = insert_main(db, in, rec, v, facts, content, whole, ret, err);

	if (r == 0)
		r = insert_auth(db, in, *ret, true, rec->dkim_auth, rec->dkim_count,
			v->dkim_matches, err);
	if (r == 0)
		r = insert_auth(db, in, *ret, false, rec->spf_auth, rec->spf_count,
			v->spf_matches, err);
	if (r == 0)
		r = insert_reasons(db, in, *ret, rec, err);
	return r;
}

int evidence_intern(struct db *db, struct intern *in, const struct record *rec,
	const struct verdict *v, uint32_t facts, struct digest *ret_content, int64_t *ret,
	struct err *err)
{
	struct digest content, whole;
	struct str key;
	sqlite3_stmt *st;
	int64_t id;
	int r;

	digests_of(rec, v, facts, &content, &whole);
	key = str_make((const char *)whole.b, DIGEST_BYTES);
	id = idmap_get(&in->evidence, key);
	if (id == 0) {
		r = db_use(db, STMT_evidence_find, &st, err);
		if (r < 0)
			return r;
		bind_blob(st, 1, whole.b, DIGEST_BYTES);
		r = db_number(db, st, 0, &id, err);
		if (r == 0 && id == 0)
			r = insert(db, in, rec, v, facts, &content, &whole, &id, err);
		if (r < 0)
			return r;
		idmap_put(&in->evidence, key, id);
	}
	*ret_content = content;
	*ret = id;
	return 0;
}

/* --- Checking --- */

/* As stored; facts can be anything there. */
static int read_facts(struct db *db, int64_t id, uint32_t *ret_facts,
	struct digest *ret_content, struct digest *ret_whole, struct err *err)
{
	struct digest *const to[] = { ret_content, ret_whole };
	sqlite3_stmt *st;
	int r = db_use(db, STMT_evidence_digests, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, id);
	r = db_step(db, st, err);
	if (r <= 0)
		return r;
	*ret_facts = (uint32_t)column_int(st, 0);
	for (int i = 0; i < 2; i++) {
		struct str b = column_blob(st, 1 + i);

		*to[i] = (struct digest){ 0 };
		if (b.n == DIGEST_BYTES)
			memcpy(to[i]->b, b.p, DIGEST_BYTES);
	}
	sqlite3_reset(st);
	return 0;
}

int evidence_whole(struct db *db, int64_t id, const struct record *rec, const struct verdict *v,
	bool *ret, struct err *err)
{
	struct digest had[2], is[2];
	uint32_t facts = 0;
	int r = read_facts(db, id, &facts, &had[0], &had[1], err);

	if (r < 0)
		return r;
	digests_of(rec, v, facts, &is[0], &is[1]);
	*ret = digest_eq(&had[0], &is[0]) && digest_eq(&had[1], &is[1]);
	return 0;
}

int evidence_same_verdict(struct db *db, int64_t id, const struct record *rec,
	const struct verdict *had, const struct verdict *is, bool *ret, struct err *err)
{
	struct digest content, stored, now;
	uint32_t facts = 0;
	int r = read_facts(db, id, &facts, &content, &stored, err);

	if (r < 0)
		return r;
	digests_of(rec, had, facts, &content, &stored);
	digests_of(rec, is, facts_of(rec, is), &content, &now);
	*ret = digest_eq(&stored, &now);
	return 0;
}

/* --- Reading --- */

static struct str copy(struct arena *a, sqlite3_stmt *st, int column)
{
	return arena_str(a, column_text(st, column));
}

/* Numbers come out of a file: none may leave its enum. */
static enum dmarc dmarc_from(int64_t v)
{
	return v >= DMARC_NULL && v <= DMARC_PASS ? (enum dmarc)v : DMARC_NULL;
}

static void unpack_parts(int64_t parts, struct verdict_parts *ret)
{
	ret->spf = dmarc_from(parts & 3);
	ret->dkim = dmarc_from(parts >> 2 & 3);
	ret->dmarc = dmarc_from(parts >> 4 & 3);
}

static void read_main(sqlite3_stmt *st, struct arena *a, struct record *rec, struct verdict *v)
{
	uint32_t facts = (uint32_t)column_int(st, 10);
	int64_t named_by = column_int(st, 9);

	rec->header_from = copy(a, st, 0);
	rec->envelope_from = copy(a, st, 1);
	rec->envelope_to = copy(a, st, 2);
	rec->disposition = copy(a, st, 3);
	rec->dkim = copy(a, st, 4);
	rec->spf = copy(a, st, 5);
	v->author = copy(a, st, 6);
	v->org_domain = copy(a, st, 7);
	v->sender = copy(a, st, 8);
	v->named_by = named_by >= 0 && named_by <= NAMED_BY_SPF ? (enum named_by)named_by
								: NAMED_BY_ADDRESS;
	v->result = facts & FACTS_PASS ? DMARC_PASS : DMARC_FAIL;
	v->basis_reported = facts & FACTS_BASIS_REPORTED;
	v->disagrees = facts & FACTS_DISAGREES;
	v->forwarded = facts & FACTS_FORWARDED;
	v->explained = facts_explained(facts, false);
	v->cause = facts_cause(facts);
	v->causes = (unsigned)column_int(st, 11);
	unpack_parts(column_int(st, 12), &v->computed);
	unpack_parts(column_int(st, 12) >> 6, &v->reported);
}

static int read_auth(struct db *db, int64_t id, bool dkim, struct arena *a, struct auth **ret,
	enum dmarc **ret_matches, size_t *ret_count, struct err *err)
{
	struct auth *list = NULL;
	enum dmarc *matches = NULL;
	size_t n = 0;
	sqlite3_stmt *st;
	int r = db_use(db, dkim ? STMT_evidence_dkim_get : STMT_evidence_spf_get, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, id);
	for (; (r = db_step(db, st, err)) > 0; n++) {
		list = ARENA_MORE(a, list, n);
		matches = ARENA_MORE(a, matches, n);
		list[n] = (struct auth){ .domain = copy(a, st, 0),
			.result = copy(a, st, 2),
			.human_result = copy(a, st, 3) };
		*(dkim ? &list[n].selector : &list[n].scope) = copy(a, st, 1);
		matches[n] = dmarc_from(column_int(st, 4));
	}
	*ret = list;
	*ret_matches = matches;
	*ret_count = n;
	return r;
}

static int read_reasons(
	struct db *db, int64_t id, struct arena *a, struct record *rec, struct err *err)
{
	struct override *list = NULL;
	size_t n = 0;
	sqlite3_stmt *st;
	int r = db_use(db, STMT_evidence_reason_get, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, id);
	for (; (r = db_step(db, st, err)) > 0; n++) {
		list = ARENA_MORE(a, list, n);
		list[n] = (struct override){ copy(a, st, 0), copy(a, st, 1) };
	}
	rec->reasons = list;
	rec->reason_count = n;
	return r;
}

int evidence_load(struct db *db, int64_t id, struct arena *a, struct record *rec,
	struct verdict *v, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(db, STMT_evidence_get, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, id);
	r = db_step(db, st, err);
	if (r <= 0)
		return r;
	read_main(st, a, rec, v);
	sqlite3_reset(st);
	r = read_auth(
		db, id, true, a, &rec->dkim_auth, &v->dkim_matches, &rec->dkim_count, err);
	if (r == 0)
		r = read_auth(db, id, false, a, &rec->spf_auth, &v->spf_matches,
			&rec->spf_count, err);
	if (r == 0)
		r = read_reasons(db, id, a, rec, err);
	return r < 0 ? r : 1;
}
