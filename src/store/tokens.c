#include "tokens.h"

#include "db.h"
#include "write.h"

#include <assert.h>

static void take(sqlite3_stmt *st, struct arena *a, struct token_row *ret)
{
	*ret = (struct token_row){
		.id = column_int(st, 0),
		.name = arena_str(a, column_text(st, 1)),
		.scopes = (unsigned)column_int(st, 2),
		.created_at = column_int(st, 3),
		.expires_at = column_int(st, 4),
		.used = sqlite3_column_type(st, 5) != SQLITE_NULL,
		.used_day = column_int(st, 5),
	};
}

static int check_room(struct store *s, struct str name, struct err *err)
{
	int64_t same, all = 0;
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_token_named, &st, err);

	if (r < 0)
		return r;
	bind_text(st, 1, name);
	r = db_number(&s->db, st, 0, &same, err);
	if (r == 0)
		r = db_use(&s->db, STMT_token_count, &st, err);
	if (r == 0)
		r = db_number(&s->db, st, 0, &all, err);
	if (r < 0)
		return r;
	if (same > 0)
		return FAIL(err, ERR_USAGE, "exists",
			"there is a token '%.*s' already: revoke it first, or choose another "
			"name",
			STR_ARGS(name));
	if (all >= TOKENS_MOST)
		return FAIL(
			err, ERR_USAGE, NULL, "there are %d tokens: revoke some", TOKENS_MOST);
	return 0;
}

static int insert(struct store *s, const struct token_row *t, const struct digest *digest,
	struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_token_insert, &st, err);

	if (r < 0)
		return r;
	bind_text(st, 1, t->name);
	bind_blob(st, 2, digest->b, DIGEST_BYTES);
	bind_int(st, 3, t->scopes);
	bind_int(st, 4, t->created_at);
	bind_id(st, 5, t->expires_at);
	return db_run(&s->db, st, err);
}

int store_token_add(struct store *s, const struct token_row *t, const struct digest *digest,
	struct err *err)
{
	int r;

	assert(s->mode != STORE_READ);
	r = db_exec(&s->db, "BEGIN IMMEDIATE", err);
	if (r < 0)
		return r;
	r = check_room(s, t->name, err);
	if (r == 0)
		r = insert(s, t, digest, err);
	if (r == 0)
		r = db_exec(&s->db, "COMMIT", err);
	if (r < 0)
		sqlite3_exec(s->db.h, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

int store_token_revoke(struct store *s, struct str name, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_token_delete, &st, err);

	assert(s->mode != STORE_READ);
	if (r < 0)
		return r;
	bind_text(st, 1, name);
	r = db_run(&s->db, st, err);
	return r < 0 ? r : sqlite3_changes(s->db.h) > 0;
}

int store_token_used(struct store *s, int64_t id, int64_t day, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_token_used, &st, err);

	assert(s->mode != STORE_READ);
	if (r < 0)
		return r;
	bind_int(st, 1, id);
	bind_int(st, 2, day);
	return db_run(&s->db, st, err);
}

int store_token_find(struct store *s, const struct digest *digest, struct arena *a,
	struct token_row *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r;

	db_query_time(&s->db);
	r = db_use(&s->db, STMT_token_find, &st, err);
	if (r < 0)
		return r;
	bind_blob(st, 1, digest->b, DIGEST_BYTES);
	r = db_step(&s->db, st, err);
	if (r > 0)
		take(st, a, ret);
	sqlite3_reset(st);
	return r;
}

int store_token_list(struct store *s, struct arena *a, struct token_row **ret,
	size_t *ret_count, struct err *err)
{
	struct token_row *rows = ARENA_ARRAY(a, struct token_row, TOKENS_MOST);
	size_t n = 0;
	sqlite3_stmt *st;
	int r;

	db_query_time(&s->db);
	r = db_use(&s->db, STMT_token_list, &st, err);
	if (r < 0)
		return r;
	while ((r = db_step(&s->db, st, err)) > 0 && n < TOKENS_MOST)
		take(st, a, &rows[n++]);
	sqlite3_reset(st);
	if (r < 0)
		return r;
	*ret = rows;
	*ret_count = n;
	return 0;
}
