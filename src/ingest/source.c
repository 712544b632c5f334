#include "ingest.h"

#include "files.h"
#include "maildir.h"
#include "ticket.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const done_names[] = {
	[DONE_LEAVE] = "leave",
	[DONE_SEEN] = "seen",
	[DONE_MOVE] = "move",
};

bool done_action_from_name(struct str name, enum done_action *ret)
{
	for (size_t i = 0; i < sizeof(done_names) / sizeof(done_names[0]); i++) {
		if (!str_eq(name, str_of(done_names[i])))
			continue;
		*ret = (enum done_action)i;
		return true;
	}
	return false;
}

void ingest_done(struct ingest_options *opt, enum done_action done)
{
	for (int i = 0; i < OUTCOME_COUNT; i++)
		opt->done[i] = done;
}

void source_close(struct source *s)
{
	if (s)
		s->ops->close(s);
}

static int cannot_open(const char *path, struct err *err)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return FAIL(err, ERR_CONFIG, "no-input",
			"%s: there is no such file or folder; check the path", path);
	case EACCES:
	case EPERM:
		return FAIL(err, ERR_CONFIG, "no-permission",
			"%s cannot be read: %m; give the user that runs ruad permission to "
			"read it",
			path);
	case EMFILE:
	case ENFILE:
		return FAIL(
			err, ERR_TEMP, NULL, "%s cannot be opened: %m; try again later", path);
	default:
		return FAIL(err, ERR_CONFIG, NULL, "%s cannot be read: %m", path);
	}
}

/* How a source for a path comes to be; 0 or negative. */
static int open_folder(const char *path, const struct ingest_options *opt, struct source **ret,
	struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return cannot_open(path, err);
	if (maildir_is(fd))
		return maildir_open(path, fd, opt, 0, ret, err);
	files_open_folder(path, fd, opt, 0, ret);
	return 0;
}

int source_open_path(const char *path, const struct ingest_options *opt, struct source **ret,
	struct err *err)
{
	struct stat st;
	int fd;

	if (stat(path, &st) != 0)
		return cannot_open(path, err);
	if (S_ISDIR(st.st_mode))
		return open_folder(path, opt, ret, err);
	if (!S_ISREG(st.st_mode))
		return FAIL(err, ERR_CONFIG, "no-input",
			"%s is neither a file nor a folder; to read a pipe, use - and standard "
			"input",
			path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return cannot_open(path, err);
	close(fd);
	files_open_file(path, opt, ret);
	return 0;
}

/* --- Several paths --- */

/*
 * All paths are looked at before the first mail is read, so that a wrong one stops everything;
 * but only one is open at a time, for a shell may give ten thousand.
 */
struct paths {
	struct source source;
	struct ingest_options opt;
	struct limits limits;
	char **path;
	size_t n, at;	     /* at: of the next path */
	struct child *child; /* that is being read */
	uint64_t total;	     /* 0: unknown */
};

/* The next path; as next.  It may have gone since it was looked at. */
static int open_next(struct paths *p, struct mail *ret, struct err *err)
{
	const char *path = p->path[p->at++];
	struct source *s;
	int r = source_open_path(path, &p->opt, &s, err);

	if (r == ERR_CONFIG) {
		err_set(err, ERR_INPUT, "read-failed", "%s", err->text);
		return ticket_unread(ticket_new(STR_ABSENT, str_of(path)), p->source.name, ret);
	}
	if (r < 0)
		return r;
	p->child = child_new(s);
	return 0;
}

static int paths_next(struct source *s, struct mail *ret, struct err *err)
{
	struct paths *p = (struct paths *)s;

	for (;;) {
		int r = 0;

		if (p->child)
			r = child_next(p->child, s->name, ret, err);
		if (r != 0)
			return r;
		child_end(p->child);
		p->child = NULL;
		if (p->at == p->n)
			return 0;
		r = open_next(p, ret, err);
		if (r != 0)
			return r;
	}
}

static void paths_drop(struct source *s, struct mail *mail)
{
	(void)s;
	ticket_drop(mail);
}

static int paths_done(struct source *s, void *token, int outcome, struct err *err)
{
	(void)s;
	return ticket_done(token, outcome, err);
}

static uint64_t paths_total(struct source *s)
{
	return ((struct paths *)s)->total;
}

static void paths_close(struct source *s)
{
	struct paths *p = (struct paths *)s;

	child_end(p->child);
	for (size_t i = 0; i < p->n; i++)
		free(p->path[i]);
	free(p->path);
	free(p);
}

static const struct source_ops paths_ops = {
	.next = paths_next,
	.drop = paths_drop,
	.done = paths_done,
	.total = paths_total,
	.close = paths_close,
};

/* Can it be opened, and how much is there?  The first one stays open. */
static int look_at(struct paths *p, const char *path, uint64_t *ret_total, struct err *err)
{
	struct source *s;
	int r = source_open_path(path, &p->opt, &s, err);

	if (r < 0)
		return r;
	*ret_total = s->ops->total(s);
	p->path[p->n++] = xmemdup0(path, strlen(path));
	if (p->n > 1) {
		source_close(s);
		return 0;
	}
	p->child = child_new(s);
	p->at = 1;
	return 0;
}

int source_open_paths(char *const *paths, size_t n, const struct ingest_options *opt,
	struct source **ret, struct err *err)
{
	struct paths *p = xcalloc(1, sizeof(*p));
	bool known = true;

	p->source = (struct source){ .ops = &paths_ops,
		.name = str_of(opt->name ? opt->name : "files") };
	p->limits = *opt->limits;
	p->opt = *opt;
	p->opt.limits = &p->limits;
	p->path = xcalloc(n ? n : 1, sizeof(*p->path));
	for (size_t i = 0; i < n; i++) {
		uint64_t total;
		int r = look_at(p, paths[i], &total, err);

		if (r < 0) {
			paths_close(&p->source);
			return r;
		}
		known = known && total > 0;
		p->total += total;
	}
	if (!known)
		p->total = 0;
	*ret = &p->source;
	return 0;
}
