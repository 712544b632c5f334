#include "problem.h"

#include <assert.h>

static const struct {
	const char *name, *title, *meaning;
	int status;
} problems[] = {
#define PROBLEM(symbol, type, code, text, sentence) [symbol] = { type, text, sentence, code },
	PROBLEMS(PROBLEM)
#undef PROBLEM
};

const char *problem_name(enum problem_type t)
{
	assert(t < PROBLEM_COUNT);
	return problems[t].name;
}

const char *problem_title(enum problem_type t)
{
	assert(t < PROBLEM_COUNT);
	return problems[t].title;
}

const char *problem_meaning(enum problem_type t)
{
	assert(t < PROBLEM_COUNT);
	return problems[t].meaning;
}

int problem_status(enum problem_type t)
{
	assert(t < PROBLEM_COUNT);
	return problems[t].status;
}

static bool problem_by_name(struct str name, enum problem_type *ret)
{
	for (int i = 0; i < PROBLEM_COUNT; i++)
		if (str_eq(str_of(problems[i].name), name)) {
			*ret = (enum problem_type)i;
			return true;
		}
	return false;
}

struct problem problem_of(const struct err *err, bool *ret_log)
{
	struct problem p = { .type = PROBLEM_INTERNAL, .detail = str_of(err->text) };

	*ret_log = false;
	switch (err->code) {
	case ERR_USAGE:
		p.type = PROBLEM_INVALID_PARAMETER;
		problem_by_name(str_of(err->reason), &p.type);
		return p;
	case ERR_LIMIT:
		p.type = PROBLEM_TOO_LARGE;
		return p;
	case ERR_TEMP:
		p.type = PROBLEM_STORE_BUSY;
		return p;
	case ERR_CONFIG:
	case ERR_IO:
		p.type = PROBLEM_STORE_DOWN;
		break;
	default:
		break;
	}
	p.detail = STR("The log of the server says more.");
	*ret_log = true;
	return p;
}

void problem_keys(struct json *j, const struct problem *p, struct str instance)
{
	char type[64];
	int n = snprintf(type, sizeof(type), "/help/api#%s", problem_name(p->type));

	json_kstr(j, "type", str_make(type, (size_t)n));
	json_kcstr(j, "title", problem_title(p->type));
	json_ki64(j, "status", problem_status(p->type));
	json_kstr(j, "detail", p->detail);
	json_kstr(j, "instance", instance);
	if (!str_absent(p->parameter)) {
		json_kopen_array(j, "errors");
		json_open_object(j);
		json_kstr(j, "parameter", p->parameter);
		if (!str_absent(p->suggestion))
			json_kstr(j, "suggestion", p->suggestion);
		json_close_object(j);
		json_close_array(j);
	}
}

void problem_json(struct json *j, const struct problem *p, struct str instance)
{
	json_open_object(j);
	problem_keys(j, p, instance);
	json_close_object(j);
}
