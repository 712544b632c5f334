#include "note.h"

#include <assert.h>

static const struct {
	const char *code, *sentence;
} note_table[NOTE_COUNT] = {
#define NOTE(symbol, code, sentence) [symbol] = { code, sentence },
	NOTES(NOTE)
#undef NOTE
};

const char *note_name(enum note_code code)
{
	assert((unsigned)code < NOTE_COUNT);
	return note_table[code].code;
}

const char *note_sentence(struct str code)
{
	for (unsigned i = 0; i < NOTE_COUNT; i++)
		if (str_eq(code, str_of(note_table[i].code)))
			return note_table[i].sentence;
	return NULL;
}
