/*
 * problem.h - errors as documents: application/problem+json (RFC 9457).
 *
 * A type is stable and documented at /help/api#<type>.  Pure.
 */
#ifndef RUAD_PROBLEM_H
#define RUAD_PROBLEM_H

#include "err.h"
#include "json.h"

/* PROBLEM(symbol, type, status, title, meaning) */
#define PROBLEMS(PROBLEM) \
	PROBLEM(PROBLEM_UNKNOWN_PARAMETER, "unknown-parameter", 400, \
		"Unknown query parameter", \
		"The resource has no such parameter; errors names it, and one that may be " \
		"meant.") \
	PROBLEM(PROBLEM_INVALID_PARAMETER, "invalid-parameter", 400, \
		"Invalid value of a parameter", \
		"A value, or a field of what was sent, is none of those that are allowed.") \
	PROBLEM(PROBLEM_CURSOR_MISMATCH, "cursor-mismatch", 400, "Cursor of another query", \
		"The cursor is of other filters, another sort or no list: begin again " \
		"without it.") \
	PROBLEM(PROBLEM_BAD_REQUEST, "bad-request", 400, "Malformed request", \
		"The request breaks the rules of HTTP, or its address is wrongly encoded.") \
	PROBLEM(PROBLEM_UNAUTHORISED, "unauthorised", 401, "Login needed", \
		"Log in, or send a token.") \
	PROBLEM(PROBLEM_FORBIDDEN, "forbidden", 403, "Not allowed", \
		"The login or the token may not do this, or another site asks for it.") \
	PROBLEM(PROBLEM_NOT_FOUND, "not-found", 404, "Not found", \
		"There is nothing at this address.") \
	PROBLEM(PROBLEM_METHOD, "method-not-allowed", 405, "Method not allowed", \
		"The header Allow says what this address has.") \
	PROBLEM(PROBLEM_NOT_ACCEPTABLE, "not-acceptable", 406, "No such format", \
		"Accept names none of the formats that this address has.") \
	PROBLEM(PROBLEM_NOT_KEPT, "not-kept", 409, "The bytes are not kept", \
		"What came in is not kept any more, or never was: it cannot be read again.") \
	PROBLEM(PROBLEM_TOO_LARGE, "too-large", 413, "Too large", \
		"What was sent, or the answer, would be larger than allowed: ask for less.") \
	PROBLEM(PROBLEM_URI_TOO_LONG, "uri-too-long", 414, "Address too long", \
		"The address is longer than 8 KiB.") \
	PROBLEM(PROBLEM_MEDIA_TYPE, "unsupported-media-type", 415, "Not in this format", \
		"What was sent is not of a type that is taken here.") \
	PROBLEM(PROBLEM_MISDIRECTED, "misdirected-request", 421, "Not a name of this server", \
		"The header Host names neither this machine nor the host of public_url.") \
	PROBLEM(PROBLEM_REJECTED, "rejected-input", 422, "The file was rejected", \
		"Nothing in the file could be stored; reason says why.") \
	PROBLEM(PROBLEM_TOO_MANY, "too-many-requests", 429, "Too many failed logins", \
		"Too many logins from this address failed: wait as long as Retry-After says.") \
	PROBLEM(PROBLEM_INTERNAL, "internal", 500, "Internal error", \
		"Something went wrong in the program; its log says what.") \
	PROBLEM(PROBLEM_STORE_BUSY, "store-busy", 503, "The database is busy", \
		"An import is writing: try again after Retry-After.") \
	PROBLEM(PROBLEM_STORE_DOWN, "store-unavailable", 503, "The database cannot be read", \
		"The database cannot be opened or read; the log says why.")

enum problem_type {
#define PROBLEM(symbol, type, status, title, meaning) symbol,
	PROBLEMS(PROBLEM)
#undef PROBLEM
		PROBLEM_COUNT
};
const char *problem_name(enum problem_type t);
const char *problem_title(enum problem_type t);
const char *problem_meaning(enum problem_type t); /* a sentence or two for /help/api */
int problem_status(enum problem_type t);

struct problem {
	enum problem_type type;
	struct str detail;
	struct str parameter, suggestion; /* of a bad parameter; absent otherwise */
};

/*
 * What an error means to a client.  ERR_USAGE: by its reason; ERR_TEMP: store-busy; ERR_CONFIG,
 * ERR_IO: store-unavailable, and *ret_log is true: the client is not told the details, the log
 * should be. The text belongs to err.
 */
struct problem problem_of(const struct err *err, bool *ret_log);

/* The document.  instance: the request's id.  problem_keys: what stands between its braces. */
void problem_json(struct json *j, const struct problem *p, struct str instance);
void problem_keys(struct json *j, const struct problem *p, struct str instance);

#endif
