#include "mailbox.h"

#include "boxoptions.h"
#include "fetcher.h"
#include "ingest.h"
#include "xalloc.h"

#include <assert.h>
#include <string.h>

static const char *const protocol_names[] = { "imap", "pop3" };
static const char *const tls_names[] = { "implicit", "starttls", "none" };
static const char *const auth_names[] = { "login", "plain", "xoauth2", "oauthbearer" };
static const char *const action_names[] = { "leave", "seen", "move", "delete" };

#define NAMES(what, COUNT) \
	_Static_assert(sizeof(what##_names) / sizeof(what##_names[0]) == (COUNT), #what); \
	const char *mailbox_##what##_name(enum mailbox_##what v) \
	{ \
		assert((unsigned)v < (COUNT)); \
		return what##_names[v]; \
	} \
	bool mailbox_##what##_from_name(struct str name, enum mailbox_##what *ret) \
	{ \
		for (int i = 0; i < (COUNT); i++) { \
			if (!str_eq(name, str_of(what##_names[i]))) \
				continue; \
			*ret = (enum mailbox_##what)i; \
			return true; \
		} \
		return false; \
	}

NAMES(protocol, MAILBOX_PROTOCOL_COUNT)
NAMES(tls, MAILBOX_TLS_COUNT)
NAMES(auth, MAILBOX_AUTH_COUNT)
NAMES(action, MAILBOX_ACTION_COUNT)

int source_open_mailbox(const struct mailbox_options *opt, struct str checkpoint,
	struct source **ret, struct err *err)
{
	struct mailbox_options copy;
	struct boxstate state;
	struct arena arena;
	int r;

	arena_init(&arena);
	r = boxoptions_complete(opt, &arena, &copy, err);
	if (r == 0) {
		struct str account = arena_printf(&arena, "%s:%s@%s",
			mailbox_protocol_name(copy.protocol), copy.user, copy.host);

		r = boxstate_parse(checkpoint, account.p, &state, err);
	}
	if (r < 0) {
		arena_release(&arena);
		return r;
	}
	*ret = fetcher_new(&copy, &arena, &state);
	return 0;
}

int mailbox_test(const struct mailbox_options *opt,
	int (*say)(void *arg, bool ok, struct str step), void *arg, struct err *err)
{
	struct source *s;
	int r = source_open_mailbox(opt, STR_ABSENT, &s, err);

	if (r < 0) {
		say(arg, false, str_of(err->text));
		return r;
	}
	r = fetcher_test(s, say, arg, err);
	source_close(s);
	return r;
}
