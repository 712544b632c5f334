#include "lines.h"

bool line_next(struct str text, size_t *at, struct str *ret_line)
{
	size_t start = *at, end = start;

	if (start >= text.n)
		return false;
	while (end < text.n && text.p[end] != '\n' && text.p[end] != '\r')
		end++;
	*ret_line = str_make(text.p + start, end - start);
	if (end + 1 < text.n && text.p[end] == '\r' && text.p[end + 1] == '\n')
		end++;
	*at = end < text.n ? end + 1 : end;
	return true;
}
