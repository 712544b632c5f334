/*
 * exits.h - exit codes (sysexits.h), so that cron, mail systems and monitors can tell what to
 * do.
 *
 *   0 done · 64 usage · 65 bad data · 66 no such input · 69 not available · 70 internal · 73
 * cannot create · 74 reading or writing failed · 75 try again · 77 no permission · 78
 * configuration
 */
#ifndef RUAD_EXITS_H
#define RUAD_EXITS_H

#include <sysexits.h>

struct err;
/* The exit code that fits an error of a room. */
int exit_of(const struct err *err);
/* Of two codes, what a program returns that met both. */
int exit_worse(int a, int b);

#endif
