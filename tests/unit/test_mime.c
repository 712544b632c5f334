#include "mime.h"

#include "buf.h"
#include "check.h"
#include "xalloc.h"

#include <string.h>

/* The leaves of a mail, one a line: number, type, name, encoding and bytes, or the reason of
 * the error. */
static struct str leaves(struct buf *out, struct mime *m, struct str mail)
{
	static const char *const encodings[] = { "-", "base64", "qp", "uu" };
	struct mime_part p;
	struct err err = { 0 };
	struct arena a;
	int r;

	buf_clear(out);
	arena_init(&a);
	mime_begin(m, mail, &a);
	while ((r = mime_next(m, &p, &err)) > 0)
		buf_printf(out, "%u %.*s %.*s %s%s[%.*s]\n", p.number, STR_ARGS(p.type),
			str_absent(p.name) ? 1 : (int)p.name.n,
			str_absent(p.name) ? "-" : p.name.p, encodings[p.encoding],
			p.complaint ? " complaint " : " ", STR_ARGS(p.raw));
	if (r < 0)
		buf_printf(out, "%s\n", err.reason);
	arena_release(&a);
	return buf_view(out);
}

static const struct {
	const char *name;
	struct str mail, want;
} cases[] = {
	{ "plain", STR_INIT("From: a\n\nHi\nthere\n"),
		STR_INIT("1 text/plain - - [Hi\nthere\n]\n") },
	{ "nothing", STR_INIT(""), STR_INIT("1 text/plain - - []\n") },
	{ "no body", STR_INIT("From: a"), STR_INIT("1 text/plain - - []\n") },
	{ "mbox line", STR_INIT("From a Fri\nSubject: x\n\nHi"),
		STR_INIT("1 text/plain - - [Hi]\n") },
	{ "one part",
		STR_INIT("Content-Type: application/gzip; "
			 "name=a.gz\r\nContent-Transfer-Encoding: base64\r\n\r\nH4sI\r\n"),
		STR_INIT("1 application/gzip a.gz base64 [H4sI\r\n]\n") },
	{ "multipart",
		STR_INIT("Content-Type: multipart/mixed; "
			 "boundary=\"b\"\n\npreamble\n--b\n\none\n--b\n"
			 "Content-Type: text/html\n\ntwo\n\n--b--\nepilogue\n"),
		STR_INIT("1 text/plain - - [one]\n2 text/html - - [two\n]\n") },
	{ "CR LF",
		STR_INIT("Content-Type: multipart/mixed; "
			 "boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n"),
		STR_INIT("1 text/plain - - [one]\n") },
	{ "CR", STR_INIT("Content-Type: multipart/mixed; boundary=b\r\r--b\r\rone\r--b--\r"),
		STR_INIT("1 text/plain - - [one]\n") },
	{ "blanks behind the boundary",
		STR_INIT(
			"Content-Type: multipart/mixed; boundary=b\n\n--b \t\n\none\n--b-- \n"),
		STR_INIT("1 text/plain - - [one]\n") },
	{ "boundary with special letters",
		STR_INIT("Content-Type: multipart/mixed; boundary=\"=_(a\\\"b' "
			 "?\"\n\n--=_(a\"b' ?\n\none\n--=_(a\"b' ?--\n"),
		STR_INIT("1 text/plain - - [one]\n") },
	{ "longer boundary is another",
		STR_INIT("Content-Type: multipart/mixed; "
			 "boundary=b\n\n--b\n\none\n--bb\n--b\n\ntwo\n--b--\n"),
		STR_INIT("1 text/plain - - [one\n--bb]\n2 text/plain - - [two]\n") },
	{ "no end boundary",
		STR_INIT("Content-Type: multipart/mixed; "
			 "boundary=b\n\n--b\n\none\n--b\n\ntwo\n"),
		STR_INIT("1 text/plain - - [one]\n2 text/plain - - [two\n]\n") },
	{ "inner end boundary is missing",
		STR_INIT("Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: "
			 "multipart/related; boundary=i\n\n"
			 "--i\n\none\n--o\n\ntwo\n--o--\n"),
		STR_INIT("1 text/plain - - [one]\n2 text/plain - - [two]\n") },
	{ "no blank line before the body",
		STR_INIT("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
			 "text/xml\n<a/>\n--b--\n"),
		STR_INIT("1 text/xml - - [<a/>]\n") },
	{ "header ends at a boundary",
		STR_INIT("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
			 "text/xml\n--b\n\ntwo\n--b--\n"),
		STR_INIT("1 text/xml - - []\n2 text/plain - - [two]\n") },
	{ "nested",
		STR_INIT("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: "
			 "multipart/related; boundary=b\n\n--b\n"
			 "Content-Type: multipart/alternative; "
			 "boundary=c\n\n--c\n\n\n--c\nContent-Type: text/html\n\nH\n--c--\n"
			 "--b--\n\n--a\n\nlast\n--a--\n"),
		STR_INIT("1 text/plain - - []\n2 text/html - - [H]\n3 text/plain - - "
			 "[last]\n") },
	{ "multipart without a boundary",
		STR_INIT("Content-Type: multipart/mixed\n\n--b\n\none\n"),
		STR_INIT("1 multipart/mixed - - [--b\n\none\n]\n") },
	{ "mail in mail",
		STR_INIT("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
			 "message/rfc822\n\n"
			 "Subject: x\nContent-Type: text/xml; "
			 "name=r.xml\n\n<a/>\n--b\n\ntwo\n--b--\n"),
		STR_INIT("1 text/xml r.xml - [<a/>]\n2 text/plain - - [two]\n") },
	{ "mail in mail, base64", /* Content-Type: text/xml\n\n<a/>\n */
		STR_INIT("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
			 "message/rfc822\n"
			 "Content-Transfer-Encoding: "
			 "base64\n\nQ29udGVudC1UeXBlOiB0ZXh0L3htbAoKPGEvPgo=\n--b\n\ntwo\n--b--"
			 "\n"),
		STR_INIT("1 text/xml - - [<a/>\n]\n2 text/plain - - [two]\n") },
	{ "mail in mail, base64 that is none",
		STR_INIT("Content-Type: message/rfc822\nContent-Transfer-Encoding: "
			 "base64\n\nSubject: x\n\nHi"),
		STR_INIT("1 text/plain - - [Hi]\n") },
	{ "mail in mail, quoted-printable",
		STR_INIT("Content-Type: message/rfc822\nContent-Transfer-Encoding: "
			 "quoted-printable\n\n"
			 "Content-Type: text/h=\ntml\n\n=41"),
		STR_INIT("1 text/html - - [A]\n") },
	{ "digest",
		STR_INIT("Content-Type: multipart/digest; boundary=b\n\n--b\n\nContent-Type: "
			 "text/xml\n\n<a/>\n--b--\n"),
		STR_INIT("1 text/xml - - [<a/>]\n") },
	{ "feedback report",
		STR_INIT("Content-Type: multipart/report; report-type=feedback-report; "
			 "boundary=b\n\n--b\n\none\n--b\n"
			 "Content-Type: message/feedback-report\n\nVersion: "
			 "1\n--b\nContent-Type: message/rfc822\n\n"
			 "Content-Type: text/xml\n\n<a/>\n--b--\n"),
		STR_INIT("1 text/plain - - [one]\n2 message/feedback-report - - [Version: 1]\n"
			 "3 message/rfc822 - - [Content-Type: text/xml\n\n<a/>]\n") },
	{ "feedback report in multipart/mixed",
		STR_INIT("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
			 "message/feedback-report\n\nV: 1\n"
			 "--b\nContent-Type: message/rfc822\n\nContent-Type: "
			 "text/xml\n\n<a/>\n--b--\n"),
		STR_INIT("1 message/feedback-report - - [V: 1]\n2 message/rfc822 - - "
			 "[Content-Type: text/xml\n\n<a/>]\n") },
	{ "bounce",
		STR_INIT("Content-Type: multipart/report; report-type=delivery-status; "
			 "boundary=b\n\n--b\n"
			 "Content-Type: message/rfc822\n\nContent-Type: "
			 "text/xml\n\n<a/>\n--b--\n"),
		STR_INIT("1 message/rfc822 - - [Content-Type: text/xml\n\n<a/>]\n") },
	{ "complaint",
		STR_INIT(
			"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
			"message/rfc822\n\n"
			"X-HmXmrOriginalRecipient: a\nContent-Type: text/xml\n\n<a/>\n--b--\n"),
		STR_INIT("1 message/rfc822 - - complaint [<a/>]\n") },
};

static void test_cases(void **state)
{
	struct limits l;
	struct mime *m;
	struct buf out;

	(void)state;
	limits_default(&l);
	m = mime_new(&l);
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < COUNT(cases); i++)
		check_str(cases[i].name, leaves(&out, m, cases[i].mail), cases[i].want);
	buf_release(&out);
	mime_free(m);
}

static void test_report_type(void **state)
{
	struct limits l;
	struct mime_part p;
	struct err err;
	struct arena a;
	struct mime *m;

	(void)state;
	limits_default(&l);
	m = mime_new(&l);
	arena_init(&a);
	mime_begin(m,
		STR("Content-Type: multipart/report; boundary=b; "
		    "report-type=TLSRPT\n\n--b\n\nx\n"),
		&a);
	assert_int_equal(mime_next(m, &p, &err), 1);
	check("in report", p.in_report);
	check_str("type", p.report_type, STR("tlsrpt"));
	check("not single", !mime_single(m));
	mime_begin(m, STR("Subject: a\nFrom: b\n\nx\n"), &a);
	check_str("subject", mime_header(m)->subject, STR("a"));
	assert_int_equal(mime_next(m, &p, &err), 1);
	check("not in report", !p.in_report);
	check("single", mime_single(m));
	arena_release(&a);
	mime_free(m);
}

static void add_nested(struct buf *mail, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_printf(
			mail, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i, i);
	buf_str(mail, STR("\nx\n"));
}

static void test_limits(void **state)
{
	struct limits l;
	struct buf mail, out;
	struct mime *m;

	(void)state;
	limits_default(&l);
	l.mime_depth = 4;
	l.mime_parts = 6;
	l.mime_header = 4096;
	l.mail_size = 65536;
	m = mime_new(&l);
	buf_init(&mail, 1 << 20);
	buf_init(&out, 1 << 20);
	add_nested(&mail, 4);
	check_str("depth 4", leaves(&out, m, buf_view(&mail)), STR("1 text/plain - - [x\n]\n"));
	buf_clear(&mail);
	add_nested(&mail, 5);
	check_str("depth 5", leaves(&out, m, buf_view(&mail)), STR("mime-too-deep\n"));
	buf_clear(&mail);
	for (int i = 0; i < 5; i++)
		buf_str(&mail, STR("Content-Type: message/rfc822\n\n"));
	check_str("mails 5", leaves(&out, m, buf_view(&mail)), STR("mime-too-deep\n"));
	buf_clear(&mail);
	buf_str(&mail, STR("Content-Type: multipart/mixed; boundary=b\n\n"));
	for (int i = 0; i < 6; i++)
		buf_str(&mail, STR("--b\n\n\n"));
	check("parts",
		str_ends(leaves(&out, m, buf_view(&mail)), STR("mime-too-many-parts\n")));
	check("leaves before", str_starts(buf_view(&out), STR("1 text/plain - - []\n2 ")));
	buf_clear(&mail);
	for (int i = 0; i < 1000; i++)
		buf_str(&mail, STR("X-A: b\n"));
	check_str("header", leaves(&out, m, buf_view(&mail)), STR("mime-malformed\n"));
	buf_clear(&mail);
	buf_str(&mail,
		STR("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"));
	for (int i = 0; i < 70000; i++)
		buf_char(&mail, 'A');
	check_str("decoded mail", leaves(&out, m, buf_view(&mail)), STR("mime-too-deep\n"));
	buf_release(&mail);
	buf_release(&out);
	mime_free(m);
}

/* Lines that almost are boundaries, deep inside: megabytes of them must not take minutes. */
static void test_linear(void **state)
{
	struct limits l;
	struct buf mail;
	struct arena a;
	struct mime_part p;
	struct err err;
	struct mime *m;

	(void)state;
	limits_default(&l);
	m = mime_new(&l);
	buf_init(&mail, 8 << 20);
	add_nested(&mail, 31);
	while (buf_str(&mail, STR("--b1x\n--\r--b\n")))
		;
	arena_init(&a);
	mime_begin(m, buf_view(&mail), &a);
	assert_int_equal(mime_next(m, &p, &err), 1);
	assert_int_equal(mime_next(m, &p, &err), 0);
	arena_release(&a);
	buf_release(&mail);
	mime_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_report_type),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
