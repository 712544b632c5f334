#include "verdict.h"

#include <assert.h>

const char *dmarc_name(enum dmarc d)
{
	static const char *const names[] = {
		[DMARC_NULL] = NULL,
		[DMARC_FAIL] = "fail",
		[DMARC_PASS] = "pass",
	};

	assert((unsigned)d <= DMARC_PASS);
	return names[d];
}

static const struct {
	const char *code, *sentence, *advice;
} cause_table[CAUSE_COUNT] = {
#define CAUSE(symbol, code, sentence, advice) [symbol] = { code, sentence, advice },
	CAUSES(CAUSE)
#undef CAUSE
};

const char *cause_name(enum cause c)
{
	assert((unsigned)c < CAUSE_COUNT);
	return cause_table[c].code;
}

const char *cause_sentence(enum cause c)
{
	assert((unsigned)c < CAUSE_COUNT);
	return cause_table[c].sentence;
}

const char *cause_advice(enum cause c)
{
	assert((unsigned)c < CAUSE_COUNT);
	return cause_table[c].advice;
}

bool cause_from_name(struct str name, enum cause *ret)
{
	for (unsigned c = 0; c < CAUSE_COUNT; c++) {
		if (!str_eq(name, str_of(cause_table[c].code)))
			continue;
		*ret = (enum cause)c;
		return true;
	}
	return false;
}

const char *named_by_name(enum named_by n)
{
	static const char *const names[] = {
		[NAMED_BY_ADDRESS] = "address",
		[NAMED_BY_DKIM] = "dkim",
		[NAMED_BY_SPF] = "spf",
	};

	assert((unsigned)n <= NAMED_BY_SPF);
	return names[n];
}

bool auth_passes(const struct auth *a)
{
	return str_eq(a->result, STR("pass")) && !str_empty(a->domain);
}

bool spf_counts(const struct record *rec, const struct auth *a)
{
	const struct str helo = STR("helo");

	if (str_empty(a->scope) || str_eq(a->scope, STR("mfrom")))
		return true;
	if (!str_eq(a->scope, helo) || !str_empty(rec->envelope_from))
		return false;
	for (size_t i = 0; i < rec->spf_count; i++)
		if (!str_eq(rec->spf_auth[i].scope, helo))
			return false;
	return true;
}

static const char *const disposition_names[DISP_COUNT] = {
	[DISP_NULL] = NULL,
	[DISP_NONE] = "none",
	[DISP_QUARANTINE] = "quarantine",
	[DISP_REJECT] = "reject",
	[DISP_PASS] = "pass",
	[DISP_OTHER] = "other",
};

enum disposition disposition_of(struct str token)
{
	enum disposition d;

	if (str_empty(token))
		return DISP_NULL;
	return disposition_from_name(token, &d) ? d : DISP_OTHER;
}

const char *disposition_name(enum disposition d)
{
	assert((unsigned)d < DISP_COUNT);
	return disposition_names[d];
}

bool disposition_from_name(struct str name, enum disposition *ret)
{
	if (str_absent(name))
		return false;
	for (unsigned d = 0; d < DISP_COUNT; d++) {
		if (!str_eq(name, str_of(disposition_names[d])))
			continue;
		*ret = (enum disposition)d;
		return true;
	}
	return false;
}
