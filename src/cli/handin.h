/*
 * handin.h - takes the files that are handed in over HTTP: each is an import of its own, of the
 * source "upload".
 */
#ifndef RUAD_HANDIN_H
#define RUAD_HANDIN_H

#include "importer.h"
#include "intake.h"

struct handin {
	struct intake intake; /* first: what the web server gets */
	struct importer *importer;
	const atomic_int *stop;
};

/* Both live as long as *ret; stop becomes non-zero when the program is to end. */
void handin_init(struct handin *ret, struct importer *importer, uint64_t size_most,
	const atomic_int *stop);

#endif
