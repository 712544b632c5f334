/*
 * ingest.h - opens the places where mail lies; each gives a struct source (model/source.h).
 *
 * source_open_path looks at the path: a folder with cur/ and new/ is a maildir; another folder
 * is read recursively (maildirs inside it too); a file that begins with "From " is an mbox,
 * another is one input. Nothing is moved or flagged unless done says so.  Files are opened with
 * O_NOFOLLOW where the path came from a folder; FIFOs, sockets and devices are never opened.
 */
#ifndef RUAD_INGEST_H
#define RUAD_INGEST_H

#include "bounds.h"
#include "source.h"

/* What happens to a mail after its commit (maildirs). */
enum done_action { DONE_LEAVE, DONE_SEEN, DONE_MOVE };
bool done_action_from_name(struct str name, enum done_action *ret); /* leave, seen, move */

/* The names must outlive the source; limits need not. */
struct ingest_options {
	const char *name; /* of the source, for source_open_paths; NULL: "files" */
	enum done_action done[OUTCOME_COUNT]; /* default leave */
	/* DONE_MOVE: maildir folder beside (Maildir++ ".Done"); NULL: "Done", of rejected ones
	 * "Failed" */
	const char *folder[OUTCOME_COUNT];
	const struct limits *limits;
};

/* ERR_CONFIG: no such path, no permission, nothing that can be read; the text says what to do.
 */
int source_open_path(const char *path, const struct ingest_options *opt, struct source **ret,
	struct err *err);
/* One mail or one document on a file descriptor that cannot seek (standard input); spooled. */
int source_open_stdin(
	int fd, const struct ingest_options *opt, struct source **ret, struct err *err);
/* Several paths, one after the other, as one source.  All are looked at now; one
 * that has gone when its turn comes is an input that cannot be read. */
int source_open_paths(char *const *paths, size_t n, const struct ingest_options *opt,
	struct source **ret, struct err *err);
/* One mail or document that is at hand, in memory or in a file (an upload).  The bytes stay the
 * caller's. */
void source_open_blob(const struct blob *bytes, struct str locator, struct source **ret);

/* The same for mails of every outcome. */
void ingest_done(struct ingest_options *opt, enum done_action done);

void source_close(struct source *s); /* accepts NULL */

#endif
