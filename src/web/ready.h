/*
 * ready.h - can requests be answered: {"ready":true,"checks":[{"name","status","detail"}]}.
 *
 * Ready is: the database is there, has this program's shape and can be read.  Whether reports
 * arrive is another question (status, metrics): a broken mailbox must not take the dashboard
 * down.  Nor must a full disk; the check "disk" tells of it.
 */
#ifndef RUAD_READY_H
#define RUAD_READY_H

#include "pool.h"

struct json;
/* Writes the document; is it ready?  detailed: say why not, with the path of the database. */
bool ready_write(struct pool *pool, bool detailed, struct json *j);

#endif
