/*
 * secret_run.h - runs a program that prints a secret (the rules are in secret.h).
 */
#ifndef RUAD_SECRET_RUN_H
#define RUAD_SECRET_RUN_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What the program prints, at most size bytes of it, into text; the rest is thrown away.  The
 * caller wipes text, also after an error.
 */
int secret_run(const char *const *argv, bool fresh, unsigned seconds, char *text, size_t size,
	size_t *ret_n, struct err *err);

#endif
