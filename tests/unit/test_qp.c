#include "qp.h"

#include "buf.h"
#include "check.h"

#include <string.h>

static const struct {
	const char *name;
	struct str in, want;
} cases[] = {
	{ "plain", STR_INIT("a b\r\nc"), STR_INIT("a b\r\nc") },
	{ "octets", STR_INIT("=41=3d=3D=0A=00=FF"), STR_INIT("A==\n\0\xff") },
	{ "soft breaks", STR_INIT("a=\r\nb=\nc=\rd"), STR_INIT("abcd") },
	{ "soft break with blanks behind", STR_INIT("a= \t \r\nb"), STR_INIT("ab") },
	{ "soft break at the end", STR_INIT("a="), STR_INIT("a") },
	{ "soft break and blanks at the end", STR_INIT("a=  "), STR_INIT("a") },
	{ "no octet", STR_INIT("=zz=4=g1=="), STR_INIT("=zz=4=g1=") },
	{ "blanks before a break", STR_INIT("a \t\r\n  b  \nc "), STR_INIT("a\r\n  b\nc") },
	{ "blanks inside", STR_INIT("  a  b"), STR_INIT("  a  b") },
	{ "encoded blank before a break", STR_INIT("a=20\n"), STR_INIT("a \n") },
	{ "empty", STR_INIT(""), STR_INIT("") },
	{ "underscore is itself", STR_INIT("a_b"), STR_INIT("a_b") },
};

static struct str decode(struct buf *out, struct str in, size_t step)
{
	struct qp q;
	char piece[64];
	size_t n;

	buf_clear(out);
	qp_init(&q, in);
	while ((n = qp_read(&q, piece, step)) > 0)
		buf_add(out, piece, n);
	return buf_view(out);
}

static void test_cases(void **state)
{
	static const size_t steps[] = { 1, 2, 3, 64 };
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t k = 0; k < COUNT(steps); k++)
			check_str(cases[i].name, decode(&out, cases[i].in, steps[k]),
				cases[i].want);
	buf_release(&out);
}

static void test_octet(void **state)
{
	(void)state;
	assert_int_equal(qp_octet("00"), 0);
	assert_int_equal(qp_octet("fF"), 255);
	assert_int_equal(qp_octet("a9"), 0xa9);
	assert_int_equal(qp_octet("g0"), -1);
	assert_int_equal(qp_octet("0:"), -1);
}

/* Blanks before blanks: each is looked at a few times at most, or this would take minutes. */
static void test_linear(void **state)
{
	struct buf in, out;
	static char blanks[1 << 20];

	(void)state;
	memset(blanks, ' ', sizeof(blanks));
	buf_init(&in, 8 << 20);
	buf_init(&out, 8 << 20);
	buf_add(&in, blanks, sizeof(blanks));
	buf_char(&in, 'x');
	buf_add(&in, blanks, sizeof(blanks));
	buf_str(&in, STR("=\n"));
	assert_int_equal(decode(&out, buf_view(&in), 1).n, 2 * sizeof(blanks) + 1);
	buf_release(&in);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_octet),
		cmocka_unit_test(test_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
