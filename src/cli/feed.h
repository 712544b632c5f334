/*
 * feed.h - a configured source of mail: described, opened, imported.
 */
#ifndef RUAD_FEED_H
#define RUAD_FEED_H

#include "config.h"
#include "importer.h"
#include "web.h"

/* A mailbox on a server: it may be waited for, and remembers what it gave. */
bool feed_is_mailbox(const struct source_config *s);
/* "imaps://dmarc@mail.example.com:993/INBOX" or a path, in a; nothing secret. */
struct str feed_place(struct arena *a, const struct source_config *s);

/* The configured sources as the web server tells of them, in a. */
struct web_import *feed_told(struct arena *a, const struct config *c, size_t *ret_count);

/*
 * Inside the importer: read it into the store.  *source is opened unless it is open; after an
 * error it is closed, and NULL.  Totals are added.
 */
int feed_import(struct importer *imp, const struct source_config *s,
	const struct limits *limits, const struct import_options *opt, struct source **source,
	struct import_totals *totals, struct err *err);

/* Programs that hold passwords of such sources leave no core dump. */
void feed_guard_secrets(const struct config *c);

#endif
