/*
 * onesource.h - questions about one address: few rows among many, found by seeks.
 *
 * Sums by source begin with domain and day.  For one address it is looked up on each day that
 * a domain has, instead of reading all addresses of these days; and of the reports only those
 * are opened on whose day it was seen.
 */
#ifndef RUAD_ONESOURCE_H
#define RUAD_ONESOURCE_H

#include "question.h"

/* Does q ask about one address and nothing else? */
bool is_one_source(const struct query *q);
/* " FROM … s WHERE …": its rows of sum_source, with domain and range. */
void one_source_sums(struct sql *sql, const struct question *qn);
/* " FROM … report rp ON …": those of the days and domains that it was seen on. */
void one_source_days(struct sql *sql, const struct question *qn);
/* " AND …" for reports rp, when q is about one address: it was seen on their day. */
void one_source_reports(struct sql *sql, const struct query *q);

#endif
