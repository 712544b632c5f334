/*
 * importer.h - what the imports of one program share: the pipeline, and the database's one
 * writer.
 *
 * Sources may be imported at the same time, each in a thread of its own: reading goes on in
 * parallel, batches take turns.  The database is open for writing, and its import lock taken,
 * from the first importer_enter until the last importer_leave, so that another program has its
 * chance in between.
 */
#ifndef RUAD_IMPORTER_H
#define RUAD_IMPORTER_H

#include "reparse.h"

struct importer;
/* All pointers live as long as the importer; psl_file NULL: the system's list. */
int importer_new(const char *database, const struct limits *limits, const char *psl_file,
	struct importer **ret, struct err *err);
void importer_free(struct importer *imp); /* nobody is in; accepts NULL */

/* Which reports are let in, of which source. */
void importer_admit(struct importer *imp, const struct admission *all, size_t count);
/* Reports that are older than that when somebody enters are not taken; 0: none is. */
void importer_keep(struct importer *imp, uint64_t keep_s);

struct str importer_psl_version(const struct importer *imp);

/*
 * Wait up to wait_ms for the import lock, if another program has it; *stop ends the wait.
 * ERR_TEMP reason "locked": it still has.
 */
int importer_enter(
	struct importer *imp, unsigned wait_ms, const atomic_int *stop, struct err *err);
void importer_leave(struct importer *imp);

/* Inside: the checkpoint of a source into *ret (in a; absent: none), and flow_import. */
int importer_checkpoint(struct importer *imp, struct str source, struct arena *a,
	struct str *ret, struct err *err);
int importer_run(struct importer *imp, struct source *source, struct import_options opt,
	struct import_totals *totals, struct err *err);
/* Inside: flow_reparse, flow_retry, with as many workers as are of use. */
int importer_reparse(struct importer *imp, struct reparse_options opt,
	struct reparse_totals *ret, struct err *err);
int importer_retry(struct importer *imp, int64_t input, struct import_options opt,
	struct arena *a, struct retry_result *ret, struct err *err);
/* The source could not even be opened. */
int importer_failed(struct importer *imp, struct str source, struct import_options opt,
	const struct err *why, struct err *err);

#endif
