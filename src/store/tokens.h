/*
 * tokens.h - the tokens of the API, by name and digest.
 *
 * Writing needs a handle for writing and no batch; a token is no data, so the generation stays.
 */
#ifndef RUAD_TOKENS_H
#define RUAD_TOKENS_H

#include "store.h"

#define TOKEN_NAME_MOST 64
#define TOKENS_MOST 1000

struct token_row {
	int64_t id;
	struct str name;
	unsigned scopes; /* bits; the store does not know what they mean */
	int64_t created_at;
	int64_t expires_at; /* 0: never */
	bool used;
	int64_t used_day; /* when used */
};

/* t: name, scopes, created_at, expires_at.  ERR_USAGE: there is one of that name, or there are
 * TOKENS_MOST. */
int store_token_add(struct store *s, const struct token_row *t, const struct digest *digest,
	struct err *err);
/* 1 gone, 0 there was none. */
int store_token_revoke(struct store *s, struct str name, struct err *err);
/* It was used on that day. */
int store_token_used(struct store *s, int64_t id, int64_t day, struct err *err);

/* 1 found (name in a), 0 there is none. */
int store_token_find(struct store *s, const struct digest *digest, struct arena *a,
	struct token_row *ret, struct err *err);
/* All of them, by name; in a. */
int store_token_list(struct store *s, struct arena *a, struct token_row **ret,
	size_t *ret_count, struct err *err);

#endif
