/*
 * schema.h - the numbered files of schema/, those that are missing applied in order, in one
 * transaction.
 */
#ifndef RUAD_SCHEMA_H
#define RUAD_SCHEMA_H

#include "db.h"

/* Its version as it is; ERR_CONFIG for a newer one than this program's. */
int schema_found(struct db *db, int64_t *ret, struct err *err);
/* Bring the database up to this program's version.  *ret_found: what it had been. */
int schema_migrate(struct db *db, int64_t *ret_found, struct err *err);
/* For readers: it must be this program's version. */
int schema_check(struct db *db, struct err *err);

#endif
