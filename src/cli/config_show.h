/*
 * config_show.h - the settings in force, with where each comes from, and an example of a file.
 *
 * Passwords, and what programs that print one are called with, are *** everywhere.
 */
#ifndef RUAD_CONFIG_SHOW_H
#define RUAD_CONFIG_SHOW_H

#include "config.h"
#include "json.h"

#include <stdio.h>

/* In the form of the file, the origin as a comment behind each setting. */
void config_show_text(const struct config *c, struct arena *a, FILE *f);
/* schema/config.schema.json */
void config_show_json(const struct config *c, struct arena *a, struct json *j);
/* A file with every setting, explained; it is a good configuration as it is. */
void config_example(FILE *f);

#endif
