#include "protocol.h"

#include "sasl.h"

#include <string.h>
#include <sys/random.h>

#define QUOTE_MOST 160

int protocol_secret(struct outlet *out, bool fresh, struct buf *ret, struct err *err)
{
	const char *user = out->opt->user;
	int r = outlet_secret(out, fresh, ret, err);

	if (r < 0)
		return r;
	if (ret->n == 0)
		return FAIL(err, ERR_CONFIG, MAILBOX_LOGIN_REFUSED,
			"the password for %s is empty", user);
	for (size_t i = 0; i < ret->n; i++) {
		uint8_t c = (uint8_t)ret->p[i];

		if (c < ' ' || c == 0x7f)
			return FAIL(err, ERR_CONFIG, MAILBOX_LOGIN_REFUSED,
				"the password for %s has a control character in it, a line "
				"break perhaps",
				user);
	}
	return 0;
}

unsigned protocol_backoff_ms(unsigned tries)
{
	unsigned most = PROTOCOL_PAUSE_MS, chance = 0;

	while (tries-- > 0 && most < PROTOCOL_PAUSE_MOST_MS)
		most *= 2;
	if (most > PROTOCOL_PAUSE_MOST_MS)
		most = PROTOCOL_PAUSE_MOST_MS;
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
		return most;
	return most / 2 + chance % (most - most / 2 + 1);
}

const char *protocol_secret_setting(const struct mailbox_options *o)
{
	return o->auth == MAILBOX_AUTH_XOAUTH2 || o->auth == MAILBOX_AUTH_OAUTHBEARER
		       ? "token_command"
		       : "password";
}

void protocol_quote(struct str text, struct str secret, char *ret, size_t n)
{
	text = str_trim(text);
	if (text.n == 0 || sasl_leaks(text, secret))
		ret[0] = '\0';
	else
		snprintf(ret, n, " (it says: %.*s)", STR_ARGS(str_first(text, QUOTE_MOST)));
}
