#include "boxstate.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

#define ACCOUNT "imap:me@host"
#define HEAD "ruad-mailbox 1\naccount imap:me@host\n"

static char *printed(const struct boxstate *s)
{
	struct buf b;
	char *text;

	buf_init(&b, 1 << 20);
	boxstate_print(s, false, &b);
	text = strndup(b.p, b.n);
	buf_release(&b);
	return text;
}

static void there_and_back(void **state)
{
	static const char *const cases[] = {
		HEAD,
		HEAD "folder INBOX 1700000000 57\n",
		HEAD "folder INBOX 1700000000 57 unsettled=3,5 stored=50:57 rejected=49\n",
		HEAD "folder INBOX 1 1 unsettled=1 stored=1 duplicate=1 ignored=1 rejected=1\n"
		     "folder Neue%20Post/%C3%84%25 4294967295 0\n",
		HEAD "mail 8f14e45fceea167a5a36dedd\n",
		HEAD "mail 8f14e45fceea167a5a36dedd rejected\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct boxstate s;
		struct err err = { 0 };
		char *text;

		check_int(cases[i], boxstate_parse(str_of(cases[i]), ACCOUNT, &s, &err), 0);
		text = printed(&s);
		check_str(cases[i], str_of(text), str_of(cases[i]));
		free(text);
		boxstate_release(&s);
	}
}

/* What counts in this run only goes to another process of it, not into the checkpoint. */
static void of_this_run(void **state)
{
	static const char text[] = HEAD "folder INBOX 7 9 unsettled=3,5 put-off=3\n"
					"mail 8f14e45fceea167a5a36dedd put-off\n";
	struct boxstate s;
	struct err err = { 0 };
	struct buf b;
	char *kept;

	(void)state;
	assert_int_equal(boxstate_parse(str_of(text), ACCOUNT, &s, &err), 0);
	assert_true(uidset_has(&s.folders[0].put_off, 3));
	buf_init(&b, 1 << 20);
	boxstate_print(&s, true, &b);
	check_str("run", buf_view(&b), str_of(text));
	kept = printed(&s);
	assert_string_equal(kept, HEAD "folder INBOX 7 9 unsettled=3,5\n");
	free(kept);
	buf_release(&b);
	boxstate_release(&s);
}

static void damaged(void **state)
{
	static const char *const cases[] = {
		"x",
		"ruad-mailbox 2\naccount imap:me@host\n",
		"ruad-mailbox 1\n",
		"ruad-mailbox 1\naccount \n",
		HEAD "folder\n",
		HEAD "folder INBOX\n",
		HEAD "folder INBOX 1\n",
		HEAD "folder INBOX 1 x\n",
		HEAD "folder INBOX 1 4294967296\n",
		HEAD "folder INBOX 1 1 unsettled\n",
		HEAD "folder INBOX 1 1 unsettled=\n",
		HEAD "folder INBOX 1 1 lost=1\n",
		HEAD "folder INBOX 1 1 stored=2,1\n",
		HEAD "folder IN%0 1 1\n",
		HEAD "folder IN%00 1 1\n",
		HEAD "folder IN%zz 1 1\n",
		HEAD "folder IN\tBOX 1 1\n",
		HEAD "mail 8f14\n",
		HEAD "mail 8f14e45fceea167a5a36dedd lost\n",
		HEAD "letter 8f14e45fceea167a5a36dedd\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct boxstate s;
		struct err err = { 0 };

		check_int(cases[i], boxstate_parse(str_of(cases[i]), ACCOUNT, &s, &err),
			ERR_INPUT);
		check_int(cases[i], s.n, 0);
	}
}

static void begins_anew(void **state)
{
	static const char *const cases[] = {
		"",
		"ruad-mailbox 1\naccount imap:me@other\nfolder INBOX 1 5\n",
		"ruad-mailbox 1\naccount pop3:me@host\nmail 8f14e45fceea167a5a36dedd\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct boxstate s;
		struct err err = { 0 };
		char *text;

		check_int(cases[i], boxstate_parse(str_of(cases[i]), ACCOUNT, &s, &err), 0);
		text = printed(&s);
		check_str(cases[i], str_of(text), STR(HEAD));
		free(text);
		boxstate_release(&s);
	}
}

static void a_folder_through_a_run(void **state)
{
	struct boxstate s;
	struct err err = { 0 };
	struct uidset gone = { 0 };
	struct boxfolder *f;
	char *text;

	(void)state;
	assert_int_equal(boxstate_parse(STR_ABSENT, ACCOUNT, &s, &err), 0);
	assert_int_equal(boxstate_folder(&s, "INBOX"), 0);
	assert_int_equal(boxstate_folder(&s, "Other"), 1);
	assert_int_equal(boxstate_folder(&s, "INBOX"), 0);
	f = &s.folders[0];
	boxfolder_renew(f, 9);
	boxfolder_given(f, 3);
	boxfolder_given(f, 4);
	boxfolder_unsettled(f, 3);
	boxfolder_unsettled(f, 8);
	uidset_add(&f->owed[OUTCOME_STORED], 4);
	uidset_add(&f->put_off, 8);
	boxfolder_given(f, 3);
	text = printed(&s);
	assert_string_equal(text, HEAD "folder INBOX 9 8 unsettled=8 stored=4\n");
	free(text);
	uidset_add(&gone, 4);
	uidset_add(&gone, 8);
	boxfolder_gone(f, &gone);
	text = printed(&s);
	assert_string_equal(text, HEAD "folder INBOX 9 8\n");
	free(text);
	boxfolder_unsettled(f, 5);
	boxfolder_renew(f, 10);
	text = printed(&s);
	assert_string_equal(text, HEAD "folder INBOX 10 0\n");
	free(text);
	uidset_release(&gone);
	boxstate_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(of_this_run),
		cmocka_unit_test(damaged),
		cmocka_unit_test(begins_anew),
		cmocka_unit_test(a_folder_through_a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
