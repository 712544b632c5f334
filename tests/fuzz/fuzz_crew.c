/*
 * fuzz_crew.c - any bytes as what workers say, for two inputs: what the sink hears has its
 * order, whatever they say.
 *
 * Nothing is started: the functions of anew.h stand here, and a worker is bytes that lie in its
 * socket, and then its end.  When the first byte is even, frames are written short: a type, two
 * bytes of length, and the bytes.  "%%" at its own place begins what the next worker says.
 */
#include "arena.h"
#include "crew.h"
#include "wire.h"
#include "worker.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* --- anew.h --- */

static struct str said; /* by workers that are still to be started */
static bool as_frames;
static int next_status; /* of one that ended */

int anew_pair(int ret_ours_and_its[2], struct err *err)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_ours_and_its) != 0)
		return FAIL(err, ERR_TEMP, NULL, "no socket: %m");
	return 0;
}

static void put(int fd, const void *p, size_t n)
{
	ssize_t gone = n > 0 ? send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

	(void)gone; /* what does not fit is not said */
}

static void say_frames(int fd, struct str text)
{
	while (text.n >= 3) {
		size_t n = (size_t)(uint8_t)text.p[1] << 8 | (uint8_t)text.p[2];
		uint8_t head[5] = { (uint8_t)text.p[0] };

		n = n < text.n - 3 ? n : text.n - 3;
		head[3] = (uint8_t)(n >> 8);
		head[4] = (uint8_t)n;
		put(fd, head, sizeof(head));
		put(fd, text.p + 3, n);
		text = str_from(text, 3 + n);
	}
}

int anew_start(const struct anew *kind, const char *arg, const int *fds, size_t n, pid_t *ret,
	struct err *err)
{
	static const uint8_t ready[] = { TELL_READY, 0, 0, 0, 1, 0 };
	ptrdiff_t end = str_find(said, STR("%%"));
	struct str text = end < 0 ? said : str_make(said.p, (size_t)end);

	(void)kind;
	(void)arg;
	(void)err;
	check(n == 2);
	said = end < 0 ? STR("") : str_from(said, (size_t)end + 2);
	/* Else none of them ever begins. */
	if (!as_frames || text.n % 16 != 15)
		put(fds[0], ready, sizeof(ready));
	if (as_frames)
		say_frames(fds[0], text);
	else
		put(fds[0], text.p, text.n);
	*ret = getpid();
	return 0;
}

int anew_reap(pid_t pid, unsigned ms)
{
	(void)pid;
	(void)ms;
	return next_status;
}

uint64_t anew_work_ms(pid_t pid)
{
	(void)pid;
	return 0;
}

bool anew_is(const struct anew *kind, int argc, char **argv)
{
	(void)kind;
	(void)argc;
	(void)argv;
	return false;
}

bool anew_seclude(const struct anew *kind)
{
	(void)kind;
	return false;
}

/* --- The sink --- */

struct ear {
	struct sink sink; /* first */
	bool document, begun;
	uint64_t records, documents;
	unsigned refuses; /* so many-th begin is refused by the sink itself */
};

static int hear_document(struct sink *s, struct err *err)
{
	struct ear *e = (struct ear *)s;

	(void)err;
	check(!e->document);
	e->document = true;
	e->begun = false;
	e->records = 0;
	e->documents++;
	return 0;
}

static int hear_begin(struct sink *s, const struct report *r, struct err *err)
{
	struct ear *e = (struct ear *)s;

	check(e->document && !e->begun && !str_empty(r->policy.domain));
	if (e->refuses && --e->refuses == 0)
		return FAIL(err, ERR_INPUT, "no-policy", "not this one");
	e->begun = true;
	return 0;
}

static int hear_raw(struct sink *s, const void *p, size_t n, struct err *err)
{
	struct ear *e = (struct ear *)s;

	(void)err;
	check(e->document && p && n > 0);
	return 0;
}

static int hear_record(struct sink *s, const struct report *r, const struct record *rec,
	const struct verdict *v, struct err *err)
{
	struct ear *e = (struct ear *)s;

	(void)err;
	check(e->document && e->begun && !str_empty(r->policy.domain));
	check(v->result != DMARC_NULL && rec->dkim_count <= 100);
	e->records++;
	return 0;
}

static int hear_end(struct sink *s, const struct report *r, const struct report_totals *t,
	const struct digest *document, struct err *err)
{
	struct ear *e = (struct ear *)s;

	(void)document;
	(void)err;
	check(e->document && e->begun && !str_empty(r->policy.domain));
	check(t->records == e->records);
	e->document = e->begun = false;
	return 0;
}

static int hear_refused(
	struct sink *s, const struct report *partial, const struct err *why, struct err *err)
{
	struct ear *e = (struct ear *)s;

	(void)partial;
	(void)err;
	check(e->document && why->reason && why->code < 0);
	e->document = e->begun = false;
	return 0;
}

static void hear_undo(struct sink *s)
{
	struct ear *e = (struct ear *)s;

	check(e->document);
	e->document = e->begun = false;
	e->documents--;
}

static void listen_to(struct crew *c, unsigned refuses)
{
	struct ear e = { .sink = { .document = hear_document,
				 .begin = hear_begin,
				 .raw = hear_raw,
				 .record = hear_record,
				 .end = hear_end,
				 .refused = hear_refused,
				 .undo = hear_undo },
		.refuses = refuses };
	struct err err = { 0 };
	int r = crew_take(c, &e.sink, &err);

	check(!e.document || r < 0);
	check(r < 0 || e.documents > 0);
	check(r >= 0 || err.code == r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct flow *flow;
	const struct mail mail = { .content = blob_mem(STR("")) };
	struct limits limits;
	struct crew *c;
	struct err err;

	if (size == 0)
		return 0;
	if (!flow) {
		flow_worker_main(0, NULL);
		limits_default(&limits);
		limits.records = 5;
		limits.mime_parts = 1;
		limits.archive_members = 2;
		limits.documents = 3;
		check(flow_new(&limits, NULL, &flow, &err) == 0);
	}
	as_frames = data[0] % 2 == 0;
	next_status = data[0] & 2 ? WORKER_MEMORY << 8 : data[0] & 4 ? 11 : 0;
	said = str_make((const char *)data + 1, size - 1);
	c = crew_new(flow, 1);
	crew_submit(c, &mail);
	crew_submit(c, &mail);
	listen_to(c, data[0] >> 4);
	listen_to(c, 0);
	crew_free(c);
	return 0;
}
