/*
 * service.h - who a sender is: names for naming domains and addresses.
 *
 * A record names its sender by the organizational domain of an identifier that passed and does
 * not align (verdict.h), else by its address.  On top of that come rules, at the time of the
 * question, so that new rules hold for old data too:
 *
 *   1. senders of the operator, from the configuration: dkim:, spf: and ip: patterns
 *   2. services of the rule file: that of the program (data/services.txt), or another one
 *   3. the naming domain, out of a DKIM signature
 *   4. the naming domain, out of MAIL FROM
 *   5. the address, or the /64 of an IPv6 address
 *
 * An ip: pattern goes before dkim: and spf:.
 * A domain of a pattern stands for itself and all below it; the longest one that matches
 * counts.
 *
 * The rule file, a line each:
 *
 *   ruad-services 1 2026-11-24              the form and a version, the first line
 *   # comment
 *   Amazon SES = dkim:amazonses.com spf:amazonses.com
 *
 * Names rise (without case), and no pattern stands there twice.  Pure.
 * Life: services_new -> services_add, services_add_own … -> read by any thread, as long as the
 * arena lasts.
 */
#ifndef RUAD_SERVICE_H
#define RUAD_SERVICE_H

#include "arena.h"
#include "digest.h"
#include "err.h"
#include "ip.h"
#include "mark.h"
#include "verdict.h"

#define SERVICES_MOST 5000
#define SERVICE_NAME_MOST 64
#define SERVICE_PATTERNS_MOST 200 /* of one service */
#define SERVICE_NETWORKS_MOST 400 /* of all senders */
#define SERVICES_FILE_MOST (1U << 20)

struct service {
	struct str name, key;  /* "Amazon SES", "amazon-ses" */
	bool own;	       /* of the configuration */
	enum sender_word word; /* of the configuration */
};

/* One pattern, for listings. */
struct service_pattern {
	size_t service;	  /* index */
	enum named_by by; /* NAMED_BY_ADDRESS: net */
	struct str domain;
	struct ip_net net;
};

struct services;
/* All of it is in the arena. */
struct services *services_new(struct arena *a);

/* All lines of a rule file.  ERR_CONFIG: err->line is the place. */
int services_add(struct services *s, struct str text, struct err *err);
/* A sender of the operator; patterns: "dkim:esp.example", "spf:esp.example", "ip:192.0.2.0/28".
 */
int services_add_own(struct services *s, struct str name, const struct str *patterns,
	size_t count, enum sender_word word, struct err *err);

/* The rule file of the program. */
struct str services_builtin(void);
/* The services of it alone, made once. */
const struct services *services_default(void);

struct str services_version(const struct services *s); /* "2026-11-24" */
/* Of all that could name a sender otherwise. */
const struct digest *services_digest(const struct services *s);

size_t services_count(const struct services *s);
const struct service *services_at(const struct services *s, size_t i);
size_t services_pattern_count(const struct services *s);
const struct service_pattern *services_pattern(const struct services *s, size_t i);

/* By the key of a sender; NULL: it is no service. */
const struct service *services_find(const struct services *s, struct str key);
/* By naming domain; NULL: none. */
const struct service *services_of_domain(
	const struct services *s, struct str domain, enum named_by by);
/* By address: only senders of the operator. */
const struct service *services_of_ip(const struct services *s, const struct ip *ip);

/* In the order in which the rules are tried. */
enum naming { NAMING_OWN, NAMING_SERVICE, NAMING_DKIM, NAMING_SPF, NAMING_ADDRESS };
const char *naming_name(enum naming n); /* "own", "service", "dkim", "spf", "address" */

#define SENDER_KEY_MOST 256
struct sender_name {
	struct str key, name; /* name: of the service, else the key */
	enum naming by;
	const struct service *service; /* or NULL */
};
/*
 * The name of a sender.  domain: naming domain or absent; ip: or NULL.  The texts are those of
 * domain, of s, or in buf.  With neither domain nor ip both are "".
 */
void services_name(const struct services *s, struct str domain, enum named_by by,
	const struct ip *ip, char buf[IP_TEXT], struct sender_name *ret);

/*
 * What a key that was written down before is called now: the key of the service that took its
 * domain, else the key as it is.  A rule may have taken only what a signature or only what MAIL
 * FROM names: then the key is a sender's still, too.
 */
struct str services_key_now(const struct services *s, struct str key);

/* A key as somebody wrote it, in its one form: lower case, addresses as their group.  False: no
 * sender has such a key. */
bool sender_key_norm(struct arena *a, struct str text, struct str *ret);

/* Key of a name: lower-case letters and digits, what is between them as one "-".  "": there are
 * none. */
struct str service_key(struct arena *a, struct str name);

#endif
