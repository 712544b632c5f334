/*
 * ledger.c - what became of each input, and the kept bytes of what was rejected.
 */
#include "ledger.h"

#include "reader.h"

#include <assert.h>

/* --- Kept bytes --- */

static int drop_pieces(struct store *s, int64_t id, struct err *err)
{
	return db_run_with(
		&s->db, STMT_kept_piece_delete, piece_first(id), piece_last(id), err);
}

int kept_delete(struct store *s, int64_t id, uint64_t size_bytes, struct err *err)
{
	int r = drop_pieces(s, id, err);

	if (r == 0)
		r = db_run_with(&s->db, STMT_kept_delete, id, 0, err);
	if (r == 0)
		s->w.kept_bytes -= (int64_t)size_bytes;
	return r;
}

/* The oldest go until `more` bytes fit under the quota. */
static int make_room(struct store *s, uint64_t quota, uint64_t more, struct err *err)
{
	sqlite3_stmt *st;
	int64_t total = 0;
	int r = db_use(&s->db, STMT_kept_total, &st, err);

	if (r == 0)
		r = db_number(&s->db, st, 0, &total, err);
	if (r < 0)
		return r;
	for (;;) {
		int64_t now = total + s->w.kept_bytes, id, size;

		if (now <= 0 || (uint64_t)now + more <= quota)
			return 0;
		r = db_use(&s->db, STMT_kept_oldest, &st, err);
		if (r == 0)
			r = db_step(&s->db, st, err);
		if (r <= 0)
			return r;
		id = column_int(st, 0);
		size = column_int(st, 1);
		sqlite3_reset(st);
		r = kept_delete(s, id, (uint64_t)size, err);
		if (r < 0)
			return r;
	}
}

/* All of them into pieces, and their digest.  Negative: of the store; *ret_read is false when
 * they could not be read. */
static int add_pieces(struct piece_writer *w, const struct blob *bytes, uint64_t *ret_n,
	struct digest *ret, bool *ret_read, struct err *err)
{
	char chunk[16 * 1024];
	struct digest_ctx sum;
	struct err ignored;
	uint64_t at = 0;
	ssize_t n;
	int r = 0;

	digest_init(&sum);
	while (r == 0 && (n = blob_read(bytes, at, chunk, sizeof(chunk), &ignored)) > 0) {
		digest_add(&sum, chunk, (size_t)n);
		at += (uint64_t)n;
		r = w ? piece_add(w, chunk, (size_t)n, err) : 0;
	}
	digest_end(&sum, ret);
	*ret_n = at;
	*ret_read = r < 0 || n == 0;
	return r;
}

/* *ret stays 0 when they are others by now. */
static int insert_kept(struct store *s, const struct digest *digest, const struct blob *bytes,
	int64_t *ret, struct err *err)
{
	struct piece_writer *w = &s->w.kept;
	struct digest read;
	sqlite3_stmt *st;
	int64_t id = 0;
	uint64_t size;
	bool good;
	int r = db_use(&s->db, STMT_kept_next, &st, err);

	if (r == 0)
		r = db_number(&s->db, st, 0, &id, err);
	if (r < 0)
		return r;
	piece_begin(w, STMT_kept_piece_insert, id);
	r = add_pieces(w, bytes, &size, &read, &good, err);
	if (r == 0)
		r = piece_end(w, err);
	if (r == 0 && (!good || !digest_eq(&read, digest)))
		return drop_pieces(s, id, err);
	if (r == 0)
		r = db_use(&s->db, STMT_kept_insert, &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, id);
	bind_blob(st, 2, digest->b, DIGEST_BYTES);
	bind_int(st, 3, (int64_t)size);
	bind_int(st, 4, w->n);
	r = db_run(&s->db, st, err);
	if (r == 0) {
		s->w.kept_bytes += (int64_t)size;
		*ret = id;
	}
	return r;
}

/* *ret stays 0 when there is nothing to keep or no room for it. */
static int keep(struct store *s, const struct input_entry *in, uint64_t quota, int64_t *ret,
	struct err *err)
{
	struct blob bytes = in->file ? *in->file : blob_mem(in->bytes);
	struct digest digest;
	sqlite3_stmt *st;
	int64_t id = 0;
	uint64_t size;
	bool good;
	int r;

	add_pieces(NULL, &bytes, &size, &digest, &good, err);
	if (!good || (in->file && !digest_eq(&digest, &in->sha256)))
		return 0;
	r = db_use(&s->db, STMT_kept_find, &st, err);
	if (r < 0)
		return r;
	bind_blob(st, 1, digest.b, DIGEST_BYTES);
	r = db_number(&s->db, st, 0, &id, err);
	if (r < 0 || id != 0) {
		*ret = id;
		return r;
	}
	if (size > quota)
		return 0;
	r = make_room(s, quota, size, err);
	return r < 0 ? r : insert_kept(s, &digest, &bytes, ret, err);
}

/* --- Inputs --- */

struct digest input_key(const struct input_entry *in)
{
	static const struct digest none;
	struct digest_ctx c;
	struct digest key;

	digest_init(&c);
	digest_field(&c, in->source);
	digest_add(&c, in->sha256.b, DIGEST_BYTES);
	digest_field(&c, digest_eq(&in->sha256, &none) ? in->locator : STR_ABSENT);
	digest_field(&c, in->part);
	digest_u64(&c, (uint64_t)in->outcome);
	digest_field(&c, str_of(in->reason));
	digest_end(&c, &key);
	return key;
}

/* It could not be read before, and is no problem any more now that it was. */
static int forget_unread(struct store *s, const struct input_entry *in, struct err *err)
{
	static const struct digest none;
	const struct input_entry unread = { .source = in->source,
		.locator = in->locator,
		.outcome = OUTCOME_REJECTED,
		.reason = "read-failed" };
	struct digest key = input_key(&unread);
	sqlite3_stmt *st;
	int r;

	if (digest_eq(&in->sha256, &none))
		return 0;
	r = db_use(&s->db, STMT_input_forget, &st, err);
	if (r < 0)
		return r;
	bind_blob(st, 1, key.b, INPUT_KEY_BYTES);
	return db_run(&s->db, st, err);
}

int store_input(struct store *s, const struct input_entry *in, uint64_t kept_quota,
	int64_t *ret_id, struct err *err)
{
	struct digest key = input_key(in);
	const struct str texts[] = { in->source, in->locator, in->part, in->from, in->subject,
		in->message_id };
	int64_t kept = 0, id = 0;
	sqlite3_stmt *st;
	int r = writer_check(s, err);

	assert(!s->w.doc.open && in->outcome < OUTCOME_COUNT);
	if (r == 0)
		r = forget_unread(s, in, err);
	if (r == 0 && (in->file || !str_absent(in->bytes)))
		r = keep(s, in, kept_quota, &kept, err);
	if (r == 0)
		r = db_use(&s->db, STMT_input_put, &st, err);
	if (r < 0)
		return r;
	bind_blob(st, 1, key.b, INPUT_KEY_BYTES);
	bind_id(st, 2, in->run);
	for (int i = 0; i < 6; i++)
		bind_text(st, 3 + i, texts[i]);
	bind_blob(st, 9, in->sha256.b, DIGEST_BYTES);
	bind_int(st, 10, (int64_t)in->size_bytes);
	bind_int(st, 11, in->arrived_at);
	bind_int(st, 12, in->at);
	bind_int(st, 13, in->outcome);
	bind_text(st, 14, str_of(in->reason));
	bind_text(st, 15, in->detail);
	bind_int(st, 16, in->line);
	bind_int(st, 17, in->column);
	bind_id(st, 18, in->report);
	bind_id(st, 19, kept);
	r = db_number(&s->db, st, 0, &id, err);
	if (r == 0 && ret_id)
		*ret_id = id;
	return r;
}
