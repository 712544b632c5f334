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
		size_t room = t->capacity * t->column_count,
		       used = t->row_count * t->column_count;
		struct str *cells_grown = ARENA_ARRAY(t->arena, struct str, room);
		enum tone *tones_grown = ARENA_ARRAY(t->arena, enum tone, room);
		if (used) {
			memcpy(cells_grown, t->cells, used * sizeof(*cells_grown));
			memcpy(tones_grown, t->tones, used * sizeof(*tones_grown));
		}
		t->cells = cells_grown;
		t->tones = tones_grown;
	}
	memcpy(t->cells + t->row_count * t->column_count, cells,
		t->column_count * sizeof(*cells));
	t->row_count++;
}

void table_tone(struct table *t, size_t column, enum tone tone)
{
	t->tones[(t->row_count - 1) * t->column_count + column] = tone;
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

#define LEAST 8	     /* columns that a cell keeps in any case */
#define LEAST_CUT 12 /* of text that is cut, before columns are left out */

/* Of the whole line; columns of width 0 are left out. */
static size_t line_width(const struct table *t, const size_t *widths)
{
	size_t sum = 0;
	for (size_t c = 0; c < t->column_count; c++)
		sum += widths[c] ? widths[c] + 2 : 0;
	return sum - 2;
}

/* Take from the widest column, one character at a time, until the line fits: of those that may
 * be cut, or of all. */
static void shrink(const struct table *t, size_t *widths, size_t width, bool all, size_t least)
{
	while (line_width(t, widths) > width) {
		size_t widest = t->column_count;
		for (size_t c = 0; c < t->column_count; c++) {
			if ((all || t->columns[c].fit == FIT_CUT) &&
				(widest == t->column_count || widths[c] > widths[widest]))
				widest = c;
		}
		if (widest == t->column_count || widths[widest] <= least)
			return;
		widths[widest]--;
	}
}

static void fit(const struct table *t, size_t *widths, size_t width)
{
	size_t *natural = ARENA_ARRAY(t->arena, size_t, t->column_count);
	memcpy(natural, widths, t->column_count * sizeof(*widths));
	shrink(t, widths, width, false, LEAST_CUT);
	for (size_t c = t->column_count; c > 0 && line_width(t, widths) > width; c--) {
		if (t->columns[c - 1].fit == FIT_DROP)
			widths[c - 1] = 0;
	}
	/* What the last one to go left over is for the texts again. */
	for (size_t c = 0; c < t->column_count; c++)
		widths[c] = widths[c] ? natural[c] : 0;
	shrink(t, widths, width, false, LEAST);
	shrink(t, widths, width, true, LEAST);
	/* Narrower than anything was made for: what comes first is what identifies a row. */
	for (size_t c = t->column_count; c > 1 && line_width(t, widths) > width; c--)
		widths[c - 1] = 0;
}

struct look {
	const struct terminal *term;
	const size_t *widths;
	FILE *f;
};

static void print_cell(const struct table *t, const struct look *look, struct str cell,
	enum tone tone, size_t column, bool last)
{
	size_t width = look->widths[column];
	cell = columns_cut(t->arena, cell, width);
	size_t pad = width - columns_of(cell);
	if (t->columns[column].right)
		fprintf(look->f, "%*s", (int)pad, "");
	fprintf(look->f, "%s%.*s%s", tone_on(look->term, tone), STR_ARGS(cell),
		tone_off(look->term, tone));
	if (!last)
		fprintf(look->f, "%*s  ", t->columns[column].right ? 0 : (int)pad, "");
}

/* tones: NULL, all plain. */
static void print_row(const struct table *t, const struct look *look, const struct str *cells,
	const enum tone *tones)
{
	size_t last = t->column_count - 1;
	while (look->widths[last] == 0)
		last--;
	for (size_t c = 0; c <= last; c++) {
		if (look->widths[c])
			print_cell(
				t, look, cells[c], tones ? tones[c] : TONE_PLAIN, c, c == last);
	}
}

static void print_left_out(
	const struct table *t, const struct terminal *term, FILE *f, const size_t *widths)
{
	const char *before = "no room for: ";
	for (size_t c = 0; c < t->column_count; c++) {
		if (widths[c] == 0) {
			fprintf(f, "%s%s%s", before[0] == 'n' ? tone_on(term, TONE_MUTED) : "",
				before, t->columns[c].head);
			before = ", ";
		}
	}
	if (before[0] == ',')
		fprintf(f, "%s\n", tone_off(term, TONE_MUTED));
}

void table_print(const struct table *t, const struct terminal *term, FILE *f)
{
	size_t *widths = ARENA_ARRAY(t->arena, size_t, t->column_count);
	measure(t, widths);
	if (term->width)
		fit(t, widths, term->width);
	struct str *heads = ARENA_ARRAY(t->arena, struct str, t->column_count);
	for (size_t c = 0; c < t->column_count; c++)
		heads[c] = str_of(t->columns[c].head);
	struct look look = { term, widths, f };
	fputs(tone_on(term, TONE_BOLD), f);
	print_row(t, &look, heads, NULL);
	fprintf(f, "%s\n", tone_off(term, TONE_BOLD));
	for (size_t r = 0; r < t->row_count; r++) {
		print_row(t, &look, t->cells + r * t->column_count,
			t->tones + r * t->column_count);
		fputc('\n', f);
	}
	print_left_out(t, term, f, widths);
}
