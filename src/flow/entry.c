#include "entry.h"

#include "day.h"
#include "log.h"

#include <assert.h>
#include <stdio.h>

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

/*
 * The whole input, to be kept with a rejected one; absent when it is larger than a mail may be
 * or cannot be read: half an original is worth nothing.
 */
static struct str input_bytes(struct import *imp)
{
	const struct blob *b = &imp->in->mail.content;
	const struct limits *limits = flow_limits(imp->flow);
	uint64_t size = b->fd < 0 ? b->mem.n : b->size_bytes;
	struct err err;

	if (size > limits->mail_size || size > limits->kept_bytes)
		return STR_ABSENT;
	if (b->fd >= 0 && entry_load(imp->in, &err) < 0)
		return STR_ABSENT;
	return b->mem;
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
	if (in.outcome == OUTCOME_REJECTED)
		in.bytes = input_bytes(imp);
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

static int import_end(struct sink *s, const struct report *report,
	const struct report_totals *t, const struct digest *document, struct err *err)
{
	struct import *imp = (struct import *)s;
	struct stored stored;
	int r = store_end(imp->store, report, document, &stored, err);

	(void)t;
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
