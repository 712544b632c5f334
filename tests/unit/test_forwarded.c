#include "forwarded.h"

#include "check.h"

static void test_client(void **state)
{
	static const struct {
		const char *name, *peer, *forwarded, *want; /* peer NULL: a unix socket */
	} cases[] = {
		{ "nobody between", "198.51.100.7", NULL, "198.51.100.7" },
		{ "a stranger's word", "198.51.100.7", "203.0.113.1", "198.51.100.7" },
		{ "one proxy", "192.0.2.10", "203.0.113.1", "203.0.113.1" },
		{ "of its network", "10.1.2.3", "203.0.113.1", "203.0.113.1" },
		{ "over a socket", NULL, "203.0.113.1", "203.0.113.1" },
		{ "over a socket, nothing said", NULL, NULL, "" },
		{ "two proxies", "192.0.2.10", "203.0.113.1, 10.0.0.5", "203.0.113.1" },
		{ "written by the visitor", "192.0.2.10", "203.0.113.9, 203.0.113.1",
			"203.0.113.1" },
		{ "written by the visitor as if by a proxy", "192.0.2.10",
			"203.0.113.9, 10.0.0.9, 203.0.113.1, 10.0.0.5", "203.0.113.1" },
		{ "nothing said", "192.0.2.10", NULL, "192.0.2.10" },
		{ "nothing in it", "192.0.2.10", "", "192.0.2.10" },
		{ "no address", "192.0.2.10", "203.0.113.1, unknown", "192.0.2.10" },
		{ "no address before a proxy", "192.0.2.10", "unknown, 10.0.0.5", "10.0.0.5" },
		{ "a comma at the end", "192.0.2.10", "203.0.113.1,", "192.0.2.10" },
		{ "proxies only", "192.0.2.10", "10.0.0.6, 10.0.0.5", "10.0.0.6" },
		{ "blanks", "192.0.2.10", " \t203.0.113.1 ", "203.0.113.1" },
		{ "IPv6", "2001:db8::10", "2001:db8:1::1", "2001:db8:1::1" },
		{ "with a port", "192.0.2.10", "203.0.113.1:50000", "203.0.113.1" },
		{ "IPv6 with a port", "192.0.2.10", "[2001:db8:1::1]:50000", "2001:db8:1::1" },
	};
	const char *const nets[] = { "192.0.2.10", "10.0.0.0/8", "2001:db8::10" };
	struct ip_net net[COUNT(nets)];
	const struct proxies p = { net, COUNT(nets) };

	(void)state;
	for (size_t i = 0; i < COUNT(nets); i++)
		assert_true(ip_net_parse(str_of(nets[i]), &net[i]));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip peer = { 0 }, got;
		char text[IP_TEXT];

		if (cases[i].peer)
			check(cases[i].name, ip_parse(str_of(cases[i].peer), &peer));
		got = proxies_client(&p, &peer, str_of(cases[i].forwarded));
		check_str(cases[i].name, ip_text(&got, text), str_of(cases[i].want));
	}
}

static void test_no_proxies(void **state)
{
	const struct proxies none = { NULL, 0 };
	struct ip peer, got;

	(void)state;
	assert_true(ip_parse(STR("127.0.0.1"), &peer));
	got = proxies_client(&none, &peer, STR("203.0.113.1"));
	assert_int_equal(ip_cmp(&got, &peer), 0);
	assert_false(proxies_have(&none, &peer));
	assert_true(proxies_have(&none, &(struct ip){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_no_proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
