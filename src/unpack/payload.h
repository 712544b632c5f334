/*
 * payload.h - the bytes of a mail part behind its Content-Transfer-Encoding, as a reader.
 *
 * No decoded copy is made.  Reading cannot fail.
 */
#ifndef RUAD_PAYLOAD_H
#define RUAD_PAYLOAD_H

#include "base64.h"
#include "qp.h"
#include "reader.h"
#include "uu.h"

enum encoding { ENC_IDENTITY, ENC_BASE64, ENC_QP, ENC_UU };

struct payload {
	struct reader reader; /* first: &payload.reader is the stream */
	enum encoding encoding;
	union {
		struct {
			struct str in;
			size_t at;
		} plain;
		struct base64 base64;
		struct qp qp;
		struct uu uu;
	} as;
};

/* raw must outlive the payload. */
void payload_init(struct payload *b, struct str raw, enum encoding encoding);

/* Of a Content-Transfer-Encoding value; absent, unknown, 7bit, 8bit and binary are the
 * identity. */
enum encoding encoding_of(struct str value);

/*
 * What the bytes say against the declared encoding: archives and XML that lie there plain
 * although base64 was declared, and base64 or uuencode where nothing was.
 */
enum encoding encoding_seen(struct str raw, enum encoding declared);

#endif
