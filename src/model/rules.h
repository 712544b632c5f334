/*
 * rules.h - the thresholds of what counts as a change, and of what is needed before a stricter
 * policy.
 *
 * Starting values without data behind them: each can be set in the configuration file (sections
 * changes and readiness) and is printed beside what it decided.
 */
#ifndef RUAD_RULES_H
#define RUAD_RULES_H

/* RULE(name, default, least, most, text).  *_permille: of 1000. */
#define CHANGE_RULES(RULE) \
	RULE(window_days, 7, 1, 28, "complete days in which a change is news") \
	RULE(history_days, 90, 28, 370, \
		"days before that, in which a sender is looked for: one that was there is " \
		"not " \
		"new, and a pass in them proves it yours") \
	RULE(new_days, 14, 1, 90, "days for which a sender is new") \
	RULE(new_messages, 3, 1, 1000000000, "messages from which on a new sender is told of") \
	RULE(broke_before_permille, 990, 0, 1000, \
		"a sender broke when it passed so many of 1000 in the 28 days before") \
	RULE(broke_now_permille, 950, 0, 1000, "and now fewer than so many") \
	RULE(broke_messages, 10, 1, 1000000000, "with at least so many failing messages") \
	RULE(fails_factor, 5, 1, 1000, \
		"failures are up when they are so many times the mean of the 28 days before") \
	RULE(fails_messages, 20, 1, 1000000000, "and at least so many on one day") \
	RULE(silent_seen_days, 25, 1, 28, \
		"a sender is silent when it was seen on so many of the 28 days before") \
	RULE(silent_days, 3, 1, 28, "and not on so many complete days since") \
	RULE(reporter_days, 3, 1, 28, \
		"a reporter is silent when so many of its reports are overdue") \
	RULE(rejected_inputs, 10, 1, 1000000, "rejected inputs of a day that are told of") \
	RULE(key_days, 30, 7, 365, "days without mail after which a key counts as unused")

#define READINESS_RULES(RULE) \
	RULE(days, 30, 7, 90, "complete days that are looked at") \
	RULE(days_reported, 28, 1, 90, "of them with reports, else nothing can be said") \
	RULE(days_at_quarantine, 14, 0, 90, "of them at p=quarantine, before p=reject") \
	RULE(reporters, 3, 1, 1000, "reporters, else nothing can be said") \
	RULE(reporter_permille, 200, 0, 1000, \
		"one of them with so many of 1000 messages, else nothing can be said") \
	RULE(pass_days, 14, 1, 90, "days over which your senders must pass") \
	RULE(quarantine_pass_permille, 990, 0, 1000, \
		"messages of each of your senders that pass, before p=quarantine") \
	RULE(reject_pass_permille, 995, 0, 1000, "the same before p=reject") \
	RULE(undecided_messages, 10, 1, 1000000000, \
		"messages from which on a sender must be decided") \
	RULE(undecided_permille, 1, 0, 1000, "or so many of all messages, if that is more") \
	RULE(quarantine_dkim_permille, 900, 0, 1000, \
		"passing messages that pass by DKIM, before p=quarantine (a warning)") \
	RULE(reject_dkim_permille, 990, 0, 1000, "the same before p=reject") \
	RULE(policy_days, 3, 1, 30, "days in which all reporters must see one policy") \
	RULE(quarantine_disagree_permille, 10, 0, 1000, \
		"records whose receiver disagrees with our result must be fewer, before " \
		"p=quarantine") \
	RULE(reject_disagree_permille, 1, 0, 1000, "the same before p=reject")

enum lists_use { LISTS_UNKNOWN, LISTS_YES, LISTS_NO };

struct change_rules {
#define RULE(name, def, least, most, text) unsigned name;
	CHANGE_RULES(RULE)
#undef RULE
};

struct readiness_rules {
#define RULE(name, def, least, most, text) unsigned name;
	READINESS_RULES(RULE)
#undef RULE
	enum lists_use users_post_to_lists;
};

struct rules {
	struct change_rules changes;
	struct readiness_rules readiness;
};

extern const struct rules rules_default;

#endif
