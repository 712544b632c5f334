#include "domain.h"

#include <idn2.h>

/* RFC 1035 section 2.3.4, without the trailing dot. */
#define NAME_MOST 253
#define LABEL_MOST 63

/*
 * Letters, digits, hyphen, and the underscore that many MAIL FROM and DKIM domains have.  Where
 * hyphens stand is not looked at: a name that DNS answers for is a name.
 */
static bool label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool name_ok(struct str s)
{
	size_t label = 0;

	if (s.n == 0 || s.n > NAME_MOST)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (!label_byte(s.p[i]) || ++label > LABEL_MOST) {
			return false;
		}
	}
	return label > 0;
}

/* "Some One <someone@example.com>" and "someone@example.com" name example.com. */
static struct str domain_part(struct str name)
{
	struct str s = str_trim(name);

	if (s.n > 0 && s.p[s.n - 1] == '>')
		s = str_trim(str_make(s.p, s.n - 1));
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '@')
			return str_trim(str_from(s, i));
	if (s.n > 0 && s.p[0] == '<')
		s = str_trim(str_from(s, 1));
	return s;
}

static bool ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* U-labels to A-labels.  A name that IDNA does not allow is none. */
static bool to_alabels(struct arena *a, struct str name, struct str *ret)
{
	uint8_t *out = NULL;
	int r;

	/* Each byte of an A-label stands for at most four of UTF-8. */
	if (name.n > NAME_MOST * 4 || !str_utf8(name))
		return false;
	r = idn2_lookup_u8((const uint8_t *)arena_cstr(a, name), &out,
		IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (r != IDN2_OK)
		return false;
	*ret = arena_str_lower(a, str_of((const char *)out));
	idn2_free(out);
	return true;
}

bool domain_norm(struct arena *a, struct str name, struct str *ret)
{
	struct str s;

	if (str_empty(name))
		return false;
	s = domain_part(name);
	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	if (str_empty(s))
		return false;
	if (ascii(s)) {
		if (s.n > NAME_MOST)
			return false;
		s = arena_str_lower(a, s);
	} else if (!to_alabels(a, s, &s)) {
		return false;
	}
	if (!name_ok(s))
		return false;
	*ret = s;
	return true;
}

bool domain_below(struct str child, struct str parent)
{
	return !str_empty(parent) && child.n > parent.n + 1 && str_ends(child, parent) &&
	       child.p[child.n - parent.n - 1] == '.';
}
