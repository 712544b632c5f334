/*
 * shelter.h - what `ruad serve` and `ruad import` keep of the file system when they give up the
 * rest (enclose.h).
 *
 * To read and write: the folder of the database, the folder for temporary files, and mailboxes
 * whose mails are marked or moved.  To read: other mailboxes; the folders of all files that the
 * configuration names, so that they can be replaced and read again; what name service, TLS and
 * the loader of programs read; the folder that systemd puts credentials into.  To start: this
 * program, and nothing else; commands for passwords have processes of their own
 * (secret_keeper.h).
 * Life: shelter_init -> shelter_… -> shelter_enter.
 */
#ifndef RUAD_SHELTER_H
#define RUAD_SHELTER_H

#include "cli.h"
#include "enclose.h"

struct shelter {
	const struct config *config;
	struct arena *arena;
	struct kept *kept;
	size_t n;
	bool bad; /* a path cannot be kept without keeping everything */
};

/* All but mailboxes. */
void shelter_init(struct shelter *s, const struct cli *c);
/* A file, a maildir or a folder of them. */
void shelter_mail(struct shelter *s, const char *path, bool changes);
/* Of a configured source: where its mails lie, and what is needed to get them.  ERR_TEMP,
 * ERR_CONFIG. */
int shelter_source(struct shelter *s, const struct source_config *source, struct err *err);
/* A folder in which a socket is removed at the end. */
void shelter_socket(struct shelter *s, const char *path);
/* Before the first thread. */
void shelter_enter(struct shelter *s, struct enclosure *ret);

#endif
