#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "ingest_test.h"
#include "maildir.h"

#include <string.h>

static struct source *open_window(
	const char *path, const struct ingest_options *opt, size_t window)
{
	struct source *s;
	struct err err = { 0 };
	int fd = open(at(path), O_RDONLY | O_DIRECTORY);

	if (maildir_open(at(path), fd, opt, window, &s, &err) != 0)
		fail_msg("%s: %s", path, err.text);
	return s;
}

static void both_folders_in_order(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;

	(void)state;
	make_maildir("m");
	put("m/new/3.c", "three");
	put("m/cur/1.a:2,S", "one");
	put("m/cur/2.b:2,", "two");
	put("m/new/.hidden", "no");
	put("m/tmp/4.d", "no");
	make_maildir("m/.Sub");
	put("m/.Sub/new/5.e", "no");
	s = open_path("m", &opt);
	assert_int_equal(s->ops->total(s), 3);
	assert_string_equal(drain(s, OUTCOME_STORED),
		"m/cur/1.a:2,S=one\nm/cur/2.b:2,=two\nm/new/3.c=three\n");
	source_close(s);
	assert_true(exists("m/new/3.c"));
	assert_true(exists("m/cur/2.b:2,"));
}

static void mails_are_known_to_be_mails(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;
	struct mail mail;
	struct err err;

	(void)state;
	make_maildir("m");
	put("m/new/1", "x");
	s = open_path("m", &opt);
	assert_int_equal(s->ops->next(s, &mail, &err), 1);
	assert_true(mail.is_mail);
	assert_true(mail.arrived_at > 0);
	assert_true(str_eq(mail.source, STR("files")));
	assert_int_equal(mail.content.size_bytes, 1);
	s->ops->drop(s, &mail);
	/* Locator and token live until done. */
	assert_true(str_ends(mail.locator, STR("m/new/1")));
	s->ops->done(s, mail.token, -1, &err);
	source_close(s);
}

static void only_regular_files(void **state)
{
	struct ingest_options opt = options(DONE_SEEN);
	struct source *s;

	(void)state;
	make_maildir("m");
	put("secret", "secret");
	assert_int_equal(symlink(at("secret"), at("m/new/1.link")), 0);
	assert_int_equal(mkfifo(at("m/new/2.fifo"), 0600), 0);
	make_dir("m/new/3.folder");
	put("m/new/4.mail", "mail");
	s = open_path("m", &opt);
	assert_string_equal(drain(s, OUTCOME_STORED), "m/new/4.mail=mail\n");
	source_close(s);
}

static void seen_and_left(void **state)
{
	static const struct {
		const char *name, *before;
		int outcome;
		const char *after;
	} cases[] = {
		{ "new becomes seen", "new/1.a", OUTCOME_STORED, "cur/1.a:2,S" },
		{ "rejected too", "new/1.a", OUTCOME_REJECTED, "cur/1.a:2,S" },
		{ "interrupted: untouched", "new/1.a", -1, "new/1.a" },
		{ "flag added in order", "cur/1.a:2,RT", OUTCOME_STORED, "cur/1.a:2,RST" },
		{ "flag at the end", "cur/1.a:2,F", OUTCOME_DUPLICATE, "cur/1.a:2,FS" },
		{ "flag is there", "cur/1.a:2,S", OUTCOME_STORED, "cur/1.a:2,S" },
		{ "no info in cur", "cur/1.a", OUTCOME_STORED, "cur/1.a:2,S" },
		{ "experimental info", "cur/1.a:1,x", OUTCOME_STORED, "cur/1.a:1,x" },
		{ "new with info", "new/1.a:2,F", OUTCOME_STORED, "cur/1.a:2,FS" },
		{ "new with foreign info", "new/1.a:1,x", OUTCOME_STORED, "cur/1.a:1,x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ingest_options opt = options(DONE_SEEN);
		struct source *s;
		char path[128];

		scratch_make(NULL);
		make_maildir("m");
		snprintf(path, sizeof(path), "m/%s", cases[i].before);
		put(path, "x");
		s = open_path("m", &opt);
		drain(s, cases[i].outcome);
		source_close(s);
		snprintf(path, sizeof(path), "m/%s", cases[i].after);
		if (!exists(path) || files_in("m/new") + files_in("m/cur") != 1)
			fail_msg("%s", cases[i].name);
		scratch_remove(NULL);
	}
	scratch_make(NULL);
}

static void nothing_is_replaced(void **state)
{
	struct ingest_options opt = options(DONE_SEEN);
	struct source *s;

	(void)state;
	make_maildir("m");
	put("m/new/1.a", "first");
	put("m/cur/1.a:2,S", "second");
	s = open_path("m", &opt);
	assert_string_equal(
		drain(s, OUTCOME_STORED), "m/new/1.a=first\nm/cur/1.a:2,S=second\n");
	source_close(s);
	assert_int_equal(files_in("m/cur"), 2);
	assert_true(exists("m/cur/1.a.1:2,S"));
}

static void moved_beside(void **state)
{
	static const struct {
		const char *name, *done_folder, *failed_folder;
		int outcome;
		const char *after;
	} cases[] = {
		{ "default", NULL, NULL, OUTCOME_STORED, "m/.Done/new/1.a" },
		{ "duplicate", NULL, NULL, OUTCOME_DUPLICATE, "m/.Done/new/1.a" },
		{ "ignored", NULL, NULL, OUTCOME_IGNORED, "m/.Done/new/1.a" },
		{ "rejected", NULL, NULL, OUTCOME_REJECTED, "m/.Failed/new/1.a" },
		{ "interrupted", NULL, NULL, -1, "m/new/1.a" },
		{ "name as in IMAP", "DMARC/Done", NULL, OUTCOME_STORED,
			"m/.DMARC.Done/new/1.a" },
		{ "name with its dot", ".Old", NULL, OUTCOME_STORED, "m/.Old/new/1.a" },
		{ "failed by name", NULL, "Bad", OUTCOME_REJECTED, "m/.Bad/new/1.a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ingest_options opt = options(DONE_MOVE);
		struct source *s;

		scratch_make(NULL);
		for (int o = 0; o < OUTCOME_COUNT; o++)
			opt.folder[o] = o == OUTCOME_REJECTED ? cases[i].failed_folder
							      : cases[i].done_folder;
		make_maildir("m");
		put("m/new/1.a", "x");
		s = open_path("m", &opt);
		drain(s, cases[i].outcome);
		source_close(s);
		if (!exists(cases[i].after) || files_in("m/new") != (cases[i].outcome < 0))
			fail_msg("%s", cases[i].name);
		scratch_remove(NULL);
	}
	scratch_make(NULL);
}

static void each_outcome_has_its_own_action(void **state)
{
	static const int outcomes[] = { OUTCOME_STORED, OUTCOME_IGNORED, OUTCOME_REJECTED };
	struct ingest_options opt = options(DONE_LEAVE);

	(void)state;
	opt.done[OUTCOME_STORED] = DONE_MOVE;
	opt.done[OUTCOME_IGNORED] = DONE_MOVE;
	opt.folder[OUTCOME_IGNORED] = "Other";
	make_maildir("m");
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		struct source *s;

		put("m/new/1.a", "x");
		s = open_path("m", &opt);
		drain(s, outcomes[i]);
		source_close(s);
	}
	assert_true(exists("m/.Done/new/1.a"));
	assert_true(exists("m/.Other/new/1.a"));
	assert_true(exists("m/new/1.a"));
}

static void move_makes_whole_maildirs(void **state)
{
	struct ingest_options opt = options(DONE_MOVE);
	struct source *s;

	(void)state;
	make_maildir("m");
	put("m/cur/1.a:2,S", "x");
	s = open_path("m", &opt);
	drain(s, OUTCOME_STORED);
	source_close(s);
	assert_true(exists("m/.Done/cur/1.a:2,S"));
	assert_true(exists("m/.Done/tmp"));
	assert_true(exists("m/.Done/maildirfolder"));
}

static void move_of_a_subfolder(void **state)
{
	struct ingest_options opt = options(DONE_MOVE);
	struct source *s;

	(void)state;
	make_maildir("m");
	make_maildir("m/.Reports");
	put("m/.Reports/new/1.a", "x");
	s = open_path("m/.Reports", &opt);
	drain(s, OUTCOME_STORED);
	source_close(s);
	assert_true(exists("m/.Reports.Done/new/1.a"));
}

static void bad_folder_names(void **state)
{
	static const char *const names[] = { "", ".", "..", "a..b", "../x", "a//b", "a/",
		"/a" };

	(void)state;
	make_maildir("m");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct ingest_options opt = options(DONE_MOVE);
		struct source *s;
		struct err err = { 0 };

		opt.folder[OUTCOME_STORED] = names[i];
		if (source_open_path(at("m"), &opt, &s, &err) != ERR_CONFIG)
			fail_msg("'%s' was accepted", names[i]);
	}
}

/* Small windows, and every mail moved while the next ones are read: each is given once. */
static void windows_while_moving(void **state)
{
	static const enum done_action actions[] = { DONE_LEAVE, DONE_SEEN, DONE_MOVE };

	(void)state;
	for (size_t a = 0; a < 3; a++) {
		struct ingest_options opt = options(actions[a]);
		unsigned char times[200] = { 0 };
		struct source *s;
		struct mail mail;
		struct err err = { 0 };
		char name[64];
		int r;

		scratch_make(NULL);
		make_maildir("m");
		for (unsigned i = 0; i < 200; i++) {
			snprintf(name, sizeof(name), "m/%s/%03u.x%s", i % 3 ? "new" : "cur", i,
				i % 3 ? "" : ":2,");
			put(name, "x");
		}
		s = open_window("m", &opt, 7);
		while ((r = s->ops->next(s, &mail, &err)) > 0) {
			const char *slash = strrchr(mail.locator.p, '/');
			uint64_t i = 0;

			assert_int_equal(r, 1);
			assert_true(str_to_u64(str_make(slash + 1, 3), &i));
			times[i]++;
			s->ops->drop(s, &mail);
			assert_int_equal(s->ops->done(s, mail.token, OUTCOME_STORED, &err), 0);
		}
		assert_int_equal(r, 0);
		for (unsigned i = 0; i < 200; i++)
			if (times[i] != 1)
				fail_msg("action %zu: mail %u came %u times", a, i, times[i]);
		source_close(s);
		scratch_remove(NULL);
	}
	scratch_make(NULL);
}

/* A mail program moves mails from new to cur, and removes some, while we read. */
static void another_program_moves(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;
	struct mail mail;
	struct err err;

	(void)state;
	make_maildir("m");
	put("m/new/1", "one");
	put("m/new/2", "two");
	put("m/new/3", "three");
	put("m/new/4", "four");
	s = open_path("m", &opt);
	assert_int_equal(s->ops->next(s, &mail, &err), 1);
	s->ops->drop(s, &mail);
	s->ops->done(s, mail.token, OUTCOME_STORED, &err);
	assert_int_equal(rename(at("m/new/1"), at("m/cur/1:2,S")), 0);
	assert_int_equal(rename(at("m/new/2"), at("m/cur/2:2,S")), 0);
	assert_int_equal(unlink(at("m/new/3")), 0);
	assert_string_equal(drain(s, OUTCOME_STORED), "m/cur/2:2,S=two\nm/new/4=four\n");
	source_close(s);
}

static void moved_meanwhile_is_no_error(void **state)
{
	struct ingest_options opt = options(DONE_SEEN);
	struct source *s;
	struct mail mail;
	struct err err = { 0 };

	(void)state;
	make_maildir("m");
	put("m/new/1", "one");
	s = open_path("m", &opt);
	assert_int_equal(s->ops->next(s, &mail, &err), 1);
	s->ops->drop(s, &mail);
	unlink(at("m/new/1"));
	assert_int_equal(s->ops->done(s, mail.token, OUTCOME_STORED, &err), 0);
	source_close(s);
}

static void unreadable_mail_stays(void **state)
{
	struct ingest_options opt = options(DONE_MOVE);
	struct source *s;

	(void)state;
	if (!become_user())
		skip();
	make_maildir("m");
	put("m/new/1", "one");
	put("m/new/2", "two");
	chmod(at("m/new/1"), 0);
	s = open_path("m", &opt);
	assert_string_equal(drain(s, OUTCOME_REJECTED), "m/new/1!read-failed\nm/new/2=two\n");
	source_close(s);
	assert_true(exists("m/new/1"));
}

static void done_without_permission(void **state)
{
	struct ingest_options opt = options(DONE_SEEN);
	struct source *s;

	(void)state;
	if (!become_user())
		skip();
	make_maildir("m");
	put("m/new/1", "one");
	chmod(at("m/new"), 0500);
	s = open_path("m", &opt);
	assert_non_null(strstr(drain(s, OUTCOME_STORED), "done: "));
	source_close(s);
	chmod(at("m/new"), 0700);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_folders_in_order),
		TEST(mails_are_known_to_be_mails),
		TEST(only_regular_files),
		TEST(seen_and_left),
		TEST(nothing_is_replaced),
		TEST(moved_beside),
		TEST(move_makes_whole_maildirs),
		TEST(each_outcome_has_its_own_action),
		TEST(move_of_a_subfolder),
		TEST(bad_folder_names),
		TEST(windows_while_moving),
		TEST(another_program_moves),
		TEST(moved_meanwhile_is_no_error),
		TEST(unreadable_mail_stays),
		TEST(done_without_permission),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
