#include "entry.h"

#include "day.h"
#include "log.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void input_set_id(struct input *in, const struct digest *d)
{
	char hex[2 * DIGEST_BYTES + 1];

	digest_hex(d, hex);
	memcpy(in->id, hex, MAIL_ID - 1);
}

/* --- The ledger --- */

int entry_load(struct input *in, struct err *why)
{
	struct blob *b = &in->mail.content;
	char *p = buf_reserve(&in->bytes, (size_t)b->size_bytes);
	ssize_t got;

	assert(b->fd >= 0 && p);
	got = blob_read(b, 0, p, (size_t)b->size_bytes, why);
	if (got < 0) {
		why->reason = "read-failed";
		return (int)got;
	}
	in->bytes.n = (size_t)got;
	*b = blob_mem(buf_view(&in->bytes));
	return 0;
}

/* The whole input, to be kept with a rejected one; none when it is larger than a mail may be.
 */
static void add_original(const struct import *imp, struct input_entry *in)
{
	const struct blob *b = &imp->in->mail.content;
	const struct limits *limits = flow_limits(imp->flow);
	uint64_t size = b->fd < 0 ? b->mem.n : b->size_bytes;

	if (size > limits->mail_size || size > limits->kept_bytes)
		return;
	if (b->fd < 0)
		in->bytes = b->mem;
	else
		in->file = b;
}

static void gather(struct gathered *g, const struct input_entry *in)
{
	struct kept_entry *e;

	g->entries = ARENA_MORE(g->arena, g->entries, g->count);
	e = &g->entries[g->count++];
	*e = (struct kept_entry){ .in = *in };
	e->in.part = arena_str(g->arena, in->part);
	e->in.detail = arena_str(g->arena, in->detail);
}

static int enter(struct import *imp, struct input_entry *in, struct err *err)
{
	const struct mail *mail = &imp->in->mail;
	int64_t id = 0;
	int r;

	in->run = imp->run;
	in->source = mail->source;
	in->locator = mail->locator;
	in->part = imp->sink.part;
	in->from = imp->sink.from;
	in->subject = imp->sink.subject;
	in->message_id = imp->sink.message_id;
	in->sha256 = imp->in->sha256;
	in->size_bytes = mail->content.fd < 0 ? mail->content.mem.n : mail->content.size_bytes;
	in->arrived_at = mail->arrived_at;
	in->at = time_now();
	imp->outcome = imp->any ? outcome_worse(imp->outcome, in->outcome) : in->outcome;
	imp->any = true;
	imp->batch.inputs++;
	imp->batch.by_outcome[in->outcome]++;
	if (imp->gathered) {
		gather(imp->gathered, in);
		return 0;
	}
	r = store_input(imp->store, in, flow_limits(imp->flow)->kept_bytes, &id, err);
	if (r == 0 && imp->opt->told)
		imp->opt->told(imp->opt->told_arg, id, in);
	return r;
}

static void log_refused(
	const struct import *imp, const struct input_entry *in, const struct report *partial)
{
	struct str org = partial ? partial->org_name : STR_ABSENT;
	struct str domain = partial ? partial->policy.domain : STR_ABSENT;
	struct str position = STR_ABSENT;
	char text[64];

	if (in->line > 0) {
		snprintf(text, sizeof(text), "%lld:%lld", (long long)in->line,
			(long long)in->column);
		position = str_of(text);
	}
	log_line(LOG_LEVEL_INFO,
		in->outcome == OUTCOME_REJECTED ? "input.rejected" : "input.ignored",
		LOG_STR("mail", str_of(imp->in->id)), LOG_STR("reason", str_of(in->reason)),
		LOG_STR("locator", in->locator), LOG_STR("part", in->part), LOG_STR("org", org),
		LOG_STR("domain", domain), LOG_STR("position", position),
		LOG_STR("detail", in->detail));
}

int entry_refused(struct import *imp, const struct report *partial, const struct err *why,
	struct err *err)
{
	const struct reason *reason = reason_find(str_of(why->reason));
	struct input_entry in = {
		.outcome = reason ? reason->outcome : OUTCOME_REJECTED,
		.reason = reason ? reason->code : "read-failed",
		.detail = str_of(why->text),
		.line = why->line,
		.column = why->column,
	};
	int r;

	imp->unread = imp->unread || str_eq(str_of(in.reason), STR("read-failed"));
	if (in.outcome == OUTCOME_REJECTED || outcome_held(str_of(in.reason)))
		add_original(imp, &in);
	r = enter(imp, &in, err);
	if (r == 0)
		log_refused(imp, &in, partial);
	return r;
}

static int enter_report(struct import *imp, const struct report *report,
	const struct stored *stored, struct err *err)
{
	bool again = stored->outcome == OUTCOME_DUPLICATE;
	struct input_entry in = {
		.outcome = stored->outcome,
		.reason = again ? "duplicate" : NULL,
		.report = stored->report,
	};
	int r;

	if (stored->replaced)
		in.detail =
			STR("It came again with more records; the older one was taken out.");
	else if (stored->conflict)
		in.detail =
			STR("Another report has the same name and period but other content; "
			    "both are kept.");
	r = enter(imp, &in, err);
	if (r < 0)
		return r;
	log_line(LOG_LEVEL_INFO, again ? "input.duplicate" : "report.stored",
		LOG_STR("mail", str_of(imp->in->id)), LOG_INT("report", stored->report),
		LOG_STR("locator", in.locator), LOG_STR("org", report->org_name),
		LOG_STR("domain", report->policy.domain), LOG_STR("id", report->report_id),
		LOG_INT("records", stored->totals.records),
		LOG_INT("messages", stored->totals.messages), LOG_STR("detail", in.detail));
	if (again)
		return 0;
	imp->batch.reports++;
	imp->batch.records += stored->totals.records;
	imp->batch.messages += stored->totals.messages;
	return 0;
}

/* --- The sink --- */

#define HELD_NAME_MOST 100 /* bytes of a name in the sentence */

static struct str result_word(struct str result)
{
	return str_absent(result) ? STR("none") : result;
}

static int import_begin(struct sink *s, const struct report *r, struct err *err)
{
	struct import *imp = (struct import *)s;

	imp->document = true;
	return store_begin(imp->store, r, imp->in->mail.arrived_at, err);
}

static int import_raw(struct sink *s, const void *p, size_t n, struct err *err)
{
	struct import *imp = (struct import *)s;

	imp->document = true;
	return store_raw(imp->store, p, n, err);
}

static int import_record(struct sink *s, const struct report *r, const struct record *rec,
	const struct verdict *v, struct err *err)
{
	(void)r;
	return store_add(((struct import *)s)->store, rec, v, err);
}

/* Whose mail it was and what it speaks for, in one line. */
static int held(const struct carrier *c, const struct report *r, struct err *err)
{
	struct str from = str_absent(c->from) ? STR("nobody") : c->from;
	bool misfit = c->state == CARRIER_MISFIT;

	return FAIL(err, ERR_INPUT, misfit ? "reporter-misfit" : "unauthenticated",
		"The mail is from %.*s (dmarc=%.*s, dkim=%.*s, spf=%.*s), the report is from "
		"%.*s about %.*s.",
		STR_ARGS(str_first(from, HELD_NAME_MOST)), STR_ARGS(result_word(c->dmarc)),
		STR_ARGS(result_word(c->dkim)), STR_ARGS(result_word(c->spf)),
		STR_ARGS(str_first(r->org_name, HELD_NAME_MOST)),
		STR_ARGS(str_first(r->policy.domain, HELD_NAME_MOST)));
}

/* ERR_INPUT: it is not let in.  What is stored already is not held back, but a duplicate. */
static int admit(struct import *imp, const struct report *r, const struct digest *document,
	struct err *err)
{
	const struct admission *a = imp->admission;
	const struct carrier *c = &imp->sink.carrier;
	int64_t known;
	int seen;

	if (!a)
		return 0;
	if (a->only_ours && !carrier_ours(a->domains, a->domain_count, r->policy.domain))
		return FAIL(err, ERR_INPUT, "domain-not-allowed",
			"The report is about %.*s, which is none of the configured domains and "
			"below none of them.",
			STR_ARGS(r->policy.domain));
	if (imp->opt->release || a->unauthenticated != UNAUTHENTICATED_HOLD ||
		!carrier_suspect(c->state))
		return 0;
	seen = store_seen(imp->store, document, &known, err);
	if (seen != 0)
		return seen < 0 ? seen : 0;
	return held(c, r, err);
}

static int import_end(struct sink *s, const struct report *report,
	const struct report_totals *t, const struct digest *document, struct err *err)
{
	struct import *imp = (struct import *)s;
	const struct admission *a = imp->admission;
	struct stored stored;
	int r = admit(imp, report, document, err);

	(void)t;
	if (r < 0)
		return r;
	store_carrier(imp->store, &s->carrier,
		a && a->unauthenticated != UNAUTHENTICATED_ACCEPT && !imp->opt->release);
	r = store_end(imp->store, report, document, &stored, err);
	if (r < 0)
		return r;
	imp->document = false;
	return enter_report(imp, report, &stored, err);
}

static int import_refused(
	struct sink *s, const struct report *partial, const struct err *why, struct err *err)
{
	struct import *imp = (struct import *)s;

	if (imp->document)
		store_abort(imp->store);
	imp->document = false;
	return entry_refused(imp, partial, why, err);
}

static void import_undo(struct sink *s)
{
	struct import *imp = (struct import *)s;

	if (imp->document)
		store_abort(imp->store);
	imp->document = false;
}

void entry_sink(struct sink *ret)
{
	*ret = (struct sink){
		.begin = import_begin,
		.raw = import_raw,
		.record = import_record,
		.end = import_end,
		.refused = import_refused,
		.undo = import_undo,
	};
}
