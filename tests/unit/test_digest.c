#include "digest.h"

#include "check.h"

#include <string.h>

static void test_known(void **state)
{
	static const struct {
		const char *name, *s, *want; /* FIPS 180-4 examples */
	} cases[] = {
		{ "empty", "",
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "abc",
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	char buf[2 * DIGEST_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct digest d = digest_of(str_of(cases[i].s)), pieces;
		struct digest_ctx c;

		check_str(cases[i].name, digest_hex(&d, buf), str_of(cases[i].want));
		assert_int_equal(buf[64], '\0');
		digest_init(&c);
		for (const char *p = cases[i].s; *p; p++)
			digest_add(&c, p, 1);
		digest_end(&c, &pieces);
		check(cases[i].name, digest_eq(&d, &pieces));
	}
	assert_true(digest_eq(&(struct digest){ 0 }, &(struct digest){ 0 }));
	assert_false(digest_eq(&(struct digest){ 0 }, &(struct digest){ .b = { [31] = 1 } }));
}

static struct digest of_fields(struct str a, struct str b)
{
	struct digest_ctx c;
	struct digest d;

	digest_init(&c);
	digest_field(&c, a);
	digest_field(&c, b);
	digest_end(&c, &d);
	return d;
}

static void test_fields(void **state)
{
	static const struct {
		const char *a, *b;
	} cases[] = {
		{ "ab", "c" },
		{ "a", "bc" },
		{ "abc", "" },
		{ "", "abc" },
		{ "abc", NULL },
		{ NULL, "abc" },
		{ "", "" },
		{ NULL, NULL },
		{ NULL, "" },
	};
	/* length and bytes as documented, the number little-endian */
	static const uint8_t raw[] = { 2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 1, 0, 0, 0, 0, 0, 0, 0,
		'c' };
	struct digest a, b;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t j = 0; j < COUNT(cases); j++) {
			a = of_fields(str_of(cases[i].a), str_of(cases[i].b));
			b = of_fields(str_of(cases[j].a), str_of(cases[j].b));
			if (digest_eq(&a, &b) != (i == j))
				fail_msg("cases %zu and %zu", i, j);
		}
	a = of_fields(STR("ab"), STR("c"));
	b = digest_of(str_make((const char *)raw, sizeof(raw)));
	assert_true(digest_eq(&a, &b));
}

static void test_u64(void **state)
{
	static const char raw[] = "\x08\x07\x06\x05\x04\x03\x02\x01";
	struct digest_ctx c;
	struct digest a, b;

	(void)state;
	digest_init(&c);
	digest_u64(&c, 0x0102030405060708);
	digest_end(&c, &a);
	b = digest_of(str_make(raw, 8));
	assert_true(digest_eq(&a, &b));
}

static void test_sum(void **state)
{
	struct digest one = { .b = { 1 } }, ones, sum = { 0 }, a, b, ab = { 0 }, ba = { 0 };

	(void)state;
	/* The carry goes from the first byte to the last, and past it away. */
	memset(ones.b, 0xff, sizeof(ones.b));
	digest_sum(&sum, &ones);
	assert_true(digest_eq(&sum, &ones));
	digest_sum(&sum, &one);
	assert_true(digest_eq(&sum, &(struct digest){ 0 }));
	sum = (struct digest){ .b = { 0xff, 0xff, 0x01 } };
	digest_sum(&sum, &one);
	assert_true(digest_eq(&sum, &(struct digest){ .b = { 0, 0, 0x02 } }));
	a = digest_of(STR("a"));
	b = digest_of(STR("b"));
	digest_sum(&ab, &a);
	digest_sum(&ab, &b);
	digest_sum(&ba, &b);
	digest_sum(&ba, &a);
	assert_true(digest_eq(&ab, &ba));
	/* A multiset: twice is not once, and not never. */
	digest_sum(&ba, &a);
	assert_false(digest_eq(&ab, &ba));
}

static void test_keyed(void **state)
{
	/* RFC 4231, 4.3 has the key "Jefe": shorter ones are filled up with zeros. */
	struct digest key = { .b = { 'J', 'e', 'f', 'e' } };
	struct digest d = digest_keyed(&key, STR("what do ya want for nothing?")), other;
	char buf[2 * DIGEST_BYTES + 1];

	(void)state;
	check_str("RFC 4231", digest_hex(&d, buf),
		STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
	key.b[31] = 1;
	other = digest_keyed(&key, STR("what do ya want for nothing?"));
	assert_false(digest_eq_secret(&d, &other));
	other = d;
	assert_true(digest_eq_secret(&d, &other));
	other.b[31] ^= 1;
	assert_false(digest_eq_secret(&d, &other));
	assert_true(str_eq_secret(STR("abc"), STR("abc")));
	assert_false(str_eq_secret(STR("abc"), STR("abd")));
	assert_false(str_eq_secret(STR("abc"), STR("ab")));
	assert_true(str_eq_secret(STR(""), STR_ABSENT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_keyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
