#include "sniff.h"

#include "check.h"

#include <string.h>

static const struct {
	const char *name;
	struct str head;
	enum magic want;
} cases[] = {
	{ "nothing", STR_INIT(""), MAGIC_EMPTY },
	{ "white space", STR_INIT(" \r\n\t"), MAGIC_EMPTY },
	{ "byte order mark only", STR_INIT("\xef\xbb\xbf"), MAGIC_EMPTY },
	{ "gzip", STR_INIT("\x1f\x8b\x08"), MAGIC_GZIP },
	{ "zip", STR_INIT("PK\x03\x04x"), MAGIC_ZIP },
	{ "zip without members", STR_INIT("PK\x05\x06x"), MAGIC_ZIP },
	{ "PK, a word", STR_INIT("PK is here"), MAGIC_OTHER },
	{ "declared report", STR_INIT("<?xml version=\"1.0\"?>\n<feedback>"), MAGIC_FEEDBACK },
	{ "undeclared report", STR_INIT("<feedback>"), MAGIC_FEEDBACK },
	{ "attributes", STR_INIT("<feedback xmlns=\"x\">"), MAGIC_FEEDBACK },
	{ "prefix", STR_INIT("<dmarc:feedback xmlns:dmarc=\"x\">"), MAGIC_FEEDBACK },
	{ "comment first", STR_INIT("<!-- <html> --><feedback/>"), MAGIC_FEEDBACK },
	{ "processing instruction first", STR_INIT("<?xml version='1.0'?><?a b?>\n<feedback/>"),
		MAGIC_FEEDBACK },
	{ "document type", STR_INIT("<!DOCTYPE feedback [<!ENTITY a 'b'>]><feedback/>"),
		MAGIC_FEEDBACK },
	{ "byte order mark", STR_INIT("\xef\xbb\xbf<?xml version='1.0'?><feedback>"),
		MAGIC_FEEDBACK },
	{ "white space first", STR_INIT("\r\n  \n<?xml version='1.0'?><feedback>"),
		MAGIC_FEEDBACK },
	{ "upper case", STR_INIT("<FEEDBACK>"), MAGIC_FEEDBACK },
	{ "UTF-16 little", STR_INIT("\xff\xfe<\0f\0e\0e\0d\0b\0a\0c\0k\0>\0"), MAGIC_FEEDBACK },
	{ "UTF-16 big", STR_INIT("\xfe\xff\0<\0f\0e\0e\0d\0b\0a\0c\0k\0>"), MAGIC_FEEDBACK },
	{ "UTF-16 without mark", STR_INIT("<\0?\0x\0m\0l\0 \0?\0>\0<\0a\0/\0>\0"), MAGIC_XML },
	{ "other root, declared", STR_INIT("<?xml version='1.0'?><rss>"), MAGIC_XML },
	{ "declaration only", STR_INIT("<?xml version='1.0'?>"), MAGIC_XML },
	{ "other root", STR_INIT("<rss>"), MAGIC_MARKUP },
	{ "similar root", STR_INIT("<feedbacks>"), MAGIC_MARKUP },
	{ "HTML", STR_INIT("<html><head>"), MAGIC_HTML },
	{ "HTML document type", STR_INIT("<!doctype HTML>\n<html>"), MAGIC_HTML },
	{ "XHTML", STR_INIT("<?xml version='1.0'?><!DOCTYPE html PUBLIC ''><html>"),
		MAGIC_HTML },
	{ "TLS report", STR_INIT(" {\"organization-name\":\"x\",\"date-range\":{}"),
		MAGIC_TLSRPT },
	{ "TLS report, policies first", STR_INIT("{\"policies\":[]}"), MAGIC_TLSRPT },
	{ "other JSON", STR_INIT("{\"a\":1}"), MAGIC_OTHER },
	{ "mail", STR_INIT("Received: x\n by y\nFrom: a\n\nHi"), MAGIC_MAIL },
	{ "mail without a body", STR_INIT("Subject: x"), MAGIC_MAIL },
	{ "mail from an mbox", STR_INIT("From a Fri\r\nReturn-Path: <>\r\n\r\n"), MAGIC_MAIL },
	{ "fields nobody knows", STR_INIT("Note: x\n\nHi"), MAGIC_OTHER },
	{ "field after text", STR_INIT("Hi there\nFrom: a\n"), MAGIC_OTHER },
	{ "folded first", STR_INIT(" a\nFrom: b\n"), MAGIC_OTHER },
	{ "words", STR_INIT("hello"), MAGIC_OTHER },
	{ "binary", STR_INIT("\x00\x01\x02\xff"), MAGIC_OTHER },
	{ "picture", STR_INIT("\x89PNG\r\n\x1a\n"), MAGIC_OTHER },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].name, sniff(cases[i].head), cases[i].want);
}

static void test_leading(void **state)
{
	char text[SNIFF_BYTES];

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text + 1024, "<feedback>", 10);
	check_int("1 KiB of blanks", sniff(str_make(text, 1034)), MAGIC_FEEDBACK);
	memset(text, ' ', sizeof(text));
	memcpy(text + 1025, "<feedback>", 10);
	check_int("a blank more", sniff(str_make(text, 1035)), MAGIC_OTHER);
}

/* A header larger than the head: the last line is cut anywhere. */
static void test_long_header(void **state)
{
	char text[SNIFF_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "From: a@example.com\n"[i % 20];
	check_int("header", sniff(str_make(text, sizeof(text))), MAGIC_MAIL);
	memcpy(text + sizeof(text) - 4, "\nX-Q", 4);
	check_int("cut in a name", sniff(str_make(text, sizeof(text))), MAGIC_MAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_leading),
		cmocka_unit_test(test_long_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
