#include "token.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define PREFIX STR("ruad_")
#define LETTERS 43 /* 6 bits each */

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int secret_make(struct digest *ret, struct err *err)
{
	if (getrandom(ret->b, DIGEST_BYTES, 0) == DIGEST_BYTES)
		return 0;
	return FAIL(err, ERR_IO, NULL, "no random bytes: %s", strerror(errno));
}

int token_make(char ret[TOKEN_TEXT], struct err *err)
{
	struct digest random;
	int r = secret_make(&random, err);

	if (r < 0)
		return r;
	memcpy(ret, PREFIX.p, PREFIX.n);
	for (size_t i = 0; i < LETTERS; i++) {
		size_t bit = 6 * i, byte = bit / 8;
		unsigned two = (unsigned)random.b[byte] << 8 |
			       (byte + 1 < DIGEST_BYTES ? random.b[byte + 1] : 0);

		ret[PREFIX.n + i] = alphabet[two >> (10 - bit % 8) & 63];
	}
	ret[PREFIX.n + LETTERS] = '\0';
	explicit_bzero(&random, sizeof(random));
	return 0;
}

bool token_digest(struct str text, struct digest *ret)
{
	if (text.n != PREFIX.n + LETTERS || !str_starts(text, PREFIX))
		return false;
	for (size_t i = PREFIX.n; i < text.n; i++)
		if (text.p[i] == '\0' || !strchr(alphabet, text.p[i]))
			return false;
	*ret = digest_of(text);
	return true;
}
