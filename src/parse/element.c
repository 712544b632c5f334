#include "element.h"

#include "report.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
#define DISPOSITIONS "none quarantine reject"
#define RESULTS "none pass fail policy neutral temperror permerror"
#define TOLD "report_metadata/"
#define PUBLISHED "policy_published/"
#define ROW "record/row/"
#define EVALUATED ROW "policy_evaluated/"
#define NAMED "record/identifiers/"
#define AUTH "record/auth_results/"

#define REPORT(field) .in = IN_REPORT, .offset = offsetof(struct report, field)
#define RECORD(field) .in = IN_RECORD, .offset = offsetof(struct record, field)
#define REASON(field) .in = IN_REASON, .offset = offsetof(struct override, field)
#define DKIM(field) .in = IN_DKIM, .offset = offsetof(struct auth, field)
#define SPF(field) .in = IN_SPF, .offset = offsetof(struct auth, field)

/* EL(prefix of the path, name, parent, kind, more) */
#define EL(prefix, text, in_parent, is_kind, ...) \
	{ .name = STR_INIT(text), .path = STR_INIT(prefix text), .parent = in_parent, \
		.kind = is_kind __VA_OPT__(, ) __VA_ARGS__ }
#define HOLDS(from, to) .first = from, .last = to
#define WANTS .wants_value = true

const struct element element_table[EL_COUNT_OF] = {
	[EL_DOCUMENT] = EL("", "", EL_UNKNOWN, KIND_PARENT, HOLDS(EL_FEEDBACK, EL_FEEDBACK)),
	[EL_FEEDBACK] = EL("", "feedback", EL_DOCUMENT, KIND_PARENT, HOLDS(EL_VERSION, EL_EXTENSION)),

	[EL_VERSION] = EL("", "version", EL_FEEDBACK, KIND_TEXT, REPORT(version)),
	[EL_METADATA] = EL("", "report_metadata", EL_FEEDBACK, KIND_PARENT,
		HOLDS(EL_ORG_NAME, EL_GENERATOR)),
	[EL_POLICY] = EL("", "policy_published", EL_FEEDBACK, KIND_PARENT,
		HOLDS(EL_DOMAIN, EL_DISCOVERY)),
	[EL_RECORD] = EL("", "record", EL_FEEDBACK, KIND_PARENT, HOLDS(EL_ROW, EL_AUTH),
		.repeats = true),
	[EL_EXTENSION] = EL("", "extension", EL_FEEDBACK, KIND_SKIP, .repeats = true),

	[EL_ORG_NAME] = EL(TOLD, "org_name", EL_METADATA, KIND_TEXT, REPORT(org_name), WANTS),
	[EL_EMAIL] = EL(TOLD, "email", EL_METADATA, KIND_TEXT, REPORT(email), WANTS),
	[EL_CONTACT] = EL(TOLD, "extra_contact_info", EL_METADATA, KIND_TEXT,
		REPORT(extra_contact_info)),
	[EL_REPORT_ID] = EL(TOLD, "report_id", EL_METADATA, KIND_TEXT, REPORT(report_id), WANTS),
	[EL_DATE_RANGE] = EL(TOLD, "date_range", EL_METADATA, KIND_PARENT, HOLDS(EL_BEGIN, EL_END)),
	[EL_ERROR] = EL(TOLD, "error", EL_METADATA, KIND_NUMBER, .repeats = true),
	[EL_GENERATOR] = EL(TOLD, "generator", EL_METADATA, KIND_TEXT, REPORT(generator)),

	[EL_BEGIN] = EL(TOLD "date_range/", "begin", EL_DATE_RANGE, KIND_NUMBER, WANTS),
	[EL_END] = EL(TOLD "date_range/", "end", EL_DATE_RANGE, KIND_NUMBER, WANTS),

	[EL_DOMAIN] = EL(PUBLISHED, "domain", EL_POLICY, KIND_NAME, REPORT(policy.domain), WANTS),
	[EL_ADKIM] = EL(PUBLISHED, "adkim", EL_POLICY, KIND_NUMBER, REPORT(policy.adkim), WANTS),
	[EL_ASPF] = EL(PUBLISHED, "aspf", EL_POLICY, KIND_NUMBER, REPORT(policy.aspf), WANTS),
	[EL_P] = EL(PUBLISHED, "p", EL_POLICY, KIND_TOKEN, REPORT(policy.p), WANTS,
		.words = DISPOSITIONS),
	[EL_SP] = EL(PUBLISHED, "sp", EL_POLICY, KIND_TOKEN, REPORT(policy.sp), WANTS,
		.words = DISPOSITIONS),
	[EL_NP] = EL(PUBLISHED, "np", EL_POLICY, KIND_TOKEN, REPORT(policy.np), WANTS,
		.words = DISPOSITIONS),
	[EL_PCT] = EL(PUBLISHED, "pct", EL_POLICY, KIND_NUMBER, WANTS),
	[EL_FO] = EL(PUBLISHED, "fo", EL_POLICY, KIND_TEXT, REPORT(policy.fo)),
	[EL_TESTING] = EL(PUBLISHED, "testing", EL_POLICY, KIND_TOKEN, REPORT(policy.testing), WANTS,
		.words = "n y"),
	[EL_DISCOVERY] = EL(PUBLISHED, "discovery_method", EL_POLICY, KIND_TOKEN,
		REPORT(policy.discovery_method), WANTS, .words = "psl treewalk"),

	[EL_ROW] = EL("record/", "row", EL_RECORD, KIND_PARENT, HOLDS(EL_SOURCE_IP, EL_EVALUATED)),
	[EL_IDENTIFIERS] = EL("record/", "identifiers", EL_RECORD, KIND_PARENT,
		HOLDS(EL_HEADER_FROM, EL_ENVELOPE_TO)),
	[EL_AUTH] = EL("record/", "auth_results", EL_RECORD, KIND_PARENT, HOLDS(EL_DKIM, EL_SPF)),

	[EL_SOURCE_IP] = EL(ROW, "source_ip", EL_ROW, KIND_NUMBER, WANTS),
	[EL_COUNT] = EL(ROW, "count", EL_ROW, KIND_NUMBER, WANTS),
	[EL_EVALUATED] = EL(ROW, "policy_evaluated", EL_ROW, KIND_PARENT,
		HOLDS(EL_DISPOSITION, EL_REASON)),

	[EL_DISPOSITION] = EL(EVALUATED, "disposition", EL_EVALUATED, KIND_TOKEN,
		RECORD(disposition), WANTS, .words = DISPOSITIONS " pass"),
	[EL_EVALUATED_DKIM] = EL(EVALUATED, "dkim", EL_EVALUATED, KIND_TOKEN, RECORD(dkim), WANTS,
		.words = "pass fail"),
	[EL_EVALUATED_SPF] = EL(EVALUATED, "spf", EL_EVALUATED, KIND_TOKEN, RECORD(spf), WANTS,
		.words = "pass fail"),
	[EL_REASON] = EL(EVALUATED, "reason", EL_EVALUATED, KIND_PARENT,
		HOLDS(EL_REASON_TYPE, EL_REASON_COMMENT), .repeats = true),

	[EL_REASON_TYPE] = EL(EVALUATED "reason/", "type", EL_REASON, KIND_TOKEN, REASON(type), WANTS,
		.words = "local_policy mailing_list other trusted_forwarder forwarded sampled_out "
			 "policy_test_mode"),
	[EL_REASON_COMMENT] = EL(EVALUATED "reason/", "comment", EL_REASON, KIND_TEXT,
		REASON(comment)),

	[EL_HEADER_FROM] = EL(NAMED, "header_from", EL_IDENTIFIERS, KIND_NAME, RECORD(header_from),
		WANTS),
	[EL_ENVELOPE_FROM] = EL(NAMED, "envelope_from", EL_IDENTIFIERS, KIND_NAME,
		RECORD(envelope_from)),
	[EL_ENVELOPE_TO] = EL(NAMED, "envelope_to", EL_IDENTIFIERS, KIND_NAME, RECORD(envelope_to)),

	[EL_DKIM] = EL(AUTH, "dkim", EL_AUTH, KIND_PARENT, HOLDS(EL_DKIM_DOMAIN, EL_DKIM_HUMAN),
		.repeats = true),
	[EL_SPF] = EL(AUTH, "spf", EL_AUTH, KIND_PARENT, HOLDS(EL_SPF_DOMAIN, EL_SPF_HUMAN),
		.repeats = true),

	[EL_DKIM_DOMAIN] = EL(AUTH "dkim/", "domain", EL_DKIM, KIND_NAME, DKIM(domain), WANTS),
	[EL_DKIM_SELECTOR] = EL(AUTH "dkim/", "selector", EL_DKIM, KIND_TEXT, DKIM(selector)),
	[EL_DKIM_RESULT] = EL(AUTH "dkim/", "result", EL_DKIM, KIND_TOKEN, DKIM(result), WANTS,
		.words = RESULTS),
	[EL_DKIM_HUMAN] = EL(AUTH "dkim/", "human_result", EL_DKIM, KIND_TEXT, DKIM(human_result)),

	[EL_SPF_DOMAIN] = EL(AUTH "spf/", "domain", EL_SPF, KIND_NAME, SPF(domain), WANTS),
	[EL_SPF_SCOPE] = EL(AUTH "spf/", "scope", EL_SPF, KIND_TOKEN, SPF(scope), WANTS,
		.words = "mfrom helo"),
	[EL_SPF_RESULT] = EL(AUTH "spf/", "result", EL_SPF, KIND_TOKEN, SPF(result), WANTS,
		.words = RESULTS " softfail"),
	[EL_SPF_HUMAN] = EL(AUTH "spf/", "human_result", EL_SPF, KIND_TEXT, SPF(human_result)),

	[EL_UNKNOWN] = EL("", "", EL_UNKNOWN, KIND_SKIP),
};
/* clang-format on */

/* Names that real reporters use for one of the above. */
static const struct alias {
	enum element_id id;
	struct str name;
} aliases[] = {
	{ EL_IDENTIFIERS, STR_INIT("identities") },
	{ EL_DATE_RANGE, STR_INIT("data_range") },
	{ EL_TESTING, STR_INIT("t") },
};

static bool same(struct str a, struct str b)
{
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

enum element_id element_find(enum element_id parent, struct str name, bool *ret_renamed)
{
	const struct element *e = &element_table[parent];

	*ret_renamed = false;
	if (e->kind != KIND_PARENT)
		return EL_UNKNOWN;
	for (enum element_id id = e->first; id <= e->last; id++)
		if (same(element_table[id].name, name))
			return id;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (element_table[aliases[i].id].parent == parent &&
			same(aliases[i].name, name)) {
			*ret_renamed = true;
			return aliases[i].id;
		}
	}
	/* An extension may stand in a record as well (RFC 9990). */
	if (parent == EL_RECORD && same(name, STR("extension")))
		return EL_EXTENSION;
	return EL_UNKNOWN;
}

struct str element_word(const char *words, struct str s)
{
	struct str rest = str_of(words), word;

	while (str_cut(&rest, ' ', &word))
		if (same(word, s))
			return word;
	return STR_ABSENT;
}
