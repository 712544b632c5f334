#include "document.h"

#include "explain.h"
#include "filesink.h"
#include "outcome.h"
#include "xalloc.h"

#include <string.h>
#include <unistd.h>

struct explain_sink {
	struct sink sink;
	struct cli *cli;
	struct arena arena; /* of the record */
	struct str file;
	uint64_t printed;
	int code; /* of the first file that yields nothing */
};

static void print_answer(struct arena *arena, int number, const struct answer *a)
{
	char label[64];
	struct str question = a->question;
	snprintf(label, sizeof(label), "%d %.*s", number, STR_ARGS(question));
	/* An answer may hold the receiver's own word for a result. */
	struct str answer = printable(arena, a->answer),
		   evidence = printable(arena, a->evidence);
	printf("    %-26s %-12.*s %.*s\n", label, STR_ARGS(answer), STR_ARGS(evidence));
}

/* Sentences, one behind the other. */
static void print_line(struct arena *a, struct str text, struct str more)
{
	struct str shown = printable(a, text), behind = printable(a, more);
	if (shown.n + behind.n > 0)
		printf("    %.*s%s%.*s\n", STR_ARGS(shown), shown.n && behind.n ? " " : "",
			STR_ARGS(behind));
}

static void print_record(struct cli *c, struct arena *a, const struct policy *policy,
	const struct record *rec, const struct verdict *v)
{
	struct explanation e;
	explain_record(a, policy, rec, v, &e);
	bool pass = v->result == DMARC_PASS;
	char ip[IP_TEXT];
	struct str address = ip_text(&rec->source_ip, ip),
		   from = printable(a, rec->header_from);
	struct str count = number_text(a, rec->messages), did = printable(a, e.receiver.answer);
	enum tone tone = pass ? TONE_OK : TONE_BAD;
	printf("%s%s%s %-18.*s %.*s message%s   From: %.*s   %s%s%s, %.*s\n",
		tone_on(&c->terminal, tone),
		pass ? mark_ok(&c->terminal) : mark_bad(&c->terminal),
		tone_off(&c->terminal, tone), STR_ARGS(address), STR_ARGS(count),
		rec->messages == 1 ? "" : "s", STR_ARGS(from), tone_on(&c->terminal, tone),
		pass ? "pass" : "fail", tone_off(&c->terminal, tone), STR_ARGS(did));
	for (int i = 0; i < 4; i++)
		print_answer(a, i + 1, &e.answers[i]);
	print_line(a, e.sentence, e.advice);
	print_line(a, e.disagreement, STR_ABSENT);
}

static int explain_begin(struct sink *s, const struct report *r, struct err *err)
{
	(void)err;
	struct explain_sink *x = (struct explain_sink *)s;
	struct arena *a = x->cli->arena;
	char day[DAY_TEXT];
	struct period period;
	period_of(r->begin_at, r->end_at, &period);
	struct str org = printable(a, r->org_name), id = printable(a, r->report_id);
	struct str domain = printable(a, r->policy.domain), p = printable(a, r->policy.p);
	struct str date = day_text(period.middle_day, day);
	printf("%s%.*s  %.*s  %.*s  %.*s  p=%.*s\n", x->printed++ ? "\n" : "", STR_ARGS(org),
		STR_ARGS(id), STR_ARGS(date), STR_ARGS(domain), STR_ARGS(p));
	return 0;
}

static int explain_one(struct sink *s, const struct report *r, const struct record *rec,
	const struct verdict *v, struct err *err)
{
	(void)err;
	struct explain_sink *x = (struct explain_sink *)s;
	arena_reset(&x->arena);
	print_record(x->cli, &x->arena, &r->policy, rec, v);
	return 0;
}

static int explain_end(struct sink *s, const struct report *r, const struct report_totals *t,
	const struct digest *document, struct err *err)
{
	(void)document;
	(void)err;
	struct explain_sink *x = (struct explain_sink *)s;
	struct arena *a = x->cli->arena;
	struct str messages = number_text(a, t->messages), records = number_text(a, t->records);
	struct str pass = number_text(a, t->pass), fail = number_text(a, t->fail);
	printf("%.*s message%s in %.*s record%s: %.*s passed, %.*s failed\n",
		STR_ARGS(messages), t->messages == 1 ? "" : "s", STR_ARGS(records),
		t->records == 1 ? "" : "s", STR_ARGS(pass), STR_ARGS(fail));
	for (size_t i = 0; i < r->note_count; i++) {
		struct str where = printable(a, r->notes[i].where),
			   detail = printable(a, r->notes[i].detail);
		printf("  note: %.*s %.*s %.*s\n", STR_ARGS(r->notes[i].code), STR_ARGS(where),
			STR_ARGS(detail));
	}
	return 0;
}

static int explain_refused(
	struct sink *s, const struct report *partial, const struct err *why, struct err *err)
{
	(void)partial;
	(void)err;
	struct explain_sink *x = (struct explain_sink *)s;
	struct str text = printable(x->cli->arena, str_of(why->text));
	struct str file = printable(x->cli->arena, x->file);
	bool read = reason_find(str_of(why->reason)) != NULL;
	fflush(stdout);
	if (read)
		fprintf(stderr, "ruad: %.*s: %s: %.*s\n", STR_ARGS(file), why->reason,
			STR_ARGS(text));
	else /* it could not be opened; the text names it */
		fprintf(stderr, "ruad: %.*s\n", STR_ARGS(text));
	if (x->code == EX_OK)
		x->code = read ? EX_DATAERR : exit_of(why);
	return 0;
}

static int explain_files(struct cli *c)
{
	struct explain_sink x = { .cli = c,
		.sink = { .begin = explain_begin,
			.record = explain_one,
			.end = explain_end,
			.refused = explain_refused } };
	struct err err = { 0 };
	arena_init(&x.arena);
	int r = files_read(c, &x.sink, &x.file, &err);
	arena_release(&x.arena);
	if (r < 0)
		return cli_fail(&err);
	return x.code;
}

static int explain_json(struct cli *c, struct store *store, int64_t report, uint64_t n)
{
	struct err err = { 0 };
	CLEANUP(document)
	struct document d;
	struct doc_context doc = document_context(c, store);
	document_begin(&d);
	int r = doc_record(&doc, report, n, &d.json, &err);
	if (r > 0)
		r = document_print(&d, &err);
	return r < 0 ? cli_fail(&err) : EX_OK;
}

static int explain_stored(struct cli *c, const char *id, int64_t report, uint64_t n)
{
	struct store *store = NULL;
	int code = cli_open_store(c, &store);
	if (code != EX_OK)
		return code;
	struct err err = { 0 };
	struct record_row row;
	int r = store_record(store, report, n, c->arena, &row, &err);
	if (r < 0) {
		code = cli_fail(&err);
	} else if (r == 0) {
		fprintf(stderr,
			"ruad: there is no record %.40s (ruad show records lists them)\n", id);
		code = EX_NOINPUT;
	} else if (c->output == OUTPUT_JSON) {
		code = explain_json(c, store, report, n);
	} else {
		char day[DAY_TEXT];
		struct str org = printable(c->arena, row.ref.reporter);
		struct str rid = printable(c->arena, row.ref.report_id);
		struct str date = day_text(row.period.middle_day, day);
		printf("%.*s  %.*s  %.*s  record %llu, XML line %llu\n", STR_ARGS(org),
			STR_ARGS(rid), STR_ARGS(date), (unsigned long long)n,
			(unsigned long long)row.record.line);
		print_record(c, c->arena, &row.policy, &row.record, &row.verdict);
	}
	store_close(store);
	return code;
}

int cmd_explain(struct cli *c)
{
	if (c->options.arg_count == 0)
		return cli_usage(c, "explain what? Name a record (17.3) or a file");
	int64_t report;
	uint64_t n;
	const char *word = c->options.args[0];
	if (c->options.arg_count == 1 && doc_record_id(str_of(word), &report, &n) &&
		access(word, F_OK) != 0)
		return explain_stored(c, word, report, n);
	if (c->output == OUTPUT_JSON)
		return cli_usage(c, "explain of a file has no JSON form; `ruad parse` has");
	return explain_files(c);
}
