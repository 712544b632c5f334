/*
 * config_admission.h - which reports are let in: the settings domains, other_domains,
 * authserv_id and unauthenticated, of which a source may have its own.
 */
#ifndef RUAD_CONFIG_ADMISSION_H
#define RUAD_CONFIG_ADMISSION_H

#include "config.h"

/* Fill in c->admissions; c->web.domains is there.  Faults are added. */
void config_admission_settle(struct config *c, struct faults *f);

/* What works but looks wrong. */
void config_admission_lint(const struct config *c, struct faults *warnings);

#endif
