/*
 * inner.h - what the parts of flow share.  Private to flow.
 */
#ifndef RUAD_INNER_H
#define RUAD_INNER_H

#include "flow.h"

/* The configured list; absent: the system's. */
struct str flow_psl_file(const struct flow *f);
void flow_count(struct report_totals *t, const struct record *rec, const struct verdict *v);
/* Every refusal has a reason of the table. */
void flow_settle_reason(struct err *why);

#endif
