#include "worker.h"

#include "confine.h"
#include "enclose.h"
#include "flow.h"
#include "packing.h"
#include "wire.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILES_FD (ANEW_FD + 1)

const struct anew worker_kind = { .name = "ruad-worker",
	.what = "the process that reads mails" };

struct worker {
	struct sink sink; /* first */
	struct limits limits;
	struct flow *flow;
	struct wire wire;
	struct buf message;
	struct str receivers; /* whose Authentication-Results count */
	bool head_told;	      /* of this input */
};

/* --- Telling --- */

/* Nobody listens any more. */
static void tell_frame(struct worker *w, enum tell tell, struct str bytes)
{
	struct err ignored;

	if (wire_send(&w->wire, (uint8_t)tell, bytes, &ignored) < 0)
		_exit(1);
}

static void tell_flush(struct worker *w)
{
	struct err ignored;

	if (wire_flush(&w->wire, &ignored) < 0)
		_exit(1);
}

/* What is in w->message.  False: it is too large to be told. */
static bool tell(struct worker *w, enum tell tell)
{
	struct str rest = buf_view(&w->message);
	bool full = w->message.full;

	while (!full && rest.n > WIRE_MOST) {
		tell_frame(w, TELL_MORE, str_make(rest.p, WIRE_MOST));
		rest = str_from(rest, WIRE_MOST);
	}
	if (!full)
		tell_frame(w, tell, rest);
	buf_clear(&w->message);
	return !full;
}

static int too_much(struct err *err)
{
	return FAIL(err, ERR_LIMIT, "xml-too-large", "A record takes more than %llu bytes.",
		(unsigned long long)WORKER_MESSAGE_BYTES);
}

/* The mail is known when its first document is; so is the place of that. */
static void tell_part(struct worker *w)
{
	const struct sink *s = &w->sink;

	if (!w->head_told) {
		wire_put_u64(&w->message, s->is_mail);
		pack_str(&w->message, s->from);
		pack_str(&w->message, s->subject);
		pack_str(&w->message, s->message_id);
		tell(w, TELL_HEAD);
		w->head_told = true;
	}
	pack_str(&w->message, s->part);
	tell(w, TELL_PART);
}

static int worker_document(struct sink *s, struct err *err)
{
	(void)err;
	tell_part((struct worker *)s);
	return 0;
}

static int worker_begin(struct sink *s, const struct report *r, struct err *err)
{
	struct worker *w = (struct worker *)s;

	pack_report(&w->message, r);
	return tell(w, TELL_REPORT) ? 0 : too_much(err);
}

static int worker_raw(struct sink *s, const void *p, size_t n, struct err *err)
{
	struct worker *w = (struct worker *)s;

	(void)err;
	for (struct str rest = str_make(p, n); rest.n > 0;) {
		size_t most = rest.n < WIRE_MOST ? rest.n : WIRE_MOST;

		tell_frame(w, TELL_RAW, str_make(rest.p, most));
		rest = str_from(rest, most);
	}
	return 0;
}

static int worker_record(struct sink *s, const struct report *r, const struct record *rec,
	const struct verdict *v, struct err *err)
{
	struct worker *w = (struct worker *)s;

	(void)r;
	pack_record(&w->message, rec, v);
	return tell(w, TELL_RECORD) ? 0 : too_much(err);
}

static int worker_end(struct sink *s, const struct report *r, const struct report_totals *t,
	const struct digest *document, struct err *err)
{
	struct worker *w = (struct worker *)s;

	(void)t;
	buf_add(&w->message, document->b, DIGEST_BYTES);
	pack_report(&w->message, r);
	pack_notes(&w->message, r->notes, r->note_count);
	pack_carrier(&w->message, &s->carrier);
	return tell(w, TELL_END) ? 0 : too_much(err);
}

static int worker_refused(
	struct sink *s, const struct report *partial, const struct err *why, struct err *err)
{
	struct worker *w = (struct worker *)s;

	(void)err;
	pack_refusal(&w->message, partial, why);
	tell(w, TELL_REFUSED);
	return 0;
}

/* --- Requests --- */

/* All of them, or the other side is gone. */
static void read_bytes(struct worker *w, void *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		ssize_t got = recv(w->wire.fd, (char *)p + at, n - at, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			_exit(at > 0 || got < 0);
		at += (size_t)got;
	}
}

void request_head(uint8_t ret[REQUEST_BYTES], enum request kind, bool is_mail, uint64_t bytes)
{
	ret[0] = (uint8_t)kind;
	ret[1] = is_mail;
	for (int i = 0; i < 8; i++)
		ret[2 + i] = (uint8_t)(bytes >> (8 * i));
}

static enum request read_head(struct worker *w, bool *ret_is_mail, uint64_t *ret_bytes)
{
	uint8_t head[REQUEST_BYTES];

	read_bytes(w, head, sizeof(head));
	*ret_is_mail = head[1] != 0;
	*ret_bytes = 0;
	for (int i = 0; i < 8; i++)
		*ret_bytes |= (uint64_t)head[2 + i] << (8 * i);
	if (head[0] == 0 || head[0] >= REQUEST_COUNT)
		_exit(1);
	return (enum request)head[0];
}

/* The descriptor that was sent with one byte. */
static int take_file(void)
{
	char byte, room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec io = { &byte, 1 };
	struct msghdr m = { .msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room) };
	struct cmsghdr *c;
	int fd = -1;

	if (recvmsg(FILES_FD, &m, MSG_CMSG_CLOEXEC) != 1)
		_exit(1);
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (fd < 0)
		_exit(1);
	return fd;
}

static void read_mail(struct worker *w, const struct mail *mail)
{
	struct err err = { 0 };

	w->head_told = false;
	if (flow_read(w->flow, mail, &w->sink, &err) < 0)
		_exit(1);
	tell_frame(w, TELL_DONE, STR(""));
	tell_flush(w);
}

static void obey(struct worker *w)
{
	struct mail mail = { .receivers = w->receivers };
	char *bytes = NULL;
	uint64_t n;
	enum request kind = read_head(w, &mail.is_mail, &n);

	if (kind == REQUEST_MAIL) {
		bytes = xcalloc(n, 1);
		read_bytes(w, bytes, n);
		mail.content = blob_mem(str_make(bytes, n));
	} else if (kind == REQUEST_FILE) {
		mail.content = (struct blob){ .fd = take_file(), .size_bytes = n };
	} else {
		_exit(1);
	}
	read_mail(w, &mail);
	free(bytes);
	if (mail.content.fd >= 0)
		close(mail.content.fd);
}

/* --- Its start --- */

static void no_memory(void) __attribute__((noreturn));
static void no_memory(void)
{
	_exit(WORKER_MEMORY);
}

static bool set_up(struct worker *w)
{
	struct packed p = { .limits = &w->limits };
	struct err err = { 0 };
	struct str limits, psl;
	uint64_t n;
	bool ignored;
	char *bytes, *file;

	if (read_head(w, &ignored, &n) != REQUEST_SETUP || n > WORKER_SETUP_BYTES)
		return false;
	bytes = xcalloc(n, 1);
	read_bytes(w, bytes, n);
	p.rest = str_make(bytes, n);
	limits = packed_bytes(&p); /* of the same program */
	if (limits.n != sizeof(w->limits))
		return false;
	memcpy(&w->limits, limits.p, limits.n);
	psl = packed_bytes(&p);
	file = str_absent(psl) ? NULL : xmemdup0(psl.p, psl.n);
	w->receivers = packed_bytes(&p);
	if (!packed_end(&p) || flow_new(&w->limits, file, &w->flow, &err) < 0)
		return false;
	free(file); /* the bytes stay: receivers is of them */
	return true;
}

static void run(void) __attribute__((noreturn));
static void run(void)
{
	static struct worker w;
	unsigned held;

	w.sink = (struct sink){ .document = worker_document,
		.begin = worker_begin,
		.raw = worker_raw,
		.record = worker_record,
		.end = worker_end,
		.refused = worker_refused };
	buf_init(&w.message, WORKER_MESSAGE_BYTES);
	wire_init(&w.wire, ANEW_FD);
	if (!set_up(&w))
		_exit(1);
	xalloc_on_exhausted(no_memory);
	enclose_room();
	held = confine(w.limits.worker_memory);
	wire_put_u64(&w.message, held);
	tell(&w, TELL_READY);
	tell_flush(&w);
	for (;;)
		obey(&w);
}

static bool possible, here;

bool worker_here(void)
{
	return here;
}

bool worker_possible(void)
{
	return possible;
}

void flow_worker_main(int argc, char **argv)
{
	possible = true;
	if (!anew_is(&worker_kind, argc, argv))
		return;
	here = true;
	/* Whatever it is at, it does not outlive who started it. */
	if (!anew_seclude(&worker_kind) || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		_exit(1);
	run();
}
