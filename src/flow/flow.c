#include "inner.h"

#include "fit.h"
#include "judge.h"
#include "note.h"
#include "rua.h"
#include "unpack.h"
#include "worker.h"
#include "xalloc.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define DRAIN_CHUNK 4096

struct flow {
	struct limits limits;
	char *psl_file; /* NULL: the system's */
	struct psl *psl;
	struct unpack *unpack;
	struct rua *rua;
	struct arena document; /* of one document */
	struct arena verdict;  /* of one record */
	struct arena mail;
	struct carrier carrier; /* of the mail; in its arena */
};

static void global_init(void)
{
	rua_global_init();
}

int flow_new(
	const struct limits *limits, const char *psl_file, struct flow **ret, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct psl *psl;
	struct flow *f;
	int r = psl_open(psl_file, &psl, err);

	if (r < 0)
		return r;
	pthread_once(&once, global_init);
	f = xcalloc(1, sizeof(*f));
	f->limits = *limits;
	f->psl = psl;
	f->psl_file = psl_file ? xmemdup0(psl_file, strlen(psl_file)) : NULL;
	f->unpack = unpack_new(&f->limits);
	f->rua = rua_new(&f->limits);
	arena_init(&f->document);
	arena_init(&f->verdict);
	arena_init(&f->mail);
	*ret = f;
	return 0;
}

void flow_free(struct flow *f)
{
	if (!f)
		return;
	unpack_free(f->unpack);
	rua_free(f->rua);
	psl_close(f->psl);
	free(f->psl_file);
	arena_release(&f->document);
	arena_release(&f->verdict);
	arena_release(&f->mail);
	free(f);
}

struct str flow_psl_version(const struct flow *f)
{
	return psl_version(f->psl);
}

struct str flow_psl_file(const struct flow *f)
{
	return str_of(f->psl_file);
}

const char *flow_xml_version(void)
{
	return rua_library_version();
}

const struct limits *flow_limits(const struct flow *f)
{
	return &f->limits;
}

void flow_judge(const struct flow *f, struct arena *a, const struct policy *policy,
	const struct record *rec, struct verdict *ret)
{
	judge(a, policy, rec, psl_orgdom(f->psl), ret);
}

/*
 * The bytes of a document on their way to the parser: each passes into the digest and to the
 * sink.
 */
struct tee {
	struct reader reader; /* first */
	struct reader *in;
	struct sink *sink;
	struct digest_ctx digest;
	int failed; /* what the sink returned when it could not go on */
	struct err err;
};

static ssize_t tee_read(struct reader *r, void *p, size_t n, struct err *err)
{
	struct tee *t = (struct tee *)(void *)r;
	ssize_t got = reader_read(t->in, p, n, err);

	if (got <= 0)
		return got;
	digest_add(&t->digest, p, (size_t)got);
	if (!t->sink->raw)
		return got;
	t->failed = t->sink->raw(t->sink, p, (size_t)got, &t->err);
	if (t->failed == 0)
		return got;
	if (err)
		*err = t->err;
	return t->failed;
}

static void tee_init(struct tee *t, struct reader *in, struct sink *sink)
{
	*t = (struct tee){ .reader.read = tee_read, .in = in, .sink = sink };
	digest_init(&t->digest);
}

/* What the parser left: a container is known to be whole only at its end. */
static int tee_drain(struct tee *t, struct err *err)
{
	char chunk[DRAIN_CHUNK];
	ssize_t got;

	do
		got = tee_read(&t->reader, chunk, sizeof(chunk), err);
	while (got > 0);
	return (int)got;
}

void flow_settle_reason(struct err *why)
{
	if (!why->reason || !reason_find(str_of(why->reason)))
		why->reason = "read-failed";
}

static int refuse(
	struct sink *sink, const struct report *partial, struct err *why, struct err *err)
{
	flow_settle_reason(why);
	return sink->refused(sink, partial, why, err);
}

/* A bad document: what is known of it goes to the ledger. */
static int refuse_xml(struct flow *f, const struct tee *t, struct err *why, struct err *err)
{
	struct report partial = { .policy.pct = -1 };

	rua_partial(f->rua, &partial.org_name, &partial.report_id, &partial.policy.domain);
	return refuse(t->sink, &partial, why, err);
}

/* A verb of the sink returned r: does it not take this document, or can it not go on at all? */
static int sink_failed(
	struct flow *f, const struct tee *t, int r, struct err *why, struct err *err)
{
	if (r == ERR_INPUT || r == ERR_LIMIT)
		return refuse_xml(f, t, why, err);
	*err = *why;
	return r;
}

/* Parse, the container, or the sink behind the bytes that parse read, returned an error. */
static int read_failed(struct flow *f, struct tee *t, struct err *why, struct err *err)
{
	if (t->failed < 0)
		return sink_failed(f, t, t->failed, &t->err, err);
	return refuse_xml(f, t, why, err);
}

/* The notes of unpack behind those of parse. */
static void add_notes(struct flow *f, unsigned bits, struct report *r)
{
	size_t n = r->note_count;
	struct note *notes;

	if (bits == 0)
		return;
	notes = ARENA_ARRAY(&f->document, struct note, n + NOTE_COUNT);
	if (n > 0)
		memcpy(notes, r->notes, n * sizeof(*notes));
	for (unsigned code = 0; code < NOTE_COUNT; code++) {
		if (bits & 1U << code)
			notes[n++] =
				(struct note){ .code = str_of(note_name(code)), .times = 1 };
	}
	r->notes = notes;
	r->note_count = n;
}

static uint64_t add_up(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

void flow_count(struct report_totals *t, const struct record *rec, const struct verdict *v)
{
	t->records++;
	t->messages = add_up(t->messages, rec->messages);
	if (v->result == DMARC_PASS)
		t->pass = add_up(t->pass, rec->messages);
	else
		t->fail = add_up(t->fail, rec->messages);
}

/* 1 read to the end, 0 refused, negative: cannot go on. */
static int read_records(struct flow *f, const struct report *report, struct tee *t,
	struct report_totals *totals, struct err *why, struct err *err)
{
	struct sink *sink = t->sink;
	struct record rec;
	int r;

	while ((r = rua_next(f->rua, &rec, why)) > 0) {
		struct verdict v;

		arena_reset(&f->verdict);
		flow_judge(f, &f->verdict, &report->policy, &rec, &v);
		flow_count(totals, &rec, &v);
		r = sink->record(sink, report, &rec, &v, why);
		if (r < 0)
			return sink_failed(f, t, r, why, err);
	}
	if (r == 0)
		r = tee_drain(t, why);
	return r < 0 ? read_failed(f, t, why, err) : 1;
}

static int read_xml(struct flow *f, const struct doc *doc, struct sink *sink, struct err *err)
{
	struct tee t;
	struct report report;
	struct report_totals totals = { 0 };
	struct digest digest;
	struct err why = { 0 };
	int r;

	tee_init(&t, doc->content, sink);
	rua_begin(f->rua, &t.reader);
	r = rua_report(f->rua, &report, &why);
	if (r < 0)
		return read_failed(f, &t, &why, err);
	r = sink->begin(sink, &report, &why);
	if (r < 0)
		return sink_failed(f, &t, r, &why, err);
	r = read_records(f, &report, &t, &totals, &why, err);
	if (r <= 0)
		return r;
	rua_done(f->rua, &report);
	add_notes(f, doc->notes | unpack_notes(f->unpack), &report);
	digest_end(&t.digest, &digest);
	sink->carrier = f->carrier;
	sink->carrier.state =
		fit_reporter(&f->document, &f->carrier, &report, psl_orgdom(f->psl));
	r = sink->end(sink, &report, &totals, &digest, &why);
	return r < 0 ? sink_failed(f, &t, r, &why, err) : 0;
}

/* A report of another kind, which is set aside by rule. */
static int set_aside(struct sink *sink, const char *reason, struct err *err)
{
	const struct reason *why = reason_find(str_of(reason));
	struct err text = { 0 };

	err_set(&text, ERR_INPUT, why->code, "%s", why->sentence);
	return sink->refused(sink, NULL, &text, err);
}

static int announce(struct sink *sink, struct err *err)
{
	return sink->document ? sink->document(sink, err) : 0;
}

static int read_document(struct flow *f, struct doc *doc, struct sink *sink, struct err *err)
{
	int r;

	arena_reset(&f->document);
	sink->part = doc->part;
	r = announce(sink, err);
	if (r < 0)
		return r;
	switch (doc->kind) {
	case DOC_XML:
		return read_xml(f, doc, sink, err);
	case DOC_TLSRPT:
		return set_aside(sink, "tls-report", err);
	case DOC_ARF:
		return set_aside(sink, "failure-report", err);
	case DOC_FEEDBACK:
		return set_aside(sink, "feedback-report", err);
	case DOC_NONE:
	case DOC_FAILED:
		break;
	}
	return refuse(sink, NULL, &doc->err, err);
}

int flow_read(struct flow *f, const struct mail *mail, struct sink *sink, struct err *err)
{
	const struct mail_head *head;
	struct err why = { 0 };
	struct doc doc;
	int r;

	assert(!worker_possible() || worker_here()); /* foreign bytes are met nowhere else */
	sink->part = sink->from = sink->subject = sink->message_id = STR_ABSENT;
	sink->is_mail = mail->is_mail;
	sink->carrier = (struct carrier){ 0 };
	arena_reset(&f->mail);
	if (unpack_begin(f->unpack, mail, &why) < 0) {
		r = announce(sink, err);
		return r < 0 ? r : refuse(sink, NULL, &why, err);
	}
	head = unpack_head(f->unpack);
	sink->is_mail = head->is_mail;
	sink->from = head->from;
	sink->subject = head->subject;
	sink->message_id = head->message_id;
	fit_mail(&f->mail, &head->authres, psl_orgdom(f->psl), &f->carrier);
	while ((r = unpack_next(f->unpack, &doc)) > 0) {
		r = read_document(f, &doc, sink, err);
		if (r < 0)
			return r;
	}
	return 0;
}
