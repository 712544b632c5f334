#include "check.h"

#include "watch.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MANY 6

struct line {
	int near, far; /* near is watched; far is the client */
	struct watched *watched;
};

static void line_open(struct watch *w, struct line *l)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	l->near = pair[0];
	l->far = pair[1];
	l->watched = watch_add(w, l->near);
}

static void line_close(struct watch *w, struct line *l)
{
	watch_remove(w, l->watched);
	close(l->near);
	close(l->far);
}

/* Has the client been shut, at the latest after so long? */
static bool is_shut(const struct line *l, int wait_ms)
{
	struct pollfd p = { .fd = l->far, .events = POLLIN };

	return poll(&p, 1, wait_ms) == 1;
}

static struct watch *start(unsigned crowd, unsigned slow_ms)
{
	struct watch *w = watch_start(&(struct watch_limits){ .request_ms = 600000,
		.answer_ms = 600000,
		.crowd = crowd,
		.slow_ms = slow_ms });

	assert_non_null(w);
	return w;
}

static void stop(struct watch *w, struct line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		line_close(w, &lines[i]);
	watch_stop(w);
	watch_free(w);
}

/* A client that the server has not come to yet is not late. */
static void test_unread(void **state)
{
	struct watch *w = watch_start(&(struct watch_limits){
		.request_ms = 20, .answer_ms = 600000, .crowd = MANY, .slow_ms = 600000 });
	struct line lines[2];

	(void)state;
	assert_non_null(w);
	line_open(w, &lines[0]);
	assert_int_equal(write(lines[0].far, "GET", 3), 3);
	line_open(w, &lines[1]);
	assert_true(is_shut(&lines[1], 10000));
	assert_false(is_shut(&lines[0], 200));
	stop(w, lines, 2);
}

/* The one that has asked nothing for longest makes room, one for each newcomer. */
static void test_crowd(void **state)
{
	struct watch *w = start(4, 600000);
	struct line lines[MANY];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		line_open(w, &lines[i]);
	watch_phase(w, lines[0].watched, WATCH_ANSWERING);
	for (size_t i = 0; i < 4; i++)
		assert_false(is_shut(&lines[i], 0));
	line_open(w, &lines[4]);
	assert_true(is_shut(&lines[1], 10000));
	line_open(w, &lines[5]);
	assert_true(is_shut(&lines[2], 10000));
	for (size_t i = 0; i < MANY; i++)
		check_int("shut", is_shut(&lines[i], 0), i == 1 || i == 2);
	stop(w, lines, MANY);
}

/* Where all are being answered, those that take their answer too slowly go; nobody else. */
static void test_crowd_of_answers(void **state)
{
	struct watch *w = start(2, 0);
	struct line lines[4];

	(void)state;
	line_open(w, &lines[0]);
	line_open(w, &lines[1]);
	watch_phase(w, lines[0].watched, WATCH_ANSWERING);
	watch_phase(w, lines[1].watched, WATCH_ANSWERING);
	line_open(w, &lines[2]);
	watch_phase(w, lines[2].watched, WATCH_ANSWERING);
	for (size_t i = 0; i < 3; i++)
		assert_false(is_shut(&lines[i], 0));
	watch_phase(w, lines[1].watched, WATCH_SENDING);
	line_open(w, &lines[3]);
	for (size_t i = 0; i < 4; i++)
		check_int("shut", is_shut(&lines[i], i == 1 ? 10000 : 0), i == 1);
	stop(w, lines, 4);
	w = start(1, 600000);
	line_open(w, &lines[0]);
	watch_phase(w, lines[0].watched, WATCH_ANSWERING);
	watch_phase(w, lines[0].watched, WATCH_SENDING);
	line_open(w, &lines[1]);
	assert_false(is_shut(&lines[0], 0)); /* it is not slow yet */
	stop(w, lines, 2);
}

static void test_late(void **state)
{
	struct watch *w = watch_start(&(struct watch_limits){
		.request_ms = 20, .answer_ms = 600000, .crowd = 100, .slow_ms = 600000 });
	struct line lines[2];

	(void)state;
	assert_non_null(w);
	line_open(w, &lines[0]);
	watch_phase(w, lines[0].watched, WATCH_ANSWERING);
	line_open(w, &lines[1]);
	assert_true(is_shut(&lines[1], 20000));
	assert_false(is_shut(&lines[0], 0));
	stop(w, lines, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_crowd_of_answers),
		cmocka_unit_test(test_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
