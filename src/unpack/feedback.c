#include "feedback.h"

#include "header.h"
#include "lines.h"

/* The value of the first field of that name. */
static struct str value_of(struct str text, struct str name)
{
	struct str line;
	size_t at = 0;

	while (line_next(text, &at, &line)) {
		ptrdiff_t colon;

		if (!str_starts_nocase(line, name))
			continue;
		line = str_trim(str_from(line, name.n));
		colon = str_index(line, ':');
		if (colon == 0)
			return str_trim(str_from(line, 1));
	}
	return STR_ABSENT;
}

static enum doc_kind kind_of(struct str type)
{
	return str_empty(type) || str_starts_nocase(type, STR("auth-failure")) ? DOC_ARF
									       : DOC_FEEDBACK;
}

enum doc_kind feedback_kind(struct str text)
{
	return kind_of(value_of(text, STR("feedback-type")));
}

static bool mentions(struct str text, struct str word)
{
	for (size_t i = 0; i + word.n <= text.n; i++)
		if (char_lower(text.p[i]) == word.p[0] &&
			str_starts_nocase(str_from(text, i), word))
			return true;
	return false;
}

bool feedback_like(struct str text, bool in_untyped_report, enum doc_kind *ret)
{
	struct str type = value_of(text, STR("feedback-type"));

	if (!str_empty(type)) {
		*ret = kind_of(type);
		return true;
	}
	if (!in_untyped_report || !mentions(text, STR("dmarc")) ||
		str_absent(value_of(text, STR("received"))) ||
		str_absent(value_of(text, STR("authentication-results"))))
		return false;
	*ret = DOC_ARF;
	return true;
}
