#include "files.h"

#include "maildir.h"
#include "mbox.h"
#include "names.h"
#include "regular.h"
#include "ticket.h"
#include "xalloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A folder that is being read. */
struct level {
	int fd;
	char *path;
	struct names names;
	bool scanned;
};

struct files {
	struct source source;
	struct ingest_options opt;
	struct limits limits;
	char *file; /* one file; NULL: folders */
	bool file_given;
	size_t window;
	struct level levels[FILES_DEPTH];
	size_t depth;
	struct child *child; /* maildir or mbox that is being read */
};

static void push(struct files *f, const char *path, int fd)
{
	struct level *l = &f->levels[f->depth++];

	l->fd = fd;
	l->path = xmemdup0(path, strlen(path));
	l->scanned = false;
	names_init(&l->names, f->window, false);
}

static void pop(struct files *f)
{
	struct level *l = &f->levels[--f->depth];

	close_fd_cleanup(&l->fd);
	free(l->path);
	names_release(&l->names);
}

/* An input that cannot be read, or negative when it is not the input's fault. */
static int unreadable(struct files *f, struct ticket *t, int r, struct mail *ret)
{
	if (r == ERR_INPUT || r == ERR_LIMIT)
		return ticket_unread(t, f->source.name, ret);
	free(t);
	return r;
}

/*
 * The file in folder dir_fd, which the ticket names.  1 given, 2 cannot be read, 0 nothing, or
 * an mbox that is now f->child; negative.  The ticket is used up.
 */
static int give_file(struct files *f, int dir_fd, const char *name, bool follow,
	struct ticket *t, struct mail *ret, struct err *err)
{
	struct stat st;
	struct blob blob = blob_mem(STR_ABSENT);
	char first[5];
	ssize_t n;
	int r = regular_open(dir_fd, name, follow, &blob.fd, &st, err);

	if (r < 0)
		return unreadable(f, t, r, ret);
	if (r != REGULAR_OPEN) {
		free(t);
		return 0;
	}
	blob.size_bytes = (uint64_t)st.st_size;
	n = blob_read(&blob, 0, first, sizeof(first), err);
	if (n > 0 && mbox_is(str_make(first, (size_t)n))) {
		struct source *mbox;

		mbox_open(t->text, blob, true, f->opt.limits, &mbox);
		f->child = child_new(mbox);
		free(t);
		return 0;
	}
	*ret = (struct mail){
		.source = f->source.name,
		.locator = t->locator,
		.content = blob,
		.arrived_at = st.st_mtime,
		.token = t,
	};
	return 1;
}

/* A folder below: read it, or its maildir, next.  As give_file. */
static int enter_folder(struct files *f, const struct level *l, const char *name,
	struct ticket *t, struct mail *ret, struct err *err)
{
	struct source *maildir;
	int r, fd = openat(l->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR)) {
		free(t);
		return 0;
	}
	if (fd < 0)
		return unreadable(f, t, open_failed(err), ret);
	if (maildir_is(fd)) {
		r = maildir_open(t->text, fd, &f->opt, f->window, &maildir, err);
		if (r == ERR_CONFIG)
			err_set(err, ERR_INPUT, "read-failed", "%s", err->text);
		if (r < 0)
			return unreadable(f, t, r == ERR_CONFIG ? ERR_INPUT : r, ret);
		f->child = child_new(maildir);
	} else if (f->depth == FILES_DEPTH) {
		close(fd);
		return unreadable(f, t,
			FAIL(err, ERR_INPUT, "read-failed",
				"more than %d folders are inside each other", FILES_DEPTH),
			ret);
	} else {
		push(f, t->text, fd);
	}
	free(t);
	return 0;
}

/* The next entry of the innermost folder.  As give_file. */
static int next_entry(struct files *f, struct mail *ret, struct err *err)
{
	struct level *l = &f->levels[f->depth - 1];
	const struct name *name = names_next(&l->names);
	struct ticket *t;
	struct stat st;
	int r;

	if (!name && l->scanned && !names_more(&l->names)) {
		pop(f);
		return 0;
	}
	if (!name) {
		names_begin(&l->names, false);
		r = names_scan(&l->names, l->fd, 0, err);
		names_end(&l->names);
		l->scanned = true;
		if (r < 0)
			err_prefix(err, "%s", l->path);
		return r;
	}
	t = ticket_new(str_of(l->path), name->text);
	if (fstatat(l->fd, name->text.p, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		return enter_folder(f, l, name->text.p, t, ret, err);
	return give_file(f, l->fd, name->text.p, false, t, ret, err);
}

static int next_file(struct files *f, struct mail *ret, struct err *err)
{
	struct ticket *t = ticket_new(STR_ABSENT, str_of(f->file));

	f->file_given = true;
	return give_file(f, AT_FDCWD, f->file, true, t, ret, err);
}

static int files_next(struct source *s, struct mail *ret, struct err *err)
{
	struct files *f = (struct files *)s;
	int r;

	for (;;) {
		if (f->child) {
			r = child_next(f->child, s->name, ret, err);
			if (r != 0)
				return r;
			child_end(f->child);
			f->child = NULL;
		}
		if (f->file && !f->file_given)
			r = next_file(f, ret, err);
		else if (f->depth > 0)
			r = next_entry(f, ret, err);
		else
			return 0;
		if (r != 0)
			return r;
	}
}

static void files_drop(struct source *s, struct mail *mail)
{
	(void)s;
	ticket_drop(mail);
}

static int files_done(struct source *s, void *token, int outcome, struct err *err)
{
	(void)s;
	return ticket_done(token, outcome, err);
}

static uint64_t files_total(struct source *s)
{
	const struct files *f = (const struct files *)s;

	return f->file && !f->child ? 1 : 0;
}

static void files_close(struct source *s)
{
	struct files *f = (struct files *)s;

	child_end(f->child);
	while (f->depth > 0)
		pop(f);
	free(f->file);
	free(f);
}

static const struct source_ops files_ops = {
	.next = files_next,
	.drop = files_drop,
	.done = files_done,
	.total = files_total,
	.close = files_close,
};

static struct files *files_new(const struct ingest_options *opt, size_t window)
{
	struct files *f = xcalloc(1, sizeof(*f));

	f->source = (struct source){ .ops = &files_ops, .name = STR("files") };
	f->opt = *opt;
	f->limits = *opt->limits;
	f->opt.limits = &f->limits;
	f->window = window ? window : NAMES_WINDOW;
	return f;
}

void files_open_file(const char *path, const struct ingest_options *opt, struct source **ret)
{
	struct files *f = files_new(opt, 0);

	f->file = xmemdup0(path, strlen(path));
	*ret = &f->source;
}

void files_open_folder(const char *path, int dir_fd, const struct ingest_options *opt,
	size_t window, struct source **ret)
{
	struct files *f = files_new(opt, window);

	push(f, path, dir_fd);
	*ret = &f->source;
}
