#include "imports.h"

#include "format.h"
#include "part.h"
#include "xalloc.h"

#define ALARMS_SHOWN 3

static const struct {
	const char *state, *text;
	enum chip tone;
} state_table[] = {
	{ "ok", "ok", CHIP_OK },
	{ "failing", "failing", CHIP_BAD },
	{ "never", "not read yet", CHIP_INFO },
	{ "overdue", "overdue", CHIP_WARN },
};

static bool has_state(const json_t *row, const char *state)
{
	return str_eq(tree_str(row, "state"), str_of(state));
}

static void state_add(json_t *row)
{
	for (size_t i = 0; i < sizeof(state_table) / sizeof(state_table[0]); i++)
		if (has_state(row, state_table[i].state))
			part_chip(row, "chip", state_table[i].tone, state_table[i].text);
	tree_set_bool(row, "failing", has_state(row, "failing"));
	tree_set_bool(row, "overdue", has_state(row, "overdue"));
}

static void row_words(struct view *v, json_t *row)
{
	int64_t every_s = tree_i64(row, "every_seconds"), failures = tree_i64(row, "failures");

	part_time_ago(v, row, "last_run");
	part_time_ago(v, row, "last_success");
	part_time_ago(v, row, "last_received");
	part_time(v, row, "failing_since");
	tree_set_cstr(row, "noun",
		str_eq(tree_str(row, "kind"), STR("directory")) ? "Folder" : "Mailbox");
	if (every_s > 0)
		tree_set_str(row, "every_words", format_duration(v->arena, every_s));
	if (!json_is_null(tree_get(row, "lag_seconds")))
		tree_set_str(row, "lag_words",
			format_duration(v->arena, tree_i64(row, "lag_seconds")));
	tree_set_str(row, "failures_words", /* once needs no word */
		failures > 1 ? arena_printf(v->arena, "%.*s runs in a row",
				       STR_ARGS(format_number(v->arena, failures)))
			     : STR_ABSENT);
	state_add(row);
}

static bool raises_alarm(const json_t *row)
{
	return tree_true(row, "configured") &&
	       (tree_true(row, "failing") || tree_true(row, "overdue"));
}

static void alarms_add(struct view *v, json_t *frame, json_t *imports)
{
	json_t *alarms = tree_set_array(frame, "alarms");
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(imports); i++) {
		json_t *row = json_array_get(imports, i);

		if (raises_alarm(row) && n++ < ALARMS_SHOWN)
			json_array_append(alarms, row);
	}
	if (n > ALARMS_SHOWN)
		tree_set_str(frame, "more_alarms",
			format_count(v->arena, (int64_t)(n - ALARMS_SHOWN), "more source",
				"more sources"));
	tree_set_str(frame, "data_end", tree_str(v->status, "days.last"));
	tree_set_str(frame, "runs_link", view_link(v, "/problems/{}", STR("runs"), NULL));
}

void imports_table(struct view *v, bool brief)
{
	json_t *imports = tree_get(v->status, "imports"), *table;

	if (json_array_size(imports) == 0)
		return;
	table = tree_set_object(v->root, "import_table");
	tree_set_bool(table, "brief", brief);
	json_object_set(table, "data", imports);
}

void imports_add(struct view *v, json_t *frame)
{
	json_t *imports = tree_get(v->status, "imports");

	for (size_t i = 0; i < json_array_size(imports); i++)
		row_words(v, json_array_get(imports, i));
	alarms_add(v, frame, imports);
}
