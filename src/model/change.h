/*
 * change.h - what changed: rules over complete days, each with a floor so that noise stays
 * silent.
 *
 * In: numbers of the store.  Out: a list of changes, each with the day on which it began and a
 * sentence.  The same numbers and thresholds (rules.h) give the same list.  Pure.
 *
 * A change is news for rules.window_days: its baseline is the 28 days before the day on which
 * it began, which is one of the last complete days, or not before `since`.  A new sender is
 * news for rules.new_days, when nobody names `since`.
 */
#ifndef RUAD_CHANGE_H
#define RUAD_CHANGE_H

#include "arena.h"
#include "coverage.h"
#include "roster.h"
#include "rows.h"
#include "rules.h"

#define CHANGE_BASELINE_DAYS 28

enum severity { SEVERITY_BAD, SEVERITY_WARN, SEVERITY_INFO, SEVERITY_COUNT };
const char *severity_name(enum severity s); /* "bad", "warn", "info" */

/* CHANGE(symbol, code) */
#define CHANGES(CHANGE) \
	CHANGE(CHANGE_NEW_SENDER, "new_sender") \
	CHANGE(CHANGE_SENDER_BROKE, "sender_broke") \
	CHANGE(CHANGE_FAILS_UP, "fails_up") \
	CHANGE(CHANGE_SENDER_SILENT, "sender_silent") \
	CHANGE(CHANGE_REPORTER_SILENT, "reporter_silent") \
	CHANGE(CHANGE_POLICY_CHANGED, "policy_changed") \
	CHANGE(CHANGE_IMPORT_FAILING, "import_failing") \
	CHANGE(CHANGE_INPUTS_REJECTED, "inputs_rejected") \
	CHANGE(CHANGE_KEY_UNUSED, "key_unused")

enum change_kind {
#define CHANGE(symbol, code) symbol,
	CHANGES(CHANGE)
#undef CHANGE
		CHANGE_COUNT
};
const char *change_name(enum change_kind k);

/* Who saw a new policy first on which day. */
struct policy_witness {
	struct str reporter;
	int64_t day;
};

struct change {
	enum change_kind kind;
	enum severity severity;
	struct str domain; /* absent: all domains, or about no domain */
	struct str
		subject; /* sender, reporter, key, source of mail; absent: the domain itself */
	struct str name; /* of the sender that subject is the key of; else absent */
	int64_t day;	 /* on which it began */
	struct sender_day now, before; /* messages: since that day, and of the baseline */
	uint64_t count;		       /* failed runs, rejected inputs */
	struct str from, to;	       /* tags of a policy; from: an error */
	struct policy_witness *witnesses;
	size_t witness_count;
};

struct change_list {
	struct arena *arena;
	struct change *items;
	size_t count;
};

/* What the rules look at.  last_day: the newest complete day; since_day: not before this one.
 */
struct change_frame {
	const struct change_rules *rules;
	struct str domain;
	int64_t since_day, last_day;
};

/* The first day on which a change is news, when nobody names one. */
int64_t change_since(const struct change_rules *rules, int64_t last_day);

/* new_sender, sender_broke, sender_silent and fails_up of one domain. */
void change_senders(
	const struct change_frame *f, const struct roster *r, struct change_list *ret);
/* key_unused; keys of at least rules.key_days before last_day. */
void change_keys(const struct change_frame *f, const struct key_row *keys, size_t count,
	struct change_list *ret);
/* policy_changed; seen: of one domain, from 28 days before since_day on. */
void change_policies(const struct change_frame *f, const struct policy_seen *seen, size_t count,
	struct change_list *ret);
/*
 * reporter_silent.  cells: all cells of one reporter from rules.window_days + reporter_days +
 * 2 * 28 days before today on.
 */
void change_reporter(const struct change_frame *f, struct str reporter,
	const struct coverage_cell *cells, size_t count, int64_t now_at,
	struct change_list *ret);
/* import_failing */
void change_import(
	const struct change_frame *f, const struct import_row *row, struct change_list *ret);
/* inputs_rejected: so many on that day. */
void change_rejected(
	const struct change_frame *f, int64_t day, uint64_t count, struct change_list *ret);

/* A copy of c; its strings stay where they are. */
void change_add(struct change_list *list, const struct change *c);
/* Newest first; of one day the worse first. */
void change_sort(struct change_list *list);

/* The name of the subject, for people. */
struct str change_subject(const struct change *c);
/* "new since 2026-11-09: 264 messages, none aligned"; without the domain and the subject. */
struct str change_text(struct arena *a, const struct change *c);

#endif
