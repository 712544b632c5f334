/*
 * report.h - an aggregate report and its records, as plain data.
 *
 * One shape for RFC 7489, RFC 9990 and the drafts before.  Names of fields are the RFC's
 * element names.  Text is trimmed; domains and enumerated tokens are lower case; absent
 * (str_absent) means that the document does not have the element or that it is empty, except
 * where said. Who owns the bytes is said by who fills the struct.
 */
#ifndef RUAD_REPORT_H
#define RUAD_REPORT_H

#include "ip.h"
#include "str.h"

/* A tolerated deviation. */
struct note {
	struct str code;   /* see note.h */
	struct str where;  /* element path, "policy_published/sp" */
	struct str detail; /* what stood there, or absent */
	uint64_t times;	   /* how often in this report */
};

struct policy {
	struct str domain; /* never absent in a valid report */
	struct str p, sp, np;
	struct str adkim, aspf; /* "r", "s" or absent (which means r) */
	int pct;		/* -1: not in the report */
	struct str fo;
	struct str testing;	     /* "y", "n" */
	struct str discovery_method; /* "psl", "treewalk" */
};

/* Which generation of the format it looks like; the content is read the same way. */
enum report_format { FORMAT_RFC7489, FORMAT_RFC9990 };

struct report {
	struct str org_name, email, extra_contact_info, report_id;
	int64_t begin_at, end_at; /* as written; end_at >= begin_at */
	struct str *errors;	  /* problems the reporter itself lists */
	size_t error_count;
	struct str generator, version, xml_namespace;
	enum report_format format;
	struct policy policy;
	struct note *notes; /* complete only after the last record was read */
	size_t note_count;
};

/* A DKIM or SPF result of auth_results. */
struct auth {
	struct str domain;
	struct str selector; /* DKIM */
	struct str scope;    /* SPF: "mfrom", "helo", or absent */
	struct str result;   /* lower case, as written: unknown words too */
	struct str human_result;
};

struct override {
	struct str type, comment;
};

struct record {
	struct ip source_ip;	   /* n == 0: none */
	struct str source_ip_text; /* as written, when that is not the canonical text; else
				      absent */
	uint64_t messages;	   /* <count> */
	struct str disposition, dkim, spf; /* policy_evaluated */
	struct override *reasons;
	size_t reason_count;
	struct str header_from;	  /* as written, lower case; may hold several domains */
	struct str envelope_from; /* empty (not absent): the element is there and empty */
	struct str envelope_to;
	struct auth *dkim_auth, *spf_auth;
	size_t dkim_count, spf_count;
	uint64_t line; /* of <record> in the XML, 1-based */
};

#endif
