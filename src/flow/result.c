/* The result of the first input of a crew, from its worker to a sink. */
#include "anew.h"
#include "confine.h"
#include "crew_inner.h"
#include "day.h"
#include "inner.h"
#include "log.h"
#include "outcome.h"
#include "packing.h"
#include "worker.h"
#include "xalloc.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define LOOK_MS 1000
#define STARTS_MOST 3  /* that come to nothing, one after the other */
#define START_MS 60000 /* of a worker */
/* So many times its time may a worker compute that goes on telling things: it cannot do so
 * without an end, while it may be ahead, at the next inputs, when what it tells is slow to be
 * stored. */
#define WORK_FACTOR 4
#define RECORD_BYTES 32 /* at least, in a document: its tags alone take more */

/* --- Hearing --- */

/* What it can do is the same for all. */
static void tell_held(unsigned held)
{
	static atomic_flag told = ATOMIC_FLAG_INIT;

	if (atomic_flag_test_and_set(&told))
		return;
	if (!(held & CONFINED_NOT) && (held & CONFINED_ALL) != CONFINED_ALL)
		log_line(LOG_LEVEL_INFO, "worker.confined",
			LOG_STR("seccomp", held & CONFINED_SECCOMP ? STR("yes") : STR("no")),
			LOG_STR("landlock", held & CONFINED_LANDLOCK ? STR("yes") : STR("no")),
			LOG_STR("memory", held & CONFINED_MEMORY ? STR("yes") : STR("no")));
}

enum heard { HEARD_FRAME = 1, HEARD_NOTHING = 0, HEARD_GONE = -1, HEARD_NONSENSE = -2 };

/* One frame of s, within ms. */
static enum heard hear(struct crew *c, struct staff *s, unsigned ms, struct frame *ret)
{
	uint64_t until = time_monotonic_ms() + ms, now;
	struct err err = { 0 };
	int r;

	while (!wire_pending(&s->wire)) {
		now = time_monotonic_ms();
		crew_wait(c, s, now < until ? (unsigned)(until - now) : 0);
		r = wire_receive(&s->wire, 0, ret, &err);
		if (r == 1)
			return HEARD_FRAME;
		if (r != ERR_TEMP)
			return r == ERR_INPUT ? HEARD_NONSENSE : HEARD_GONE;
		if (time_monotonic_ms() >= until)
			return HEARD_NOTHING;
	}
	return wire_receive(&s->wire, 0, ret, &err) == 1 ? HEARD_FRAME : HEARD_NONSENSE;
}

/* --- The result of the first input --- */

/* A document that is told of. */
struct result {
	struct crew *crew;
	struct staff *staff;
	struct ticket *ticket;
	struct sink *sink;
	struct err *err;
	struct arena input, document, record;
	struct buf message; /* TELL_MORE */
	struct report report;
	struct report_totals totals;
	uint64_t documents;
	uint64_t raw_bytes, records; /* of the document */
	uint64_t all_bytes;	     /* of all documents */
	uint64_t looked_ms;	     /* when it was looked at how long the worker computed */
	bool head;		     /* the mail is told of */
	bool part, begun;	     /* a document is told of; its report was */
	bool refused;		     /* by the sink: the rest of it is not for it */
	bool done;
};

/* Of a verb of the sink: 0, or the input ends with this. */
static int sunk(struct result *x, int r, struct err *why)
{
	if (r >= 0)
		return 0;
	if (r != ERR_INPUT && r != ERR_LIMIT) {
		*x->err = *why;
		return r;
	}
	x->refused = true;
	flow_settle_reason(why);
	return x->sink->refused(x->sink, x->begun ? &x->report : NULL, why, x->err);
}

static bool head_taken(struct result *x, struct packed *p)
{
	struct sink *s = x->sink;

	if (x->head || x->documents > 0)
		return false;
	x->head = true;
	s->is_mail = packed_u64(p) != 0;
	s->from = arena_str(&x->input, packed_bytes(p));
	s->subject = arena_str(&x->input, packed_bytes(p));
	s->message_id = arena_str(&x->input, packed_bytes(p));
	return packed_end(p);
}

/* What a worker could find: more of it was made up.  One document more tells that there were
 * too many. */
static uint64_t documents_most(const struct result *x)
{
	return flow_limits(x->crew->flow)->documents + 1;
}

/* As unpack counts it (expansion.h), for each document at most once. */
static uint64_t bytes_most(const struct result *x)
{
	return x->documents * MIB + flow_limits(x->crew->flow)->ratio * x->ticket->bytes;
}

static uint64_t records_most(const struct result *x)
{
	uint64_t most = x->raw_bytes / RECORD_BYTES;

	return most < flow_limits(x->crew->flow)->records ? most
							  : flow_limits(x->crew->flow)->records;
}

static int part_taken(struct result *x, struct packed *p, bool *ret_good)
{
	struct str part = packed_bytes(p);
	struct err why = { 0 };

	arena_reset(&x->document);
	x->sink->part = arena_str(&x->document, part);
	x->begun = x->refused = false;
	x->report = (struct report){ .policy.pct = -1 };
	x->totals = (struct report_totals){ 0 };
	x->raw_bytes = x->records = 0;
	*ret_good = packed_end(p) && ++x->documents <= documents_most(x);
	x->part = *ret_good;
	if (!*ret_good || !x->sink->document)
		return 0;
	return sunk(x, x->sink->document(x->sink, &why), &why);
}

static void keep(struct arena *a, struct str *s)
{
	*s = arena_str(a, *s);
}

/* The report outlives its frame. */
static void keep_report(struct arena *a, struct report *r)
{
	struct str *texts[] = { &r->org_name, &r->email, &r->extra_contact_info, &r->report_id,
		&r->generator, &r->version, &r->xml_namespace, &r->policy.domain, &r->policy.p,
		&r->policy.sp, &r->policy.np, &r->policy.adkim, &r->policy.aspf, &r->policy.fo,
		&r->policy.testing, &r->policy.discovery_method };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		keep(a, texts[i]);
	for (size_t i = 0; i < r->error_count; i++)
		keep(a, &r->errors[i]);
}

static int report_taken(struct result *x, struct packed *p, bool *ret_good)
{
	struct err why = { 0 };

	*ret_good = x->part && !x->begun && packed_report(p, &x->document, &x->report) &&
		    packed_end(p);
	if (!*ret_good)
		return 0;
	keep_report(&x->document, &x->report);
	x->begun = true;
	if (x->refused)
		return 0;
	return sunk(x, x->sink->begin(x->sink, &x->report, &why), &why);
}

static int raw_taken(struct result *x, struct str bytes, bool *ret_good)
{
	struct err why = { 0 };

	x->raw_bytes += bytes.n;
	x->all_bytes += bytes.n;
	*ret_good = x->part && bytes.n > 0 && x->all_bytes <= bytes_most(x) &&
		    x->raw_bytes <= flow_limits(x->crew->flow)->document_size;
	if (!*ret_good || x->refused || !x->sink->raw)
		return 0;
	return sunk(x, x->sink->raw(x->sink, bytes.p, bytes.n, &why), &why);
}

static int record_taken(struct result *x, struct packed *p, bool *ret_good)
{
	struct verdict v;
	struct record rec;
	struct err why = { 0 };

	arena_reset(&x->record);
	*ret_good = x->begun && packed_record(p, &x->record, &rec, &v) &&
		    ++x->records <= records_most(x);
	if (!*ret_good || x->refused)
		return 0;
	flow_count(&x->totals, &rec, &v);
	return sunk(x, x->sink->record(x->sink, &x->report, &rec, &v, &why), &why);
}

static int end_taken(struct result *x, struct packed *p, bool *ret_good)
{
	struct digest digest = { 0 };
	struct err why = { 0 };
	struct report report = { 0 };

	*ret_good = x->begun && p->rest.n >= DIGEST_BYTES;
	if (!*ret_good)
		return 0;
	memcpy(digest.b, p->rest.p, DIGEST_BYTES);
	p->rest = str_from(p->rest, DIGEST_BYTES);
	*ret_good = packed_report(p, &x->document, &report) &&
		    packed_notes(p, &x->document, &report) &&
		    packed_carrier(p, &x->sink->carrier) && packed_end(p);
	if (!*ret_good)
		return 0;
	x->part = x->begun = false;
	if (x->refused)
		return 0;
	return sunk(x, x->sink->end(x->sink, &report, &x->totals, &digest, &why), &why);
}

static int refusal_taken(struct result *x, struct packed *p, bool *ret_good)
{
	struct report partial;
	struct err why = { 0 };
	bool known;

	*ret_good = x->part && packed_refusal(p, &partial, &known, &why);
	if (!*ret_good)
		return 0;
	x->part = x->begun = false;
	if (x->refused)
		return 0;
	return x->sink->refused(x->sink, known ? &partial : NULL, &why, x->err);
}

/* A whole message. */
static int message_taken(struct result *x, enum tell tell, struct str bytes, bool *ret_good)
{
	struct packed p = { .rest = bytes, .limits = flow_limits(x->crew->flow) };

	*ret_good = true;
	switch (tell) {
	case TELL_HEAD:
		*ret_good = head_taken(x, &p);
		return 0;
	case TELL_PART:
		*ret_good = !x->part;
		return *ret_good ? part_taken(x, &p, ret_good) : 0;
	case TELL_REPORT:
		return report_taken(x, &p, ret_good);
	case TELL_RAW:
		return raw_taken(x, bytes, ret_good);
	case TELL_RECORD:
		return record_taken(x, &p, ret_good);
	case TELL_END:
		return end_taken(x, &p, ret_good);
	case TELL_REFUSED:
		return refusal_taken(x, &p, ret_good);
	case TELL_DONE:
		/* It knows only what it was sent. */
		*ret_good = !x->part && x->documents > 0 && x->staff->next > x->crew->first;
		x->done = *ret_good;
		return 0;
	case TELL_READY:
	case TELL_MORE:
	default:
		*ret_good = false;
		return 0;
	}
}

/* Negative: the sink cannot go on. */
static int frame_taken(struct result *x, const struct frame *f, bool *ret_good)
{
	int r;

	if (f->type == TELL_MORE) {
		*ret_good = f->bytes.n > 0 && buf_str(&x->message, f->bytes);
		return 0;
	}
	if (x->message.n == 0)
		return message_taken(x, (enum tell)f->type, f->bytes, ret_good);
	*ret_good = buf_str(&x->message, f->bytes);
	r = *ret_good ? message_taken(x, (enum tell)f->type, buf_view(&x->message), ret_good)
		      : 0;
	buf_clear(&x->message);
	return r;
}

/* --- Workers that fail --- */

static int refuse_input(struct result *x, const char *reason, const char *detail)
{
	const struct reason *row = reason_find(str_of(reason));
	struct err why = { 0 };

	err_set(&why, ERR_INPUT, row->code, "%s%s%s", row->sentence, detail[0] ? " " : "",
		detail);
	log_line(LOG_LEVEL_INFO, "worker.failed", LOG_STR("reason", str_of(reason)),
		LOG_STR("locator", x->ticket->mail.locator), LOG_STR("detail", str_of(detail)));
	if (!x->part || x->refused) {
		x->sink->part = STR_ABSENT;
		x->begun = false;
		if (x->sink->document) {
			int r = x->sink->document(x->sink, x->err);

			if (r < 0)
				return r;
		}
	}
	x->done = true;
	return x->sink->refused(x->sink, x->begun ? &x->report : NULL, &why, x->err);
}

/* Has the sink nothing of this input that it could not forget? */
static bool unheard(const struct result *x)
{
	return x->documents == 0 ||
	       (x->documents == 1 && x->part && !x->refused && x->sink->undo);
}

/* Killed, perhaps, by somebody who wanted memory: another one reads it once more. */
static int begin_again(struct result *x)
{
	struct sink *sink = x->sink;

	x->ticket->again = true;
	if (x->documents > 0)
		sink->undo(sink);
	sink->part = sink->from = sink->subject = sink->message_id = STR_ABSENT;
	buf_clear(&x->message);
	arena_reset(&x->input);
	x->documents = x->all_bytes = 0;
	x->head = x->part = x->begun = false;
	return 0;
}

/* It closed its socket. */
static int worker_died(struct result *x)
{
	bool was_ready = x->staff->ready;
	char how[80] = "";
	int status = staff_end(x->staff, WORKER_END_MS);

	if (!was_ready && ++x->crew->stillborn < STARTS_MOST)
		return 0;
	if (!was_ready)
		return FAIL(x->err, ERR_TEMP, NULL,
			"%s ended before it could begin (status %d, signal %d)",
			worker_kind.what, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
			WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_MEMORY)
		return refuse_input(x, "worker-memory", "(limit worker_memory)");
	if (!x->ticket->again && unheard(x))
		return begin_again(x);
	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "Signal %d, %s.", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	return refuse_input(x, "worker-crashed", how);
}

static int worker_killed(struct result *x, const char *reason, const char *detail)
{
	staff_end(x->staff, 0);
	return refuse_input(x, reason, detail);
}

static int out_of_time(struct result *x)
{
	return worker_killed(x, "worker-timeout", "(limit worker_seconds)");
}

/* A worker that has begun, for the first ticket: 0, negative. */
static int take_ready(struct result *x, const struct frame *f)
{
	struct packed p = { .rest = f->bytes, .limits = flow_limits(x->crew->flow) };
	unsigned held = (unsigned)packed_u64(&p);

	if (f->type != TELL_READY || !packed_end(&p))
		return FAIL(x->err, ERR_TEMP, NULL, "%s does not begin as it must",
			worker_kind.what);
	x->staff->ready = true;
	x->crew->stillborn = 0;
	x->crew->waited_ms = 0;
	x->crew->work_known = false;
	(void)crew_worked_ms(x->crew); /* from now on */
	tell_held(held);
	return 0;
}

/* It is slow to begin: that is not for the input to answer for. */
static int await_start(struct result *x)
{
	if (x->crew->waited_ms < START_MS)
		return 0;
	return FAIL(x->err, ERR_TEMP, NULL, "%s does not begin", worker_kind.what);
}

/* Has it computed for too long at this input?  Looked at now and then. */
static bool overworked(struct result *x)
{
	uint64_t now = time_monotonic_ms();

	if (now - x->looked_ms < LOOK_MS)
		return false;
	x->looked_ms = now;
	return crew_worked_ms(x->crew) > WORK_FACTOR * crew_patience_ms(x->crew);
}

static int heard_frame(struct result *x, const struct frame *f)
{
	bool good;
	int r;

	if (!x->staff->ready)
		return take_ready(x, f);
	r = frame_taken(x, f, &good);
	if (r < 0 || x->done)
		return r;
	if (!good)
		return worker_killed(x, "worker-protocol", "");
	return overworked(x) ? out_of_time(x) : 0;
}

/* The next thing that happens to the first input. */
static int step(struct result *x)
{
	struct staff *s = x->staff;
	struct frame f;
	int r;

	if (s->pid == 0) {
		r = staff_start(x->crew, s, x->err);
		if (r < 0)
			return r;
	}
	switch (hear(x->crew, s, LOOK_MS, &f)) {
	case HEARD_FRAME:
		return heard_frame(x, &f);
	case HEARD_GONE:
		return worker_died(x);
	case HEARD_NONSENSE:
		return worker_killed(x, "worker-protocol", "");
	case HEARD_NOTHING:
	default:
		if (!s->ready)
			return await_start(x);
		return crew_overdue(x->crew) ? out_of_time(x) : 0;
	}
}

static void result_init(struct result *x, struct crew *c, struct sink *sink, struct err *err)
{
	*x = (struct result){ .crew = c,
		.ticket = crew_ticket(c, c->first),
		.sink = sink,
		.err = err,
		.report.policy.pct = -1 };
	x->staff = &c->staff[x->ticket->worker];
	(void)crew_worked_ms(c); /* from now on, if not before */
	x->looked_ms = time_monotonic_ms();
	arena_init(&x->input);
	arena_init(&x->document);
	arena_init(&x->record);
	buf_init(&x->message, WORKER_MESSAGE_BYTES);
	sink->part = sink->from = sink->subject = sink->message_id = STR_ABSENT;
	sink->is_mail = x->ticket->mail.is_mail;
	sink->carrier = (struct carrier){ 0 };
}

static void result_release(struct result *x)
{
	arena_release(&x->input);
	arena_release(&x->document);
	arena_release(&x->record);
	buf_release(&x->message);
}

static bool stopped(const struct crew *c)
{
	return c->stop && *c->stop;
}

int crew_take(struct crew *c, struct sink *sink, struct err *err)
{
	struct result x;
	int r = 0;

	assert(c->first < c->end);
	if (c->workers == 0) {
		r = flow_read(c->flow, &crew_ticket(c, c->first)->mail, sink, err);
		crew_out(c);
		return r;
	}
	result_init(&x, c, sink, err);
	while (r == 0 && !x.done)
		r = stopped(c) ? 1 : step(&x);
	/* What is left of it would be taken for the next one's. */
	if (r != 0 && x.staff->pid > 0)
		staff_end(x.staff, 0);
	crew_out(c);
	result_release(&x);
	sink->part = sink->from = sink->subject = sink->message_id = STR_ABSENT;
	return r;
}
