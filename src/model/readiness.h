/*
 * readiness.h - may this domain go to a stricter policy?  A checklist with numbers, never a
 * score.
 *
 * In: what the store counted over the last complete days.  Out: a verdict, the checks with what
 * was found and what is needed, and the impact the policy would have had.  "Can't tell" is an
 * answer.  Pure.
 */
#ifndef RUAD_READINESS_H
#define RUAD_READINESS_H

#include "arena.h"
#include "query.h"
#include "roster.h"
#include "rules.h"

/* --- What was counted --- */

/* A sender that nobody decided on, or a subdomain. */
struct readiness_name {
	struct str name;
	uint64_t messages, pass;
};

/* A sender that somebody has to decide on, see sender_undecided(). */
struct readiness_sender {
	struct str key, name;
	uint64_t fail; /* messages that failed, and forwarding does not explain it */
};

struct readiness_facts {
	struct str domain;
	const struct readiness_rules *rules;
	int64_t from_day, to_day; /* half-open: the complete days that are looked at */
	struct policy policy;	  /* of the newest report */
	uint64_t days_reported,
		days_strict; /* strict: every report said quarantine or reject */
	uint64_t reporters, top_reporter_messages;
	uint64_t messages, pass, explained,
		dkim_pass; /* dkim_pass: of pass, with aligned DKIM */
	uint64_t records, disagree_records;
	const struct roster *roster; /* its days reach at least from from_day to to_day */
	const struct readiness_sender *undecided; /* those that fail most come first */
	size_t undecided_count;
	const struct readiness_sender
		*strangers;	/* nothing passes for them, nobody marked them */
	size_t stranger_count;	/* the largest */
	bool undecided_unknown; /* there are too many senders to tell */
	uint64_t own_failed;	/* of senders that are ours, as `undecided` are of those days */
	const struct readiness_name *subdomains;
	size_t subdomain_count;
	const struct policy_seen *policies; /* of the last rules->policy_days */
	size_t policy_count;
};

/* --- What follows --- */

enum verdict_word { READY, NOT_YET, CANT_TELL, ALREADY };
const char *verdict_word_name(
	enum verdict_word v); /* "ready", "not_yet", "cant_tell", "already" */

enum check_state { CHECK_MET, CHECK_NOT_MET, CHECK_WARN, CHECK_CANT_TELL, CHECK_INFO };
const char *check_state_name(enum check_state s);

/* In the order in which they are shown. */
#define READINESS_CHECKS(CHECK) \
	CHECK(CHECK_DAYS, "C1", "days with reports") \
	CHECK(CHECK_STRICT_DAYS, "C1b", "days at quarantine") \
	CHECK(CHECK_REPORTERS, "C2", "reporters") \
	CHECK(CHECK_OWN_PASS, "C3", "your senders pass") \
	CHECK(CHECK_UNDECIDED, "C4", "senders are decided") \
	CHECK(CHECK_DKIM, "C5", "passing mail has DKIM") \
	CHECK(CHECK_EXPLAINED, "C6", "forwarding and lists") \
	CHECK(CHECK_ONE_POLICY, "C7", "one policy everywhere") \
	CHECK(CHECK_DISAGREE, "C8", "receivers agree with us") \
	CHECK(CHECK_SUBDOMAINS, "C9", "subdomains")

enum check_id {
#define CHECK(symbol, id, title) symbol,
	READINESS_CHECKS(CHECK)
#undef CHECK
		CHECK_COUNT
};
const char *check_id_name(enum check_id id); /* "C1" */
const char *check_title(enum check_id id);

struct readiness_item {
	struct str key;	       /* of a sender, or the name of a subdomain */
	struct str name, text; /* "crm.example.net", "264 messages failed" */
};

struct readiness_check {
	enum check_id id;
	enum check_state state;
	struct str text; /* "3 of 30 days have reports" */
	struct str need; /* "at least 28"; absent: nothing is needed */
	struct readiness_item *items;
	size_t item_count;
};

struct readiness {
	struct str domain;
	enum target target;
	struct policy policy;
	int64_t from_day, to_day;
	enum verdict_word verdict;
	uint64_t decide, fix, warnings; /* things to do */
	uint64_t undecided;		/* senders, also those too small to be waited for */
	bool undecided_unknown;
	struct readiness_check checks[CHECK_COUNT];
	size_t check_count;
	/* If the policy had been in force: own + forwarded + others == affected. */
	uint64_t messages, affected, own, forwarded, others;
};

/* The next step of a policy: quarantine for none, else reject. */
enum target readiness_target(const struct policy *p);

void readiness_check(const struct readiness_facts *f, enum target target, struct arena *a,
	struct readiness *ret);

/* "Not yet: 1 thing to decide, 2 to fix" */
struct str readiness_verdict_text(struct arena *a, const struct readiness *r);
/* "not enough data", "1 to decide", "p=quarantine", "–" */
struct str readiness_step_text(struct arena *a, const struct readiness *r);
/* "22 of 541 messages would have been affected: 0 from senders …" */
struct str readiness_impact_text(struct arena *a, const struct readiness *r);
/* What to change in DNS, and what to know of it: one paragraph; absent: nothing is left to do.
 */
struct str readiness_advice_text(struct arena *a, const struct readiness *r);
extern const char *const readiness_footnote;

#endif
