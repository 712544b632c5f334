/*
 * retry.c - inputs whose bytes are kept: what they are, and what becomes of their entries in
 * the ledger when they are read again or set aside.
 */
#include "ledger.h"

#include <assert.h>

/* --- Which --- */

static void read_kept_row(sqlite3_stmt *st, struct arena *a, int64_t id, struct kept_input *ret)
{
	struct str sha256 = column_blob(st, 6);
	int64_t outcome = column_int(st, 9);

	*ret = (struct kept_input){ .id = id,
		.kept = column_int(st, 0),
		.source = arena_str(a, column_text(st, 1)),
		.locator = arena_str(a, column_text(st, 2)),
		.from = arena_str(a, column_text(st, 3)),
		.subject = arena_str(a, column_text(st, 4)),
		.message_id = arena_str(a, column_text(st, 5)),
		.size_bytes = (uint64_t)column_int(st, 7),
		.arrived_at = column_int(st, 8),
		.outcome = outcome >= 0 && outcome < OUTCOME_COUNT ? (enum outcome)outcome
								   : OUTCOME_REJECTED,
		.bytes = STR_ABSENT };
	if (sha256.n == DIGEST_BYTES)
		memcpy(ret->sha256.b, sha256.p, DIGEST_BYTES);
}

/* All but the bytes.  1, 0 there is no such input, negative. */
static int find_input(
	struct store *s, int64_t id, struct arena *a, struct kept_input *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use_with(&s->db, STMT_retry_get, id, 0, &st, err);

	if (r == 0)
		r = db_step(&s->db, st, err);
	if (r <= 0)
		return r;
	read_kept_row(st, a, id, ret);
	sqlite3_reset(st);
	return 1;
}

int store_kept(
	struct store *s, int64_t id, struct arena *a, struct kept_input *ret, struct err *err)
{
	struct kept_input in;
	int r = find_input(s, id, a, &in, err);

	if (r <= 0)
		return r;
	if (in.kept != 0 && (r = kept_bytes(&s->db, in.kept, a, &in.bytes, err)) < 0)
		return r;
	*ret = in;
	return 1;
}

int store_kept_next(
	struct store *s, int64_t after, int64_t since_at, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st;
	int64_t id = 0;
	int r = db_use(&s->db, STMT_retry_next, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, after);
	bind_int(st, 2, since_at);
	bind_int(st, 3, OUTCOME_REJECTED);
	r = db_number(&s->db, st, 0, &id, err);
	if (r < 0 || id == 0)
		return r;
	*ret = id;
	return 1;
}

int store_kept_count(struct store *s, int64_t since_at, uint64_t *ret, struct err *err)
{
	sqlite3_stmt *st;
	int64_t n = 0;
	int r = db_use(&s->db, STMT_retry_count, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, since_at);
	bind_int(st, 2, OUTCOME_REJECTED);
	r = db_number(&s->db, st, 0, &n, err);
	if (r == 0)
		*ret = (uint64_t)n;
	return r;
}

/* --- What it became --- */

/* An entry that has the bytes. */
struct holder {
	int64_t id;
	struct str part;
	bool taken; /* it is one of the new entries */
};

struct retry {
	struct store *s;
	const struct kept_input *of;
	struct arena arena;
	struct holder *holders;
	size_t holder_count;
	int64_t at;
};

static int load_holders(struct retry *t, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&t->s->db, STMT_retry_entries, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, t->of->kept);
	bind_text(st, 2, t->of->source);
	while ((r = db_step(&t->s->db, st, err)) > 0) {
		t->holders = ARENA_MORE(&t->arena, t->holders, t->holder_count);
		t->holders[t->holder_count++] = (struct holder){ .id = column_int(st, 0),
			.part = arena_str(&t->arena, column_text(st, 1)) };
	}
	return r;
}

static struct holder *holder_of(struct retry *t, int64_t id)
{
	for (size_t i = 0; i < t->holder_count; i++)
		if (t->holders[i].id == id)
			return &t->holders[i];
	return NULL;
}

static struct digest key_of(const struct retry *t, const struct input_entry *e,
	enum outcome outcome, const char *reason)
{
	const struct input_entry as = { .source = t->of->source,
		.locator = t->of->locator,
		.sha256 = t->of->sha256,
		.part = e->part,
		.outcome = outcome,
		.reason = reason };

	return input_key(&as);
}

static int find_key(struct retry *t, const struct digest *key, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&t->s->db, STMT_retry_find, &st, err);

	if (r < 0)
		return r;
	bind_blob(st, 1, key->b, INPUT_KEY_BYTES);
	return db_number(&t->s->db, st, 0, ret, err);
}

static int put_same(struct retry *t, const struct kept_entry *e, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&t->s->db, STMT_retry_same, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, e->id);
	bind_int(st, 2, t->at);
	bind_text(st, 3, e->in.detail);
	bind_int(st, 4, e->in.line);
	bind_int(st, 5, e->in.column);
	return db_run(&t->s->db, st, err);
}

/*
 * Is it what the ledger says already?  A report that is stored by this very input is found
 * again as its own duplicate, which is nothing that came again.
 */
static int confirm(struct retry *t, struct kept_entry *e, struct err *err)
{
	struct digest key = key_of(t, &e->in, e->in.outcome, e->in.reason);
	struct holder *h;
	int r = find_key(t, &key, &e->id, err);

	if (r == 0 && e->id == 0 && e->in.outcome == OUTCOME_DUPLICATE) {
		key = key_of(t, &e->in, OUTCOME_STORED, NULL);
		r = find_key(t, &key, &e->id, err);
	}
	if (r < 0 || e->id == 0)
		return r;
	if (e->in.outcome == OUTCOME_DUPLICATE)
		return report_count_again(t->s, e->in.report, -1, 0, err);
	h = holder_of(t, e->id);
	if (!h)
		return 0;
	h->taken = true;
	return put_same(t, e, err);
}

/* The entry that it was: the one of that part, else any that is left. */
static struct holder *former(struct retry *t, const struct input_entry *e)
{
	struct holder *any = NULL;

	for (size_t i = 0; i < t->holder_count; i++) {
		struct holder *h = &t->holders[i];

		if (h->taken)
			continue;
		if (str_absent(h->part) == str_absent(e->part) && str_eq(h->part, e->part))
			return h;
		if (!any)
			any = h;
	}
	return any;
}

static bool keeps(const struct input_entry *e)
{
	return e->outcome == OUTCOME_REJECTED || !str_absent(e->bytes);
}

static int becomes(
	struct retry *t, const struct holder *h, struct kept_entry *e, struct err *err)
{
	struct digest key = key_of(t, &e->in, e->in.outcome, e->in.reason);
	sqlite3_stmt *st;
	int r = db_use(&t->s->db, STMT_retry_becomes, &st, err);

	if (r < 0)
		return r;
	e->id = h->id;
	bind_int(st, 1, h->id);
	bind_blob(st, 2, key.b, INPUT_KEY_BYTES);
	bind_text(st, 3, e->in.part);
	bind_int(st, 4, e->in.outcome);
	bind_text(st, 5, str_of(e->in.reason));
	bind_text(st, 6, e->in.detail);
	bind_int(st, 7, e->in.line);
	bind_int(st, 8, e->in.column);
	bind_id(st, 9, e->in.report);
	bind_id(st, 10, keeps(&e->in) ? t->of->kept : 0);
	bind_int(st, 11, t->at);
	return db_run(&t->s->db, st, err);
}

static int appears(struct retry *t, struct kept_entry *e, struct err *err)
{
	struct input_entry in = e->in;

	in.source = t->of->source;
	in.locator = t->of->locator;
	in.from = t->of->from;
	in.subject = t->of->subject;
	in.message_id = t->of->message_id;
	in.sha256 = t->of->sha256;
	in.size_bytes = t->of->size_bytes;
	in.arrived_at = t->of->arrived_at;
	in.at = t->at;
	/* UINT64_MAX: they are kept, and nothing has to make room. */
	return store_input(t->s, &in, UINT64_MAX, &e->id, err);
}

static int change(struct retry *t, struct kept_entry *e, struct err *err)
{
	struct digest key = key_of(t, &e->in, e->in.outcome, e->in.reason);
	int r = find_key(t, &key, &e->id, err);
	struct holder *h;

	e->changed = true;
	/* Another document of the same name has just become the same. */
	if (r < 0 || e->id != 0)
		return r;
	h = former(t, &e->in);
	if (!h)
		return appears(t, e, err);
	h->taken = true;
	return becomes(t, h, e, err);
}

/* Entries of documents that are found in it no longer, and its bytes when nobody has them. */
static int tidy(struct retry *t, struct err *err)
{
	sqlite3_stmt *st;
	int64_t size = 0;
	int r = 0;

	for (size_t i = 0; i < t->holder_count && r == 0; i++) {
		if (t->holders[i].taken)
			continue;
		r = db_use(&t->s->db, STMT_retry_gone, &st, err);
		if (r < 0)
			return r;
		bind_int(st, 1, t->holders[i].id);
		r = db_run(&t->s->db, st, err);
	}
	if (r == 0)
		r = db_use(&t->s->db, STMT_retry_kept, &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, t->of->kept);
	r = db_number(&t->s->db, st, -1, &size, err);
	return r < 0 || size < 0 ? r : kept_delete(t->s, t->of->kept, (uint64_t)size, err);
}

static int put_entries(
	struct retry *t, struct kept_entry *entries, size_t count, struct err *err)
{
	int r = load_holders(t, err);

	for (size_t i = 0; i < count && r == 0; i++) {
		entries[i].id = 0;
		entries[i].changed = false;
		r = confirm(t, &entries[i], err);
	}
	for (size_t i = 0; i < count && r == 0; i++)
		if (entries[i].id == 0)
			r = change(t, &entries[i], err);
	return r < 0 ? r : tidy(t, err);
}

int store_kept_read(struct store *s, const struct kept_input *of, struct kept_entry *entries,
	size_t count, int64_t at, struct err *err)
{
	struct retry t = { .s = s, .of = of, .at = at };
	int r = writer_check(s, err);

	assert(!s->w.doc.open && of->kept != 0 && count > 0);
	arena_init(&t.arena);
	if (r == 0)
		r = put_entries(&t, entries, count, err);
	arena_release(&t.arena);
	return r;
}

/* --- Set aside --- */

static int put_dismissed(struct store *s, int64_t id, int64_t at, struct err *err)
{
	CLEANUP(arena)
	struct arena a;
	struct kept_input in;
	sqlite3_stmt *st;
	int r;

	arena_init(&a);
	r = find_input(s, id, &a, &in, err);
	if (r <= 0)
		return r;
	if (in.outcome == OUTCOME_STORED || in.outcome == OUTCOME_DUPLICATE)
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"Input %lld is %s: there is nothing to dismiss.", (long long)id,
			outcome_name(in.outcome));
	r = db_use(&s->db, STMT_dismiss, &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, id);
	bind_id(st, 2, at);
	r = db_run(&s->db, st, err);
	return r < 0 ? r : 1;
}

int store_dismiss(struct store *s, int64_t id, int64_t at, struct err *err)
{
	int r = store_batch_begin(s, err), found;

	if (r < 0)
		return r;
	found = put_dismissed(s, id, at, err);
	if (found <= 0) {
		store_batch_rollback(s);
		return found;
	}
	r = store_batch_commit(s, err);
	return r < 0 ? r : found;
}
