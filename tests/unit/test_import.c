#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "day.h"
#include "flow.h"
#include "flow_test.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <unistd.h>

/*
 * A source that hands out what it was given and writes down what is asked of it: n0 (next), d0
 * (drop), and for done the outcome and how many inputs another connection sees in the database
 * at that moment: 0=stored/1.
 */
struct script {
	struct source source; /* first */
	struct str items[8];
	size_t n, at;
	size_t unreadable;    /* item that cannot be opened, 1-based; 0 none */
	size_t broken;	      /* item that cannot be read once it is open, 1-based */
	const char *shrunk;   /* all items: a file of this, which once had 5000 bytes */
	size_t fails_at;      /* next fails there, 1-based; 0 never */
	size_t done_fails_at; /* done fails there, 1-based */
	bool are_mails;
	size_t waits_at, looks, settled; /* of far_ops */
	struct buf log;
	size_t out; /* handed out and not done */
};

static char scratch[64], db[96];

static uint64_t committed_inputs(void)
{
	struct store *s;
	struct store_status status;
	struct err err;

	if (store_open(db, STORE_READ, 1000, &s, &err) != 0 ||
		store_status(s, &status, &err) != 0)
		fail_msg("%s", err.text);
	store_close(s);
	return status.inputs;
}

static int script_next(struct source *source, struct mail *ret, struct err *err)
{
	static const char *const places[] = { "place 0", "place 1", "place 2", "place 3",
		"place 4", "place 5", "place 6", "place 7" };
	struct script *s = (struct script *)source;
	size_t i = s->at;

	if (s->fails_at == i + 1)
		return FAIL(err, ERR_IO, NULL, "the connection was lost");
	if (i == s->n)
		return 0;
	s->at++;
	s->out++;
	buf_printf(&s->log, "n%zu ", i);
	*ret = (struct mail){ .source = source->name,
		.locator = str_of(places[i]),
		.content = blob_mem(s->items[i]),
		.is_mail = s->are_mails,
		.arrived_at = 1795200000,
		.token = (void *)(uintptr_t)(i + 1) };
	if (s->broken == i + 1) /* a folder: reading its bytes fails */
		ret->content =
			(struct blob){ .fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
				.size_bytes = 100 };
	if (s->shrunk) {
		int fd = open(scratch, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

		assert_int_equal(write(fd, s->shrunk, strlen(s->shrunk)), strlen(s->shrunk));
		ret->content = (struct blob){ .fd = fd, .size_bytes = 5000 };
	}
	if (s->unreadable != i + 1)
		return 1;
	ret->content = blob_mem(STR_ABSENT);
	err_set(err, ERR_INPUT, "read-failed", "cannot be read: no permission");
	return 2;
}

static void script_drop(struct source *source, struct mail *mail)
{
	struct script *s = (struct script *)source;

	buf_printf(&s->log, "d%zu ", (size_t)(uintptr_t)mail->token - 1);
	if (mail->content.fd >= 0)
		close(mail->content.fd);
	mail->content = blob_mem(STR_ABSENT);
}

static int script_done(struct source *source, void *token, int outcome, struct err *err)
{
	struct script *s = (struct script *)source;
	size_t i = (size_t)(uintptr_t)token;

	assert_true(s->out > 0);
	s->out--;
	if (outcome < 0)
		buf_printf(&s->log, "%zu=- ", i - 1);
	else
		buf_printf(&s->log, "%zu=%s/%llu ", i - 1, outcome_name((enum outcome)outcome),
			(unsigned long long)committed_inputs());
	if (s->done_fails_at == i)
		return FAIL(err, ERR_CONFIG, NULL, "cannot move mail %zu", i - 1);
	return 0;
}

static uint64_t script_total(struct source *source)
{
	return ((struct script *)source)->n;
}

static void script_close(struct source *source)
{
	(void)source;
}

static const struct source_ops script_ops = { .next = script_next,
	.drop = script_drop,
	.done = script_done,
	.total = script_total,
	.close = script_close };

/*
 * The same from far away: it is ready at the third look only; s and its outcome for settles;
 * its checkpoint is how many were given, settled and done.
 */
static int far_ready(struct source *source, unsigned ms)
{
	struct script *s = (struct script *)source;

	(void)ms;
	if (s->at == s->waits_at && s->looks > 0)
		s->looks--;
	return s->at != s->waits_at || s->looks == 0;
}

static void far_settles(struct source *source, void *token, int outcome)
{
	struct script *s = (struct script *)source;

	s->settled++;
	buf_printf(&s->log, "s%zu=%s ", (size_t)(uintptr_t)token - 1,
		outcome < 0 ? "-" : outcome_name((enum outcome)outcome));
}

static void far_checkpoint(struct source *source, struct buf *ret)
{
	struct script *s = (struct script *)source;

	buf_printf(ret, "%zu %zu %zu", s->at, s->settled, s->at - s->out);
}

static const struct source_ops far_ops = { .next = script_next,
	.drop = script_drop,
	.done = script_done,
	.total = script_total,
	.close = script_close,
	.ready = far_ready,
	.settles = far_settles,
	.checkpoint = far_checkpoint };

static void script_init(struct script *s, const char *const *items)
{
	*s = (struct script){ .source = { &script_ops, STR("box") } };
	for (; items[s->n]; s->n++)
		s->items[s->n] = str_of(items[s->n]);
	buf_init(&s->log, 4096);
}

static const char *script_log(struct script *s)
{
	assert_int_equal(s->out, 0);
	while (s->log.n > 0 && s->log.p[s->log.n - 1] == ' ')
		s->log.p[--s->log.n] = '\0';
	return s->log.p;
}

static struct flow *flow;
static struct limits limits;
static struct store *store;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int setup(void **state)
{
	struct err err;

	(void)state;
	limits_default(&limits);
	snprintf(scratch, sizeof(scratch), "/tmp/ruad-test-XXXXXX");
	if (!mkdtemp(scratch))
		return -1;
	snprintf(db, sizeof(db), "%s/ruad.db", scratch);
	if (flow_new(&limits, NULL, &flow, &err) < 0 ||
		store_open(db, STORE_WRITE, 0, &store, &err) < 0) {
		print_error("%s\n", err.text);
		return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_close(store);
	store = NULL;
	flow_free(flow);
	flow = NULL;
	return nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int import(struct script *s, const struct import_options *opt, struct import_totals *t,
	struct err *err)
{
	*t = (struct import_totals){ 0 };
	*err = (struct err){ 0 };
	return flow_import(flow, store, &s->source, opt, t, err);
}

static void status_of(struct store_status *ret)
{
	struct store *s;
	struct err err = { 0 };

	if (store_open(db, STORE_READ, 1000, &s, &err) != 0 || store_status(s, ret, &err) != 0)
		fail_msg("%s", err.text);
	store_close(s);
	ret->sqlite_version = STR_ABSENT;
}

#define R1 XML_REPORT("r1", XML_TWO)
#define R2 XML_REPORT("r2", XML_RECORD("192.0.2.9", "7", "pass", "pass"))
#define BAD "<feedback>\n<a></b>"

static struct str checkpoint(struct arena *a)
{
	struct str text = STR_ABSENT;
	struct store *s;
	struct err err = { 0 };

	if (store_open(db, STORE_READ, 1000, &s, &err) != 0 ||
		store_checkpoint_get(s, STR("box"), a, &text, &err) < 0)
		fail_msg("%s", err.text);
	store_close(s);
	return text;
}

/* What is owed is in the store with the mail, what is done after it. */
static void a_far_source_remembers(void **state)
{
	struct script s;
	struct import_totals t;
	struct err err;
	struct arena a;

	(void)state;
	arena_init(&a);
	script_init(&s, (const char *const[]){ R1, BAD, R2, NULL });
	s.source.ops = &far_ops;
	s.unreadable = 3;
	assert_int_equal(import(&s, &(struct import_options){ 0 }, &t, &err), 0);
	assert_string_equal(script_log(&s),
		"n0 d0 n1 d1 n2 d2 s0=stored s1=rejected s2=- 0=stored/3 1=rejected/3 2=-");
	assert_true(str_eq(checkpoint(&a), STR("3 3 3")));
	/* A dry run leaves no trace. */
	buf_release(&s.log);
	script_init(&s, (const char *const[]){ R1, NULL });
	s.source.ops = &far_ops;
	assert_int_equal(import(&s, &(struct import_options){ .dry_run = true }, &t, &err), 0);
	assert_string_equal(script_log(&s), "n0 d0 0=-");
	assert_true(str_eq(checkpoint(&a), STR("3 3 3")));
	buf_release(&s.log);
	arena_release(&a);
}

/* The store is not kept from others for a slow server. */
static void a_batch_does_not_wait_for_the_network(void **state)
{
	pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
	struct script s;
	struct import_totals t;
	struct err err;

	(void)state;
	script_init(&s, (const char *const[]){ R1, R2, NULL });
	s.source.ops = &far_ops;
	s.waits_at = 1;
	s.looks = 1000;
	assert_int_equal(
		import(&s, &(struct import_options){ .batch_ms = 1, .turn = &turn }, &t, &err),
		0);
	assert_string_equal(
		script_log(&s), "n0 d0 s0=stored 0=stored/1 n1 d1 s1=stored 1=stored/2");
	assert_int_equal(pthread_mutex_trylock(&turn), 0);
	buf_release(&s.log);
}

static void a_stop_is_seen_while_the_network_is_waited_for(void **state)
{
	struct script s;
	struct import_totals t;
	struct err err;
	atomic_int stop = 1;

	(void)state;
	script_init(&s, (const char *const[]){ R1, NULL });
	s.source.ops = &far_ops;
	s.looks = SIZE_MAX;
	assert_int_equal(import(&s, &(struct import_options){ .stop = &stop }, &t, &err), 0);
	assert_true(t.interrupted);
	assert_string_equal(script_log(&s), "");
	buf_release(&s.log);
}

static uint64_t run_count(void)
{
	struct arena a;
	struct query q;
	struct rows *rows = NULL;
	struct run_row row;
	struct store *s;
	struct err err = { 0 };
	uint64_t n = 0;

	arena_init(&a);
	query_init(&q, &a);
	if (query_set(&q, STR("range"), STR("all"), NULL, NULL, &err) < 0 ||
		query_end(&q, time_now(), &err) < 0 ||
		store_open(db, STORE_READ, 1000, &s, &err) != 0 ||
		store_runs(s, &q, &rows, &err) < 0)
		fail_msg("%s", err.text);
	while (rows_run(rows, &row, &err) > 0)
		n++;
	rows_close(rows);
	store_close(s);
	arena_release(&a);
	return n;
}

static void quiet_run(
	size_t fails_at, const char *item, uint64_t want_runs, uint64_t want_failures)
{
	struct script s;
	struct import_totals t;
	struct err err;
	struct arena a;
	struct import_row row;

	script_init(&s, (const char *const[]){ item, NULL });
	s.fails_at = fails_at;
	assert_int_equal(import(&s, &(struct import_options){ .quiet = true }, &t, &err),
		fails_at ? ERR_IO : 0);
	assert_int_equal(run_count(), want_runs);
	arena_init(&a);
	assert_int_equal(store_import_state(store, STR("box"), &a, &row, &err), 1);
	assert_int_equal(row.failures, want_failures);
	arena_release(&a);
	buf_release(&s.log);
}

static void a_source_that_cannot_be_opened_has_failed(void **state)
{
	struct err why = { 0 }, err = { 0 };
	struct import_row row;
	struct arena a;

	(void)state;
	arena_init(&a);
	err_set(&why, ERR_CONFIG, "no-input", "there is no such folder");
	for (uint64_t i = 1; i <= 2; i++) {
		assert_int_equal(flow_import_failed(store, STR("box"),
					 &(struct import_options){ .quiet = true }, &why, &err),
			0);
		assert_int_equal(store_import_state(store, STR("box"), &a, &row, &err), 1);
		assert_int_equal(row.failures, i);
		assert_true(str_eq(row.reason, STR("no-input")));
		assert_int_equal(run_count(), 1);
	}
	arena_release(&a);
}

/* Polling every few minutes for years must not fill the list of runs. */
static void quiet_runs_are_listed_when_they_tell_something(void **state)
{
	(void)state;
	quiet_run(0, NULL, 1, 0); /* the first one */
	quiet_run(0, NULL, 1, 0);
	quiet_run(0, R1, 2, 0);
	quiet_run(1, NULL, 3, 1);
	quiet_run(1, NULL, 3, 2);
	quiet_run(0, NULL, 4, 0); /* well again */
	quiet_run(0, NULL, 4, 0);
}

/* The order of things: nothing is acknowledged before its commit, everything after it. */
static void done_after_commit(void **state)
{
	static const char *const items[] = { R1, R2, R1, BAD, TLS_REPORT, NULL };
	static const struct {
		const char *name;
		uint64_t batch_inputs;
		const char *want;
	} cases[] = {
		{ "one batch", 100,
			"n0 d0 n1 d1 n2 d2 n3 d3 n4 d4 "
			"0=stored/5 1=stored/5 2=duplicate/5 3=rejected/5 4=ignored/5" },
		{ "two at a time", 2,
			"n0 d0 n1 d1 0=stored/2 1=stored/2 n2 d2 n3 d3 2=duplicate/4 "
			"3=rejected/4 "
			"n4 d4 4=ignored/5" },
		{ "one at a time", 1,
			"n0 d0 0=stored/1 n1 d1 1=stored/2 n2 d2 2=duplicate/3 n3 d3 "
			"3=rejected/4 "
			"n4 d4 4=ignored/5" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct import_options opt = { .batch_inputs = cases[i].batch_inputs,
			.batch_ms = 600000 };
		struct import_totals t;
		struct script s;
		struct err err;

		setup(state);
		script_init(&s, items);
		if (import(&s, &opt, &t, &err) != 0)
			fail_msg("%s: %s", cases[i].name, err.text);
		if (strcmp(script_log(&s), cases[i].want) != 0)
			fail_msg("%s: got\n%s", cases[i].name, s.log.p);
		assert_int_equal(t.inputs, 5);
		assert_int_equal(t.read, 5);
		assert_int_equal(t.by_outcome[OUTCOME_STORED], 2);
		assert_int_equal(t.by_outcome[OUTCOME_DUPLICATE], 1);
		assert_int_equal(t.by_outcome[OUTCOME_IGNORED], 1);
		assert_int_equal(t.by_outcome[OUTCOME_REJECTED], 1);
		assert_int_equal(t.reports, 2);
		assert_int_equal(t.records, 3);
		assert_int_equal(t.messages, 15);
		assert_false(t.interrupted);
		buf_release(&s.log);
		teardown(state);
	}
	setup(state);
}

static void what_the_store_has(void **state)
{
	static const char *const items[] = { R1, R2, R1, BAD, NULL };
	struct import_options opt = { 0 };
	struct import_totals t;
	struct store_status st;
	struct script s;
	struct err err;

	(void)state;
	script_init(&s, items);
	assert_int_equal(import(&s, &opt, &t, &err), 0);
	status_of(&st);
	assert_int_equal(st.reports, 2);
	assert_int_equal(st.records, 3);
	assert_int_equal(st.messages, 15);
	assert_int_equal(st.inputs, 4);
	assert_int_equal(st.by_outcome[OUTCOME_REJECTED], 1);
	assert_int_equal(st.kept_bytes, strlen(BAD));
	buf_release(&s.log);
}

/* A second run changes no number of the reports. */
static void again(void **state)
{
	static const char *const items[] = { R1, R2, NULL };
	struct import_options opt = { 0 };
	struct import_totals t;
	struct store_status before, after;
	struct script s;
	struct err err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		script_init(&s, items);
		assert_int_equal(import(&s, &opt, &t, &err), 0);
		status_of(i ? &after : &before);
		buf_release(&s.log);
	}
	assert_int_equal(t.by_outcome[OUTCOME_DUPLICATE], 2);
	assert_int_equal(t.reports, 0);
	assert_int_equal(t.messages, 0);
	assert_int_equal(after.reports, before.reports);
	assert_int_equal(after.messages, before.messages);
}

static void several_documents_in_one_mail(void **state)
{
	static const struct {
		const char *name, *mail, *log;
		uint64_t stored, duplicate, rejected;
	} cases[] = {
		{ "two good ones", MAIL(MAIL_PART("a.xml", R1) MAIL_PART("b.xml", R2)),
			"n0 d0 0=stored/2", 2, 0, 0 },
		{ "the same twice", MAIL(MAIL_PART("a.xml", R1) MAIL_PART("b.xml", R1)),
			"n0 d0 0=stored/2", 1, 1, 0 },
		{ "good, then bad", MAIL(MAIL_PART("a.xml", R1) MAIL_PART("b.xml", BAD)),
			"n0 d0 0=rejected/2", 1, 0, 1 },
		{ "bad, then good", MAIL(MAIL_PART("a.xml", BAD) MAIL_PART("b.xml", R1)),
			"n0 d0 0=rejected/2", 1, 0, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const items[] = { cases[i].mail, NULL };
		struct import_options opt = { 0 };
		struct import_totals t;
		struct script s;
		struct err err;

		setup(state);
		script_init(&s, items);
		s.are_mails = true;
		if (import(&s, &opt, &t, &err) != 0)
			fail_msg("%s: %s", cases[i].name, err.text);
		if (strcmp(script_log(&s), cases[i].log) != 0 || t.read != 1 || t.inputs != 2 ||
			t.by_outcome[OUTCOME_STORED] != cases[i].stored ||
			t.by_outcome[OUTCOME_DUPLICATE] != cases[i].duplicate ||
			t.by_outcome[OUTCOME_REJECTED] != cases[i].rejected)
			fail_msg("%s: %s", cases[i].name, s.log.p);
		buf_release(&s.log);
		teardown(state);
	}
	setup(state);
}

/* A report that turns out bad behind many records leaves nothing but its ledger entry. */
static void bad_half_way(void **state)
{
	static const char *const items[] = {
		"<feedback>" XML_META("G", "r9") XML_POLICY XML_TWO "<row>", R2, NULL
	};
	struct import_options opt = { 0 };
	struct import_totals t;
	struct store_status st;
	struct script s;
	struct err err;

	(void)state;
	script_init(&s, items);
	assert_int_equal(import(&s, &opt, &t, &err), 0);
	assert_int_equal(t.by_outcome[OUTCOME_REJECTED], 1);
	assert_int_equal(t.by_outcome[OUTCOME_STORED], 1);
	status_of(&st);
	assert_int_equal(st.reports, 1);
	assert_int_equal(st.records, 1);
	assert_int_equal(st.messages, 7);
	buf_release(&s.log);
}

static void dry_run(void **state)
{
	static const char *const items[] = { R1, R2, R1, BAD, NULL };
	struct import_options opt = { .dry_run = true, .batch_inputs = 1 };
	struct import_totals t;
	struct store_status st;
	struct script s;
	struct err err;

	(void)state;
	script_init(&s, items);
	assert_int_equal(import(&s, &opt, &t, &err), 0);
	assert_string_equal(script_log(&s), "n0 d0 0=- n1 d1 1=- n2 d2 2=- n3 d3 3=-");
	assert_int_equal(t.by_outcome[OUTCOME_STORED], 2);
	assert_int_equal(t.by_outcome[OUTCOME_DUPLICATE], 1);
	assert_int_equal(t.by_outcome[OUTCOME_REJECTED], 1);
	assert_int_equal(t.messages, 15);
	status_of(&st);
	assert_int_equal(st.reports, 0);
	assert_int_equal(st.inputs, 0);
	assert_int_equal(st.last_run_at, 0);
	assert_int_equal(st.kept_bytes, 0);
	buf_release(&s.log);
}

static atomic_int stop;
static void stop_after_two(void *arg, const struct import_totals *t, uint64_t total)
{
	(void)arg;
	assert_int_equal(total, 4);
	if (t->read == 2)
		stop = 1;
}

static void stop_flag(void **state)
{
	static const char *const items[] = { R1, R2, BAD, TLS_REPORT, NULL };
	struct import_options opt = { .stop = &stop, .progress = stop_after_two };
	struct import_totals t;
	struct script s;
	struct err err;

	(void)state;
	stop = 0;
	script_init(&s, items);
	assert_int_equal(import(&s, &opt, &t, &err), 0);
	assert_string_equal(script_log(&s), "n0 d0 n1 d1 0=stored/2 1=stored/2");
	assert_true(t.interrupted);
	assert_int_equal(t.inputs, 2);
	/* Stopped before anything: nothing happens, and it says so. */
	buf_release(&s.log);
	script_init(&s, items);
	assert_int_equal(import(&s, &opt, &t, &err), 0);
	assert_true(t.interrupted);
	assert_int_equal(t.inputs, 0);
	assert_int_equal(s.log.n, 0);
	buf_release(&s.log);
}

static void totals_are_added(void **state)
{
	static const char *const items[] = { R1, NULL };
	struct import_options opt = { 0 };
	struct import_totals t = { .inputs = 10, .read = 10, .messages = 100 };
	struct script s;
	struct err err;

	(void)state;
	script_init(&s, items);
	assert_int_equal(flow_import(flow, store, &s.source, &opt, &t, &err), 0);
	assert_int_equal(t.inputs, 11);
	assert_int_equal(t.read, 11);
	assert_int_equal(t.messages, 108);
	buf_release(&s.log);
}

/* The source fails: what came before is kept and acknowledged. */
static void source_fails(void **state)
{
	static const char *const items[] = { R1, R2, BAD, NULL };
	struct import_options opt = { 0 };
	struct import_totals t;
	struct script s;
	struct err err;

	(void)state;
	script_init(&s, items);
	s.fails_at = 3;
	assert_int_equal(import(&s, &opt, &t, &err), ERR_IO);
	assert_string_equal(err.text, "the connection was lost");
	assert_string_equal(script_log(&s), "n0 d0 n1 d1 0=stored/2 1=stored/2");
	assert_int_equal(t.inputs, 2);
	buf_release(&s.log);
}

/* Another writer holds the database: nothing is committed, nothing acknowledged, nothing
 * counted. */
static void store_is_busy(void **state)
{
	static const char *const items[] = { R1, R2, NULL };
	struct import_options opt = { 0 };
	struct import_totals t;
	struct store *other;
	struct store_status st;
	struct script s;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(store_open(db, STORE_SHARED, 0, &other, &err), 0);
	assert_int_equal(store_batch_begin(other, &err), 0);
	script_init(&s, items);
	assert_int_equal(import(&s, &opt, &t, &err), ERR_TEMP);
	store_batch_rollback(other);
	store_close(other);
	assert_int_equal(t.inputs, 0);
	script_log(&s); /* all that was handed out is given back */
	assert_false(str_contains(buf_view(&s.log), STR("stored")));
	status_of(&st);
	assert_int_equal(st.inputs, 0);
	buf_release(&s.log);
}

/* The mailbox cannot be changed: the import goes on, and says so at the end. */
static void done_fails(void **state)
{
	static const char *const items[] = { R1, R2, BAD, NULL };
	struct import_options opt = { .batch_inputs = 1 };
	struct import_totals t;
	struct script s;
	struct err err;

	(void)state;
	script_init(&s, items);
	s.done_fails_at = 1;
	assert_int_equal(import(&s, &opt, &t, &err), ERR_CONFIG);
	assert_string_equal(err.text, "cannot move mail 0");
	assert_int_equal(t.inputs, 3);
	assert_string_equal(
		script_log(&s), "n0 d0 0=stored/1 n1 d1 1=stored/2 n2 d2 2=rejected/3");
	buf_release(&s.log);
}

/* The newest ledger entry, and its kept bytes if there are any. */
static void newest_input(struct arena *a, struct input_row *ret, struct str *ret_bytes)
{
	struct query q;
	struct rows *rows = NULL;
	struct input_row row;
	struct store *s = NULL;
	struct err err = { 0 };
	int64_t id = 0;

	query_init(&q, a);
	if (query_end(&q, time_now(), &err) != 0 ||
		store_open(db, STORE_READ, 0, &s, &err) != 0 ||
		store_inputs(s, &q, &rows, &err) != 0)
		fail_msg("%s", err.text);
	while (rows_input(rows, &row, &err) > 0)
		id = row.id > id ? row.id : id;
	rows_close(rows);
	if (store_input_get(s, id, a, ret, ret_bytes, &err) != 1)
		fail_msg("input %lld: %s", (long long)id, err.text);
	store_close(s);
}

static void unreadable_input(void **state)
{
	static const char *const items[] = { R1, "x", R2, NULL };
	struct import_options opt = { .batch_inputs = 1 };
	struct import_totals t;
	struct arena a;
	struct input_row row;
	struct str bytes;
	struct script s;
	struct err err;

	(void)state;
	script_init(&s, items);
	s.unreadable = 2;
	s.n = 2;
	assert_int_equal(import(&s, &opt, &t, &err), 0);
	assert_int_equal(err.code, 0);
	assert_string_equal(script_log(&s), "n0 d0 0=stored/1 n1 d1 1=-");
	arena_init(&a);
	newest_input(&a, &row, &bytes);
	assert_true(str_eq(row.reason, STR("read-failed")));
	assert_true(str_eq(row.detail, STR("cannot be read: no permission")));
	assert_false(row.has_bytes);
	arena_release(&a);
	buf_release(&s.log);
}

/* A disk that fails while a mail is read: it is told, and the mail stays for the next run. */
static void broken_input(void **state)
{
	static const char *const items[] = { R1, "x", R2, NULL };
	struct import_options opt = { 0 };
	struct import_totals t;
	struct script s;
	struct err err;

	(void)state;
	script_init(&s, items);
	s.broken = 2;
	assert_int_equal(import(&s, &opt, &t, &err), 0);
	assert_string_equal(script_log(&s), "n0 d0 n1 d1 n2 d2 0=stored/3 1=- 2=stored/3");
	assert_int_equal(t.by_outcome[OUTCOME_REJECTED], 1);
	buf_release(&s.log);
}

/* A file that has become shorter since it was opened: told by what was read, and kept so. */
static void shrunk_file(void **state)
{
	static const char *const items[] = { "x", NULL };
	struct import_options opt = { 0 };
	struct import_totals t;
	struct arena a;
	struct input_row row;
	struct str bytes;
	struct script s;
	struct err err;

	(void)state;
	script_init(&s, items);
	s.shrunk = BAD;
	assert_int_equal(import(&s, &opt, &t, &err), 0);
	assert_string_equal(script_log(&s), "n0 d0 0=rejected/1");
	arena_init(&a);
	newest_input(&a, &row, &bytes);
	assert_true(str_eq(row.reason, STR("xml-malformed")));
	assert_int_equal(row.size_bytes, strlen(BAD));
	assert_true(str_eq(bytes, str_of(BAD)));
	arena_release(&a);
	buf_release(&s.log);
}

#define DEEP8 "<a><a><a><a><a><a><a><a>"

/* Each reason that a single input can have, and what the ledger says of it. */
static void every_reason(void **state)
{
	static const struct {
		const char *reason, *in;
		enum outcome outcome;
		int64_t line;
	} cases[] = {
		{ NULL, R1, OUTCOME_STORED, 0 },
		{ "no-report-in-mail", MAIL_TEXT, OUTCOME_IGNORED, 0 },
		{ "tls-report", TLS_REPORT, OUTCOME_IGNORED, 0 },
		{ "failure-report", MAIL_ARF, OUTCOME_IGNORED, 0 },
		{ "feedback-report", MAIL_ABUSE, OUTCOME_IGNORED, 0 },
		{ "empty", "", OUTCOME_REJECTED, 0 },
		{ "not-a-report", "some text", OUTCOME_REJECTED, 0 },
		{ "not-a-report", "<rss/>", OUTCOME_REJECTED, 1 },
		{ "xml-malformed", BAD, OUTCOME_REJECTED, 2 },
		{ "xml-doctype", "<!DOCTYPE x><feedback/>", OUTCOME_REJECTED, 1 },
		{ "xml-encoding",
			"<?xml version='1.0' encoding='no-such'?><feedback>\xff</feedback>",
			OUTCOME_REJECTED, 0 },
		{ "xml-too-deep",
			"<feedback>\n" DEEP8 DEEP8 DEEP8 DEEP8 DEEP8 "</a></feedback>",
			OUTCOME_REJECTED, 2 },
		{ "element-missing", "<feedback>" XML_META("G", "r9") "</feedback>",
			OUTCOME_REJECTED, 0 },
		{ "date-range",
			"<feedback><report_metadata><org_name>G</org_name><report_id>1</"
			"report_id>"
			"<date_range><begin>1795046400</begin><end>1795046300</end></"
			"date_range>"
			"</report_metadata>" XML_POLICY "</feedback>",
			OUTCOME_REJECTED, 1 },
		{ "value-invalid",
			"<feedback><report_metadata><org_name>G</org_name><report_id>1</"
			"report_id>"
			"<date_range><begin>soon</begin><end>later</end></date_range>"
			"</report_metadata>" XML_POLICY "</feedback>",
			OUTCOME_REJECTED, 1 },
		{ "value-invalid",
			XML_REPORT("r7", XML_RECORD("192.0.2.1", "900000000000", "pass", "pass")
						 XML_RECORD("192.0.2.2", "900000000000", "pass",
							 "pass")),
			OUTCOME_REJECTED, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const items[] = { cases[i].in, NULL };
		struct import_options opt = { 0 };
		struct import_totals t;
		struct arena a;
		struct input_row row;
		struct str bytes;
		struct script s;
		struct err err;

		setup(state);
		arena_init(&a);
		script_init(&s, items);
		if (import(&s, &opt, &t, &err) != 0)
			fail_msg("%zu: %s", i, err.text);
		newest_input(&a, &row, &bytes);
		if (!str_eq(row.reason, str_of(cases[i].reason)) ||
			row.outcome != cases[i].outcome ||
			t.by_outcome[cases[i].outcome] != 1 || t.inputs != 1)
			fail_msg("%zu %s: got %.*s: %.*s", i, cases[i].reason,
				STR_ARGS(row.reason), STR_ARGS(row.detail));
		if (row.line != cases[i].line)
			fail_msg("%zu %s: line %lld", i, cases[i].reason, (long long)row.line);
		if (cases[i].outcome == OUTCOME_REJECTED &&
			!str_eq(bytes, str_of(cases[i].in)) && cases[i].in[0] != '\0')
			fail_msg("%zu %s: bytes were not kept", i, cases[i].reason);
		if (cases[i].outcome == OUTCOME_STORED)
			assert_true(row.report > 0);
		if (cases[i].outcome == OUTCOME_IGNORED)
			assert_false(row.has_bytes);
		assert_true(str_eq(row.source, STR("box")));
		assert_true(str_starts(row.locator, STR("place ")));
		assert_int_equal(row.arrived_at, 1795200000);
		assert_int_equal(row.size_bytes, strlen(cases[i].in));
		if (str_starts(str_of(cases[i].in), STR("From: "))) {
			assert_true(str_eq(row.subject, STR("Report Domain: example.com")));
			assert_true(str_contains(row.message_id, STR("1@example.net")));
		}
		buf_release(&s.log);
		arena_release(&a);
		teardown(state);
	}
	setup(state);
}

static void bounds(void **state)
{
	static const struct {
		const char *reason;
		uint64_t *limit, value;
		const char *in;
		bool kept;
	} cases[] = {
		{ "mail-too-large", &limits.mail_size, 64 * KIB, NULL, false },
		{ "too-many-records", &limits.records, 1, R1, true },
		{ "xml-too-large", &limits.xml_text, KIB, NULL, true },
	};
	struct buf big;

	buf_init(&big, MIB);
	buf_str(&big, STR(MAIL_HEAD "Content-Type: text/plain\r\n\r\n"));
	while (big.n < 70000)
		buf_str(&big, STR("a line of a mail that is too large\r\n"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[3000];
		const char *items[] = { cases[i].in, NULL };
		struct import_options opt = { 0 };
		struct import_totals t;
		struct arena a;
		struct input_row row;
		struct str bytes;
		struct script s;
		struct err err;

		setup(state);
		*cases[i].limit = cases[i].value;
		flow_free(flow);
		assert_int_equal(flow_new(&limits, NULL, &flow, &err), 0);
		snprintf(text, sizeof(text),
			"<feedback><report_metadata><org_name>%02000d</org_name>", 1);
		if (!items[0])
			items[0] = i == 0 ? big.p : text;
		arena_init(&a);
		script_init(&s, items);
		s.are_mails = i == 0;
		if (import(&s, &opt, &t, &err) != 0)
			fail_msg("%s: %s", cases[i].reason, err.text);
		newest_input(&a, &row, &bytes);
		if (!str_eq(row.reason, str_of(cases[i].reason)) ||
			row.has_bytes != cases[i].kept)
			fail_msg("%s: got %.*s: %.*s", cases[i].reason, STR_ARGS(row.reason),
				STR_ARGS(row.detail));
		buf_release(&s.log);
		arena_release(&a);
		teardown(state);
	}
	buf_release(&big);
	setup(state);
}

static void packed(void **state)
{
	struct import_options opt = { 0 };
	struct import_totals t;
	const char *const none[] = { NULL };
	struct script s;
	struct buf gz;
	struct err err;

	(void)state;
	buf_init(&gz, 65536);
	gzip_stored(&gz, STR(R1));
	script_init(&s, none);
	s.items[s.n++] = buf_view(&gz);
	s.items[s.n++] = str_first(buf_view(&gz), gz.n / 2);
	s.items[s.n++] = STR(R1);
	assert_int_equal(import(&s, &opt, &t, &err), 0);
	assert_string_equal(
		script_log(&s), "n0 d0 n1 d1 n2 d2 0=stored/3 1=rejected/3 2=duplicate/3");
	buf_release(&s.log);
	buf_release(&gz);
}

static void runs_are_listed(void **state)
{
	static const char *const items[] = { R1, BAD, NULL };
	struct import_options opt = { 0 };
	struct import_totals t;
	struct arena a;
	struct query q;
	struct rows *rows;
	struct run_row run;
	struct script s;
	struct err err = { 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		script_init(&s, items);
		s.fails_at = i == 1 ? 2 : 0;
		assert_int_equal(import(&s, &opt, &t, &err), i == 1 ? ERR_IO : 0);
		buf_release(&s.log);
	}
	arena_init(&a);
	query_init(&q, &a);
	assert_int_equal(query_end(&q, time_now(), &err), 0);
	assert_int_equal(store_runs(store, &q, &rows, &err), 0);
	assert_int_equal(rows_run(rows, &run, &err), 1);
	assert_true(str_eq(run.error, STR("the connection was lost")));
	assert_int_equal(run.inputs, 1);
	assert_int_equal(rows_run(rows, &run, &err), 1);
	assert_true(str_absent(run.error));
	assert_int_equal(run.inputs, 2);
	assert_int_equal(run.by_outcome[OUTCOME_STORED], 1);
	assert_int_equal(run.by_outcome[OUTCOME_REJECTED], 1);
	assert_int_equal(run.messages, 8);
	assert_true(run.ended_at >= run.started_at && run.started_at > 0);
	assert_true(str_eq(run.source, STR("box")));
	assert_int_equal(rows_run(rows, &run, &err), 0);
	rows_close(rows);
	arena_release(&a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
/* Sets up for each of its cases. */
#define TEST_CASES(f) cmocka_unit_test_setup_teardown(f, NULL, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_CASES(done_after_commit),
		TEST(a_far_source_remembers),
		TEST(a_batch_does_not_wait_for_the_network),
		TEST(a_stop_is_seen_while_the_network_is_waited_for),
		TEST(a_source_that_cannot_be_opened_has_failed),
		TEST(quiet_runs_are_listed_when_they_tell_something),
		TEST(what_the_store_has),
		TEST(again),
		TEST_CASES(several_documents_in_one_mail),
		TEST(bad_half_way),
		TEST(dry_run),
		TEST(stop_flag),
		TEST(totals_are_added),
		TEST(source_fails),
		TEST(store_is_busy),
		TEST(done_fails),
		TEST(unreadable_input),
		TEST(broken_input),
		TEST(shrunk_file),
		TEST_CASES(every_reason),
		TEST_CASES(bounds),
		TEST(packed),
		TEST(runs_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
