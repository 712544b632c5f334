/*
 * marking.h - what a request says of a sender: a document of JSON, or a form.  Pure.
 */
#ifndef RUAD_MARKING_H
#define RUAD_MARKING_H

#include "arena.h"
#include "err.h"
#include "mark.h"

struct marking {
	enum sender_word word;
	struct str note;       /* trimmed; absent: none */
	struct str form_token; /* of a form; absent: none */
};

/* {"mark":"ours","note":"…"}; the note may be left out or null.  ERR_USAGE "invalid-parameter".
 */
int marking_of_json(struct str body, struct arena *a, struct marking *ret, struct err *err);
/* mark=ours&note=…&form_token=…  The form_token is given also when a field is wrong. */
int marking_of_form(struct str body, struct arena *a, struct marking *ret, struct err *err);

#endif
