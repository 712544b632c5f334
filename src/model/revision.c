#include "revision.h"

static const struct {
	const char *name, *what;
} table[] = {
#define REVISION(symbol, name, what) { name, what },
	REVISIONS(REVISION)
#undef REVISION
};

const char *revision_name(enum revision r)
{
	return table[r].name;
}

const char *revision_what(enum revision r)
{
	return table[r].what;
}
