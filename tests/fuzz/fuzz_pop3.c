/*
 * fuzz_pop3.c - any bytes as all that a POP3 server says.
 */
#include "mail_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char key[KEY_TEXT];
	struct key first = key_of(STR("one"), 0);
	struct mailbox_options opt = { .name = "box",
		.protocol = MAILBOX_POP3,
		.host = "pop.example",
		.port = 995,
		.user = "dmarc",
		.connect_s = 1,
		.command_s = 1 };

	/* The first byte says how it logs in. */
	opt.auth = size > 0 ? data[0] % MAILBOX_AUTH_COUNT : MAILBOX_AUTH_LOGIN;
	opt.tls = size > 0 && data[0] & 64 ? MAILBOX_TLS_STARTTLS : MAILBOX_TLS_IMPLICIT;
	run_script(&pop3_protocol, &opt, str_from(str_make((const char *)data, size), 1),
		key_text(&first, key));
	return 0;
}
