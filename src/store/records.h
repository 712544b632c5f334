/*
 * records.h - records as rows: evidence is decoded once and kept for those that follow.
 */
#ifndef RUAD_RECORDS_H
#define RUAD_RECORDS_H

struct record_cache;
void record_cache_free(struct record_cache *c); /* accepts NULL */

#endif
