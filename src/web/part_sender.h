/*
 * part_sender.h - senders as pages show them: a table, and the words and links of a row.
 */
#ifndef RUAD_PART_SENDER_H
#define RUAD_PART_SENDER_H

#include "part.h"
#include "sender.h"

/*
 * root.senders, for the template senders.html: the senders of this page's query.  limit: rows;
 * grouped: many forwarders, and many addresses that nothing passes for, become a row each.
 * Returns the number of rows, or negative.
 */
int part_senders(struct view *v, const char *limit, bool grouped, struct err *err);

/*
 * Leave out the last rows of root.senders, so many of them, but for groups, and for as many
 * rows as there should be at least.  False: there is nothing more to leave out.
 */
bool part_senders_shorten(struct view *v, size_t count, size_t least);

/* object.chip: of a class. */
void part_class_chip(json_t *object, enum sender_class class);

/* What the templates need of one row of the senders document. */
void part_sender_row(struct view *v, json_t *row);

#endif
