/*
 * names.h - the names in a folder, in order, with bounded memory.
 *
 * A folder may hold half a million files.  Its names are read in windows: one scan of the
 * folder keeps the first `window` names behind the last one handed out; when they are used up
 * the folder is scanned again for the next ones.  So each name that is there from begin to end
 * is given exactly once, whatever is added, removed or moved meanwhile.  At most twice the
 * window is held (32768 names of 60 bytes: 6 MB).
 *
 * Order is by key: the whole name, or for maildirs the part before ':' (which a change of
 * flags, or a move from new to cur, leaves alone).  All names of one key come in one window.
 *
 * Life: names_init -> (names_begin -> names_scan for each folder -> names_end -> names_next
 * until NULL) again while names_more -> names_release.
 */
#ifndef RUAD_NAMES_H
#define RUAD_NAMES_H

#include "arena.h"
#include "err.h"

#define NAMES_WINDOW 32768
#define NAMES_KEY 256 /* NAME_MAX and a NUL */

struct name {
	struct str text; /* NUL after it */
	size_t key_n;
	unsigned tag; /* which folder */
};

struct names {
	struct arena arena;
	struct name *v;
	size_t n, cap, at;
	size_t window;
	bool maildir; /* key ends at ':' */
	bool started; /* last is valid: names up to it are passed over */
	bool cut;     /* the window is full: names behind its last are for a later one */
	char last[NAMES_KEY];
	size_t last_n;
	uint64_t found; /* names in the last scan, those passed over too */
};

void names_init(struct names *n, size_t window, bool maildir);
void names_release(struct names *n);

/*
 * Begin a scan.  again false: behind all that were handed out.  True: the one handed out last
 * is looked for again (it was renamed under our hands).
 */
void names_begin(struct names *n, bool again);
/* Take the names of an open folder; those that begin with '.' are left out.  ERR_IO. */
int names_scan(struct names *n, int dir_fd, unsigned tag, struct err *err);
void names_end(struct names *n);

const struct name *names_next(struct names *n); /* NULL: this window is used up */
bool names_more(const struct names *n);		/* another scan will find more */
/* The name after the one handed out last; NULL at the end of the window. */
const struct name *names_peek(const struct names *n);

#endif
