/* Pages over a store whose every text is hostile, and rules that the templates keep. */
#include "page.h"

#include "asset.h"
#include "check.h"
#include "page_set.h"
#include "template.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW 1795262400 /* 2026-11-21T12:00:00Z */
#define BEGIN 1795046400
#define HOSTILE "\"><script>alert('1')</script>&{{x}}"
#define H STR_INIT(HOSTILE)

static char path[64];
static const struct web_import *imports; /* what the next page knows of sources */
static size_t import_count;

/* --- A small reader of XML: enough to find what is not closed, quoted or escaped --- */

struct reading {
	const char *p, *end;
	char open[64][16];
	int depth;
};

static const char *name_end(const char *p)
{
	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		(*p >= '0' && *p <= '9') || *p == '-')
		p++;
	return p;
}

/* After the name of a tag: attributes in double quotes.  False: something else. */
static bool read_attributes(struct reading *r, bool *ret_empty)
{
	for (;;) {
		while (*r->p == ' ' || *r->p == '\n')
			r->p++;
		*ret_empty = *r->p == '/';
		if (*ret_empty)
			r->p++;
		if (*r->p == '>') {
			r->p++;
			return true;
		}
		const char *end = name_end(r->p);
		if (end == r->p || end[0] != '=' || end[1] != '"')
			return false;
		r->p = strchr(end + 2, '"');
		if (!r->p || memchr(end + 2, '<', (size_t)(r->p - end)))
			return false;
		r->p++;
	}
}

static bool read_tag(struct reading *r)
{
	bool close = *r->p == '/', empty;
	const char *name = close ? r->p + 1 : r->p, *end = name_end(name);
	size_t n = (size_t)(end - name);

	if (n == 0 || n >= 16)
		return false;
	r->p = end;
	if (close) {
		if (r->depth == 0 || strlen(r->open[r->depth - 1]) != n ||
			memcmp(r->open[r->depth - 1], name, n) != 0 || *r->p != '>')
			return false;
		r->p++;
		r->depth--;
		return true;
	}
	if (!read_attributes(r, &empty))
		return false;
	if (empty)
		return true;
	if (r->depth == 64)
		return false;
	memcpy(r->open[r->depth], name, n);
	r->open[r->depth++][n] = '\0';
	return true;
}

static bool well_formed(struct str html, size_t *ret_at)
{
	static const char doctype[] = "<!DOCTYPE html>\n";
	struct reading r = { .p = html.p, .end = html.p + html.n };

	*ret_at = 0;
	if (!str_starts(html, STR("<!DOCTYPE html>\n")))
		return false;
	r.p += sizeof(doctype) - 1;
	while (r.p < r.end) {
		*ret_at = (size_t)(r.p - html.p);
		if (*r.p == '&') {
			const char *semicolon = memchr(r.p, ';', 8);

			if (!semicolon)
				return false;
			r.p = semicolon + 1;
		} else if (*r.p == '<') {
			r.p++;
			if (!read_tag(&r))
				return false;
		} else {
			r.p++;
		}
	}
	return r.depth == 0;
}

static void check_html(const char *name, struct str html)
{
	static const char *const never[] = { "<script>", "onerror=alert('",
		" style=", "javascript:" };
	size_t at;

	if (!well_formed(html, &at))
		fail_msg("%s: not well formed at byte %zu: %.*s", name, at,
			STR_ARGS(str_first(str_from(html, at), 200)));
	for (size_t i = 0; i < COUNT(never); i++)
		if (str_contains(html, str_of(never[i])))
			fail_msg("%s: has %s", name, never[i]);
	if (str_find(html, STR("<h1")) < 0 ||
		str_contains(
			str_from(html, (size_t)str_find(html, STR("<h1")) + 3), STR("<h1")))
		fail_msg("%s: not one h1", name);
}

/* --- A store to look at --- */

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s", err->text);
}

static struct auth hostile_auth = {
	.domain = H, .selector = H, .scope = H, .result = H, .human_result = H
};
static struct override hostile_override = { H, H };
static struct str hostile_errors[] = { H };
static struct note hostile_note = { .code = H, .where = H, .detail = H, .times = 2 };

static void fill_hostile(struct store *s, struct err *err)
{
	struct report report = { .org_name = H,
		.email = H,
		.extra_contact_info = H,
		.report_id = H,
		.begin_at = BEGIN,
		.end_at = BEGIN + 86399,
		.errors = hostile_errors,
		.error_count = 1,
		.generator = H,
		.version = H,
		.xml_namespace = H,
		.notes = &hostile_note,
		.note_count = 1,
		.policy = { .domain = H,
			.p = H,
			.sp = H,
			.np = H,
			.adkim = H,
			.aspf = H,
			.pct = 50,
			.fo = H,
			.testing = H,
			.discovery_method = H } };
	struct record record = { .messages = 7,
		.disposition = H,
		.dkim = H,
		.spf = H,
		.reasons = &hostile_override,
		.reason_count = 1,
		.header_from = H,
		.envelope_from = H,
		.envelope_to = H,
		.dkim_auth = &hostile_auth,
		.dkim_count = 1,
		.spf_auth = &hostile_auth,
		.spf_count = 1,
		.line = 2 };
	enum dmarc matches[] = { DMARC_FAIL };
	struct verdict verdict = { .computed = { DMARC_FAIL, DMARC_FAIL, DMARC_FAIL },
		.reported = { DMARC_PASS, DMARC_FAIL, DMARC_PASS },
		.result = DMARC_FAIL,
		.disagrees = true,
		.cause = CAUSE_UNALIGNED,
		.causes = 1u << CAUSE_UNALIGNED,
		.dkim_matches = matches,
		.spf_matches = matches,
		.author = H,
		.org_domain = H,
		.sender = H,
		.named_by = NAMED_BY_DKIM };
	struct input_entry input = { .source = H,
		.locator = H,
		.part = H,
		.from = H,
		.subject = H,
		.message_id = H,
		.size_bytes = 1000,
		.arrived_at = NOW - 60,
		.at = NOW - 60,
		.outcome = OUTCOME_REJECTED,
		.reason = "xml-malformed",
		.detail = H,
		.line = 6,
		.column = 3,
		.bytes = STR("x") };
	struct run_row run = { .started_at = NOW - 60,
		.ended_at = NOW - 59,
		.source = H,
		.inputs = 2,
		.error = H,
		.end = RUN_FAILED,
		.reason = "login-refused" };
	struct digest digest = digest_of(STR("document"));
	struct stored stored;
	struct str xml = STR("<feedback>\r\n<record>" HOSTILE "</record>\n</feedback>");

	ip_parse(STR("203.0.113.9"), &record.source_ip);
	must(store_run_begin(s, run.source, run.started_at, &run.id, err), err);
	must(store_batch_begin(s, err), err);
	must(store_begin(s, &report, NOW - 60, err), err);
	must(store_raw(s, xml.p, xml.n, err), err);
	must(store_add(s, &record, &verdict, err), err);
	must(store_end(s, &report, &digest, &stored, err), err);
	input.run = run.id;
	must(store_input(s, &input, 1U << 20, NULL, err), err);
	must(store_batch_commit(s, err), err);
	must(store_run_end(s, &run, err), err);
}

static int make_store(bool fill)
{
	struct store *s = NULL;
	struct err err = { 0 };

	unlink(path);
	must(store_open(path, STORE_WRITE, 1000, &s, &err), &err);
	if (fill)
		fill_hostile(s, &err);
	store_close(s);
	return 0;
}

/* --- Pages --- */

static const struct page *page_at(const char *which)
{
	for (const struct page *p = page_table; p->path; p++)
		if (strcmp(p->path, which) == 0)
			return p;
	fail_msg("there is no page %s", which);
	return NULL;
}

static int ask(const char *which, const char *segment, const char *const *params,
	struct buf *out, int want_status)
{
	CLEANUP(arena)
	struct arena a;
	struct doc_context c = { .now_at = NOW,
		.arena = &a,
		.psl_version = H,
		.imports = imports,
		.import_count = import_count };
	const struct page *page = page_at(which);
	struct err err = { 0 };
	struct query q;
	int status = 200, r;

	arena_init(&a);
	query_init(&q, &a);
	for (; params && *params; params += 2)
		must(query_set(&q, str_of(params[0]), str_of(params[1]), page->parameters, NULL,
			     &err),
			&err);
	must(query_end(&q, NOW, &err), &err);
	must(store_open(path, STORE_READ, 1000, &c.store, &err), &err);
	r = page->write(&c, str_of(segment), &q, out, &status, &err);
	store_close(c.store);
	if (r < 0)
		fail_msg("%s %s: %s", which, segment ? segment : "", err.text);
	check_int(which, status, want_status);
	return r;
}

static const struct web_import hostile_import = {
	.source = H, .kind = H, .place = H, .every_s = 900
};

static void know(const struct web_import *known, size_t n)
{
	imports = known;
	import_count = n;
}

#define PARAMS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void hostile_text(void **state)
{
	static const struct {
		const char *name, *path, *segment;
		bool shown; /* something of the report is on it */
	} cases[] = {
		{ "overview", "/", NULL, true },
		{ "domain", "/domains/{}", HOSTILE, true },
		{ "records", "/records", NULL, true },
		{ "record", "/records/{}", "1.1", true },
		{ "reports", "/reports", NULL, true },
		{ "report", "/reports/{}", "1", true },
		{ "xml", "/reports/{}/xml", "1", true },
		{ "problems", "/problems", NULL, true },
		{ "disagreements", "/problems/{}", "disagreements", true },
		{ "runs", "/problems/{}", "runs", true },
		{ "status", "/status", NULL, true },
		{ "help", "/help", NULL, false },
		{ "api", "/help/{}", "api", false },
	};

	(void)state;
	make_store(true);
	know(&hostile_import, 1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf)
		struct buf out;

		buf_init(&out, 4U << 20);
		ask(cases[i].path, cases[i].segment, NULL, &out, 200);
		check_html(cases[i].name, buf_view(&out));
		if (cases[i].shown)
			check(cases[i].name, str_contains(buf_view(&out),
						     STR("alert(&#39;1&#39;)&lt;/script&gt;")));
		check(cases[i].name, !str_contains(buf_view(&out), STR("alert('1')")));
	}
	know(NULL, 0);
}

/* What is typed into the address comes back as text in chips, forms and links. */
static void hostile_address(void **state)
{
	static const char *const pages[] = { "/", "/records", "/reports" };

	(void)state;
	make_store(true);
	for (size_t i = 0; i < COUNT(pages); i++) {
		CLEANUP(buf)
		struct buf out;

		buf_init(&out, 4U << 20);
		ask(pages[i], NULL,
			PARAMS("domain", HOSTILE, "reporter", HOSTILE ",second", "sender",
				HOSTILE),
			&out, 200);
		check_html(pages[i], buf_view(&out));
		check(pages[i],
			str_contains(buf_view(&out), STR("value=\"&quot;&gt;&lt;script&gt;")));
	}
}

static void empty_store(void **state)
{
	static const struct {
		const char *path, *segment;
	} cases[] = { { "/", NULL }, { "/domains/{}", "example.com" }, { "/records", NULL },
		{ "/reports", NULL } };

	(void)state;
	make_store(false);
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf)
		struct buf out;

		buf_init(&out, 1U << 20);
		ask(cases[i].path, cases[i].segment, NULL, &out, 200);
		check_html(cases[i].path, buf_view(&out));
		check(cases[i].path, str_contains(buf_view(&out), STR("No reports yet")));
	}
}

static void empty_range(void **state)
{
	CLEANUP(buf)
	struct buf out;

	(void)state;
	make_store(true);
	buf_init(&out, 1U << 20);
	ask("/", NULL, PARAMS("from", "2020-01-01", "to", "2020-01-31"), &out, 200);
	check_html("range", buf_view(&out));
	check("range", str_contains(buf_view(&out),
			       STR("No reports between 2020-01-01 and 2020-01-30")));
	check("newest", str_contains(buf_view(&out), STR("Newest data: 2026-11-19")));
	check("link", str_contains(buf_view(&out), STR("from=2026-10-21&amp;to=2026-11-20")));
}

static void missing(void **state)
{
	static const struct {
		const char *path, *segment;
	} cases[] = { { "/domains/{}", "none.example" }, { "/records/{}", "9.9" },
		{ "/records/{}", "x" }, { "/reports/{}", "99" }, { "/reports/{}", "0" },
		{ "/reports/{}/xml", "99" }, { "/problems/{}", "none" },
		{ "/help/{}", "none" } };

	(void)state;
	make_store(true);
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf)
		struct buf out;

		buf_init(&out, 1U << 20);
		ask(cases[i].path, cases[i].segment, NULL, &out, 404);
		check_html(cases[i].path, buf_view(&out));
	}
}

static void links_carry_the_state(void **state)
{
	CLEANUP(buf)
	struct buf out;

	(void)state;
	make_store(true);
	buf_init(&out, 4U << 20);
	ask("/records", NULL,
		PARAMS("from", "2026-11-17", "to", "2026-11-21", "result", "fail", "sort",
			"-messages"),
		&out, 200);
	/* To another page without its order, to this one with it; the chip leads to where it is
	 * gone. */
	check("nav",
		str_contains(buf_view(&out),
			STR("href=\"/"
			    "reports?from=2026-11-17&amp;to=2026-11-21&amp;result=fail\"")));
	check("chip",
		str_contains(buf_view(&out),
			STR("href=\"/"
			    "records?from=2026-11-17&amp;to=2026-11-21&amp;sort=-messages\"")));
	check("turn",
		str_contains(buf_view(&out), STR("href=\"/"
						 "records?from=2026-11-17&amp;to=2026-11-21&"
						 "amp;result=fail&amp;sort=messages\"")));
	check("sorted", str_contains(buf_view(&out), STR("aria-sort=\"descending\"")));
	check("earlier",
		str_contains(buf_view(&out), STR("from=2026-11-13&amp;to=2026-11-17")));
	check("csv", str_contains(buf_view(&out), STR("href=\"/api/v1/"
						      "records.csv?from=2026-11-17&amp;to=2026-"
						      "11-21&amp;result=fail\"")));
}

/* --- Sources of mail --- */

/* A run of a source that ended then. */
static void run_of(struct store *s, struct str source, int64_t at, const char *error)
{
	struct run_row run = { .started_at = at - 1,
		.ended_at = at,
		.source = source,
		.error = str_of(error),
		.end = error ? RUN_FAILED : RUN_DONE };
	struct err err = { 0 };

	must(store_run_end(s, &run, &err), &err);
}

static struct str page_of(
	struct arena *a, const char *which, const char *segment, const char *name)
{
	CLEANUP(buf)
	struct buf out;

	buf_init(&out, 1U << 20);
	ask(which, segment, NULL, &out, 200);
	check_html(name, buf_view(&out));
	return arena_str(a, buf_view(&out));
}

static unsigned times_in(struct str text, struct str what)
{
	unsigned n = 0;

	for (ptrdiff_t at; (at = str_find(text, what)) >= 0; n++)
		text = str_from(text, (size_t)at + what.n);
	return n;
}

/* Every page tells of a configured source that fails, and of no other. */
static void banner(void **state)
{
	static const char *const pages[] = { "/", "/status", "/help", "/problems" };
	static const struct web_import other = {
		.source = STR_INIT("other"), .kind = STR_INIT("imap"), .place = STR_INIT("x")
	};
	CLEANUP(arena)
	struct arena a;

	(void)state;
	arena_init(&a);
	make_store(true);
	for (size_t i = 0; i < COUNT(pages); i++) {
		know(&hostile_import, 1);
		struct str html = page_of(&a, pages[i], NULL, pages[i]);

		check_int(pages[i], times_in(html, STR("class=\"note bad\"")), 1);
		check(pages[i], str_contains(html, STR("Mailbox <b>&quot;&gt;&lt;script&gt;")));
		check(pages[i], str_contains(html, STR("2026-11-21 11:59 UTC</time>).")));
		check(pages[i], str_contains(html, STR("Data end 2026-11-19.")));
		check(pages[i], str_contains(html, STR("href=\"/problems/runs\">Import")));
		check(pages[i], str_contains(html, STR("<span class=\"badge\">2</span>")));
		know(&other, 1);
		html = page_of(&a, pages[i], NULL, pages[i]);
		check_int(pages[i], times_in(html, STR("class=\"note bad\"")), 0);
		check(pages[i], str_contains(html, STR("<span class=\"badge\">1</span>")));
	}
	know(NULL, 0);
}

/* The first ones in full, the others as a number. */
static void banner_of_many(void **state)
{
	static const struct web_import many[] = {
		{ .source = STR_INIT("a"), .kind = STR_INIT("imap"), .place = STR_INIT("A") },
		{ .source = STR_INIT("b"),
			.kind = STR_INIT("directory"),
			.place = STR_INIT("B") },
		{ .source = STR_INIT("fine"),
			.kind = STR_INIT("mbox"),
			.place = STR_INIT("F") },
		{ .source = STR_INIT("late"),
			.kind = STR_INIT("pop3"),
			.place = STR_INIT("L"),
			.every_s = 900 },
		{ .source = STR_INIT("d"), .kind = STR_INIT("imap"), .place = STR_INIT("D") },
		{ .source = STR_INIT("e"), .kind = STR_INIT("imap"), .place = STR_INIT("E") },
	};
	CLEANUP(arena)
	struct arena a;
	struct store *s = NULL;
	struct err err = { 0 };
	struct str html;

	(void)state;
	arena_init(&a);
	make_store(false);
	must(store_open(path, STORE_WRITE, 1000, &s, &err), &err);
	run_of(s, STR("a"), NOW - 7200, "no route");
	run_of(s, STR("a"), NOW - 3600, "no answer");
	run_of(s, STR("b"), NOW - 60, "not there");
	run_of(s, STR("fine"), NOW - 86400, NULL);
	run_of(s, STR("late"), NOW - 86400, NULL);
	run_of(s, STR("d"), NOW - 60, "not there");
	run_of(s, STR("e"), NOW - 60, "not there");
	store_close(s);
	know(many, COUNT(many));
	html = page_of(&a, "/", NULL, "many");
	check_int("notes", times_in(html, STR("class=\"note bad\"")), 3);
	check_int("notes", times_in(html, STR("class=\"note warn\"")), 1);
	check("the last error, since the first",
		str_contains(html,
			STR("Mailbox <b>a</b>: no answer (since <time "
			    "datetime=\"2026-11-21T10:00:00Z\">2026-11-21 10:00 UTC</time>, 2 "
			    "runs in a row).")));
	check("folder", str_contains(html, STR("Folder <b>b</b>: not there (<time")));
	check("overdue",
		str_contains(html,
			STR("Mailbox <b>late</b>: no run has succeeded since <time "
			    "datetime=\"2026-11-20T12:00:00Z\">2026-11-20 12:00 UTC</time>, 24 "
			    "h ago; it is to be read every 15 min.")));
	check("more", str_contains(html, STR("2 more sources could not be read.")));
	check("not the fine one", !str_contains(html, STR("<b>fine</b>")));
	know(NULL, 0);
}

/* All of it beside the runs, what matters on the status page, and nothing without a source. */
static void sources_table(void **state)
{
	static const struct web_import known[] = {
		{ .source = STR_INIT("rua"),
			.kind = STR_INIT("imap"),
			.place = STR_INIT("imaps://r@mail.example:993/INBOX"),
			.every_s = 900 },
		{ .source = STR_INIT("new"),
			.kind = STR_INIT("mbox"),
			.place = STR_INIT("/var/mail/new") },
	};
	static const struct {
		const char *name, *text;
		bool brief; /* on the status page too */
	} wants[] = {
		{ "kind and place", "imap, every 15 min · imaps://r@mail.example:993/INBOX",
			false },
		{ "place", "mbox · /var/mail/new", false },
		{ "not configured", "not in the configuration", false },
		{ "failing", "<span class=\"chip bad\">failing</span>", true },
		{ "ok", "<span class=\"chip ok\">ok</span>", true },
		{ "never", "<span class=\"chip info\">not read yet</span>", true },
		{ "error", "login of r refused <small>since <time", true },
		{ "how often", "UTC</time>, 2 runs in a row</small>", true },
		{ "lag", "2026-11-21 10:00</time> <small>2 h ago</small>", true },
		{ "no success", "data-label=\"Last success\">never</td>", true },
	};
	CLEANUP(arena)
	struct arena a;
	struct store *s = NULL;
	struct err err = { 0 };
	struct str full, brief;

	(void)state;
	arena_init(&a);
	make_store(false);
	check("none", !str_contains(page_of(&a, "/status", NULL, "none"),
			      STR("How it stands with each source")));
	must(store_open(path, STORE_WRITE, 1000, &s, &err), &err);
	run_of(s, STR("rua"), NOW - 7200, NULL);
	run_of(s, STR("rua"), NOW - 3600, "login of r refused");
	run_of(s, STR("rua"), NOW - 1800, "login of r refused");
	run_of(s, STR("files"), NOW - 1800, NULL);
	store_close(s);
	know(known, COUNT(known));
	full = page_of(&a, "/problems/{}", "runs", "runs");
	brief = page_of(&a, "/status", NULL, "status");
	for (size_t i = 0; i < COUNT(wants); i++) {
		check(wants[i].name, str_contains(full, str_of(wants[i].text)));
		check_int(wants[i].name, str_contains(brief, str_of(wants[i].text)),
			wants[i].brief);
	}
	check("tab", str_contains(full, STR("Import runs (1 failing)</a>")));
	know(NULL, 0);
}

static void error_page(void **state)
{
	static const int statuses[] = { 400, 404, 500, 503 };
	CLEANUP(arena)
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(statuses); i++) {
		/* Without a database: it may be what failed. */
		struct doc_context c = { .now_at = NOW, .arena = &a };
		CLEANUP(buf)
		struct buf out;

		buf_init(&out, 1U << 20);
		check_int("error",
			page_error(&c, statuses[i], STR("Title " HOSTILE), STR(HOSTILE), &out),
			0);
		check_html("error", buf_view(&out));
		check("error",
			str_contains(buf_view(&out), STR("Title &quot;&gt;&lt;script&gt;")));
	}
}

/* --- Files --- */

static void assets(void **state)
{
	struct str css = asset_path("app.css"), icon = asset_path("icon.svg");
	const struct asset *a = asset_find(css);

	(void)state;
	check("hash", str_starts(css, STR("/static/app.")) &&
			      css.n == strlen("/static/app.123456789012.css"));
	check("found",
		a && str_eq(a->type, STR("text/css; charset=utf-8")) && a->body.n > 1000);
	check("same address", str_eq(a->path, css));
	check("icon", asset_find(icon) && str_starts(asset_find(icon)->body, STR("<svg")));
	check("without hash", !asset_find(STR("/static/app.css")));
	check("templates are no files",
		!asset_find(STR("/pages/top.html")) && !asset_find(STR("/static/")));
}

/* A URL on a page is made by view_link: its key ends in "link". */
static void templates_print_links_only(void **state)
{
	static const char *const attributes[] = { "href=\"{{", "action=\"{{", "src=\"{{" };
	static const char *const fixed[] = { "href=\"/", "action=\"/", "src=\"/" };

	(void)state;
	check("compiled", page_templates() != NULL);
	for (const struct embedded *f = page_files; f->name; f++) {
		struct str all = str_make(f->data, f->size_bytes);

		/* It would lack the prefix of the public address: {{frame.base_link}}/help. */
		for (size_t i = 0; i < COUNT(fixed); i++)
			check(f->name, !str_contains(all, str_of(fixed[i])));

		for (size_t i = 0; i < COUNT(attributes); i++) {
			struct str rest = all;
			ptrdiff_t at;

			while ((at = str_find(rest, str_of(attributes[i]))) >= 0) {
				rest = str_from(rest, (size_t)at + strlen(attributes[i]));
				struct str name =
					str_first(rest, (size_t)str_find(rest, STR("}}")));

				if (!str_ends(name, STR("link")))
					fail_msg("%s: %s%.*s}}", f->name, attributes[i],
						STR_ARGS(name));
			}
		}
	}
}

static int setup(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/ruad-test-page-%ld.db", (long)getpid());
	return 0;
}

static int teardown(void **state)
{
	static const char *const endings[] = { "", "-wal", "-shm", ".lock" };
	char name[80];

	(void)state;
	for (size_t i = 0; i < COUNT(endings); i++) {
		snprintf(name, sizeof(name), "%s%s", path, endings[i]);
		unlink(name);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_text),
		cmocka_unit_test(hostile_address),
		cmocka_unit_test(empty_store),
		cmocka_unit_test(empty_range),
		cmocka_unit_test(missing),
		cmocka_unit_test(links_carry_the_state),
		cmocka_unit_test(banner),
		cmocka_unit_test(banner_of_many),
		cmocka_unit_test(sources_table),
		cmocka_unit_test(error_page),
		cmocka_unit_test(assets),
		cmocka_unit_test(templates_print_links_only),
	};

	return cmocka_run_group_tests_name("page", tests, setup, teardown);
}
