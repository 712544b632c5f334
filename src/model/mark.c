#include "mark.h"

static const char *const words[WORD_COUNT] = { "undecided", "ours", "not_ours" };

const char *sender_word_name(enum sender_word w)
{
	return words[w];
}

bool sender_word_from_name(struct str name, enum sender_word *ret)
{
	if (str_eq(name, STR("not-ours")))
		name = STR("not_ours");
	for (int i = 0; i < WORD_COUNT; i++) {
		if (!str_eq(name, str_of(words[i])))
			continue;
		*ret = (enum sender_word)i;
		return true;
	}
	return false;
}

bool mark_note_ok(struct str note)
{
	for (size_t i = 0; i < note.n; i++) {
		unsigned char c = (unsigned char)note.p[i];

		if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
			return false;
	}
	return note.n <= MARK_NOTE_MOST && str_utf8(note);
}
