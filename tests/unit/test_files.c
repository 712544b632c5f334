#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "files.h"
#include "ingest_test.h"

#include <string.h>
#include <sys/resource.h>

static void one_file(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;

	(void)state;
	put("a.xml", "<feedback/>");
	s = open_path("a.xml", &opt);
	assert_int_equal(s->ops->total(s), 1);
	assert_string_equal(drain(s, OUTCOME_STORED), "a.xml=<feedback/>\n");
	source_close(s);
}

static void given_link_is_followed(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;

	(void)state;
	put("a.xml", "a");
	assert_int_equal(symlink("a.xml", at("b.xml")), 0);
	s = open_path("b.xml", &opt);
	assert_string_equal(drain(s, OUTCOME_STORED), "b.xml=a\n");
	source_close(s);
}

static void folder_in_order(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;

	(void)state;
	make_dir("d");
	put("d/b", "b");
	put("d/a", "a");
	make_dir("d/aa");
	put("d/aa/2", "2");
	make_dir("d/aa/1");
	put("d/aa/1/x", "x");
	make_dir("d/empty");
	put("d/.hidden", "no");
	make_dir("d/.git");
	put("d/.git/x", "no");
	s = open_path("d", &opt);
	assert_string_equal(drain(s, OUTCOME_STORED), "d/a=a\nd/aa/1/x=x\nd/aa/2=2\nd/b=b\n");
	source_close(s);
}

static void special_files_and_links(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;

	(void)state;
	make_dir("d");
	make_dir("outside");
	put("outside/x", "no");
	assert_int_equal(symlink(at("outside"), at("d/folder-link")), 0);
	assert_int_equal(symlink(at("outside/x"), at("d/link")), 0);
	assert_int_equal(symlink("..", at("d/loop")), 0);
	assert_int_equal(mkfifo(at("d/fifo"), 0600), 0);
	put("d/z", "z");
	s = open_path("d", &opt);
	assert_string_equal(drain(s, OUTCOME_STORED), "d/z=z\n");
	source_close(s);
}

static void maildirs_and_mboxes_inside(void **state)
{
	struct ingest_options opt = options(DONE_SEEN);
	struct source *s;

	(void)state;
	make_dir("d");
	put("d/a.mbox", "From x\nA: 1\n\n\nFrom y\nB: 2\n");
	make_maildir("d/m");
	put("d/m/new/1", "one");
	put("d/m/tmp/2", "no");
	put("d/z", "z");
	s = open_path("d", &opt);
	assert_string_equal(drain(s, OUTCOME_STORED),
		"d/a.mbox:0=A: 1///\nd/a.mbox:14=B: 2/\nd/m/new/1=one\nd/z=z\n");
	source_close(s);
	assert_true(exists("d/m/cur/1:2,S"));
	assert_true(exists("d/z"));
}

/* Tokens outlive the maildir's turn: done comes after the commit, much later. */
static void done_comes_late(void **state)
{
	struct ingest_options opt = options(DONE_SEEN);
	struct source *s;
	struct mail mail[4], none;
	struct err err;
	size_t n = 0;

	(void)state;
	make_dir("d");
	make_maildir("d/m");
	put("d/m/new/1", "one");
	put("d/m/new/2", "two");
	put("d/box", "From x\nA: 1\n");
	put("d/z", "z");
	s = open_path("d", &opt);
	while (n < 4 && s->ops->next(s, &mail[n], &err) == 1) {
		s->ops->drop(s, &mail[n]);
		n++;
	}
	assert_int_equal(n, 4);
	assert_int_equal(s->ops->next(s, &none, &err), 0);
	assert_true(exists("d/m/new/1"));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s->ops->done(s, mail[i].token, OUTCOME_STORED, &err), 0);
	assert_true(exists("d/m/cur/1:2,S"));
	assert_true(exists("d/m/cur/2:2,S"));
	source_close(s);
}

static void cannot_be_opened(void **state)
{
	static const struct {
		const char *name, *path, *text;
	} cases[] = {
		{ "missing", "nothing", "no such file or folder" },
		{ "below a file", "file/x", "no such file or folder" },
		{ "fifo", "fifo", "use - and standard input" },
	};

	(void)state;
	put("file", "x");
	assert_int_equal(mkfifo(at("fifo"), 0600), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ingest_options opt = options(DONE_LEAVE);
		struct source *s;
		struct err err = { 0 };

		if (source_open_path(at(cases[i].path), &opt, &s, &err) != ERR_CONFIG)
			fail_msg("%s", cases[i].name);
		if (!strstr(err.text, at(cases[i].path)) || !strstr(err.text, cases[i].text))
			fail_msg("%s: %s", cases[i].name, err.text);
	}
}

static void permission(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;
	struct err err = { 0 };

	(void)state;
	if (!become_user())
		skip();
	make_dir("d");
	put("d/a", "a");
	put("d/b", "b");
	make_dir("d/c");
	chmod(at("d/a"), 0);
	chmod(at("d/c"), 0);
	s = open_path("d", &opt);
	assert_string_equal(
		drain(s, OUTCOME_STORED), "d/a!read-failed\nd/b=b\nd/c!read-failed\n");
	source_close(s);
	assert_int_equal(source_open_path(at("d/a"), &opt, &s, &err), ERR_CONFIG);
	assert_non_null(strstr(err.text, "permission to read it"));
	chmod(at("d/c"), 0700);
}

static void several_paths(void **state)
{
	struct ingest_options opt = options(DONE_SEEN);
	struct source *s;
	struct err err = { 0 };
	char one[128], two[128], three[128];
	char *paths[] = { one, two, three };

	(void)state;
	make_maildir("m");
	put("m/new/1", "one");
	put("a", "a");
	put("b", "b");
	snprintf(one, sizeof(one), "%s", at("b"));
	snprintf(two, sizeof(two), "%s", at("m"));
	snprintf(three, sizeof(three), "%s", at("a"));
	assert_int_equal(source_open_paths(paths, 3, &opt, &s, &err), 0);
	assert_int_equal(s->ops->total(s), 3);
	assert_true(str_eq(s->name, STR("files")));
	assert_string_equal(drain(s, OUTCOME_STORED), "b=b\nm/new/1=one\na=a\n");
	source_close(s);
	assert_true(exists("m/cur/1:2,S"));
	snprintf(two, sizeof(two), "%s", at("nothing"));
	assert_int_equal(source_open_paths(paths, 3, &opt, &s, &err), ERR_CONFIG);
}

static void path_that_goes(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;
	struct err err = { 0 };
	char one[128], two[128], three[128];
	char *paths[] = { one, two, three };

	(void)state;
	put("a", "a");
	make_maildir("m");
	put("b", "b");
	snprintf(one, sizeof(one), "%s", at("a"));
	snprintf(two, sizeof(two), "%s", at("m"));
	snprintf(three, sizeof(three), "%s", at("b"));
	assert_int_equal(source_open_paths(paths, 3, &opt, &s, &err), 0);
	assert_int_equal(rename(two, at("gone")), 0);
	assert_string_equal(drain(s, OUTCOME_STORED), "a=a\nm!read-failed\nb=b\n");
	source_close(s);
}

#define PATHS 100

/* A shell makes many paths of one star: they are not all open at once, nor until the commit. */
static void more_paths_than_descriptors(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct rlimit before, few;
	char text[PATHS][96], *paths[PATHS];
	void *tokens[PATHS];
	struct source *s;
	struct mail mail;
	struct err err = { 0 };
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < PATHS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "m%zu", i);
		make_maildir(name);
		snprintf(text[i], sizeof(text[i]), "%s", at(name));
		snprintf(name, sizeof(name), "m%zu/new/1", i);
		put(name, "one");
		paths[i] = text[i];
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 60;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(source_open_paths(paths, PATHS, &opt, &s, &err), 0);
	while (s->ops->next(s, &mail, &err) == 1) {
		s->ops->drop(s, &mail);
		tokens[n++] = mail.token;
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(n, PATHS);
	assert_string_equal(err.text, "");
	while (n > 0)
		assert_int_equal(s->ops->done(s, tokens[--n], OUTCOME_STORED, &err), 0);
	source_close(s);
}

static void many_names_in_small_windows(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;
	struct buf want;
	char name[32];

	(void)state;
	make_dir("d");
	buf_init(&want, 8192);
	for (unsigned i = 0; i < 300; i++) {
		/* 7 has no factor in common with 300: every number, in a mixed order */
		snprintf(name, sizeof(name), "d/%03u", i * 7 % 300);
		put(name, "");
		buf_printf(&want, "d/%03u=\n", i);
	}
	for (size_t window = 1; window < 400; window = window * 2 + 1) {
		int fd = open(at("d"), O_RDONLY | O_DIRECTORY);

		files_open_folder(at("d"), fd, &opt, window, &s);
		if (strcmp(drain(s, OUTCOME_STORED), want.p) != 0)
			fail_msg("window %zu", window);
		source_close(s);
	}
	buf_release(&want);
}

static void deep_folders(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;
	char path[512] = "d";
	const char *got;

	(void)state;
	for (int i = 0; i < FILES_DEPTH + 2; i++) {
		size_t n = strlen(path);

		make_dir(path);
		snprintf(path + n, sizeof(path) - n, "/d");
	}
	put("d/x", "x");
	s = open_path("d", &opt);
	got = drain(s, OUTCOME_STORED);
	assert_non_null(strstr(got, "!read-failed\n"));
	assert_non_null(strstr(got, "d/x=x\n"));
	source_close(s);
}

static void done_actions(void **state)
{
	enum done_action a = DONE_LEAVE;

	(void)state;
	assert_true(done_action_from_name(STR("move"), &a));
	assert_int_equal(a, DONE_MOVE);
	assert_true(done_action_from_name(STR("seen"), &a));
	assert_int_equal(a, DONE_SEEN);
	assert_true(done_action_from_name(STR("leave"), &a));
	assert_int_equal(a, DONE_LEAVE);
	assert_false(done_action_from_name(STR("delete"), &a));
	assert_false(done_action_from_name(STR_ABSENT, &a));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_file),
		TEST(given_link_is_followed),
		TEST(folder_in_order),
		TEST(special_files_and_links),
		TEST(maildirs_and_mboxes_inside),
		TEST(done_comes_late),
		TEST(cannot_be_opened),
		TEST(permission),
		TEST(several_paths),
		TEST(path_that_goes),
		TEST(more_paths_than_descriptors),
		TEST(many_names_in_small_windows),
		TEST(deep_folders),
		TEST(done_actions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
