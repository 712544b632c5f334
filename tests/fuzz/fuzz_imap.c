/*
 * fuzz_imap.c - any bytes as all that an IMAP server says: our code, and libetpan's below it.
 */
#include "mail_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The library forgets some of what it refuses; the process ends with its mailbox. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libetpan";
}

/* It asks for as much memory as a server says that will come, at once, and does not touch it;
 * here it gets none of that. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "max_allocation_size_mb=1024:allocator_may_return_null=1";
}

/* Of mailbox.c, which has all of the fetching process behind it. */
const char *mailbox_action_name(enum mailbox_action v)
{
	return v == MAILBOX_DELETE ? "delete" : "other";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const folders[] = { "INBOX" };
	struct mailbox_options opt = { .name = "box",
		.protocol = MAILBOX_IMAP,
		.host = "imap.example",
		.port = 993,
		.user = "dmarc",
		.folders = folders,
		.folder_count = 1,
		.connect_s = 1,
		.command_s = 1 };

	/* The first byte says how it logs in. */
	opt.auth = size > 0 ? data[0] % MAILBOX_AUTH_COUNT : MAILBOX_AUTH_LOGIN;
	opt.tls = size > 0 && data[0] & 64 ? MAILBOX_TLS_STARTTLS : MAILBOX_TLS_IMPLICIT;
	run_script(&imap_protocol, &opt, str_from(str_make((const char *)data, size), 1),
		STR("1:3"));
	return 0;
}
