#include "day.h"
#include "lock.h"
#include "schema.h"
#include "senderfunc.h"
#include "senderset.h"
#include "service.h"
#include "sqlfunc.h"
#include "write.h"
#include "xalloc.h"

#include <unistd.h>

/*
 * Whoever does not want to wait for another import still waits for a short write: of the
 * server, of a backup, of somebody at a prompt.
 */
#define WRITER_WAIT_MS 5000

static int open_parts(struct store *s, const char *path, unsigned wait_ms, struct err *err)
{
	bool patient = s->mode == STORE_WRITE && wait_ms < WRITER_WAIT_MS;
	unsigned busy_ms = patient ? WRITER_WAIT_MS : wait_ms;
	int r = db_open(&s->db, path, s->mode == STORE_READ, busy_ms, err);

	if (r == 0 && s->mode == STORE_WRITE)
		r = lock_take(path, wait_ms, &s->lock_fd, err);
	if (r == 0)
		r = s->mode == STORE_READ ? schema_check(&s->db, err)
					  : schema_migrate(&s->db, &s->schema_found, err);
	if (r == 0)
		r = sqlfunc_register(&s->db, err);
	if (r == 0)
		r = senderfunc_register(&s->db, err);
	if (r == 0)
		r = senderset_register(&s->db, err);
	s->db.services = services_default();
	return r;
}

int store_open(const char *path, enum store_mode mode, unsigned wait_ms, struct store **ret,
	struct err *err)
{
	struct store *s = xcalloc(1, sizeof(*s));
	int r;

	s->mode = mode;
	s->lock_fd = -1;
	writer_init(&s->w, &s->db);
	r = open_parts(s, path, wait_ms, err);
	if (r < 0) {
		store_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void store_services(struct store *s, const struct services *services)
{
	s->db.services = services ? services : services_default();
}

const struct services *store_services_of(const struct store *s)
{
	return s->db.services;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	store_batch_rollback(s);
	writer_release(&s->w);
	answers_release(&s->answers);
	db_close(&s->db);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s);
}

void store_time(struct store *s, uint64_t most_ms)
{
	s->db.last_ms = most_ms ? time_monotonic_ms() + most_ms : 0;
}

int store_view_begin(struct store *s, struct err *err)
{
	bool own;

	return db_view_begin(&s->db, &own, err);
}

void store_view_end(struct store *s)
{
	db_view_end(&s->db, true);
}

static int meta_number(struct store *s, enum stmt_id id, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r;

	db_query_time(&s->db);
	r = db_use(&s->db, id, &st, err);
	return r < 0 ? r : db_number(&s->db, st, 0, ret, err);
}

int store_generation(struct store *s, int64_t *ret, struct err *err)
{
	return meta_number(s, STMT_meta_generation, ret, err);
}

static int text_key(struct store *s, uint64_t question, int64_t when, struct answer_key *ret,
	struct err *err)
{
	*ret = (struct answer_key){ .question = question, .today = when };
	return store_generation(s, &ret->generation, err);
}

int store_text_find(
	struct store *s, uint64_t question, int64_t when, struct str *ret, struct err *err)
{
	struct answer_key key;
	const struct str *kept;
	int r = text_key(s, question, when, &key, err);

	if (r < 0)
		return r;
	kept = answers_find(&s->answers, &key);
	if (!kept)
		return 0;
	*ret = *kept;
	return 1;
}

int store_text_keep(
	struct store *s, uint64_t question, int64_t when, struct str text, struct err *err)
{
	struct answer_key key;
	struct kept_answer *made;
	struct str *kept;
	int r = text_key(s, question, when, &key, err);

	if (r < 0)
		return r;
	made = answers_make(&s->answers, &key);
	kept = ARENA_NEW(&made->arena, struct str);
	*kept = arena_str(&made->arena, text);
	made->value = kept;
	return 0;
}

int store_writes(struct store *s, int64_t *ret, struct err *err)
{
	return meta_number(s, STMT_meta_writes, ret, err);
}

int store_changed_at(struct store *s, int64_t *ret, struct err *err)
{
	return meta_number(s, STMT_meta_changed, ret, err);
}
