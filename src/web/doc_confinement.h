/*
 * doc_confinement.h - what the processes gave up (enclose.h, confine.h), and how often limits
 * were hit: parts of the status document.
 */
#ifndef RUAD_DOC_CONFINEMENT_H
#define RUAD_DOC_CONFINEMENT_H

#include "doc.h"

void confinement_key(const struct doc_context *c, struct json *j);
int limit_hits_key(const struct doc_context *c, struct json *j, struct err *err);

#endif
