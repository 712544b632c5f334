/*
 * config_table.h - every setting of the configuration file, in one table.
 *
 * The reader of the file, the environment, the checks, `ruad config show` and `ruad config
 * example` go by it; the manual (man/ruad.conf.5) lists the same names, which a test compares.
 * Pure.
 */
#ifndef RUAD_CONFIG_TABLE_H
#define RUAD_CONFIG_TABLE_H

#include "bounds.h"
#include "rules.h"

enum config_section {
	CONFIG_TOP, /* outside of sections */
	CONFIG_WEB,
	CONFIG_LIMITS,
	CONFIG_CHANGES,
	CONFIG_READINESS,
	CONFIG_SOURCE, /* this and the next have a title, and may stand there several times */
	CONFIG_SENDER,
	CONFIG_SECTION_COUNT
};

/* "", "web", "limits", "changes", "readiness", "source" */
const char *config_section_name(enum config_section section);

enum config_type {
	CONFIG_TEXT,
	CONFIG_PATH, /* in a file: absolute */
	CONFIG_NUMBER,
	CONFIG_SIZE,	 /* bytes, with K, M or G behind it */
	CONFIG_DURATION, /* seconds, written with a unit: 90s, 15m, 2h, 1d */
	CONFIG_BOOL,	 /* yes, no */
	CONFIG_CHOICE,
	CONFIG_LIST
};

enum source_type {
	SOURCE_IMAP,
	SOURCE_POP3,
	SOURCE_MAILDIR,
	SOURCE_MBOX,
	SOURCE_DIRECTORY,
	SOURCE_TYPE_COUNT
};

enum config_id {
	KEY_DATABASE,
	KEY_PUBLIC_SUFFIX_LIST,
	KEY_SERVICES_FILE,
	KEY_DOMAINS,
	KEY_OTHER_DOMAINS,
	KEY_AUTHSERV_ID,
	KEY_UNAUTHENTICATED,
	KEY_KEEP,
	KEY_KEEP_SUMS,
	KEY_KEEP_RAW,
	KEY_RUN_AS,
	KEY_WEB_LISTEN,
	KEY_WEB_THREADS,
	KEY_WEB_PUBLIC_URL,
	KEY_WEB_AUTH,
	KEY_WEB_USERS_FILE,
	KEY_WEB_PROXY_HEADER,
	KEY_WEB_PROXY_ADDRESSES,
	KEY_WEB_TLS_CERT,
	KEY_WEB_TLS_KEY,
	KEY_WEB_UPLOAD,
#define LIMIT(name, def, least, most, unit, text) KEY_LIMIT_##name,
	LIMITS (LIMIT)
#undef LIMIT
#define RULE(name, def, least, most, text) KEY_CHANGES_##name,
		CHANGE_RULES(RULE)
#undef RULE
#define RULE(name, def, least, most, text) KEY_READINESS_##name,
			READINESS_RULES(RULE)
#undef RULE
				KEY_USERS_POST_TO_LISTS,
	KEY_OF_SOURCES, /* the first of them */
	KEY_TYPE = KEY_OF_SOURCES,
	KEY_PATH,
	KEY_HOST,
	KEY_PORT,
	KEY_TLS,
	KEY_CA_FILE,
	KEY_USER,
	KEY_AUTH,
	KEY_PASSWORD_FILE,
	KEY_PASSWORD_COMMAND,
	KEY_PASSWORD_CREDENTIAL,
	KEY_PASSWORD,
	KEY_TOKEN_COMMAND,
	KEY_FOLDERS,
	KEY_CONNECT_TIMEOUT,
	KEY_COMMAND_TIMEOUT,
	KEY_EVERY,
	KEY_IDLE,
	KEY_DONE,
	KEY_DONE_FOLDER,
	KEY_IGNORED,
	KEY_IGNORED_FOLDER,
	KEY_FAILED,
	KEY_FAILED_FOLDER,
	KEY_SOURCE_AUTHSERV_ID,
	KEY_SOURCE_UNAUTHENTICATED,
	KEY_OF_SENDERS,
	KEY_MATCH = KEY_OF_SENDERS,
	KEY_MARK,
	KEY_COUNT
};
#define SOURCE_KEYS (KEY_OF_SENDERS - KEY_OF_SOURCES)
#define SENDER_KEYS (KEY_COUNT - KEY_OF_SENDERS)

#define KEEP_MOST_S (UINT64_C(36500) * 86400)

struct config_key {
	const char *name;
	enum config_section section;
	enum config_type type;
	const char *def;	    /* as it is written; NULL: see def_number, or none; a list
				       has one element: {"…"} */
	const char *def_told;	    /* for people, where the default depends on others */
	uint64_t def_number;	    /* of a size, or a number (0: none) */
	uint64_t least, most;	    /* of a number, bytes or seconds */
	bool zero;		    /* a time: 0 is one too, and means for ever */
	const char *const *choices; /* ended by NULL; the index is the value of its enum */
	unsigned applies;	    /* to which types of sources: 1u << SOURCE_IMAP | … */
	bool secret;		    /* never shown */
	bool one_secret;	    /* one of those of which a source has exactly one */
	bool required;		    /* in each source it applies to */
	const char *env;	    /* outside of sources: the variable, or NULL */
	const char *sample;	    /* for `ruad config example`, where there is no default */
	const char *text;	    /* what it is, for people: one sentence or part of one */
};

/* By enum config_id. */
extern const struct config_key config_keys[KEY_COUNT];

enum config_id config_key_id(const struct config_key *key);
const struct config_key *config_key_find(enum config_section section, struct str name);
/* The name in this section that is nearest to what was written, or NULL: did you mean it? */
const char *config_key_nearest(enum config_section section, struct str name);
/* The element of a list's default. */
struct str config_key_default_item(const struct config_key *key);
/* Does it apply to sources of this type?  Settings outside of sources apply always. */
bool config_key_applies(const struct config_key *key, enum source_type type);
const char *source_type_name(enum source_type type);

#endif
