#include "ip.h"

#include "check.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_parse(void **state)
{
	static const struct {
		const char *name, *s, *want; /* NULL: refused */
	} cases[] = {
		{ "v4", "192.0.2.1", "192.0.2.1" },
		{ "v4 least", "0.0.0.0", "0.0.0.0" },
		{ "v4 most", "255.255.255.255", "255.255.255.255" },
		{ "white space", " \t192.0.2.1\r\n", "192.0.2.1" },
		{ "v4 leading zero", "192.0.2.01", NULL },
		{ "v4 octal", "0300.0.2.1", NULL },
		{ "v4 hex", "0xc0.0.2.1", NULL },
		{ "v4 256", "192.0.2.256", NULL },
		{ "v4 three parts", "192.0.2", NULL },
		{ "v4 five parts", "192.0.2.1.1", NULL },
		{ "v4 empty part", "192..2.1", NULL },
		{ "v4 dot after", "192.0.2.1.", NULL },
		{ "v4 one number", "3221225985", NULL },
		{ "v4 sign", "192.0.2.-1", NULL },
		{ "v4 port", "192.0.2.1:25", NULL },
		{ "blank inside", "192.0. 2.1", NULL },
		{ "v4 network", "192.0.2.1/32", NULL },
		{ "empty", "", NULL },
		{ "absent", NULL, NULL },
		{ "v6", "2001:db8::1", "2001:db8::1" },
		{ "v6 upper case", "2001:DB8::ABCD", "2001:db8::abcd" },
		{ "v6 leading zeros", "2001:0db8:0000:0000:0000:0000:0000:0001",
			"2001:db8::1" },
		{ "v6 any", "::", "::" },
		{ "v6 loopback", "::1", "::1" },
		{ "v6 gap at the end", "2001:db8::", "2001:db8::" },
		{ "v6 first of equal runs", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "v6 longest run", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "v6 one zero is written", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "v6 gap of one", "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "v6 gap of one at the end", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "v6 gap of one at the start", "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "v6 v4 at the end", "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "v6 eight groups with v4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
		{ "mapped", "::ffff:192.0.2.1", "192.0.2.1" },
		{ "mapped hex", "::FFFF:c000:0201", "192.0.2.1" },
		{ "mapped in full", "0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1" },
		{ "v4-compatible is not mapped", "::192.0.2.1", "::c000:201" },
		{ "v6 zone", "fe80::1%eth0", NULL },
		{ "v6 brackets", "[2001:db8::1]", NULL },
		{ "v6 five digits", "2001:00db8::1", NULL },
		{ "v6 two gaps", "2001::db8::1", NULL },
		{ "v6 three colons", "2001:::1", NULL },
		{ "v6 seven groups", "1:2:3:4:5:6:7", NULL },
		{ "v6 nine groups", "1:2:3:4:5:6:7:8:9", NULL },
		{ "v6 gap of none", "1:2:3:4::5:6:7:8", NULL },
		{ "v6 colon first", ":1:2:3:4:5:6:7", NULL },
		{ "v6 colon last", "1:2:3:4:5:6:7:", NULL },
		{ "v6 lone colon", ":", NULL },
		{ "v6 colon after the gap", "1::2:", NULL },
		{ "v6 no hex", "2001:db8::g", NULL },
		{ "v6 v4 in the middle", "::1.2.3.4:5", NULL },
		{ "v6 v4 before the gap", "1.2.3.4::", NULL },
		{ "v6 v4 too late", "1:2:3:4:5:6:7:1.2.3.4", NULL },
		{ "v6 v4 and gap of none", "1:2:3:4:5:6::1.2.3.4", NULL },
		{ "v6 bad v4", "::ffff:192.0.2.256", NULL },
		{ "v6 long", "1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:1:2:3:4:5:6:7:8::9:a:b:c:d:e:f",
			NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip ip = { .n = 99 };
		char buf[IP_TEXT];
		bool ok = ip_parse(str_of(cases[i].s), &ip);

		check_int(cases[i].name, ok, cases[i].want != NULL);
		if (ok)
			check_str(cases[i].name, ip_text(&ip, buf), str_of(cases[i].want));
		else
			check_int(cases[i].name, ip.n, 99);
	}
}

/* Every address goes to text and back, and the C library reads our text as the same address. */
static void test_round(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct ip ip = { .n = i % 4 ? 16 : 4 }, back;
		uint8_t libc[16];
		char buf[IP_TEXT];
		struct str s;

		for (int b = 0; b < ip.n; b++) {
			seed = seed * 1103515245u + 12345u;
			/* Many zeros, so that runs of all lengths come about. */
			ip.b[b] = (seed >> 16) % 3 ? 0 : (uint8_t)(seed >> 20);
		}
		s = ip_text(&ip, buf);
		assert_int_equal(strlen(buf), s.n);
		assert_int_equal(inet_pton(ip.n == 4 ? AF_INET : AF_INET6, buf, libc), 1);
		assert_memory_equal(libc, ip.b, ip.n);
		assert_true(ip_parse(s, &back));
		assert_int_equal(ip_cmp(&ip, &back), 0);
	}
}

static void test_text(void **state)
{
	struct ip none = { 0 }, mapped = { .n = 16, .b = { [10] = 0xff, 0xff, 192, 0, 2, 1 } };
	struct ip longest = { .n = 16 };
	struct ip_net net = { .prefix_bits = 127 };
	char buf[IP_TEXT];

	(void)state;
	check_str("none", ip_text(&none, buf), STR(""));
	check_str(
		"mapped, not made by ip_parse", ip_text(&mapped, buf), STR("::ffff:192.0.2.1"));
	memset(longest.b, 0xff, 16);
	net.first = longest;
	check_str("longest", ip_net_text(&net, buf),
		STR("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127"));
}

static void test_net(void **state)
{
	static const struct {
		const char *name, *s, *want, *inside, *outside; /* want NULL: refused */
	} cases[] = {
		{ "v4", "192.0.2.0/28", "192.0.2.0/28", "192.0.2.15", "192.0.2.16" },
		{ "host bits go", "192.0.2.77/24", "192.0.2.0/24", "192.0.2.255", "192.0.3.0" },
		{ "below", "192.0.2.16/28", "192.0.2.16/28", "192.0.2.16", "192.0.2.15" },
		{ "single", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2" },
		{ "single /32", "192.0.2.1/32", "192.0.2.1", "192.0.2.1", "192.0.2.0" },
		{ "all v4", "0.0.0.0/0", "0.0.0.0/0", "255.255.255.255", "::" },
		{ "v6", "2001:db8::/33", "2001:db8::/33",
			"2001:db8:7fff::", "2001:db8:8000::" },
		{ "v6 single", "2001:db8::1", "2001:db8::1", "2001:db8::1", "2001:db8::2" },
		{ "all v6", "::/0", "::/0", "ffff::", "192.0.2.1" },
		{ "mapped", "::ffff:192.0.2.0/120", "192.0.2.0/24", "192.0.2.9", "192.0.3.0" },
		{ "mapped and more", "::ffff:192.0.2.0/95", NULL, NULL, NULL },
		{ "white space", " 192.0.2.0/28\n", "192.0.2.0/28", "192.0.2.1", "10.0.0.1" },
		{ "blank at the slash", "192.0.2.0 /28", NULL, NULL, NULL },
		{ "v4 33", "192.0.2.0/33", NULL, NULL, NULL },
		{ "v6 129", "2001:db8::/129", NULL, NULL, NULL },
		{ "no length", "192.0.2.0/", NULL, NULL, NULL },
		{ "negative", "192.0.2.0/-1", NULL, NULL, NULL },
		{ "leading zero", "192.0.2.0/08", NULL, NULL, NULL },
		{ "mask", "192.0.2.0/255.255.255.0", NULL, NULL, NULL },
		{ "two", "192.0.2.0/28/28", NULL, NULL, NULL },
		{ "empty", "", NULL, NULL, NULL },
		{ "absent", NULL, NULL, NULL, NULL },
	};
	struct ip_net net;
	struct ip none = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip inside, outside;
		char buf[IP_TEXT];
		bool ok = ip_net_parse(str_of(cases[i].s), &net);

		check_int(cases[i].name, ok, cases[i].want != NULL);
		if (!ok)
			continue;
		check_str(cases[i].name, ip_net_text(&net, buf), str_of(cases[i].want));
		check(cases[i].name, ip_parse(str_of(cases[i].inside), &inside));
		check(cases[i].name, ip_parse(str_of(cases[i].outside), &outside));
		check(cases[i].name,
			ip_net_has(&net, &net.first) && ip_net_has(&net, &net.last));
		check(cases[i].name, ip_net_has(&net, &inside));
		check(cases[i].name, !ip_net_has(&net, &outside));
		check(cases[i].name, !ip_net_has(&net, &none));
	}
}

static void test_order(void **state)
{
	static const char *const sorted[] = { "0.0.0.0", "9.0.0.0", "10.0.0.0", "10.0.0.200",
		"255.0.0.0", "::", "::1", "2001:db8::", "ff00::" };

	(void)state;
	for (size_t i = 0; i < COUNT(sorted); i++)
		for (size_t j = 0; j < COUNT(sorted); j++) {
			struct ip a, b;
			int cmp;

			assert_true(ip_parse(str_of(sorted[i]), &a));
			assert_true(ip_parse(str_of(sorted[j]), &b));
			cmp = ip_cmp(&a, &b);
			assert_int_equal((cmp > 0) - (cmp < 0), (i > j) - (i < j));
		}
}

static void test_group(void **state)
{
	static const struct {
		const char *ip, *want;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip_net net;
		struct ip ip;
		char buf[IP_TEXT];

		assert_true(ip_parse(str_of(cases[i].ip), &ip));
		ip_group(&ip, &net);
		check_str(cases[i].ip, ip_net_text(&net, buf), str_of(cases[i].want));
		check(cases[i].ip, ip_net_has(&net, &ip));
	}
}

static void test_loopback(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = { { "127.0.0.1", true }, { "127.255.0.9", true }, { "::1", true },
		{ "::ffff:127.0.0.1", true }, { "126.0.0.1", false }, { "0.0.0.0", false },
		{ "::", false }, { "::2", false }, { "fe80::1", false } };
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 };
	struct ip ip = ip_of_bytes(mapped, 16), want;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip one;

		check(cases[i].text, ip_parse(str_of(cases[i].text), &one));
		check_int(cases[i].text, ip_is_loopback(&one), cases[i].want);
	}
	assert_false(ip_is_loopback(&(struct ip){ 0 }));
	assert_true(ip_parse(STR("192.0.2.1"), &want));
	assert_int_equal(ip_cmp(&ip, &want), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_net),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
