/*
 * Workers that fail in every way.  The crew starts this program anew, and what the worker then
 * does is what the mail says: a word at its beginning, or else it is read as it should be.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "confine.h"
#include "crew_inner.h"
#include "flow_test.h"
#include "packing.h"
#include "wire.h"
#include "worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- The worker --- */

static struct wire out;

static void say(enum tell tell, struct str bytes)
{
	struct err err;

	if (wire_send(&out, (uint8_t)tell, bytes, &err) < 0)
		_exit(1);
}

static void say_flush(void)
{
	struct err err;

	wire_flush(&out, &err);
}

static void say_mail(void)
{
	struct buf b;

	buf_init(&b, KIB);
	wire_put_u64(&b, 1);
	pack_str(&b, STR("from"));
	pack_str(&b, STR("subject"));
	pack_str(&b, STR_ABSENT);
	say(TELL_HEAD, buf_view(&b));
	buf_release(&b);
}

static void say_head(void)
{
	struct buf b;

	say_mail();
	buf_init(&b, KIB);
	pack_str(&b, STR("a.xml"));
	say(TELL_PART, buf_view(&b));
	buf_release(&b);
}

static void say_refused(void)
{
	struct buf b;
	struct err why = { 0 };

	err_set(&why, ERR_INPUT, "xml-malformed", "bad");
	buf_init(&b, KIB);
	pack_refusal(&b, NULL, &why);
	say(TELL_REFUSED, buf_view(&b));
	buf_release(&b);
}

static void take(void *p, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t got = recv(ANEW_FD, (char *)p + at, n - at, 0);

		if (got <= 0)
			_exit(0);
		at += (size_t)got;
	}
}

static bool begins(const char *mail, const char *word)
{
	return strncmp(mail, word, strlen(word)) == 0;
}

static const char noughts[WIRE_MOST];

/* Without an end, and without a pause. */
static void say_for_ever(enum tell tell, struct str bytes)
{
	for (;;) {
		for (volatile int work = 0; work < 1000000; work++)
			;
		say(tell, bytes);
		say_flush();
	}
}

/* Documents without an end. */
static void say_junk(void)
{
	struct buf b;

	say_mail();
	buf_init(&b, KIB);
	pack_str(&b, STR("a.xml"));
	for (;;) {
		say(TELL_PART, buf_view(&b));
		say_refused();
		say_flush();
	}
}

/* A record in a document of a few bytes. */
static void say_thin(void)
{
	const struct report report = { .policy = { .pct = -1, .domain = STR("example.com") },
		.begin_at = 1700000000,
		.end_at = 1700080000 };
	const struct record record = { .messages = 1 };
	const struct verdict verdict = { .result = DMARC_FAIL };
	struct buf b;

	say_head();
	say(TELL_RAW, STR("<feedback>"));
	buf_init(&b, 4 * KIB);
	pack_report(&b, &report);
	say(TELL_REPORT, buf_view(&b));
	buf_clear(&b);
	pack_record(&b, &record, &verdict);
	say(TELL_RECORD, buf_view(&b));
	say_flush();
	pause();
}

/* It is done with, as told. */
static void act(const char *mail, const char *once)
{
	if (begins(mail, "crash"))
		raise(SIGSEGV);
	if (begins(mail, "memory"))
		_exit(WORKER_MEMORY);
	if (begins(mail, "hang"))
		pause();
	if (begins(mail, "once") && access(once, F_OK) == 0 && unlink(once) == 0)
		raise(SIGKILL);
	if (begins(mail, "fades")) {
		if (unlink(once) == 0) {
			say_head();
			say_flush();
		}
		raise(SIGKILL);
	}
	if (begins(mail, "noise")) {
		const char noise[] = "\xff\xff\xff\xff\xff\xff\xff\xff";

		send(ANEW_FD, noise, sizeof(noise), MSG_NOSIGNAL);
		pause();
	}
	if (begins(mail, "early"))
		say(TELL_DONE, STR(""));
	if (begins(mail, "junk"))
		say_junk();
	if (begins(mail, "thin"))
		say_thin();
	if (begins(mail, "heads"))
		say_mail();
	say_head();
	if (begins(mail, "more"))
		say_for_ever(TELL_MORE, STR(""));
	if (begins(mail, "raw"))
		say_for_ever(TELL_RAW, STR(""));
	if (begins(mail, "flood"))
		say_for_ever(TELL_RAW, str_make(noughts, sizeof(noughts)));
	if (begins(mail, "bytes"))
		say_for_ever(TELL_RAW, STR("x"));
	if (begins(mail, "middle") || begins(mail, "twice"))
		say_flush();
	if (begins(mail, "middle"))
		raise(SIGKILL);
	if (begins(mail, "nonsense"))
		say(TELL_RECORD, STR("nonsense"));
	if (begins(mail, "unknown"))
		say((enum tell)99, STR(""));
	say_refused();
	if (begins(mail, "twice"))
		say_refused();
	if (begins(mail, "after")) {
		say_flush();
		raise(SIGKILL);
	}
	say(TELL_DONE, STR(""));
	say_flush();
}

static void act_worker(const char *once)
{
	uint8_t head[REQUEST_BYTES];
	char bytes[64 * 1024];
	struct buf b;

	if (!anew_seclude(&worker_kind))
		_exit(1);
	wire_init(&out, ANEW_FD);
	buf_init(&b, KIB);
	wire_put_u64(&b, CONFINED_NOT);
	for (;;) {
		uint64_t n = 0;

		take(head, sizeof(head));
		for (int i = 0; i < 8; i++)
			n |= (uint64_t)head[2 + i] << (8 * i);
		if (n >= sizeof(bytes)) {
			act("unread", once);
			pause();
		}
		take(bytes, n);
		bytes[n] = '\0';
		if (head[0] != REQUEST_SETUP) {
			act(bytes, once);
			continue;
		}
		say(TELL_READY, buf_view(&b));
		say_flush();
	}
}

/* --- The sink --- */

struct tape {
	struct sink sink; /* first */
	struct buf text;
	unsigned undone;
	bool from_known;
};

static int tape_refused(
	struct sink *s, const struct report *partial, const struct err *why, struct err *err)
{
	struct tape *t = (struct tape *)s;

	(void)partial, (void)err;
	buf_printf(&t->text, "%s@%.*s ", why->reason, STR_ARGS(s->part));
	t->from_known = str_eq(s->from, STR("from"));
	return 0;
}

static void tape_undo(struct sink *s)
{
	((struct tape *)s)->undone++;
}

static int tape_begin(struct sink *s, const struct report *r, struct err *err)
{
	(void)s, (void)r, (void)err;
	return 0;
}

static struct flow *flow;
static struct crew *crew;
static struct tape tape;
static char once[64];

static int set_up(void **state)
{
	struct limits limits;
	struct err err = { 0 };

	(void)state;
	limits_default(&limits);
	limits.worker_seconds = 1;
	limits.documents = 2;
	assert_int_equal(flow_new(&limits, NULL, &flow, &err), 0);
	crew = crew_new(flow, 2);
	tape = (struct tape){ .sink = { .begin = tape_begin, .refused = tape_refused } };
	buf_init(&tape.text, 64 * KIB);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	crew_free(crew);
	flow_free(flow);
	buf_release(&tape.text);
	return 0;
}

static void give(const char *text)
{
	struct mail mail = { .content = blob_mem(str_of(text)), .is_mail = true };

	crew_submit(crew, &mail);
}

static void result_is(const char *want)
{
	struct err err = { 0 };
	int r;

	buf_clear(&tape.text);
	r = crew_take(crew, &tape.sink, &err);
	if (r < 0)
		fail_msg("%s", err.text);
	buf_char(&tape.text, '\0');
	assert_string_equal(tape.text.p, want);
}

#define GOOD "xml-malformed@a.xml "

static void one_is_lost(void **state)
{
	static const struct {
		const char *mail, *want;
	} cases[] = {
		{ "good", GOOD },
		{ "crash", "worker-crashed@ " },
		{ "memory", "worker-memory@ " },
		{ "hang", "worker-timeout@ " },
		{ "noise", "worker-protocol@ " },
		{ "early", "worker-protocol@ " },
		{ "nonsense", "worker-protocol@a.xml " },
		{ "unknown", "worker-protocol@a.xml " },
		{ "heads", "worker-protocol@ " },
		{ "more", "worker-protocol@a.xml " },
		{ "raw", "worker-protocol@a.xml " },
		{ "bytes", "worker-timeout@a.xml " },
		{ "flood", "worker-protocol@a.xml " },
		{ "junk", GOOD GOOD GOOD "worker-protocol@ " },
		{ "thin", "worker-protocol@a.xml " },
		{ "twice", GOOD "worker-protocol@ " },
		{ "after", GOOD "worker-crashed@ " },
		{ "middle", "worker-crashed@a.xml " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		give("good 1");
		give(cases[i].mail);
		give("good 2");
		give("good 3");
		result_is(GOOD);
		result_is(cases[i].want);
		result_is(GOOD);
		result_is(GOOD);
	}
	assert_true(crew->first == crew->end);
}

static void make_once(void)
{
	int fd = open(once, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

/* A worker that is killed costs nothing when its input was not told of, or can be taken back.
 */
static void killed_once(void **state)
{
	(void)state;
	make_once();
	give("once");
	result_is(GOOD);
	assert_true(tape.from_known);
	tape.sink.undo = tape_undo;
	give("middle");
	result_is("worker-crashed@a.xml ");
	assert_int_equal(tape.undone, 1); /* and then it was killed again */
	make_once();
	give("fades");
	result_is("worker-crashed@ ");
	assert_int_equal(tape.undone, 2);
	assert_false(tape.from_known); /* that was of what never was */
}

static void many(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		int n = 0;

		while (crew_has_room(crew)) {
			give(n % 7 == 3 ? "crash" : "good");
			n++;
		}
		assert_int_equal(n, CREW_AHEAD);
		for (int i = 0; i < n; i++) {
			assert_int_equal(crew_ready(crew, 5000), 1);
			result_is(i % 7 == 3 ? "worker-crashed@ " : GOOD);
		}
		if (round == 3) {
			give("hang");
			give("good");
			crew_forget(crew);
			assert_true(crew->first == crew->end);
		}
	}
}

static atomic_int stop;

static void on_alarm(int number)
{
	(void)number;
	stop = 1;
}

/* Who is asked to stop does not wait for a worker that hangs, or tells things without an end.
 */
static void stopped(void **state)
{
	static const char *const mails[] = { "hang", "bytes" };
	const struct itimerval soon = { .it_value.tv_usec = 200000 };
	struct err err = { 0 };

	(void)state;
	signal(SIGALRM, on_alarm);
	crew_heed(crew, &stop);
	for (size_t i = 0; i < 2; i++) {
		give(mails[i]);
		give("good");
		assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
		assert_int_equal(crew_take(crew, &tape.sink, &err), 1);
		stop = 0;
		result_is(GOOD);
	}
}

/* More than a socket takes. */
static void large(void **state)
{
	static char text[60 * 1024];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 40; i++)
		give(text);
	for (int i = 0; i < 40; i++)
		result_is(GOOD);
}

/* Who has not read a mail knows nothing of it. */
static void unread(void **state)
{
	size_t n = MIB;
	char *text = calloc(n, 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', n - 1);
	give(text);
	give("good");
	result_is(GOOD "worker-protocol@ ");
	result_is(GOOD);
	free(text);
}

/* A file for a worker that is dead, while another one hangs: that is waited for, not spun. */
static void file_for_the_dead(void **state)
{
	struct mail mail = { .content = { .fd = open("/dev/null", O_RDONLY | O_CLOEXEC) } };
	siginfo_t dead;
	int looks = 0;

	(void)state;
	assert_true(mail.content.fd >= 0);
	give("good");
	give("good");
	result_is(GOOD);
	result_is(GOOD);
	for (int i = 0; i < 5; i++) /* the last one is for the other worker */
		give(i == 0 ? "hang" : i == 4 ? "crash" : "good");
	assert_int_equal(waitid(P_ALL, 0, &dead, WEXITED | WNOWAIT), 0);
	crew_submit(crew, &mail);
	while (!crew_ready(crew, 100))
		looks++;
	assert_in_range(looks, 0, 100);
	crew_forget(crew);
	close(mail.content.fd);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_is_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(killed_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stopped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(large, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unread, set_up, tear_down),
		cmocka_unit_test_setup_teardown(file_for_the_dead, set_up, tear_down),
	};

	if (anew_is(&worker_kind, argc, argv)) {
		snprintf(once, sizeof(once), "/tmp/ruad-crew-%ld", (long)getppid());
		act_worker(once);
	}
	snprintf(once, sizeof(once), "/tmp/ruad-crew-%ld", (long)getpid());
	flow_worker_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
