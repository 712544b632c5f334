/*
 * check.h - what the tables of unit tests have in common: a failing case says its name.
 */
#ifndef RUAD_CHECK_H
#define RUAD_CHECK_H

#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "str.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define check(name, condition) \
	do { \
		if (!(condition)) \
			fail_msg("%s: not true: %s", (name), #condition); \
	} while (0)

#define check_int(name, got, want) \
	do { \
		long long got_ = (long long)(got), want_ = (long long)(want); \
		if (got_ != want_) \
			fail_msg("%s: %s is %lld, not %lld", (name), #got, got_, want_); \
	} while (0)

#define check_str(name, got, want) \
	do { \
		struct str got_ = (got), want_ = (want); \
		if (!str_eq(got_, want_)) \
			fail_msg("%s: %s is %s\"%.*s\", not %s\"%.*s\"", (name), #got, \
				str_absent(got_) ? "absent " : "", STR_ARGS(got_), \
				str_absent(want_) ? "absent " : "", STR_ARGS(want_)); \
	} while (0)

#endif
