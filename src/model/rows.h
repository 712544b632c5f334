/*
 * rows.h - what the store answers: totals and the rows of each resource.
 *
 * Strings belong to the row iterator and last until its next call or its close.
 * Numbers count messages unless the name says otherwise.
 */
#ifndef RUAD_ROWS_H
#define RUAD_ROWS_H

#include "carrier.h"
#include "facts.h"
#include "outcome.h"
#include "period.h"
#include "report.h"
#include "sender.h"
#include "service.h"

/* Messages by the four shades, and by result.  pass + fail == messages. */
struct totals {
	uint64_t messages, records;
	uint64_t pass, fail, explained;
	uint64_t shade[SHADE_COUNT];
};

struct summary {
	struct totals totals;
	uint64_t aligned[2][2]; /* [spf][dkim] */
	uint64_t by_disposition[DISP_COUNT];
	uint64_t by_cause[CAUSE_COUNT];
	uint64_t disagree_messages;
	uint64_t suspect_reports; /* of suspect mails; 0 when that is said not to matter */
	uint64_t reports, reporters, domains, sources;
	int64_t first_day, last_day; /* with data in the range; 0 when there is none */
	uint64_t spread_messages;    /* of reports longer than 27 h */
};

/* One interval of the time series; with by= one row per interval and key. */
struct time_row {
	int64_t day; /* first day of the interval */
	struct str key;
	struct totals totals;
	uint64_t reports;	  /* that belong to the interval; 0: no data */
	uint64_t spread_messages; /* of it, from reports longer than 27 h */
	bool complete;		  /* no more is expected */
};

struct domain_row {
	struct str domain;
	struct totals totals;
	struct policy policy;	/* of the newest report */
	uint64_t aligned[2][2]; /* messages by [spf][dkim] */
	uint64_t reports, reporters;
	int64_t last_report_at; /* end of the newest period */
};

struct source_row {
	struct ip ip;
	struct str sender; /* naming domain; absent: the address names it */
	enum named_by named_by;
	struct totals totals;
	uint64_t by_cause[CAUSE_COUNT];
	enum cause cause;	     /* of most of its failing messages, else of most */
	uint64_t senders;	     /* distinct naming domains of this address */
	int64_t first_day, last_day; /* in the range */
};

/* Of one domain. */
struct sender_row {
	struct str domain;
	struct str key, name; /* service.h */
	enum naming named_by;
	struct totals totals;
	uint64_t by_cause[CAUSE_COUNT];
	enum cause cause;
	uint64_t addresses;
	struct ip ip;		     /* when addresses == 1 */
	int64_t first_day, last_day; /* in the range */
	/* Of all its mail in the range, whatever the filters leave: */
	struct sender_traits traits;
	struct sender_view view;
	struct str selector;   /* one of your own servers' that it has, or absent */
	enum sender_word word; /* the owner's, else the configuration's */
	bool word_configured;
};

/* Senders of one class, in a list of them. */
struct sender_group {
	uint64_t senders, addresses, messages, pass, fail, explained;
	/* Of them, those with no name but their address, and their networks: /24 of IPv4, /48
	 * of IPv6. */
	uint64_t unnamed, unnamed_messages, unnamed_pass, unnamed_fail, networks;
	/* With group=true: how many stand for themselves no more; 0: the list has them all. */
	uint64_t collapsed;
};

/* What the owner of a domain said. */
struct mark_row {
	struct str domain, key;
	enum sender_word word;
	struct str note, who; /* absent: none */
	int64_t at;
};

struct sender_count {
	struct str domain;
	uint64_t senders, undecided, fresh;
};

struct reporter_row {
	struct str reporter; /* as written in its newest report */
	struct totals totals;
	uint64_t reports;
	int64_t last_report_at;
};

struct override_row {
	struct str type; /* absent: a reason without one */
	uint64_t messages, pass;
};

struct report_ref {
	int64_t id; /* of the store */
	struct str reporter, domain, report_id;
	int64_t begin_at, end_at;
};

/* What a sender is and what was said of it, in the range that was asked about. */
struct sender_kind {
	struct str domain, key;
	enum sender_class class;
	enum sender_word word;
};

struct record_row {
	int64_t report; /* with n: the id "17.3" */
	uint64_t n;	/* 1-based place in the report */
	struct report_ref ref;
	struct policy policy;
	struct period period;
	uint64_t messages;    /* in the range that was asked for */
	struct record record; /* record.messages: all of it */
	struct verdict verdict;
	const struct sender_kind
		*kind; /* of its sender; NULL: it was not asked or is not known */
};

enum report_flag {
	REPORT_LONG = 1,      /* period over 27 h */
	REPORT_NOTES = 2,     /* deviates from the RFC */
	REPORT_DISAGREES = 4, /* receiver and we differ in some record */
	REPORT_CONFLICT = 8,  /* same key as another report, other content */
	REPORT_REPLACED = 16, /* came again with more records */
	REPORT_SUSPECT = 32   /* the mail that brought it is, and nobody said that this does
				 not matter */
};

struct report_row {
	int64_t id;
	struct report report; /* errors and notes only from store_report() */
	struct period period;
	struct totals totals;
	int64_t arrived_at, stored_at;
	uint64_t disagree_records;
	unsigned flags;
	uint64_t again;		/* times it came again */
	bool has_raw;		/* the original is kept */
	bool raw_deleted;	/* it was, and was deleted for its age */
	uint64_t raw_bytes;	/* of the original document */
	struct carrier carrier; /* of a list: its state alone */
};

struct input_row {
	int64_t id;
	struct str source, locator,
		part; /* part: member or attachment name, absent for a whole */
	struct str from, subject, message_id;
	uint64_t size_bytes;
	int64_t arrived_at, first_at, last_at; /* first and last time it was read */
	uint64_t times;
	enum outcome outcome;
	struct str reason, detail, stage;
	int64_t line, column;
	int64_t report; /* id, 0 none */
	bool has_bytes; /* the original is kept */
	struct str was; /* the reason before it was read again; absent: that changed nothing */
	int64_t again_at;     /* it was read again; 0 never */
	int64_t dismissed_at; /* somebody set it aside; 0 no */
};

enum run_end { RUN_DONE, RUN_FAILED, RUN_INTERRUPTED };
struct run_row {
	int64_t id, started_at, ended_at; /* 0: still running, or was killed */
	struct str source;
	uint64_t inputs, by_outcome[OUTCOME_COUNT], reports, records, messages;
	struct str error; /* of the source, absent when all went well */
	/* Of a run that ends, not of one that is read. */
	enum run_end end;
	const char *reason; /* code of the error or NULL */
};

/* How it stands with a source of mail.  Times are 0 when there was none. */
struct import_row {
	struct str source;
	int64_t started_at, ended_at; /* of the last run */
	int64_t success_at;	      /* end of the last run without an error */
	int64_t received_at;	      /* end of the last run that read anything */
	uint64_t failures;	      /* in a row, up to now */
	int64_t failing_at;	      /* end of the first of them */
	struct str reason, error;     /* of the last one */
};

/* The newest report about a domain, of those whose period is over. */
struct newest_row {
	struct str domain;
	int64_t end_at;
	struct policy policy;
};

struct reason_row {
	struct str reason; /* code */
	uint64_t inputs;
};

struct store_status {
	int64_t schema_version, generation;
	uint64_t size_bytes, reports, records, messages, domains, sources, inputs;
	uint64_t problems; /* rejected inputs */
	uint64_t by_outcome[OUTCOME_COUNT];
	uint64_t by_origin[CARRIER_COUNT]; /* reports */
	uint64_t held;			   /* inputs that wait for somebody to let them in */
	int64_t first_day, last_day, last_report_at;
	int64_t last_run_at, last_success_at;
	/* What is older was deleted (prune); INT64_MIN: nothing was. */
	int64_t records_from, sums_from, raw_from;
	uint64_t raw_bytes, kept_bytes;
	struct str sqlite_version;
};

#endif
