/*
 * plans.h - for tests: SQLite's plan of every statement that is prepared.
 *
 * A build with tests adds to the file that RUAD_PLANS names, for each statement: a line "Q"
 * with its text; "P", a step of its plan, which names tables by their aliases; "T", a table
 * that it begins to read at an end and not at a place that was looked for.  Without RUAD_PLANS,
 * and in a release, nothing is done.
 */
#ifndef RUAD_PLANS_H
#define RUAD_PLANS_H

#include "str.h"

#include <sqlite3.h>

#ifdef RUAD_PLANS
void plans_note(sqlite3 *h, struct str sql);
#else
static inline void plans_note(sqlite3 *h, struct str sql)
{
	(void)h;
	(void)sql;
}
#endif

#endif
