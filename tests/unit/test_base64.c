#include "base64.h"

#include "buf.h"
#include "check.h"
#include "xalloc.h"

#include <string.h>

static const struct {
	const char *name;
	struct str in, want;
} cases[] = {
	{ "empty", STR_INIT(""), STR_INIT("") },
	{ "one byte", STR_INIT("QQ=="), STR_INIT("A") },
	{ "two bytes", STR_INIT("QUI="), STR_INIT("AB") },
	{ "three bytes", STR_INIT("QUJD"), STR_INIT("ABC") },
	{ "every kind of letter", STR_INIT("+/09azAZ"), STR_INIT("\xfb\xfd\x3d\x6b\x30\x19") },
	{ "lines", STR_INIT("QU\r\nJD\nRE\rVG\r\n"), STR_INIT("ABCDEF") },
	{ "padding is missing", STR_INIT("QUJDRA"), STR_INIT("ABCD") },
	{ "a letter too many", STR_INIT("QUJDR"), STR_INIT("ABC") },
	{ "foreign bytes inside", STR_INIT("Q*U\x80J-D"), STR_INIT("ABC") },
	{ "NUL inside", STR_INIT("QU\0JD"), STR_INIT("ABC") },
	{ "blocks encoded one by one", STR_INIT("QQ==\r\nQkM=\r\nREVG\r\n"),
		STR_INIT("ABCDEF") },
	{ "blocks on one line", STR_INIT("QQ==QkM="), STR_INIT("ABC") },
	{ "footer behind padding", STR_INIT("QQ==\r\n\r\n-- \r\nAAAA list\r\n"),
		STR_INIT("A") },
	{ "footer on the line of the padding", STR_INIT("QQ== (end)\nQUJD\n"), STR_INIT("A") },
	{ "only padding", STR_INIT("===="), STR_INIT("") },
};

static struct str decode(struct buf *out, struct str in, size_t step)
{
	struct base64 d;
	char piece[64];
	size_t n;

	buf_clear(out);
	base64_init(&d, in);
	while ((n = base64_read(&d, piece, step)) > 0)
		buf_add(out, piece, n);
	return buf_view(out);
}

static void test_cases(void **state)
{
	static const size_t steps[] = { 1, 2, 3, 4, 5, 7, 64 };
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t k = 0; k < COUNT(steps); k++)
			check_str(cases[i].name, decode(&out, cases[i].in, steps[k]),
				cases[i].want);
	buf_release(&out);
}

/* All bytes, with line breaks wherever they may be. */
static void test_all_bytes(void **state)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf encoded, out;
	unsigned char want[768];

	(void)state;
	buf_init(&encoded, 4096);
	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof(want); i++)
		want[i] = (unsigned char)(i * 7 + i / 256);
	for (size_t width = 1; width < 80; width++) {
		buf_clear(&encoded);
		for (size_t i = 0, at = 0; i < sizeof(want); i += 3) {
			uint32_t v = (uint32_t)want[i] << 16 | (uint32_t)want[i + 1] << 8 |
				     want[i + 2];

			for (int shift = 18; shift >= 0; shift -= 6) {
				buf_char(&encoded, letters[v >> shift & 63]);
				if (++at % width == 0)
					buf_str(&encoded, STR("\r\n"));
			}
		}
		check_str("all bytes", decode(&out, buf_view(&encoded), 64),
			str_make((const char *)want, sizeof(want)));
	}
	buf_release(&encoded);
	buf_release(&out);
}

/* Megabytes of padding on one line: each byte is looked at a few times, or this would take
 * hours. */
static void test_linear(void **state)
{
	struct buf in, out;

	(void)state;
	buf_init(&in, 4 << 20);
	buf_init(&out, 1024);
	while (buf_char(&in, '='))
		;
	check_str("padding", decode(&out, buf_view(&in), 64), STR(""));
	buf_release(&in);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_all_bytes),
		cmocka_unit_test(test_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
