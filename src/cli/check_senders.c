/* check_senders.c - senders that somebody has to decide about, and new ones. */
#include "check_set.h"

#define DAYS_SHOWN 30

int check_senders(struct check *k, enum plugin_state *ret, struct err *err)
{
	struct sender_count *rows;
	uint64_t senders = 0, undecided = 0, fresh = 0;
	size_t n;
	int r;

	k->query.from_day = k->query.to_day - DAYS_SHOWN;
	r = store_sender_counts(k->store, &k->query, k->arena, &rows, &n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		senders += rows[i].senders;
		undecided += rows[i].undecided;
		fresh += rows[i].fresh;
	}
	k->text = arena_printf(k->arena,
		"%.*s: %llu of %llu senders of %d days undecided, %llu new", STR_ARGS(k->about),
		(unsigned long long)undecided, (unsigned long long)senders, DAYS_SHOWN,
		(unsigned long long)fresh);
	*ret = check_value(k, "undecided", (double)undecided, 0, "");
	check_perf(k, (struct perf){ .label = "new", .value = (double)fresh, .unit = "" });
	return 0;
}
