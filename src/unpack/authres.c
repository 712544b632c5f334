#include "authres.h"

#include "header.h"

#define RESULT_MOST 32 /* bytes of a word that is kept: the RFC's are shorter */
#define NAME_MOST 253  /* of a domain */

/* --- Words --- */

/* What is left of a field. */
struct scan {
	struct arena *a;
	struct str rest;
};

static void skip(struct scan *s, size_t n)
{
	s->rest = str_from(s->rest, n);
}

/* Behind the comment that begins here, with all inside it. */
static void skip_comment(struct scan *s)
{
	size_t depth = 0, i = 0;

	for (; i < s->rest.n; i++) {
		char c = s->rest.p[i];

		if (c == '\\')
			i++;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0)
			break;
	}
	skip(s, i + 1);
}

/* White space, line breaks and comments. */
static void skip_blank(struct scan *s)
{
	while (s->rest.n > 0) {
		if (char_space(s->rest.p[0]))
			skip(s, 1);
		else if (s->rest.p[0] == '(')
			skip_comment(s);
		else
			return;
	}
}

/* Is this the next thing?  Then it is taken. */
static bool take(struct scan *s, char c)
{
	skip_blank(s);
	if (s->rest.n == 0 || s->rest.p[0] != c)
		return false;
	skip(s, 1);
	return true;
}

/* Bytes up to white space, a comment, a quote, or one of these. */
static struct str take_until(struct scan *s, const char *ends)
{
	struct str stop = str_of(ends), all = s->rest;
	size_t n = 0;

	while (n < all.n && !char_space(all.p[n]) && all.p[n] != '(' && all.p[n] != '"' &&
		str_index(stop, all.p[n]) < 0)
		n++;
	skip(s, n);
	return str_make(all.p, n);
}

/* What stands between quotes, with what the backslashes mean. */
static struct str take_quoted(struct scan *s)
{
	struct str all = s->rest;
	size_t end = 1, n = 0;
	char *out;

	while (end < all.n && all.p[end] != '"')
		end += all.p[end] == '\\' && end + 1 < all.n ? 2 : 1;
	out = arena_alloc(s->a, end, 1);
	for (size_t i = 1; i < end && i < all.n; i++) {
		if (all.p[i] == '\\' && i + 1 < all.n)
			i++;
		out[n++] = all.p[i];
	}
	skip(s, end + 1);
	return str_make(out, n);
}

/* A value: quoted, a word, or both ("some one"@example.com), of which the end counts. */
static struct str take_value(struct scan *s, const char *ends)
{
	struct str value, more;

	skip_blank(s);
	value = s->rest.n > 0 && s->rest.p[0] == '"' ? take_quoted(s) : take_until(s, ends);
	more = take_until(s, ends);
	return more.n > 0 ? more : value;
}

/* --- What is said --- */

/* A result as it is kept: lower case; absent where it is no word. */
static struct str word(struct arena *a, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') ||
			    (char_lower(s.p[i]) >= 'a' && char_lower(s.p[i]) <= 'z') ||
			    s.p[i] == '-' || s.p[i] == '_'))
			return STR_ABSENT;
	return s.n == 0 || s.n > RESULT_MOST ? STR_ABSENT : arena_str_lower(a, s);
}

/* "someone@example.com", "@example.com" and "example.com" name example.com. */
static struct str domain_in(struct arena *a, struct str s)
{
	for (size_t i = s.n; i > 0; i--) {
		if (s.p[i - 1] != '@')
			continue;
		s = str_from(s, i);
		break;
	}
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == '<' ||
			s.p[i] == '>')
			return STR_ABSENT;
	return s.n == 0 || s.n > NAME_MOST || !str_utf8(s) ? STR_ABSENT : arena_str_lower(a, s);
}

/* One method: its result, and the properties that matter. */
struct finding {
	struct str method, result;
	struct str header_d, header_i, header_from, mailfrom;
};

static void property(struct scan *s, struct str name, struct str value, struct finding *f)
{
	const struct {
		struct str name;
		struct str *to;
	} all[] = { { STR("header.d"), &f->header_d }, { STR("header.i"), &f->header_i },
		{ STR("header.from"), &f->header_from }, { STR("smtp.mailfrom"), &f->mailfrom },
		{ STR("smtp.mail"), &f->mailfrom } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (str_eq_nocase(name, all[i].name) && str_absent(*all[i].to))
			*all[i].to = domain_in(s->a, value);
}

/* "header.d", also with blanks and comments around its dot. */
static struct str take_name(struct scan *s)
{
	struct str name, more;

	skip_blank(s);
	name = take_until(s, "=;.");
	if (!take(s, '.'))
		return name;
	skip_blank(s);
	more = take_until(s, "=;");
	return arena_printf(s->a, "%.*s.%.*s", STR_ARGS(str_first(name, RESULT_MOST)),
		STR_ARGS(str_first(more, RESULT_MOST)));
}

/* Everything up to the next ";".  False: at the end. */
static bool take_finding(struct scan *s, struct finding *ret)
{
	skip_blank(s);
	if (s->rest.n == 0)
		return false;
	*ret = (struct finding){ .method = take_until(s, "=/;") };
	if (take(s, '/')) {
		skip_blank(s);
		take_until(s, "=;"); /* a version */
	}
	if (take(s, '=')) {
		skip_blank(s);
		ret->result = word(s->a, take_until(s, "=;"));
	}
	for (;;) {
		struct str name;

		skip_blank(s);
		if (s->rest.n == 0 || take(s, ';'))
			return true;
		name = take_name(s);
		if (take(s, '='))
			property(s, name, take_value(s, ";"), ret);
		else if (name.n == 0 && s->rest.n > 0 && s->rest.p[0] == '"')
			take_quoted(s); /* a text of no name */
	}
}

/* --- The field --- */

/* A pass stands before all else; then the first counts. */
static void keep_result(struct str *to, struct str result)
{
	if (str_absent(*to) || (str_eq(result, STR("pass")) && !str_eq(*to, STR("pass"))))
		*to = result;
}

static void take_dkim(const struct finding *f, struct authres *ret)
{
	struct str domain = str_absent(f->header_d) ? f->header_i : f->header_d;

	keep_result(&ret->dkim, f->result);
	if (!str_eq(f->result, STR("pass")) || str_absent(domain))
		return;
	if (ret->passed_count < AUTHRES_PASSED_MOST)
		ret->passed[ret->passed_count++] = domain;
}

static void take_method(const struct finding *f, struct authres *ret)
{
	if (str_absent(f->result))
		return;
	if (str_eq_nocase(f->method, STR("dkim"))) {
		take_dkim(f, ret);
	} else if (str_eq_nocase(f->method, STR("spf"))) {
		keep_result(&ret->spf, f->result);
		if (str_eq(f->result, STR("pass")) && str_absent(ret->spf_domain))
			ret->spf_domain = f->mailfrom;
	} else if (str_eq_nocase(f->method, STR("dmarc")) &&
		   (str_absent(ret->dmarc) || !str_eq(f->result, STR("pass")))) {
		/* There is one.  If a stranger got a second one in, by a name that the server
		 * did not quote, the worse of the two is meant. */
		ret->dmarc = f->result;
		ret->dmarc_from = f->header_from;
	}
}

static bool is_receiver(struct str name, struct str receivers)
{
	struct str one;

	while (str_cut(&receivers, ' ', &one))
		if (one.n > 0 && str_eq_nocase(one, name))
			return true;
	return false;
}

/* The value of one Authentication-Results field.  False: it is of somebody else. */
static bool read_results(
	struct arena *a, struct str value, struct str receivers, struct authres *ret)
{
	struct scan s = { .a = a, .rest = value };
	struct finding f;
	struct str id = take_value(&s, ";=");

	skip_blank(&s);
	/* The first word is a method where the server does not say its name. */
	if (!is_receiver(id, receivers) || (s.rest.n > 0 && s.rest.p[0] == '='))
		return false;
	take_until(&s, ";"); /* a version */
	ret->found = true;
	if (!take(&s, ';'))
		return true;
	while (take_finding(&s, &f))
		take_method(&f, ret);
	return true;
}

/* --- The author --- */

/* The address of a From field; absent when there are several. */
static struct str author_of(struct arena *a, struct str value)
{
	struct scan s = { .a = a, .rest = value };
	struct str bare = STR_ABSENT, angle = STR_ABSENT;

	for (skip_blank(&s); s.rest.n > 0; skip_blank(&s)) {
		struct str piece;

		if (take(&s, ',') || take(&s, ';'))
			return STR_ABSENT;
		if (take(&s, '<')) {
			if (!str_absent(angle))
				return STR_ABSENT;
			angle = take_value(&s, ">,;");
			take(&s, '>');
			continue;
		}
		if (s.rest.p[0] == '"') {
			take_quoted(&s);
			continue;
		}
		piece = take_until(&s, "<,;");
		if (str_index(piece, '@') < 0)
			continue;
		if (!str_absent(bare))
			return STR_ABSENT;
		bare = piece;
	}
	if (str_absent(angle))
		angle = bare;
	return str_index(angle, '@') < 0 ? STR_ABSENT : domain_in(a, angle);
}

/* --- The header --- */

struct search {
	struct arena *a;
	struct str receivers;
	struct authres *found;
	unsigned authors; /* From fields */
};

static void take_field(struct search *s, struct str text)
{
	ptrdiff_t colon = str_index(text, ':');
	struct str name = str_trim(str_make(text.p, (size_t)colon));
	struct str value = str_from(text, (size_t)colon + 1);

	if (str_eq_nocase(name, STR("from"))) {
		s->found->author = s->authors++ == 0 ? author_of(s->a, value) : STR_ABSENT;
	} else if (!s->found->found && str_eq_nocase(name, STR("authentication-results"))) {
		read_results(s->a, value, s->receivers, s->found);
	}
}

void authres_read(struct arena *a, struct str block, struct str receivers, struct authres *ret)
{
	struct search s = { .a = a, .receivers = receivers, .found = ret };
	struct str field;
	size_t at = 0;

	*ret = (struct authres){ 0 };
	if (str_empty(receivers))
		return;
	while (header_next(block, &at, &field))
		take_field(&s, field);
}
