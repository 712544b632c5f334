#include "packing.h"

#include "outcome.h"
#include "period.h"
#include "wire.h"

#include <assert.h>
#include <string.h>

/* Of one report; parse gives fewer. */
#define ERRORS_MOST 1000
#define NOTES_MOST 16384

/* --- Packing --- */

/* Small numbers of either sign are short. */
void pack_i64(struct buf *b, int64_t v)
{
	wire_put_u64(b, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

void pack_str(struct buf *b, struct str s)
{
	if (str_absent(s)) {
		wire_put_u64(b, 0);
		return;
	}
	wire_put_u64(b, (uint64_t)s.n + 1);
	buf_str(b, s);
}

static void pack_policy(struct buf *b, const struct policy *p)
{
	pack_str(b, p->domain);
	pack_str(b, p->p);
	pack_str(b, p->sp);
	pack_str(b, p->np);
	pack_str(b, p->adkim);
	pack_str(b, p->aspf);
	pack_i64(b, p->pct);
	pack_str(b, p->fo);
	pack_str(b, p->testing);
	pack_str(b, p->discovery_method);
}

void pack_report(struct buf *b, const struct report *r)
{
	pack_str(b, r->org_name);
	pack_str(b, r->email);
	pack_str(b, r->extra_contact_info);
	pack_str(b, r->report_id);
	pack_i64(b, r->begin_at);
	pack_i64(b, r->end_at);
	pack_str(b, r->generator);
	pack_str(b, r->version);
	pack_str(b, r->xml_namespace);
	wire_put_u64(b, r->format);
	pack_policy(b, &r->policy);
	wire_put_u64(b, r->error_count);
	for (size_t i = 0; i < r->error_count; i++)
		pack_str(b, r->errors[i]);
}

void pack_notes(struct buf *b, const struct note *notes, size_t n)
{
	wire_put_u64(b, n);
	for (size_t i = 0; i < n; i++) {
		pack_str(b, notes[i].code);
		pack_str(b, notes[i].where);
		pack_str(b, notes[i].detail);
		wire_put_u64(b, notes[i].times);
	}
}

static void pack_auth(
	struct buf *b, const struct auth *auth, const enum dmarc *matches, size_t n)
{
	wire_put_u64(b, n);
	for (size_t i = 0; i < n; i++) {
		pack_str(b, auth[i].domain);
		pack_str(b, auth[i].selector);
		pack_str(b, auth[i].scope);
		pack_str(b, auth[i].result);
		pack_str(b, auth[i].human_result);
		wire_put_u64(b, matches[i]);
	}
}

static void pack_parts(struct buf *b, const struct verdict_parts *p)
{
	wire_put_u64(b, p->spf);
	wire_put_u64(b, p->dkim);
	wire_put_u64(b, p->dmarc);
}

static void pack_verdict(struct buf *b, const struct verdict *v)
{
	pack_parts(b, &v->computed);
	pack_parts(b, &v->reported);
	wire_put_u64(b, v->result);
	wire_put_u64(b, v->basis_reported);
	wire_put_u64(b, v->disagrees);
	wire_put_u64(b, v->forwarded);
	wire_put_u64(b, v->explained);
	wire_put_u64(b, v->cause);
	wire_put_u64(b, v->causes);
	pack_str(b, v->author);
	pack_str(b, v->org_domain);
	pack_str(b, v->sender);
	wire_put_u64(b, v->named_by);
}

void pack_record(struct buf *b, const struct record *rec, const struct verdict *v)
{
	wire_put_u64(b, rec->source_ip.n);
	buf_add(b, rec->source_ip.b, rec->source_ip.n);
	pack_str(b, rec->source_ip_text);
	wire_put_u64(b, rec->messages);
	pack_str(b, rec->disposition);
	pack_str(b, rec->dkim);
	pack_str(b, rec->spf);
	wire_put_u64(b, rec->reason_count);
	for (size_t i = 0; i < rec->reason_count; i++) {
		pack_str(b, rec->reasons[i].type);
		pack_str(b, rec->reasons[i].comment);
	}
	pack_str(b, rec->header_from);
	pack_str(b, rec->envelope_from);
	pack_str(b, rec->envelope_to);
	pack_auth(b, rec->dkim_auth, v->dkim_matches, rec->dkim_count);
	pack_auth(b, rec->spf_auth, v->spf_matches, rec->spf_count);
	wire_put_u64(b, rec->line);
	pack_verdict(b, v);
}

void pack_carrier(struct buf *b, const struct carrier *c)
{
	wire_put_u64(b, c->state);
	pack_str(b, c->from);
	pack_str(b, c->dmarc);
	pack_str(b, c->dkim);
	pack_str(b, c->dkim_domain);
	pack_str(b, c->spf);
	pack_str(b, c->spf_domain);
}

void pack_refusal(struct buf *b, const struct report *partial, const struct err *why)
{
	wire_put_u64(b, partial != NULL);
	pack_str(b, partial ? partial->org_name : STR_ABSENT);
	pack_str(b, partial ? partial->report_id : STR_ABSENT);
	pack_str(b, partial ? partial->policy.domain : STR_ABSENT);
	wire_put_u64(b, why->code == ERR_LIMIT);
	pack_str(b, str_of(why->reason));
	pack_str(b, str_of(why->text));
	pack_i64(b, why->line);
	pack_i64(b, why->column);
}

/* --- Taking --- */

/* Nothing more comes out of bad bytes. */
static void spoil(struct packed *p)
{
	p->bad = true;
	p->rest = STR("");
}

uint64_t packed_u64(struct packed *p)
{
	uint64_t v = wire_take_u64(&p->rest);

	if (str_absent(p->rest))
		spoil(p);
	return v;
}

int64_t packed_i64(struct packed *p)
{
	uint64_t v = packed_u64(p);

	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

struct str packed_bytes(struct packed *p)
{
	uint64_t n = packed_u64(p);
	struct str s;

	if (n == 0)
		return STR_ABSENT;
	n--;
	if (n > p->rest.n) {
		spoil(p);
		return STR_ABSENT;
	}
	s = str_make(p->rest.p, (size_t)n);
	p->rest = str_from(p->rest, (size_t)n);
	return s;
}

struct str packed_str(struct packed *p)
{
	struct str s = packed_bytes(p);

	if (s.n == 0 || (str_utf8(s) && !memchr(s.p, '\0', s.n)))
		return s;
	spoil(p);
	return STR_ABSENT;
}

bool packed_end(const struct packed *p)
{
	return !p->bad && p->rest.n == 0;
}

/* A number below count. */
static uint64_t packed_enum(struct packed *p, uint64_t count)
{
	uint64_t v = packed_u64(p);

	if (v < count)
		return v;
	spoil(p);
	return 0;
}

static bool packed_bool(struct packed *p)
{
	return packed_enum(p, 2) == 1;
}

/* How many elements follow: each takes a byte at least, and memory here. */
static size_t packed_count(struct packed *p, uint64_t most)
{
	uint64_t n = packed_u64(p);

	if (n <= p->rest.n && n <= most)
		return (size_t)n;
	spoil(p);
	return 0;
}

static void packed_policy(struct packed *p, struct policy *ret)
{
	int64_t pct;

	ret->domain = packed_str(p);
	ret->p = packed_str(p);
	ret->sp = packed_str(p);
	ret->np = packed_str(p);
	ret->adkim = packed_str(p);
	ret->aspf = packed_str(p);
	pct = packed_i64(p);
	ret->pct = (int)pct;
	ret->fo = packed_str(p);
	ret->testing = packed_str(p);
	ret->discovery_method = packed_str(p);
	if (str_empty(ret->domain) || pct < -1 || pct > INT32_MAX)
		spoil(p);
}

bool packed_report(struct packed *p, struct arena *a, struct report *ret)
{
	*ret = (struct report){ .org_name = packed_str(p) };
	ret->email = packed_str(p);
	ret->extra_contact_info = packed_str(p);
	ret->report_id = packed_str(p);
	ret->begin_at = packed_i64(p);
	ret->end_at = packed_i64(p);
	ret->generator = packed_str(p);
	ret->version = packed_str(p);
	ret->xml_namespace = packed_str(p);
	ret->format = packed_bool(p) ? FORMAT_RFC9990 : FORMAT_RFC7489;
	packed_policy(p, &ret->policy);
	ret->error_count = packed_count(p, ERRORS_MOST);
	ret->errors = ARENA_ARRAY(a, struct str, ret->error_count);
	for (size_t i = 0; i < ret->error_count; i++)
		ret->errors[i] = packed_str(p);
	if (!period_possible(ret->begin_at, ret->end_at))
		spoil(p);
	return !p->bad;
}

bool packed_notes(struct packed *p, struct arena *a, struct report *ret)
{
	ret->note_count = packed_count(p, NOTES_MOST);
	ret->notes = ARENA_ARRAY(a, struct note, ret->note_count);
	for (size_t i = 0; i < ret->note_count; i++) {
		ret->notes[i].code = packed_str(p);
		ret->notes[i].where = packed_str(p);
		ret->notes[i].detail = packed_str(p);
		ret->notes[i].times = packed_u64(p);
	}
	return !p->bad;
}

static struct auth *packed_auth(
	struct packed *p, struct arena *a, enum dmarc **ret_matches, size_t *ret_n)
{
	size_t n = packed_count(p, p->limits->dkim_entries);
	struct auth *auth;

	auth = ARENA_ARRAY(a, struct auth, n);
	*ret_matches = ARENA_ARRAY(a, enum dmarc, n);
	*ret_n = n;
	for (size_t i = 0; i < n; i++) {
		auth[i].domain = packed_str(p);
		auth[i].selector = packed_str(p);
		auth[i].scope = packed_str(p);
		auth[i].result = packed_str(p);
		auth[i].human_result = packed_str(p);
		(*ret_matches)[i] = (enum dmarc)packed_enum(p, DMARC_PASS + 1);
	}
	return auth;
}

static void packed_parts(struct packed *p, struct verdict_parts *ret)
{
	ret->spf = (enum dmarc)packed_enum(p, DMARC_PASS + 1);
	ret->dkim = (enum dmarc)packed_enum(p, DMARC_PASS + 1);
	ret->dmarc = (enum dmarc)packed_enum(p, DMARC_PASS + 1);
}

static void packed_verdict(struct packed *p, struct verdict *ret)
{
	packed_parts(p, &ret->computed);
	packed_parts(p, &ret->reported);
	ret->result = (enum dmarc)packed_enum(p, DMARC_PASS + 1);
	ret->basis_reported = packed_bool(p);
	ret->disagrees = packed_bool(p);
	ret->forwarded = packed_bool(p);
	ret->explained = packed_bool(p);
	ret->cause = (enum cause)packed_enum(p, CAUSE_COUNT);
	ret->causes = (unsigned)packed_enum(p, 1ULL << CAUSE_COUNT);
	ret->author = packed_str(p);
	ret->org_domain = packed_str(p);
	ret->sender = packed_str(p);
	ret->named_by = (enum named_by)packed_enum(p, NAMED_BY_SPF + 1);
	if (ret->result == DMARC_NULL || (ret->explained && ret->result == DMARC_PASS))
		spoil(p);
}

static void packed_ip(struct packed *p, struct ip *ret)
{
	uint64_t n = packed_u64(p);

	*ret = (struct ip){ 0 };
	if ((n != 0 && n != 4 && n != 16) || n > p->rest.n) {
		spoil(p);
		return;
	}
	if (n > 0)
		*ret = ip_of_bytes(p->rest.p, (uint8_t)n);
	p->rest = str_from(p->rest, (size_t)n);
}

bool packed_record(
	struct packed *p, struct arena *a, struct record *ret, struct verdict *ret_verdict)
{
	*ret = (struct record){ 0 };
	*ret_verdict = (struct verdict){ 0 };
	packed_ip(p, &ret->source_ip);
	ret->source_ip_text = packed_str(p);
	ret->messages = packed_u64(p);
	ret->disposition = packed_str(p);
	ret->dkim = packed_str(p);
	ret->spf = packed_str(p);
	ret->reason_count = packed_count(p, p->limits->dkim_entries);
	ret->reasons = ARENA_ARRAY(a, struct override, ret->reason_count);
	for (size_t i = 0; i < ret->reason_count; i++) {
		ret->reasons[i].type = packed_str(p);
		ret->reasons[i].comment = packed_str(p);
	}
	ret->header_from = packed_str(p);
	ret->envelope_from = packed_str(p);
	ret->envelope_to = packed_str(p);
	ret->dkim_auth = packed_auth(p, a, &ret_verdict->dkim_matches, &ret->dkim_count);
	ret->spf_auth = packed_auth(p, a, &ret_verdict->spf_matches, &ret->spf_count);
	ret->line = packed_u64(p);
	packed_verdict(p, ret_verdict);
	return packed_end(p);
}

bool packed_carrier(struct packed *p, struct carrier *ret)
{
	uint64_t state = packed_u64(p);
	struct str *const texts[] = { &ret->from, &ret->dmarc, &ret->dkim, &ret->dkim_domain,
		&ret->spf, &ret->spf_domain };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i] = packed_str(p);
	p->bad |= state >= CARRIER_COUNT;
	ret->state = p->bad ? CARRIER_UNKNOWN : (enum carrier_state)state;
	return !p->bad;
}

bool packed_refusal(
	struct packed *p, struct report *ret_partial, bool *ret_known, struct err *ret_why)
{
	const struct reason *reason;
	struct str text;
	bool limit;

	*ret_partial = (struct report){ .policy.pct = -1 };
	*ret_known = packed_bool(p);
	ret_partial->org_name = packed_str(p);
	ret_partial->report_id = packed_str(p);
	ret_partial->policy.domain = packed_str(p);
	limit = packed_bool(p);
	reason = reason_find(packed_str(p));
	text = packed_bytes(p);
	if (!reason || reason->outcome == OUTCOME_DUPLICATE)
		spoil(p); /* what is a duplicate, the store knows */
	else
		err_set(ret_why, limit ? ERR_LIMIT : ERR_INPUT, reason->code, "%.*s",
			STR_ARGS(text));
	ret_why->line = packed_i64(p);
	ret_why->column = packed_i64(p);
	return packed_end(p);
}
