#include "template.h"

#include "xalloc.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum node_kind { NODE_TEXT, NODE_VARIABLE, NODE_SECTION, NODE_INVERTED, NODE_PARTIAL };

struct node {
	enum node_kind kind;
	bool line_start;   /* NODE_TEXT: the first of its line, so the indent goes before it */
	struct str text;   /* the text itself, or the name */
	struct str indent; /* NODE_PARTIAL alone on its line: the blanks before it */
	size_t end;	   /* sections: the node after their last one */
	const struct template *partial;
	size_t line;
};

struct template
{
	struct str name;
	struct node *nodes;
	size_t count, room;
};

struct template_set {
	struct template *templates;
	size_t count;
};

/* --- From text to nodes --- */

struct compile {
	struct template *t;
	struct str src;
	size_t at;		     /* the first byte not yet dealt with */
	size_t place;		     /* of the last tag, for messages */
	size_t open[TEMPLATE_DEPTH]; /* sections that wait for their end */
	int depth;
};

struct tag {
	char kind; /* # ^ / > ! or 0: a variable */
	struct str name;
	size_t begin, end; /* of all of it in the source */
};

static struct node *node_add(struct template *t, enum node_kind kind, struct str text)
{
	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->nodes = xrealloc(t->nodes, t->room, sizeof(*t->nodes));
	}
	t->nodes[t->count] = (struct node){ .kind = kind, .text = text };
	return &t->nodes[t->count++];
}

static size_t line_of(struct str src, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at && i < src.n; i++)
		line += src.p[i] == '\n';
	return line;
}

static bool at_line_start(struct str src, size_t at)
{
	return at == 0 || src.p[at - 1] == '\n';
}

/* Text from c->at to end, one node per line. */
static void text_add(struct compile *c, size_t end)
{
	while (c->at < end) {
		const char *from = c->src.p + c->at, *nl = memchr(from, '\n', end - c->at);
		size_t n = nl ? (size_t)(nl - from) + 1 : end - c->at;

		node_add(c->t, NODE_TEXT, str_make(from, n))->line_start =
			at_line_start(c->src, c->at);
		c->at += n;
	}
}

/* 1 a tag, 0 none left. */
static int tag_find(struct compile *c, struct tag *ret, struct err *err)
{
	struct str rest = str_from(c->src, c->at), inner;
	ptrdiff_t open = str_find(rest, STR("{{")), close;

	if (open < 0)
		return 0;
	ret->begin = c->at + (size_t)open;
	c->place = ret->begin;
	inner = str_from(rest, (size_t)open + 2);
	close = str_find(inner, STR("}}"));
	if (close < 0)
		return FAIL(err, ERR_INPUT, NULL, "a tag has no end");
	ret->end = ret->begin + 2 + (size_t)close + 2;
	inner.n = (size_t)close;
	ret->kind = 0;
	if (inner.n > 0 && strchr("#^/>!{&=", inner.p[0])) {
		ret->kind = inner.p[0];
		inner = str_from(inner, 1);
	}
	if (strchr("{&=", ret->kind) && ret->kind)
		return FAIL(
			err, ERR_INPUT, NULL, "'{{%c' is not part of this language", ret->kind);
	ret->name = str_trim(inner);
	if (ret->kind != '!' && str_empty(ret->name))
		return FAIL(err, ERR_INPUT, NULL, "a tag has no name");
	return 1;
}

/* Is the tag, with blanks, alone on its line?  Then *ret_from and *ret_to are the whole line.
 */
static bool standalone(
	const struct compile *c, const struct tag *tag, size_t *ret_from, size_t *ret_to)
{
	size_t from = tag->begin, to = tag->end;

	if (tag->kind == 0)
		return false;
	while (from > c->at && (c->src.p[from - 1] == ' ' || c->src.p[from - 1] == '\t'))
		from--;
	if (!at_line_start(c->src, from))
		return false;
	while (to < c->src.n && (c->src.p[to] == ' ' || c->src.p[to] == '\t'))
		to++;
	if (to < c->src.n && c->src.p[to] == '\r')
		to++;
	if (to < c->src.n && c->src.p[to] != '\n')
		return false;
	*ret_from = from;
	*ret_to = to < c->src.n ? to + 1 : to;
	return true;
}

static int section_close(struct compile *c, struct str name, struct err *err)
{
	struct node *open;

	if (c->depth == 0)
		return FAIL(
			err, ERR_INPUT, NULL, "'%.*s' ends and never began", STR_ARGS(name));
	open = &c->t->nodes[c->open[c->depth - 1]];
	if (!str_eq(open->text, name))
		return FAIL(err, ERR_INPUT, NULL, "'%.*s' ends where '%.*s' should",
			STR_ARGS(name), STR_ARGS(open->text));
	open->end = c->t->count;
	c->depth--;
	return 0;
}

static int tag_add(struct compile *c, const struct tag *tag, struct str indent, struct err *err)
{
	struct node *n;

	switch (tag->kind) {
	case '!':
		return 0;
	case '/':
		return section_close(c, tag->name, err);
	case '>':
		n = node_add(c->t, NODE_PARTIAL, tag->name);
		n->indent = indent;
		break;
	case '#':
	case '^':
		if (c->depth == TEMPLATE_DEPTH)
			return FAIL(err, ERR_INPUT, NULL, "sections are too deep");
		c->open[c->depth++] = c->t->count;
		n = node_add(c->t, tag->kind == '#' ? NODE_SECTION : NODE_INVERTED, tag->name);
		break;
	default:
		n = node_add(c->t, NODE_VARIABLE, tag->name);
	}
	n->line = line_of(c->src, tag->begin);
	return 0;
}

static int compile_tags(struct compile *c, struct err *err)
{
	struct tag tag;
	int r;

	while ((r = tag_find(c, &tag, err)) > 0) {
		struct str indent = STR("");
		size_t from = tag.begin, to = tag.end;

		if (standalone(c, &tag, &from, &to))
			indent = str_make(c->src.p + from, tag.begin - from);
		text_add(c, from);
		if (to == tag.end && at_line_start(c->src, tag.begin))
			node_add(c->t, NODE_TEXT, STR(""))->line_start = true;
		r = tag_add(c, &tag, indent, err);
		if (r < 0)
			return r;
		c->at = to;
	}
	return r;
}

static int template_compile(struct template *t, struct str src, struct err *err)
{
	struct compile c = { .t = t, .src = src };
	int r = compile_tags(&c, err);

	if (r == 0 && c.depth > 0) {
		const struct node *open = &t->nodes[c.open[c.depth - 1]];

		c.place = (size_t)(open->text.p - src.p);
		r = FAIL(err, ERR_INPUT, NULL, "'%.*s' does not end", STR_ARGS(open->text));
	}
	if (r < 0) {
		if (err)
			err->line = (int64_t)line_of(src, c.place);
		err_prefix(err, "template %.*s: ", STR_ARGS(t->name));
		return r;
	}
	text_add(&c, src.n);
	return 0;
}

/* --- A set --- */

static bool template_name(const char *file, struct str *ret)
{
	const char *slash = strrchr(file, '/');
	struct str name = str_of(slash ? slash + 1 : file);

	if (!str_ends(name, STR(".html")))
		return false;
	*ret = str_first(name, name.n - 5);
	return true;
}

static const struct template *template_find(const struct template_set *set, struct str name)
{
	for (size_t i = 0; i < set->count; i++)
		if (str_eq(set->templates[i].name, name))
			return &set->templates[i];
	return NULL;
}

static int link_partials(struct template_set *set, struct err *err)
{
	for (size_t i = 0; i < set->count; i++) {
		struct template *t = &set->templates[i];

		for (size_t k = 0; k < t->count; k++) {
			struct node *n = &t->nodes[k];

			if (n->kind != NODE_PARTIAL)
				continue;
			n->partial = template_find(set, n->text);
			if (n->partial)
				continue;
			(void)FAIL(err, ERR_INPUT, NULL, "template %.*s: there is no '%.*s'",
				STR_ARGS(t->name), STR_ARGS(n->text));
			if (err)
				err->line = (int64_t)n->line;
			return ERR_INPUT;
		}
	}
	return 0;
}

int template_set_new(const struct embedded *files, struct template_set **ret, struct err *err)
{
	struct template_set *set = xcalloc(1, sizeof(*set));
	size_t n = 0;
	int r = 0;

	while (files[n].name)
		n++;
	set->templates = xcalloc(n + 1, sizeof(*set->templates));
	for (size_t i = 0; i < n && r == 0; i++) {
		struct template *t = &set->templates[set->count];

		if (!template_name(files[i].name, &t->name))
			continue;
		set->count++;
		r = template_compile(t, str_make(files[i].data, files[i].size_bytes), err);
	}
	if (r == 0)
		r = link_partials(set, err);
	if (r < 0) {
		template_set_free(set);
		return r;
	}
	*ret = set;
	return 0;
}

void template_set_free(struct template_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		free(set->templates[i].nodes);
	free(set->templates);
	free(set);
}

/* --- Filling --- */

struct indent {
	struct str text;
	const struct indent *outer;
};

struct render {
	struct buf *out;
	struct err *err;
	const json_t *stack[TEMPLATE_RENDER_DEPTH]; /* innermost last */
	int depth;				    /* of the stack */
	int nesting;				    /* of sections and partials */
};

static const json_t *lookup(const struct render *r, struct str name)
{
	struct str rest = name, key;
	const json_t *v = NULL;

	if (str_eq(name, STR(".")))
		return r->stack[r->depth - 1];
	str_cut(&rest, '.', &key);
	for (int i = r->depth - 1; i >= 0 && !v; i--)
		v = json_object_getn(r->stack[i], key.p, key.n);
	while (v && str_cut(&rest, '.', &key))
		v = json_object_getn(v, key.p, key.n);
	return v;
}

static bool something(const json_t *v)
{
	if (!v)
		return false;
	switch (json_typeof(v)) {
	case JSON_OBJECT:
	case JSON_TRUE:
		return true;
	case JSON_ARRAY:
		return json_array_size(v) > 0;
	case JSON_STRING:
		return json_string_length(v) > 0;
	case JSON_INTEGER:
		return json_integer_value(v) != 0;
	case JSON_REAL:
		return json_real_value(v) != 0;
	case JSON_FALSE:
	case JSON_NULL:
		break;
	}
	return false;
}

static struct str entity(char c)
{
	switch (c) {
	case '&':
		return STR("&amp;");
	case '<':
		return STR("&lt;");
	case '>':
		return STR("&gt;");
	case '"':
		return STR("&quot;");
	case '\'':
		return STR("&#39;");
	case '\r':
		return STR("&#13;");
	default:
		return STR_ABSENT;
	}
}

/* U+FFFE and U+FFFF are valid UTF-8, and no characters of XML. */
static bool noncharacter(struct str s)
{
	return s.n >= 3 && memcmp(s.p, "\xef\xbf", 2) == 0 && (unsigned char)s.p[2] >= 0xbe;
}

/* Bytes of the character at the start of s if it is not to be printed, else 0. */
static size_t unprintable(struct str s)
{
	if (s.p[0] == '\n' || s.p[0] == '\t' || s.p[0] == '\r')
		return 0;
	return noncharacter(s) ? 3 : str_control(s);
}

void html_escape(struct buf *out, struct str s)
{
	size_t start = 0;

	for (size_t i = 0; i < s.n; i++) {
		struct str as = entity(s.p[i]);
		size_t bad = unprintable(str_from(s, i));

		if (bad > 0)
			as = STR("\xef\xbf\xbd");
		if (str_absent(as))
			continue;
		buf_add(out, s.p + start, i - start);
		buf_str(out, as);
		i += bad > 0 ? bad - 1 : 0;
		start = i + 1;
	}
	if (start < s.n)
		buf_add(out, s.p + start, s.n - start);
}

static void print_value(struct buf *out, const json_t *v)
{
	if (json_is_string(v))
		html_escape(out, str_make(json_string_value(v), json_string_length(v)));
	else if (json_is_integer(v))
		buf_printf(out, "%" PRId64, (int64_t)json_integer_value(v));
	else if (json_is_real(v))
		buf_printf(out, "%.15g", json_real_value(v));
	else if (json_is_boolean(v))
		buf_str(out, json_is_true(v) ? STR("true") : STR("false"));
}

static void print_indent(struct buf *out, const struct indent *in)
{
	if (!in)
		return;
	print_indent(out, in->outer);
	buf_str(out, in->text);
}

static int render_nodes(struct render *r, const struct template *t, size_t from, size_t to,
	const struct indent *in);

static int render_with(struct render *r, const struct template *t, size_t from, size_t to,
	const struct indent *in, const json_t *context)
{
	int rc;

	if (r->depth == TEMPLATE_RENDER_DEPTH)
		return FAIL(
			r->err, ERR_LIMIT, NULL, "template %.*s: too deep", STR_ARGS(t->name));
	r->stack[r->depth++] = context;
	rc = render_nodes(r, t, from, to, in);
	r->depth--;
	return rc;
}

static int render_section(
	struct render *r, const struct template *t, size_t i, const struct indent *in)
{
	const struct node *n = &t->nodes[i];
	const json_t *v = lookup(r, n->text);
	int rc = 0;

	if (something(v) != (n->kind == NODE_SECTION))
		return 0;
	if (n->kind == NODE_INVERTED)
		return render_nodes(r, t, i + 1, n->end, in);
	if (!json_is_array(v))
		return render_with(r, t, i + 1, n->end, in, v);
	for (size_t k = 0; k < json_array_size(v) && rc == 0; k++)
		rc = render_with(r, t, i + 1, n->end, in, json_array_get(v, k));
	return rc;
}

static int render_partial(struct render *r, const struct node *n, const struct indent *in)
{
	const struct indent inner = { n->indent, in };

	return render_nodes(
		r, n->partial, 0, n->partial->count, str_empty(n->indent) ? in : &inner);
}

static int render_node(
	struct render *r, const struct template *t, size_t i, const struct indent *in)
{
	const struct node *n = &t->nodes[i];

	switch (n->kind) {
	case NODE_TEXT:
		if (n->line_start)
			print_indent(r->out, in);
		buf_str(r->out, n->text);
		return 0;
	case NODE_VARIABLE:
		print_value(r->out, lookup(r, n->text));
		return 0;
	case NODE_PARTIAL:
		return render_partial(r, n, in);
	case NODE_SECTION:
	case NODE_INVERTED:
		break;
	}
	return render_section(r, t, i, in);
}

static int render_nodes(struct render *r, const struct template *t, size_t from, size_t to,
	const struct indent *in)
{
	int rc = 0;

	if (r->nesting == TEMPLATE_RENDER_DEPTH)
		return FAIL(
			r->err, ERR_LIMIT, NULL, "template %.*s: too deep", STR_ARGS(t->name));
	r->nesting++;
	for (size_t i = from; i < to && rc == 0; i++) {
		const struct node *n = &t->nodes[i];

		rc = render_node(r, t, i, in);
		if (n->kind == NODE_SECTION || n->kind == NODE_INVERTED)
			i = n->end - 1;
		if (rc == 0 && r->out->full)
			rc = FAIL(r->err, ERR_LIMIT, NULL, "the page is larger than %zu bytes",
				r->out->max);
	}
	r->nesting--;
	return rc;
}

int template_render(const struct template_set *set, struct str name, const json_t *root,
	struct buf *out, struct err *err)
{
	const struct template *t = template_find(set, name);
	struct render r = { .out = out, .err = err, .stack = { root }, .depth = 1 };

	if (!t)
		return FAIL(
			err, ERR_USAGE, NULL, "there is no template '%.*s'", STR_ARGS(name));
	return render_nodes(&r, t, 0, t->count, NULL);
}
