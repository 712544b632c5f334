#include "crew_inner.h"

#include "day.h"
#include "inner.h"
#include "packing.h"
#include "worker.h"
#include "xalloc.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define USEFUL_WORKERS 4
/* For one worker; then another is started, if there may be more. */
#define ENOUGH 4
#define ENOUGH_BYTES (256 * KIB)

struct ticket *crew_ticket(struct crew *c, uint64_t n)
{
	return &c->tickets[n % CREW_AHEAD];
}

unsigned crew_workers(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	/* One process writes what they find: more of them would wait for it. */
	return n < 1 ? 1 : n < USEFUL_WORKERS ? (unsigned)n : USEFUL_WORKERS;
}

struct crew *crew_new(struct flow *f, unsigned workers)
{
	struct crew *c = xcalloc(1, sizeof(*c));

	assert(workers == 0 || worker_possible()); /* see flow.h */
	c->flow = f;
	c->workers = workers < WORKERS_MOST ? workers : WORKERS_MOST;
	for (unsigned i = 0; i < WORKERS_MOST; i++) {
		c->staff[i].files_fd = -1;
		buf_init(&c->staff[i].setup, WORKER_SETUP_BYTES + REQUEST_BYTES);
	}
	return c;
}

void crew_heed(struct crew *c, const atomic_int *stop)
{
	c->stop = stop;
}

void crew_believe(struct crew *c, struct str receivers)
{
	assert(c->end == 0 && receivers.n < WORKER_SETUP_BYTES / 2);
	c->receivers = receivers;
}

/* --- Workers --- */

int staff_end(struct staff *s, unsigned ms)
{
	int status;

	wire_release(&s->wire);
	close_fd_cleanup(&s->files_fd);
	status = anew_reap(s->pid, ms);
	s->pid = 0;
	s->ready = false;
	s->sent_bytes = 0;
	return status;
}

void crew_free(struct crew *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < WORKERS_MOST; i++) {
		struct staff *s = &c->staff[i];

		/* What it is at, nobody waits for. */
		if (s->pid > 0)
			staff_end(s, s->tickets == 0 ? WORKER_END_MS : 0);
		buf_release(&s->setup);
	}
	free(c);
}

static void put_setup(const struct crew *c, struct staff *s)
{
	const struct limits *limits = flow_limits(c->flow);
	CLEANUP(buf)
	struct buf b;
	uint8_t head[REQUEST_BYTES];

	buf_init(&b, WORKER_SETUP_BYTES);
	pack_str(&b, str_make((const char *)limits, sizeof(*limits)));
	pack_str(&b, flow_psl_file(c->flow));
	pack_str(&b, c->receivers);
	assert(!b.full);
	request_head(head, REQUEST_SETUP, false, b.n);
	buf_clear(&s->setup);
	buf_add(&s->setup, head, sizeof(head));
	buf_str(&s->setup, buf_view(&b));
}

int staff_start(struct crew *c, struct staff *s, struct err *err)
{
	int talk[2] = { -1, -1 }, files[2] = { -1, -1 }, r;

	r = anew_pair(talk, err);
	if (r == 0)
		r = anew_pair(files, err);
	if (r == 0) {
		const int fds[] = { talk[1], files[1] };

		r = anew_start(&worker_kind, "", fds, 2, &s->pid, err);
	}
	close_fd_cleanup(&talk[1]);
	close_fd_cleanup(&files[1]);
	if (r < 0) {
		close_fd_cleanup(&talk[0]);
		close_fd_cleanup(&files[0]);
		s->pid = 0;
		return r;
	}
	wire_init(&s->wire, talk[0]);
	s->files_fd = files[0];
	s->next = c->first;
	s->sent_bytes = 0;
	put_setup(c, s);
	return 0;
}

/* --- Sending --- */

/* Up to n bytes without waiting: how many went; a worker that is gone takes them all. */
static size_t give(struct staff *s, const void *p, size_t n)
{
	ssize_t put;

	do
		put = send(s->wire.fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (put < 0 && errno == EINTR);
	if (put >= 0)
		return (size_t)put;
	return errno == EAGAIN || errno == ENOBUFS ? 0 : n;
}

/* True: it went, or there is nobody who could take it. */
static bool give_file(struct staff *s, int fd)
{
	char byte = 0;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} room = { .bytes = { 0 } };
	struct iovec io = { &byte, 1 };
	struct msghdr m = { .msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = room.bytes,
		.msg_controllen = sizeof(room.bytes) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(s->files_fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 || errno == EPIPE ||
	       errno == ECONNRESET;
}

/* As much of the ticket as goes.  True: all of it. */
static bool give_ticket(struct staff *s, const struct ticket *t)
{
	const struct blob *b = &t->mail.content;
	uint8_t head[REQUEST_BYTES];
	bool file = b->fd >= 0;
	size_t n = REQUEST_BYTES + (file ? 0 : b->mem.n);

	request_head(head, file ? REQUEST_FILE : REQUEST_MAIL, t->mail.is_mail,
		file ? b->size_bytes : b->mem.n);
	while (s->sent_bytes < n) {
		size_t at = s->sent_bytes, put;

		if (at < REQUEST_BYTES)
			put = give(s, head + at, REQUEST_BYTES - at);
		else
			put = give(s, b->mem.p + (at - REQUEST_BYTES), n - at);
		if (put == 0)
			return false;
		s->sent_bytes += put;
	}
	if (file && !give_file(s, b->fd))
		return false;
	s->sent_bytes = 0;
	return true;
}

static bool all_sent(const struct crew *c, const struct staff *s)
{
	return s->setup.n == 0 && s->next >= c->end;
}

/* What waits for this worker, as far as it takes it. */
static void pump(struct crew *c, unsigned worker)
{
	struct staff *s = &c->staff[worker];

	if (s->pid == 0)
		return;
	if (s->setup.n > 0) {
		size_t put = give(s, s->setup.p, s->setup.n);

		memmove(s->setup.p, s->setup.p + put, s->setup.n - put);
		s->setup.n -= put;
		if (s->setup.n > 0)
			return;
	}
	if (s->next < c->first)
		s->next = c->first;
	for (; s->next < c->end; s->next++) {
		const struct ticket *t = crew_ticket(c, s->next);

		if (t->worker == worker && !give_ticket(s, t))
			return;
	}
}

/* --- Inputs --- */

bool crew_has_room(const struct crew *c)
{
	if (c->end == c->first)
		return true;
	return c->workers > 0 && c->end - c->first < CREW_AHEAD && c->bytes < CREW_AHEAD_BYTES;
}

/* The one that has least to do; one that is not there yet when all others have enough. */
static unsigned choose(const struct crew *c)
{
	unsigned best = 0;

	for (unsigned i = 1; i < c->workers; i++) {
		const struct staff *s = &c->staff[i], *b = &c->staff[best];

		if (s->pid == 0 && b->pid > 0 && b->tickets < ENOUGH && b->bytes < ENOUGH_BYTES)
			continue;
		if (s->bytes < b->bytes)
			best = i;
	}
	return best;
}

void crew_submit(struct crew *c, const struct mail *mail)
{
	const struct blob *b = &mail->content;
	uint64_t bytes = b->fd < 0 ? b->mem.n : b->size_bytes;
	struct err ignored;
	struct ticket *t;

	assert(crew_has_room(c));
	t = crew_ticket(c, c->end);
	*t = (struct ticket){ .mail = *mail, .bytes = bytes + 1 };
	t->mail.receivers = c->receivers;
	c->bytes += t->bytes;
	if (c->workers > 0) {
		t->worker = choose(c);
		c->staff[t->worker].tickets++;
		c->staff[t->worker].bytes += t->bytes;
	}
	c->end++;
	if (c->workers > 0 && c->staff[t->worker].pid == 0)
		staff_start(c, &c->staff[t->worker], &ignored); /* crew_take tries again */
	pump(c, t->worker);
}

void crew_out(struct crew *c)
{
	struct ticket *t = crew_ticket(c, c->first);
	struct staff *s = &c->staff[t->worker];

	c->bytes -= t->bytes;
	if (c->workers > 0) {
		s->tickets--;
		s->bytes -= t->bytes;
	}
	c->first++;
	c->waited_ms = 0;
	c->work_known = false;
}

void crew_forget(struct crew *c)
{
	for (unsigned i = 0; i < c->workers; i++)
		if (c->staff[i].pid > 0 && c->staff[i].tickets > 0)
			staff_end(&c->staff[i], 0);
	while (c->first < c->end)
		crew_out(c);
}

/* --- Waiting --- */

void crew_wait(struct crew *c, struct staff *s, unsigned ms)
{
	struct pollfd p[WORKERS_MOST];
	uint64_t begun = time_monotonic_ms();
	nfds_t n = 0;

	for (unsigned i = 0; i < c->workers; i++) {
		struct staff *one = &c->staff[i];
		short events = one == s ? POLLIN : 0;

		pump(c, i);
		if (one->pid > 0 && !all_sent(c, one))
			events |= POLLOUT;
		if (one->pid > 0 && events)
			p[n++] = (struct pollfd){ .fd = one->wire.fd, .events = events };
	}
	poll(p, n, (int)ms);
	/* When it was longer, this process too was stopped, or had to wait for the machine. */
	begun = time_monotonic_ms() - begun;
	c->waited_ms += begun < ms ? begun : ms;
}

uint64_t crew_patience_ms(const struct crew *c)
{
	return flow_limits(c->flow)->worker_seconds * 1000;
}

uint64_t crew_worked_ms(struct crew *c)
{
	pid_t pid = c->staff[crew_ticket(c, c->first)->worker].pid;
	uint64_t work = pid > 0 ? anew_work_ms(pid) : 0;

	if (!c->work_known || work < c->work_ms)
		c->work_ms = work;
	c->work_known = pid > 0;
	return work - c->work_ms;
}

bool crew_overdue(struct crew *c)
{
	return crew_worked_ms(c) >= crew_patience_ms(c) ||
	       c->waited_ms >= CREW_WAIT_FACTOR * crew_patience_ms(c);
}

int crew_ready(struct crew *c, unsigned ms)
{
	struct ticket *t = crew_ticket(c, c->first);
	struct staff *s = &c->staff[t->worker];

	assert(c->first < c->end);
	if (c->workers == 0 || s->pid == 0 || wire_pending(&s->wire))
		return 1;
	crew_wait(c, s, ms);
	return poll(&(struct pollfd){ .fd = s->wire.fd, .events = POLLIN }, 1, 0) > 0 ||
	       crew_overdue(c);
}
