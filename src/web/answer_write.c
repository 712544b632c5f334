#include "answering.h"

#include "doc_sender.h"
#include "marking.h"
#include "marks.h"

#define WRITE_WAIT_MS 5000 /* for an import that writes */

static int read_marking(struct answering *x, struct marking *ret, struct err *err)
{
	struct str body = str_absent(x->req->body.mem) ? STR("") : x->req->body.mem;

	return x->route.kind == ROUTE_MARK ? marking_of_json(body, x->arena, ret, err)
					   : marking_of_form(body, x->arena, ret, err);
}

/* 1, 0 there is no such sender, negative; the document of the mark goes into the body. */
static int put_mark(
	struct answering *x, struct store *s, const struct marking *m, struct err *err)
{
	struct mark_row row = { .domain = arena_str_lower(x->arena, x->route.segment),
		.word = m->word,
		.note = m->note,
		.who = x->who.name,
		.at = x->doc.now_at };
	struct json j;
	int r;

	if (!sender_key_norm(x->arena, x->route.key, &row.key))
		return 0;
	r = store_mark_put(s, &row, false, err);
	if (r <= 0 || x->route.kind != ROUTE_MARK)
		return r;
	x->doc.store = s;
	json_init(&j, &x->ret->body.buf);
	r = doc_mark(&x->doc, row.domain, row.key, &j, err);
	x->doc.store = NULL;
	return r > 0 && json_end(&j) < 0
		       ? FAIL(err, ERR_LIMIT, "too-large", "The mark is too large.")
		       : r;
}

/* Back to the page, which then shows it. */
static void see_page(struct answering *x)
{
	struct str query = query_link(&x->query, x->arena, STR_ABSENT, STR_ABSENT);

	answer_see(x, arena_printf(x->arena, "%.*s%s%.*s", STR_ARGS(x->target.path),
			      query.n ? "?" : "", STR_ARGS(query)));
}

static void write_mark(struct answering *x, const struct marking *m)
{
	struct err err = { 0 };
	struct store *s = NULL;
	int r = store_open(x->w->database, STORE_SHARED, WRITE_WAIT_MS, &s, &err);

	if (r == 0) {
		store_services(s, pool_services_of(x->w->pool));
		r = put_mark(x, s, m, &err);
	}
	store_close(s);
	if (r < 0) {
		answer_error(x, &err);
		return;
	}
	if (r == 0) {
		answer_not_found(x, STR("There is no such sender."));
		return;
	}
	answer_header(x->ret, "Cache-Control", STR("no-store"));
	if (x->route.kind == ROUTE_MARK)
		x->ret->type = JSON_TYPE;
	else
		see_page(x);
}

void answer_mark(struct answering *x)
{
	struct access_refusal refusal = { 0 };
	struct marking m = { .form_token = STR_ABSENT };
	struct err err = { 0 };
	int r = read_marking(x, &m, &err);

	/* First who asks, then what is wrong with it. */
	if (!access_check_write(x->w->access, &x->req->access, &x->who,
		    x->route.kind == ROUTE_MARK ? WRITE_JSON : WRITE_FORM, m.form_token,
		    &refusal))
		answer_refused(x, &refusal);
	else if (r < 0)
		answer_error(x, &err);
	else if (answer_query(x))
		write_mark(x, &m);
}
