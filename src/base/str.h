/*
 * str.h - text as a slice: a pointer and a length, passed by value.
 *
 * A low-level primitive: it knows nothing above itself.  A slice does not own its bytes; who
 * does is said where the slice is.  p == NULL means "absent" (the document does not say), which
 * is different from an empty slice.  Bytes are not NUL-terminated unless a function says so.
 * Case folding is ASCII only.
 */
#ifndef RUAD_STR_H
#define RUAD_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
/* The same for static initializers. */
#define STR_INIT(literal) \
	{ \
		"" literal, sizeof(literal) - 1 \
	}
#define STR_ABSENT ((struct str){ NULL, 0 })
/* For printf's "%.*s". */
#define STR_ARGS(s) (int)(s).n, (s).p ? (s).p : ""

struct str str_of(const char *cstr); /* NULL gives absent */
struct str str_make(const char *p, size_t n);
bool str_absent(struct str s);		 /* p == NULL */
bool str_empty(struct str s);		 /* absent or n == 0 */
bool str_eq(struct str a, struct str b); /* absent equals only absent */
bool str_eq_nocase(struct str a, struct str b);
int str_cmp(struct str a, struct str b); /* bytewise; absent sorts first */
bool str_starts(struct str s, struct str prefix);
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_ends_nocase(struct str s, struct str suffix);
bool str_contains(struct str s, struct str needle);
ptrdiff_t str_find(struct str s, struct str needle); /* offset or -1 */
ptrdiff_t str_index(struct str s, char c);	     /* offset of the first c, or -1 */
struct str str_from(struct str s, size_t offset);    /* the rest; empty past the end */
/* The folder of a path: "/a/b" -> "/a", "b" -> ".", "/b" -> "/". */
struct str str_folder(struct str path);
struct str str_first(struct str s, size_t n); /* at most n bytes, cut at a UTF-8 boundary */
struct str str_trim(struct str s);	      /* without white space at both ends */

/* Split s at the first sep: *ret_head before it, *s after it.  False when s is used up
 * (absent). */
bool str_cut(struct str *s, char sep, struct str *ret_head);

/* Lower-case n bytes in place. */
void str_lower(char *p, size_t n);
char char_lower(char c);
bool char_space(char c); /* blank, tab, CR, LF, FF, VT */

/* Decimal number over the whole slice, no sign, no blanks.  False: not one, or too large. */
bool str_to_u64(struct str s, uint64_t *ret);
/* The same with an optional minus. */
bool str_to_i64(struct str s, int64_t *ret);

/* Is it well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms)? */
bool str_utf8(struct str s);
/*
 * Length of the character at the start of s, which is not empty: 1 to 4; or negative, the
 * number of bytes there that are no UTF-8 and that one U+FFFD stands for (a maximal subpart).
 */
int str_utf8_char(struct str s);

/*
 * Bytes of the character at the start of s, which is not empty, when it is one that terminals
 * obey or that turns around the words after it: U+0000-U+001F, U+007F-U+009F, U+202A-U+202E,
 * U+2066-U+2069; else 0.
 */
size_t str_control(struct str s);

/* Levenshtein distance of two names, for "did you mean".  From 64 bytes on a name counts as
 * different in every byte. */
unsigned str_distance(struct str a, struct str b);

#endif
