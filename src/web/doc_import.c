/* doc_import.c - how it stands with each source of mail: part of the status document. */
#include "doc_list.h"

#define OVERDUE_TIMES 3		  /* so often as it is read */
#define OVERDUE_LEAST_S (10 * 60) /* a run may take its time */

enum import_state { IMPORT_OK, IMPORT_FAILING, IMPORT_NEVER, IMPORT_OVERDUE };

static const char *const state_names[] = {
	[IMPORT_OK] = "ok",
	[IMPORT_FAILING] = "failing",
	[IMPORT_NEVER] = "never",
	[IMPORT_OVERDUE] = "overdue",
};

/* every_s: 0, nobody knows when the next run is due.  A row of zeros: there was no run. */
static enum import_state state_of(const struct import_row *row, int64_t every_s, int64_t now_at)
{
	int64_t most = OVERDUE_TIMES * every_s;

	if (row->failures > 0)
		return IMPORT_FAILING;
	if (row->success_at == 0)
		return IMPORT_NEVER;
	if (most < OVERDUE_LEAST_S)
		most = OVERDUE_LEAST_S;
	return every_s > 0 && now_at - row->success_at > most ? IMPORT_OVERDUE : IMPORT_OK;
}

/* known: what the configuration says of it, or NULL. */
static enum import_state import_json(struct json *j, const struct import_row *row,
	const struct web_import *known, int64_t now_at)
{
	int64_t every_s = known ? known->every_s : 0, lag = now_at - row->success_at;
	enum import_state state = state_of(row, every_s, now_at);

	json_open_object(j);
	json_kstr(j, "source", row->source);
	json_kstr(j, "kind", known ? known->kind : STR_ABSENT);
	json_kstr(j, "place", known ? known->place : STR_ABSENT);
	json_kbool(j, "configured", known != NULL);
	if (every_s > 0)
		json_ki64(j, "every_seconds", every_s);
	else
		json_knull(j, "every_seconds");
	json_ktime(j, "last_run", row->started_at);
	json_ktime(j, "last_success", row->success_at);
	json_ktime(j, "last_received", row->received_at);
	if (row->success_at)
		json_ki64(j, "lag_seconds", lag > 0 ? lag : 0);
	else
		json_knull(j, "lag_seconds");
	json_ku64(j, "failures", row->failures);
	json_ktime(j, "failing_since", row->failing_at);
	json_kstr(j, "reason", row->reason);
	json_kstr(j, "error", row->error);
	json_kcstr(j, "state", state_names[state]);
	json_close_object(j);
	return state;
}

static const struct web_import *known_as(const struct doc_context *c, struct str source)
{
	for (size_t i = 0; i < c->import_count; i++)
		if (str_eq(c->imports[i].source, source))
			return &c->imports[i];
	return NULL;
}

static struct import_row row_of(const struct import_row *rows, size_t n, struct str source)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].source, source))
			return rows[i];
	return (struct import_row){ .source = source };
}

int imports_failing(struct doc_context *c, uint64_t *ret, struct err *err)
{
	struct import_row *rows;
	size_t n;
	uint64_t failing = 0;
	int r = store_import_states(c->store, c->arena, &rows, &n, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < c->import_count; i++) {
		struct import_row row = row_of(rows, n, c->imports[i].source);
		enum import_state state = state_of(&row, c->imports[i].every_s, c->now_at);

		failing += state == IMPORT_FAILING || state == IMPORT_OVERDUE;
	}
	*ret = failing;
	return 0;
}

int imports_keys(struct doc_context *c, struct json *j, struct err *err)
{
	struct import_row *rows;
	size_t n;
	uint64_t failing = 0;
	int r = store_import_states(c->store, c->arena, &rows, &n, err);

	if (r < 0)
		return r;
	json_kopen_array(j, "imports");
	for (size_t i = 0; i < c->import_count; i++) {
		const struct web_import *known = &c->imports[i];
		struct import_row row = row_of(rows, n, known->source);
		enum import_state state = import_json(j, &row, known, c->now_at);

		failing += state == IMPORT_FAILING || state == IMPORT_OVERDUE;
	}
	for (size_t i = 0; i < n; i++)
		if (!known_as(c, rows[i].source))
			import_json(j, &rows[i], NULL, c->now_at);
	json_close_array(j);
	json_ku64(j, "imports_failing", failing);
	return 0;
}
