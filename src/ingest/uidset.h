/*
 * uidset.h - a set of IMAP UIDs as ascending ranges: "1:5,9".  Pure.
 *
 * Cheap where UIDs come in order and lie close together, as they do in a folder.  Life: zeroed
 * -> use -> uidset_release.
 */
#ifndef RUAD_UIDSET_H
#define RUAD_UIDSET_H

#include "buf.h"

struct uidset {
	struct uidrange {
		uint32_t first, last;
	} * ranges; /* ascending, with a gap between any two */
	size_t n, cap;
};

void uidset_release(struct uidset *s);
void uidset_clear(struct uidset *s);
void uidset_copy(struct uidset *s, const struct uidset *from);
void uidset_add(struct uidset *s, uint32_t uid); /* not 0 */
void uidset_remove(struct uidset *s, uint32_t uid);
void uidset_remove_set(struct uidset *s, const struct uidset *other);
bool uidset_has(const struct uidset *s, uint32_t uid);
uint64_t uidset_count(const struct uidset *s);
/* The least one greater than after; false: none. */
bool uidset_after(const struct uidset *s, uint32_t after, uint32_t *ret);

/* As IMAP writes it; nothing for an empty set. */
void uidset_print(const struct uidset *s, struct buf *ret);
/* Adds what the text names; it must ascend.  False: it is no such text, *s may be half filled.
 */
bool uidset_parse(struct uidset *s, struct str text);

#endif
