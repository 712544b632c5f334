/*
 * acting.h - what a request wants to be done about a problem: a document of JSON, or a form.
 * Pure.
 */
#ifndef RUAD_ACTING_H
#define RUAD_ACTING_H

#include "arena.h"
#include "err.h"

struct acting {
	bool yes;	       /* of the one member that there may be */
	struct str form_token; /* of a form; absent: none */
};

/* {"release": true}; member: the name of it, which may be missing (then yes is as it was).
 * ERR_USAGE "invalid-parameter". */
int acting_of_json(struct str body, const char *member, struct acting *ret, struct err *err);
/* release=true&form_token=…  The form_token is given also when a field is wrong. */
int acting_of_form(struct str body, const char *member, struct arena *a, struct acting *ret,
	struct err *err);

#endif
