/*
 * mailbox.h - mail on a server: IMAP (RFC 3501, 6851, 4315, 2177) and POP3 (RFC 1939) as a
 * struct source.
 *
 * The server is spoken to in a process of its own, which the first next() starts and which ends
 * with the source, or with this process: a crash or a hang of it is an ERR_TEMP of the source.
 * It is this program, started anew, so its main must begin with fetch_main.  TLS 1.2 or newer;
 * the certificate's chain and its names are checked before anything secret is sent; a
 * connection without TLS is refused unless it goes to this machine.  Nothing is changed on the
 * server unless done says so; without it the folders are opened read-only.
 *
 * What was read is remembered in a text, the checkpoint (see source.h): give the one that was
 * stored last to source_open_mailbox.  A kill at any instant then loses no mail and no action:
 * what the checkpoint calls owed is carried out by the next run. Mails given back (done with a
 * negative outcome) and mails whose transfer broke three times come again with the next
 * opening.  A second copy of a mail can be left by a server without MOVE, after a kill between
 * COPY and EXPUNGE, and by one that is still busy with the MOVE of a killed client when the
 * next one orders it again.
 *
 * A lost connection is made again, and reading goes on where it was, a few times; to wait and
 * try again after that is the caller's.  mailbox_* functions take only what source_open_mailbox
 * gave.  A source may be used by one thread after the other, but not by two at once.
 */
#ifndef RUAD_MAILBOX_H
#define RUAD_MAILBOX_H

#include "bounds.h"
#include "buf.h"
#include "source.h"

enum mailbox_protocol { MAILBOX_IMAP, MAILBOX_POP3, MAILBOX_PROTOCOL_COUNT };
enum mailbox_tls {
	MAILBOX_TLS_IMPLICIT,
	MAILBOX_TLS_STARTTLS,
	MAILBOX_TLS_NONE,
	MAILBOX_TLS_COUNT
};
enum mailbox_auth {
	MAILBOX_AUTH_LOGIN, /* LOGIN, USER and PASS */
	MAILBOX_AUTH_PLAIN, /* RFC 4616 */
	MAILBOX_AUTH_XOAUTH2,
	MAILBOX_AUTH_OAUTHBEARER, /* RFC 7628 */
	MAILBOX_AUTH_COUNT
};
enum mailbox_action {
	MAILBOX_LEAVE,
	MAILBOX_SEEN,
	MAILBOX_MOVE,
	MAILBOX_DELETE,
	MAILBOX_ACTION_COUNT
};

/* "imap", "pop3"; "implicit", "starttls", "none"; "login", "plain", "xoauth2", "oauthbearer";
 * "leave", "seen", "move", "delete" */
const char *mailbox_protocol_name(enum mailbox_protocol v);
const char *mailbox_tls_name(enum mailbox_tls v);
const char *mailbox_auth_name(enum mailbox_auth v);
const char *mailbox_action_name(enum mailbox_action v);
bool mailbox_protocol_from_name(struct str name, enum mailbox_protocol *ret);
bool mailbox_tls_from_name(struct str name, enum mailbox_tls *ret);
bool mailbox_auth_from_name(struct str name, enum mailbox_auth *ret);
bool mailbox_action_from_name(struct str name, enum mailbox_action *ret);

/* What becomes of mails of one outcome, after the commit. */
struct mailbox_done {
	enum mailbox_action action;
	const char *folder; /* MAILBOX_MOVE: where to, made when missing; '/' between levels */
};

struct mailbox_options {
	const char *name; /* of the source */
	enum mailbox_protocol protocol;
	const char *host;
	unsigned port; /* 0: 993, 143, 995 or 110 */
	enum mailbox_tls tls;
	const char *ca_file; /* PEM, trusted instead of the system's CAs; NULL */
	const char *user;
	enum mailbox_auth auth;
	/*
	 * The password or token into *ret, at most 16 KiB; called in the calling thread, within
	 * any function of the source, for each login; the server is kept waiting meanwhile, so
	 * it should not take longer than a minute.  fresh: the last one was refused, get a new
	 * token.  Its error text is shown: nothing secret in it.  *ret is overwritten after
	 * use.
	 */
	int (*secret)(void *arg, bool fresh, struct buf *ret, struct err *err);
	void *secret_arg;	    /* lives as long as the source */
	const char *const *folders; /* IMAP, UTF-8, '/' between levels; none: INBOX */
	size_t folder_count;
	struct mailbox_done done[OUTCOME_COUNT];
	const struct limits *limits; /* mail_size counts; NULL: defaults */
	unsigned connect_s;	     /* 0: 30 */
	unsigned command_s; /* for one answer, and for each silence within a mail; 0: 60 */
};

/*
 * Reasons in struct err, beside those of outcome.h:
 *
 * - source-unavailable, ERR_TEMP: no answer, connection refused or lost, name not found, or the
 *   fetching process crashed;
 * - login-refused, ERR_CONFIG: user, password or token;
 * - tls-refused, ERR_CONFIG: certificate, protocol version, STARTTLS not offered or meddled
 *   with;
 * - no-folder, ERR_CONFIG: a configured folder is not there; the other folders are read first;
 * - not-filed, ERR_CONFIG or ERR_TEMP: what done asks for could not be carried out; the mails
 *   stay, and it is tried again before the next round of mails.
 */
#define MAILBOX_UNAVAILABLE "source-unavailable"
#define MAILBOX_LOGIN_REFUSED "login-refused"
#define MAILBOX_TLS_REFUSED "tls-refused"
#define MAILBOX_NO_FOLDER "no-folder"
#define MAILBOX_NOT_FILED "not-filed"

/* First of all in main: a process that was started to fetch does that, and does not return. */
void fetch_main(int argc, char **argv);

/*
 * Looks at the options and the checkpoint (absent or empty: nothing was read yet; one of
 * another account counts as that); the server is first spoken to by next().  The strings of
 * *opt are copied. ERR_CONFIG: an option that cannot be; strings with control characters are
 * refused.  ERR_INPUT: the checkpoint is damaged.
 *
 * next: 2 with reason mail-too-large for a mail beyond limits.mail_size, which is not
 * transferred.  At the end, if a folder or a mail could not be read, an error once in place of
 * 0; the next call goes on.  After the end next looks for new mails over the same connection.
 * done: carried out by the last done of those that were given, which returns what went wrong.
 * ready may take longer than it is given while it asks for the password.
 */
int source_open_mailbox(const struct mailbox_options *opt, struct str checkpoint,
	struct source **ret, struct err *err);

/*
 * Wait until the server says that there is new mail (IMAP with IDLE, in the first folder),
 * seconds are over, wake_fd
 * (-1: none) can be read, or a signal arrives.  No mail may be out.  1 look for mail now, 0
 * not, negative error. Without IDLE it is a pause, in which POP3 is logged out.
 */
int mailbox_wait(struct source *s, unsigned seconds, int wake_fd, struct err *err);

/*
 * Try it, and tell each step: connection, TLS and certificate, capabilities, login, folders
 * with their mails. ok false: what to fix.  Nothing is changed on the server.  say returns
 * non-zero to stop. 0: all is well; negative: the first step that failed.
 */
int mailbox_test(const struct mailbox_options *opt,
	int (*say)(void *arg, bool ok, struct str step), void *arg, struct err *err);

#endif
