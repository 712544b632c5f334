/*
 * config_env.h - settings from the environment.
 *
 * RUAD_DATABASE and the other variables that config_table.h names, and
 * RUAD_SOURCE_<TITLE>_<KEY>, where TITLE is the name of a source in capitals with _ for '-' and
 * '.'.  A TITLE that no file has makes a source of its own, with the name in small letters and
 * '-' for '_'.  Values of a list are parted by commas.  A variable that is empty counts as not
 * set.
 */
#ifndef RUAD_CONFIG_ENV_H
#define RUAD_CONFIG_ENV_H

#include "config_layer.h"

/* vars: "NAME=value", ended by NULL; as environ.  They become one layer. */
void config_env_read(char *const *vars, struct config_layer *layer);

#endif
