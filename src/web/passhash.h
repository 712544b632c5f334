/*
 * passhash.h - hashes of passwords, as crypt(3) of this system makes and knows them.
 *
 * New ones are yescrypt, with the cost that the library thinks right.  Others are taken as
 * they are if the library does not call them too weak: bcrypt, SHA-512 and SHA-256 crypt,
 * scrypt; not MD5, DES, nor those of htpasswd's own making.
 */
#ifndef RUAD_PASSHASH_H
#define RUAD_PASSHASH_H

#include "err.h"
#include "str.h"

#define PASSWORD_MOST 500 /* bytes; longer ones are wrong without a look */
#define PASSHASH_TEXT 384

/* ERR_USAGE: empty, too long, or with a control character in it.  ERR_IO: no random bytes. */
int passhash_make(struct str password, char ret[PASSHASH_TEXT], struct err *err);
/* Is it a hash that can be used: known, and not too weak? */
bool passhash_usable(struct str hash);
/*
 * Takes tens of milliseconds and 16 MiB, whether it fits or not.  The comparison does not tell
 * where they differ.
 */
bool passhash_fits(struct str hash, struct str password);

#endif
