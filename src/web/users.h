/*
 * users.h - the users file: who may log in with a password.
 *
 * A line is name:hash or name:hash:scopes, where the hash is one of crypt(3) and the scopes are
 * as in scope.h, all of them when none are named.  Empty lines and those that begin with '#'
 * say nothing.  Nobody but its owner and group may read it, and nobody but its owner write.
 *
 * Life: users_read -> users_find … -> users_free.  A change (users_put, users_remove) reads the
 * file, and replaces it by a new one in one step; lines it is not about stay as they are.
 */
#ifndef RUAD_USERS_H
#define RUAD_USERS_H

#include "err.h"
#include "str.h"

#define USERS_FILE_MOST (1U << 20)
#define USER_NAME_MOST 64

struct user {
	struct str name, hash;
	unsigned scopes;
};

struct users {
	struct user *of;
	size_t count;
	char *text; /* what they point into */
};

/* ERR_CONFIG: not there, not to be read, others may read it, a line that is none. */
int users_read(const char *path, struct users **ret, struct err *err);
/* The same of bytes; path is for messages. */
int users_parse(struct str text, const char *path, struct users **ret, struct err *err);
void users_free(struct users *u); /* accepts NULL */
const struct user *users_find(const struct users *u, struct str name);

/* 1 to 64 bytes of UTF-8, no ':', no control characters, no '#' in front, no blanks around. */
bool user_name_ok(struct str name);

enum users_put { USERS_ADD, USERS_CHANGE };
/*
 * Add a user, or give one another hash and, unless scopes is 0, other scopes.  The file is made
 * when it is not there and its mode is 0600.  ERR_USAGE: there is one of that name already, or
 * none.  ERR_IO: it cannot be written.
 */
int users_put(const char *path, enum users_put how, struct str name, struct str hash,
	unsigned scopes, struct err *err);
int users_remove(const char *path, struct str name, struct err *err);

#endif
