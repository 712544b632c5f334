#include "check.h"

#include "http.h"
#include "listen.h"
#include "server.h"
#include "store.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* --- Pure parts --- */

static void test_target(void **state)
{
	static const struct {
		const char *name, *raw;
		const char *segments;	/* joined by | */
		const char *parameters; /* name=value joined by | */
		const char *reason;	/* of the refusal */
	} cases[] = {
		{ "root", "/", "", "", NULL },
		{ "two segments", "/a/b", "a|b", "", NULL },
		{ "slash at the end", "/a/", "a|", "", NULL },
		{ "encoded slash stays inside", "/a%2Fb/c", "a/b|c", "", NULL },
		{ "plus in the path", "/a+b", "a+b", "", NULL },
		{ "query", "/r?a=1&b=x%20y+z&&c", "r", "a=1|b=x y z|c=", NULL },
		{ "equals in a value", "/r?a=b=c", "r", "a=b=c", NULL },
		{ "question mark alone", "/r?", "r", "", NULL },
		{ "absolute form", "http://localhost:1/x?y=1", "x", "y=1", NULL },
		{ "absolute form without path", "http://localhost", "", "", NULL },
		{ "nul in the path", "/a%00b", NULL, NULL, "bad-request" },
		{ "nul in a value", "/a?b=%00", NULL, NULL, "bad-request" },
		{ "half an escape", "/a%2", NULL, NULL, "bad-request" },
		{ "no escape", "/a%zz", NULL, NULL, "bad-request" },
		{ "not UTF-8", "/a%ff", NULL, NULL, "bad-request" },
		{ "overlong NUL", "/a%c0%80", NULL, NULL, "bad-request" },
		{ "no slash", "a", NULL, NULL, "bad-request" },
		{ "asterisk", "*", NULL, NULL, "bad-request" },
		{ "too deep", "/1/2/3/4/5/6/7/8/9/10/11/12/13", NULL, NULL, "not-found" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_target t = { 0 };
		struct err err = { 0 };
		struct arena a;
		struct str joined = STR("");
		int r;

		arena_init(&a);
		r = http_target_parse(str_of(cases[i].raw), &a, &t, &err);
		check_int(cases[i].name, r, cases[i].reason ? ERR_USAGE : 0);
		if (cases[i].reason) {
			check_str(cases[i].name, str_of(err.reason), str_of(cases[i].reason));
			arena_release(&a);
			continue;
		}
		for (size_t k = 0; k < t.segment_count; k++)
			joined = arena_printf(&a, "%.*s%s%.*s", STR_ARGS(joined), k ? "|" : "",
				STR_ARGS(t.segments[k]));
		check_str(cases[i].name, joined, str_of(cases[i].segments));
		joined = STR("");
		for (size_t k = 0; k < t.parameter_count; k++)
			joined = arena_printf(&a, "%.*s%s%.*s=%.*s", STR_ARGS(joined),
				k ? "|" : "", STR_ARGS(t.parameters[k].name),
				STR_ARGS(t.parameters[k].value));
		check_str(cases[i].name, joined, str_of(cases[i].parameters));
		arena_release(&a);
	}
}

static void test_host(void **state)
{
	static const struct {
		const char *host;
		bool want;
	} cases[] = {
		{ "localhost", true },
		{ "LOCALHOST:8425", true },
		{ "127.0.0.1", true },
		{ "127.0.0.1:8425", true },
		{ "127.8.9.10:1", true },
		{ "[::1]", true },
		{ "[::1]:8425", true },
		{ NULL, false },
		{ "", false },
		{ "evil.example", false },
		{ "localhost.evil.example", false },
		{ "127.0.0.1.evil.example", false },
		{ "10.0.0.1", false },
		{ "[::1", false },
		{ "[::2]", false },
		{ "[::1]x", false },
		{ "localhost:", false },
		{ "localhost:99999", false },
		{ "localhost:1x", false },
		{ "::1", false },
		{ "0.0.0.0", false },
		{ "127.1", false },
		{ ":80", false },
		{ "[fe80::1]:80", false },
		{ "user@localhost", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].host ? cases[i].host : "absent",
			http_host_local(str_of(cases[i].host)), cases[i].want);
}

static void test_coding(void **state)
{
	static const struct {
		const char *header;
		enum http_coding want;
	} cases[] = {
		{ NULL, HTTP_PLAIN },
		{ "", HTTP_PLAIN },
		{ "gzip", HTTP_GZIP },
		{ "GZIP", HTTP_GZIP },
		{ "x-gzip", HTTP_GZIP },
		{ "gzip, deflate, br, zstd", HTTP_GZIP },
		{ "br", HTTP_PLAIN },
		{ "deflate, gzip;q=1.0, *;q=0.5", HTTP_GZIP },
		{ "*", HTTP_GZIP },
		{ "*;q=0", HTTP_PLAIN },
		{ "gzip;q=0", HTTP_PLAIN },
		{ "gzip;q=0, *", HTTP_PLAIN },
		{ "gzip; q=0.001", HTTP_GZIP },
		{ "gzip;q=x", HTTP_PLAIN },
		{ "identity", HTTP_PLAIN },
		{ "identity, gzip", HTTP_GZIP },
		{ "identity;q=0.5, gzip", HTTP_GZIP },
		{ "identity, gzip;q=0.5", HTTP_PLAIN },
		{ "identity;q=0", HTTP_PLAIN },
		{ "identity;q=0, gzip", HTTP_GZIP_ONLY },
		{ "gzip, *;q=0", HTTP_GZIP_ONLY },
		{ "identity;q=0, *", HTTP_GZIP_ONLY },
		{ "gzip, identity;q=1, *;q=0", HTTP_GZIP },
		{ "notgzip, gzipped", HTTP_PLAIN },
		{ ",, gzip ,", HTTP_GZIP },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].header ? cases[i].header : "absent",
			http_accept_coding(str_of(cases[i].header)), cases[i].want);
}

static void test_form(void **state)
{
	struct http_target t = { 0 };
	struct err err = { 0 };
	struct arena a;
	char *large;

	(void)state;
	arena_init(&a);
	assert_int_equal(http_form_parse(STR("a=1&b=x%20y+z&&c"), &a, &t, &err), 0);
	assert_int_equal(t.parameter_count, 3);
	check_str("b", t.parameters[1].value, STR("x y z"));
	check_str("c", t.parameters[2].value, STR(""));
	assert_int_equal(http_form_parse(STR(""), &a, &t, &err), 0);
	assert_int_equal(t.parameter_count, 0);
	assert_int_equal(http_form_parse(STR("a=%0"), &a, &t, &err), ERR_USAGE);
	assert_int_equal(http_form_parse(STR("a=%00"), &a, &t, &err), ERR_USAGE);
	/* It may be longer than an address. */
	large = arena_alloc(&a, 3 * HTTP_TARGET_MAX, 1);
	memset(large, 'x', 3 * HTTP_TARGET_MAX);
	memcpy(large, "note=", 5);
	assert_int_equal(
		http_form_parse(str_make(large, 3 * HTTP_TARGET_MAX), &a, &t, &err), 0);
	assert_int_equal(t.parameters[0].value.n, 3 * HTTP_TARGET_MAX - 5);
	arena_release(&a);
}

static void test_accept(void **state)
{
	static const char *const offers[] = { "application/json", "text/csv",
		"application/x-ndjson", NULL };
	static const struct {
		const char *header;
		int want;
	} cases[] = {
		{ NULL, 0 },
		{ "", 0 },
		{ "*/*", 0 },
		{ "text/csv", 1 },
		{ "TEXT/CSV", 1 },
		{ "text/*", 1 },
		{ "text/csv;q=0.5, application/json;q=0.4", 1 },
		{ "text/csv;q=0.5, application/json", 0 },
		{ "text/html, */*;q=0.8", 0 },
		{ "image/png", -1 },
		{ "application/json;q=0", -1 },
		{ "application/json;q=0, */*", 1 },
		{ "application/x-ndjson", 2 },
		{ "text/csv; q=0.001", 1 },
		{ "text/csv;q=x", -1 },
		{ "text/html", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].header ? cases[i].header : "absent",
			http_accept(str_of(cases[i].header), offers), cases[i].want);
	assert_true(http_wants_html(STR("text/html,application/xhtml+xml,*/*;q=0.8")));
	assert_false(http_wants_html(STR("*/*")));
	assert_false(http_wants_html(STR_ABSENT));
	assert_false(http_wants_html(STR("text/html;q=0")));
}

static void test_tags(void **state)
{
	static const struct {
		const char *header;
		bool want;
	} cases[] = {
		{ NULL, false },
		{ "W/\"1-a\"", true },
		{ "\"1-a\"", true },
		{ "*", true },
		{ "\"x\", W/\"1-a\"", true },
		{ "\"x\"", false },
		{ "1-a", false },
		{ "", false },
		{ "W/\"1-aa\"", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].header ? cases[i].header : "absent",
			http_tag_matches(str_of(cases[i].header), STR("W/\"1-a\"")),
			cases[i].want);
}

static void test_listen(void **state)
{
	static const struct {
		const char *text;
		const char *shown; /* NULL: refused */
		bool local;
	} cases[] = {
		{ "127.0.0.1:8425", "127.0.0.1", true },
		{ "[::1]:8425", "[::1]", true },
		{ "localhost:0", "127.0.0.1", true },
		{ "127.9.9.9:1", "127.9.9.9", true },
		{ "[::ffff:127.0.0.1]:1", "127.0.0.1", true },
		{ "0.0.0.0:8425", "0.0.0.0", false },
		{ "[::]:8425", "[::]", false },
		{ "192.0.2.1:80", "192.0.2.1", false },
		{ "[2001:db8::1]:80", "[2001:db8::1]", false },
		{ "unix:/run/ruad/web.sock", "/run/ruad/web.sock", true },
		{ "unix:relative", NULL, false },
		{ "unix:", NULL, false },
		{ "unix:@abstract", NULL, false },
		{ "unix:/12345678901234567890123456789012345678901234567890123456789012345678"
		  "901234567890123456789012345678901234567",
			NULL, false },
		{ "::1:80", NULL, false },
		{ "127.0.0.1", NULL, false },
		{ "127.0.0.1:", NULL, false },
		{ "127.0.0.1:65536", NULL, false },
		{ ":80", NULL, false },
		{ "example.com:80", NULL, false },
		{ "", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct listen_address a = { 0 };
		struct err err = { 0 };
		int r = listen_parse(str_of(cases[i].text), &a, &err);

		check_int(cases[i].text, r, cases[i].shown ? 0 : ERR_CONFIG);
		check(cases[i].text, cases[i].shown || err.text[0]);
		if (cases[i].shown)
			check_str(cases[i].text, str_of(a.text), str_of(cases[i].shown));
		check_int(cases[i].text, a.local, cases[i].local);
	}
}

/* The prefix of the public address is taken off, whether a proxy did or not. */
static void test_prefix(void **state)
{
	static const struct {
		const char *prefix, *raw, *path;
		size_t segments;
	} cases[] = {
		{ "", "/records", "/records", 1 },
		{ "/ruad", "/ruad/records?x=1", "/records", 1 },
		{ "/ruad", "/records", "/records", 1 },
		{ "/ruad", "/ruad", "/", 0 },
		{ "/ruad", "/ruad/", "/", 0 },
		{ "/ruad", "/ruadx/a", "/ruadx/a", 2 },
		{ "/a/b", "/a/b/reports/17/xml", "/reports/17/xml", 3 },
		{ "/a/b", "/a/reports", "/a/reports", 2 },
		{ "/a/b", "/a", "/a", 1 },
		{ "/ruad", "/%72uad/records", "/records", 1 },
		{ "/ruad", "/ruad//records", "//records", 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_target t = { 0 };
		struct err err = { 0 };
		struct arena a;

		arena_init(&a);
		check_int(
			cases[i].raw, http_target_parse(str_of(cases[i].raw), &a, &t, &err), 0);
		http_target_strip(&t, str_of(cases[i].prefix));
		check_str(cases[i].raw, t.path, str_of(cases[i].path));
		check_int(cases[i].raw, t.segment_count, cases[i].segments);
		arena_release(&a);
	}
}

/* --- A running server --- */

#define LISTEN(address) .listen = (const char *const[]){ address }, .listen_count = 1

struct served {
	char folder[64], database[96];
	struct web *web;
	uint16_t port;
};

static uint16_t port_of(struct str url)
{
	struct str rest = url, part;
	uint64_t port = 0;

	while (str_cut(&rest, ':', &part))
		;
	for (size_t i = 0; i < part.n && part.p[i] >= '0' && part.p[i] <= '9'; i++)
		port = port * 10 + (uint64_t)(part.p[i] - '0');
	return (uint16_t)port;
}

static int serve(void **state)
{
	static struct served s;
	struct server_limits limits = server_limits_default;
	struct store *store;
	struct err err = { 0 };

	memcpy(s.folder, "/tmp/ruad-http-XXXXXX", 22);
	assert_non_null(mkdtemp(s.folder));
	snprintf(s.database, sizeof(s.database), "%s/ruad.db", s.folder);
	if (store_open(s.database, STORE_WRITE, 0, &store, &err) < 0)
		fail_msg("store_open: %s", err.text);
	store_close(store);
	limits.request_ms = 800;
	limits.idle_seconds = 5;
	if (server_start(&(struct web_options){ LISTEN("127.0.0.1:0"), .database = s.database,
				 .psl_version = STR("2026-01-01") },
		    &limits, &s.web, &err) < 0)
		fail_msg("server_start: %s", err.text);
	s.port = port_of(web_url(s.web));
	*state = &s;
	return 0;
}

static int serve_stop(void **state)
{
	struct served *s = *state;
	char command[128];

	if (!s)
		return 0;
	web_stop(s->web);
	snprintf(command, sizeof(command), "rm -rf %s", s->folder);
	return system(command);
}

static int connected(const struct served *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(s->port) };
	struct timeval wait = { .tv_sec = 10 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return fd;
}

/* All that comes until the server closes. */
static struct str exchange(const struct served *s, struct str request, struct arena *a)
{
	int fd = connected(s);
	struct str got = STR("");
	char part[65536];
	ssize_t n;

	assert_int_equal(send(fd, request.p, request.n, MSG_NOSIGNAL), (ssize_t)request.n);
	while ((n = recv(fd, part, sizeof(part), 0)) > 0)
		got = arena_printf(a, "%.*s%.*s", STR_ARGS(got), (int)n, part);
	close(fd);
	return got;
}

static struct str ask(const struct served *s, const char *method, const char *target,
	const char *headers, struct arena *a)
{
	return exchange(s,
		arena_printf(a,
			"%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n",
			method, target, headers),
		a);
}

static int status_of(struct str answer)
{
	return answer.n < 12 ? 0
			     : (answer.p[9] - '0') * 100 + (answer.p[10] - '0') * 10 +
				       (answer.p[11] - '0');
}

static struct str header_of(struct str answer, const char *name)
{
	struct str rest = answer, line;

	while (str_cut(&rest, '\n', &line) && line.n > 1) {
		struct str value = line, key;

		str_cut(&value, ':', &key);
		if (str_eq_nocase(key, str_of(name)))
			return str_trim(value);
	}
	return STR_ABSENT;
}

static struct str body_of(struct str answer)
{
	ptrdiff_t at = str_find(answer, STR("\r\n\r\n"));

	return at < 0 ? STR_ABSENT : str_from(answer, (size_t)at + 4);
}

static void check_security_headers(const char *name, struct str answer)
{
	check_str(name, header_of(answer, "Content-Security-Policy"),
		STR("default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
		    "connect-src 'self'; "
		    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"));
	check_str(name, header_of(answer, "X-Content-Type-Options"), STR("nosniff"));
	check_str(name, header_of(answer, "Referrer-Policy"), STR("no-referrer"));
	check_str(name, header_of(answer, "Cross-Origin-Opener-Policy"), STR("same-origin"));
	check_str(name, header_of(answer, "Cross-Origin-Resource-Policy"), STR("same-origin"));
}

static void test_answers(void **state)
{
	static const struct {
		const char *name, *method, *target, *headers;
		int status;
		const char *type, *contains;
	} cases[] = {
		{ "health", "GET", "/healthz", "", 200, "text/plain; charset=utf-8", "ok\n" },
		{ "index", "GET", "/api/v1", "", 200, "application/json",
			"\"records\":\"/api/v1/records\"" },
		{ "summary", "GET", "/api/v1/summary", "", 200, "application/json",
			"\"messages\":0" },
		{ "status", "GET", "/api/v1/status", "", 200, "application/json",
			"\"psl_version\":\"2026-01-01\"" },
		{ "records", "GET", "/api/v1/records?limit=5", "", 200, "application/json",
			"\"data\":[]" },
		{ "every list is empty: domains", "GET", "/api/v1/domains", "", 200,
			"application/json", "\"data\":[]" },
		{ "sources", "GET", "/api/v1/sources", "", 200, "application/json",
			"\"data\":[]" },
		{ "senders", "GET", "/api/v1/senders", "", 200, "application/json",
			"\"data\":[]" },
		{ "reporters", "GET", "/api/v1/reporters", "", 200, "application/json",
			"\"data\":[]" },
		{ "reports", "GET", "/api/v1/reports", "", 200, "application/json",
			"\"data\":[]" },
		{ "inputs", "GET", "/api/v1/inputs", "", 200, "application/json",
			"\"data\":[]" },
		{ "runs", "GET", "/api/v1/runs", "", 200, "application/json", "\"data\":[]" },
		{ "csv", "GET", "/api/v1/records.csv", "", 200,
			"text/csv; charset=utf-8; header=present", "id,day,messages" },
		{ "csv by Accept", "GET", "/api/v1/reports", "Accept: text/csv\r\n", 200,
			"text/csv; charset=utf-8; header=present", "id,reporter" },
		{ "not acceptable", "GET", "/api/v1/reports", "Accept: image/png\r\n", 406,
			"application/problem+json", "not-acceptable" },
		{ "unknown parameter", "GET", "/api/v1/records?reportr=x", "", 400,
			"application/problem+json", "\"suggestion\":\"reporter\"" },
		{ "parameter of another resource", "GET", "/api/v1/summary?limit=5", "", 400,
			"application/problem+json", "unknown-parameter" },
		{ "bad value", "GET", "/api/v1/records?result=x", "", 400,
			"application/problem+json", "invalid-parameter" },
		{ "empty value", "GET", "/api/v1/records?domain=", "", 400,
			"application/problem+json", "invalid-parameter" },
		{ "bad sort", "GET", "/api/v1/domains?sort=nonsense", "", 400,
			"application/problem+json", "invalid-parameter" },
		{ "forged cursor", "GET", "/api/v1/records?cursor=AAAA", "", 400,
			"application/problem+json", "cursor" },
		{ "no such report", "GET", "/api/v1/reports/1", "", 404,
			"application/problem+json", "not-found" },
		{ "no such record", "GET", "/api/v1/records/1.1", "", 404,
			"application/problem+json", "not-found" },
		{ "no such xml", "GET", "/api/v1/reports/1/xml", "", 404,
			"application/problem+json", "not-found" },
		{ "no such input", "GET", "/api/v1/inputs/1", "", 404,
			"application/problem+json", "not-found" },
		{ "no such bytes", "GET", "/api/v1/inputs/1/bytes", "", 404,
			"application/problem+json", "not-found" },
		{ "nothing", "GET", "/nothing", "", 404, "application/problem+json",
			"not-found" },
		{ "nothing, for a browser", "GET", "/nothing", "Accept: text/html\r\n", 404,
			"text/html; charset=utf-8", "<" },
		{ "api is never html", "GET", "/api/v1/nothing", "Accept: text/html\r\n", 404,
			"application/problem+json", "not-found" },
		{ "overview", "GET", "/", "", 200, "text/html; charset=utf-8", "<h1" },
		{ "empty form fields", "GET", "/records?domain=&result=", "", 200,
			"text/html; charset=utf-8", "<h1" },
		{ "post without body", "POST", "/api/v1/records", "Content-Length: 0\r\n", 405,
			"application/problem+json", "method-not-allowed" },
		{ "delete", "DELETE", "/", "", 405, "application/problem+json",
			"method-not-allowed" },
		{ "trace", "TRACE", "/", "", 405, "application/problem+json",
			"method-not-allowed" },
		{ "made-up method", "FOO", "/", "", 405, "application/problem+json",
			"method-not-allowed" },
		{ "nul", "GET", "/healthz%00x", "", 400, "application/problem+json", "NUL" },
		{ "dots", "GET", "/static/../../etc/passwd", "", 404,
			"application/problem+json", "not-found" },
		{ "encoded dots", "GET", "/static/%2e%2e%2fapp.css", "", 404,
			"application/problem+json", "not-found" },
		{ "absolute form, foreign", "GET", "http://evil.example/healthz", "", 421,
			"application/problem+json", "misdirected" },
		{ "absolute form, ours", "GET", "http://localhost/healthz", "", 200,
			"text/plain; charset=utf-8", "ok" },
		{ "second Host", "GET", "/healthz", "Host: localhost\r\n", 400,
			"application/problem+json", "repeated" },
		{ "length and coding", "GET", "/healthz",
			"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400,
			"application/problem+json", "contradict" },
		{ "two lengths", "GET", "/healthz",
			"Content-Length: 0\r\nContent-Length: 1\r\n", 400,
			"application/problem+json", "repeated" },
		{ "get with a body", "GET", "/healthz", "Content-Length: 1\r\n", 400,
			"application/problem+json", "no body" },
		{ "post with a body", "POST", "/healthz", "Content-Length: 100000000\r\n", 405,
			"application/problem+json", "method-not-allowed" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		struct str answer;

		arena_init(&a);
		answer = ask(*state, cases[i].method, cases[i].target, cases[i].headers, &a);
		check_int(cases[i].name, status_of(answer), cases[i].status);
		check_str(cases[i].name, header_of(answer, "Content-Type"),
			str_of(cases[i].type));
		check(cases[i].name, str_contains(body_of(answer), str_of(cases[i].contains)));
		check_security_headers(cases[i].name, answer);
		if (cases[i].status == 405)
			check_str(cases[i].name, header_of(answer, "Allow"), STR("GET, HEAD"));
		arena_release(&a);
	}
}

static void test_foreign_host(void **state)
{
	struct arena a;
	struct str answer;

	arena_init(&a);
	answer = exchange(*state,
		STR("GET /healthz HTTP/1.1\r\nHost: rebound.example:8425\r\nConnection: "
		    "close\r\n\r\n"),
		&a);
	assert_int_equal(status_of(answer), 421);
	check_security_headers("foreign host", answer);
	arena_release(&a);
}

static void test_unchanged(void **state)
{
	static const char *const targets[] = { "/api/v1/summary", "/api/v1/records?limit=7",
		"/api/v1/records.csv" };
	struct str tags[COUNT(targets)];
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(targets); i++) {
		struct str answer = ask(*state, "GET", targets[i], "", &a);

		tags[i] = header_of(answer, "ETag");
		check(targets[i], str_starts(tags[i], STR("W/\"")));
		check_str(targets[i], header_of(answer, "Cache-Control"),
			STR("private, no-cache"));
		for (size_t k = 0; k < i; k++)
			check(targets[i], !str_eq(tags[i], tags[k]));
		answer = ask(*state, "GET", targets[i],
			arena_printf(&a, "If-None-Match: \"x\", %.*s\r\n", STR_ARGS(tags[i])).p,
			&a);
		check_int(targets[i], status_of(answer), 304);
		check_str(targets[i], header_of(answer, "ETag"), tags[i]);
		check_str(targets[i], body_of(answer), STR(""));
		check_security_headers(targets[i], answer);
		answer = ask(*state, "GET", targets[i], "If-None-Match: W/\"0-0\"\r\n", &a);
		check_int(targets[i], status_of(answer), 200);
	}
	arena_release(&a);
}

static void test_head(void **state)
{
	static const char *const targets[] = { "/healthz", "/api/v1/summary", "/nothing" };

	for (size_t i = 0; i < COUNT(targets); i++) {
		struct arena a;
		struct str get, head;

		arena_init(&a);
		get = ask(*state, "GET", targets[i], "", &a);
		head = ask(*state, "HEAD", targets[i], "", &a);
		check_int(targets[i], status_of(head), status_of(get));
		check_str(targets[i], body_of(head), STR(""));
		check_str(targets[i], header_of(head, "Content-Type"),
			header_of(get, "Content-Type"));
		check_security_headers(targets[i], head);
		arena_release(&a);
	}
}

static void test_long_address(void **state)
{
	struct arena a;
	char *path;
	struct str answer;

	arena_init(&a);
	path = arena_alloc(&a, 9001, 1);
	memset(path, 'a', 9000);
	path[0] = '/';
	answer = ask(*state, "GET", path, "", &a);
	assert_int_equal(status_of(answer), 414);
	check_security_headers("long address", answer);
	arena_release(&a);
}

/* A byte now and then does not keep a connection: it is shut about a second after it began. */
static void test_slow_client(void **state)
{
	int fd = connected(*state), steps = 0;
	char byte;

	assert_true(
		send(fd, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n", 40, MSG_NOSIGNAL) > 0);
	for (; steps < 40; steps++) {
		if (send(fd, "x", 1, MSG_NOSIGNAL) < 0 || recv(fd, &byte, 1, MSG_DONTWAIT) == 0)
			break;
		usleep(100000);
	}
	close(fd);
	assert_true(steps >= 5);
	assert_true(steps < 30);
}

/* Two requests on one connection are both answered. */
static void test_keep_alive(void **state)
{
	struct arena a;
	struct str both;

	arena_init(&a);
	both = exchange(*state,
		STR("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
		    "GET /api/v1 HTTP/1.1\r\nHost: [::1]:1\r\nConnection: close\r\n\r\n"),
		&a);
	assert_true(str_contains(both, STR("ok\n")));
	assert_true(str_contains(both, STR("\"links\"")));
	arena_release(&a);
}

static void test_port_in_use(void **state)
{
	struct served *s = *state;
	char listen[32];
	struct web *w = NULL;
	struct err err = { 0 };

	snprintf(listen, sizeof(listen), "127.0.0.1:%u", s->port);
	assert_int_equal(
		web_start(&(struct web_options){ LISTEN(listen), .database = s->database }, &w,
			&err),
		ERR_CONFIG);
	assert_non_null(strstr(err.text, "in use"));
	assert_int_equal(web_start(&(struct web_options){ LISTEN("127.0.0.1:0"),
					   .database = "/nonexistent/ruad.db" },
				 &w, &err),
		ERR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_coding),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_foreign_host),
		cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_long_address),
		cmocka_unit_test(test_slow_client),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_port_in_use),
	};

	return cmocka_run_group_tests(tests, serve, serve_stop);
}
