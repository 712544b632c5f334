#include "sniff.h"

#include "header.h"
#include "lines.h"

#include <stddef.h>
#include <string.h>

#define LEADING_MOST 1024

static const struct {
	struct str bytes;
	enum magic magic;
} signatures[] = {
	{ STR_INIT("\x1f\x8b"), MAGIC_GZIP }, { STR_INIT("PK\x03\x04"), MAGIC_ZIP },
	{ STR_INIT("PK\x05\x06"), MAGIC_ZIP },		 /* no member */
	{ STR_INIT("PK\x07\x08PK\x03\x04"), MAGIC_ZIP }, /* once meant for several disks */
};

/* UTF-16 to one byte a character; what is not ASCII becomes "?".  Other text stays as it is. */
static struct str narrow(struct str s, char *room)
{
	bool big = str_starts(s, STR("\xfe\xff")) || str_starts(s, STR("\0<"));
	bool little = str_starts(s, STR("\xff\xfe")) || str_starts(s, STR("<\0"));
	size_t n = 0;

	if (!big && !little)
		return str_starts(s, STR("\xef\xbb\xbf")) ? str_from(s, 3) : s;
	for (size_t i = 0; i + 1 < s.n; i += 2) {
		uint8_t high = (uint8_t)s.p[big ? i : i + 1],
			low = (uint8_t)s.p[big ? i + 1 : i];

		if (i == 0 && (high << 8 | low) == 0xfeff)
			continue;
		room[n++] = high == 0 && low < 0x80 ? (char)low : '?';
	}
	return str_make(room, n);
}

static struct str skip_space(struct str s)
{
	while (s.n > 0 && char_space(s.p[0]))
		s = str_from(s, 1);
	return s;
}

/* Behind the first end; empty when it does not come. */
static struct str skip_to(struct str s, struct str end)
{
	ptrdiff_t at = str_find(s, end);

	return at < 0 ? str_from(s, s.n) : str_from(s, (size_t)at + end.n);
}

/* The name at the front of s, without a namespace prefix. */
static struct str local_name(struct str s)
{
	ptrdiff_t colon;
	size_t n = 0;

	while (n < s.n && !char_space(s.p[n]) && !strchr("<>/[\"'", s.p[n]))
		n++;
	s.n = n;
	colon = str_index(s, ':');
	return colon < 0 ? s : str_from(s, (size_t)colon + 1);
}

/* By the first element or document type; s begins with "<". */
static enum magic markup(struct str s)
{
	bool declared = str_starts(s, STR("<?xml"));
	enum magic otherwise = declared ? MAGIC_XML : MAGIC_MARKUP;
	struct str name;

	for (;;) {
		s = skip_space(s);
		if (str_starts(s, STR("<?")))
			s = skip_to(s, STR("?>"));
		else if (str_starts(s, STR("<!--")))
			s = skip_to(str_from(s, 4), STR("-->"));
		else
			break;
	}
	if (str_starts_nocase(s, STR("<!doctype")))
		name = local_name(skip_space(str_from(s, 9)));
	else if (str_starts(s, STR("<")))
		name = local_name(str_from(s, 1));
	else
		return otherwise;
	if (str_eq_nocase(name, STR("html")))
		return MAGIC_HTML;
	return str_eq_nocase(name, STR("feedback")) ? MAGIC_FEEDBACK : otherwise;
}

/* Two of the members that RFC 8460 section 4.4 requires, or one that nobody else has. */
static bool tls_report(struct str s)
{
	static const struct str sure[] = { STR_INIT("\"policies\""),
		STR_INIT("\"report-id\"") };
	static const struct str likely[] = { STR_INIT("\"organization-name\""),
		STR_INIT("\"date-range\""), STR_INIT("\"contact-info\"") };
	unsigned found = 0;

	for (size_t i = 0; i < sizeof(sure) / sizeof(sure[0]); i++)
		if (str_contains(s, sure[i]))
			return true;
	for (size_t i = 0; i < sizeof(likely) / sizeof(likely[0]); i++)
		found += str_contains(s, likely[i]);
	return found >= 2;
}

static bool known_field(struct str line)
{
	static const struct str names[] = { STR_INIT("from"), STR_INIT("to"),
		STR_INIT("subject"), STR_INIT("date"), STR_INIT("received"),
		STR_INIT("return-path"), STR_INIT("delivered-to"), STR_INIT("x-original-to"),
		STR_INIT("message-id"), STR_INIT("mime-version"), STR_INIT("content-type"),
		STR_INIT("dkim-signature"), STR_INIT("authentication-results") };
	ptrdiff_t colon = str_index(line, ':');
	struct str name = str_trim(str_make(line.p, colon < 0 ? 0 : (size_t)colon));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq_nocase(name, names[i]))
			return true;
	return false;
}

/* Header fields from the first line on, as far as can be seen. */
static bool mail(struct str s)
{
	bool known = false, any = false;
	struct str line;
	size_t at = 0;

	while (line_next(s, &at, &line)) {
		switch (header_line(line)) {
		case HEADER_FIELD:
			any = true;
			known |= known_field(line);
			break;
		case HEADER_FOLDED:
			if (!any)
				return false;
			break;
		case HEADER_SKIPPED:
			break;
		case HEADER_BLANK:
			return known;
		case HEADER_OTHER:
			/* The last line may be cut in its name. */
			return known && at >= s.n && s.n >= SNIFF_BYTES;
		}
	}
	return known;
}

enum magic sniff(struct str head)
{
	char room[SNIFF_BYTES / 2];
	struct str s;

	if (head.n > SNIFF_BYTES)
		head.n = SNIFF_BYTES;
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (str_starts(head, signatures[i].bytes))
			return signatures[i].magic;
	head = narrow(head, room);
	s = skip_space(head);
	if (s.n == 0)
		return MAGIC_EMPTY;
	if (s.p[0] == '<' && head.n - s.n <= LEADING_MOST)
		return markup(s);
	if (s.p[0] == '{' && tls_report(s))
		return MAGIC_TLSRPT;
	return mail(head) ? MAGIC_MAIL : MAGIC_OTHER;
}
