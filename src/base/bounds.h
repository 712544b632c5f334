/*
 * bounds.h - every bound on foreign input, in one table.
 *
 * A bound has a name (the key in the configuration file, the label in /metrics), a default, a
 * least and a most value, a unit and a sentence.  --help, the manual and the sample
 * configuration come from limit_table.
 */
#ifndef RUAD_BOUNDS_H
#define RUAD_BOUNDS_H

#include "str.h"

#define KIB (1024ULL)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* LIMIT(name, default, least, most, unit, text) */
#define LIMITS(LIMIT) \
	LIMIT(mail_size, 25 * MIB, 64 * KIB, GIB, "bytes", \
		"one mail, as it lies in the mailbox") \
	LIMIT(mime_depth, 32, 1, 100, "", "multiparts and mails inside each other") \
	LIMIT(mime_parts, 200, 1, 10000, "", "parts of one mail") \
	LIMIT(mime_header, 256 * KIB, 4 * KIB, 16 * MIB, "bytes", \
		"header block of a mail or part") \
	LIMIT(archive_members, 100, 1, 100000, "", "members of one zip or gzip file") \
	LIMIT(archive_nesting, 2, 1, 8, "", "containers inside each other") \
	LIMIT(documents, 1000, 1, 100000, "", \
		"reports, and what should be one, in one mail or file") \
	LIMIT(document_size, GIB, MIB, 1024 * GIB, "bytes", "one report after unpacking") \
	LIMIT(ratio, 200, 10, 100000, "", "unpacked size to packed size, beyond 1 MiB") \
	LIMIT(xml_depth, 32, 8, 200, "", "elements inside each other") \
	LIMIT(xml_text, 64 * KIB, KIB, 16 * MIB, "bytes", "text of one element") \
	LIMIT(xml_pending, 64 * KIB, 4 * KIB, 16 * MIB, "bytes", "one tag, name or comment") \
	LIMIT(xml_attributes, 32, 4, 1000, "", "attributes of one element") \
	LIMIT(records, 5000000, 1, 1000000000, "", \
		"records of one report, times the days that it is spread over") \
	LIMIT(dkim_entries, 100, 1, 1000, "", "DKIM results of one record, and SPF results") \
	LIMIT(string, KIB, 64, 64 * KIB, "bytes", \
		"text field; longer ones are cut, with a note") \
	LIMIT(early_records, 10000, 0, 1000000, "", "records before policy_published") \
	LIMIT(worker_memory, 256 * MIB, 128 * MIB, 64 * GIB, "bytes", \
		"memory of a process that reads mails") \
	LIMIT(worker_seconds, 60, 1, 86400, "seconds", "time that one mail or file may take") \
	LIMIT(answer_ms, 30000, 1, 3600000, "ms", \
		"time for all that one answer of the web server asks the database") \
	LIMIT(kept_bytes, 256 * MIB, 0, 1024 * GIB, "bytes", \
		"all rejected originals that are kept")

struct limits {
#define LIMIT(name, def, least, most, unit, text) uint64_t name;
	LIMITS (LIMIT)
#undef LIMIT
};

struct limit {
	const char *name;
	size_t offset; /* of its field in struct limits */
	uint64_t def, least, most;
	const char *unit, *text;
};
extern const struct limit limit_table[];
extern const size_t limit_count;

void limits_default(struct limits *ret);
/* The limit that a sentence says was hit: "… (limit ratio)", as every refusal by one does.
 * NULL: it names none. */
const struct limit *limit_named(struct str sentence);
/* A number, which may end in K, M or G (of 1024): "25M". */
bool limit_parse(struct str s, uint64_t *ret);

#endif
