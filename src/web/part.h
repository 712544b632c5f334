/*
 * part.h - what several pages show: the sentence of totals, the daily chart, the table of
 * causes, rows of records.  Each adds its values to an object of the tree; the partial of the
 * same name prints them.
 */
#ifndef RUAD_PART_H
#define RUAD_PART_H

#include "view.h"

/* view_link to the same of these days (half-open).  There are many such links: that to one day
 * names it once. */
struct str part_days_link(struct view *v, const char *path, int64_t from_day, int64_t to_day,
	const char *const *changes);

/* object.sentence: "541 messages · 95.9% passed DMARC (519) · 22 failed …", with links to the
 * records. */
void part_sentence(struct view *v, json_t *object, const json_t *totals);

/* root.series: {chart, points, unit} over the range of this page; what names it. */
int part_series(struct view *v, struct str what, struct err *err);

/* root.causes: one row per cause that occurs, with its sentence and a link. */
void part_causes(struct view *v, const json_t *summary);

/* What caption.html prints: "2 domains, 541 messages", the last a link to this page's records.
 */
void part_caption_of(struct view *v, json_t *list, struct str what, int64_t messages);
/* The same of a list and its totals: "50 of 61 senders shown, 541 messages". */
void part_caption(struct view *v, json_t *list, const char *one, const char *many);

/* root.reporters: who reports in this range, most messages first. */
int part_reporters(struct view *v, const char *limit, struct err *err);

/* "p=none, sp=none, adkim=r": what a policy object says. */
struct str part_policy(struct view *v, const json_t *policy);

/* object.chip: {tone, icon, text}. */
enum chip { CHIP_OK, CHIP_WARN, CHIP_BAD, CHIP_INFO, CHIP_FORWARD };
void part_chip(json_t *object, const char *key, enum chip tone, const char *text);
/* What we see of a sender or source: its cause, or that forwarding explains it. */
void part_cause_chip(json_t *row);

/* Links, chips and texts for each row of a records document. */
void part_records(struct view *v, json_t *data);

/* Words for the entries of spf and dkim of a row. */
void part_auth(json_t *row);

/* What the template answers.html needs of an explanation: numbers and chips. */
void part_answers(json_t *explanation);

/* root.empty: why there is nothing to see, when the range has no reports or the filters leave
 * no message. 1 it is empty, 0, negative. */
int part_empty(struct view *v, const json_t *summary, struct err *err);

/* object.key_iso and object.key_text of a time in a document; nothing when it is null. */
void part_time(struct view *v, json_t *object, const char *key);
/* The same with the age beside it: key_ago. */
void part_time_ago(struct view *v, json_t *object, const char *key);

#endif
