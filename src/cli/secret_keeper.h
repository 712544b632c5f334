/*
 * secret_keeper.h - processes that run the configured commands for passwords and tokens, for a
 * process that confines itself: those are programs of somebody else, which may need anything.
 *
 * Each is a copy of this process for one command, made before; it is only ever asked to run
 * that.  Descriptors 0 to 2 are those of nothing, and it ends when who made it does.
 */
#ifndef RUAD_SECRET_KEEPER_H
#define RUAD_SECRET_KEEPER_H

#include "secret.h"

#include <stdbool.h>

/* Have one for this command, as long as this process lasts; nothing when the secret is no
 * command.  Before the first thread.  ERR_TEMP. */
int secret_keep(const struct secret_spec *spec, struct err *err);

/* As secret_run, by the keeper of the command that has the same argv, if there is one. */
int secret_ask(const struct secret_spec *spec, bool fresh, char *text, size_t size,
	size_t *ret_n, struct err *err);

#endif
