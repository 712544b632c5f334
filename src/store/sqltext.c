#include "sqltext.h"

#include "xalloc.h"

#include <assert.h>

#define TEXT_MOST (1U << 20)
#define PARAMS_MOST 10000

void sql_init(struct sql *q)
{
	*q = (struct sql){ 0 };
	buf_init(&q->text, TEXT_MOST);
}

void sql_release(struct sql *q)
{
	buf_release(&q->text);
	free(q->params);
	q->params = NULL;
}

void sql_add(struct sql *q, const char *text)
{
	buf_str(&q->text, str_of(text));
}

void sql_addf(struct sql *q, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&q->text, fmt, ap);
	va_end(ap);
}

static void add_param(struct sql *q, struct sql_param p)
{
	if (q->param_count == q->param_cap) {
		q->param_cap = q->param_cap ? q->param_cap * 2 : 16;
		q->params = xrealloc(q->params, q->param_cap, sizeof(*q->params));
	}
	q->params[q->param_count++] = p;
	buf_char(&q->text, '?');
}

void sql_int(struct sql *q, int64_t v)
{
	add_param(q, (struct sql_param){ .type = PARAM_INT, .i = v });
}

void sql_str(struct sql *q, struct str s)
{
	add_param(q, (struct sql_param){ .type = PARAM_TEXT, .s = s });
}

void sql_blob(struct sql *q, const void *p, size_t n)
{
	struct sql_param param = { .type = PARAM_BLOB, .small_n = n };

	assert(n <= sizeof(param.small));
	memcpy(param.small, p, n);
	add_param(q, param);
}

static void bind_param(sqlite3_stmt *st, int i, const struct sql_param *p)
{
	switch (p->type) {
	case PARAM_INT:
		sqlite3_bind_int64(st, i, p->i);
		break;
	case PARAM_TEXT:
		sqlite3_bind_text64(
			st, i, p->s.p ? p->s.p : "", p->s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
		break;
	case PARAM_BLOB:
		sqlite3_bind_blob64(st, i, p->small, p->small_n, SQLITE_TRANSIENT);
		break;
	}
}

int sql_prepare(struct db *db, const struct sql *q, sqlite3_stmt **ret, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int r;

	if (q->text.full || q->param_count > PARAMS_MOST)
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"there are too many values in the filters");
	r = db_prepare(db, buf_view(&q->text), &st, err);
	if (r < 0)
		return r;
	assert(sqlite3_bind_parameter_count(st) == (int)q->param_count);
	for (size_t i = 0; i < q->param_count; i++)
		bind_param(st, (int)i + 1, &q->params[i]);
	*ret = st;
	return 0;
}
