#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "buf.h"
#include "decode.h"
#include "rua.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLD(inside) "<report_metadata>" inside "</report_metadata>"
#define WHO \
	"<org_name>r.example</org_name><email>a@r.example</email><report_id>id-1</report_id>"
#define WHEN(begin, end) "<date_range><begin>" begin "</begin><end>" end "</end></date_range>"
#define DAY WHEN("1795046400", "1795132799")
#define META TOLD(WHO DAY)
#define PUBLISHED(inside) "<policy_published>" inside "</policy_published>"
#define POLICY PUBLISHED("<domain>example.com</domain><p>none</p>")
#define EVALUATED(dkim, spf) \
	"<policy_evaluated><disposition>none</disposition><dkim>" dkim "</dkim><spf>" spf \
	"</spf></policy_evaluated>"
#define ROW(ip, count) \
	"<row><source_ip>" ip "</source_ip><count>" count \
	"</count>" EVALUATED("pass", "fail") "</row>"
#define FROM "<identifiers><header_from>example.com</header_from></identifiers>"
#define SIGNED \
	"<dkim><domain>example.com</domain><selector>s1</selector><result>pass</result></" \
	"dkim>"
#define AUTH "<auth_results>" SIGNED "</auth_results>"
#define RECORD(inside) "<record>" inside "</record>"
#define REC RECORD(ROW("192.0.2.1", "7") FROM AUTH)
#define HEAD META POLICY
#define LONG_HEAD TOLD(WHO WHEN("1795046400", "1795305600")) POLICY /* three days */
#define ROOT(inside) "<feedback>" inside "</feedback>"
#define WITH_AUTH(inside) \
	ROOT(HEAD RECORD(ROW("192.0.2.1", "7") FROM "<auth_results>" inside "</" \
						    "auth_results>"))
#define WITH_FROM(inside) \
	ROOT(HEAD RECORD(ROW("192.0.2.1", "7") "<identifiers>" inside "</identifiers>" AUTH))
#define PLAIN "192.0.2.1 7 none pass fail from=example.com"

/* ---- what the parser makes of a document, as text ---- */

static void put(struct buf *out, const char *name, struct str s)
{
	if (!str_absent(s))
		buf_printf(out, " %s=%.*s", name, STR_ARGS(s));
}

static void put_report(struct buf *out, const struct report *r)
{
	const struct policy *p = &r->policy;

	buf_printf(out, "report %lld-%lld %s", (long long)r->begin_at, (long long)r->end_at,
		r->format == FORMAT_RFC9990 ? "rfc9990" : "rfc7489");
	put(out, "org", r->org_name);
	put(out, "email", r->email);
	put(out, "contact", r->extra_contact_info);
	put(out, "id", r->report_id);
	put(out, "generator", r->generator);
	put(out, "version", r->version);
	put(out, "ns", r->xml_namespace);
	put(out, "domain", p->domain);
	put(out, "p", p->p);
	put(out, "sp", p->sp);
	put(out, "np", p->np);
	put(out, "adkim", p->adkim);
	put(out, "aspf", p->aspf);
	if (p->pct >= 0)
		buf_printf(out, " pct=%d", p->pct);
	put(out, "fo", p->fo);
	put(out, "testing", p->testing);
	put(out, "discovery", p->discovery_method);
	for (size_t i = 0; i < r->error_count; i++)
		put(out, "error", r->errors[i]);
	buf_char(out, '\n');
}

static void put_auth(struct buf *out, const char *name, const struct auth *a, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, " %s[", name);
		put(out, "d", a[i].domain);
		put(out, "s", a[i].selector);
		put(out, "scope", a[i].scope);
		put(out, "r", a[i].result);
		put(out, "h", a[i].human_result);
		buf_str(out, STR(" ]"));
	}
}

static void put_record(struct buf *out, const struct record *r)
{
	char ip[IP_TEXT];

	buf_printf(out, "%.*s %llu %.*s %.*s %.*s", STR_ARGS(ip_text(&r->source_ip, ip)),
		(unsigned long long)r->messages, STR_ARGS(r->disposition), STR_ARGS(r->dkim),
		STR_ARGS(r->spf));
	put(out, "ip", r->source_ip_text);
	put(out, "from", r->header_from);
	put(out, "mfrom", r->envelope_from);
	put(out, "to", r->envelope_to);
	for (size_t i = 0; i < r->reason_count; i++) {
		buf_str(out, STR(" reason["));
		put(out, "t", r->reasons[i].type);
		put(out, "c", r->reasons[i].comment);
		buf_str(out, STR(" ]"));
	}
	put_auth(out, "dkim", r->dkim_auth, r->dkim_count);
	put_auth(out, "spf", r->spf_auth, r->spf_count);
	buf_char(out, '\n');
}

static void put_notes(struct buf *out, const struct report *r)
{
	buf_str(out, STR("notes:"));
	for (size_t i = 0; i < r->note_count; i++) {
		const struct note *n = &r->notes[i];

		buf_printf(out, " %.*s", STR_ARGS(n->code));
		if (!str_absent(n->where))
			buf_printf(out, "@%.*s", STR_ARGS(n->where));
		if (n->times != 1)
			buf_printf(out, "*%llu", (unsigned long long)n->times);
		if (!str_absent(n->detail))
			buf_printf(out, "(%.*s)", STR_ARGS(n->detail));
	}
	buf_char(out, '\n');
}

/* Gives the bytes in pieces of step. */
struct pieces {
	struct reader reader;
	struct str rest;
	size_t step;
};

static ssize_t pieces_read(struct reader *reader, void *to, size_t n, struct err *err)
{
	struct pieces *p = (struct pieces *)reader;

	(void)err;
	if (n > p->step)
		n = p->step;
	if (n > p->rest.n)
		n = p->rest.n;
	memcpy(to, p->rest.p, n);
	p->rest = str_from(p->rest, n);
	return (ssize_t)n;
}

static void dump(struct rua *p, struct str xml, size_t step, struct buf *out)
{
	struct pieces in = { { pieces_read }, xml, step };
	struct report r;
	struct record rec;
	struct err err = { 0 };
	int rc;

	rua_begin(p, &in.reader);
	rc = rua_report(p, &r, &err);
	if (rc == 0)
		put_report(out, &r);
	while (rc == 0 && (rc = rua_next(p, &rec, &err)) > 0) {
		put_record(out, &rec);
		rc = 0;
	}
	/* The loop above leaves rc at the 0 that ended it, or at an error. */
	if (rc < 0) {
		struct record again;
		struct err same = { 0 };

		buf_printf(out, "error %d %s %lld:%lld %s\n", rc, err.reason ? err.reason : "-",
			(long long)err.line, (long long)err.column, err.text);
		assert_int_equal(rua_next(p, &again, &same), rc);
		assert_string_equal(same.text, err.text);
		return;
	}
	rua_done(p, &r);
	put_notes(out, &r);
}

/* ---- the table ---- */

static const struct rua_case {
	const char *name;
	const char *xml;
	size_t n;	   /* 0: as long as strlen says */
	const char *has;   /* pieces of the dump, one a line */
	const char *notes; /* NULL: not looked at; else exactly */
} cases[] = {
	{ "plain", ROOT(HEAD REC), 0,
		"report 1795046400-1795132799 rfc7489 org=r.example email=a@r.example id=id-1 "
		"domain=example.com p=none\n" PLAIN " dkim[ d=example.com s=s1 r=pass ]\n",
		"" },
	{ "all of RFC 7489",
		"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n" ROOT(
			"<version>1.0</version>" TOLD(
				WHO "<extra_contact_info>https://r.example/"
				    "</extra_contact_info><error>one</error><error>two</"
				    "error>" DAY) PUBLISHED("<domain>example.com</"
							    "domain><adkim>s</adkim><aspf>r</"
							    "aspf><p>quarantine</p>"
							    "<sp>reject</sp><pct>50</"
							    "pct><fo>1:d:s</fo>")
				RECORD("<row><source_ip>2001:db8::1</source_ip><count>3</"
				       "count><policy_evaluated>"
				       "<disposition>quarantine</disposition><dkim>fail</"
				       "dkim><spf>fail</spf><reason><type>"
				       "forwarded</type><comment>a &amp; "
				       "b</comment></reason><reason><type>other</type>"
				       "</reason></policy_evaluated></"
				       "row><identifiers><header_from>a.example.com"
				       "</header_from><envelope_from>b.example.com</"
				       "envelope_from><envelope_to>c.example"
				       "</envelope_to></"
				       "identifiers><auth_results><dkim><domain>example.com</"
				       "domain>"
				       "<selector>S1</selector><result>fail</"
				       "result><human_result>bad &lt;sig&gt;"
				       "</human_result></dkim><spf><domain>b.example.com</"
				       "domain><scope>mfrom</scope>"
				       "<result>softfail</result></spf></auth_results>")),
		0,
		"rfc7489 org=r.example email=a@r.example contact=https://r.example/ id=id-1 "
		"version=1.0 domain=example.com p=quarantine sp=reject adkim=s aspf=r pct=50 "
		"fo=1:d:s "
		"error=one error=two\n"
		"2001:db8::1 3 quarantine fail fail from=a.example.com mfrom=b.example.com "
		"to=c.example"
		" reason[ t=forwarded c=a & b ] reason[ t=other ]"
		" dkim[ d=example.com s=S1 r=fail h=bad <sig> ]"
		" spf[ d=b.example.com scope=mfrom r=softfail ]\n",
		"" },
	{ "RFC 9990 with namespace and extensions",
		"<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\" xmlns:e=\"urn:x\">" TOLD(
			WHO "<generator>gen 1</generator>" DAY)
			PUBLISHED(
				"<domain>example.com</domain><p>reject</p><np>reject</"
				"np><testing>n</testing>"
				"<discovery_method>treewalk</discovery_method>") "<extension><"
										 "e:a>1</"
										 "e:a><b/></"
										 "extension"
										 ">" RECORD(ROW(
											 "192."
											 "0.2."
											 "1",
											 "7") FROM
												 AUTH
											 "<e:x>"
											 "<e:"
											 "row>"
											 "9</"
											 "e:"
											 "row><"
											 "/e:"
											 "x>") "</feedback>",
		0,
		"rfc9990 \ngenerator=gen 1 ns=urn:ietf:params:xml:ns:dmarc-2.0\n"
		"np=reject testing=n discovery=treewalk\n" PLAIN,
		"" },
	{ "prefixed names",
		"<d:feedback xmlns:d=\"http://dmarc.org/dmarc-xml/0.1\">" HEAD REC
		"</d:feedback>",
		0, PLAIN "\nrfc7489 ", "" },
	{ "undeclared prefix", "<d:feedback>" HEAD REC "</d:feedback>", 0, PLAIN, "" },
	{ "unknown namespace",
		"<feedback xmlns=\"http//dmarc.org/dmarc-xml/0.1\">" HEAD REC "</feedback>", 0,
		"ns=http//dmarc.org/dmarc-xml/0.1\n" PLAIN,
		" namespace-unknown@feedback(http//dmarc.org/dmarc-xml/0.1)" },
	{ "disposition pass is of RFC 9990",
		ROOT(HEAD RECORD("<row><source_ip>192.0.2.1</source_ip><count>1</count>"
				 "<policy_evaluated><disposition>pass</disposition><dkim>pass</"
				 "dkim><spf>pass</spf>"
				 "</policy_evaluated></row>" FROM AUTH)),
		0, "192.0.2.1 1 pass pass pass", "" },

	/* order, repetition, unknown elements */
	{ "any order",
		ROOT(PUBLISHED("<p>none</p><domain>example.com</domain>") TOLD(
			DAY WHO) RECORD(AUTH FROM "<row>" EVALUATED("pass",
			"fail") "<count>7</count><source_ip>192.0.2.1</source_ip></row>")),
		0, PLAIN, "" },
	{ "record before policy", ROOT(META REC POLICY REC), 0,
		"domain=example.com p=none\n" PLAIN
		" dkim[ d=example.com s=s1 r=pass ]\n" PLAIN,
		" element-order@record" },
	{ "record before all", ROOT(REC REC META POLICY), 0, "id=id-1\n" PLAIN,
		" element-order@record*2" },
	{ "metadata twice", ROOT(META TOLD("<org_name>other</org_name>") POLICY REC), 0,
		"org=r.example\n" PLAIN, " element-repeated@report_metadata" },
	{ "policy twice", ROOT(HEAD PUBLISHED("<domain>other.example</domain>") REC), 0,
		"domain=example.com\n", " element-repeated@policy_published" },
	{ "email twice", ROOT(TOLD(WHO "<email>b@r.example</email>" DAY) POLICY REC), 0,
		"email=a@r.example ", " element-repeated@report_metadata/email" },
	{ "auth_results twice", ROOT(HEAD RECORD(ROW("192.0.2.1", "7") FROM AUTH AUTH)), 0,
		"dkim[ d=example.com s=s1 r=pass ] dkim[ d=example.com s=s1 r=pass ]\n",
		" element-repeated@record/auth_results" },
	{ "row twice", ROOT(HEAD RECORD(ROW("192.0.2.1", "7") ROW("192.0.2.2", "8") FROM AUTH)),
		0, PLAIN, " element-repeated@record/row" },
	{ "identities",
		ROOT(HEAD RECORD(ROW("192.0.2.1", "7") "<identities><header_from>example.com</"
						       "header_from></identities>" AUTH)),
		0, PLAIN, " element-renamed@record/identifiers(identities)" },
	{ "data_range",
		ROOT(TOLD(WHO "<data_range><begin>1795046400</begin><end>1795132799</end>"
			      "</data_range>") POLICY REC),
		0, "report 1795046400-1795132799 \n" PLAIN,
		" element-renamed@report_metadata/date_range(data_range)" },
	{ "unknown elements",
		ROOT("<what><record/></what>" META PUBLISHED(
			"<domain>example.com</domain><p>none</p><rf>afrf</rf><ri>86400</ri>")
				RECORD(ROW("192.0.2.1", "7") FROM AUTH
					"<extensions><row><count>9</count></row>"
					"</extensions>")),
		0, PLAIN,
		" element-unknown@feedback(what) element-unknown@policy_published*2(rf)"
		" element-unknown@record(extensions)" },
	{ "elements inside a text",
		ROOT(TOLD("<org_name>r<b>old</b>.example</org_name>"
			  "<email>e</email><report_id>1</report_id>" DAY) POLICY REC),
		0, "org=r.example ", " element-unknown@report_metadata/org_name(b)" },

	/* what is missing */
	{ "no records", ROOT(HEAD), 0, "domain=example.com", " no-records@feedback" },
	{ "no org_name",
		ROOT(TOLD("<org_name/><email>e</email><report_id>1</report_id>" DAY)
				POLICY REC),
		0, "rfc7489 email=e\n" PLAIN, " value-empty@report_metadata/org_name" },
	{ "no report_id", ROOT(TOLD("<org_name>o</org_name><email>e</email>" DAY) POLICY REC),
		0, PLAIN, " element-missing@report_metadata/report_id" },
	{ "no p", ROOT(META PUBLISHED("<domain>example.com</domain>") REC), 0, PLAIN,
		" element-missing@policy_published/p" },
	{ "empty sp",
		ROOT(META PUBLISHED("<domain>example.com</domain><p>none</p><sp> </sp>") REC),
		0, "p=none\n" PLAIN, " value-empty@policy_published/sp" },
	{ "placeholder record",
		ROOT(HEAD RECORD("<row><source_ip/><count>0</count>"
				 "<policy_evaluated><disposition/><dkim/><spf/></"
				 "policy_evaluated></row><identifiers>"
				 "<header_from/></identifiers>")),
		0, "domain=example.com",
		" value-empty@record/row/source_ip"
		" value-empty@record/row/policy_evaluated/disposition"
		" value-empty@record/row/policy_evaluated/dkim"
		" value-empty@record/row/policy_evaluated/spf"
		" value-empty@record/identifiers/header_from placeholder-record@record" },
	{ "empty record", ROOT(HEAD "<record/>"), 0, "", " placeholder-record@record" },
	{ "no address",
		ROOT(HEAD RECORD("<row><count>2</count>" EVALUATED(
			"pass", "pass") "</row>" FROM AUTH) REC),
		0, PLAIN, " element-missing@record/row/source_ip record-incomplete@record" },
	{ "no address, no from, but a count",
		ROOT(HEAD RECORD(
			"<row><count>2</count>" EVALUATED("pass", "pass") "</row>" AUTH)),
		0, "",
		" element-missing@record/row/source_ip"
		" element-missing@record/identifiers/header_from record-incomplete@record" },
	{ "address that is none", ROOT(HEAD RECORD(ROW("108r.166.27.220", "1") FROM AUTH) REC),
		0, PLAIN,
		" ip-invalid@record/row/source_ip(108r.166.27.220) record-incomplete@record" },
	{ "count that is none", ROOT(HEAD RECORD(ROW("192.0.2.9", "many") FROM AUTH) REC), 0,
		PLAIN, " value-invalid@record/row/count(many) record-incomplete@record" },
	{ "count below zero", ROOT(HEAD RECORD(ROW("192.0.2.9", "-1") FROM AUTH)), 0, "",
		" value-invalid@record/row/count(-1) record-incomplete@record" },
	{ "count beyond reason",
		ROOT(HEAD RECORD(ROW("192.0.2.9", "18446744073709551615") FROM AUTH)), 0, "",
		" value-invalid@record/row/count(18446744073709551615) "
		"record-incomplete@record" },
	{ "count of zero", ROOT(HEAD RECORD(ROW("192.0.2.9", "0") FROM AUTH)), 0,
		"192.0.2.9 0 none", "" },
	{ "no header_from", ROOT(HEAD RECORD(ROW("192.0.2.1", "7") AUTH)), 0,
		"192.0.2.1 7 none pass fail dkim[",
		" element-missing@record/identifiers/header_from" },
	{ "policy_evaluated with disposition alone",
		ROOT(HEAD RECORD("<row><source_ip>192.0.2.1"
				 "</source_ip><count>7</"
				 "count><policy_evaluated><disposition>none</disposition>"
				 "</policy_evaluated></row>" FROM AUTH)),
		0, "192.0.2.1 7 none   from=example.com",
		" element-missing@record/row/policy_evaluated/dkim"
		" element-missing@record/row/policy_evaluated/spf" },
	{ "no auth_results", ROOT(HEAD RECORD(ROW("192.0.2.1", "7") FROM)), 0, PLAIN "\n",
		" element-missing@record/auth_results" },
	{ "blank auth_results", WITH_AUTH("  \n "), 0, PLAIN "\n", "" },
	{ "empty dkim entries",
		WITH_AUTH("<dkim><domain/><result/></dkim><dkim><domain/><result/>"
			  "</dkim>"),
		0, PLAIN " dkim[ ] dkim[ ]\n",
		" value-empty@record/auth_results/dkim/domain*2"
		" value-empty@record/auth_results/dkim/result*2" },
	{ "entries without elements", WITH_AUTH("<dkim/><spf/>"), 0, PLAIN " dkim[ ] spf[ ]\n",
		" element-missing@record/auth_results/dkim/domain"
		" element-missing@record/auth_results/dkim/result"
		" element-missing@record/auth_results/spf/domain"
		" element-missing@record/auth_results/spf/result" },
	{ "reason without elements",
		ROOT(HEAD RECORD("<row><source_ip>192.0.2.1</source_ip>"
				 "<count>1</count><policy_evaluated><disposition>none</"
				 "disposition><dkim>fail</dkim>"
				 "<spf>fail</spf><reason>sampled_out</reason><reason><type/"
				 "><comment/></reason>"
				 "</policy_evaluated></row>" FROM AUTH)),
		0, "reason[ t=sampled_out ] reason[ ]",
		" element-missing@record/row/policy_evaluated/reason/type(sampled_out)"
		" value-empty@record/row/policy_evaluated/reason/type" },

	/* values */
	{ "padded values",
		ROOT(TOLD("<org_name>\n r.example\t</org_name><email> e </email><report_id>"
			  " 1 </report_id>" WHEN(" 1795046400\n", "1795132799 "))
				POLICY RECORD(ROW(" 192.0.2.1 ", " 7 ") FROM AUTH)),
		0, "report 1795046400-1795132799 rfc7489 org=r.example email=e id=1 \n" PLAIN,
		"" },
	{ "capitals",
		ROOT(META PUBLISHED("<domain>Example.COM.</domain><adkim>S</adkim>"
				    "<aspf>strict</aspf><p>None</p>")
				RECORD("<row><source_ip>192.0.2.1</source_ip><count>7</"
				       "count><policy_evaluated>"
				       "<disposition>None</disposition><dkim>Pass</"
				       "dkim><spf>FAIL</spf></policy_evaluated></row>"
				       "<identifiers><header_from>EXAMPLE.com</header_from></"
				       "identifiers><auth_results><dkim>"
				       "<domain>Example.Com</domain><selector>S1</"
				       "selector><result>Pass</result></dkim>"
				       "</auth_results>")),
		0,
		"domain=example.com p=none adkim=s aspf=s\n" PLAIN
		" dkim[ d=example.com s=S1 r=pass ]",
		" value-case@policy_published/adkim(S) "
		"value-unknown@policy_published/aspf(strict)"
		" value-case@policy_published/p(None)"
		" value-case@record/row/policy_evaluated/disposition(None)"
		" value-case@record/row/policy_evaluated/dkim(Pass)"
		" value-case@record/row/policy_evaluated/spf(FAIL)"
		" value-case@record/auth_results/dkim/result(Pass)" },
	{ "words of their own",
		ROOT(META PUBLISHED("<domain>example.com</domain><adkim>x</adkim>"
				    "<p>nil</p><pct>101</pct>")
				RECORD("<row><source_ip>192.0.2.1</source_ip><count>7</"
				       "count><policy_evaluated>"
				       "<disposition>Deliver</disposition><dkim>pass</"
				       "dkim><spf>softfail</spf><reason><type>why"
				       "</type></reason></policy_evaluated></row>" FROM
				       "<auth_results><dkim><domain>"
				       "example.com</domain><result>invalid</result></"
				       "dkim><spf><domain>example.com</domain>"
				       "<scope>pra</scope><result>HardFail</result></spf></"
				       "auth_results>")),
		0,
		"p=nil\n192.0.2.1 7 deliver pass softfail from=example.com reason[ t=why ]"
		" dkim[ d=example.com r=invalid ] spf[ d=example.com scope=pra r=hardfail ]\n",
		" value-invalid@policy_published/adkim(x) value-unknown@policy_published/p(nil)"
		" value-invalid@policy_published/pct(101)"
		" value-unknown@record/row/policy_evaluated/disposition(Deliver)"
		" value-unknown@record/row/policy_evaluated/spf(softfail)"
		" value-unknown@record/row/policy_evaluated/reason/type(why)"
		" value-unknown@record/auth_results/dkim/result(invalid)"
		" value-unknown@record/auth_results/spf/scope(pra)"
		" value-unknown@record/auth_results/spf/result(HardFail)" },
	{ "numbers with a point",
		ROOT(TOLD(WHO WHEN("1795046400.0", "1795132799.9")) PUBLISHED(
			"<domain>example.com</domain><p>none</p><pct>1e2</pct>")
				RECORD(ROW("192.0.2.1", "7.0") FROM AUTH)),
		0, "report 1795046400-1795132799 \npct=100\n" PLAIN,
		" number-form@report_metadata/date_range/begin"
		"(1795046400.0) number-form@report_metadata/date_range/end(1795132799.9)"
		" number-form@policy_published/pct(1e2) number-form@record/row/count(7.0)" },
	{ "times as text",
		ROOT(TOLD(WHO WHEN("2026-11-19T00:00:00Z", "2026-11-19T23:59:59Z")) POLICY REC),
		0, "report 1795046400-1795132799 ", NULL },
	{ "IPv6 in capitals", ROOT(HEAD RECORD(ROW("2001:0DB8:0000::0001", "7") FROM AUTH)), 0,
		"2001:db8::1 7 none pass fail ip=2001:0DB8:0000::0001 from=",
		" ip-form@record/row/source_ip(2001:0DB8:0000::0001)" },
	{ "IPv4 in IPv6", ROOT(HEAD RECORD(ROW("::ffff:192.0.2.1", "7") FROM AUTH)), 0,
		"192.0.2.1 7 none pass fail ip=::ffff:192.0.2.1 ",
		" ip-form@record/row/source_ip(::ffff:192.0.2.1)" },
	{ "two domains in From",
		WITH_FROM("<header_from>A.example.com, example.com</header_from>"), 0,
		"from=a.example.com, example.com",
		" header-from-several@record/identifiers/header_from(a.example.com, "
		"example.com)" },
	{ "empty MAIL FROM",
		WITH_FROM("<header_from>example.com</header_from><envelope_from/>"), 0,
		"from=example.com mfrom= dkim[", "" },
	{ "null path as MAIL FROM",
		WITH_FROM("<header_from>example.com</header_from><envelope_from>"
			  "&lt;&gt;</envelope_from>"),
		0, "from=example.com mfrom= dkim[", "" },
	{ "CDATA and references",
		ROOT(TOLD("<org_name><![CDATA[a<b]]>&#x26;&#99;</org_name><email>e"
			  "</email><report_id>1</report_id>" DAY) POLICY REC),
		0, "org=a<b&c ", "" },
	{ "comments and instructions",
		"<!-- a --><?pi x?>" ROOT("<!-- b -->" TOLD(
			"<org_name>a<!-- c"
			" -->b</org_name><email>e</email><report_id>1</report_id>" DAY)
				POLICY REC) "<!-- d -->",
		0, "org=ab ", "" },
	{ "markup as text",
		ROOT(TOLD("<org_name>&lt;script&gt;</org_name><email>e</email><report_id>"
			  "=1+1</report_id>" DAY) POLICY REC),
		0, "org=<script> email=e id==1+1 ", "" },
	{ "period of nothing", ROOT(TOLD(WHO WHEN("1795046400", "1795046400")) POLICY REC), 0,
		PLAIN, " period-zero@report_metadata/date_range" },
	{ "period of three days", ROOT(TOLD(WHO WHEN("1795046400", "1795305600")) POLICY REC),
		0, PLAIN, " period-long@report_metadata/date_range" },

	/* before and behind, encodings */
	{ "byte order mark",
		"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>" ROOT(HEAD REC), 0,
		PLAIN, " xml-bom" },
	{ "blanks before the declaration", "\r\n \t<?xml version=\"1.0\"?>" ROOT(HEAD REC), 0,
		PLAIN, " xml-leading" },
	{ "mark and blanks", "\xef\xbb\xbf\n<?xml version=\"1.0\"?>" ROOT(HEAD REC), 0, PLAIN,
		" xml-bom xml-leading" },
	{ "NUL bytes behind", ROOT(HEAD REC) "\n\0\0\0\n", sizeof(ROOT(HEAD REC)) + 4, PLAIN,
		" xml-trailing" },
	{ "Control-Z behind", ROOT(HEAD REC) "\r\n\x1a", 0, PLAIN, " xml-after-root" },
	{ "blanks and comments behind", ROOT(HEAD REC) "\r\n <!-- x --> <?y?> \t\n", 0, PLAIN,
		"" },
	{ "not UTF-8", WITH_FROM("<header_from>bad_byte\x91</header_from>"), 0,
		"from=bad_byte\xef\xbf\xbd dkim[", " xml-encoding-guessed" },
	{ "overlong and surrogates",
		WITH_FROM("<header_from>a\xc0\xaf\xed\xa0\x80z</header_from>"), 0,
		"from=a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz ",
		" xml-encoding-guessed" },
	{ "windows-1252",
		"<?xml version='1.0' encoding='windows-1252'?>" ROOT(
			TOLD("<org_name>"
			     "Soci\xe9t\xe9 "
			     "\x80</org_name><email>e</email><report_id>1</report_id>" DAY)
				POLICY REC),
		0, "org=Soci\xc3\xa9t\xc3\xa9 \xe2\x82\xac ", "" },
	{ "iso-8859-1",
		"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" ROOT(TOLD(
			"<org_name>\xe4"
			"</org_name><email>e</email><report_id>1</report_id>" DAY) POLICY REC),
		0, "org=\xc3\xa4 ", "" },
	{ "iso-8859-2",
		"<?xml version=\"1.0\" encoding=\"iso-8859-2\"?>" ROOT(TOLD(
			"<org_name>\xb1"
			"</org_name><email>e</email><report_id>1</report_id>" DAY) POLICY REC),
		0, "org=\xc4\x85 ", "" },
	{ "koi8-r",
		"<?xml version=\"1.0\" encoding=\"KOI8-R\"?>" ROOT(TOLD(
			"<org_name>\xd0\xd2"
			"</org_name><email>e</email><report_id>1</report_id>" DAY) POLICY REC),
		0, "org=\xd0\xbf\xd1\x80 ", "" },
	{ "us-ascii that is UTF-8",
		"<?xml version=\"1.0\" encoding=\"us-ascii\"?>" ROOT(
			TOLD("<org_name>\xc3\xa4</org_name><email>e</email><report_id>1</"
			     "report_id>" DAY) POLICY REC),
		0, "org=\xc3\xa4 ", " xml-encoding-guessed(us-ascii)" },
	{ "utf-16 that is not", "<?xml version=\"1.0\" encoding=\"utf-16\"?>" ROOT(HEAD REC), 0,
		PLAIN, " xml-encoding-guessed(utf-16)" },
	{ "unknown encoding that is UTF-8",
		"<?xml version=\"1.0\" encoding=\"x-made-up\"?>" ROOT(
			TOLD("<org_name>\xc3\xa4</org_name><email>e</email><report_id>1</"
			     "report_id>" DAY) POLICY REC),
		0, "org=\xc3\xa4 ", " xml-encoding-guessed(x-made-up)" },
	{ "unknown encoding that is not",
		"<?xml version=\"1.0\" encoding=\"x-made-up\"?>" ROOT(
			TOLD("<org_name>\xe4</org_name>" DAY) POLICY REC),
		0, "error -1 xml-encoding \n\"x-made-up\"", NULL },

	/* refused */
	{ "nothing", "", 0, "error -1 empty 0:0 ", NULL },
	{ "blanks alone", " \n\t", 0, "error -1 empty 0:0 ", NULL },
	{ "text", "hello", 0, "error -1 not-a-report ", NULL },
	{ "other root", "<rss version=\"2.0\"><channel/></rss>", 0,
		"error -1 not-a-report 1:19 The root element is \"rss\", not \"feedback\".",
		NULL },
	{ "web page", "<!DOCTYPE html><html><body>x</body></html>", 0, "error -1 not-a-report ",
		NULL },
	{ "doctype",
		"<?xml version=\"1.0\"?><!DOCTYPE feedback [<!ENTITY x \"y\">]>" ROOT(HEAD REC),
		0, "error -1 xml-doctype ", NULL },
	{ "external doctype",
		"<!DOCTYPE feedback SYSTEM \"file:///etc/passwd\">" ROOT(HEAD REC), 0,
		"error -1 xml-doctype ", NULL },
	{ "undeclared entity", ROOT(TOLD("<org_name>a&nbsp;b</org_name>" DAY) POLICY REC), 0,
		"error -1 xml-malformed 1:", NULL },
	{ "bare ampersand", ROOT(TOLD("<org_name>a & b</org_name>" DAY) POLICY REC), 0,
		"error -1 xml-malformed 1:", NULL },
	{ "mismatch", "<feedback>\n<report_metadata>\n</feedback>", 0,
		"error -1 xml-malformed 3:\n<report_metadata>", NULL },
	{ "cut in an element", "<feedback>" HEAD REC, 0,
		"error -1 xml-malformed \nThe document ends too early", NULL },
	{ "cut in a tag", "<feedback>" HEAD "<rec", 0,
		"error -1 xml-malformed \nThe document ends too early", NULL },
	{ "cut in a text", "<feedback>" HEAD "<record><row><count>1", 0,
		"error -1 xml-malformed \nThe document ends too early", NULL },
	{ "text behind", ROOT(HEAD REC) "\n-- \nsent by", 0,
		"error -1 xml-malformed 2:\nfollows the end", NULL },
	{ "second root", ROOT(HEAD REC) ROOT(HEAD REC), 0,
		"error -1 xml-malformed \nfollows the end", NULL },
	{ "second declaration behind", ROOT(HEAD REC) "<?xml version=\"1.0\"?>" ROOT(HEAD REC),
		0, "error -1 xml-malformed \nfollows the end", NULL },
	{ "NUL inside", "<feedback>\0</feedback>", 22, "error -1 xml-malformed 1:11 \nNUL",
		NULL },
	{ "NUL in the third line", "<feedback>\n<report_metadata>\n<a/>\0</feedback>", 45,
		"error -1 xml-malformed 3:5 \nNUL", NULL },
	{ "bare ampersand at the end", "<feedback>" HEAD REC "\na & b</feedback>", 0,
		"error -1 xml-malformed 2:\nafter '<' or '&'", NULL },
	{ "cut in an end tag", "<feedback>" HEAD "<record></rec", 0,
		"error -1 xml-malformed \nThe document ends too early", NULL },
	{ "cut in a comment", "<feedback>" HEAD "<!-- x -", 0,
		"error -1 xml-malformed \nThe document ends too early", NULL },
	{ "encoding that is no text",
		"<?xml version=\"1.0\" encoding=\"\xe4\x01x\"?>" ROOT(HEAD REC), 0,
		"error -1 xml-encoding \n\"??x\"", NULL },
	{ "control character", ROOT(TOLD("<org_name>\x01</org_name>" DAY) POLICY REC), 0,
		"error -1 xml-malformed ", NULL },
	{ "attribute twice", "<feedback a=\"1\" a=\"2\"></feedback>", 0,
		"error -1 xml-malformed ", NULL },
	{ "no policy", ROOT(META REC), 0, "error -1 element-missing \npolicy_published", NULL },
	{ "no policy domain", ROOT(META PUBLISHED("<domain> </domain><p>none</p>") REC), 0,
		"error -1 element-missing \npolicy_published", NULL },
	{ "no metadata", ROOT(POLICY REC), 0, "error -1 element-missing \ndate_range", NULL },
	{ "no end",
		ROOT(TOLD(WHO "<date_range><begin>1795046400</begin></date_range>") POLICY REC),
		0, "error -1 element-missing \ndate_range/end", NULL },
	{ "begin that is none",
		"<feedback>\n" TOLD(WHO WHEN("yesterday", "1795132799")) POLICY REC
		"</feedback>",
		0, "error -1 value-invalid 2:\n\"yesterday\"", NULL },
	{ "end before begin", ROOT(TOLD(WHO WHEN("1795132799", "1795046400")) POLICY REC), 0,
		"error -1 date-range 1:", NULL },
	{ "period before all time", ROOT(TOLD(WHO WHEN("-5", "1795046400")) POLICY REC), 0,
		"error -1 date-range 1:", NULL },
	{ "period in milliseconds",
		ROOT(TOLD(WHO WHEN("1795046400000", "1795132799000")) POLICY REC), 0,
		"error -1 date-range 1:", NULL },
	{ "period of a life", ROOT(TOLD(WHO WHEN("1000000000", "1795132799")) POLICY REC), 0,
		"error -1 date-range 1:", NULL },
	{ "empty root", "<feedback/>", 0, "error -1 element-missing ", NULL },
};

static bool has_all(struct str got, const char *has)
{
	struct str rest = str_of(has), line;

	while (str_cut(&rest, '\n', &line))
		if (!str_contains(got, line))
			return false;
	return true;
}

static struct str notes_of(struct str got)
{
	ptrdiff_t at = str_find(got, STR("notes:"));
	struct str s = at < 0 ? STR("none at all") : str_from(got, (size_t)at + 6);

	return s.n > 0 && s.p[s.n - 1] == '\n' ? str_first(s, s.n - 1) : s;
}

/* All with one parser, one after the other: nothing of a document stays. */
static void test_cases(void **state)
{
	struct limits limits;
	struct rua *p;
	int failed = 0;

	(void)state;
	limits_default(&limits);
	p = rua_new(&limits);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rua_case *c = &cases[i];
		struct str xml = str_make(c->xml, c->n ? c->n : strlen(c->xml)), got;
		struct buf out, slow;

		buf_init(&out, MIB);
		buf_init(&slow, MIB);
		dump(p, xml, SIZE_MAX, &out);
		dump(p, xml, 1, &slow);
		got = buf_view(&out);
		if (!has_all(got, c->has) ||
			(c->notes && !str_eq(notes_of(got), str_of(c->notes)))) {
			print_error("%s:\n%.*s\n", c->name, STR_ARGS(got));
			failed++;
		}
		if (!str_eq(got, buf_view(&slow))) {
			print_error("%s: byte by byte it is another\n", c->name);
			failed++;
		}
		buf_release(&out);
		buf_release(&slow);
	}
	rua_free(p);
	assert_int_equal(failed, 0);
}

/* ---- limits ---- */

static void repeat(struct buf *b, const char *what, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_str(b, str_of(what));
}

/* One document of head, n times piece, tail; what comes of it, in out. */
static void run_repeated(const struct limits *limits, const char *head, const char *piece,
	size_t n, const char *tail, struct buf *out)
{
	struct rua *p = rua_new(limits);
	struct buf xml;

	buf_init(&xml, GIB);
	buf_str(&xml, str_of(head));
	repeat(&xml, piece, n);
	buf_str(&xml, str_of(tail));
	buf_init(out, 64 * MIB);
	dump(p, buf_view(&xml), SIZE_MAX, out);
	buf_release(&xml);
	rua_free(p);
}

static const struct limit_case {
	const char *name, *head, *piece;
	size_t n;
	const char *tail, *has;
} limit_cases[] = {
	{ "as deep as may be", "<feedback>", "<a>", 31, "", "ends too early" },
	{ "one deeper", "<feedback>", "<a>", 32, "", "error -2 xml-too-deep 1:" },
	{ "too deep", "<feedback>", "<a>", 100000, "", "error -2 xml-too-deep 1:" },
	{ "text too large", "<feedback><report_metadata><org_name>", "xxxxxxxx", 20000, "",
		"error -2 xml-too-large \nreport_metadata/org_name" },
	{ "text as large as may be", "<feedback><report_metadata><org_name>", "xxxxxxxx", 8192,
		"</org_name>", "ends too early" },
	{ "one byte larger", "<feedback><report_metadata><org_name>y", "xxxxxxxx", 8192,
		"</org_name>", "error -2 xml-too-large " },
	{ "comment not too large", "<feedback><!--", "xxxxxxxx", 8000,
		"-->" HEAD REC "</feedback>", PLAIN },
	{ "text of no interest", "<feedback><x>", "xxxxxxxx", 20000,
		"</x>" HEAD REC "</feedback>", PLAIN },
	{ "tag too large", "<feedback><", "xxxxxxxx", 20000, "", "error -2 xml-too-large " },
	{ "attribute too large", "<feedback a=\"", "xxxxxxxx", 20000, "",
		"error -2 xml-too-large " },
	{ "comment too large", "<feedback><!--", "xxxxxxxx", 20000, "",
		"error -2 xml-too-large " },
	{ "declaration too large", "<?xml version=\"", "xxxxxxxx", 20000, "",
		"error -2 xml-too-large " },
	{ "namespaces", "<feedback", " xmlns:a=\"b\"", 1, ">" HEAD REC "</feedback>", PLAIN },
	{ "unending blanks before", " ", "        ", 20000, ROOT(HEAD REC), PLAIN },
	{ "unending blanks behind", ROOT(HEAD REC), "        ", 20000, "", PLAIN },
	{ "unending Control-Z behind", ROOT(HEAD REC), "\x1a\x1a\x1a", 20000, "", PLAIN },
	{ "dkim entries",
		"<feedback>" HEAD "<record>" ROW("192.0.2.1", "7") FROM "<auth_results>",
		SIGNED, 300, "</auth_results></record></feedback>",
		"entries-dropped@record/auth_results/dkim*200" },
	{ "no more dkim entries than may be",
		"<feedback>" HEAD "<record>" ROW("192.0.2.1", "7") FROM "<auth_results>",
		SIGNED, 100, "</auth_results></record></feedback>", PLAIN },
	{ "reasons",
		"<feedback>" HEAD
		"<record><row><source_ip>192.0.2.1</source_ip><count>1</count>"
		"<policy_evaluated>",
		"<reason><type>other</type></reason>", 300,
		"</policy_evaluated></row></record></feedback>",
		"entries-dropped@record/row/policy_evaluated/reason*200" },
	{ "errors", "<feedback>" POLICY "<report_metadata>" WHO DAY, "<error>e</error>", 150,
		"</report_metadata></feedback>", "entries-dropped@report_metadata/error*50" },
	{ "no more records before the policy than may be", "<feedback>", REC, 10000,
		HEAD "</feedback>", "report " },
	{ "records before the policy", "<feedback>", REC, 10001, HEAD "</feedback>",
		"error -2 too-many-records " },
};

static void test_limits(void **state)
{
	struct limits limits;
	int failed = 0;

	(void)state;
	limits_default(&limits);
	for (size_t i = 0; i < sizeof(limit_cases) / sizeof(limit_cases[0]); i++) {
		const struct limit_case *c = &limit_cases[i];
		struct buf out;

		run_repeated(&limits, c->head, c->piece, c->n, c->tail, &out);
		if (!has_all(buf_view(&out), c->has)) {
			print_error("%s:\n%.*s\n", c->name,
				STR_ARGS(str_first(buf_view(&out), 500)));
			failed++;
		}
		buf_release(&out);
	}
	assert_int_equal(failed, 0);
}

static void test_attributes(void **state)
{
	struct limits limits;
	struct rua *p;
	struct buf xml, out;

	(void)state;
	limits_default(&limits);
	limits.xml_attributes = 8;
	p = rua_new(&limits);
	for (int n = 8; n <= 9; n++) {
		buf_init(&xml, MIB);
		buf_init(&out, MIB);
		buf_str(&xml, STR("<feedback"));
		for (int i = 0; i < n; i++)
			buf_printf(&xml, i % 2 ? " xmlns:a%d='b'" : " a%d='b'", i);
		buf_str(&xml, STR(">" HEAD REC "</feedback>"));
		dump(p, buf_view(&xml), SIZE_MAX, &out);
		assert_true(str_contains(buf_view(&out),
			n == 8 ? STR(PLAIN) : STR("error -2 xml-too-large 1:")));
		buf_release(&xml);
		buf_release(&out);
	}
	rua_free(p);
}

/* A parser would keep every name it ever met. */
static void test_names(void **state)
{
	struct limits limits;
	struct rua *p;
	struct buf xml, out;

	(void)state;
	limits_default(&limits);
	p = rua_new(&limits);
	buf_init(&xml, GIB);
	buf_init(&out, MIB);
	buf_str(&xml, STR("<feedback>"));
	for (int i = 0; i < 100000; i++)
		buf_printf(&xml, "<name%d/>", i);
	buf_str(&xml, STR(HEAD REC "</feedback>"));
	dump(p, buf_view(&xml), SIZE_MAX, &out);
	assert_true(str_contains(buf_view(&out), STR("error -2 xml-too-large ")));
	buf_clear(&out);
	dump(p, STR(ROOT(HEAD REC)), SIZE_MAX, &out);
	assert_true(str_contains(buf_view(&out), STR(PLAIN)));
	buf_release(&xml);
	buf_release(&out);
	rua_free(p);
}

static void test_cut(void **state)
{
	struct limits limits;
	struct buf out;

	(void)state;
	limits_default(&limits);
	limits.string = 64;
	/* 3 bytes each: 64 is inside the 22nd */
	run_repeated(&limits, "<feedback><report_metadata><org_name>", "\xe2\x82\xac", 40,
		"</org_name><email>e</email><report_id>1</report_id>" DAY
		"</report_metadata>" POLICY REC "</feedback>",
		&out);
	assert_true(str_contains(buf_view(&out), STR("text-cut@report_metadata/org_name\n")));
	assert_true(str_contains(buf_view(&out), STR("\x82\xac email=e ")));
	buf_release(&out);
}

static void test_records_limit(void **state)
{
	struct limits limits;
	struct buf out;

	(void)state;
	limits_default(&limits);
	limits.records = 3;
	run_repeated(&limits, "<feedback>" HEAD, REC, 3, "</feedback>", &out);
	assert_true(str_contains(buf_view(&out), STR("notes:\n")));
	buf_release(&out);
	run_repeated(&limits, "<feedback>" HEAD, REC, 4, "</feedback>", &out);
	assert_true(str_contains(buf_view(&out), STR("error -2 too-many-records ")));
	buf_release(&out);
	/* Each counts on three days. */
	limits.records = 9;
	run_repeated(&limits, "<feedback>" LONG_HEAD, REC, 3, "</feedback>", &out);
	assert_true(str_contains(buf_view(&out), STR("period-long")));
	buf_release(&out);
	run_repeated(&limits, "<feedback>" LONG_HEAD, REC, 4, "</feedback>", &out);
	assert_true(str_contains(buf_view(&out), STR("error -2 too-many-records ")));
	buf_release(&out);
	run_repeated(&limits, "<feedback>", REC, 4, LONG_HEAD "</feedback>", &out);
	assert_true(str_contains(buf_view(&out), STR("error -2 too-many-records ")));
	buf_release(&out);
	limits.early_records = 0;
	run_repeated(&limits, "<feedback>", REC, 1, HEAD "</feedback>", &out);
	assert_true(str_contains(buf_view(&out), STR("error -2 too-many-records ")));
	buf_release(&out);
}

/* ---- chunks ---- */

/* Whatever stands at the edge of a chunk, the report is the same. */
static void test_edges(void **state)
{
	static const char piece[] = RECORD(
		ROW("192.0.2.1", "7") "<identifiers><header_from>"
				      "\xe2\x82\xac.example</header_from></identifiers>" AUTH);
	struct limits limits;
	struct rua *p;
	struct buf want;

	(void)state;
	limits_default(&limits);
	p = rua_new(&limits);
	buf_init(&want, GIB);
	for (int pad = 0; pad < (int)sizeof(piece); pad += 3) {
		struct buf xml, out;

		buf_init(&xml, GIB);
		buf_init(&out, GIB);
		buf_printf(&xml, "<feedback>%*s" HEAD, pad, "");
		repeat(&xml, piece, 150);
		buf_str(&xml, STR("</feedback>"));
		assert_true(xml.n > 3 * DECODE_CHUNK);
		dump(p, buf_view(&xml), SIZE_MAX, &out);
		if (pad == 0)
			buf_str(&want, buf_view(&out));
		else if (!str_eq(buf_view(&out), buf_view(&want)))
			fail_msg("pad %d", pad);
		buf_release(&xml);
		buf_release(&out);
	}
	assert_true(str_contains(buf_view(&want), STR("from=\xe2\x82\xac.example dkim[")));
	assert_true(str_contains(buf_view(&want), STR("notes:\n")));
	buf_release(&want);
	rua_free(p);
}

static void to_utf16(struct buf *to, struct str ascii, bool big, bool mark)
{
	if (mark)
		buf_str(to, big ? STR("\xfe\xff") : STR("\xff\xfe"));
	for (size_t i = 0; i < ascii.n; i++) {
		/* '~' stands for U+1F4E7, which takes two units. */
		const char *unit = ascii.p[i] == '~' ? "\xd8\x3d\xdc\xe7" : NULL;

		for (int k = 0; k < (unit ? 4 : 2); k += 2) {
			char hi = unit ? unit[k] : 0, lo = unit ? unit[k + 1] : ascii.p[i];

			buf_char(to, big ? hi : lo);
			buf_char(to, big ? lo : hi);
		}
	}
}

static void test_utf16(void **state)
{
	struct limits limits;
	struct rua *p;

	(void)state;
	limits_default(&limits);
	p = rua_new(&limits);
	for (int i = 0; i < 4; i++) {
		struct buf ascii, xml, out;

		buf_init(&ascii, GIB);
		buf_init(&xml, GIB);
		buf_init(&out, GIB);
		buf_str(&ascii, STR("<?xml version=\"1.0\" encoding=\"UTF-16\"?><feedback>"));
		buf_str(&ascii, STR(TOLD("<org_name>~x</org_name><email>e</email><report_id>1"
					 "</report_id>" DAY) POLICY));
		repeat(&ascii,
			RECORD(ROW("192.0.2.1", "7") "<identifiers><header_from>~~~~~~~~~~~~~"
						     "</header_from></identifiers>" AUTH),
			100);
		buf_str(&ascii, STR("</feedback>\n"));
		to_utf16(&xml, buf_view(&ascii), i & 1, i & 2);
		dump(p, buf_view(&xml), SIZE_MAX, &out);
		assert_true(str_contains(buf_view(&out), STR("org=\xf0\x9f\x93\xa7x ")));
		assert_true(str_contains(buf_view(&out), STR("\xf0\x9f\x93\xa7 dkim[")));
		assert_false(str_contains(buf_view(&out), STR("\xef\xbf\xbd")));
		assert_true(str_contains(
			buf_view(&out), i & 2 ? STR("notes: xml-bom\n") : STR("notes:\n")));
		/* A byte is missing at the end. */
		buf_clear(&out);
		dump(p, str_first(buf_view(&xml), xml.n - 5), SIZE_MAX, &out);
		assert_true(str_contains(buf_view(&out), STR("error -1 xml-malformed ")));
		buf_release(&ascii);
		buf_release(&xml);
		buf_release(&out);
	}
	rua_free(p);
}

/* ---- the rest of the contract ---- */

static ssize_t broken_read(struct reader *r, void *to, size_t n, struct err *err)
{
	(void)r, (void)to, (void)n;
	return FAIL(err, ERR_IO, "read-failed", "the disk is gone");
}

static void test_reader_error(void **state)
{
	struct reader in = { broken_read };
	struct limits limits;
	struct report r;
	struct err err = { 0 };
	struct rua *p;

	(void)state;
	limits_default(&limits);
	p = rua_new(&limits);
	rua_begin(p, &in);
	assert_int_equal(rua_report(p, &r, &err), ERR_IO);
	assert_string_equal(err.reason, "read-failed");
	rua_free(p);
}

static void test_partial(void **state)
{
	static const struct {
		const char *name, *xml, *org, *id, *domain;
	} parts[] = {
		{ "cut", "<feedback>" HEAD "<record>", "r.example", "id-1", "example.com" },
		{ "cut early", "<feedback><report_metadata><org_name>r.example</org_name>",
			"r.example", NULL, NULL },
		{ "dates", ROOT(TOLD(WHO WHEN("x", "y")) POLICY REC), "r.example", "id-1",
			"example.com" },
		{ "other", "<x/>", NULL, NULL, NULL },
	};
	struct limits limits;
	struct rua *p;

	(void)state;
	limits_default(&limits);
	p = rua_new(&limits);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct buf out;
		struct str org, id, domain;

		buf_init(&out, MIB);
		dump(p, str_of(parts[i].xml), SIZE_MAX, &out);
		rua_partial(p, &org, &id, &domain);
		if (!str_eq(org, str_of(parts[i].org)) || !str_eq(id, str_of(parts[i].id)) ||
			!str_eq(domain, str_of(parts[i].domain)))
			fail_msg("%s: %.*s %.*s %.*s", parts[i].name, STR_ARGS(org),
				STR_ARGS(id), STR_ARGS(domain));
		buf_release(&out);
	}
	rua_free(p);
}

/* Some records are handed out before the document turns out to be damaged. */
static void test_late_error(void **state)
{
	struct limits limits;
	struct buf out;

	(void)state;
	limits_default(&limits);
	run_repeated(&limits, "<feedback>" HEAD, REC, 2000, "</feedbock>", &out);
	assert_true(str_contains(buf_view(&out), STR(PLAIN)));
	assert_true(str_contains(buf_view(&out), STR("error -1 xml-malformed 1:")));
	buf_release(&out);
}

static void test_line(void **state)
{
	static const char xml[] = "\n\n<feedback>\n" HEAD "\n<record>\n" ROW("192.0.2.1", "7")
		FROM AUTH "</record>\n\n" REC "</feedback>";
	struct pieces in = { { pieces_read }, STR_INIT(""), SIZE_MAX };
	struct limits limits;
	struct report r;
	struct record rec;
	struct err err = { 0 };
	struct rua *p;

	(void)state;
	limits_default(&limits);
	p = rua_new(&limits);
	in.rest = str_of(xml);
	rua_begin(p, &in.reader);
	assert_int_equal(rua_report(p, &r, &err), 0);
	assert_int_equal(rua_next(p, &rec, &err), 1);
	assert_int_equal(rec.line, 5);
	assert_int_equal(rua_next(p, &rec, &err), 1);
	assert_int_equal(rec.line, 8);
	assert_int_equal(rua_next(p, &rec, &err), 0);
	assert_int_equal(rua_next(p, &rec, &err), 0);
	rua_free(p);
	rua_free(NULL);
}

static int setup(void **state)
{
	(void)state;
	rua_global_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_records_limit),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_reader_error),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_late_error),
		cmocka_unit_test(test_line),
	};

	return cmocka_run_group_tests_name("rua", tests, setup, NULL);
}
