#include "check.h"
#include "wire.h"
#include "xalloc.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct pair {
	struct wire a, b;
};

static struct pair make_pair(void)
{
	struct pair p;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	wire_init(&p.a, fds[0]);
	wire_init(&p.b, fds[1]);
	return p;
}

static void release(struct pair *p)
{
	wire_release(&p->a);
	wire_release(&p->b);
}

static void frames(void **state)
{
	static const size_t sizes[] = { 0, 1, 5, 4096, WIRE_MOST - 1, WIRE_MOST };
	static char bytes[WIRE_MOST];
	struct pair p = make_pair();
	struct err err = { 0 };
	pid_t pid = fork();

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	if (pid == 0) {
		for (int round = 0; round < 3; round++)
			for (size_t i = 0; i < COUNT(sizes); i++)
				if (wire_send(&p.a, (uint8_t)(i + 1), str_make(bytes, sizes[i]),
					    &err) < 0)
					_exit(1);
		_exit(wire_flush(&p.a, &err) < 0);
	}
	wire_release(&p.a);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			struct frame f;

			assert_int_equal(wire_receive(&p.b, 5000, &f, &err), 1);
			assert_int_equal(f.type, i + 1);
			assert_int_equal(f.bytes.n, sizes[i]);
			assert_int_equal(memcmp(f.bytes.p, bytes, sizes[i]), 0);
		}
	}
	waitpid(pid, NULL, 0);
	{
		struct frame f;

		assert_int_equal(wire_receive(&p.b, 5000, &f, &err), 0);
	}
	release(&p);
}

static void bad_frames(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t n;
		bool closed;
		int want;
	} cases[] = {
		{ "silence", "", 0, false, ERR_TEMP },
		{ "the end", "", 0, true, 0 },
		{ "the end in a head", "\1\0\0", 3, true, ERR_IO },
		{ "the end in the bytes", "\1\0\0\0\5abc", 8, true, ERR_IO },
		{ "a head, then silence", "\1\0\0\0\5abc", 8, false, ERR_TEMP },
		{ "too long", "\1\0\1\0\1", 5, false, ERR_INPUT },
		{ "far too long", "\1\377\377\377\377", 5, false, ERR_INPUT },
		{ "good", "\1\0\0\0\3abc", 8, false, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pair p = make_pair();
		struct err err = { 0 };
		struct frame f;

		check_int(cases[i].name, write(p.a.fd, cases[i].bytes, cases[i].n), cases[i].n);
		if (cases[i].closed)
			wire_release(&p.a);
		check_int(cases[i].name, wire_receive(&p.b, 50, &f, &err), cases[i].want);
		release(&p);
	}
}

static void nobody_listens(void **state)
{
	static char bytes[WIRE_MOST];
	struct pair p = make_pair();
	struct err err = { 0 };

	(void)state;
	wire_release(&p.b);
	assert_int_equal(wire_send(&p.a, 1, str_make(bytes, sizeof(bytes)), &err), ERR_IO);
	release(&p);
}

static void pending(void **state)
{
	struct pair p = make_pair();
	struct err err = { 0 };
	struct frame f;

	(void)state;
	wire_send(&p.a, 1, STR("one"), &err);
	wire_send(&p.a, 2, STR("two"), &err);
	assert_int_equal(wire_flush(&p.a, &err), 0);
	assert_false(wire_pending(&p.b));
	assert_int_equal(wire_receive(&p.b, 1000, &f, &err), 1);
	assert_true(wire_pending(&p.b));
	assert_int_equal(wire_receive(&p.b, 1000, &f, &err), 1);
	assert_int_equal(f.type, 2);
	assert_false(wire_pending(&p.b));
	release(&p);
}

static void fields(void **state)
{
	struct buf b;
	struct str s;

	(void)state;
	buf_init(&b, 1000);
	wire_put_u64(&b, UINT64_MAX);
	wire_put_str(&b, STR("text"));
	wire_put_str(&b, STR_ABSENT);
	wire_put_u64(&b, 7);
	s = buf_view(&b);
	assert_true(wire_take_u64(&s) == UINT64_MAX);
	check_str("text", wire_take_str(&s), STR("text"));
	check_int("empty", wire_take_str(&s).n, 0);
	assert_int_equal(wire_take_u64(&s), 7);
	assert_false(str_absent(s));
	assert_int_equal(wire_take_u64(&s), 0);
	assert_true(str_absent(s));
	check_int("past the end", wire_take_str(&s).n, 0);
	assert_true(str_absent(s));
	/* A length that goes beyond. */
	buf_clear(&b);
	wire_put_u64(&b, 100);
	buf_str(&b, STR("short"));
	s = buf_view(&b);
	check_int("too long", wire_take_str(&s).n, 0);
	assert_true(str_absent(s));
	buf_release(&b);
}

/* After a secret went over it, nothing of it is left in the buffers of either side; what comes
 * behind it is not lost. */
static void wiped(void **state)
{
	static const char word[] = "open sesame";
	struct pair p = make_pair();
	struct err err = { 0 };
	struct frame f;

	(void)state;
	wire_send(&p.a, 1, STR("before"), &err);
	wire_send(&p.a, 2, str_of(word), &err);
	wire_send(&p.a, 3, STR("behind"), &err);
	assert_int_equal(wire_flush(&p.a, &err), 0);
	for (int i = 1; i <= 2; i++) {
		assert_int_equal(wire_receive(&p.b, 1000, &f, &err), 1);
		assert_int_equal(f.type, i);
	}
	assert_non_null(memmem(p.a.out.p, p.a.out.cap, word, sizeof(word) - 1));
	assert_non_null(memmem(p.b.in, p.b.in_n, word, sizeof(word) - 1));
	wire_wipe(&p.a);
	wire_wipe(&p.b);
	assert_null(memmem(p.a.out.p, p.a.out.cap, word, sizeof(word) - 1));
	assert_null(memmem(p.b.in, p.b.in_n, word, sizeof(word) - 1));
	assert_int_equal(wire_receive(&p.b, 1000, &f, &err), 1);
	check_str("behind", f.bytes, STR("behind"));
	release(&p);
}

/* Who takes nothing is not waited for without an end. */
static void takes_nothing(void **state)
{
	static char bytes[WIRE_MOST];
	struct pair p = make_pair();
	struct err err = { 0 };
	int r = 0;

	(void)state;
	p.a.send_ms = 10;
	for (int i = 0; i < 1000 && r == 0; i++)
		r = wire_send(&p.a, 1, str_make(bytes, sizeof(bytes)), &err);
	assert_int_equal(r, ERR_IO);
	assert_string_equal(err.text, "the other process takes nothing");
	release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames),
		cmocka_unit_test(bad_frames),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(pending),
		cmocka_unit_test(fields),
		cmocka_unit_test(wiped),
		cmocka_unit_test(takes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
