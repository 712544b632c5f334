/*
 * fuzz_packing.c - any bytes as what a worker tells: the first says of what kind.
 *
 * What is taken keeps its promises, and packed again and taken again it is the same.
 */
#include "arena.h"
#include "packing.h"
#include "period.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_text(struct str s)
{
	check(str_empty(s) || (str_utf8(s) && !memchr(s.p, '\0', s.n)));
}

static void check_record(struct packed *p, struct arena *a, struct buf *b)
{
	struct record rec;
	struct verdict v;
	struct packed again = { .limits = p->limits };
	struct record rec2;
	struct verdict v2;

	if (!packed_record(p, a, &rec, &v))
		return;
	check(v.result != DMARC_NULL && v.cause < CAUSE_COUNT);
	check(rec.dkim_count <= p->limits->dkim_entries);
	check_text(rec.header_from);
	for (size_t i = 0; i < rec.dkim_count; i++) {
		check_text(rec.dkim_auth[i].domain);
		check(v.dkim_matches[i] <= DMARC_PASS);
	}
	pack_record(b, &rec, &v);
	again.rest = buf_view(b);
	check(packed_record(&again, a, &rec2, &v2));
	check(rec2.messages == rec.messages && rec2.spf_count == rec.spf_count &&
		v2.causes == v.causes);
}

static void check_report(struct packed *p, struct arena *a, struct buf *b)
{
	struct packed again = { .limits = p->limits };
	struct report r, r2;

	if (!packed_report(p, a, &r))
		return;
	check(period_possible(r.begin_at, r.end_at));
	check(!str_empty(r.policy.domain));
	packed_notes(p, a, &r);
	if (p->bad)
		return;
	pack_report(b, &r);
	pack_notes(b, r.notes, r.note_count);
	again.rest = buf_view(b);
	check(packed_report(&again, a, &r2) && packed_notes(&again, a, &r2));
	check(packed_end(&again) && r2.note_count == r.note_count &&
		r2.error_count == r.error_count);
}

/* What comes behind the notes. */
static void check_carrier(struct packed *p, struct buf *b)
{
	struct packed again = { .limits = p->limits };
	struct carrier c, c2;

	if (p->bad || !packed_carrier(p, &c))
		return;
	check(c.state < CARRIER_COUNT);
	check_text(c.from);
	check_text(c.spf_domain);
	buf_clear(b);
	pack_carrier(b, &c);
	again.rest = buf_view(b);
	check(packed_carrier(&again, &c2) && packed_end(&again));
	check(str_eq(c.dkim_domain, c2.dkim_domain) && c.state == c2.state);
}

static void check_refusal(struct packed *p)
{
	struct report partial;
	struct err why = { 0 };
	bool known;

	if (packed_refusal(p, &partial, &known, &why))
		check(why.reason && why.code < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limits limits;
	struct arena a;
	struct buf b;

	if (size == 0)
		return 0;
	limits_default(&limits);
	arena_init(&a);
	buf_init(&b, 64 * MIB);
	struct packed p = { .rest = str_make((const char *)data + 1, size - 1),
		.limits = &limits };
	if (data[0] % 3 == 0) {
		check_record(&p, &a, &b);
	} else if (data[0] % 3 == 1) {
		check_report(&p, &a, &b);
		check_carrier(&p, &b);
	} else {
		check_refusal(&p);
	}
	buf_release(&b);
	arena_release(&a);
	return 0;
}
