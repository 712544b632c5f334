#include "formtoken.h"

struct str form_token_make(const struct digest *word, const struct digest *pad, struct arena *a)
{
	struct digest mixed;
	char first[2 * DIGEST_BYTES + 1], second[2 * DIGEST_BYTES + 1];

	for (size_t i = 0; i < DIGEST_BYTES; i++)
		mixed.b[i] = word->b[i] ^ pad->b[i];
	return arena_printf(a, "%s%s", digest_hex(pad, first).p, digest_hex(&mixed, second).p);
}

/* Of a digit that we write: none is a capital. */
static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* -1: it is no two digits. */
static int byte_at(struct str token, size_t i)
{
	int high = digit(token.p[2 * i]), low = digit(token.p[2 * i + 1]);

	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool form_token_is(struct str token, const struct digest *word)
{
	struct digest said;

	if (token.n != FORM_TOKEN_TEXT)
		return false;
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		int pad = byte_at(token, i), mixed = byte_at(token, DIGEST_BYTES + i);

		if (pad < 0 || mixed < 0)
			return false;
		said.b[i] = (uint8_t)(pad ^ mixed);
	}
	return digest_eq_secret(&said, word);
}
