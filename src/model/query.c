#include "query.h"

#include "carrier.h"
#include "day.h"
#include "outcome.h"
#include "sender.h"

#include <assert.h>
#include <string.h>

#define DEFAULT_DAYS 30
#define LIMIT_DEFAULT 100
#define LIMIT_MOST 1000
#define LIST_MOST 200 /* values of one parameter */
#define SORT_KEYS_MOST 8
#define CURSOR_BYTES_MOST 1024
#define NEEDLE_BYTES_MOST 1024
#define SHOWN_BYTES 60 /* of a bad value, in a message */

struct param {
	const char *name;
	/* Reads value into *q.  On success *ret_norm is the value as it is kept in q->params.
	 */
	int (*take)(struct query *q, const struct param *p, struct str value,
		struct str *ret_norm, struct err *err);
	bool list;
	size_t arg;		  /* what take makes of it */
	const char *const *words; /* values that are allowed, ended by NULL */
};

/* --- messages --- */

static int bad(struct err *err, const struct param *p, struct str value, const char *wants)
{
	return FAIL(err, ERR_USAGE, "invalid-parameter", "'%s' is %s, not '%.*s'.", p->name,
		wants, STR_ARGS(str_first(value, SHOWN_BYTES)));
}

/* "'result' is pass or fail, not 'x'." */
static int bad_word(struct err *err, const struct param *p, struct str value)
{
	char wants[160] = "";
	size_t n = 0;

	for (size_t i = 0; p->words[i] && n < sizeof(wants); i++) {
		const char *between = i == 0 ? "" : p->words[i + 1] ? ", " : " or ";
		int added =
			snprintf(wants + n, sizeof(wants) - n, "%s%s", between, p->words[i]);

		n += (size_t)added;
	}
	return bad(err, p, value, wants);
}

/* --- values --- */

static int word_index(const char *const *words, struct str s)
{
	for (int i = 0; words[i]; i++)
		if (str_eq(s, str_of(words[i])))
			return i;
	return -1;
}

/* After a backslash these stand for themselves. */
static bool escapable(char c)
{
	return c == ',' || c == '\\' || c == '!';
}

/* The next value of a list, still escaped; *rest is absent after the last. */
static struct str list_cut(struct str *rest)
{
	struct str piece = *rest;

	for (size_t i = 0; i < rest->n; i++) {
		if (rest->p[i] == '\\' && i + 1 < rest->n && escapable(rest->p[i + 1])) {
			i++;
			continue;
		}
		if (rest->p[i] != ',')
			continue;
		piece = str_make(rest->p, i);
		*rest = str_from(*rest, i + 1);
		return str_trim(piece);
	}
	*rest = STR_ABSENT;
	return str_trim(piece);
}

static struct str unescape(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n && escapable(s.p[i + 1]))
			i++;
		p[n++] = s.p[i];
	}
	return str_make(p, n);
}

/* Room for all values of a list, or for as many as are read before it is refused. */
static size_t list_room(struct str value)
{
	size_t commas = 0;

	for (size_t i = 0; i < value.n && commas < LIST_MOST; i++)
		commas += value.p[i] == ',';
	return commas + 1;
}

static int list_parse(struct query *q, const struct param *p, struct str value,
	struct filter_list *ret, struct err *err)
{
	struct filter_list list = {
		.values = ARENA_ARRAY(q->arena, struct filter_value, list_room(value)),
	};
	struct str rest = value;

	while (!str_absent(rest)) {
		struct str piece = list_cut(&rest);
		bool excluded = str_starts(piece, STR("!"));

		if (excluded)
			piece = str_trim(str_from(piece, 1));
		if (piece.n == 0)
			return bad(err, p, value, "a list of values with one comma between");
		if (list.count == LIST_MOST)
			return FAIL(err, ERR_USAGE, "invalid-parameter",
				"'%s' has more than %d values.", p->name, LIST_MOST);
		list.values[list.count++] = (struct filter_value){
			.text = unescape(q->arena, piece),
			.excluded = excluded,
		};
	}
	*ret = list;
	return 0;
}

/* Writes s as one value to p, which has room for 2 * s.n.  Returns the length. */
static size_t value_write(char *p, struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ',' || s.p[i] == '\\' || (i == 0 && s.p[i] == '!'))
			p[n++] = '\\';
		p[n++] = s.p[i];
	}
	return n;
}

struct str query_value(struct arena *a, struct str s)
{
	char *p;

	if (str_absent(s))
		return s;
	p = arena_alloc(a, 2 * s.n + 1, 1);
	return str_make(p, value_write(p, s));
}

/* A list written back. */
static struct str list_text(struct query *q, const struct filter_list *list)
{
	size_t room = 1, n = 0;
	char *p;

	for (size_t i = 0; i < list->count; i++)
		room += 2 * list->values[i].text.n + 2;
	p = arena_alloc(q->arena, room, 1);
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			p[n++] = ',';
		if (list->values[i].excluded)
			p[n++] = '!';
		n += value_write(p + n, list->values[i].text);
	}
	return str_make(p, n);
}

/* --- one function for each form of parameter --- */

static int range_conflict(struct err *err)
{
	return FAIL(err, ERR_USAGE, "invalid-parameter", "'range' excludes 'from' and 'to'.");
}

/* arg: 0 from, 1 to.  A time counts for the day it is in; a `to` after its midnight includes
 * it. */
static int take_time(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	char text[DAY_TEXT];
	int64_t at, day;

	if (!time_parse(value, &at))
		return bad(err, p, value,
			"a day (2026-11-24) or a time in UTC (2026-11-24T00:00:00Z)");
	if (q->range_count || q->all_time)
		return range_conflict(err);
	day = day_of(at);
	if (p->arg == 1) {
		q->to_day = at > day_start(day) ? day + 1 : day;
		q->to_set = true;
		day = q->to_day;
	} else {
		q->from_day = day;
		q->from_set = true;
	}
	*ret_norm = arena_str(q->arena, day_text(day, text));
	return 0;
}

/* One day, which a length of one ends with. */
static int take_day(struct query *q, int64_t day, struct str *ret_norm)
{
	char text[DAY_TEXT];

	q->range_count = 1;
	q->range_unit = 'd';
	q->to_day = day + 1;
	q->to_set = true;
	*ret_norm = arena_str(q->arena, day_text(day, text));
	return 0;
}

static int take_range(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	bool all = str_eq(value, STR("all"));
	char unit = value.p[value.n - 1];
	uint64_t count = 0;
	int64_t day;

	if (day_parse(value, &day))
		return q->from_set || q->to_set ? range_conflict(err)
						: take_day(q, day, ret_norm);
	if (!all && (value.n > 4 || !strchr("dwmy", unit) ||
			    !str_to_u64(str_make(value.p, value.n - 1), &count) || count == 0))
		return bad(err, p, value,
			"a number from 1 to 999 and d, w, m or y (days, weeks, months, years), "
			"a day, or all");
	if (q->from_set || q->to_set)
		return range_conflict(err);
	q->all_time = all;
	q->range_count = (int)count;
	q->range_unit = all ? '\0' : unit;
	*ret_norm = all ? STR("all")
			: arena_printf(q->arena, "%d%c", q->range_count, q->range_unit);
	return 0;
}

static int bad_reason(struct err *err, struct str value)
{
	unsigned nearest = 4;
	const char *hint = NULL;

	for (size_t i = 0; i < reason_count; i++) {
		unsigned d = str_distance(value, str_of(reason_table[i].code));

		if (d < nearest) {
			nearest = d;
			hint = reason_table[i].code;
		}
	}
	return FAIL(err, ERR_USAGE, "invalid-parameter", "'%.*s' is not a reason code.%s%s%s",
		STR_ARGS(str_first(value, SHOWN_BYTES)), hint ? " Did you mean '" : "",
		hint ? hint : "", hint ? "'?" : "");
}

/* Values that can only be a few things. */
static int check_text(const struct param *p, struct str value, struct err *err)
{
	enum outcome outcome;
	uint64_t id;

	switch ((enum filter)p->arg) {
	case FILTER_REPORT:
		if (!str_to_u64(value, &id) || id == 0 || id > INT64_MAX)
			return bad(err, p, value, "the number of a stored report");
		return 0;
	case FILTER_OUTCOME:
		if (!outcome_from_name(value, &outcome))
			return bad(err, p, value, "stored, duplicate, ignored or rejected");
		return 0;
	case FILTER_REASON:
		return reason_find(value) ? 0 : bad_reason(err, value);
	default:
		return 0;
	}
}

static struct str fold_text(struct query *q, enum filter f, struct str s)
{
	bool is_domain = f == FILTER_DOMAIN || f == FILTER_HEADER_FROM ||
			 f == FILTER_SPF_DOMAIN || f == FILTER_DKIM_DOMAIN;

	while (is_domain && s.n > 1 && (s.p[s.n - 1] == '.' || char_space(s.p[s.n - 1])))
		s.n--;
	return f == FILTER_DKIM_SELECTOR ? s : arena_str_lower(q->arena, s);
}

/* arg: enum filter */
static int take_text(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	struct filter_list list;
	int r = list_parse(q, p, value, &list, err);

	for (size_t i = 0; r == 0 && i < list.count; i++) {
		list.values[i].text = fold_text(q, (enum filter)p->arg, list.values[i].text);
		r = check_text(p, list.values[i].text, err);
	}
	if (r < 0)
		return r;
	q->filters[p->arg] = list;
	*ret_norm = list_text(q, &list);
	return 0;
}

static int take_networks(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	const char *wants = "an address or a network (192.0.2.1, 192.0.2.0/24, 2001:db8::/32)";
	struct filter_list list;
	struct ip_net *networks;
	char text[IP_TEXT];
	int r = list_parse(q, p, value, &list, err);

	if (r < 0)
		return r;
	networks = ARENA_ARRAY(q->arena, struct ip_net, list.count);
	for (size_t i = 0; i < list.count; i++) {
		struct filter_value *v = &list.values[i];

		if (v->excluded)
			return FAIL(err, ERR_USAGE, "invalid-parameter",
				"'%s' cannot exclude with '!'.", p->name);
		if (!ip_net_parse(v->text, &networks[i]))
			return bad(err, p, v->text, wants);
		v->text = arena_str(q->arena, ip_net_text(&networks[i], text));
	}
	q->networks = networks;
	q->network_count = list.count;
	*ret_norm = list_text(q, &list);
	return 0;
}

/* Words of a list as bits, in their order. */
static int take_bits(struct query *q, const struct param *p, struct str value, unsigned all,
	unsigned *bits, struct str *ret_norm, struct err *err)
{
	unsigned wanted = 0, excluded = 0;
	struct filter_list list;
	int r = list_parse(q, p, value, &list, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < list.count; i++) {
		int word = word_index(p->words, list.values[i].text);

		if (word < 0)
			return bad_word(err, p, list.values[i].text);
		*(list.values[i].excluded ? &excluded : &wanted) |= 1U << word;
	}
	wanted = (wanted ? wanted : all) & ~excluded;
	/* No bit would mean any. */
	if (wanted == 0)
		return FAIL(err, ERR_USAGE, "invalid-parameter", "'%s' excludes every value.",
			p->name);
	*bits = wanted;
	*ret_norm = list_text(q, &list);
	return 0;
}

static int take_causes(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	return take_bits(q, p, value, (1U << CAUSE_COUNT) - 1, &q->causes, ret_norm, err);
}

static int take_dispositions(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	return take_bits(q, p, value, (1U << DISP_COUNT) - 1, &q->dispositions, ret_norm, err);
}

static int take_classes(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	return take_bits(q, p, value, (1U << CLASS_COUNT) - 1, &q->classes, ret_norm, err);
}

static int take_marks(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	return take_bits(q, p, value, (1U << WORD_COUNT) - 1, &q->words, ret_norm, err);
}

static int take_origins(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	return take_bits(q, p, value, (1U << CARRIER_COUNT) - 1, &q->origins, ret_norm, err);
}

static int take_word(const struct param *p, struct str value, int *ret, struct str *ret_norm,
	struct err *err)
{
	int word = word_index(p->words, value);

	if (word < 0)
		return bad_word(err, p, value);
	*ret = word;
	*ret_norm = str_of(p->words[word]);
	return 0;
}

/* arg: offset of the flag in struct query_flags; the words are those for 0 and 1 */
static int take_flag(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	int *flag = (int *)(void *)((char *)&q->flags + p->arg);

	return take_word(p, value, flag, ret_norm, err);
}

static int take_interval(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	int word = (int)q->bucket;
	int r = take_word(p, value, &word, ret_norm, err);

	q->bucket = (enum bucket)word;
	return r;
}

static int take_split(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	int word = (int)q->split;
	int r = take_word(p, value, &word, ret_norm, err);

	q->split = (enum split)word;
	return r;
}

static int take_basis(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	int word = q->by_receiver;
	int r = take_word(p, value, &word, ret_norm, err);

	q->by_receiver = word == 1;
	return r;
}

/* No end of a range: what is asked about happened on this day or later. */
static int take_since(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	char text[DAY_TEXT];
	int64_t at;

	if (!time_parse(value, &at))
		return bad(err, p, value,
			"a day (2026-11-24) or a time in UTC (2026-11-24T00:00:00Z)");
	q->since_day = day_of(at);
	q->since_set = true;
	*ret_norm = arena_str(q->arena, day_text(q->since_day, text));
	return 0;
}

static int take_target(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	int word = 0;
	int r = take_word(p, value, &word, ret_norm, err);

	if (r == 0)
		q->target = (enum target)(word + TARGET_QUARANTINE);
	return r;
}

/* One text, commas and all. */
static int take_needle(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	if (value.n > NEEDLE_BYTES_MOST)
		return bad(err, p, value, "a text of at most 1024 bytes");
	q->text = value;
	q->needle = arena_str_lower(q->arena, value);
	*ret_norm = value;
	return 0;
}

static bool sort_key(struct str key)
{
	if (str_starts(key, STR("-")))
		key = str_from(key, 1);
	if (key.n == 0 || key.p[0] < 'a' || key.p[0] > 'z')
		return false;
	for (size_t i = 1; i < key.n; i++) {
		char c = key.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
			return false;
	}
	return true;
}

/* The form alone: which keys there are is the resource's business. */
static int take_sort(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	struct str rest = value, key;
	int keys = 0;

	while (str_cut(&rest, ',', &key))
		if (!sort_key(key) || ++keys > SORT_KEYS_MOST)
			return bad(err, p, value,
				"up to 8 column names with commas between, "
				"each with '-' in front for falling order");
	q->sort = value;
	*ret_norm = value;
	return 0;
}

static int take_limit(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	uint64_t limit;

	if (!str_to_u64(value, &limit) || limit == 0 || limit > LIMIT_MOST)
		return bad(err, p, value, "a number from 1 to 1000");
	q->limit = (unsigned)limit;
	*ret_norm = arena_printf(q->arena, "%u", q->limit);
	return 0;
}

static int take_cursor(struct query *q, const struct param *p, struct str value,
	struct str *ret_norm, struct err *err)
{
	if (value.n > CURSOR_BYTES_MOST)
		return bad(err, p, value, "what 'next' of the page before says");
	q->cursor = value;
	*ret_norm = value;
	return 0;
}

/* --- the table --- */

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define CAUSE(symbol, code, sentence, advice) code,
static const char *const cause_words[] = { CAUSES(CAUSE) NULL };
#undef CAUSE
static const char *const disposition_words[] = { "not_reported", "none", "quarantine", "reject",
	"pass", "other", NULL };
static_assert(DISP_NULL == 0 && DISP_NONE + 5 == DISP_COUNT,
	"disposition_words has them all, in order");

/* sender_class_name(), in the order of enum sender_class. */
static const char *const class_words[] = { "aligned", "fragile", "forwarded", "replay",
	"unclear", "not_aligned", "unauthenticated", NULL };
static_assert(CLASS_COUNT == 7, "class_words has them all");

/* carrier_name(), in the order of enum carrier_state. */
static const char *const origin_words[] = { "unknown", "authenticated", "misfit",
	"unauthenticated", NULL };
static_assert(CARRIER_COUNT == 4, "origin_words has them all");

#define FLAG(field) offsetof(struct query_flags, field)

/* PARAM(name, take, list, arg, words), in the order in which links are written */
#define PARAMS(PARAM) \
	PARAM("from", take_time, false, 0, NULL) \
	PARAM("to", take_time, false, 1, NULL) \
	PARAM("range", take_range, false, 0, NULL) \
	PARAM("domain", take_text, true, FILTER_DOMAIN, NULL) \
	PARAM("header_from", take_text, true, FILTER_HEADER_FROM, NULL) \
	PARAM("subdomains", take_flag, false, FLAG(subdomains), WORDS("false", "true")) \
	PARAM("reporter", take_text, true, FILTER_REPORTER, NULL) \
	PARAM("source_ip", take_networks, true, 0, NULL) \
	PARAM("sender", take_text, true, FILTER_SENDER, NULL) \
	PARAM("result", take_flag, false, FLAG(pass), WORDS("fail", "pass")) \
	PARAM("spf", take_flag, false, FLAG(spf), WORDS("unaligned", "aligned")) \
	PARAM("dkim", take_flag, false, FLAG(dkim), WORDS("unaligned", "aligned")) \
	PARAM("spf_domain", take_text, true, FILTER_SPF_DOMAIN, NULL) \
	PARAM("spf_scope", take_text, true, FILTER_SPF_SCOPE, NULL) \
	PARAM("spf_result", take_text, true, FILTER_SPF_RESULT, NULL) \
	PARAM("dkim_domain", take_text, true, FILTER_DKIM_DOMAIN, NULL) \
	PARAM("dkim_selector", take_text, true, FILTER_DKIM_SELECTOR, NULL) \
	PARAM("dkim_result", take_text, true, FILTER_DKIM_RESULT, NULL) \
	PARAM("cause", take_causes, true, 0, cause_words) \
	PARAM("explained", take_flag, false, FLAG(explained), WORDS("false", "true")) \
	PARAM("disposition", take_dispositions, true, 0, disposition_words) \
	PARAM("override", take_text, true, FILTER_OVERRIDE, NULL) \
	PARAM("disagrees", take_flag, false, FLAG(disagrees), WORDS("false", "true")) \
	PARAM("report", take_text, true, FILTER_REPORT, NULL) \
	PARAM("policy", take_text, true, FILTER_POLICY, NULL) \
	PARAM("origin", take_origins, true, 0, origin_words) \
	PARAM("outcome", take_text, true, FILTER_OUTCOME, NULL) \
	PARAM("reason", take_text, true, FILTER_REASON, NULL) \
	PARAM("dismissed", take_flag, false, FLAG(dismissed), WORDS("false", "true")) \
	PARAM("class", take_classes, true, 0, class_words) \
	PARAM("mark", take_marks, true, 0, WORDS("undecided", "ours", "not_ours")) \
	PARAM("new", take_flag, false, FLAG(fresh), WORDS("false", "true")) \
	PARAM("undecided", take_flag, false, FLAG(undecided), WORDS("false", "true")) \
	PARAM("own", take_flag, false, FLAG(own), WORDS("false", "true")) \
	PARAM("q", take_needle, false, 0, NULL) \
	PARAM("group", take_flag, false, FLAG(grouped), WORDS("false", "true")) \
	PARAM("by", take_split, false, 0, \
		WORDS("result", "cause", "disposition", "sender", "reporter")) \
	PARAM("interval", take_interval, false, 0, WORDS("day", "week", "month")) \
	PARAM("basis", take_basis, false, 0, WORDS("computed", "reported")) \
	PARAM("since", take_since, false, 0, NULL) \
	PARAM("target", take_target, false, 0, WORDS("quarantine", "reject")) \
	PARAM("sort", take_sort, false, 0, NULL) \
	PARAM("limit", take_limit, false, 0, NULL) \
	PARAM("cursor", take_cursor, false, 0, NULL)

static const struct param param_table[] = {
#define PARAM(name, take, list, arg, words) { name, take, list, arg, words },
	PARAMS(PARAM)
#undef PARAM
};
#define PARAM_COUNT (sizeof(param_table) / sizeof(param_table[0]))

const char *const query_names[] = {
#define PARAM(name, take, list, arg, words) name,
	PARAMS(PARAM)
#undef PARAM
		NULL,
};

const char *filter_name(enum filter f)
{
	assert((unsigned)f < FILTER_COUNT);
	for (size_t i = 0; i < PARAM_COUNT; i++)
		if (param_table[i].take == take_text && param_table[i].arg == (size_t)f)
			return param_table[i].name;
	assert(false); /* every filter is in the table */
	return NULL;
}

/* --- the query --- */

void query_init(struct query *q, struct arena *a)
{
	*q = (struct query){
		.arena = a,
		.flags = QUERY_FLAGS_ANY,
		.limit = LIMIT_DEFAULT,
		.params = ARENA_ARRAY(a, struct query_param, PARAM_COUNT),
	};
}

static const struct param *param_find(struct str name, const char *const *allowed)
{
	if (word_index(allowed ? allowed : query_names, name) < 0)
		return NULL;
	for (size_t i = 0; i < PARAM_COUNT; i++)
		if (str_eq(name, str_of(param_table[i].name)))
			return &param_table[i];
	return NULL;
}

/* The nearest name, when it is near enough to be meant; of two, the one that lacks a letter. */
static const char *suggest(struct arena *a, struct str name, const char *const *allowed)
{
	struct str folded = arena_str_lower(a, name);
	unsigned nearest = name.n <= 3 ? 1 : name.n <= 6 ? 2 : 3;
	const char *hint = NULL;

	for (const char *const *n = allowed ? allowed : query_names; *n; n++) {
		unsigned d = str_distance(folded, str_of(*n));

		/* Nothing of what was written is left of a name that far away. */
		if (d >= name.n || d > nearest ||
			(d == nearest && hint && strlen(*n) <= strlen(hint)))
			continue;
		nearest = d;
		hint = *n;
	}
	return hint;
}

static int unknown(struct query *q, struct str name, const char *const *allowed,
	const char **ret_suggestion, struct err *err)
{
	const char *hint = suggest(q->arena, name, allowed);

	if (ret_suggestion)
		*ret_suggestion = hint;
	return FAIL(err, ERR_USAGE, "unknown-parameter",
		"'%.*s' is not a parameter here.%s%s%s", STR_ARGS(str_first(name, SHOWN_BYTES)),
		hint ? " Did you mean '" : "", hint ? hint : "", hint ? "'?" : "");
}

static struct query_param *given(const struct query *q, const struct param *p)
{
	for (size_t i = 0; i < q->param_count; i++)
		if (q->params[i].name.p == p->name)
			return &q->params[i];
	return NULL;
}

/* Keep what was given, in the order of the table. */
static void keep(struct query *q, const struct param *p, struct str norm)
{
	struct query_param *old = given(q, p);
	size_t at = 0;

	if (old) {
		old->value = norm;
		return;
	}
	for (const struct param *before = param_table; before < p; before++)
		at += given(q, before) != NULL;
	memmove(&q->params[at + 1], &q->params[at],
		(q->param_count - at) * sizeof(q->params[0]));
	q->params[at] = (struct query_param){ .name = str_of(p->name), .value = norm };
	q->param_count++;
}

int query_set(struct query *q, struct str name, struct str value, const char *const *allowed,
	const char **ret_suggestion, struct err *err)
{
	const struct param *p = param_find(name, allowed);
	struct query_param *old;
	struct str norm;
	int r;

	if (ret_suggestion)
		*ret_suggestion = NULL;
	if (!p)
		return unknown(q, name, allowed, ret_suggestion, err);
	value = arena_str(q->arena, str_trim(value));
	if (str_empty(value))
		return FAIL(err, ERR_USAGE, "invalid-parameter", "'%s' has no value.", p->name);
	/* Other controls do stand in names that reports have. */
	if (str_contains(value, STR("\0")) || !str_utf8(value))
		return bad(err, p, value, "text in UTF-8 without NUL");
	old = given(q, p);
	if (old && !p->list)
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"'%s' is given more than once.", p->name);
	if (old)
		value = arena_printf(
			q->arena, "%.*s,%.*s", STR_ARGS(old->value), STR_ARGS(value));
	r = p->take(q, p, value, &norm, err);
	if (r < 0)
		return r;
	keep(q, p, norm);
	return 0;
}

/* The same day of the month, that many months before; the month's last day where it has no
 * such. */
static int64_t months_before(int64_t day, int months)
{
	struct civil c;
	int64_t first, next;

	day_civil(day, &c);
	first = day_from_civil(c.year, c.month - months, 1);
	next = day_from_civil(c.year, c.month - months + 1, 1);
	return first + c.day - 1 < next ? first + c.day - 1 : next - 1;
}

static int64_t range_begin(const struct query *q, int64_t to_day)
{
	if (q->all_time)
		return 0;
	switch (q->range_unit) {
	case 'd':
		return to_day - q->range_count;
	case 'w':
		return to_day - 7 * (int64_t)q->range_count;
	case 'm':
		return months_before(to_day, q->range_count);
	case 'y':
		return months_before(to_day, 12 * q->range_count);
	default:
		return to_day - DEFAULT_DAYS;
	}
}

int query_end(struct query *q, int64_t now_at, struct err *err)
{
	int64_t to = q->to_set ? q->to_day : day_of(now_at) + 1;
	int64_t from = q->from_set ? q->from_day : range_begin(q, to);
	char from_text[DAY_TEXT], to_text[DAY_TEXT];

	if (from > to)
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"The range begins on %s, after its end on %s.",
			day_text(from, from_text).p, day_text(to, to_text).p);
	q->from_day = from;
	q->to_day = to;
	return 0;
}
