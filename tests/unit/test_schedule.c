#include "check.h"

#include "exits.h"
#include "schedule.h"

#define MINUTE 60
#define HOUR 3600

static void pauses(void **state)
{
	static const struct {
		const char *name;
		unsigned every_s;
		uint64_t failures;
		bool mends_itself;
		uint64_t want_s;
	} cases[] = {
		{ "all is well", 15 * MINUTE, 0, true, 15 * MINUTE },
		{ "the first failure is tried again soon", 15 * MINUTE, 1, true, 30 },
		{ "then later", 15 * MINUTE, 2, true, 60 },
		{ "and later", 15 * MINUTE, 5, true, 480 },
		{ "but not later than without a failure", 15 * MINUTE, 6, true, 15 * MINUTE },
		{ "however many", 15 * MINUTE, UINT64_MAX, true, 15 * MINUTE },
		{ "not sooner than without a failure", 20, 1, true, 20 },
		{ "a wrong password", 15 * MINUTE, 1, false, 15 * MINUTE },
		{ "again", 15 * MINUTE, 2, false, 30 * MINUTE },
		{ "every six hours at last", 15 * MINUTE, 100, false, 6 * HOUR },
		{ "read once a day", 24 * HOUR, 9, false, 24 * HOUR },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].name,
			(int64_t)schedule_pause_s(
				cases[i].every_s, cases[i].failures, cases[i].mends_itself),
			(int64_t)cases[i].want_s);
}

static void worst_exit_code(void **state)
{
	(void)state;
	check_int("none", exit_worse(EX_OK, EX_OK), EX_OK);
	check_int("one", exit_worse(EX_OK, EX_TEMPFAIL), EX_TEMPFAIL);
	check_int("try again or not there", exit_worse(EX_UNAVAILABLE, EX_TEMPFAIL),
		EX_UNAVAILABLE);
	check_int("password", exit_worse(EX_NOPERM, EX_UNAVAILABLE), EX_NOPERM);
	check_int("the other way round", exit_worse(EX_UNAVAILABLE, EX_NOPERM), EX_NOPERM);
	check_int("disk", exit_worse(EX_CONFIG, EX_IOERR), EX_IOERR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses),
		cmocka_unit_test(worst_exit_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
