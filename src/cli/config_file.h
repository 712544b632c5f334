/*
 * config_file.h - one configuration file to settings (libconfuse, and nothing but this file
 * knows it).
 *
 * What is wrong becomes a fault with file and line, and reading goes on as far as it can.
 * There is no include(), no replacement of variables and no += here (config_text.h).
 */
#ifndef RUAD_CONFIG_FILE_H
#define RUAD_CONFIG_FILE_H

#include "config_layer.h"

/*
 * Read the file into layer, as a layer of its own.  path must outlive the settings.
 *
 * False: there is no such file (nothing else is said; no fault).  A file that cannot be read,
 * is no regular file, is larger than 1 MiB or can be written by everybody is a fault.
 */
bool config_file_read(const char *path, struct config_layer *layer);

/* The same for text that is here already; mode is that of the file it came from. */
void config_file_parse(
	struct str text, const char *path, unsigned mode, struct config_layer *layer);

#endif
