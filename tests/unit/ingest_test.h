/*
 * ingest_test.h - a scratch folder, and a source read to its end, for the tests of sources.
 */
#ifndef RUAD_INGEST_TEST_H
#define RUAD_INGEST_TEST_H

#include "buf.h"
#include "ingest.h"
#include "xalloc.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[64];

__attribute__((unused)) static int scratch_make(void **state)
{
	(void)state;
	snprintf(scratch, sizeof(scratch), "/tmp/ruad-test-XXXXXX");
	return mkdtemp(scratch) ? 0 : -1;
}

static int scratch_remove_one(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

__attribute__((unused)) static int scratch_remove(void **state)
{
	(void)state;
	if (getuid() == 0 && seteuid(0) != 0)
		return -1;
	return nftw(scratch, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Root can read everything: be somebody else until the end of the test.  False: not possible.
 */
__attribute__((unused)) static bool become_user(void)
{
	if (geteuid() != 0)
		return true;
	return chown(scratch, 65534, 65534) == 0 && seteuid(65534) == 0;
}

/* scratch/<path> in one of four static buffers. */
__attribute__((unused)) static const char *at(const char *path)
{
	static char text[4][1024];
	static int i;

	i = (i + 1) % 4;
	snprintf(text[i], sizeof(text[i]), "%s/%s", scratch, path);
	return text[i];
}

__attribute__((unused)) static void put(const char *path, const char *bytes)
{
	FILE *f = fopen(at(path), "w");

	assert_non_null(f);
	fputs(bytes, f);
	assert_int_equal(fclose(f), 0);
}

__attribute__((unused)) static void make_dir(const char *path)
{
	if (mkdir(at(path), 0700) != 0)
		fail_msg("mkdir %s", path);
}

__attribute__((unused)) static void make_maildir(const char *path)
{
	static const char *const subs[] = { "", "/tmp", "/new", "/cur" };
	char text[128];

	for (size_t i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "%s%s", path, subs[i]);
		make_dir(text);
	}
}

__attribute__((unused)) static bool exists(const char *path)
{
	struct stat st;

	return lstat(at(path), &st) == 0;
}

__attribute__((unused)) static unsigned files_in(const char *path)
{
	DIR *d = opendir(at(path));
	unsigned n = 0;

	if (!d)
		return 0;
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

__attribute__((unused)) static struct limits test_limits;

__attribute__((unused)) static struct ingest_options options(enum done_action done)
{
	struct ingest_options opt = { .limits = &test_limits };

	limits_default(&test_limits);
	ingest_done(&opt, done);
	return opt;
}

__attribute__((unused)) static void put_content(struct buf *b, const struct mail *mail)
{
	char chunk[64];
	ssize_t n = blob_read(&mail->content, 0, chunk, sizeof(chunk), NULL);

	assert_true(n >= 0);
	for (ssize_t i = 0; i < n; i++)
		buf_char(b, chunk[i] == '\n' ? '/' : chunk[i]);
}

/*
 * One line per input: "<locator without the scratch folder>=<first bytes>" or "!<reason>", all
 * acknowledged with outcome at once.
 */
__attribute__((unused)) static const char *drain(struct source *s, int outcome)
{
	static char text[8192];
	struct buf b;
	struct mail mail;
	struct err err = { 0 };
	size_t base = strlen(scratch) + 1;
	int r;

	buf_init(&b, sizeof(text) - 1);
	while ((r = s->ops->next(s, &mail, &err)) > 0) {
		struct str l = mail.locator;

		if (base > 1 && str_starts(l, str_of(scratch)))
			l = str_from(l, base);
		buf_printf(&b, "%.*s", STR_ARGS(l));
		if (r == 2) {
			buf_printf(&b, "!%s", err.reason);
		} else {
			buf_char(&b, '=');
			put_content(&b, &mail);
		}
		buf_char(&b, '\n');
		s->ops->drop(s, &mail);
		assert_int_equal(mail.content.fd, -1);
		if (s->ops->done(s, mail.token, outcome, &err) < 0)
			buf_printf(&b, "done: %s\n", err.text);
	}
	if (r < 0)
		buf_printf(&b, "error %d: %s\n", r, err.text);
	assert_false(b.full);
	snprintf(text, sizeof(text), "%.*s", (int)b.n, b.p ? b.p : "");
	buf_release(&b);
	return text;
}

__attribute__((unused)) static struct source *open_path(
	const char *path, const struct ingest_options *opt)
{
	struct source *s;
	struct err err = { 0 };

	if (source_open_path(at(path), opt, &s, &err) != 0)
		fail_msg("%s: %s", path, err.text);
	return s;
}

#endif
