/*
 * scope.h - what a visitor may do.  Pure.
 */
#ifndef RUAD_SCOPE_H
#define RUAD_SCOPE_H

#include "arena.h"
#include "err.h"
#include "json.h"

enum scope {
	SCOPE_READ = 1,	   /* pages and the API, but for what changes something */
	SCOPE_MARK = 2,	   /* say of senders whose they are */
	SCOPE_IMPORT = 4,  /* hand in reports */
	SCOPE_METRICS = 8, /* /metrics and /readyz */
	SCOPE_ALL = 15
};

/* "read,metrics".  ERR_USAGE: an unknown name, or none. */
int scopes_parse(struct str text, unsigned *ret, struct err *err);
struct str scopes_text(struct arena *a, unsigned scopes);
/* "key": ["read", "metrics"] */
void scopes_json(struct json *j, const char *key, unsigned scopes);
#define SCOPE_NAMES "read, mark, import, metrics"

#endif
