/*
 * test_banned.c - compiled once for each banned function, which must fail, and once for none,
 * which must not.  Never run.  See src/base/CMakeLists.txt.
 */
#include <dirent.h>
#include <limits.h>
#include <locale.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <wchar.h>

void call(char *d, const char *s, size_t n, time_t *t, struct tm *tm, va_list ap);

#define strcpy_call strcpy(d, s)
#define strcat_call strcat(d, s)
#define strncpy_call strncpy(d, s, n)
#define strncat_call strncat(d, s, n)
#define sprintf_call sprintf(d, "%s", s)
#define vsprintf_call vsprintf(d, "%s", ap)
#define strtok_call strtok(d, s)
#define atoi_call atoi(s)
#define atol_call atol(s)
#define gmtime_call gmtime(t)
#define localtime_call localtime(t)
#define ctime_call ctime(t)
#define asctime_call asctime(tm)
#define tmpnam_call tmpnam(d)
#define none_call snprintf(d, n, "%s", s)

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

void call(char *d, const char *s, size_t n, time_t *t, struct tm *tm, va_list ap)
{
	(void)d, (void)s, (void)n, (void)t, (void)tm, (void)ap;
	(void)JOIN(FUNCTION, _call);
}
