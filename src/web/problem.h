/*
 * problem.h - errors as documents: application/problem+json (RFC 9457).
 *
 * A type is stable and documented at /help/api#<type>.  Pure.
 */
#ifndef RUAD_PROBLEM_H
#define RUAD_PROBLEM_H

#include "err.h"
#include "json.h"

/* PROBLEM(symbol, type, status, title) */
#define PROBLEMS(PROBLEM) \
	PROBLEM(PROBLEM_UNKNOWN_PARAMETER, "unknown-parameter", 400, \
		"Unknown query parameter") \
	PROBLEM(PROBLEM_INVALID_PARAMETER, "invalid-parameter", 400, \
		"Invalid value of a parameter") \
	PROBLEM(PROBLEM_CURSOR_MISMATCH, "cursor-mismatch", 400, "Cursor of another query") \
	PROBLEM(PROBLEM_BAD_REQUEST, "bad-request", 400, "Malformed request") \
	PROBLEM(PROBLEM_UNAUTHORISED, "unauthorised", 401, "Login needed") \
	PROBLEM(PROBLEM_FORBIDDEN, "forbidden", 403, "Not allowed") \
	PROBLEM(PROBLEM_NOT_FOUND, "not-found", 404, "Not found") \
	PROBLEM(PROBLEM_METHOD, "method-not-allowed", 405, "Method not allowed") \
	PROBLEM(PROBLEM_NOT_ACCEPTABLE, "not-acceptable", 406, "No such format") \
	PROBLEM(PROBLEM_TOO_LARGE, "too-large", 413, "Too large") \
	PROBLEM(PROBLEM_URI_TOO_LONG, "uri-too-long", 414, "Address too long") \
	PROBLEM(PROBLEM_MISDIRECTED, "misdirected-request", 421, "Not a name of this server") \
	PROBLEM(PROBLEM_TOO_MANY, "too-many-requests", 429, "Too many failed logins") \
	PROBLEM(PROBLEM_INTERNAL, "internal", 500, "Internal error") \
	PROBLEM(PROBLEM_STORE_BUSY, "store-busy", 503, "The database is busy") \
	PROBLEM(PROBLEM_STORE_DOWN, "store-unavailable", 503, "The database cannot be read")

enum problem_type {
#define PROBLEM(symbol, type, status, title) symbol,
	PROBLEMS(PROBLEM)
#undef PROBLEM
		PROBLEM_COUNT
};
const char *problem_name(enum problem_type t);
const char *problem_title(enum problem_type t);
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

/* The document.  instance: the request's id. */
void problem_json(struct json *j, const struct problem *p, struct str instance);

#endif
