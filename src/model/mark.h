/*
 * mark.h - what the owner of a domain says of a sender.
 */
#ifndef RUAD_MARK_H
#define RUAD_MARK_H

#include "str.h"

enum sender_word { WORD_NONE, WORD_OURS, WORD_NOT_OURS, WORD_COUNT };
/* "undecided", "ours", "not_ours" */
const char *sender_word_name(enum sender_word w);
/* "not-ours" is understood too. */
bool sender_word_from_name(struct str name, enum sender_word *ret);

#define MARK_NOTE_MOST 1000 /* bytes */
/* Is it text of one or more lines without other control characters, and not too long? */
bool mark_note_ok(struct str note);

#endif
