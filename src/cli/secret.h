/*
 * secret.h - passwords and tokens: from a file, a program, a systemd credential or the
 * configuration.
 *
 * Error texts tell what to do and never have a secret in them.  What is read is wiped from the
 * memory of this file's functions; wiping what they hand out is the caller's (secret_wipe).
 */
#ifndef RUAD_SECRET_H
#define RUAD_SECRET_H

#include "buf.h"
#include "err.h"

#define SECRET_MOST ((size_t)16 * 1024)
#define SECRET_COMMAND_S 10 /* how long a program may take */
#define SECRET_TOKEN_S 60

enum secret_kind {
	SECRET_NONE,
	SECRET_FILE,	   /* path */
	SECRET_COMMAND,	   /* argv */
	SECRET_TOKEN,	   /* argv; may take longer */
	SECRET_CREDENTIAL, /* value: its name */
	SECRET_VALUE	   /* value: itself */
};

/* Plain data, so that it can be handed to another process. */
struct secret_spec {
	enum secret_kind kind;
	const char *path, *value;
	const char *const *argv; /* ended by NULL; the first is the program, found by $PATH */
};

/*
 * Append the secret to *ret, which is made for it (its maximum at least SECRET_MOST): one line,
 * without the line end.
 *
 * A program gets no input, no descriptor but 0 to 2, a process group of its own, and in its
 * environment RUAD_TOKEN_REFUSED=1 when fresh (the server refused the last token); what it
 * says on standard error is in the error's text, cut to a line.  After its time it is killed
 * with its children.
 *
 * ERR_CONFIG: what the operator must mend: the file cannot be read or others can read it
 * (files in $CREDENTIALS_DIRECTORY excepted), the program is not there or failed, it is empty,
 * has a NUL or several lines.  ERR_TEMP: the program took too long, or no process can be made.
 */
int secret_get(const struct secret_spec *spec, bool fresh, struct buf *ret, struct err *err);

/* As secret_get, as far as that goes without running a program: can it be there? */
int secret_check(const struct secret_spec *spec, struct err *err);

/* Wipe and release. */
void secret_wipe(struct buf *b);

/* No core dump of this process and no look into it by others of its user, from now on. */
void secret_no_core(void);

#endif
