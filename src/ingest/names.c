#include "names.h"

#include "xalloc.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void names_init(struct names *n, size_t window, bool maildir)
{
	*n = (struct names){ .window = window, .maildir = maildir };
	arena_init(&n->arena);
}

void names_release(struct names *n)
{
	arena_release(&n->arena);
	free(n->v);
	n->v = NULL;
	n->n = n->cap = n->at = 0;
}

static struct str name_key(const struct name *name)
{
	return str_make(name->text.p, name->key_n);
}

static int name_cmp(const void *pa, const void *pb)
{
	const struct name *a = pa, *b = pb;
	int r = str_cmp(name_key(a), name_key(b));

	if (r != 0)
		return r;
	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	return str_cmp(a->text, b->text);
}

static void pass_over(struct names *n, const struct name *name)
{
	assert(name->key_n < sizeof(n->last));
	memcpy(n->last, name->text.p, name->key_n);
	n->last_n = name->key_n;
	n->started = true;
}

void names_begin(struct names *n, bool again)
{
	size_t given = n->at;

	if (again && given > 0)
		given--;
	if (given > 0)
		pass_over(n, &n->v[given - 1]);
	arena_reset(&n->arena);
	n->n = n->at = 0;
	n->cut = false;
	n->found = 0;
}

/* Sort, and keep the first `window` names, and those that share the last one's key. */
static void cut_window(struct names *n)
{
	struct arena kept;
	size_t keep = n->window;

	if (n->n > 0)
		qsort(n->v, n->n, sizeof(*n->v), name_cmp);
	if (n->n <= keep)
		return;
	while (keep < n->n && str_eq(name_key(&n->v[keep]), name_key(&n->v[keep - 1])))
		keep++;
	if (keep == n->n)
		return;
	arena_init(&kept);
	for (size_t i = 0; i < keep; i++)
		n->v[i].text = arena_str(&kept, n->v[i].text);
	arena_release(&n->arena);
	n->arena = kept;
	n->n = keep;
	n->cut = true;
}

static bool wanted(const struct names *n, struct str key)
{
	if (n->started && str_cmp(key, str_make(n->last, n->last_n)) <= 0)
		return false;
	/* Only after a cut are the first names in order, and the window's end known. */
	return !n->cut || str_cmp(key, name_key(&n->v[n->window - 1])) <= 0;
}

static void take(struct names *n, struct str text, unsigned tag)
{
	ptrdiff_t colon = n->maildir ? str_index(text, ':') : -1;
	struct name name = { .text = text, .tag = tag };

	name.key_n = colon >= 0 ? (size_t)colon : text.n;
	n->found++;
	if (!wanted(n, name_key(&name)))
		return;
	if (n->n >= 2 * n->window)
		cut_window(n);
	if (n->n == n->cap) {
		n->cap = n->cap ? 2 * n->cap : 256;
		n->v = xrealloc(n->v, n->cap, sizeof(*n->v));
	}
	name.text = arena_str(&n->arena, text);
	n->v[n->n++] = name;
}

int names_scan(struct names *n, int dir_fd, unsigned tag, struct err *err)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	int failed;

	if (!dir) {
		err_set(err, ERR_IO, NULL, "the folder cannot be listed: %m");
		if (fd >= 0)
			close(fd);
		return ERR_IO;
	}
	while (errno = 0, (e = readdir(dir))) {
		struct str text = str_of(e->d_name);

		if (text.n > 0 && text.n < NAMES_KEY && text.p[0] != '.')
			take(n, text, tag);
	}
	failed = errno;
	closedir(dir);
	errno = failed;
	if (failed)
		return FAIL(err, ERR_IO, NULL, "the folder cannot be listed: %m");
	return 0;
}

void names_end(struct names *n)
{
	cut_window(n);
}

const struct name *names_next(struct names *n)
{
	return n->at < n->n ? &n->v[n->at++] : NULL;
}

const struct name *names_peek(const struct names *n)
{
	return n->at < n->n ? &n->v[n->at] : NULL;
}

bool names_more(const struct names *n)
{
	return n->cut;
}
