/*
 * err.h - what went wrong, told once, to the caller.
 *
 * A function that can fail returns 0 or a negative code below, and fills the caller's struct
 * err, which is untouched on success.  The code says what the caller does next; the text is one
 * line that can be shown as it is.  An iterator returns 1 item, 0 end, negative error.
 */
#ifndef RUAD_ERR_H
#define RUAD_ERR_H

#include <stdarg.h>
#include <stdint.h>

enum {
	ERR_INPUT = -1,	 /* this document is bad: set it aside */
	ERR_LIMIT = -2,	 /* this document hits a bound: set it aside */
	ERR_TEMP = -3,	 /* try again later (busy, locked, full) */
	ERR_CONFIG = -4, /* the operator must act (path, permission, version, setting) */
	ERR_IO = -5,	 /* reading or writing failed */
	ERR_USAGE = -6 /* the caller asked for something that does not exist (bad parameter) */
};

struct err {
	int code;	      /* 0 while nothing failed */
	const char *reason;   /* stable code of model/reason.h or a problem type; static; may be
				 NULL */
	int64_t line, column; /* position in the document, 1-based; 0 unknown */
	char text[320];
};

/*
 * Fill *err and return code: `return FAIL(err, ERR_INPUT, "reason-code", "…", …);`
 * reason is a string literal or NULL.  The macro ends in the constant code so that the compiler
 * and the analyzer follow the path.  The text is made one line: control characters become
 * blanks, what is too long is cut.  line and column become 0: set them after.  err may be NULL.
 */
#define FAIL(err, code, reason, ...) (err_set((err), (code), (reason), __VA_ARGS__), (code))

void err_set(struct err *err, int code, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Put "prefix: " before the text that is there; the rest of *err stays. */
void err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
