/*
 * element.h - the elements of an aggregate report (RFC 9990 appendix A, RFC 7489 appendix C):
 * where each stands, what it holds and where that goes.  Pure.
 */
#ifndef RUAD_ELEMENT_H
#define RUAD_ELEMENT_H

#include "str.h"

/* The children of one element stand together: element_find walks over them alone. */
/* clang-format off */
enum element_id {
	EL_DOCUMENT, /* what the root element stands in */
	EL_FEEDBACK,
	EL_VERSION, EL_METADATA, EL_POLICY, EL_RECORD, EL_EXTENSION,
	EL_ORG_NAME, EL_EMAIL, EL_CONTACT, EL_REPORT_ID, EL_DATE_RANGE, EL_ERROR, EL_GENERATOR,
	EL_BEGIN, EL_END,
	EL_DOMAIN, EL_ADKIM, EL_ASPF, EL_P, EL_SP, EL_NP, EL_PCT, EL_FO, EL_TESTING, EL_DISCOVERY,
	EL_ROW, EL_IDENTIFIERS, EL_AUTH,
	EL_SOURCE_IP, EL_COUNT, EL_EVALUATED,
	EL_DISPOSITION, EL_EVALUATED_DKIM, EL_EVALUATED_SPF, EL_REASON,
	EL_REASON_TYPE, EL_REASON_COMMENT,
	EL_HEADER_FROM, EL_ENVELOPE_FROM, EL_ENVELOPE_TO,
	EL_DKIM, EL_SPF,
	EL_DKIM_DOMAIN, EL_DKIM_SELECTOR, EL_DKIM_RESULT, EL_DKIM_HUMAN,
	EL_SPF_DOMAIN, EL_SPF_SCOPE, EL_SPF_RESULT, EL_SPF_HUMAN,
	EL_UNKNOWN, /* and all that is inside it */
	EL_COUNT_OF
};
/* clang-format on */

enum element_kind {
	KIND_PARENT, /* holds elements */
	KIND_SKIP,   /* what is inside is of no interest */
	KIND_TEXT,
	KIND_NAME,  /* a domain name: lower case */
	KIND_TOKEN, /* one of words, lower case */
	KIND_NUMBER /* and all else that is more than a text */
};

/* The struct that a value goes into; the last two mean the entry at hand. */
enum element_in { IN_NOTHING, IN_REPORT, IN_RECORD, IN_REASON, IN_DKIM, IN_SPF };

struct element {
	struct str name, path; /* path: for notes */
	enum element_id parent;
	enum element_id first, last; /* children, when it has any */
	enum element_kind kind;
	enum element_in in;
	size_t offset;	   /* of a struct str in the struct that `in` names */
	const char *words; /* KIND_TOKEN: the RFCs' own, separated by blanks */
	bool wants_value;  /* being empty is worth a note */
	bool repeats;	   /* may stand more than once */
};
extern const struct element element_table[EL_COUNT_OF];

/*
 * The element called name inside parent; EL_UNKNOWN when there is none.  *ret_renamed: it was
 * found under a name that is not the RFCs'.
 */
enum element_id element_find(enum element_id parent, struct str name, bool *ret_renamed);

/* The word of words that equals s, as memory that stays; absent when it is none of them. */
struct str element_word(const char *words, struct str s);

#endif
