#include "table.h"

#include <string.h>

void table_init(struct table *t, struct arena *a, const struct table_column *columns, size_t n)
{
	*t = (struct table){ .arena = a, .columns = columns, .column_count = n };
}

void table_row(struct table *t, const struct str *cells)
{
	if (t->row_count == t->capacity) {
		t->capacity = t->capacity ? t->capacity * 2 : 64;
		struct str *grown = ARENA_ARRAY(t->arena, struct str, t->capacity * t->column_count);
		if (t->row_count)
			memcpy(grown, t->cells, t->row_count * t->column_count * sizeof(*grown));
		t->cells = grown;
	}
	memcpy(t->cells + t->row_count * t->column_count, cells, t->column_count * sizeof(*cells));
	t->row_count++;
}

static void measure(const struct table *t, size_t *widths)
{
	for (size_t c = 0; c < t->column_count; c++) {
		widths[c] = strlen(t->columns[c].head);
		for (size_t r = 0; r < t->row_count; r++) {
			size_t w = columns_of(t->cells[r * t->column_count + c]);
			if (w > widths[c])
				widths[c] = w;
		}
	}
}

/* Take columns away from the widest one until the line fits. */
static void fit(const struct table *t, size_t *widths, size_t width)
{
	for (;;) {
		size_t sum = 2 * (t->column_count - 1), widest = 0;
		for (size_t c = 0; c < t->column_count; c++) {
			sum += widths[c];
			if (widths[c] > widths[widest])
				widest = c;
		}
		if (sum <= width || widths[widest] <= 8)
			return;
		size_t over = sum - width;
		widths[widest] = widths[widest] > over + 8 ? widths[widest] - over : widths[widest] - 1;
	}
}

static void print_cell(const struct table *t, FILE *f, struct str cell, size_t width, size_t column)
{
	cell = columns_cut(t->arena, cell, width);
	size_t pad = width - columns_of(cell);
	bool last = column + 1 == t->column_count;
	if (t->columns[column].right)
		fprintf(f, "%*s%.*s", (int)pad, "", STR_ARGS(cell));
	else
		fprintf(f, "%.*s%*s", STR_ARGS(cell), last ? 0 : (int)pad, "");
	fputs(last ? "\n" : "  ", f);
}

void table_print(const struct table *t, const struct terminal *term, FILE *f)
{
	size_t *widths = ARENA_ARRAY(t->arena, size_t, t->column_count);
	measure(t, widths);
	if (term->width)
		fit(t, widths, term->width);
	fputs(tone_on(term, TONE_BOLD), f);
	for (size_t c = 0; c < t->column_count; c++)
		print_cell(t, f, str_of(t->columns[c].head), widths[c], c);
	fputs(tone_off(term, TONE_BOLD), f);
	for (size_t r = 0; r < t->row_count; r++) {
		for (size_t c = 0; c < t->column_count; c++)
			print_cell(t, f, t->cells[r * t->column_count + c], widths[c], c);
	}
}
