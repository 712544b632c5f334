/*
 * banned.h - functions that are too easy to misuse, turned into errors.
 *
 * Included before every file by the build.  What to use instead stands beside each.
 */
#ifndef RUAD_BANNED_H
#define RUAD_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(func, use) func##_is_banned_use_##use

#undef strcpy
#define strcpy(d, s) BANNED(strcpy, arena_str)
#undef strcat
#define strcat(d, s) BANNED(strcat, buf_add)
#undef strncpy
#define strncpy(d, s, n) BANNED(strncpy, arena_str)
#undef strncat
#define strncat(d, s, n) BANNED(strncat, buf_add)
#undef sprintf
#define sprintf(...) BANNED(sprintf, snprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf, vsnprintf)
#undef strtok
#define strtok(s, d) BANNED(strtok, str_cut)
#undef atoi
#define atoi(s) BANNED(atoi, str_to_u64)
#undef atol
#define atol(s) BANNED(atol, str_to_i64)
#undef gmtime
#define gmtime(t) BANNED(gmtime, day_civil)
#undef localtime
#define localtime(t) BANNED(localtime, day_civil)
#undef ctime
#define ctime(t) BANNED(ctime, time_iso)
#undef asctime
#define asctime(t) BANNED(asctime, time_iso)
#undef tmpnam
#define tmpnam(s) BANNED(tmpnam, mkstemp)

#endif
