/*
 * config_text.h - a configuration file as the library for it can be trusted to read it.
 *
 * libconfuse 3.3 replaces ${…} by environment variables, takes \n and \0 in quotes for control
 * characters, drops characters it does not know, accepts a section or comment that is never
 * closed, and counts lines wrongly after a comment.  So its input is prepared: comments become
 * blanks, what it would change inside quotes is marked so that it stays as it was written, and
 * what it would take without a word is refused here.  Pure.
 *
 * Inside quotes a backslash stands for itself, but before a backslash or a quote, which it
 * makes part of the text, and at the end of a line, where the text goes on in the next.
 */
#ifndef RUAD_CONFIG_TEXT_H
#define RUAD_CONFIG_TEXT_H

#include "buf.h"
#include "err.h"

#define CONFIG_FILE_MOST ((size_t)1024 * 1024)
#define CONFIG_SECTIONS_MOST 1000

/*
 * Appends the prepared form of text, which has the same lines, to *ret, whose maximum is at
 * least CONFIG_PREPARED_MOST.  ERR_CONFIG with err->line: NUL or control characters, not
 * UTF-8, a quote, comment, list or section that is not closed, a character that must be quoted.
 */
#define CONFIG_PREPARED_MOST (2 * CONFIG_FILE_MOST)
int config_text_prepare(struct str text, struct buf *ret, struct err *err);

/* A value or name that the library gave, as it was written.  In place; returns its length. */
size_t config_text_restore(char *s);

#endif
