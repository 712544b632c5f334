#include "maildir.h"

#include "filing.h"
#include "names.h"
#include "regular.h"
#include "ticket.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUB_NEW, SUB_CUR, SUB_COUNT };
static const char *const sub_names[SUB_COUNT] = { "new", "cur" };

struct maildir {
	struct source source;
	char *path;
	int fd, sub_fd[SUB_COUNT];
	struct names names;
	bool scanned;
	char retried[NAMES_KEY]; /* key for which the folders were scanned again */
	size_t retried_n;
	enum done_action done[OUTCOME_COUNT];
	char *folder[OUTCOME_COUNT]; /* DONE_MOVE */
};

bool maildir_is(int dir_fd)
{
	for (int i = 0; i < SUB_COUNT; i++) {
		struct stat st;

		if (fstatat(dir_fd, sub_names[i], &st, 0) != 0 || !S_ISDIR(st.st_mode))
			return false;
	}
	return true;
}

static int scan(struct maildir *m, bool again, struct err *err)
{
	names_begin(&m->names, again);
	/* new first: what is moved to cur meanwhile is then seen at least once. */
	for (unsigned i = 0; i < SUB_COUNT; i++) {
		int r = names_scan(&m->names, m->sub_fd[i], i, err);

		if (r < 0) {
			err_prefix(err, "%s/%s", m->path, sub_names[i]);
			return r;
		}
	}
	names_end(&m->names);
	m->scanned = true;
	return 0;
}

/* The name is gone.  Was it renamed?  Then another scan finds it; once for each name. */
static int look_again(struct maildir *m, const struct name *name, struct err *err)
{
	struct str key = str_make(name->text.p, name->key_n);
	const struct name *after = names_peek(&m->names);

	if (after && str_eq(str_make(after->text.p, after->key_n), key))
		return 0; /* it was moved during the scan, which saw both names */
	if (str_eq(key, str_make(m->retried, m->retried_n)))
		return 0;
	memcpy(m->retried, key.p, key.n);
	m->retried_n = key.n;
	return scan(m, true, err);
}

static struct ticket *ticket_of(struct maildir *m, const struct name *name)
{
	struct ticket *folder = ticket_new(str_of(m->path), str_of(sub_names[name->tag]));
	struct ticket *t = ticket_new(folder->locator, name->text);

	free(folder);
	t->tag = name->tag;
	return t;
}

static int give(struct maildir *m, const struct name *name, int fd, const struct stat *st,
	struct mail *ret)
{
	struct ticket *t = ticket_of(m, name);

	*ret = (struct mail){
		.source = m->source.name,
		.locator = t->locator,
		.content = { .fd = fd, .size_bytes = (uint64_t)st->st_size },
		.is_mail = true,
		.arrived_at = st->st_mtime,
		.token = t,
	};
	return 1;
}

static void close_folders(struct maildir *m)
{
	for (int i = 0; i < SUB_COUNT; i++)
		close_fd_cleanup(&m->sub_fd[i]);
	close_fd_cleanup(&m->fd);
}

/* All were given.  Many maildirs can wait for their commit, so keep open only what done needs.
 */
static int ended(struct maildir *m)
{
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (m->done[i] != DONE_LEAVE)
			return 0;
	close_folders(m);
	return 0;
}

static int maildir_next(struct source *s, struct mail *ret, struct err *err)
{
	struct maildir *m = (struct maildir *)s;

	for (;;) {
		const struct name *name = names_next(&m->names);
		struct stat st;
		int fd, r;

		if (!name) {
			if (m->scanned && !names_more(&m->names))
				return ended(m);
			r = scan(m, false, err);
			if (r < 0)
				return r;
			continue;
		}
		r = regular_open(m->sub_fd[name->tag], name->text.p, false, &fd, &st, err);
		if (r == REGULAR_OPEN)
			return give(m, name, fd, &st, ret);
		if (r == ERR_INPUT)
			return ticket_unread(ticket_of(m, name), s->name, ret);
		if (r == REGULAR_GONE)
			r = look_again(m, name, err);
		if (r < 0)
			return r;
	}
}

static void maildir_drop(struct source *s, struct mail *mail)
{
	(void)s;
	mail_drop(mail);
}

static int file_away(struct maildir *m, const struct ticket *t, int outcome, struct err *err)
{
	const char *name = t->text + t->name_at;
	int from = m->sub_fd[t->tag];

	switch (m->done[outcome]) {
	case DONE_SEEN:
		return filing_seen(from, t->tag == SUB_NEW, m->sub_fd[SUB_CUR], name, err);
	case DONE_MOVE:
		return filing_move(
			from, name, m->fd, m->folder[outcome], sub_names[t->tag], err);
	case DONE_LEAVE:
		break;
	}
	return 0;
}

static int maildir_done(struct source *s, void *token, int outcome, struct err *err)
{
	struct maildir *m = (struct maildir *)s;
	struct ticket *t = token;
	int r = 0;

	if (outcome >= 0 && !t->unread)
		r = file_away(m, t, outcome, err);
	if (r < 0)
		err_prefix(err, "%s", m->path);
	free(t);
	return r;
}

static uint64_t maildir_total(struct source *s)
{
	struct maildir *m = (struct maildir *)s;
	struct err err = { 0 };

	if (!m->scanned && scan(m, false, &err) < 0)
		return 0; /* next will say why */
	return m->names.found;
}

static void maildir_close(struct source *s)
{
	struct maildir *m = (struct maildir *)s;

	close_folders(m);
	names_release(&m->names);
	free(m->path);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		free(m->folder[i]);
	free(m);
}

static const struct source_ops maildir_ops = {
	.next = maildir_next,
	.drop = maildir_drop,
	.done = maildir_done,
	.total = maildir_total,
	.close = maildir_close,
};

static int open_sub_failed(const struct maildir *m, const char *sub, struct err *err)
{
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		return FAIL(err, ERR_TEMP, NULL, "%s/%s cannot be opened: %m; try again later",
			m->path, sub);
	return FAIL(err, ERR_CONFIG, NULL,
		"%s/%s cannot be read: %m; give the user that runs ruad permission", m->path,
		sub);
}

static int open_subs(struct maildir *m, struct err *err)
{
	for (int i = 0; i < SUB_COUNT; i++) {
		m->sub_fd[i] = openat(m->fd, sub_names[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (m->sub_fd[i] < 0)
			return open_sub_failed(m, sub_names[i], err);
	}
	return 0;
}

static int choose_folders(struct maildir *m, const struct ingest_options *opt, struct err *err)
{
	int r = 0;

	for (int i = 0; i < OUTCOME_COUNT && r == 0; i++) {
		const char *name = opt->folder[i];

		m->done[i] = opt->done[i];
		if (!name)
			name = i == OUTCOME_REJECTED ? "Failed" : "Done";
		if (opt->done[i] == DONE_MOVE)
			r = filing_folder(m->path, name, &m->folder[i], err);
	}
	return r;
}

int maildir_open(const char *path, int dir_fd, const struct ingest_options *opt, size_t window,
	struct source **ret, struct err *err)
{
	struct maildir *m = xcalloc(1, sizeof(*m));
	int r;

	m->source = (struct source){ .ops = &maildir_ops, .name = STR("files") };
	m->path = xmemdup0(path, strlen(path));
	m->fd = dir_fd;
	m->sub_fd[SUB_NEW] = m->sub_fd[SUB_CUR] = -1;
	names_init(&m->names, window ? window : NAMES_WINDOW, true);
	r = open_subs(m, err);
	if (r == 0)
		r = choose_folders(m, opt, err);
	if (r < 0) {
		maildir_close(&m->source);
		return r;
	}
	*ret = &m->source;
	return 0;
}
