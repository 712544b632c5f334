/*
 * value.h - numbers and times as reporters write them.  Pure.
 */
#ifndef RUAD_VALUE_H
#define RUAD_VALUE_H

#include "str.h"

/* *ret_plain: it was written as an integer, without sign, point or exponent. */

/* "12", "12.0", "+12", "1.2e1": a whole number from 0 to most. */
bool value_number(struct str s, uint64_t most, uint64_t *ret, bool *ret_plain);

/* Seconds since 1970 as a number (a fraction is dropped), or an RFC 3339 time. */
bool value_time(struct str s, int64_t *ret, bool *ret_plain);

#endif
