/* answer_action.c - inputs that were not stored: tried again, or set aside by the owner. */
#include "answering.h"

#include "acting.h"
#include "doc_list.h"
#include "log.h"

#define WRITE_WAIT_MS 5000 /* for an import that writes */

static bool is_retry(const struct answering *x)
{
	return route_imports(x->route.kind);
}

static bool is_form(const struct answering *x)
{
	return x->route.kind == ROUTE_RETRY_FORM || x->route.kind == ROUTE_DISMISS_FORM;
}

static void no_such_input(struct answering *x)
{
	answer_not_found(x, STR("There is no such input."));
}

/* Its own page. */
static void see_input(struct answering *x)
{
	answer_see(x, arena_printf(x->arena, "/problems/%lld", (long long)x->route.id));
}

/* --- Again --- */

static void write_result(struct answering *x, const struct intake_result *result)
{
	struct json j;

	json_init(&j, &x->ret->body.buf);
	json_open_object(&j);
	answer_result(x, &j, result);
	json_close_object(&j);
	x->ret->type = JSON_TYPE;
	if (json_end(&j) < 0)
		answer_problem(x, &(struct problem){ .type = PROBLEM_TOO_LARGE,
					  .detail = STR("It is done, but has too many "
							"documents to list.") });
}

/* What it was may be another entry now: that of the document that it had. */
static void see_result(struct answering *x, const struct intake_result *result)
{
	bool there = false;

	for (size_t i = 0; i < result->count; i++)
		there = there || result->entries[i].id == x->route.id;
	if (!there)
		x->route.id = result->entries[0].id;
	see_input(x);
}

static void retry(struct answering *x, bool release)
{
	struct intake *intake = x->w->intake;
	struct intake_result result = { 0 };
	struct err err = { 0 };
	int r;

	if (!intake || !intake->retry) {
		answer_problem(x, &(struct problem){ .type = PROBLEM_FORBIDDEN,
					  .detail = STR("This server only reads.") });
		return;
	}
	r = intake->retry(intake, x->route.id, release, x->arena, &result, &err);
	if (r < 0) {
		answer_error(x, &err);
		return;
	}
	if (r == 0) {
		no_such_input(x);
		return;
	}
	log_line(LOG_LEVEL_INFO, "web.retry", LOG_STR("req", x->req->id),
		LOG_STR("user", str_empty(x->who.name) ? STR_ABSENT : x->who.name),
		LOG_INT("input", (uint64_t)x->route.id),
		LOG_STR("outcome", str_of(outcome_name(result.outcome))));
	answer_header(x->ret, "Cache-Control", STR("no-store"));
	if (is_form(x))
		see_result(x, &result);
	else
		write_result(x, &result);
}

/* --- Aside --- */

/* 1, 0 there is no such input, negative; its document goes into the body. */
static int put_dismissed(struct answering *x, struct store *s, bool dismissed, struct err *err)
{
	struct json j;
	int r = store_dismiss(s, x->route.id, dismissed ? x->doc.now_at : 0, err);

	if (r <= 0 || is_form(x))
		return r;
	x->doc.store = s;
	json_init(&j, &x->ret->body.buf);
	r = doc_input(&x->doc, x->route.id, &j, err);
	x->doc.store = NULL;
	return r > 0 && json_end(&j) < 0
		       ? FAIL(err, ERR_LIMIT, "too-large", "The input is too large.")
		       : r;
}

static void dismiss(struct answering *x, bool dismissed)
{
	struct err err = { 0 };
	struct store *s = NULL;
	int r = store_open(x->w->database, STORE_SHARED, WRITE_WAIT_MS, &s, &err);

	if (r == 0)
		r = put_dismissed(x, s, dismissed, &err);
	store_close(s);
	if (r < 0) {
		answer_error(x, &err);
		return;
	}
	if (r == 0) {
		no_such_input(x);
		return;
	}
	answer_header(x->ret, "Cache-Control", STR("no-store"));
	if (!is_form(x))
		x->ret->type = JSON_TYPE;
	else if (dismissed)
		answer_see(x, STR("/problems"));
	else
		see_input(x);
}

/* --- Both --- */

void answer_problem_action(struct answering *x)
{
	struct str body = str_absent(x->req->body.mem) ? STR("") : x->req->body.mem;
	const char *member = is_retry(x) ? "release" : "dismissed";
	struct acting acting = { .yes = !is_retry(x), .form_token = STR_ABSENT };
	struct access_refusal refusal = { 0 };
	struct err err = { 0 };
	int r = is_form(x) ? acting_of_form(body, member, x->arena, &acting, &err)
			   : acting_of_json(body, member, &acting, &err);

	/* First who asks, then what is wrong with it. */
	if (!access_check_write(x->w->access, &x->req->access, &x->who,
		    is_form(x) ? WRITE_FORM : WRITE_JSON, acting.form_token, &refusal))
		answer_refused(x, &refusal);
	else if (r < 0)
		answer_error(x, &err);
	else if (!answer_query(x))
		return;
	else if (is_retry(x))
		retry(x, acting.yes);
	else
		dismiss(x, acting.yes);
}
