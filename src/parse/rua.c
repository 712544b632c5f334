#include "rua.h"

#include "build.h"
#include "decode.h"
#include "xalloc.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <stdlib.h>
#include <string.h>

/* Names of elements and attributes are kept as long as the context: a report has some fifty. */
#define NAMES_MOST 4096	 /* in one document */
#define NAMES_REUSE 1024 /* beyond this the context is made anew for the next one */

struct rua {
	struct limits limits;
	xmlParserCtxtPtr xml;
	struct build build;
	struct decode decode;
	struct err error; /* what ended the document */
	int failed;	  /* its code, 0 none */
	bool last;	  /* the closing call: all bytes were given */
	bool ended;	  /* the whole document was read, and is well formed */
};

/* ---- errors ---- */

/* The line and column where the parser stands, counted with what was passed over before it. */
static void here(const struct rua *p, int64_t line, int64_t column, struct err *err)
{
	if (line <= 0)
		return;
	err->line = line + p->decode.lines;
	err->column = line == 1 ? column + p->decode.columns : column;
}

/* Stop at once; the first error stays. */
static void stop(struct rua *p)
{
	p->failed = p->error.code;
	if (p->error.line == 0 && p->xml->input)
		here(p, p->xml->input->line, p->xml->input->col, &p->error);
	xmlStopParser(p->xml);
}

struct explained {
	int code;
	const char *text;
};

static const struct explained faults[] = {
	{ XML_ERR_DOCUMENT_EMPTY, "There is no XML in it." },
	{ XML_ERR_INVALID_CHAR, "A character stands here that XML does not allow." },
	{ XML_ERR_INVALID_CHARREF,
		"A character reference names a character that XML does not allow." },
	{ XML_ERR_UNDECLARED_ENTITY,
		"An entity is used that XML does not know, such as &nbsp;." },
	{ XML_ERR_ENTITYREF_SEMICOL_MISSING,
		"An ampersand stands here that is not written &amp;." },
	{ XML_ERR_NAME_REQUIRED, "A name is missing after '<' or '&'." },
	{ XML_ERR_LT_IN_ATTRIBUTE, "A '<' stands in an attribute." },
	{ XML_ERR_ATTRIBUTE_NOT_STARTED, "The value of an attribute has no quotes." },
	{ XML_ERR_ATTRIBUTE_NOT_FINISHED, "The value of an attribute does not end." },
	{ XML_ERR_ATTRIBUTE_WITHOUT_VALUE, "An attribute has no value." },
	{ XML_ERR_ATTRIBUTE_REDEFINED, "An attribute stands twice in one tag." },
	{ XML_ERR_SPACE_REQUIRED, "A blank is missing inside a tag." },
	{ XML_ERR_GT_REQUIRED, "A tag does not end with '>'." },
	{ XML_ERR_LTSLASH_REQUIRED, "An end tag is damaged." },
	{ XML_ERR_TAG_NAME_MISMATCH, "An end tag does not fit the element that is open." },
	{ XML_ERR_COMMENT_NOT_FINISHED, "A comment does not end." },
	{ XML_ERR_CDATA_NOT_FINISHED, "A CDATA section does not end." },
	{ XML_ERR_MISPLACED_CDATA_END, "]]> stands in a text." },
	{ XML_ERR_PI_NOT_FINISHED, "A processing instruction does not end." },
	{ XML_ERR_RESERVED_XML_NAME, "An XML declaration stands elsewhere than at the start." },
	{ XML_ERR_XMLDECL_NOT_FINISHED, "The XML declaration does not end." },
	{ XML_ERR_UNKNOWN_VERSION, "The XML declaration names no known version." },
	{ XML_ERR_VERSION_MISSING, "The XML declaration names no version." },
};

static const char *fault_text(int code)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].code == code)
			return faults[i].text;
	return NULL;
}

/* Does the parser stand at the end of what it was given? */
static bool all_read(const struct rua *p)
{
	const xmlParserInput *in = p->xml->input;

	return !in || in->cur >= in->end;
}

static void malformed(struct rua *p, int code, int64_t line, int64_t column)
{
	const char *text = fault_text(code);

	if (code == XML_ERR_NO_MEMORY)
		xalloc_exhausted(1, 0);
	if (p->build.closed)
		text = "Something follows the end of the report.";
	else if (p->last && (all_read(p) || code == XML_ERR_DOCUMENT_END))
		text = "The document ends too early, inside an element or tag.";
	if (text)
		err_set(&p->error, ERR_INPUT, "xml-malformed", "%s", text);
	else
		err_set(&p->error, ERR_INPUT, "xml-malformed",
			"The XML is not well formed (libxml2 error %d).", code);
	here(p, line, column, &p->error);
	p->failed = ERR_INPUT;
}

/* ---- libxml2 calls these ---- */

static void on_start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
	int namespace_count, const xmlChar **namespaces, int attribute_count, int defaulted,
	const xmlChar **attributes)
{
	struct rua *p = arg;

	(void)prefix, (void)namespaces, (void)defaulted, (void)attributes;
	if (p->failed)
		return;
	if ((uint64_t)attribute_count + (uint64_t)namespace_count > p->limits.xml_attributes)
		err_set(&p->error, ERR_LIMIT, "xml-too-large",
			"A tag has more than %llu attributes (limit xml_attributes).",
			(unsigned long long)p->limits.xml_attributes);
	else if (build_open(&p->build, str_of((const char *)name), str_of((const char *)uri),
			 p->xml->input->line + p->decode.lines, &p->error) == 0)
		return;
	stop(p);
}

static void on_end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct rua *p = arg;

	(void)name, (void)prefix, (void)uri;
	if (!p->failed && build_close(&p->build, &p->error) < 0)
		stop(p);
}

static void on_text(void *arg, const xmlChar *text, int n)
{
	struct rua *p = arg;

	if (!p->failed &&
		build_text(&p->build, str_make((const char *)text, (size_t)n), &p->error) < 0)
		stop(p);
}

/* <!DOCTYPE: stopped before any of it acts.  That of a web page says that it is one. */
static void on_doctype(
	void *arg, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
	struct rua *p = arg;

	(void)public_id, (void)system_id;
	if (p->failed)
		return;
	if (str_eq_nocase(str_of((const char *)name), STR("html")))
		err_set(&p->error, ERR_INPUT, "not-a-report", "It is a web page.");
	else
		err_set(&p->error, ERR_INPUT, "xml-doctype",
			"It declares a document type, which a report has no need of.");
	stop(p);
}

static void on_error(void *arg, xmlErrorPtr e)
{
	struct rua *p = arg;

	if (p->failed || e->level != XML_ERR_FATAL)
		return;
	malformed(p, e->code, e->line, e->int2);
	if (e->code == XML_ERR_TAG_NAME_MISMATCH && e->str1 && !p->last && !p->build.closed)
		snprintf(p->error.text, sizeof(p->error.text),
			"An end tag does not fit <%.*s>, which is open.",
			STR_ARGS(str_first(str_of(e->str1), 60)));
}

static const xmlSAXHandler handler = {
	.initialized = XML_SAX2_MAGIC,
	.startElementNs = on_start,
	.endElementNs = on_end,
	.characters = on_text,
	.cdataBlock = on_text,
	.ignorableWhitespace = on_text,
	.internalSubset = on_doctype,
	.serror = on_error,
};

/* Nothing outside the document is ever read. */
static xmlParserInputPtr load_nothing(const char *url, const char *id, xmlParserCtxtPtr ctxt)
{
	(void)url, (void)id, (void)ctxt;
	return NULL;
}

const char *rua_library_version(void)
{
	return LIBXML_DOTTED_VERSION;
}

void rua_global_init(void)
{
	xmlInitParser();
	xmlSetExternalEntityLoader(load_nothing);
}

/* ---- life ---- */

static void context_free(struct rua *p)
{
	if (p->xml && p->xml->myDoc)
		xmlFreeDoc(p->xml->myDoc);
	xmlFreeParserCtxt(p->xml);
	p->xml = NULL;
}

static void context_reset(struct rua *p)
{
	xmlSAXHandler sax = handler;

	if (p->xml && xmlDictSize(p->xml->dict) > NAMES_REUSE)
		context_free(p);
	if (p->xml) {
		if (xmlCtxtResetPush(p->xml, NULL, 0, NULL, NULL) != 0)
			context_free(p);
	}
	if (!p->xml)
		p->xml = xmlCreatePushParserCtxt(&sax, p, NULL, 0, NULL);
	if (!p->xml)
		xcalloc(SIZE_MAX, SIZE_MAX); /* out of memory: logs and aborts */
	/* What it is given is UTF-8, whatever the declaration says. */
	xmlCtxtUseOptions(p->xml, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
}

struct rua *rua_new(const struct limits *limits)
{
	struct rua *p = xcalloc(1, sizeof(*p));

	p->limits = *limits;
	build_init(&p->build, &p->limits);
	return p;
}

void rua_free(struct rua *p)
{
	if (!p)
		return;
	if (p->xml)
		context_free(p);
	build_release(&p->build);
	free(p);
}

void rua_begin(struct rua *p, struct reader *in)
{
	context_reset(p);
	build_begin(&p->build);
	decode_begin(&p->decode, in);
	p->error = (struct err){ 0 };
	p->failed = 0;
	p->last = p->ended = false;
}

/* ---- reading ---- */

static int fail_with(struct rua *p, int code)
{
	p->failed = code;
	return code;
}

/*
 * A tag, name, comment or CDATA section is kept until its end: bound it.  Looked at after each
 * chunk, so that one which begins and ends inside of two chunks is not seen.
 */
static void check_pending(struct rua *p)
{
	const xmlParserInput *in = p->xml->input;

	if (in && (uint64_t)(in->end - in->cur) > p->limits.xml_pending)
		err_set(&p->error, ERR_LIMIT, "xml-too-large",
			"A tag, name, comment or CDATA section is larger than %llu bytes "
			"(limit xml_pending).",
			(unsigned long long)p->limits.xml_pending);
	else if (xmlDictSize(p->xml->dict) > NAMES_MOST)
		err_set(&p->error, ERR_LIMIT, "xml-too-large",
			"It has more than %d different names of elements and attributes.",
			NAMES_MOST);
	else
		return;
	stop(p);
}

static void decode_notes(struct rua *p)
{
	struct notes *n = &p->build.notes;
	const struct decode *d = &p->decode;

	if (d->bom)
		notes_add(n, NOTE_XML_BOM, EL_DOCUMENT, STR_ABSENT);
	if (d->leading)
		notes_add(n, NOTE_XML_LEADING, EL_DOCUMENT, STR_ABSENT);
	if (d->misfit)
		notes_add(n, NOTE_XML_ENCODING, EL_DOCUMENT,
			d->declared[0] ? str_of(d->declared) : STR_ABSENT);
	if (d->trailing_nul)
		notes_add(n, NOTE_XML_TRAILING, EL_DOCUMENT, STR_ABSENT);
	if (d->trailing_text)
		notes_add(n, NOTE_MULTIPLE_ROOTS, EL_DOCUMENT, STR_ABSENT);
}

static int finish(struct rua *p)
{
	p->last = true;
	xmlParseChunk(p->xml, NULL, 0, 1);
	if (!p->failed && (!p->xml->wellFormed || !p->build.closed))
		malformed(p, p->build.closed ? p->xml->errNo : XML_ERR_DOCUMENT_END,
			p->xml->input ? p->xml->input->line : 0,
			p->xml->input ? p->xml->input->col : 0);
	if (p->failed || build_check(&p->build, &p->error) < 0)
		return fail_with(p, p->error.code);
	decode_notes(p);
	build_end(&p->build);
	p->ended = true;
	return 0;
}

/* Read one more chunk: 1, 0 the document ended well, negative. */
static int feed(struct rua *p)
{
	struct str chunk;
	int r;

	if (p->failed)
		return p->failed;
	if (p->ended)
		return 0;
	build_turn(&p->build);
	r = decode_next(&p->decode, &chunk, &p->error);
	if (r < 0) {
		/* The archive's fault has no place in the XML. */
		bool ours = !p->error.reason || strncmp(p->error.reason, "archive-", 8) != 0;
		if (ours && p->error.line == 0 && p->decode.begun && p->xml->input)
			here(p, p->xml->input->line, p->xml->input->col, &p->error);
		return fail_with(p, r);
	}
	if (r == 0)
		return finish(p);
	xmlParseChunk(p->xml, chunk.p, (int)chunk.n, 0);
	if (!p->failed && !p->xml->wellFormed)
		malformed(p, p->xml->errNo, p->xml->input ? p->xml->input->line : 0, 0);
	if (!p->failed)
		check_pending(p);
	return p->failed ? p->failed : 1;
}

static int refuse(const struct rua *p, struct err *err)
{
	if (err)
		*err = p->error;
	return p->failed;
}

int rua_report(struct rua *p, struct report *ret, struct err *err)
{
	struct build *b = &p->build;

	while (!p->ended && !(b->ready && b->queue_head < b->queue_n))
		if (feed(p) < 0)
			return refuse(p, err);
	if (build_check(b, &p->error) < 0) {
		fail_with(p, p->error.code);
		return refuse(p, err);
	}
	rua_done(p, ret);
	return 0;
}

int rua_next(struct rua *p, struct record *ret, struct err *err)
{
	while (!p->failed) {
		if (build_take(&p->build, ret))
			return 1;
		if (p->ended)
			return 0;
		feed(p);
	}
	return refuse(p, err);
}

void rua_done(struct rua *p, struct report *ret)
{
	*ret = p->build.report;
	ret->notes = p->build.notes.list;
	ret->note_count = p->build.notes.n;
}

void rua_partial(struct rua *p, struct str *ret_org_name, struct str *ret_report_id,
	struct str *ret_domain)
{
	*ret_org_name = p->build.report.org_name;
	*ret_report_id = p->build.report.report_id;
	*ret_domain = p->build.report.policy.domain;
}
