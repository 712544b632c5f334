/*
 * formtoken.h - the word that a form of ours brings back, which no other page can know.  Pure.
 *
 * It stands in pages that are sent compressed, some of them with words of the request in them:
 * the length of such a page tells whether a guess stands in it twice.  So the word is never
 * sent as it is, but mixed with a pad that is another one each time.
 */
#ifndef RUAD_FORMTOKEN_H
#define RUAD_FORMTOKEN_H

#include "arena.h"
#include "digest.h"

#define FORM_TOKEN_TEXT (4 * DIGEST_BYTES) /* hexadecimal digits */

/* pad: bytes that nobody can guess, used once. */
struct str form_token_make(
	const struct digest *word, const struct digest *pad, struct arena *a);
bool form_token_is(struct str token, const struct digest *word);

#endif
