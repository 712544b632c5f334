/*
 * page_set.h - for page_*.c only: the pages' write functions and the compiled templates.
 */
#ifndef RUAD_PAGE_SET_H
#define RUAD_PAGE_SET_H

#include "embedded.h"
#include "page.h"
#include "template.h"

/* Compiled at the first call; a mistake in an embedded template ends the program with its
 * place. */
const struct template_set *page_templates(void);

/* pages/ and static/, ended by a NULL name. */
extern const struct embedded page_files[];

#define PAGE(name) \
	int name(struct doc_context *c, struct str segment, const struct query *q, \
		struct buf *out, int *ret_status, struct err *err)
PAGE(page_overview);
PAGE(page_domain);
PAGE(page_coverage);
PAGE(page_changes);
PAGE(page_senders);
PAGE(page_sender);
PAGE(page_records);
PAGE(page_record);
PAGE(page_reports);
PAGE(page_report);
PAGE(page_xml);
PAGE(page_problems);
PAGE(page_problems_tab);
PAGE(page_source);
PAGE(page_source_network);
PAGE(page_search);
PAGE(page_status);
PAGE(page_help);
PAGE(page_help_topic);

/* The answer to a path whose thing does not exist: status 404 and a page that says so. */
int page_missing(struct doc_context *c, struct str what, struct buf *out, int *ret_status);
/* The report of "/reports/{}" and what is below it.  1, 0 there is none, negative. */
int page_report_find(
	struct doc_context *c, struct str segment, struct report_row *ret, struct err *err);
int page_report_missing(
	struct doc_context *c, struct str segment, struct buf *out, int *ret_status);

#endif
