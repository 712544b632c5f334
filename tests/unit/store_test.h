/*
 * store_test.h - a store in a folder of its own, and small reports to put into it.
 */
#ifndef RUAD_STORE_TEST_H
#define RUAD_STORE_TEST_H

#include "check.h"

#include "care.h"
#include "day.h"
#include "store.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct world {
	struct store *s;
	char folder[64], path[96];
	struct arena arena;
	struct err err;
};

#define OK(w, call) \
	do { \
		if ((call) < 0) \
			fail_msg("%s:%d: %s: %s", __FILE__, __LINE__, #call, (w)->err.text); \
	} while (0)

__attribute__((unused)) static void world_reopen(struct world *w, enum store_mode mode)
{
	store_close(w->s);
	w->s = NULL;
	OK(w, store_open(w->path, mode, 0, &w->s, &w->err));
}

__attribute__((unused)) static void world_open(struct world *w)
{
	memset(w, 0, sizeof(*w));
	arena_init(&w->arena);
	snprintf(w->folder, sizeof(w->folder), "/tmp/ruad-test-XXXXXX");
	if (!mkdtemp(w->folder))
		fail_msg("no temporary folder");
	snprintf(w->path, sizeof(w->path), "%s/ruad.db", w->folder);
	world_reopen(w, STORE_WRITE);
}

__attribute__((unused)) static void world_close(struct world *w)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".lock" };

	store_close(w->s);
	arena_release(&w->arena);
	for (size_t i = 0; i < COUNT(ends); i++) {
		char name[128];

		snprintf(name, sizeof(name), "%s%s", w->path, ends[i]);
		unlink(name);
	}
	rmdir(w->folder);
}

/* --- Records --- */

#define T(literal) STR_INIT(literal)

/* What a record says, with a verdict that fits it. */
struct shape {
	const char *name;
	struct str header_from, disposition, eval_dkim, eval_spf, reason, human;
	struct str dkim_domain, dkim_selector, dkim_result; /* absent domain: no signature */
	struct str dkim2_domain, dkim2_selector, dkim2_result;
	struct str spf_domain, spf_result;
	bool dkim_matches, spf_matches, explained, disagrees, basis_reported;
	enum cause cause;
	struct str sender;
	enum named_by named_by;
};

#define SHAPES 8
static const struct shape shapes[SHAPES] = {
	{ "both", T("example.com"), T("none"), T("pass"), T("pass"), STR_ABSENT, STR_ABSENT,
		T("example.com"), T("s1"), T("pass"), STR_ABSENT, STR_ABSENT, STR_ABSENT,
		T("example.com"), T("pass"), true, true, false, false, false, CAUSE_BOTH,
		STR_ABSENT, NAMED_BY_ADDRESS },
	{ "dkim only, the receiver says forwarded", T("example.com"), T("none"), T("fail"),
		T("fail"), T("forwarded"), T("good"), T("example.com"), T("S1"), T("pass"),
		T("esp.example"), T("k1"), T("pass"), T("mg.esp.example"), T("pass"), true,
		false, false, true, false, CAUSE_DKIM_ONLY, T("esp.example"), NAMED_BY_DKIM },
	{ "spf only", T("sub.example.com"), T("none"), T("fail"), T("pass"), STR_ABSENT,
		STR_ABSENT, STR_ABSENT, STR_ABSENT, STR_ABSENT, STR_ABSENT, STR_ABSENT,
		STR_ABSENT, T("sub.example.com"), T("pass"), false, true, false, false, false,
		CAUSE_SPF_ONLY, STR_ABSENT, NAMED_BY_ADDRESS },
	{ "forwarded", T("example.com"), T("none"), T("fail"), T("fail"), T("forwarded"),
		STR_ABSENT, T("example.com"), T("s1"), T("fail"), STR_ABSENT, STR_ABSENT,
		STR_ABSENT, T("lists.example.info"), T("pass"), true, false, true, false, false,
		CAUSE_DKIM_BROKEN, T("example.info"), NAMED_BY_SPF },
	{ "spoofed", T("example.com"), T("reject"), T("fail"), T("fail"), STR_ABSENT,
		STR_ABSENT, STR_ABSENT, STR_ABSENT, STR_ABSENT, STR_ABSENT, STR_ABSENT,
		STR_ABSENT, T("spam.example"), T("none"), false, false, false, false, false,
		CAUSE_UNAUTHENTICATED, STR_ABSENT, NAMED_BY_ADDRESS },
	{ "disagrees", T("other.example.com"), T("quarantine"), T("fail"), T("pass"),
		STR_ABSENT, STR_ABSENT, T("example.com"), T("s2"), T("permerror"),
		T("example.com"), T("s1"), T("fail"), T("example.com"), T("softfail"), true,
		true, false, true, false, CAUSE_SPF_UNAUTHORISED, STR_ABSENT,
		NAMED_BY_ADDRESS },
	{ "not reported", STR_ABSENT, STR_ABSENT, T("pass"), STR_ABSENT, STR_ABSENT, STR_ABSENT,
		STR_ABSENT, STR_ABSENT, STR_ABSENT, STR_ABSENT, STR_ABSENT, STR_ABSENT,
		STR_ABSENT, STR_ABSENT, false, false, false, false, true, CAUSE_NOT_REPORTED,
		STR_ABSENT, NAMED_BY_ADDRESS },
	{ "esp by spf", T("example.com"), T("pass"), T("fail"), T("fail"), T("mailing_list"),
		STR_ABSENT, T("esp.example"), T("k1"), T("fail"), STR_ABSENT, STR_ABSENT,
		STR_ABSENT, T("bounce.esp.example"), T("pass"), false, false, true, false,
		false, CAUSE_UNALIGNED, T("esp.example"), NAMED_BY_SPF },
};

struct made {
	struct record record;
	struct verdict verdict;
	struct auth dkim[2], spf[1];
	struct override reasons[1];
	enum dmarc dkim_matches[2], spf_matches[1];
};

static inline enum dmarc dmarc_of(bool on)
{
	return on ? DMARC_PASS : DMARC_FAIL;
}

static void make_auth(struct made *m, const struct shape *s)
{
	struct record *r = &m->record;

	if (s->dkim_domain.p) {
		m->dkim[r->dkim_count] = (struct auth){ .domain = s->dkim_domain,
			.selector = s->dkim_selector,
			.result = s->dkim_result,
			.human_result = s->human };
		m->dkim_matches[r->dkim_count++] = dmarc_of(s->dkim_matches);
	}
	if (s->dkim2_domain.p) {
		m->dkim[r->dkim_count] = (struct auth){ .domain = s->dkim2_domain,
			.selector = s->dkim2_selector,
			.result = s->dkim2_result };
		m->dkim_matches[r->dkim_count++] = DMARC_FAIL;
	}
	if (s->spf_domain.p) {
		m->spf[0] = (struct auth){
			.domain = s->spf_domain, .scope = STR("mfrom"), .result = s->spf_result
		};
		m->spf_matches[0] = dmarc_of(s->spf_matches);
		r->spf_count = 1;
	}
	if (s->reason.p) {
		m->reasons[0] = (struct override){ s->reason, STR_ABSENT };
		r->reason_count = 1;
	}
}

static void make_verdict(struct made *m, const struct shape *s)
{
	struct verdict *v = &m->verdict;

	v->computed.dkim = dmarc_of(s->dkim_matches && str_eq(s->dkim_result, STR("pass")));
	v->computed.spf = dmarc_of(s->spf_matches && str_eq(s->spf_result, STR("pass")));
	v->computed.dmarc =
		dmarc_of(v->computed.dkim == DMARC_PASS || v->computed.spf == DMARC_PASS);
	if (!s->header_from.p)
		v->computed = (struct verdict_parts){ 0 };
	v->reported.dkim =
		s->eval_dkim.p ? dmarc_of(str_eq(s->eval_dkim, STR("pass"))) : DMARC_NULL;
	v->reported.spf =
		s->eval_spf.p ? dmarc_of(str_eq(s->eval_spf, STR("pass"))) : DMARC_NULL;
	v->reported.dmarc =
		dmarc_of(v->reported.dkim == DMARC_PASS || v->reported.spf == DMARC_PASS);
	v->result = s->basis_reported ? v->reported.dmarc : v->computed.dmarc;
	v->basis_reported = s->basis_reported;
	v->disagrees = s->disagrees;
	v->explained = s->explained;
	v->forwarded = s->reason.p != NULL;
	v->cause = s->cause;
	v->causes = 1U << s->cause;
	v->author = s->header_from;
	v->org_domain = s->header_from.p ? STR("example.com") : STR_ABSENT;
	v->sender = s->sender;
	v->named_by = s->named_by;
}

/* *m must stay where it is. */
static void make_record(
	struct made *m, const struct shape *s, struct str ip, uint64_t messages, uint64_t line)
{
	memset(m, 0, sizeof(*m));
	m->record = (struct record){ .messages = messages,
		.disposition = s->disposition,
		.dkim = s->eval_dkim,
		.spf = s->eval_spf,
		.reasons = m->reasons,
		.header_from = s->header_from,
		.dkim_auth = m->dkim,
		.spf_auth = m->spf,
		.line = line };
	if (!ip_parse(ip, &m->record.source_ip))
		fail_msg("no address: %.*s", STR_ARGS(ip));
	m->verdict.dkim_matches = m->dkim_matches;
	m->verdict.spf_matches = m->spf_matches;
	make_auth(m, s);
	make_verdict(m, s);
}

/* --- Reports --- */

/* One record in a table of a test. */
struct line {
	int shape;
	const char *ip; /* NULL ends the list */
	uint64_t messages;
};

#define DAY0 20770 /* 2026-11-13 */

static inline struct report make_report(
	const char *org, const char *id, int64_t begin_at, int64_t end_at)
{
	return (struct report){ .org_name = str_of(org),
		.report_id = str_of(id),
		.begin_at = begin_at,
		.end_at = end_at,
		.email = STR("reports@example.net"),
		.policy = { .domain = STR("example.com"),
			.p = STR("none"),
			.adkim = STR("r"),
			.pct = -1 } };
}

static void add_lines(struct world *w, const struct line *lines)
{
	uint64_t n = 0;

	for (; lines && lines->ip; lines++) {
		struct made m;

		make_record(&m, &shapes[lines->shape], str_of(lines->ip), lines->messages, ++n);
		OK(w, store_add(w->s, &m.record, &m.verdict, &w->err));
	}
}

/* A whole document, inside an open batch. */
__attribute__((unused)) static struct stored put(
	struct world *w, const struct report *r, const struct line *lines, const char *xml)
{
	struct digest digest = digest_of(str_of(xml));
	struct stored stored = { 0 };

	OK(w, store_begin(w->s, r, 1000, &w->err));
	OK(w, store_raw(w->s, xml, strlen(xml), &w->err));
	add_lines(w, lines);
	OK(w, store_end(w->s, r, &digest, &stored, &w->err));
	return stored;
}

static void say_problem(void *arg, const char *kind, struct str text)
{
	(void)arg;
	fprintf(stderr, "verify: %s: %.*s\n", kind, STR_ARGS(text));
}

__attribute__((unused)) static uint64_t problems(struct world *w)
{
	const struct verify_options opt = { .say = say_problem };
	struct verified sum;

	OK(w, store_verify(w->s, &opt, &sum, &w->err));
	return sum.problems;
}

/* A query over everything, with parameters as pairs of name and value, ended by NULL. */
__attribute__((unused)) static struct query ask(struct world *w, const char *const *params)
{
	struct query q;
	bool range = false;

	query_init(&q, &w->arena);
	for (; params && *params; params += 2) {
		range |= strcmp(params[0], "from") == 0 || strcmp(params[0], "range") == 0;
		OK(w, query_set(&q, str_of(params[0]), str_of(params[1]), NULL, NULL, &w->err));
	}
	OK(w, query_end(&q, day_start(DAY0 + 400), &w->err));
	if (!range) {
		q.from_day = DAY0 - 400;
		q.to_day = DAY0 + 400;
	}
	return q;
}
#define ASK(w, ...) ask((w), (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

__attribute__((unused)) static struct totals totals_of(struct world *w, const struct query *q)
{
	struct totals t = { 0 };

	OK(w, store_totals(w->s, q, &t, &w->err));
	return t;
}

#endif
