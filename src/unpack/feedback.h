/*
 * feedback.h - feedback reports: failure reports about single mails and complaints (RFC 5965,
 * 6591, 9991).
 *
 * Only told apart here, from the text of a part; nothing is read out of them.  Pure, linear.
 */
#ifndef RUAD_FEEDBACK_H
#define RUAD_FEEDBACK_H

#include "str.h"
#include "unpack.h"

/* How much of a part is enough to tell. */
#define FEEDBACK_BYTES ((size_t)64 * 1024)

/* A message/feedback-report part: DOC_ARF for auth-failure or when it does not say, else
 * DOC_FEEDBACK. */
enum doc_kind feedback_kind(struct str text);

/*
 * Plain text that is a feedback report although it is not marked as one: it has a Feedback-Type
 * field; or, in a multipart/report without a type, it speaks of DMARC and copies a header with
 * authentication results.
 */
bool feedback_like(struct str text, bool in_untyped_report, enum doc_kind *ret);

#endif
