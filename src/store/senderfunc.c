#include "senderfunc.h"

#include "daylist.h"
#include "facts.h"
#include "service.h"
#include "sqlfunc.h"
#include "tally.h"

#include <assert.h>

static struct str text_at(sqlite3_value **v, int i)
{
	const char *p = (const char *)sqlite3_value_text(v[i]);

	return p ? str_make(p, (size_t)sqlite3_value_bytes(v[i])) : STR_ABSENT;
}

static struct str blob_at(sqlite3_value **v, int i)
{
	const char *p = sqlite3_value_blob(v[i]);

	return str_make(p ? p : "", (size_t)sqlite3_value_bytes(v[i]));
}

void sender_proof(struct sql *sql, const char *own)
{
	sql_addf(sql,
		"(e.facts & %u = %u AND (e.facts & %u <> 0 OR EXISTS (SELECT 1 FROM"
		" evidence_dkim d WHERE d.evidence = e.id AND d.matches = %d AND d.result ="
		" " PASS_WORD " AND NOT %s)))",
		FACTS_PASS | FACTS_FORWARDED, FACTS_PASS, FACTS_SPF, DMARC_PASS, own);
}

/* --- Names --- */

static void name_at(
	sqlite3_context *c, sqlite3_value **v, char buf[IP_TEXT], struct sender_name *ret)
{
	const struct db *db = sqlite3_user_data(c);
	struct str bytes = blob_at(v, 2);
	int64_t by = sqlite3_value_int64(v[1]);
	struct ip ip = { 0 };

	if (bytes.n == 4 || bytes.n == 16)
		ip = ip_of_bytes(bytes.p, (uint8_t)bytes.n);
	services_name(db->services, text_at(v, 0),
		by == NAMED_BY_SPF ? NAMED_BY_SPF : NAMED_BY_DKIM, &ip, buf, ret);
}

static void key_func(sqlite3_context *c, int n, sqlite3_value **v)
{
	char buf[IP_TEXT];
	struct sender_name name;

	assert(n == 3);
	name_at(c, v, buf, &name);
	sqlite3_result_text64(c, name.key.p, name.key.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void by_func(sqlite3_context *c, int n, sqlite3_value **v)
{
	char buf[IP_TEXT];
	struct sender_name name;

	assert(n == 3);
	name_at(c, v, buf, &name);
	sqlite3_result_int(c, (int)name.by);
}

static void key_now_func(sqlite3_context *c, int n, sqlite3_value **v)
{
	const struct db *db = sqlite3_user_data(c);
	struct str key = services_key_now(db->services, text_at(v, 0));

	assert(n == 1);
	sqlite3_result_text64(c, key.p ? key.p : "", key.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void word_func(sqlite3_context *c, int n, sqlite3_value **v)
{
	const struct db *db = sqlite3_user_data(c);
	const struct service *service = services_find(db->services, text_at(v, 0));

	assert(n == 1);
	sqlite3_result_int(c, service ? (int)service->word : WORD_NONE);
}

/* --- Days --- */

static struct daylist *daylist_of(sqlite3_context *c)
{
	struct daylist *l = sqlite3_aggregate_context(c, sizeof(*l)); /* zeroed at first */

	if (!l)
		abort(); /* no memory */
	return l;
}

static void days_step(sqlite3_context *c, int n, sqlite3_value **v)
{
	assert(n == 2);
	daylist_add(
		daylist_of(c), sqlite3_value_int64(v[0]), (uint64_t)sqlite3_value_int64(v[1]));
}

static void days_join_step(sqlite3_context *c, int n, sqlite3_value **v)
{
	assert(n == 1);
	daylist_unpack(daylist_of(c), blob_at(v, 0));
}

static void days_final(sqlite3_context *c)
{
	CLEANUP(buf)
	struct buf out;
	struct daylist *l = daylist_of(c);

	buf_init(&out, DAYLIST_BYTES_MOST);
	daylist_settle(l);
	daylist_pack(l, &out);
	daylist_release(l);
	sqlite3_result_blob64(c, out.n > 0 ? out.p : "", out.n, SQLITE_TRANSIENT);
}

static void peak_func(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct daylist_peak peak;

	assert(n == 1);
	daylist_peak(blob_at(v, 0), &peak);
	sqlite3_result_int64(c, (int64_t)peak.messages);
}

static void peak_day_func(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct daylist_peak peak;

	assert(n == 1);
	daylist_peak(blob_at(v, 0), &peak);
	sqlite3_result_int64(c, peak.day);
}

/* --- Traits --- */

#define COUNT_ONE(name) +1
#define TRAIT_ARGS (2 TRAIT_NUMBERS(COUNT_ONE))

static void take_tally(const struct tally *t, struct sender_traits *ret)
{
	ret->messages = t->totals.messages;
	ret->pass = t->totals.pass;
	ret->said = t->totals.explained;
	ret->both = t->aligned[1][1];
	ret->spf_only = t->aligned[1][0];
	ret->dkim_only = t->aligned[0][1];
	memcpy(ret->fail_by, t->fail_by_cause, sizeof(ret->fail_by));
}

static void traits_func(sqlite3_context *c, int n, sqlite3_value **v)
{
	unsigned char out[SENDER_TRAITS * NUMBER_BYTES];
	struct sender_traits t = { 0 };
	struct daylist_peak peak = { 0 };
	struct tally tally = { 0 };
	int i = 2;

	assert(n == TRAIT_ARGS);
	tally_unpack(blob_at(v, 0), &tally);
	take_tally(&tally, &t);
	daylist_peak(blob_at(v, 1), &peak);
	t.days = peak.days;
	t.peak = peak.messages;
#define TAKE(name) t.name = (uint64_t)sqlite3_value_int64(v[i++]);
	TRAIT_NUMBERS(TAKE)
#undef TAKE
	sqlite3_result_blob64(c, out,
		numbers_pack((const uint64_t *)(const void *)&t, SENDER_TRAITS, out),
		SQLITE_TRANSIENT);
}

bool traits_unpack(struct str packed, struct sender_traits *ret)
{
	struct sender_traits t = { 0 };

	if (!numbers_unpack(&packed, (uint64_t *)(void *)&t, SENDER_TRAITS))
		return false;
	*ret = t;
	return packed.n == 0;
}

static enum sender_word word_of(sqlite3_value *v)
{
	int64_t word = sqlite3_value_int64(v);

	return word > 0 && word < WORD_COUNT ? (enum sender_word)word : WORD_NONE;
}

static void undecided_func(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct sender_traits t = { 0 };
	struct sender_view view;

	assert(n == 2);
	traits_unpack(blob_at(v, 0), &t);
	sender_judge(&t, &view);
	sqlite3_result_int(c, sender_undecided(&t, &view, word_of(v[1])));
}

static void own_func(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct sender_traits t = { 0 };

	assert(n == 2);
	traits_unpack(blob_at(v, 0), &t);
	sqlite3_result_int(c, sender_own(&t, word_of(v[1])));
}

int senderfunc_register(struct db *db, struct err *err)
{
	static const struct sqlfunc table[] = {
		{ "sender_key", 3, key_func, NULL, NULL },
		{ "sender_by", 3, by_func, NULL, NULL },
		{ "sender_key_now", 1, key_now_func, NULL, NULL },
		{ "sender_word", 1, word_func, NULL, NULL },
		{ "days", 2, NULL, days_step, days_final },
		{ "days_join", 1, NULL, days_join_step, days_final },
		{ "days_peak", 1, peak_func, NULL, NULL },
		{ "days_peak_day", 1, peak_day_func, NULL, NULL },
		{ "sender_traits", TRAIT_ARGS, traits_func, NULL, NULL },
		{ "sender_undecided", 2, undecided_func, NULL, NULL },
		{ "sender_own", 2, own_func, NULL, NULL },
	};

	return sqlfunc_add(db, table, sizeof(table) / sizeof(table[0]), db, err);
}
