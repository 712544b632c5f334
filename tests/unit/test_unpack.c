#include "unpack.h"

#include "check.h"
#include "note.h"
#include "pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XML "<feedback>one</feedback>"
#define TLS "{\"report-id\":\"1\",\"policies\":[]}"

static const char *const kinds[] = { "xml", "tlsrpt", "arf", "feedback", "none", "failed" };

/*
 * The documents of an input, one a line: kind, part, and what it is: for XML the text, with
 * "!reason" where reading fails and the notes; else the reason.
 */
static struct str documents(struct buf *out, struct unpack *u, const struct mail *mail)
{
	struct err err = { 0 };
	struct doc d;

	buf_clear(out);
	if (unpack_begin(u, mail, &err) < 0) {
		buf_printf(out, "!%s\n", err.reason);
		return buf_view(out);
	}
	while (unpack_next(u, &d) > 0) {
		char piece[8192];
		ssize_t n = 0;

		buf_printf(out, "%s %.*s ", kinds[d.kind],
			str_absent(d.part) ? 1 : (int)d.part.n,
			str_absent(d.part) ? "-" : d.part.p);
		check_int("content", !!d.content, d.kind == DOC_XML);
		check_int("error", d.err.code != 0, d.kind == DOC_FAILED || d.kind == DOC_NONE);
		while (d.content &&
			(n = reader_read(d.content, piece, sizeof(piece), &err)) > 0)
			if (n < 100)
				buf_add(out, piece, (size_t)n);
		if (n < 0)
			buf_printf(out, "!%s", err.reason);
		if (d.err.code)
			buf_printf(out, "%s", d.err.reason);
		if (unpack_notes(u) & 1U << NOTE_CONTAINER_NESTED)
			buf_str(out, STR(" nested"));
		if (unpack_notes(u) & 1U << NOTE_CONTAINER_TRAILING)
			buf_str(out, STR(" trailing"));
		buf_char(out, '\n');
	}
	check_int("the end stays the end", unpack_next(u, &d), 0);
	return buf_view(out);
}

static void expect(
	struct unpack *u, const char *name, struct str bytes, bool is_mail, const char *want)
{
	struct mail mail = { .content = blob_mem(bytes), .is_mail = is_mail };
	struct buf out;
	FILE *file = tmpfile();

	buf_init(&out, PACK_MOST);
	check_str(name, documents(&out, u, &mail), str_of(want));
	assert_int_equal(fwrite(bytes.n ? bytes.p : "", 1, bytes.n, file), bytes.n);
	assert_int_equal(fflush(file), 0);
	mail.content = (struct blob){ .fd = fileno(file), .size_bytes = bytes.n };
	check_str(name, documents(&out, u, &mail), str_of(want));
	fclose(file);
	buf_release(&out);
}

static const struct {
	const char *name;
	struct str bytes;
	const char *want;
} texts[] = {
	{ "nothing", STR_INIT(""), "none - empty\n" },
	{ "blanks", STR_INIT(" \n"), "none - empty\n" },
	{ "words", STR_INIT("hello"), "none - not-a-report\n" },
	{ "HTML file", STR_INIT("<!DOCTYPE html><html/>"), "none - not-a-report\n" },
	{ "JSON file", STR_INIT("{\"a\":1}"), "none - not-a-report\n" },
	{ "XML file", STR_INIT(XML), "xml - " XML "\n" },
	{ "XML file, other root", STR_INIT("<rss/>"), "xml - <rss/>\n" },
	{ "XML file, document type", STR_INIT("<!DOCTYPE feedback [ ]>"),
		"xml - <!DOCTYPE feedback [ ]>\n" },
	{ "TLS report file", STR_INIT(TLS), "tlsrpt - \n" },
	{ "mail without a report", STR_INIT("Subject: x\n\nHi"), "none - no-report-in-mail\n" },
	{ "mail that is XML", STR_INIT("Subject: x\nContent-Type: text/xml\n\n" XML),
		"xml - " XML "\n" },
	{ "mail, XML as text", STR_INIT("Subject: x\n\n" XML), "xml - " XML "\n" },
	{ "mail, XML of another kind as text",
		STR_INIT("Subject: x\n\n<?xml version='1.0'?><rss/>"),
		"none - no-report-in-mail\n" },
	{ "mail, XML of another kind as XML",
		STR_INIT("Subject: x\nContent-Type: text/xml\n\n<rss/>"), "xml - <rss/>\n" },
	{ "mail, HTML", STR_INIT("Subject: x\nContent-Type: text/html\n\n<html><body>" XML),
		"none - no-report-in-mail\n" },
	{ "mail, HTML called XML",
		STR_INIT("Subject: x\nContent-Type: text/xml; name=a.xml\n\n<html>"),
		"failed a.xml not-a-report\n" },
	{ "mail, SVG",
		STR_INIT("Subject: x\nContent-Type: image/svg+xml; name=logo.svg\n\n<?xml "
			 "version='1.0'?><svg/>"),
		"none - no-report-in-mail\n" },
	{ "mail, text called gzip",
		STR_INIT("Subject: x\nContent-Type: application/gzip; name=a.xml.gz\n\nhello"),
		"failed a.xml.gz archive-corrupt\n" },
	{ "mail, empty attachment",
		STR_INIT("Subject: x\nContent-Type: application/zip; name=a.zip\n\n"),
		"failed a.zip empty\n" },
	{ "mail, XML called gzip",
		STR_INIT("Subject: x\nContent-Type: application/gzip; name=a.xml.gz\n\n" XML),
		"xml a.xml.gz " XML "\n" },
	{ "mail, base64 undeclared",
		STR_INIT("Subject: x\nContent-Type: "
			 "text/xml\n\nPGZlZWRiYWNrPm9uZTwvZmVlZGJhY2s+\n"),
		"xml - " XML "\n" },
	{ "mail, XML that was not encoded",
		STR_INIT("Subject: x\nContent-Type: text/xml\nContent-Transfer-Encoding: "
			 "base64\n\n" XML),
		"xml - " XML "\n" },
	{ "mail, TLS report",
		STR_INIT("Subject: x\nContent-Type: application/tlsrpt+json\n\n" TLS),
		"tlsrpt - \n" },
	{ "several parts",
		STR_INIT(
			"Content-Type: multipart/mixed; "
			"boundary=b\n\n--b\n\nHi\n--b\nContent-Type: text/xml\n\n" XML "\n--b\n"
			"Content-Type: application/xml; "
			"name=b.xml\n\n<feedback>two</feedback>\n--b--\n"),
		"xml part 2 " XML "\nxml b.xml <feedback>two</feedback>\n" },
	{ "good and bad",
		STR_INIT("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
			 "text/xml; name=a.xml\n\nno\n--b\n"
			 "Content-Type: text/xml\n\n" XML "\n--b--\n"),
		"failed a.xml not-a-report\nxml part 2 " XML "\n" },
	{ "mail in mail",
		STR_INIT("Content-Type: message/rfc822\n\nContent-Type: text/xml; "
			 "name=a.xml\n\n" XML),
		"xml a.xml " XML "\n" },
	{ "failure report",
		STR_INIT("Content-Type: multipart/report; report-type=feedback-report; "
			 "boundary=b\n\n--b\n\nHi\n--b\n"
			 "Content-Type: message/feedback-report\n\nFeedback-Type: "
			 "auth-failure\n--b\n"
			 "Content-Type: message/rfc822\n\nContent-Type: text/xml\n\n" XML
			 "\n--b--\n"),
		"arf part 2 \n" },
	{ "complaint, base64",
		STR_INIT("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
			 "message/feedback-report\n"
			 "Content-Transfer-Encoding: "
			 "base64\n\nRmVlZGJhY2stVHlwZTogYWJ1c2UK\n--b--\n"),
		"feedback part 1 \n" },
	{ "feedback report without its part",
		STR_INIT("Content-Type: multipart/report; report-type=\"feedback-report\"; "
			 "boundary=b\n\n--b\n\nHi\n--b--\n"),
		"arf - \n" },
	{ "failure report as text",
		STR_INIT("Content-Type: multipart/report; boundary=b\n\n--b\n\nDMARC "
			 "failed\n\nReceived: x\n"
			 "Authentication-Results: y\n--b--\n"),
		"arf - \n" },
	{ "bounce",
		STR_INIT("Content-Type: multipart/report; report-type=delivery-status; "
			 "boundary=b\n\n--b\n\nDMARC failed\n--b\n"
			 "Content-Type: message/rfc822\n\nContent-Type: text/xml\n\n" XML
			 "\n--b--\n"),
		"none - no-report-in-mail\n" },
	{ "Hotmail complaint",
		STR_INIT("Content-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: x\n\nHi"),
		"feedback - \n" },
	{ "too deep, after a report",
		STR_INIT("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
			 "text/xml\n\n" XML "\n--b\n"
			 "Content-Type: message/rfc822\n\nContent-Type: "
			 "message/rfc822\n\nContent-Type: message/rfc822\n\n"
			 "Content-Type: message/rfc822\n\nContent-Type: "
			 "message/rfc822\n\n--b--\n"),
		"xml part 1 " XML "\nfailed - mime-too-deep\n" },
};

static struct unpack *make(void)
{
	struct limits l;

	limits_default(&l);
	l.mime_depth = 5;
	return unpack_new(&l);
}

#define MEMBER(name, text) \
	{ \
		STR_INIT(name), STR_INIT(text), true, 0, 0, false \
	}

/* As many as may be are given; one more, and the rest of the input is left alone. */
static void test_documents(void **state)
{
	const struct pack_member m[] = { MEMBER("a.xml", XML), MEMBER("b.xml", "no"),
		MEMBER("c.xml", XML), MEMBER("d.xml", XML) };
	struct limits l;
	struct unpack *u;
	struct buf b;

	(void)state;
	limits_default(&l);
	l.documents = 2;
	u = unpack_new(&l);
	buf_init(&b, PACK_MOST);
	pack_zip(&b, m, 2);
	expect(u, "at the limit", buf_view(&b), false,
		"xml a.xml " XML "\nfailed b.xml not-a-report\n");
	buf_clear(&b);
	pack_zip(&b, m, 4);
	expect(u, "beyond", buf_view(&b), false,
		"xml a.xml " XML "\nfailed b.xml not-a-report\nfailed - too-many-documents\n");
	buf_release(&b);
	unpack_free(u);
}

static void test_texts(void **state)
{
	struct unpack *u = make();

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		expect(u, texts[i].name, texts[i].bytes, false, texts[i].want);
	expect(u, "a mail that does not look like one", STR("hello"), true,
		"none - no-report-in-mail\n");
	expect(u, "a mail of nothing", STR(""), true, "none - empty\n");
	expect(u, "a report in a maildir", STR(XML), true, "xml - " XML "\n");
	unpack_free(u);
}

/* The packed bytes as they are, and as attachment "r" of a mail. */
static void expect_packed(struct unpack *u, const char *name, const struct buf *b,
	const char *want, const char *want_in_mail)
{
	struct buf mail;

	buf_init(&mail, PACK_MOST);
	buf_str(&mail, STR("Content-Type: application/octet-stream; "
			   "name=r\nContent-Transfer-Encoding: binary\n\n"));
	buf_str(&mail, buf_view(b));
	expect(u, name, buf_view(b), false, want);
	expect(u, name, buf_view(&mail), false, want_in_mail);
	buf_release(&mail);
}

static void test_gzip(void **state)
{
	struct unpack *u = make();
	struct buf b, c;

	(void)state;
	buf_init(&b, PACK_MOST);
	buf_init(&c, PACK_MOST);
	pack_gzip(&b, STR(XML));
	expect_packed(u, "gzip", &b, "xml - " XML "\n", "xml r " XML "\n");
	buf_str(&b, STR("\0\0"));
	expect_packed(
		u, "trailing", &b, "xml - " XML " trailing\n", "xml r " XML " trailing\n");
	b.n -= 6;
	expect_packed(u, "cut", &b, "xml - " XML "!archive-truncated\n",
		"xml r " XML "!archive-truncated\n");
	b.n = 10; /* the header only */
	expect_packed(u, "cut early", &b, "failed - archive-truncated\n",
		"failed r archive-truncated\n");
	buf_clear(&b);
	pack_gzip(&b, STR("hello"));
	expect_packed(u, "a text", &b, "failed - not-a-report\n", "failed r not-a-report\n");
	buf_clear(&b);
	pack_gzip(&b, STR(""));
	expect_packed(u, "nothing", &b, "failed - empty\n", "failed r empty\n");
	buf_clear(&b);
	pack_gzip(&b, STR(TLS));
	expect_packed(u, "TLS report", &b, "tlsrpt - \n", "tlsrpt r \n");
	buf_clear(&b);
	pack_gzip(&b, STR(XML));
	pack_gzip(&c, buf_view(&b));
	expect_packed(
		u, "gzip in gzip", &c, "xml - " XML " nested\n", "xml r " XML " nested\n");
	buf_clear(&b);
	pack_gzip(&b, buf_view(&c));
	expect_packed(u, "three times", &b, "failed - archive-nested nested\n",
		"failed r archive-nested nested\n");
	buf_release(&b);
	buf_release(&c);
	unpack_free(u);
}

static const struct {
	const char *name;
	struct pack_member m[4];
	size_t count;
	const char *want, *want_in_mail;
} zips[] = {
	{ "one", { MEMBER("a.xml", XML) }, 1, "xml a.xml " XML "\n", "xml r/a.xml " XML "\n" },
	{ "two", { MEMBER("a.xml", XML), MEMBER("b.txt", XML) }, 2,
		"xml a.xml " XML "\nxml b.txt " XML "\n",
		"xml r/a.xml " XML "\nxml r/b.txt " XML "\n" },
	{ "no name", { MEMBER("", XML) }, 1, "xml member 1 " XML "\n",
		"xml r/member 1 " XML "\n" },
	{ "nothing in it", { MEMBER("", "") }, 0, "failed - empty\n", "failed r empty\n" },
	{ "a text", { MEMBER("a.txt", "hello") }, 1, "failed a.txt not-a-report\n",
		"failed r/a.txt not-a-report\n" },
	{ "texts", { MEMBER("a.txt", "hello"), MEMBER("b.txt", "hello") }, 2,
		"failed a.txt not-a-report\n", "failed r/a.txt not-a-report\n" },
	{ "a text beside a report", { MEMBER("a.txt", "hello"), MEMBER("b.xml", XML) }, 2,
		"xml b.xml " XML "\n", "xml r/b.xml " XML "\n" },
	{ "a text that calls itself a report",
		{ MEMBER("a.xml", "hello"), MEMBER("b.xml", XML) }, 2,
		"failed a.xml not-a-report\nxml b.xml " XML "\n",
		"failed r/a.xml not-a-report\nxml r/b.xml " XML "\n" },
	{ "an empty report", { MEMBER("a.xml", "") }, 1, "failed a.xml empty\n",
		"failed r/a.xml empty\n" },
	{ "TLS report", { MEMBER("a.json", TLS) }, 1, "tlsrpt a.json \n",
		"tlsrpt r/a.json \n" },
};

static void test_zip(void **state)
{
	struct unpack *u = make();
	struct buf b, c;

	(void)state;
	buf_init(&b, PACK_MOST);
	buf_init(&c, PACK_MOST);
	for (size_t i = 0; i < COUNT(zips); i++) {
		buf_clear(&b);
		pack_zip(&b, zips[i].m, zips[i].count);
		expect_packed(u, zips[i].name, &b, zips[i].want, zips[i].want_in_mail);
	}
	buf_clear(&b);
	pack_gzip(&b, STR(XML));
	pack_zip(&c, &(struct pack_member){ .name = STR("a.gz"), .text = buf_view(&b) }, 1);
	expect_packed(u, "gzip in zip", &c, "xml a.gz " XML " nested\n",
		"xml r/a.gz " XML " nested\n");
	buf_clear(&b);
	pack_gzip(&b, buf_view(&c));
	expect_packed(u, "gzip in zip in gzip", &b, "failed a.gz archive-nested nested\n",
		"failed r/a.gz archive-nested nested\n");
	buf_clear(&b);
	buf_clear(&c);
	pack_zip(&b, &(struct pack_member){ .name = STR("a.xml"), .text = STR(XML) }, 1);
	pack_zip(&c, &(struct pack_member){ .name = STR("b.zip"), .text = buf_view(&b) }, 1);
	expect_packed(u, "zip in zip", &c, "xml b.zip/a.xml " XML " nested\n",
		"xml r/b.zip/a.xml " XML " nested\n");
	buf_clear(&c);
	pack_gzip(&c, buf_view(&b));
	expect_packed(u, "zip in gzip", &c, "xml a.xml " XML " nested\n",
		"xml r/a.xml " XML " nested\n");
	buf_release(&b);
	buf_release(&c);
	unpack_free(u);
}

static void test_limits(void **state)
{
	struct limits l;
	struct unpack *u;
	struct mail mail = { .is_mail = true };
	struct err err = { 0 };
	struct buf b;
	char *blanks = calloc(1, 3 << 20);

	(void)state;
	limits_default(&l);
	l.mail_size = 64 * KIB;
	l.document_size = MIB;
	u = unpack_new(&l);
	buf_init(&b, PACK_MOST);
	buf_str(&b, STR("Subject: x\n\n"));
	buf_add(&b, blanks, 64 * KIB);
	mail.content = blob_mem(buf_view(&b));
	check_int("mail size", unpack_begin(u, &mail, &err), ERR_LIMIT);
	check_str("mail size", str_of(err.reason), STR("mail-too-large"));
	buf_clear(&b);
	buf_str(&b, STR(XML));
	buf_add(&b, blanks, MIB);
	expect(u, "document size", buf_view(&b), false, "xml - !archive-too-large\n");
	buf_clear(&b);
	pack_gzip(&b, str_make(blanks, 3 << 20));
	expect(u, "bomb of no report", buf_view(&b), false, "failed - not-a-report\n");
	unpack_free(u);
	buf_release(&b);
	free(blanks);
}

static void test_head(void **state)
{
	struct unpack *u = make();
	struct mail mail = { .content = blob_mem(
				     STR("From: =?utf-8?q?R=C3=A9p?= <a@example.com>\nSubject: "
					 "Report\n Domain: x\nMessage-ID: <1@x>\n\nHi")) };
	struct err err;

	(void)state;
	assert_int_equal(unpack_begin(u, &mail, &err), 0);
	check("is_mail", unpack_head(u)->is_mail);
	check_str("from", unpack_head(u)->from, STR("R\xc3\xa9p <a@example.com>"));
	check_str("subject", unpack_head(u)->subject, STR("Report Domain: x"));
	check_str("message_id", unpack_head(u)->message_id, STR("<1@x>"));
	mail.content = blob_mem(STR(XML));
	assert_int_equal(unpack_begin(u, &mail, &err), 0);
	check("file", !unpack_head(u)->is_mail);
	check_str("from", unpack_head(u)->from, STR_ABSENT);
	unpack_free(u);
}

/* Documents that nobody reads are passed over. */
static void test_unread(void **state)
{
	static const struct pack_member m[] = { MEMBER("a.xml", XML), MEMBER("b.xml", XML) };
	struct unpack *u = make();
	struct mail mail = { 0 };
	struct err err;
	struct doc d;
	struct buf b;

	(void)state;
	buf_init(&b, PACK_MOST);
	pack_zip(&b, m, COUNT(m));
	mail.content = blob_mem(buf_view(&b));
	assert_int_equal(unpack_begin(u, &mail, &err), 0);
	assert_int_equal(unpack_next(u, &d), 1);
	check_str("first", d.part, STR("a.xml"));
	assert_int_equal(unpack_next(u, &d), 1);
	check_str("second", d.part, STR("b.xml"));
	assert_int_equal(unpack_begin(u, &mail, &err), 0);
	assert_int_equal(unpack_next(u, &d), 1);
	check_str("begun again", d.part, STR("a.xml"));
	unpack_free(u); /* in the middle */
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_zip),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_unread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
