#include "arrival.h"
#include "check.h"

static struct boxmail mail(uint32_t uid)
{
	return (struct boxmail){ .validity = 7, .uid = uid, .size_bytes = 3 };
}

static void add(struct arrivals *a, const char *text)
{
	struct err err = { 0 };

	assert_int_equal(letter_add(&arrival_coming(a)->letter, str_of(text), &err), 0);
}

static void one_after_the_other(void **state)
{
	struct arrivals a = { 0 };
	struct boxmail one = mail(1), two = mail(2), three = mail(3);

	(void)state;
	assert_null(arrival_first(&a));
	assert_null(arrival_coming(&a));
	arrival_begin(&a, &one);
	add(&a, "lost");
	assert_null(arrival_first(&a)); /* it is not complete */
	arrival_begin(&a, &one);	/* anew */
	add(&a, "one");
	assert_int_equal(a.n, 1);
	assert_int_equal(arrival_bytes(&a), 3);
	arrival_coming(&a)->kind = ARRIVAL_WHOLE;
	assert_null(arrival_coming(&a));
	arrival_begin(&a, &two);
	arrival_coming(&a)->kind = ARRIVAL_UNREAD;
	arrival_begin(&a, &three);
	add(&a, "three");
	assert_int_equal(a.n, 3);
	assert_int_equal(arrival_first(&a)->mail.uid, 1);
	arrival_undo(&a);
	arrival_add(&a, ARRIVAL_END);
	arrival_shift(&a);
	assert_int_equal(arrival_first(&a)->mail.uid, 2);
	arrival_shift(&a);
	assert_int_equal(arrival_first(&a)->kind, ARRIVAL_END);
	arrival_shift(&a);
	assert_int_equal(a.n, 0);
	assert_null(a.last);
}

/* The last one is taken away from one, and from many. */
static void undone(void **state)
{
	struct arrivals a = { 0 };
	struct boxmail one = mail(1);

	(void)state;
	arrival_begin(&a, &one);
	arrival_undo(&a);
	assert_null(a.first);
	assert_null(a.last);
	arrival_begin(&a, &one);
	arrival_coming(&a)->kind = ARRIVAL_PUT_OFF;
	arrival_begin(&a, &one);
	arrival_undo(&a);
	assert_ptr_equal(a.first, a.last);
	arrival_add(&a, ARRIVAL_FAILED);
	assert_int_equal(a.n, 2);
	arrival_drop_all(&a);
	assert_int_equal(a.n, 0);
	assert_null(a.first);
	assert_null(a.last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_after_the_other),
		cmocka_unit_test(undone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
