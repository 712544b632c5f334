/*
 * config_source.h - a source whose settings are known becomes one that can be opened, or it is
 * told what is wrong with it.
 */
#ifndef RUAD_CONFIG_SOURCE_H
#define RUAD_CONFIG_SOURCE_H

#include "config.h"

/* s has its name, origin and settings, each of them read.  False: faults were added. */
bool config_source_settle(struct source_config *s, struct faults *f);

/* The value of a setting as it is written by default or by hand; NULL: none. */
const char *config_source_text(const struct source_config *s, enum config_id id);

#endif
