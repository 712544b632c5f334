/*
 * prompt.h - a password from whoever runs the program.
 *
 * At a terminal it is asked for twice and not shown; else it is the first line of standard
 * input.  Never an argument: those are seen by everybody on the machine.
 */
#ifndef RUAD_PROMPT_H
#define RUAD_PROMPT_H

#include "buf.h"
#include "err.h"

/* Into *ret, which is empty and is wiped by its owner (secret_wipe).  ERR_USAGE: nothing, too
 * long, or the two differ. */
int prompt_password(const char *of_whom, struct buf *ret, struct err *err);

#endif
