#include "rules.h"

#define RULE(name, def, least, most, text) .name = (def),
const struct rules rules_default = {
	.changes = { CHANGE_RULES(RULE) },
	.readiness = { READINESS_RULES(RULE).users_post_to_lists = LISTS_UNKNOWN },
};
#undef RULE
