#include "check.h"
#include "protocol.h"

/* Longer each time, never longer than the most, and not the same for all who wait. */
static void backoff(void **state)
{
	(void)state;
	for (unsigned tries = 0; tries < 100; tries++) {
		unsigned most = PROTOCOL_PAUSE_MS, least_seen = UINT32_MAX, most_seen = 0;

		for (unsigned i = 0; i < tries && most < PROTOCOL_PAUSE_MOST_MS; i++)
			most *= 2;
		most = most < PROTOCOL_PAUSE_MOST_MS ? most : PROTOCOL_PAUSE_MOST_MS;
		for (int i = 0; i < 200; i++) {
			unsigned ms = protocol_backoff_ms(tries);

			assert_in_range(ms, most / 2, most);
			least_seen = ms < least_seen ? ms : least_seen;
			most_seen = ms > most_seen ? ms : most_seen;
		}
		assert_true(most_seen - least_seen > most / 4);
	}
}

static void quotes(void **state)
{
	static const struct {
		const char *name, *text, *secret, *want;
	} cases[] = {
		{ "a text", " go away \r\n", "hunter22", " (it says: go away)" },
		{ "nothing", " ", "hunter22", "" },
		{ "the secret", "no hunter22 here", "hunter22", "" },
		{ "no secret", "no hunter22 here", "", " (it says: no hunter22 here)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char quote[256];

		protocol_quote(
			str_of(cases[i].text), str_of(cases[i].secret), quote, sizeof(quote));
		check_str(cases[i].name, str_of(quote), str_of(cases[i].want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backoff),
		cmocka_unit_test(quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
