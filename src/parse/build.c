#include "build.h"

#include "period.h"
#include "value.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* More messages than this from one address in one report is no count. */
#define MESSAGES_MOST 1000000000000

#define NS_RFC7489 STR("http://dmarc.org/dmarc-xml/0.1")
#define NS_RFC9990 STR("urn:ietf:params:xml:ns:dmarc-2.0")

_Static_assert(EL_COUNT_OF <= 64, "an element is a bit of build.seen");

static uint64_t bit(enum element_id id)
{
	return UINT64_C(1) << id;
}

static uint64_t bits(enum element_id first, enum element_id last)
{
	uint64_t set = 0;

	for (enum element_id id = first; id <= last; id++)
		set |= bit(id);
	return set;
}

static void note(struct build *b, enum note_code code, enum element_id where, struct str detail)
{
	notes_add(&b->notes, code, where, detail);
}

void build_init(struct build *b, const struct limits *limits)
{
	memset(b, 0, sizeof(*b));
	b->limits = limits;
	arena_init(&b->doc);
	arena_init(&b->rec[0]);
	arena_init(&b->rec[1]);
	buf_init(&b->text, limits->xml_text);
}

void build_release(struct build *b)
{
	arena_release(&b->doc);
	arena_release(&b->rec[0]);
	arena_release(&b->rec[1]);
	buf_release(&b->text);
	free(b->queue);
	b->queue = NULL;
}

void build_begin(struct build *b)
{
	arena_reset(&b->doc);
	arena_reset(&b->rec[0]);
	arena_reset(&b->rec[1]);
	b->now = &b->rec[0];
	notes_begin(&b->notes, &b->doc);
	buf_clear(&b->text);
	b->report = (struct report){ .policy = { .pct = -1 } };
	b->begin = b->end = (struct build_date){ 0 };
	b->metadata_closed = b->policy_closed = b->ready = b->closed = b->collect = false;
	b->depth = b->queue_head = b->queue_n = b->error_cap = 0;
	b->seen = b->records = 0;
	b->records_most = b->limits->records;
	b->line = 0;
	b->record_arena = NULL;
}

/*
 * A record may begin in one turn and end in a later one.  So what was begun keeps its arena,
 * and the other one is free for what follows.
 */
void build_turn(struct build *b)
{
	if (!b->ready || b->queue_head < b->queue_n)
		return;
	b->queue_head = b->queue_n = 0;
	for (int i = 0; i < 2; i++) {
		if (&b->rec[i] == b->record_arena)
			continue;
		arena_reset(&b->rec[i]);
		b->now = &b->rec[i];
	}
}

/* ---- records ---- */

static void record_open(struct build *b)
{
	b->record = (struct record){ .line = (uint64_t)b->line };
	b->record_arena = b->now;
	b->has_count = b->ip_given = false;
	b->dkim_cap = b->spf_cap = b->reason_cap = 0;
	b->seen &= ~bits(EL_ROW, EL_SPF_HUMAN);
	if (!b->ready)
		note(b, NOTE_ELEMENT_ORDER, EL_RECORD, STR_ABSENT);
}

static int queue_add(struct build *b, struct err *err)
{
	if (!b->ready) {
		if (b->queue_n >= b->limits->early_records)
			return FAIL(err, ERR_LIMIT, "too-many-records",
				"More than %llu records stand before policy_published "
				"(limit early_records).",
				(unsigned long long)b->limits->early_records);
		if (b->rec[0].used_bytes + b->rec[1].used_bytes > BUILD_EARLY_BYTES)
			return FAIL(err, ERR_LIMIT, "xml-too-large",
				"The records that stand before policy_published are too "
				"large.");
	}
	if (b->queue_n == b->queue_cap) {
		b->queue_cap = b->queue_cap ? b->queue_cap * 2 : 64;
		b->queue = xrealloc(b->queue, b->queue_cap, sizeof(*b->queue));
	}
	b->queue[b->queue_n++] = b->record;
	return 0;
}

static void note_missing(struct build *b, enum element_id id)
{
	if (!(b->seen & bit(id)))
		note(b, NOTE_ELEMENT_MISSING, id, STR_ABSENT);
}

static int check_records(const struct build *b, struct err *err)
{
	if (b->records <= b->records_most)
		return 0;
	return FAIL(err, ERR_LIMIT, "too-many-records",
		"It has more than %llu records%s (limit records).",
		(unsigned long long)b->records_most,
		b->records_most < b->limits->records ? ", each of which counts on several days"
						     : "");
}

static int record_close(struct build *b, struct err *err)
{
	struct record *r = &b->record;
	bool blank = !b->ip_given && str_empty(r->header_from) &&
		     (!b->has_count || r->messages == 0);

	b->record_arena = NULL;
	b->records++;
	if (check_records(b, err) < 0)
		return ERR_LIMIT;
	if (blank) {
		note(b, NOTE_PLACEHOLDER, EL_RECORD, STR_ABSENT);
		return 0;
	}
	note_missing(b, EL_SOURCE_IP);
	note_missing(b, EL_COUNT);
	note_missing(b, EL_EVALUATED_DKIM);
	note_missing(b, EL_EVALUATED_SPF);
	note_missing(b, EL_HEADER_FROM);
	note_missing(b, EL_AUTH);
	if (r->source_ip.n == 0 || !b->has_count) {
		note(b, NOTE_RECORD_INCOMPLETE, EL_RECORD, STR_ABSENT);
		return 0;
	}
	return queue_add(b, err);
}

bool build_take(struct build *b, struct record *ret)
{
	if (b->queue_head == b->queue_n)
		return false;
	*ret = b->queue[b->queue_head++];
	return true;
}

/* One more item in a list of the record; false: the limit is reached. */
static bool list_more(struct build *b, void *listp, size_t *n, size_t *cap, size_t size)
{
	void *old, *grown;

	if (*n >= b->limits->dkim_entries)
		return false;
	if (*n == *cap) {
		*cap = *cap ? *cap * 2 : 2;
		grown = arena_alloc(b->record_arena, *cap, size);
		memcpy(&old, listp, sizeof(old));
		if (*n)
			memcpy(grown, old, *n * size);
		memcpy(listp, &grown, sizeof(grown));
	}
	(*n)++;
	return true;
}

/* ---- values ---- */

static struct arena *arena_for(struct build *b, const struct element *e)
{
	return e->in == IN_REPORT || e->in == IN_NOTHING ? &b->doc : b->record_arena;
}

static struct str *place(struct build *b, const struct element *e)
{
	struct record *r = &b->record;
	char *base = NULL;

	switch (e->in) {
	case IN_REPORT:
		base = (char *)&b->report;
		break;
	case IN_RECORD:
		base = (char *)r;
		break;
	case IN_REASON:
		base = (char *)&r->reasons[r->reason_count - 1];
		break;
	case IN_DKIM:
		base = (char *)&r->dkim_auth[r->dkim_count - 1];
		break;
	case IN_SPF:
		base = (char *)&r->spf_auth[r->spf_count - 1];
		break;
	case IN_NOTHING:
		break;
	}
	assert(base);
	return (struct str *)(void *)(base + e->offset);
}

static struct str cut(struct build *b, enum element_id id, struct str s)
{
	if (s.n <= b->limits->string)
		return s;
	note(b, NOTE_TEXT_CUT, id, STR_ABSENT);
	return str_first(s, b->limits->string);
}

static void looks_9990(struct build *b)
{
	b->report.format = FORMAT_RFC9990;
}

static struct str token(struct build *b, enum element_id id, struct str s)
{
	const struct element *e = &element_table[id];
	struct str word = element_word(e->words, s), lower;

	if (!str_absent(word))
		return word;
	lower = arena_str_lower(arena_for(b, e), cut(b, id, s));
	word = element_word(e->words, lower);
	if (!str_absent(word)) {
		note(b, NOTE_VALUE_CASE, id, s);
		return word;
	}
	note(b, NOTE_VALUE_UNKNOWN, id, s);
	return lower;
}

static struct str name(struct build *b, enum element_id id, struct str s)
{
	const struct element *e = &element_table[id];

	if (id == EL_ENVELOPE_FROM && str_eq(s, STR("<>")))
		return STR("");
	s = arena_str_lower(arena_for(b, e), cut(b, id, s));
	if (id == EL_DOMAIN && s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	if (id == EL_HEADER_FROM)
		for (size_t i = 0; i < s.n; i++)
			if (s.p[i] == ',' || s.p[i] == ';' || char_space(s.p[i])) {
				note(b, NOTE_HEADER_FROM_SEVERAL, id, s);
				break;
			}
	return s;
}

/* r and s are all there is; some write the word. */
static struct str mode(struct build *b, enum element_id id, struct str s)
{
	if (str_eq(s, STR("r")) || str_eq(s, STR("s")))
		return s.p[0] == 'r' ? STR("r") : STR("s");
	if (str_eq_nocase(s, STR("r")) || str_eq_nocase(s, STR("s"))) {
		note(b, NOTE_VALUE_CASE, id, s);
		return char_lower(s.p[0]) == 'r' ? STR("r") : STR("s");
	}
	if (str_eq_nocase(s, STR("relaxed")) || str_eq_nocase(s, STR("strict"))) {
		note(b, NOTE_VALUE_UNKNOWN, id, s);
		return char_lower(s.p[0]) == 'r' ? STR("r") : STR("s");
	}
	note(b, NOTE_VALUE_INVALID, id, s);
	return STR_ABSENT;
}

static bool number(
	struct build *b, enum element_id id, struct str s, uint64_t most, uint64_t *ret)
{
	bool plain = true;

	if (!value_number(s, most, ret, &plain)) {
		note(b, NOTE_VALUE_INVALID, id, s);
		return false;
	}
	if (!plain)
		note(b, NOTE_NUMBER_FORM, id, s);
	return true;
}

static void set_date(struct build *b, enum element_id id, struct build_date *d, struct str s)
{
	bool plain = true;

	if (d->state != DATE_ABSENT)
		return;
	d->line = b->line;
	if (!value_time(s, &d->at, &plain)) {
		d->state = DATE_BAD;
		d->text = arena_str(&b->doc, str_first(s, NOTES_DETAIL));
		return;
	}
	d->state = DATE_READ;
	if (!plain)
		note(b, NOTE_NUMBER_FORM, id, s);
}

static void set_ip(struct build *b, struct str s)
{
	struct record *r = &b->record;
	char buf[IP_TEXT];

	if (b->ip_given)
		return;
	b->ip_given = true;
	if (!ip_parse(s, &r->source_ip)) {
		r->source_ip = (struct ip){ 0 };
		note(b, NOTE_IP_INVALID, EL_SOURCE_IP, s);
	} else if (!str_eq(s, ip_text(&r->source_ip, buf))) {
		r->source_ip_text = arena_str(b->record_arena, cut(b, EL_SOURCE_IP, s));
		note(b, NOTE_IP_FORM, EL_SOURCE_IP, s);
	}
}

static void add_error(struct build *b, struct str s)
{
	struct report *r = &b->report;

	if (r->error_count == BUILD_ERRORS) {
		note(b, NOTE_ENTRIES_DROPPED, EL_ERROR, STR_ABSENT);
		return;
	}
	if (r->error_count == b->error_cap) {
		struct str *grown;

		b->error_cap = b->error_cap ? b->error_cap * 2 : 2;
		grown = ARENA_ARRAY(&b->doc, struct str, b->error_cap);
		if (r->error_count)
			memcpy(grown, r->errors, r->error_count * sizeof(*grown));
		r->errors = grown;
	}
	r->errors[r->error_count++] = arena_str(&b->doc, cut(b, EL_ERROR, s));
}

static void set_number(struct build *b, enum element_id id, struct str s)
{
	uint64_t n;

	switch (id) {
	case EL_BEGIN:
		set_date(b, id, &b->begin, s);
		break;
	case EL_END:
		set_date(b, id, &b->end, s);
		break;
	case EL_ERROR:
		add_error(b, s);
		break;
	case EL_PCT:
		if (b->report.policy.pct < 0 && number(b, id, s, 100, &n))
			b->report.policy.pct = (int)n;
		break;
	case EL_COUNT:
		if (!b->has_count)
			b->has_count = number(b, id, s, MESSAGES_MOST, &b->record.messages);
		break;
	case EL_SOURCE_IP:
		set_ip(b, s);
		break;
	default:
		assert(!"a number has its case");
	}
}

static void set_empty(struct build *b, enum element_id id)
{
	const struct element *e = &element_table[id];

	if (e->wants_value)
		note(b, NOTE_VALUE_EMPTY, id, STR_ABSENT);
	/* An empty MAIL FROM says something, other than none at all. */
	if (id == EL_ENVELOPE_FROM && str_absent(b->record.envelope_from))
		b->record.envelope_from = STR("");
}

static bool is_9990(enum element_id id, struct str value)
{
	switch (id) {
	case EL_GENERATOR:
	case EL_TESTING:
	case EL_DISCOVERY:
		return true;
	case EL_DISPOSITION:
		return str_eq(value, STR("pass"));
	case EL_REASON_TYPE:
		return str_eq(value, STR("policy_test_mode"));
	default:
		return false;
	}
}

/* The first value of an element counts. */
static void set_string(struct build *b, enum element_id id, struct str s)
{
	const struct element *e = &element_table[id];
	struct str *to = place(b, e);

	if (!str_empty(*to))
		return;
	switch (e->kind) {
	case KIND_TOKEN:
		*to = token(b, id, s);
		break;
	case KIND_NAME:
		*to = name(b, id, s);
		break;
	case KIND_NUMBER:
		*to = mode(b, id, s);
		break;
	default:
		*to = arena_str(arena_for(b, e), cut(b, id, s));
	}
	if (is_9990(id, *to))
		looks_9990(b);
}

static void set_value(struct build *b, enum element_id id)
{
	struct str s = str_trim(buf_view(&b->text));

	if (str_empty(s))
		set_empty(b, id);
	else if (element_table[id].in == IN_NOTHING)
		set_number(b, id, s);
	else
		set_string(b, id, s);
}

/* ---- elements ---- */

static bool is_leaf(enum element_id id)
{
	return element_table[id].kind >= KIND_TEXT;
}

static int root_open(
	struct build *b, enum element_id id, struct str tag, struct str ns, struct err *err)
{
	if (id != EL_FEEDBACK)
		return FAIL(err, ERR_INPUT, "not-a-report",
			"The root element is \"%.*s\", not \"feedback\".",
			STR_ARGS(str_first(tag, 60)));
	if (str_empty(ns))
		return 0;
	b->report.xml_namespace = arena_str(&b->doc, cut(b, EL_FEEDBACK, ns));
	if (str_eq(ns, NS_RFC9990))
		looks_9990(b);
	else if (!str_eq(ns, NS_RFC7489))
		note(b, NOTE_XML_NAMESPACE, EL_FEEDBACK, ns);
	return 0;
}

/* Extensions in a namespace of their own are allowed (RFC 9990 section 5); others are told. */
static void unknown_open(struct build *b, enum element_id parent, struct str tag, struct str ns)
{
	if (parent == EL_UNKNOWN || element_table[parent].kind == KIND_SKIP)
		return;
	if (!str_empty(ns) && !str_eq(ns, b->report.xml_namespace))
		return;
	note(b, NOTE_ELEMENT_UNKNOWN, parent, tag);
}

/* The element as it counts here: a second one where one may stand is passed over. */
static enum element_id repeated(struct build *b, enum element_id id)
{
	const struct element *e = &element_table[id];
	bool again = b->seen & bit(id);

	b->seen |= bit(id);
	if (!again || e->repeats)
		return id;
	note(b, NOTE_ELEMENT_REPEATED, id, STR_ABSENT);
	return e->kind == KIND_PARENT && id != EL_AUTH ? EL_UNKNOWN : id;
}

/* What an element brings along: a record, an entry in one of its lists. */
static enum element_id begin_parent(struct build *b, enum element_id id)
{
	struct record *r = &b->record;
	bool more = true;

	switch (id) {
	case EL_RECORD:
		record_open(b);
		break;
	case EL_REASON:
		b->seen &= ~bits(EL_REASON_TYPE, EL_REASON_COMMENT);
		more = list_more(
			b, &r->reasons, &r->reason_count, &b->reason_cap, sizeof(*r->reasons));
		break;
	case EL_DKIM:
		b->seen &= ~bits(EL_DKIM_DOMAIN, EL_DKIM_HUMAN);
		more = list_more(
			b, &r->dkim_auth, &r->dkim_count, &b->dkim_cap, sizeof(*r->dkim_auth));
		break;
	case EL_SPF:
		b->seen &= ~bits(EL_SPF_DOMAIN, EL_SPF_HUMAN);
		more = list_more(
			b, &r->spf_auth, &r->spf_count, &b->spf_cap, sizeof(*r->spf_auth));
		break;
	case EL_EXTENSION:
		looks_9990(b);
		break;
	default:
		break;
	}
	if (more)
		return id;
	note(b, NOTE_ENTRIES_DROPPED, id, STR_ABSENT);
	return EL_UNKNOWN;
}

int build_open(struct build *b, struct str tag, struct str ns, int64_t line, struct err *err)
{
	enum element_id parent = b->depth ? b->stack[b->depth - 1] : EL_DOCUMENT, id;
	bool renamed;
	int r;

	if (b->depth >= b->limits->xml_depth || b->depth >= BUILD_DEPTH)
		return FAIL(err, ERR_LIMIT, "xml-too-deep",
			"Elements are more than %zu deep inside each other (limit xml_depth).",
			b->depth);
	b->line = line;
	id = element_find(parent, tag, &renamed);
	if (b->depth == 0 && (r = root_open(b, id, tag, ns, err)) < 0)
		return r;
	if (id == EL_UNKNOWN) {
		unknown_open(b, parent, tag, ns);
	} else {
		if (renamed)
			note(b, NOTE_ELEMENT_RENAMED, id, tag);
		id = begin_parent(b, repeated(b, id));
	}
	b->stack[b->depth++] = id;
	b->collect = is_leaf(id) || id == EL_REASON;
	if (b->collect)
		buf_clear(&b->text);
	return 0;
}

int build_text(struct build *b, struct str text, struct err *err)
{
	if (b->collect && !buf_str(&b->text, text))
		return FAIL(err, ERR_LIMIT, "xml-too-large",
			"The text of %.*s is larger than %llu bytes (limit xml_text).",
			STR_ARGS(element_table[b->stack[b->depth - 1]].path),
			(unsigned long long)b->limits->xml_text);
	return 0;
}

/* <reason>sampled_out</reason>: the text is the type. */
static void reason_close(struct build *b)
{
	struct str s = str_trim(buf_view(&b->text));

	if (b->seen & bits(EL_REASON_TYPE, EL_REASON_COMMENT))
		return;
	note(b, NOTE_ELEMENT_MISSING, EL_REASON_TYPE, s);
	if (!str_empty(s))
		set_string(b, EL_REASON_TYPE, s);
}

static int parent_close(struct build *b, enum element_id id, struct err *err)
{
	switch (id) {
	case EL_FEEDBACK:
		b->closed = true;
		break;
	case EL_METADATA:
		b->metadata_closed = true;
		break;
	case EL_POLICY:
		b->policy_closed = true;
		break;
	case EL_RECORD:
		return record_close(b, err);
	case EL_REASON:
		reason_close(b);
		break;
	case EL_DKIM:
		note_missing(b, EL_DKIM_DOMAIN);
		note_missing(b, EL_DKIM_RESULT);
		break;
	case EL_SPF:
		note_missing(b, EL_SPF_DOMAIN);
		note_missing(b, EL_SPF_RESULT);
		break;
	default:
		break;
	}
	b->ready = b->metadata_closed && b->policy_closed;
	return 0;
}

int build_close(struct build *b, struct err *err)
{
	enum element_id id;

	assert(b->depth > 0);
	id = b->stack[--b->depth];
	if (is_leaf(id))
		set_value(b, id);
	b->collect = b->depth > 0 &&
		     (is_leaf(b->stack[b->depth - 1]) || b->stack[b->depth - 1] == EL_REASON);
	return element_table[id].kind == KIND_PARENT ? parent_close(b, id, err) : 0;
}

/* ---- the report as a whole ---- */

static int check_date(const struct build_date *d, const char *name_of, struct err *err)
{
	if (d->state == DATE_ABSENT)
		return FAIL(err, ERR_INPUT, "element-missing",
			"report_metadata has no date_range/%s.", name_of);
	if (d->state == DATE_READ)
		return 0;
	err_set(err, ERR_INPUT, "value-invalid", "date_range/%s is no time: \"%.*s\".", name_of,
		STR_ARGS(d->text));
	if (err)
		err->line = d->line;
	return ERR_INPUT;
}

static int check_period(struct build *b, struct err *err)
{
	int64_t begin = b->begin.at, end = b->end.at;

	if (period_possible(begin, end))
		return 0;
	err_set(err, ERR_INPUT, "date-range", "The period is impossible: %lld to %lld.",
		(long long)begin, (long long)end);
	if (err)
		err->line = b->begin.line;
	return ERR_INPUT;
}

/* A record of a long period counts on each of its days, and so takes the place of as many: else
 * a small mail could keep the store busy for hours. */
static void bound_records(struct build *b)
{
	struct period p;

	period_of(b->report.begin_at, b->report.end_at, &p);
	b->records_most = b->limits->records / (uint64_t)(p.last_day - p.first_day + 1);
}

int build_check(struct build *b, struct err *err)
{
	int r;

	if (str_empty(b->report.policy.domain))
		return FAIL(
			err, ERR_INPUT, "element-missing", "policy_published names no domain.");
	if ((r = check_date(&b->begin, "begin", err)) < 0 ||
		(r = check_date(&b->end, "end", err)) < 0 || (r = check_period(b, err)) < 0)
		return r;
	b->report.begin_at = b->begin.at;
	b->report.end_at = b->end.at;
	bound_records(b);
	return check_records(b, err);
}

void build_end(struct build *b)
{
	int64_t seconds = b->report.end_at - b->report.begin_at;

	note_missing(b, EL_ORG_NAME);
	note_missing(b, EL_EMAIL);
	note_missing(b, EL_REPORT_ID);
	note_missing(b, EL_P);
	if (seconds == 0)
		note(b, NOTE_PERIOD_ZERO, EL_DATE_RANGE, STR_ABSENT);
	if (seconds > PERIOD_LONG_SECONDS)
		note(b, NOTE_PERIOD_LONG, EL_DATE_RANGE, STR_ABSENT);
	if (b->records == 0)
		note(b, NOTE_NO_RECORDS, EL_FEEDBACK, STR_ABSENT);
}
