/*
 * markdown.h - strangers' text in Markdown (CommonMark, tables of GitHub): it stays text. Pure.
 */
#ifndef RUAD_MARKDOWN_H
#define RUAD_MARKDOWN_H

#include "arena.h"

/* With a backslash before whatever could mean something; good in a table cell too. */
struct str markdown_text(struct arena *a, struct str s);
/* As a code span, for names; in_table: a bar is written as tables want it. */
struct str markdown_code(struct arena *a, struct str s, bool in_table);

#endif
