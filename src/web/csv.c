#include "csv.h"

#include <string.h>

static bool cell_is_formula(struct str s)
{
	return s.n > 0 && memchr("=+-@\t\r", s.p[0], 6) != NULL;
}

static bool cell_wants_quotes(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\r' || s.p[i] == '\n')
			return true;
	return s.n > 0 && (char_space(s.p[0]) || char_space(s.p[s.n - 1]));
}

bool csv_text(struct buf *out, struct str text)
{
	bool quotes = cell_wants_quotes(text);
	bool ok = true;

	if (quotes)
		ok &= buf_char(out, '"');
	if (cell_is_formula(text))
		ok &= buf_char(out, '\'');
	if (!quotes)
		return ok & buf_str(out, text);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			ok &= buf_char(out, '"');
		ok &= buf_char(out, text.p[i]);
	}
	return ok & buf_char(out, '"');
}

bool csv_header(struct buf *out, const struct csv_column *columns)
{
	bool ok = true;

	for (const struct csv_column *c = columns; c->name; c++) {
		if (c != columns)
			ok &= buf_char(out, ',');
		ok &= buf_str(out, str_of(c->name));
	}
	return ok & buf_str(out, STR("\r\n"));
}

static struct str leaf_text(const struct node *n)
{
	if (!n || n->type == NODE_NULL || n->type == NODE_ARRAY || n->type == NODE_OBJECT)
		return STR("");
	return n->text;
}

/* What path names under n; NULL: nothing.  *rest is what follows a "*", else absent. */
static const struct node *walk(const struct node *n, struct str path, struct str *rest)
{
	struct str part;

	*rest = STR_ABSENT;
	while (n && str_cut(&path, '.', &part)) {
		if (str_eq(part, STR("*"))) {
			*rest = str_absent(path) ? STR("") : path;
			return n;
		}
		n = node_get(n, part);
	}
	return n;
}

static struct str joined(const struct node *list, struct str rest, struct arena *scratch)
{
	struct str all = STR_ABSENT;

	if (list->type != NODE_ARRAY)
		return STR("");
	for (const struct node *m = list->first; m; m = m->next) {
		struct str below;
		struct str one = leaf_text(rest.n ? walk(m, rest, &below) : m);

		all = str_absent(all) ? one
				      : arena_printf(scratch, "%.*s %.*s", STR_ARGS(all),
						STR_ARGS(one));
	}
	return str_absent(all) ? STR("") : all;
}

static bool csv_cell(
	struct buf *out, struct str path, const struct node *row, struct arena *scratch)
{
	struct str rest;
	const struct node *n = walk(row, path, &rest);

	if (!n)
		return true;
	if (!str_absent(rest))
		return csv_text(out, joined(n, rest, scratch));
	if (n->type == NODE_TEXT)
		return csv_text(out, n->text);
	return buf_str(out, leaf_text(n));
}

bool csv_row(struct buf *out, const struct csv_column *columns, const struct node *row,
	struct arena *scratch)
{
	bool ok = true;

	for (const struct csv_column *c = columns; c->name; c++) {
		if (c != columns)
			ok &= buf_char(out, ',');
		ok &= csv_cell(out, str_of(c->path), row, scratch);
	}
	return ok & buf_str(out, STR("\r\n"));
}
