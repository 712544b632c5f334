/*
 * embedded.h - files that are part of the program (schema, pages, style); see
 * cmake/embed.cmake.
 */
#ifndef RUAD_EMBEDDED_H
#define RUAD_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name; /* NULL ends the list */
	const char *data; /* a NUL stands after the last byte */
	size_t size_bytes;
};

#endif
