#include "marks.h"

#include "place.h"
#include "service.h"
#include "write.h"

#include <assert.h>

/* --- Is there such a sender? --- */

static int number_of(
	struct store *s, enum stmt_id id, struct str text, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, id, &st, err);

	if (r < 0)
		return r;
	bind_text(st, 1, text);
	return db_number(&s->db, st, 0, ret, err);
}

static int naming_known(struct store *s, struct str key, struct err *err)
{
	int64_t n = 0;
	int r = number_of(s, STMT_naming_known, key, &n, err);

	return r < 0 ? r : n > 0;
}

/* A service is known before it sends. */
static int sender_known(struct store *s, struct str key, struct err *err)
{
	struct ip_net net;

	if (services_find(s->db.services, key))
		return 1;
	return ip_net_parse(key, &net) ? store_place_known(s, &net, err)
				       : naming_known(s, key, err);
}

int store_sender_known(struct store *s, struct str domain, struct str key, struct err *err)
{
	int64_t id = 0;
	int r;

	db_query_time(&s->db);
	r = number_of(s, STMT_domain_find, domain, &id, err);
	return r < 0 || id == 0 ? r : sender_known(s, key, err);
}

/* --- Writing --- */

static int check_room(struct store *s, int64_t domain, struct str key, struct err *err)
{
	sqlite3_stmt *st;
	int64_t others = 0;
	int r = db_use(&s->db, STMT_mark_others, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, domain);
	bind_text(st, 2, key);
	r = db_number(&s->db, st, 0, &others, err);
	if (r < 0 || others < MARKS_MOST)
		return r;
	return FAIL(err, ERR_LIMIT, "too-large",
		"%d senders of this domain are marked already.", MARKS_MOST);
}

static int insert(struct store *s, int64_t domain, const struct mark_row *m, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_mark_put, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, domain);
	bind_text(st, 2, m->key);
	bind_int(st, 3, m->word);
	bind_text(st, 4, str_empty(m->note) ? STR_ABSENT : m->note);
	bind_text(st, 5, str_empty(m->who) ? STR_ABSENT : m->who);
	bind_int(st, 6, m->at);
	r = db_run(&s->db, st, err);
	if (r == 0)
		r = db_use(&s->db, STMT_meta_bump, &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, 0);
	bind_int(st, 2, 0);
	return db_run(&s->db, st, err);
}

static int put(struct store *s, const struct mark_row *m, struct err *err)
{
	int64_t domain = 0;
	int r = number_of(s, STMT_domain_find, m->domain, &domain, err);

	if (r < 0 || domain == 0)
		return r;
	r = sender_known(s, m->key, err);
	if (r <= 0)
		return r;
	r = check_room(s, domain, m->key, err);
	if (r == 0)
		r = insert(s, domain, m, err);
	return r < 0 ? r : 1;
}

int store_mark_put(struct store *s, const struct mark_row *m, bool dry, struct err *err)
{
	int r;

	assert(s->mode != STORE_READ && !s->w.in_batch);
	assert(mark_note_ok(m->note));
	r = db_exec(&s->db, "BEGIN IMMEDIATE", err);
	if (r < 0)
		return r;
	r = put(s, m, err);
	if (r > 0 && !dry) {
		int done = db_exec(&s->db, "COMMIT", err);

		r = done < 0 ? done : r;
	}
	if (r <= 0 || dry)
		sqlite3_exec(s->db.h, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

/* --- Reading --- */

static void take(sqlite3_stmt *st, struct str domain, struct arena *a, struct mark_row *ret)
{
	int64_t word = column_int(st, 1);

	*ret = (struct mark_row){ .domain = domain,
		.key = arena_str(a, column_text(st, 0)),
		.word = word > 0 && word < WORD_COUNT ? (enum sender_word)word : WORD_NONE,
		.note = arena_str(a, column_text(st, 2)),
		.who = arena_str(a, column_text(st, 3)),
		.at = column_int(st, 4) };
}

int store_mark_get(struct store *s, struct str domain, struct str key, struct arena *a,
	struct mark_row *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r;

	db_query_time(&s->db);
	r = db_use(&s->db, STMT_mark_get, &st, err);
	if (r < 0)
		return r;
	bind_text(st, 1, domain);
	bind_text(st, 2, key);
	r = db_step(&s->db, st, err);
	if (r > 0)
		take(st, domain, a, ret);
	sqlite3_reset(st);
	return r;
}
