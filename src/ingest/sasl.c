#include "sasl.h"

#include "xalloc.h"

#include <assert.h>
#include <string.h>

const char *sasl_name(enum mailbox_auth auth)
{
	static const char *const names[MAILBOX_AUTH_COUNT] = {
		[MAILBOX_AUTH_PLAIN] = "PLAIN",
		[MAILBOX_AUTH_XOAUTH2] = "XOAUTH2",
		[MAILBOX_AUTH_OAUTHBEARER] = "OAUTHBEARER",
	};

	return names[auth];
}

void sasl_room(struct buf *b, size_t most)
{
	buf_init(b, most);
	buf_reserve(b, most);
}

void sasl_wipe(struct buf *b)
{
	if (b->cap > 0)
		explicit_bzero(b->p, b->cap);
	buf_release(b);
}

static void put_base64(struct buf *ret, struct str s)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		size_t n = s.n - i < 3 ? s.n - i : 3;
		uint32_t bits = (uint32_t)(uint8_t)s.p[i] << 16;

		if (n > 1)
			bits |= (uint32_t)(uint8_t)s.p[i + 1] << 8;
		if (n > 2)
			bits |= (uint8_t)s.p[i + 2];
		for (size_t d = 0; d < 4; d++)
			buf_char(ret, d <= n ? alphabet[bits >> (18 - 6 * d) & 63] : '=');
	}
}

/* RFC 7628: "," and "=" in the name are written as in RFC 5801. */
static void put_saslname(struct buf *b, const char *name)
{
	for (; *name; name++) {
		if (*name == ',')
			buf_str(b, STR("=2C"));
		else if (*name == '=')
			buf_str(b, STR("=3D"));
		else
			buf_char(b, *name);
	}
}

void sasl_message(enum mailbox_auth auth, const char *user, struct str secret, const char *host,
	unsigned port, struct buf *ret)
{
	CLEANUP(secret)
	struct buf b;

	sasl_room(&b, 2 * strlen(user) + strlen(user) + secret.n + strlen(host) + 128);
	switch (auth) {
	case MAILBOX_AUTH_PLAIN:
		buf_char(&b, '\0');
		buf_str(&b, str_of(user));
		buf_char(&b, '\0');
		buf_str(&b, secret);
		break;
	case MAILBOX_AUTH_XOAUTH2:
		buf_printf(&b, "user=%s\001auth=Bearer %.*s\001\001", user, STR_ARGS(secret));
		break;
	case MAILBOX_AUTH_OAUTHBEARER:
		buf_str(&b, STR("n,a="));
		put_saslname(&b, user);
		buf_printf(&b, ",\001host=%s\001port=%u\001auth=Bearer %.*s\001\001", host,
			port, STR_ARGS(secret));
		break;
	case MAILBOX_AUTH_LOGIN:
	case MAILBOX_AUTH_COUNT:
		assert(!"a SASL mechanism");
	}
	assert(!b.full);
	put_base64(ret, buf_view(&b));
}

#define SHORT_SECRET 4

bool sasl_leaks(struct str text, struct str secret)
{
	CLEANUP(secret)
	struct buf b;

	sasl_room(&b, 2 * secret.n + 8);
	if (secret.n == 0)
		return false;
	if (secret.n < SHORT_SECRET || str_contains(text, secret))
		return true;
	/* In a longer message the base64 may begin at any of three offsets: its middle is the
	 * same. */
	for (size_t skip = 0; skip < 3; skip++) {
		struct str middle;

		buf_clear(&b);
		put_base64(&b, str_from(secret, skip));
		middle = str_make(b.p, b.n / 4 * 4 - 4);
		if (middle.n > 0 && str_contains(text, middle))
			return true;
	}
	return false;
}
