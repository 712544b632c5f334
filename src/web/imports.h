/*
 * imports.h - how it stands with each source of mail, in words: the table of sources, and the
 * banner of every page when a configured one is not read as it should be.
 *
 * Imports of single paths and of standard input raise no banner: they are over, and whoever
 * made them was told.
 */
#ifndef RUAD_IMPORTS_H
#define RUAD_IMPORTS_H

#include "view.h"

/* Chip, times and words for each row of status.imports, and frame.alarms.  Part of the frame.
 */
void imports_add(struct view *v, json_t *frame);
/* root.import_table, which the partial "imports" prints; brief: only what must be acted upon.
 * None when there is no source. */
void imports_table(struct view *v, bool brief);

#endif
