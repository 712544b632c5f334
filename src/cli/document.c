#include "document.h"

#include "feed.h"
#include "keeping.h"
#include "orgdom.h"

#define DOCUMENT_MOST (64 * MIB)

void document_begin(struct document *d)
{
	buf_init(&d->out, DOCUMENT_MOST);
	json_init(&d->json, &d->out);
}

int document_print(struct document *d, struct err *err)
{
	if (json_end(&d->json) < 0)
		return FAIL(err, ERR_LIMIT, "too-large",
			"the answer is larger than %llu MiB; narrow the filters",
			(unsigned long long)(DOCUMENT_MOST / MIB));
	cli_print(buf_view(&d->out));
	return 1;
}

void document_release(struct document *d)
{
	buf_release(&d->out);
}

struct doc_context document_context(struct cli *c, struct store *store)
{
	struct doc_context doc = { .store = store,
		.now_at = c->now_at,
		.arena = c->arena,
		.keep = keeping_told(&c->config),
		.rules = &c->config.rules };

	doc.imports = feed_told(c->arena, &c->config, &doc.import_count);
	return doc;
}

int document_psl(struct cli *c, struct str *ret, struct err *err)
{
	struct psl *psl = NULL;

	if (psl_open(c->psl_file, &psl, err) < 0)
		return err->code;
	*ret = arena_str(c->arena, psl_version(psl));
	psl_close(psl);
	return 0;
}

int document_of(
	struct cli *c, struct store *store, const struct resource *resource, struct err *err)
{
	struct doc_context doc = document_context(c, store);
	CLEANUP(document)
	struct document d;
	int r = 0;

	document_begin(&d);
	if (resource == resource_find(STR("status")))
		r = document_psl(c, &doc.psl_version, err);
	if (r == 0)
		r = store_view_begin(store, err);
	if (r == 0)
		r = resource->write(&doc, &c->query, &d.json, err);
	store_view_end(store);
	return r < 0 ? r : document_print(&d, err);
}
