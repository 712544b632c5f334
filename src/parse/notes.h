/*
 * notes.h - the notes of one report: each code at each place once, with the first detail and
 * how often.
 *
 * Bounded: codes times elements.  Pure.
 * Life: notes_begin for a report -> notes_add …; the list lasts as the arena does.
 */
#ifndef RUAD_NOTES_H
#define RUAD_NOTES_H

#include "arena.h"
#include "element.h"
#include "note.h"
#include "report.h"

#define NOTES_DETAIL 120 /* bytes of a detail that are kept */

struct notes {
	struct arena *arena;
	struct note *list;
	size_t n, cap;
	uint16_t slot[NOTE_COUNT][EL_COUNT_OF]; /* place in list plus 1, 0 none */
};

void notes_begin(struct notes *s, struct arena *a);
/* detail may be absent; it is copied when it is the first. */
void notes_add(struct notes *s, enum note_code code, enum element_id where, struct str detail);

#endif
