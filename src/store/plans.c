#include "plans.h"

#ifdef RUAD_PLANS

#include "buf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define NOTE_MOST (4 * 1024 * 1024)

static void add_line(struct buf *b, const char *sign, struct str text)
{
	size_t at;

	buf_str(b, str_of(sign));
	at = b->n;
	buf_add(b, text.p, text.n);
	for (; at < b->n; at++)
		if (b->p[at] == '\n')
			b->p[at] = ' ';
	buf_str(b, STR("\n"));
}

static sqlite3_stmt *explain(sqlite3 *h, struct str how, struct str sql)
{
	struct buf text;
	sqlite3_stmt *st = NULL;

	buf_init(&text, NOTE_MOST);
	buf_str(&text, how);
	buf_str(&text, sql);
	if (sqlite3_prepare_v2(h, text.p, (int)text.n, &st, NULL) != SQLITE_OK)
		st = NULL;
	buf_release(&text);
	return st;
}

static void add_steps(struct buf *b, sqlite3 *h, struct str sql)
{
	sqlite3_stmt *st = explain(h, STR("EXPLAIN QUERY PLAN "), sql);

	while (st && sqlite3_step(st) == SQLITE_ROW)
		add_line(b, "P ", str_of((const char *)sqlite3_column_text(st, 3)));
	sqlite3_finalize(st);
}

/* The table that begins, or whose index begins, at this page. */
static void add_table(struct buf *b, sqlite3 *h, int page)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(h, "SELECT tbl_name FROM sqlite_schema WHERE rootpage = ?", -1,
		    &st, NULL) != SQLITE_OK)
		return;
	sqlite3_bind_int(st, 1, page);
	if (sqlite3_step(st) == SQLITE_ROW)
		add_line(b, "T ", str_of((const char *)sqlite3_column_text(st, 0)));
	sqlite3_finalize(st);
}

#define CURSORS_MOST 1000

/* In the program of a statement, a cursor that is set to an end of its table. */
static void add_rewound(struct buf *b, sqlite3 *h, struct str sql)
{
	sqlite3_stmt *st = explain(h, STR("EXPLAIN "), sql);
	int pages[CURSORS_MOST] = { 0 };
	bool rewound[CURSORS_MOST] = { false };

	while (st && sqlite3_step(st) == SQLITE_ROW) {
		struct str code = str_of((const char *)sqlite3_column_text(st, 1));
		int cursor = sqlite3_column_int(st, 2);

		if (cursor < 0 || cursor >= CURSORS_MOST)
			continue;
		if (str_eq(code, STR("OpenRead")))
			pages[cursor] = sqlite3_column_int(st, 3);
		rewound[cursor] |= str_eq(code, STR("Rewind")) || str_eq(code, STR("Last"));
	}
	sqlite3_finalize(st);
	for (int i = 0; i < CURSORS_MOST; i++)
		if (rewound[i] && pages[i] != 0)
			add_table(b, h, pages[i]);
}

/* One write, so that those of several threads do not mix. */
void plans_note(sqlite3 *h, struct str sql)
{
	const char *path = getenv("RUAD_PLANS");
	struct buf note;
	int fd;

	if (!path)
		return;
	buf_init(&note, NOTE_MOST);
	add_line(&note, "Q ", sql);
	add_steps(&note, h, sql);
	add_rewound(&note, h, sql);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, note.p, note.n) != (ssize_t)note.n)
		abort();
	close(fd);
	buf_release(&note);
}

#endif
