/*
 * template.h - logic-less templates: the mustache language without its unescaped form.
 *
 * In: named templates and a JSON value.  Out: HTML.  Pure; a set may be used by many threads.
 *
 *   {{name}} {{a.b}} {{.}}    the value, escaped for HTML text and double-quoted attributes
 *   {{#name}}…{{/name}}       per element of a list; else once, when it is something
 *   {{^name}}…{{/name}}       when it is nothing
 *   {{>name}}                 another template of the set, with the same values
 *   {{! … }}                  nothing
 *
 * Nothing is: missing, null, false, 0, "" and the empty list.  A name is looked up in the
 * innermost section first; after its first part has been found, the rest of a dotted name is
 * looked up there only.  A line that holds one tag (not a variable) and blanks disappears, and
 * a partial alone on its line is indented like it.  {{{…}}}, {{&…}} and {{=…=}} are refused, as
 * are unknown partials: a mistake in a template is found by template_set_new, not by a visitor.
 * Characters that XML does not know (NUL and other controls) become U+FFFD.
 * Limits: sections and partials 32 deep in a template, 64 when it is filled.
 *
 * Life: template_set_new -> template_render … -> template_set_free.
 */
#ifndef RUAD_TEMPLATE_H
#define RUAD_TEMPLATE_H

#include "buf.h"
#include "embedded.h"
#include "tree.h"

#define TEMPLATE_DEPTH 32
#define TEMPLATE_RENDER_DEPTH 64

struct template_set;

/*
 * Compile files (ended by a NULL name); a template is called what its file is called, without
 * folder and ending: "pages/overview.html" is "overview".  Files that do not end in .html are
 * passed over.  The bytes must outlive the set.  ERR_INPUT: err->line is the place.
 */
int template_set_new(const struct embedded *files, struct template_set **ret, struct err *err);
void template_set_free(struct template_set *set);

/* ERR_USAGE: no such template; ERR_LIMIT: out is full, or too deep. */
int template_render(const struct template_set *set, struct str name, const json_t *root,
	struct buf *out, struct err *err);

/* Add s as HTML text, also good inside a double-quoted attribute.  Controls, and characters
 * that turn around the words after them, become U+FFFD. */
void html_escape(struct buf *out, struct str s);

#endif
