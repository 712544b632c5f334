/*
 * flow_test.h - small reports, mails and gzip files for the tests of the pipeline.
 */
#ifndef RUAD_FLOW_TEST_H
#define RUAD_FLOW_TEST_H

#include "buf.h"

#define XML_META(org, id) \
	"<report_metadata><org_name>" org \
	"</org_name><email>d@example.net</email><report_id>" id \
	"</report_id><date_range><begin>1795046400</begin><end>1795132799</end></date_range>" \
	"</report_metadata>"
#define XML_POLICY \
	"<policy_published><domain>example.com</domain><adkim>r</adkim><aspf>r</" \
	"aspf><p>none</p>" \
	"<sp>none</sp><pct>100</pct></policy_published>"
/* eval: what the receiver says; dkim: the result of a signature by example.com. */
#define XML_RECORD(ip, count, eval, dkim) \
	"<record><row><source_ip>" ip "</source_ip><count>" count "</count><policy_evaluated>" \
	"<disposition>none</disposition><dkim>" eval \
	"</dkim><spf>fail</spf></policy_evaluated>" \
	"</row><identifiers><header_from>example.com</header_from></" \
	"identifiers><auth_results>" \
	"<dkim><domain>example.com</domain><selector>s</selector><result>" dkim \
	"</result></dkim><spf><domain>other.example</domain><result>pass</result></spf>" \
	"</auth_results></record>\n"
#define XML_REPORT(id, records) \
	"<?xml version=\"1.0\"?>\n<feedback>" XML_META("Google.com", id) XML_POLICY records \
		"</feedback>\n"
#define XML_TWO \
	XML_RECORD("192.0.2.1", "5", "pass", "pass") \
	XML_RECORD("192.0.2.2", "3", "fail", "fail")

#define MAIL_HEAD \
	"From: Reporter <noreply@example.net>\r\nSubject: Report Domain: example.com\r\n" \
	"Message-ID: <1@example.net>\r\nMIME-Version: 1.0\r\n"
#define MAIL_PART(name, body) \
	"--B\r\nContent-Type: text/xml; name=\"" name \
	"\"\r\nContent-Disposition: attachment; " \
	"filename=\"" name "\"\r\n\r\n" body "\r\n"
#define MAIL(parts) \
	MAIL_HEAD "Content-Type: multipart/mixed; boundary=B\r\n\r\n" parts "--B--\r\n"
#define MAIL_TEXT \
	MAIL_HEAD "Content-Type: text/plain\r\n\r\nHello, here is our newsletter of this " \
		  "week.\r\n"
#define MAIL_ARF \
	MAIL_HEAD "Content-Type: multipart/report; report-type=feedback-report; " \
		  "boundary=B\r\n\r\n" \
		  "--B\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n" \
		  "--B\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: " \
		  "auth-failure\r\n" \
		  "User-Agent: X/1\r\nVersion: 1\r\nAuth-Failure: dmarc\r\n\r\n" \
		  "--B\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: " \
		  "a@example.com\r\n\r\n--B--\r\n"
#define MAIL_ABUSE \
	MAIL_HEAD \
	"Content-Type: multipart/report; report-type=feedback-report; " \
	"boundary=B\r\n\r\n" \
	"--B\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n" \
	"--B\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n" \
	"User-Agent: X/1\r\nVersion: 1\r\n\r\n" \
	"--B\r\nContent-Type: message/rfc822\r\n\r\nFrom: " \
	"a@example.com\r\n\r\nx\r\n--B--\r\n"
#define TLS_REPORT \
	"{\"organization-name\":\"Example\",\"date-range\":{\"start-datetime\":" \
	"\"2026-11-19T00:00:00Z\",\"end-datetime\":\"2026-11-19T23:59:59Z\"},\"contact-" \
	"info\":" \
	"\"a@example.net\",\"report-id\":\"1\",\"policies\":[]}"

/* s as a gzip file (RFC 1952), in one stored block of at most 65535 bytes. */
__attribute__((unused)) static void gzip_stored(struct buf *b, struct str s)
{
	static const uint8_t head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1 };
	uint32_t crc = UINT32_MAX, n = (uint32_t)s.n;

	for (size_t i = 0; i < s.n; i++) {
		crc ^= (uint8_t)s.p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320U : crc >> 1;
	}
	crc = ~crc;
	buf_add(b, head, sizeof(head));
	buf_char(b, (char)n);
	buf_char(b, (char)(n >> 8));
	buf_char(b, (char)~n);
	buf_char(b, (char)(~n >> 8));
	buf_str(b, s);
	for (int i = 0; i < 4; i++)
		buf_char(b, (char)(crc >> 8 * i));
	for (int i = 0; i < 4; i++)
		buf_char(b, (char)(n >> 8 * i));
}

#endif
