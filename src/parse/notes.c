#include "notes.h"

#include <string.h>

_Static_assert((int)NOTE_COUNT *(int)EL_COUNT_OF < UINT16_MAX, "a slot holds any place");

void notes_begin(struct notes *s, struct arena *a)
{
	memset(s, 0, sizeof(*s));
	s->arena = a;
}

/* The old list stays where it was: a struct report may still show it. */
static void grow(struct notes *s)
{
	size_t cap = s->cap ? s->cap * 2 : 8;
	struct note *list = ARENA_ARRAY(s->arena, struct note, cap);

	if (s->n)
		memcpy(list, s->list, s->n * sizeof(*list));
	s->list = list;
	s->cap = cap;
}

void notes_add(struct notes *s, enum note_code code, enum element_id where, struct str detail)
{
	struct note *n;

	if (s->slot[code][where]) {
		s->list[s->slot[code][where] - 1].times++;
		return;
	}
	if (s->n == s->cap)
		grow(s);
	n = &s->list[s->n++];
	s->slot[code][where] = (uint16_t)s->n;
	n->code = str_of(note_name(code));
	n->where = element_table[where].path;
	if (n->where.n == 0)
		n->where = STR_ABSENT;
	n->detail = arena_str(s->arena, str_first(detail, NOTES_DETAIL));
	n->times = 1;
}
