/*
 * lines.h - text split into lines that end in LF, CR LF or a bare CR, as old mailboxes have
 * them.
 *
 * Pure, linear.
 */
#ifndef RUAD_LINES_H
#define RUAD_LINES_H

#include "str.h"

/*
 * The line at *at, without its line break, and *at moved behind the break.  False when *at is
 * the end of the text.
 */
bool line_next(struct str text, size_t *at, struct str *ret_line);

#endif
