#include "header.h"

#include "buf.h"
#include "lines.h"
#include "qp.h"
#include "words.h"
#include "xalloc.h"

#include <stddef.h>
#include <string.h>

#define NAME_MOST 256	   /* of an attachment, in bytes */
#define SEGMENTS_MOST 64   /* pieces of one parameter */
#define SEGMENT_BYTES 8192 /* all of them together */

enum header_line header_line(struct str line)
{
	size_t n = 0;

	if (line.n == 0)
		return HEADER_BLANK;
	if (line.p[0] == ' ' || line.p[0] == '\t')
		return HEADER_FOLDED;
	if (str_starts(line, STR("From ")) || str_starts(line, STR(">From ")))
		return HEADER_SKIPPED;
	while (n < line.n && line.p[n] > 32 && line.p[n] < 127 && line.p[n] != ':')
		n++;
	if (n < line.n && line.p[n] == ':')
		return n > 0 ? HEADER_FIELD : HEADER_SKIPPED;
	while (n > 0 && n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'))
		n++;
	return n > 0 && n < line.n && line.p[n] == ':' ? HEADER_FIELD : HEADER_OTHER;
}

static const struct {
	struct str name;
	size_t offset; /* of a struct str in struct header */
} wanted[] = {
	{ STR_INIT("content-type"), offsetof(struct header, type) },
	{ STR_INIT("content-transfer-encoding"), offsetof(struct header, encoding) },
	{ STR_INIT("content-disposition"), offsetof(struct header, disposition) },
	{ STR_INIT("from"), offsetof(struct header, from) },
	{ STR_INIT("subject"), offsetof(struct header, subject) },
	{ STR_INIT("message-id"), offsetof(struct header, message_id) },
};

static struct str unfold(struct arena *a, struct str value)
{
	size_t n = 0;
	char *p;

	value = str_trim(value);
	if (str_index(value, '\n') < 0 && str_index(value, '\r') < 0)
		return value;
	p = arena_alloc(a, value.n + 1, 1);
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] != '\n' && value.p[i] != '\r')
			p[n++] = value.p[i];
	return str_make(p, n);
}

/* One field, with the lines that belong to it. */
static void field(struct arena *a, struct str text, struct header *ret)
{
	ptrdiff_t colon = str_index(text, ':');
	struct str name = str_trim(str_make(text.p, (size_t)colon));

	if (str_eq_nocase(name, STR("x-hmxmroriginalrecipient")))
		ret->complaint = true;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct str *to = (struct str *)(void *)((char *)ret + wanted[i].offset);

		if (str_absent(*to) && str_eq_nocase(name, wanted[i].name))
			*to = unfold(a, str_from(text, (size_t)colon + 1));
	}
}

bool header_next(struct str block, size_t *at, struct str *ret_field)
{
	struct str field = STR_ABSENT, line;

	for (size_t next = *at; line_next(block, &next, &line); *at = next) {
		enum header_line kind = header_line(line);

		if (kind == HEADER_FOLDED && field.p)
			field.n = (size_t)(line.p - field.p) + line.n;
		else if (field.p)
			break;
		else if (kind == HEADER_FIELD)
			field = line;
	}
	*ret_field = field;
	return field.p;
}

void header_parse(struct arena *a, struct str block, struct header *ret)
{
	struct str text;
	size_t at = 0;

	*ret = (struct header){ .block = block };
	while (header_next(block, &at, &text))
		field(a, text, ret);
}

struct str header_media_type(struct arena *a, struct str value, struct str fallback)
{
	struct str type = str_trim(value);
	ptrdiff_t slash;
	size_t n = 0;

	while (n < type.n && type.p[n] != ';' && !char_space(type.p[n]))
		n++;
	type.n = n;
	slash = str_index(type, '/');
	if (slash <= 0 || (size_t)slash + 1 == type.n || n > NAME_MOST)
		return fallback;
	return arena_str_lower(a, type);
}

struct param {
	struct str name, value; /* the value without its quotes, but with its backslashes */
	bool quoted;
};

/* From offset at, which is before a ';' or the end. */
static bool param_next(struct str s, size_t *at, struct param *ret)
{
	size_t i = *at, start;

	while (i < s.n && (s.p[i] == ';' || char_space(s.p[i])))
		i++;
	if (i >= s.n)
		return false;
	start = i;
	while (i < s.n && s.p[i] != '=' && s.p[i] != ';')
		i++;
	*ret = (struct param){ .name = str_trim(str_make(s.p + start, i - start)) };
	if (i < s.n && s.p[i] == '=')
		i++;
	while (i < s.n && char_space(s.p[i]))
		i++;
	start = i;
	if (i < s.n && s.p[i] == '"') {
		ret->quoted = true;
		start = ++i;
		while (i < s.n && s.p[i] != '"')
			i += s.p[i] == '\\' && i + 1 < s.n ? 2 : 1;
		ret->value = str_make(s.p + start, (i < s.n ? i : s.n) - start);
	}
	while (i < s.n && s.p[i] != ';')
		i++;
	if (!ret->quoted)
		ret->value = str_trim(str_make(s.p + start, (i < s.n ? i : s.n) - start));
	*at = i;
	return true;
}

/* Only before a quote or another: Windows paths have single ones. */
static struct str unquote(struct arena *a, const struct param *p)
{
	size_t n = 0;
	char *out;

	if (!p->quoted || str_index(p->value, '\\') < 0)
		return p->value;
	out = arena_alloc(a, p->value.n + 1, 1);
	for (size_t i = 0; i < p->value.n; i++) {
		if (p->value.p[i] == '\\' && i + 1 < p->value.n &&
			(p->value.p[i + 1] == '"' || p->value.p[i + 1] == '\\'))
			i++;
		out[n++] = p->value.p[i];
	}
	return str_make(out, n);
}

/* What lies behind the name of the parameter: "", "*", "*0", "*1*" … */
struct segment {
	struct str text;
	bool there, encoded; /* in percent signs */
};

static bool segment_of(struct str suffix, size_t *ret_index, bool *ret_encoded)
{
	uint64_t index = 0;

	if (suffix.n == 0 || suffix.p[0] != '*')
		return false;
	suffix = str_from(suffix, 1);
	*ret_encoded = suffix.n == 0 || str_ends(suffix, STR("*"));
	if (suffix.n > 0 && *ret_encoded)
		suffix.n--;
	if (suffix.n > 0 && !str_to_u64(suffix, &index))
		return false;
	*ret_index = (size_t)index;
	return index < SEGMENTS_MOST;
}

static void percent_decode(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		int octet = -1;

		if (s.p[i] == '%' && s.n - i > 2)
			octet = qp_octet(s.p + i + 1);
		buf_char(out, octet < 0 ? s.p[i] : (char)octet);
		if (octet >= 0)
			i += 2;
	}
}

/* charset'language'text; RFC 2231 section 4 */
static struct str take_charset(struct str *text)
{
	ptrdiff_t first = str_index(*text, '\'');
	ptrdiff_t second = first < 0 ? -1 : str_index(str_from(*text, (size_t)first + 1), '\'');
	struct str charset;

	if (second < 0)
		return STR_ABSENT;
	charset = str_make(text->p, (size_t)first);
	*text = str_from(*text, (size_t)first + 1 + (size_t)second + 1);
	return charset;
}

static struct str join(struct arena *a, struct segment *segments)
{
	struct str charset = STR_ABSENT;
	CLEANUP(buf)
	struct buf out;

	buf_init(&out, SEGMENT_BYTES);
	if (!segments[0].there)
		return STR_ABSENT;
	if (segments[0].encoded)
		charset = take_charset(&segments[0].text);
	for (size_t i = 0; i < SEGMENTS_MOST && segments[i].there; i++) {
		if (segments[i].encoded)
			percent_decode(&out, segments[i].text);
		else
			buf_str(&out, segments[i].text);
	}
	if (charset.n > 0)
		return words_convert(a, buf_view(&out), charset, SEGMENT_BYTES);
	return arena_str(a, buf_view(&out));
}

struct str header_param(struct arena *a, struct str value, struct str name)
{
	struct segment segments[SEGMENTS_MOST] = { 0 };
	ptrdiff_t at_first = str_index(value, ';');
	struct str plain = STR_ABSENT, joined;
	struct param p;
	size_t at, index;
	bool encoded;

	if (at_first < 0)
		return STR_ABSENT;
	for (at = (size_t)at_first; param_next(value, &at, &p);) {
		if (!str_starts_nocase(p.name, name))
			continue;
		if (p.name.n == name.n) {
			if (str_absent(plain))
				plain = unquote(a, &p);
		} else if (segment_of(str_from(p.name, name.n), &index, &encoded) &&
			   !segments[index].there) {
			segments[index] = (struct segment){ unquote(a, &p), true, encoded };
		}
	}
	joined = join(a, segments);
	return str_absent(joined) ? plain : joined;
}

struct str header_file_name(struct arena *a, const struct header *h)
{
	struct str name = header_param(a, h->disposition, STR("filename"));

	if (str_empty(name))
		name = header_param(a, h->type, STR("name"));
	name = words_decode(a, name, NAME_MOST);
	return str_empty(name) ? STR_ABSENT : name;
}
