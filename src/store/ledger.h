/*
 * ledger.h - what the ledger's parts share: the key of an entry, kept bytes.
 */
#ifndef RUAD_LEDGER_H
#define RUAD_LEDGER_H

#include "write.h"

#define INPUT_KEY_BYTES 16 /* of the digest */

/*
 * The same input is the same bytes from the same source, wherever a mailbox keeps them today;
 * what could not be read has no bytes and is known by its place.
 */
struct digest input_key(const struct input_entry *in);
/* Forget kept bytes, which nobody refers to any more, or which make room. */
int kept_delete(struct store *s, int64_t id, uint64_t size_bytes, struct err *err);
/* All of them in a: 1, 0 there are none. */
int kept_bytes(struct db *db, int64_t kept, struct arena *a, struct str *ret, struct err *err);

#endif
