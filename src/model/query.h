/*
 * query.h - one question to the store: time range, filters, sort, paging.
 *
 * The names of the filters are the same in the web, the API and the command line; all of them
 * go through query_set(), which knows every parameter, its form and its suggestion.  Values of
 * one filter are OR, filters are AND, a value with "!" in front is excluded.
 *
 * Life: query_init(arena) -> query_set … -> query_end(now) -> read-only.
 */
#ifndef RUAD_QUERY_H
#define RUAD_QUERY_H

#include "arena.h"
#include "err.h"
#include "ip.h"
#include "verdict.h"

/* Filters whose values are text.  The order is that of filter_names. */
enum filter {
	FILTER_DOMAIN,	    /* policy domain */
	FILTER_HEADER_FROM, /* author domain */
	FILTER_REPORTER,
	FILTER_SENDER,	   /* key of a sender: a service, a naming domain or an address */
	FILTER_SPF_DOMAIN, /* the three of SPF apply to one entry, and so do those of DKIM */
	FILTER_SPF_SCOPE,
	FILTER_SPF_RESULT,
	FILTER_DKIM_DOMAIN,
	FILTER_DKIM_SELECTOR,
	FILTER_DKIM_RESULT,
	FILTER_OVERRIDE, /* type of a reason */
	FILTER_REPORT,	 /* id of a stored report */
	FILTER_POLICY,	 /* p= of the report */
	FILTER_REASON,	 /* of inputs: reason code */
	FILTER_OUTCOME,	 /* of inputs */
	FILTER_COUNT
};

struct filter_value {
	struct str text; /* lower case, where names are compared without case */
	bool excluded;
};

struct filter_list {
	struct filter_value *values;
	size_t count;
};

/* -1 any, else 0 or 1 */
struct query_flags {
	int pass, spf, dkim, explained, disagrees;
	int subdomains;	    /* is the author domain below the policy domain? */
	int fresh, grouped; /* of the sender: new=; of the list of senders: group= */
	int undecided, own; /* of the sender: sender.h */
	int dismissed;	    /* of an input */
};

/* No flag is asked about. */
#define QUERY_FLAGS_ANY \
	{ \
		-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 \
	}

enum bucket { BUCKET_DAY, BUCKET_WEEK, BUCKET_MONTH };
/* What p= is to become. */
enum target { TARGET_NONE, TARGET_QUARANTINE, TARGET_REJECT };
enum split { SPLIT_RESULT, SPLIT_CAUSE, SPLIT_DISPOSITION, SPLIT_SENDER, SPLIT_REPORTER };

struct query {
	struct arena *arena;
	int64_t from_day, to_day; /* half-open; set by query_end when no range was given */
	bool from_set, to_set;
	int range_count; /* range=30d: 30 and 'd'; a day: 1 and 'd', with its end; 0: none */
	char range_unit; /* d, w, m, y */
	/* range=all: every day there is; from_day and to_day say 1970-01-01 to today, to have
	 * something to show. */
	bool all_time;

	struct filter_list filters[FILTER_COUNT];
	struct ip_net *networks; /* source_ip */
	size_t network_count;
	struct query_flags flags;
	unsigned causes;       /* bits of enum cause; 0 any */
	unsigned dispositions; /* bits of enum disposition; 0 any */
	unsigned classes;      /* of the sender: bits of enum sender_class; 0 any */
	unsigned words;	       /* of the sender: bits of enum sender_word; 0 any */
	unsigned origins;      /* of the report: bits of enum carrier_state; 0 any */
	struct str
		sender_key; /* for a list of senders: the one that has this key; absent: all */
	struct str needle;  /* q=: text in what names a report or an input, lower case */
	struct str text;    /* q= as it was written, for the search */
	bool by_receiver;   /* basis=reported */
	bool judge_senders; /* of records: say what each sender is, which costs a list of
			       senders */

	enum bucket bucket; /* interval= */
	enum split split;   /* by= */
	int64_t since_day;  /* since=, when since_set */
	bool since_set;
	enum target target; /* target=; TARGET_NONE: not given */
	struct str sort;    /* as given: "-messages"; absent: the resource's own order */
	unsigned limit;	    /* 1-1000, default 100; 0: no limit (streams) */
	struct str cursor;  /* opaque; absent: from the start */

	/* What was given, in a fixed order, to print links and to hash: name and value pairs.
	 */
	struct query_param {
		struct str name, value;
	} * params;
	size_t param_count;
};

void query_init(struct query *q, struct arena *a);

/*
 * Take one parameter.  0; ERR_USAGE with reason "unknown-parameter" (err->text has the
 * suggestion, *ret_suggestion the name or NULL; it may be NULL itself) or "invalid-parameter"
 * (the text says what is allowed).  allowed: names this resource takes, ended by NULL; NULL:
 * all.
 *
 * Lists may be given again, their values add up; anything else may not.  An empty value is
 * invalid, so that an unset variable in a script does not ask for everything: a page that takes
 * form fields leaves the empty ones out itself.  name and value are copied.
 */
int query_set(struct query *q, struct str name, struct str value, const char *const *allowed,
	const char **ret_suggestion, struct err *err);

/* All given: fill in the default range (30 days ending today) and check from <= to. */
int query_end(struct query *q, int64_t now_at, struct err *err);

/*
 * One value of a list, written so that it stands for itself: a backslash goes before each comma
 * and backslash and before "!" at the start ("Example\, Inc.").  For values that come out of
 * reports.
 */
struct str query_value(struct arena *a, struct str s);

/*
 * The query string (without "?") of this query, with name set to value instead (value absent:
 * without that parameter; name absent: as it is).  Percent-encoded, parameters in a fixed
 * order, unknown names at the end.  A change of anything drops the cursor, which would not fit
 * any more; setting range drops from and to, setting from or to drops range.
 */
struct str query_link(
	const struct query *q, struct arena *a, struct str name, struct str value);
/* The same with several changes: pairs of name and value, ended by NULL; NULL value removes. */
struct str query_link_with(const struct query *q, struct arena *a, const char *const *changes);

/* Percent-encode for a path segment or query value; letters, digits and - . _ ~ , : ! @ stay.
 */
struct str url_encode(struct arena *a, struct str s);

/* Names of all parameters, for messages and completion; ended by NULL. */
extern const char *const query_names[];
const char *filter_name(enum filter f);

#endif
