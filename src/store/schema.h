/*
 * schema.h - the numbered files of schema/, those that are missing applied in order, in one
 * transaction.
 */
#ifndef RUAD_SCHEMA_H
#define RUAD_SCHEMA_H

#include "db.h"

/* Bring the database up to this program's version; ERR_CONFIG for a newer one. */
int schema_migrate(struct db *db, struct err *err);
/* For readers: it must be this program's version. */
int schema_check(struct db *db, struct err *err);

#endif
