/*
 * mailboxdump list|test KEY=VALUE… - what a mailbox source gives, for tests against real
 * servers.
 *
 * protocol, host, port, tls, ca, user, auth, folder (again), done and failed (ACTION or
 * move:FOLDER), size, connect, command: as in struct mailbox_options.
 *
 * db=FILE: what was read, with its checkpoint; replaced in one step for each batch.
 *
 * batch=N: mails in a batch (500).
 *
 * rounds=N: look again N times, waiting wait=SECONDS for new mail between them.
 *
 * keep=FILE: the bytes of all mails, one after the other.
 *
 * The password is in MAILBOX_PASSWORD; a token's successor in MAILBOX_FRESH.  A mail with a
 * line "X-Reject: yes" counts as rejected, one with "X-Give-Back: yes" is given back.  Prints a
 * line for each mail and for each error; exit status 1 after an error.
 */
#include "digest.h"
#include "ingest.h"
#include "mailbox.h"
#include "ticket.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDERS 8
#define BATCH_MOST 5000

struct dump {
	struct mailbox_options opt;
	struct limits limits;
	const char *folders[FOLDERS];
	const char *db, *keep;
	size_t batch, rounds;
	unsigned wait_s;
	struct buf lines; /* of all that is committed */
	bool failed;
};

static int secret(void *arg, bool fresh, struct buf *ret, struct err *err)
{
	const char *text = getenv(fresh ? "MAILBOX_FRESH" : "MAILBOX_PASSWORD");

	(void)arg;
	if (!text)
		return FAIL(err, ERR_CONFIG, MAILBOX_LOGIN_REFUSED, "there is no %spassword",
			fresh ? "fresh " : "");
	buf_str(ret, str_of(text));
	return 0;
}

static void usage(const char *what)
{
	fprintf(stderr, "mailboxdump: %s\n", what);
	exit(64);
}

static unsigned number(const char *text)
{
	uint64_t v;

	if (!str_to_u64(str_of(text), &v) || v > UINT32_MAX)
		usage("not a number");
	return (unsigned)v;
}

static struct mailbox_done action(const char *text)
{
	struct str rest = str_of(text), name;
	struct mailbox_done done = { 0 };

	str_cut(&rest, ':', &name);
	if (!mailbox_action_from_name(name, &done.action))
		usage("which action?");
	done.folder = rest.p; /* the end of text, which ends with NUL */
	return done;
}

static void set(struct dump *d, const char *key, const char *value)
{
	struct mailbox_options *o = &d->opt;
	struct str k = str_of(key), v = str_of(value);

	if (str_eq(k, STR("protocol")))
		mailbox_protocol_from_name(v, &o->protocol);
	else if (str_eq(k, STR("host")))
		o->host = value;
	else if (str_eq(k, STR("port")))
		o->port = number(value);
	else if (str_eq(k, STR("tls")))
		mailbox_tls_from_name(v, &o->tls);
	else if (str_eq(k, STR("ca")))
		o->ca_file = value;
	else if (str_eq(k, STR("user")))
		o->user = value;
	else if (str_eq(k, STR("auth")))
		mailbox_auth_from_name(v, &o->auth);
	else if (str_eq(k, STR("folder")) && o->folder_count < FOLDERS)
		d->folders[o->folder_count++] = value;
	else if (str_eq(k, STR("done")))
		o->done[OUTCOME_STORED] = o->done[OUTCOME_DUPLICATE] =
			o->done[OUTCOME_IGNORED] = action(value);
	else if (str_eq(k, STR("failed")))
		o->done[OUTCOME_REJECTED] = action(value);
	else if (str_eq(k, STR("size")))
		d->limits.mail_size = number(value);
	else if (str_eq(k, STR("connect")))
		o->connect_s = number(value);
	else if (str_eq(k, STR("command")))
		o->command_s = number(value);
	else if (str_eq(k, STR("db")))
		d->db = value;
	else if (str_eq(k, STR("keep")))
		d->keep = value;
	else if (str_eq(k, STR("batch")))
		d->batch = number(value);
	else if (str_eq(k, STR("rounds")))
		d->rounds = number(value);
	else if (str_eq(k, STR("wait")))
		d->wait_s = number(value);
	else
		usage(key);
}

static void print_error(struct dump *d, const struct err *err)
{
	printf("error %d %s %s\n", err->code, err->reason ? err->reason : "-", err->text);
	d->failed = true;
}

/* --- What stands for the database --- */

static void load(struct dump *d, struct buf *checkpoint)
{
	FILE *f = d->db ? fopen(d->db, "r") : NULL;
	char line[4096];
	bool lines = false;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (strcmp(line, "--\n") == 0)
			lines = true;
		else
			buf_str(lines ? &d->lines : checkpoint, str_of(line));
	}
	fclose(f);
}

static void commit(struct dump *d, struct source *s)
{
	CLEANUP(buf)
	struct buf text = { 0 };
	char path[4096];
	FILE *f;

	if (!d->db)
		return;
	snprintf(path, sizeof(path), "%s.new", d->db);
	f = fopen(path, "w");
	if (!f)
		usage("cannot write the db");
	buf_init(&text, SIZE_MAX);
	s->ops->checkpoint(s, &text);
	fprintf(f, "%s--\n%.*s", text.p, (int)d->lines.n, d->lines.p);
	if (fclose(f) != 0 || rename(path, d->db) != 0)
		usage("cannot write the db");
}

/* --- Reading --- */

struct read_mail {
	void *token;
	int outcome;
};

static bool has_line(struct str head, struct str line)
{
	return str_contains(head, line);
}

static int look_at(struct dump *d, const struct mail *mail, FILE *keep)
{
	struct digest_ctx ctx;
	struct digest digest;
	char piece[4096], hex[2 * DIGEST_BYTES + 1];
	uint64_t at = 0;
	int outcome = OUTCOME_STORED;
	ssize_t n;

	digest_init(&ctx);
	while ((n = blob_read(&mail->content, at, piece, sizeof(piece), NULL)) > 0) {
		struct str head = str_make(piece, (size_t)n);

		if (at == 0 && has_line(head, STR("X-Reject: yes")))
			outcome = OUTCOME_REJECTED;
		if (at == 0 && has_line(head, STR("X-Give-Back: yes")))
			outcome = -1;
		if (keep)
			fwrite(piece, 1, (size_t)n, keep);
		digest_add(&ctx, piece, (size_t)n);
		at += (uint64_t)n;
	}
	digest_end(&ctx, &digest);
	digest_hex(&digest, hex);
	printf("mail %.*s %llu %s %lld\n", STR_ARGS(mail->locator), (unsigned long long)at, hex,
		(long long)mail->arrived_at);
	if (outcome >= 0)
		buf_printf(&d->lines, "%s %.*s\n", hex, STR_ARGS(mail->locator));
	return outcome;
}

static void end_batch(struct dump *d, struct source *s, struct read_mail *batch, size_t n)
{
	struct err err = { 0 };

	for (size_t i = 0; i < n; i++)
		if (batch[i].outcome >= 0)
			s->ops->settles(s, batch[i].token, batch[i].outcome);
	commit(d, s);
	for (size_t i = 0; i < n; i++)
		if (s->ops->done(s, batch[i].token, batch[i].outcome, &err) < 0)
			print_error(d, &err);
}

/* All that is there now; as next. */
static int round_of(struct dump *d, struct source *s, FILE *keep)
{
	static struct read_mail batch[BATCH_MOST];
	struct err err = { 0 };
	struct mail mail;
	size_t n = 0;
	int r;

	while ((r = s->ops->next(s, &mail, &err)) > 0) {
		int outcome = OUTCOME_REJECTED;

		if (r == 1)
			outcome = look_at(d, &mail, keep);
		else
			printf("unread %.*s %s %s\n", STR_ARGS(mail.locator), err.reason,
				err.text);
		s->ops->drop(s, &mail);
		batch[n++] = (struct read_mail){ mail.token, outcome };
		if (n == d->batch) {
			end_batch(d, s, batch, n);
			n = 0;
		}
	}
	end_batch(d, s, batch, n);
	if (r < 0)
		print_error(d, &err);
	return r;
}

static void list(struct dump *d)
{
	CLEANUP(buf)
	struct buf checkpoint = { 0 };
	FILE *keep = d->keep ? fopen(d->keep, "w") : NULL;
	struct err err = { 0 };
	struct source *s;

	buf_init(&checkpoint, SIZE_MAX);
	load(d, &checkpoint);
	if (source_open_mailbox(&d->opt, buf_view(&checkpoint), &s, &err) < 0) {
		print_error(d, &err);
		return;
	}
	for (size_t i = 0; i < d->rounds; i++) {
		int r = i > 0 ? mailbox_wait(s, d->wait_s, -1, &err) : 0;

		if (i > 0)
			printf("woke %d\n", r);
		if (r < 0)
			print_error(d, &err);
		if (round_of(d, s, keep) < 0)
			break;
		fflush(stdout);
	}
	printf("total %llu\n", (unsigned long long)s->ops->total(s));
	commit(d, s);
	source_close(s);
	if (keep)
		fclose(keep);
}

static int say(void *arg, bool ok, struct str step)
{
	(void)arg;
	printf("%s %.*s\n", ok ? "ok" : "NOT", STR_ARGS(step));
	return 0;
}

int main(int argc, char **argv)
{
	static struct dump d = { .batch = 500, .rounds = 1 };
	struct err err = { 0 };

	fetch_main(argc, argv);
	limits_default(&d.limits);
	buf_init(&d.lines, SIZE_MAX);
	d.opt.name = "test";
	d.opt.secret = secret;
	d.opt.limits = &d.limits;
	d.opt.folders = d.folders;
	for (int i = 2; i < argc; i++) {
		char *eq = strchr(argv[i], '=');

		if (!eq)
			usage("KEY=VALUE");
		*eq = '\0';
		set(&d, argv[i], eq + 1);
	}
	if (d.batch < 1 || d.batch > BATCH_MOST || argc < 2)
		usage("list or test, and a batch of 1 to 5000");
	if (strcmp(argv[1], "test") == 0) {
		if (mailbox_test(&d.opt, say, NULL, &err) < 0)
			print_error(&d, &err);
	} else {
		list(&d);
	}
	buf_release(&d.lines);
	return d.failed;
}
