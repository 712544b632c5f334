/*
 * strip.h - the policy of each day under the chart, and the days on which it changed.
 *
 * Receivers learn of a new record one after the other.  A day has the policy that most of its
 * reporters saw, the newer one of equals; a change is marked on the day on which the first of
 * them saw it, and says who saw it last.  Pure.
 */
#ifndef RUAD_STRIP_H
#define RUAD_STRIP_H

#include "tree.h"

#define STRIP_HEIGHT 20 /* it adds to that of the chart */

/*
 * Rows of a policies document that can be of one record become one: reporters leave out tags
 * that they do not know.  Their order stays: by the first day.
 */
void strip_merge(json_t *policies);

/*
 * points: those of the chart, rising days.  policies: merged, with policy_text.  Returns a new
 * object: y, text_y, runs [{x, x2, label, class, title}], marks [{x, title}]; NULL where there
 * is no policy to show.
 */
json_t *strip_policies(struct arena *a, const json_t *points, const json_t *policies);

#endif
