#include "sums.h"

#include "idmap.h"
#include "xalloc.h"

#include <assert.h>

#define ENTRIES_LEAST 256
#define ENTRIES_PER_DAY 3

static_assert(sizeof(struct sum_key) == 40, "sum_key has no padding");

void sums_init(struct sums *s, size_t entries_most, bool give_up)
{
	*s = (struct sums){ .most = entries_most, .give_up = give_up, .from_day = INT64_MIN };
}

void sums_release(struct sums *s)
{
	free(s->entries);
	free(s->index);
	sums_init(s, s->most, s->give_up);
}

void sums_clear(struct sums *s)
{
	if (s->count > 0)
		memset(s->index, 0, s->index_count * sizeof(*s->index));
	s->count = 0;
	s->given_up = false;
}

static uint32_t *place(const struct sums *s, const struct sum_key *key)
{
	size_t i = hash_bytes(key, sizeof(*key)) & (s->index_count - 1);

	while (s->index[i] != 0 &&
		memcmp(&s->entries[s->index[i] - 1].key, key, sizeof(*key)) != 0)
		i = (i + 1) & (s->index_count - 1);
	return &s->index[i];
}

static void grow(struct sums *s)
{
	size_t cap = s->cap ? s->cap * 2 : ENTRIES_LEAST;

	s->entries = xrealloc(s->entries, cap, sizeof(*s->entries));
	free(s->index);
	s->index_count = cap * 2;
	s->index = xcalloc(s->index_count, sizeof(*s->index));
	s->cap = cap;
	for (size_t i = 0; i < s->count; i++)
		*place(s, &s->entries[i].key) = (uint32_t)i + 1;
}

static void add(struct sums *s, const struct sum_entry *e)
{
	uint32_t *at;
	struct sum_entry *mine;

	if (s->count == s->cap)
		grow(s);
	at = place(s, &e->key);
	if (*at == 0) {
		s->entries[s->count] = *e;
		*at = (uint32_t)++s->count;
		return;
	}
	mine = &s->entries[*at - 1];
	mine->messages += e->messages;
	mine->records += e->records;
	mine->spread += e->spread;
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* The order of the tables' primary keys. */
static int entry_order(const void *pa, const void *pb)
{
	const struct sum_key *a = pa, *b = pb; /* the key is the first member */
	int c = compare(a->kind, b->kind);

	c = c ? c : compare(a->domain, b->domain);
	c = c ? c : compare(a->day, b->day);
	c = c ? c : compare(a->id, b->id);
	c = c ? c : compare(a->sender, b->sender);
	c = c ? c : compare(a->named_by, b->named_by);
	return c ? c : compare(a->facts, b->facts);
}

/* Bind the primary key of e's table; returns the number of parameters. */
static int bind_key(sqlite3_stmt *st, const struct sum_key *k)
{
	int i = 0;

	if (k->kind != SUM_REPORT) {
		bind_int(st, ++i, k->domain);
		bind_int(st, ++i, k->day);
	}
	bind_int(st, ++i, k->id);
	if (k->kind == SUM_SOURCE) {
		bind_int(st, ++i, k->sender);
		bind_int(st, ++i, k->named_by);
	}
	if (k->kind != SUM_EVIDENCE)
		bind_int(st, ++i, k->facts);
	return i;
}

static int flush_entry(struct db *db, const struct sum_entry *e, struct err *err)
{
	static const enum stmt_id adds[] = { STMT_sum_report_add, STMT_sum_reporter_add,
		STMT_sum_source_add, STMT_sum_evidence_add };
	static const enum stmt_id drops[] = { STMT_COUNT, STMT_sum_reporter_drop,
		STMT_sum_source_drop, STMT_sum_evidence_drop };
	sqlite3_stmt *st;
	int i, r = db_use(db, adds[e->key.kind], &st, err);

	if (r < 0)
		return r;
	i = bind_key(st, &e->key);
	bind_int(st, ++i, e->messages);
	bind_int(st, ++i, e->records);
	if (e->key.kind != SUM_REPORT)
		bind_int(st, ++i, e->spread);
	r = db_run(db, st, err);
	if (r < 0 || e->key.kind == SUM_REPORT || (e->messages >= 0 && e->records >= 0))
		return r;
	r = db_use(db, drops[e->key.kind], &st, err);
	if (r < 0)
		return r;
	bind_key(st, &e->key);
	return db_run(db, st, err);
}

int sums_flush(struct db *db, struct sums *s, struct err *err)
{
	if (s->count > 1)
		qsort(s->entries, s->count, sizeof(*s->entries), entry_order);
	for (size_t i = 0; i < s->count; i++) {
		const struct sum_entry *e = &s->entries[i];
		int r = 0;

		if (e->messages != 0 || e->records != 0 || e->spread != 0)
			r = flush_entry(db, e, err);
		if (r < 0)
			return r;
	}
	sums_clear(s);
	return 0;
}

static int make_room(struct db *db, struct sums *s, size_t entries, struct err *err)
{
	if (s->count + entries <= s->most)
		return 0;
	if (!s->give_up)
		return sums_flush(db, s, err);
	sums_clear(s);
	s->given_up = true;
	return 0;
}

int sums_merge(struct db *db, struct sums *s, struct sums *from, struct err *err)
{
	assert(!from->given_up);
	for (size_t i = 0; i < from->count; i++) {
		int r = make_room(db, s, 1, err);

		if (r < 0)
			return r;
		add(s, &from->entries[i]);
	}
	sums_clear(from);
	return 0;
}

static void add_day(struct sums *s, const struct sum_frame *f, const struct sum_record *r,
	int64_t day, int64_t messages, int64_t records)
{
	struct sum_entry e = { .messages = messages,
		.records = records,
		.spread = f->period.spread ? messages : 0,
		.key = { .kind = SUM_REPORTER,
			.domain = f->domain,
			.day = day,
			.id = f->reporter,
			.facts = r->facts } };

	add(s, &e);
	e.key.kind = SUM_SOURCE;
	e.key.id = r->source;
	e.key.sender = r->sender;
	e.key.named_by = (uint16_t)r->named_by;
	add(s, &e);
	e.key = (struct sum_key){
		.kind = SUM_EVIDENCE, .domain = f->domain, .day = day, .id = r->evidence
	};
	add(s, &e);
}

int sums_record(struct db *db, struct sums *s, const struct sum_frame *f,
	const struct sum_record *r, int sign, unsigned *ret_days, struct err *err)
{
	uint64_t share[PERIOD_DAYS_MOST];
	unsigned days = 0;

	period_share(&f->period, r->messages, share);
	for (int64_t day = f->period.first_day; day <= f->period.last_day; day++) {
		uint64_t messages = share[day - f->period.first_day];
		bool middle = day == f->period.middle_day;
		int rc;

		if ((messages == 0 && !middle) || day < s->from_day)
			continue;
		days++;
		rc = s->given_up ? 0 : make_room(db, s, ENTRIES_PER_DAY, err);
		if (rc < 0)
			return rc;
		if (!s->given_up)
			add_day(s, f, r, day, sign * (int64_t)messages, middle ? sign : 0);
	}
	if (ret_days)
		*ret_days = days;
	return 0;
}

int sums_report(struct db *db, struct sums *s, int64_t report, const struct sum_record *r,
	struct err *err)
{
	struct sum_entry e = { .messages = (int64_t)r->messages,
		.records = 1,
		.key = { .kind = SUM_REPORT, .id = report, .facts = r->facts } };
	int rc = make_room(db, s, 1, err);

	if (rc == 0)
		add(s, &e);
	return rc;
}

int sums_stored(
	struct db *db, struct sums *s, const struct sum_frame *f, int sign, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(db, STMT_record_sums, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, f->report);
	while ((r = db_step(db, st, err)) > 0) {
		struct sum_record rec = { .source = column_int(st, 0),
			.evidence = column_int(st, 1),
			.sender = column_int(st, 2),
			.named_by = (unsigned)column_int(st, 3),
			.facts = (uint32_t)column_int(st, 4),
			.messages = (uint64_t)column_int(st, 5) };
		int rc = sums_record(db, s, f, &rec, sign, NULL, err);

		if (rc < 0) {
			sqlite3_reset(st);
			return rc;
		}
	}
	return r;
}
