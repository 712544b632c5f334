/*
 * note.h - codes of tolerated deviations, with what each means.  docs/quirks.md lists who sends
 * them.
 */
#ifndef RUAD_NOTE_H
#define RUAD_NOTE_H

#include "str.h"

/* NOTE(symbol, code, sentence) */
#define NOTES(NOTE) \
	NOTE(NOTE_XML_BOM, "xml-bom", "A byte order mark stands before the XML.") \
	NOTE(NOTE_XML_LEADING, "xml-leading", \
		"White space stands before the XML declaration.") \
	NOTE(NOTE_XML_TRAILING, "xml-trailing", "NUL bytes follow the XML.") \
	NOTE(NOTE_XML_ENCODING, "xml-encoding-guessed", \
		"The bytes do not fit the declared encoding; what stands for nothing became " \
		"U+FFFD.") \
	NOTE(NOTE_XML_NAMESPACE, "namespace-unknown", \
		"The XML namespace is not one of the RFCs'.") \
	NOTE(NOTE_ELEMENT_UNKNOWN, "element-unknown", "An unknown element was passed over.") \
	NOTE(NOTE_ELEMENT_RENAMED, "element-renamed", \
		"An element has another name than the RFC's.") \
	NOTE(NOTE_ELEMENT_REPEATED, "element-repeated", \
		"An element that may stand once stands again; the first counts.") \
	NOTE(NOTE_ELEMENT_MISSING, "element-missing", \
		"An element the RFC requires is missing.") \
	NOTE(NOTE_ELEMENT_ORDER, "element-order", "An element stands at an unusual place.") \
	NOTE(NOTE_VALUE_EMPTY, "value-empty", "An element that wants a value is empty.") \
	NOTE(NOTE_VALUE_CASE, "value-case", "A keyword was written in upper case.") \
	NOTE(NOTE_VALUE_UNKNOWN, "value-unknown", "A keyword is not one of the RFC's.") \
	NOTE(NOTE_VALUE_INVALID, "value-invalid", "A value makes no sense and was dropped.") \
	NOTE(NOTE_NUMBER_FORM, "number-form", "A number was not written as an integer.") \
	NOTE(NOTE_TEXT_CUT, "text-cut", \
		"A text is longer than allowed and was cut (limit string).") \
	NOTE(NOTE_ENTRIES_DROPPED, "entries-dropped", \
		"More entries than allowed; the rest was dropped (limit dkim_entries).") \
	NOTE(NOTE_IP_FORM, "ip-form", "An address was not written in canonical form.") \
	NOTE(NOTE_IP_INVALID, "ip-invalid", "A source_ip is not an address.") \
	NOTE(NOTE_HEADER_FROM_SEVERAL, "header-from-several", \
		"header_from names several domains.") \
	NOTE(NOTE_PLACEHOLDER, "placeholder-record", \
		"A blank record says that there was no mail.") \
	NOTE(NOTE_RECORD_INCOMPLETE, "record-incomplete", \
		"A record without a source address or count was passed over.") \
	NOTE(NOTE_NO_RECORDS, "no-records", \
		"The report has no record: no mail in its period.") \
	NOTE(NOTE_PERIOD_LONG, "period-long", "The period is longer than 27 hours.") \
	NOTE(NOTE_PERIOD_ZERO, "period-zero", \
		"The period begins and ends at the same second.") \
	NOTE(NOTE_CONTAINER_TRAILING, "container-trailing", \
		"Bytes follow the end of the archive.") \
	NOTE(NOTE_CONTAINER_NESTED, "container-nested", "The report was packed twice.") \
	NOTE(NOTE_MULTIPLE_ROOTS, "xml-after-root", "Text follows the end of the report.")

enum note_code {
#define NOTE(symbol, code, sentence) symbol,
	NOTES(NOTE)
#undef NOTE
		NOTE_COUNT
};

const char *note_name(enum note_code code);
const char *note_sentence(struct str code); /* NULL: not in the table */

#endif
