/*
 * settled.c - what runs that did not come to their end had settled, for the run that goes on.
 *
 * Their inputs are found by when they came last.  A clock that was set back by more than a day
 * meanwhile hides some of them: those are duplicates then, as if they had come again.
 */
#include "write.h"

#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>

#define SETTLED_MOST 1000000
#define SLACK_S 86400
#define KEY_BYTES 16

struct known {
	uint8_t key[KEY_BYTES];
	enum outcome outcome;
	bool unread; /* not all of it could be read: it is not settled */
};

struct settled {
	size_t n, cap;
	struct known *known;
};

/* Of <folder>/<sub>/<name>. */
static void split(
	struct str path, struct str *ret_folder, struct str *ret_sub, struct str *ret_name)
{
	size_t end = path.n, at;

	while (end > 0 && path.p[end - 1] != '/')
		end--;
	*ret_name = str_from(path, end);
	at = end > 0 ? end - 1 : 0;
	while (at > 0 && path.p[at - 1] != '/')
		at--;
	*ret_sub = str_make(path.p + at, end > 0 ? end - 1 - at : 0);
	*ret_folder = str_make(path.p, at);
}

/* In a maildir a mail goes from new to cur, and gets marks behind the colon of its name: all
 * that is one place. */
static void key_of(struct str locator, const uint8_t sha256[DIGEST_BYTES], uint8_t *ret)
{
	struct str folder, sub, name;
	struct digest_ctx c;
	struct digest d;

	split(locator, &folder, &sub, &name);
	digest_init(&c);
	digest_add(&c, sha256, DIGEST_BYTES);
	if (str_eq(sub, STR("new")) || str_eq(sub, STR("cur"))) {
		ptrdiff_t colon = str_index(name, ':');

		digest_field(&c, folder);
		digest_field(&c, colon < 0 ? name : str_make(name.p, (size_t)colon));
	} else {
		digest_field(&c, locator);
	}
	digest_end(&c, &d);
	memcpy(ret, d.b, KEY_BYTES);
}

static int compare(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return memcmp(x->key, y->key, KEY_BYTES);
}

static void add(struct settled *s, sqlite3_stmt *st)
{
	struct str sha256 = column_blob(st, 1);
	int64_t outcome = column_int(st, 2);

	if (sha256.n != DIGEST_BYTES || outcome < 0 || outcome >= OUTCOME_COUNT)
		return;
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 256;
		s->known = xrealloc(s->known, s->cap, sizeof(*s->known));
	}
	key_of(column_text(st, 0), (const uint8_t *)sha256.p, s->known[s->n].key);
	s->known[s->n].unread = column_int(st, 3) != 0;
	s->known[s->n++].outcome = (enum outcome)outcome;
}

/* In order, and of several documents of one input the worst outcome. */
static void arrange(struct settled *s)
{
	size_t n = 0;

	qsort(s->known, s->n, sizeof(*s->known), compare);
	for (size_t i = 0; i < s->n; i++) {
		struct known *last = n > 0 ? &s->known[n - 1] : NULL;

		if (last && compare(last, &s->known[i]) == 0) {
			last->outcome = outcome_worse(last->outcome, s->known[i].outcome);
			last->unread = last->unread || s->known[i].unread;
		} else {
			s->known[n++] = s->known[i];
		}
	}
	s->n = n;
}

/* The last run of the source that came to its end; when those after it began: 1, 0 there are
 * none. */
static int find_runs(struct store *s, struct str source, int64_t *ret_done, int64_t *ret_since,
	struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_run_done, &st, err);

	if (r < 0)
		return r;
	bind_text(st, 1, source);
	r = db_number(&s->db, st, 0, ret_done, err);
	if (r == 0)
		r = db_use(&s->db, STMT_run_undone, &st, err);
	if (r < 0)
		return r;
	bind_text(st, 1, source);
	bind_int(st, 2, *ret_done);
	r = db_number(&s->db, st, INT64_MAX, ret_since, err);
	return r < 0 ? r : *ret_since != INT64_MAX;
}

int store_settled(struct store *s, struct str source, struct settled **ret, struct err *err)
{
	struct settled *found;
	int64_t done = 0, since = 0;
	sqlite3_stmt *st;
	int r = find_runs(s, source, &done, &since, err);

	if (r > 0)
		r = db_use(&s->db, STMT_settled, &st, err);
	else if (r == 0)
		*ret = NULL;
	if (r < 0 || since == INT64_MAX)
		return r;
	bind_text(st, 1, source);
	bind_int(st, 2, done);
	bind_int(st, 3, since - SLACK_S);
	bind_int(st, 4, SETTLED_MOST);
	found = xcalloc(1, sizeof(*found));
	while ((r = db_step(&s->db, st, err)) > 0)
		add(found, st);
	if (r < 0 || found->n == 0) {
		settled_free(found);
		found = NULL;
	} else {
		arrange(found);
	}
	if (r == 0)
		*ret = found;
	return r;
}

bool settled_find(const struct settled *s, struct str locator, const struct digest *sha256,
	enum outcome *ret)
{
	struct known wanted, *found;

	if (!s)
		return false;
	key_of(locator, sha256->b, wanted.key);
	found = bsearch(&wanted, s->known, s->n, sizeof(*s->known), compare);
	if (!found || found->unread)
		return false;
	*ret = found->outcome;
	return true;
}

void settled_free(struct settled *s)
{
	if (!s)
		return;
	free(s->known);
	free(s);
}
