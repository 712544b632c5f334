/*
 * build.h - elements and text in, a report and its records out.
 *
 * It is told of every start tag, text and end tag, in order, and keeps what the report is made
 * of.  It knows nothing of XML.  Finished records wait in a queue until they are taken; the
 * strings of a record last until the build_turn after it was taken.
 *
 * Memory: one report, the records of one turn, and those that stand before policy_published
 * (limits.early_records, BUILD_EARLY_BYTES).  Pure.
 * Life: build_init -> (build_begin -> build_turn, build_open, build_text, build_close … ->
 * build_end) … -> build_release.
 */
#ifndef RUAD_BUILD_H
#define RUAD_BUILD_H

#include "bounds.h"
#include "buf.h"
#include "element.h"
#include "err.h"
#include "notes.h"
#include "report.h"

#define BUILD_DEPTH 200 /* the most that limits.xml_depth can be */
#define BUILD_EARLY_BYTES (32 * MIB)
#define BUILD_ERRORS 100 /* report_metadata/error */

/* begin or end of date_range */
struct build_date {
	enum { DATE_ABSENT, DATE_BAD, DATE_READ } state;
	int64_t at, line;
	struct str text;
};

struct build {
	const struct limits *limits;
	struct arena doc,
		rec[2];	   /* rec: of the records that began before this turn, and in it */
	struct arena *now; /* one of rec: where the next record goes */
	struct notes notes;
	struct report report;
	struct build_date begin, end;
	bool metadata_closed, policy_closed;
	bool ready;  /* all that stands before the records was read */
	bool closed; /* the root element was */

	enum element_id stack[BUILD_DEPTH];
	size_t depth;
	uint64_t seen; /* bit 1 << element_id: stood where we are */
	struct buf text;
	bool collect; /* text goes to the element at hand */
	int64_t line; /* of the tag at hand */

	struct record record;	    /* at hand */
	struct arena *record_arena; /* NULL: none at hand */
	bool has_count, ip_given;
	size_t dkim_cap, spf_cap, reason_cap, error_cap;

	struct record *queue;
	size_t queue_head, queue_n, queue_cap;
	uint64_t records;      /* elements of that name so far … */
	uint64_t records_most; /* … of so many: fewer when each counts on many days */
};

void build_init(struct build *b, const struct limits *limits);
void build_release(struct build *b);
void build_begin(struct build *b);
/* Before more of the document is read: records that were taken are forgotten. */
void build_turn(struct build *b);

/* name and ns (absent: none) are needed during the call only. */
int build_open(struct build *b, struct str name, struct str ns, int64_t line, struct err *err);
int build_text(struct build *b, struct str text, struct err *err);
int build_close(struct build *b, struct err *err);

/* Has the report what it cannot do without?  ERR_INPUT element-missing, value-invalid,
 * date-range. */
int build_check(struct build *b, struct err *err);
/* The document ended well: the last notes. */
void build_end(struct build *b);

/* The oldest finished record; false: none waits. */
bool build_take(struct build *b, struct record *ret);

#endif
