/*
 * fuzz_template.c - any bytes as a template, a partial and the JSON that they are filled with,
 * behind lines "%%".
 *
 * What is filled in adds no markup: where the templates have no "<" and no quote, the page has
 * none.
 */
#include "template.h"
#include "xalloc.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TURNS_MOST 100000 /* of all sections together */

static void check(bool holds)
{
	if (!holds)
		abort();
}

static struct str cut(struct str *text)
{
	ptrdiff_t at = str_find(*text, STR("\n%%\n"));
	struct str head = at < 0 ? *text : str_make(text->p, (size_t)at);

	*text = at < 0 ? STR("") : str_from(*text, (size_t)at + 4);
	return head;
}

static uint64_t count(struct str text, struct str word)
{
	uint64_t n = 0;
	ptrdiff_t at;

	while ((at = str_find(text, word)) >= 0) {
		text = str_from(text, (size_t)at + word.n);
		n++;
	}
	return n;
}

/* Templates are ours, and no visitor makes them turn in circles: those that do prove nothing.
 */
static bool moderate(struct str page, struct str part, struct str json)
{
	uint64_t turns = 1, each = count(json, STR(",")) + 1;

	if (str_contains(part, STR(">")) || str_contains(page, STR("page")))
		return false;
	for (uint64_t n = count(page, STR("#")) + count(part, STR("#")); n > 0; n--) {
		turns *= each;
		if (turns > TURNS_MOST)
			return false;
	}
	return count(page, STR(">")) < 10;
}

static void fill(const struct template_set *set, struct str json, bool plain)
{
	CLEANUP(tree)
	json_t *root = NULL;
	CLEANUP(buf)
	struct buf out;
	struct err err = { 0 };
	int r;

	buf_init(&out, 1 << 20);
	if (tree_parse(json, &root, &err) < 0)
		return;
	r = template_render(set, STR("page"), root, &out, &err);
	check(r == 0 || r == ERR_LIMIT);
	if (plain) {
		check(str_index(buf_view(&out), '<') < 0);
		check(str_index(buf_view(&out), '"') < 0);
	}
}

static bool has_markup(struct str s)
{
	return str_index(s, '<') >= 0 || str_index(s, '"') >= 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str json = str_make((const char *)data, size);
	struct str page = cut(&json), part = cut(&json);
	const struct embedded files[] = { { "pages/page.html", page.p, page.n },
		{ "pages/part.html", part.p, part.n }, { 0 } };
	struct template_set *set = NULL;
	struct err err = { 0 };
	CLEANUP(buf)
	struct buf out;

	buf_init(&out, SIZE_MAX);
	html_escape(&out, json);
	check(!has_markup(buf_view(&out)) && (!str_utf8(json) || str_utf8(buf_view(&out))));
	if (!moderate(page, part, json))
		return 0;
	if (template_set_new(files, &set, &err) < 0) {
		check(err.text[0]);
		return 0;
	}
	fill(set, json, !has_markup(page) && !has_markup(part));
	template_set_free(set);
	return 0;
}
