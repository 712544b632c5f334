/*
 * part_domain.h - parts that tell of a domain's state: readiness, changes, keys, policies, what
 * receivers did.
 *
 * As in part.h: each adds its values to the root, the partial of the same name prints them.
 */
#ifndef RUAD_PART_DOMAIN_H
#define RUAD_PART_DOMAIN_H

#include "view.h"

/* root.readiness: the checklist for the next policy, and in it `other` for p=reject where that
 * is one more step.  The page is about one domain. */
int part_readiness(struct view *v, struct err *err);

/*
 * root.changes: at most `limit` of them, with caption and links.  all: those that need no
 * attention too.
 */
int part_changes(struct view *v, const char *limit, bool all, struct err *err);

/* root.keys, root.policies: of the one domain of the page. */
int part_keys(struct view *v, struct err *err);
int part_policies(struct view *v, struct err *err);

/*
 * A link that takes nothing of this page but its range, for numbers that know no other filter.
 * Like view_link, with changes.
 */
struct str part_plain_link(
	struct view *v, const char *path, struct str segment, const char *const *changes);

/* root.received: messages by disposition and result; and by the reasons for an override. */
int part_received(struct view *v, struct err *err);

#endif
