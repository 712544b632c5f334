/*
 * letter.h - the bytes of one mail as they come in from the fetching process: in memory, and
 * beyond LETTER_MEMORY in a file without a name.
 *
 * Life: zeroed -> letter_begin -> letter_add … -> letter_take; letter_drop at any time.
 */
#ifndef RUAD_LETTER_H
#define RUAD_LETTER_H

#include "bounds.h"
#include "buf.h"
#include "reader.h"

#define LETTER_MEMORY (256 * KIB)

struct letter {
	struct buf memory;
	int fd; /* -1: in memory */
	uint64_t bytes;
	bool begun;
};

/* expected_bytes: as the server said. */
void letter_begin(struct letter *l, uint64_t expected_bytes);
/* ERR_TEMP: no file can be written in TMPDIR. */
int letter_add(struct letter *l, struct str part, struct err *err);
/* The bytes; mail_drop of ticket.h frees them. */
struct blob letter_take(struct letter *l);
void letter_drop(struct letter *l);

#endif
