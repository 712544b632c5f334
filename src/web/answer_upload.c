#include "answering.h"

#include "doc_list.h"
#include "log.h"

#include <assert.h>

#define NAME_MOST 255 /* bytes */
#define NAME_NONE STR("unnamed")

/* --- Is it wanted? --- */

static bool name_is_good(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((uint8_t)name.p[i] < ' ' || name.p[i] == 0x7f)
			return false;
	return name.n <= NAME_MOST && str_utf8(name);
}

/* False: answered. */
static bool read_name(struct answering *x, struct str *ret)
{
	struct problem p = { .parameter = STR_ABSENT, .suggestion = STR_ABSENT };

	*ret = NAME_NONE;
	for (size_t i = 0; i < x->target.parameter_count; i++) {
		const struct http_parameter *given = &x->target.parameters[i];

		p.parameter = given->name;
		if (!str_eq(given->name, STR("name"))) {
			p.type = PROBLEM_UNKNOWN_PARAMETER;
			p.detail = STR("An upload has one parameter: name.");
		} else if (!name_is_good(given->value)) {
			p.type = PROBLEM_INVALID_PARAMETER;
			p.detail = arena_printf(x->arena,
				"'name' is text of at most %d bytes, without control "
				"characters.",
				NAME_MOST);
		}
		if (!str_absent(p.detail)) {
			answer_problem(x, &p);
			return false;
		}
		if (given->value.n > 0)
			*ret = given->value;
	}
	return true;
}

static bool check_upload(struct answering *x, struct str *ret_name)
{
	struct access_refusal refusal = { 0 };

	if (!access_check_write(
		    x->w->access, &x->req->access, &x->who, WRITE_FILE, STR_ABSENT, &refusal)) {
		answer_refused(x, &refusal);
		return false;
	}
	if (!x->w->intake || !x->w->intake->take) {
		answer_problem(x, &(struct problem){ .type = PROBLEM_FORBIDDEN,
					  .detail = STR("Uploads are off here: set upload = "
							"yes in the section web of the "
							"configuration, and start again.") });
		return false;
	}
	return read_name(x, ret_name);
}

bool answer_upload_expect(struct answering *x)
{
	struct str name;

	return check_upload(x, &name);
}

/* --- What became of it --- */

static void entry_json(struct answering *x, struct json *j, const struct intake_entry *e)
{
	const struct reason *reason = e->reason ? reason_find(str_of(e->reason)) : NULL;

	json_open_object(j);
	id_key(j, "id", e->id);
	json_kstr(j, "link",
		arena_printf(x->arena, "%.*s/api/v1/inputs/%lld", STR_ARGS(x->doc.base),
			(long long)e->id));
	json_kstr(j, "part", e->part);
	json_kcstr(j, "outcome", outcome_name(e->outcome));
	json_kstr(j, "reason", e->reason ? str_of(e->reason) : STR_ABSENT);
	json_kstr(j, "sentence", reason ? str_of(reason->sentence) : STR_ABSENT);
	json_kstr(j, "detail", e->detail);
	place_keys(j, e->line, e->column);
	id_key(j, "report", e->report);
	json_close_object(j);
}

/* The document that decided what became of all. */
static const struct intake_entry *deciding(const struct intake_result *result)
{
	for (size_t i = 0; i < result->count; i++)
		if (result->entries[i].outcome == result->outcome)
			return &result->entries[i];
	assert(false);
	return NULL;
}

void answer_result(struct answering *x, struct json *j, const struct intake_result *result)
{
	const char *reason = deciding(result)->reason;

	json_kcstr(j, "outcome", outcome_name(result->outcome));
	json_kstr(j, "reason", reason ? str_of(reason) : STR_ABSENT);
	json_kopen_array(j, "inputs");
	for (size_t i = 0; i < result->count; i++)
		entry_json(x, j, &result->entries[i]);
	json_close_array(j);
}

static struct str why_rejected(struct answering *x, const struct intake_entry *e)
{
	const struct reason *reason = e->reason ? reason_find(str_of(e->reason)) : NULL;
	struct str sentence = reason ? str_of(reason->sentence) : STR("It cannot be used.");
	struct str open = str_make(sentence.p, sentence.n - 1); /* without the full stop */

	if (str_empty(e->detail) || str_eq_nocase(e->detail, open))
		return sentence;
	return arena_printf(x->arena, "%.*s: %.*s.", STR_ARGS(open), STR_ARGS(e->detail));
}

static void write_result(struct answering *x, const struct intake_result *result)
{
	const struct intake_entry *first = deciding(result);
	bool rejected = result->outcome == OUTCOME_REJECTED;
	struct json j;

	json_init(&j, &x->ret->body.buf);
	json_open_object(&j);
	if (rejected)
		problem_keys(&j,
			&(struct problem){
				.type = PROBLEM_REJECTED, .detail = why_rejected(x, first) },
			x->req->id);
	answer_result(x, &j, result);
	json_close_object(&j);
	if (json_end(&j) < 0) {
		answer_problem(x, &(struct problem){ .type = PROBLEM_TOO_LARGE,
					  .detail = STR("It is done, but has too many "
							"documents to list.") });
		return;
	}
	x->ret->type = rejected ? STR("application/problem+json") : JSON_TYPE;
	x->ret->status = rejected			     ? problem_status(PROBLEM_REJECTED)
			 : result->outcome == OUTCOME_STORED ? 201
							     : 200;
	answer_header(x->ret, "Cache-Control", STR("no-store"));
	if (x->ret->status == 201)
		answer_header(x->ret, "Location",
			arena_printf(x->arena, "%.*s/api/v1/inputs/%lld", STR_ARGS(x->doc.base),
				(long long)first->id));
}

void answer_upload(struct answering *x)
{
	struct intake_file file = { .bytes = x->req->body };
	struct intake_result result = { 0 };
	struct err err = { 0 };
	int r;

	if (!check_upload(x, &file.name))
		return;
	r = x->w->intake->take(x->w->intake, &file, x->arena, &result, &err);
	if (r < 0) {
		answer_error(x, &err);
		return;
	}
	log_line(LOG_LEVEL_INFO, "web.upload", LOG_STR("req", x->req->id),
		LOG_STR("user", str_empty(x->who.name) ? STR_ABSENT : x->who.name),
		LOG_STR("name", file.name),
		LOG_STR("outcome", str_of(outcome_name(result.outcome))));
	write_result(x, &result);
}
