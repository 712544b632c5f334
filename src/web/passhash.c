#include "passhash.h"

#include "digest.h"
#include "xalloc.h"

#include <assert.h>
#include <crypt.h>
#include <errno.h>
#include <string.h>

static_assert(PASSHASH_TEXT >= CRYPT_OUTPUT_SIZE, "a hash must fit");
static_assert(PASSWORD_MOST < CRYPT_MAX_PASSPHRASE_SIZE, "a password must fit");

static void wipe(struct crypt_data **data)
{
	if (*data)
		explicit_bzero(*data, sizeof(**data));
	free(*data);
}

/* False: the library refused it. */
static bool compute(struct str password, const char *setting, char ret[PASSHASH_TEXT])
{
	__attribute__((cleanup(wipe))) struct crypt_data *data = xcalloc(1, sizeof(*data));
	char text[PASSWORD_MOST + 1];
	const char *hash;

	memcpy(text, password.p, password.n);
	text[password.n] = '\0';
	hash = crypt_r(text, setting, data);
	explicit_bzero(text, sizeof(text));
	if (!hash || hash[0] == '*')
		return false;
	snprintf(ret, PASSHASH_TEXT, "%s", hash);
	return true;
}

static bool usable_password(struct str password)
{
	for (size_t i = 0; i < password.n; i++)
		if ((uint8_t)password.p[i] < ' ' || password.p[i] == 0x7f)
			return false;
	return password.n > 0 && password.n <= PASSWORD_MOST;
}

int passhash_make(struct str password, char ret[PASSHASH_TEXT], struct err *err)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];

	if (!usable_password(password))
		return FAIL(err, ERR_USAGE, NULL,
			"a password has 1 to %d bytes and no control characters",
			PASSWORD_MOST);
	if (!crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)) ||
		!compute(password, setting, ret))
		return FAIL(err, ERR_IO, NULL, "the password could not be hashed: %s",
			strerror(errno));
	return 0;
}

bool passhash_usable(struct str hash)
{
	char text[PASSHASH_TEXT];

	if (hash.n == 0 || hash.n >= PASSHASH_TEXT)
		return false;
	memcpy(text, hash.p, hash.n);
	text[hash.n] = '\0';
	return crypt_checksalt(text) == CRYPT_SALT_OK;
}

bool passhash_fits(struct str hash, struct str password)
{
	char setting[PASSHASH_TEXT] = "", got[PASSHASH_TEXT];

	if (!usable_password(password) || hash.n >= PASSHASH_TEXT)
		return false;
	memcpy(setting, hash.p, hash.n);
	return compute(password, setting, got) && str_eq_secret(str_of(got), hash);
}
