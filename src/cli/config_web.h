/*
 * config_web.h - the section web of the configuration.
 */
#ifndef RUAD_CONFIG_WEB_H
#define RUAD_CONFIG_WEB_H

#include "config.h"

/* Fills c->web. */
void config_web_settle(struct config *c);
/* What would keep `ruad serve` from starting, or looks wrong. */
void config_web_lint(const struct config *c, struct faults *warnings);

#endif
