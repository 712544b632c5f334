#include "payload.h"

#include "lines.h"

#include <string.h>

static size_t plain_read(struct payload *b, char *out, size_t n)
{
	struct str rest = str_from(b->as.plain.in, b->as.plain.at);

	if (n > rest.n)
		n = rest.n;
	if (n > 0)
		memcpy(out, rest.p, n);
	b->as.plain.at += n;
	return n;
}

static ssize_t payload_read(struct reader *r, void *p, size_t n, struct err *err)
{
	struct payload *b = (struct payload *)(void *)r; /* reader is its first member */

	(void)err;
	switch (b->encoding) {
	case ENC_BASE64:
		return (ssize_t)base64_read(&b->as.base64, p, n);
	case ENC_QP:
		return (ssize_t)qp_read(&b->as.qp, p, n);
	case ENC_UU:
		return (ssize_t)uu_read(&b->as.uu, p, n);
	case ENC_IDENTITY:
		break;
	}
	return (ssize_t)plain_read(b, p, n);
}

void payload_init(struct payload *b, struct str raw, enum encoding encoding)
{
	*b = (struct payload){ .reader.read = payload_read, .encoding = encoding };
	switch (encoding) {
	case ENC_BASE64:
		base64_init(&b->as.base64, raw);
		break;
	case ENC_QP:
		qp_init(&b->as.qp, raw);
		break;
	case ENC_UU:
		uu_init(&b->as.uu, raw);
		break;
	case ENC_IDENTITY:
		b->as.plain.in = raw;
		break;
	}
}

enum encoding encoding_of(struct str value)
{
	static const struct {
		struct str name;
		enum encoding encoding;
	} names[] = {
		{ STR_INIT("base64"), ENC_BASE64 },
		{ STR_INIT("quoted-printable"), ENC_QP },
		{ STR_INIT("x-uuencode"), ENC_UU },
		{ STR_INIT("uuencode"), ENC_UU },
		{ STR_INIT("x-uue"), ENC_UU },
		{ STR_INIT("uue"), ENC_UU },
	};
	size_t n = 0;

	while (value.n > 0 && (char_space(value.p[0]) || value.p[0] == '"'))
		value = str_from(value, 1);
	while (n < value.n && !char_space(value.p[n]) && !strchr("\";(,", value.p[n]))
		n++;
	value.n = n;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq_nocase(value, names[i].name))
			return names[i].encoding;
	return ENC_IDENTITY;
}

/* The text without leading white space, of which not more than this is looked at. */
#define LEADING_MOST 1024

static struct str skip_leading(struct str s)
{
	size_t i = 0;

	while (i < s.n && i < LEADING_MOST && char_space(s.p[i]))
		i++;
	return str_from(s, i);
}

static bool starts_with_any(struct str s, const struct str *prefixes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts(s, prefixes[i]))
			return true;
	return false;
}

/* Base64 of gzip, of zip, of "<?xml " with and without byte order mark, of "<feedback". */
static bool looks_base64(struct str s)
{
	static const struct str begins[] = { STR_INIT("H4sI"), STR_INIT("UEsDB"),
		STR_INIT("PD94bWwg"), STR_INIT("77u/PD94bWwg"), STR_INIT("PGZlZWRiYWNr") };

	return starts_with_any(s, begins, sizeof(begins) / sizeof(begins[0]));
}

static bool looks_archive(struct str s)
{
	static const struct str begins[] = { STR_INIT("\x1f\x8b\x08"), STR_INIT("PK\x03\x04") };

	return starts_with_any(s, begins, sizeof(begins) / sizeof(begins[0]));
}

static bool looks_uu(struct str s)
{
	struct str line;
	size_t at = 0;

	return str_starts(s, STR("begin ")) && line_next(s, &at, &line) && uu_begin_line(line);
}

enum encoding encoding_seen(struct str raw, enum encoding declared)
{
	struct str s = skip_leading(raw);

	if (looks_archive(raw))
		return ENC_IDENTITY;
	if (declared == ENC_BASE64)
		return str_starts(s, STR("<")) ? ENC_IDENTITY
		       : looks_uu(s)	       ? ENC_UU
					       : ENC_BASE64;
	if (looks_base64(s))
		return ENC_BASE64;
	if (declared == ENC_IDENTITY && looks_uu(s))
		return ENC_UU;
	return declared;
}
