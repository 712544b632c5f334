/*
 * intern.h - numbers for what comes again and again: names, addresses, reporters, policy
 * domains.
 *
 * Each has a bounded cache; what is not in it is looked up, and inserted when it is new.
 * After a roll-back intern_forget() must be called: numbers given since may be void.
 */
#ifndef RUAD_INTERN_H
#define RUAD_INTERN_H

#include "db.h"
#include "idmap.h"
#include "ip.h"

struct intern {
	struct idmap names, sources, reporters, domains, evidence;
	bool added; /* something new was inserted since intern_mark */
};

void intern_init(struct intern *in);
void intern_release(struct intern *in);
void intern_mark(struct intern *in);
void intern_forget(
	struct intern *in); /* empty the caches if something was added since the mark */

/* An absent text gets id 0. */
int intern_name(
	struct db *db, struct intern *in, struct str text, int64_t *ret, struct err *err);
int intern_source(
	struct db *db, struct intern *in, const struct ip *ip, int64_t *ret, struct err *err);
int intern_reporter(struct db *db, struct intern *in, struct str key, struct str text,
	int64_t *ret, struct err *err);
int intern_domain(
	struct db *db, struct intern *in, struct str name, int64_t *ret, struct err *err);

#endif
