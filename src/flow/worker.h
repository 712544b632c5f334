/*
 * worker.h - the process that meets the bytes of mails: unpacks, parses and judges, confined
 * (confine.h), and tells what it finds.
 *
 * It is this program, started anew (anew.h) by crew.c; flow_worker_main of flow.h is its main.
 * It reads requests from its socket, each with its bytes, and answers them in their order with
 * frames (wire.h).  It is not trusted: what it says is checked (packing.h), and when it dies
 * only the input that it was at is lost to it.
 */
#ifndef RUAD_WORKER_H
#define RUAD_WORKER_H

#include "anew.h"
#include "bounds.h"
#include "str.h"

extern const struct anew worker_kind;

/* Was flow_worker_main called? */
bool worker_possible(void);
/* Is this process one? */
bool worker_here(void);

#define WORKER_MEMORY 83 /* exit status: it needed more memory than it may have */
#define WORKER_SETUP_BYTES (16 * KIB)
#define WORKER_MESSAGE_BYTES (16 * MIB) /* of what it tells at once */

/* Before each request: its kind, is_mail, and how many bytes follow. */
#define REQUEST_BYTES 10
enum request {
	REQUEST_SETUP = 1, /* worker_setup_put -> TELL_READY */
	REQUEST_MAIL,	   /* its bytes follow */
	REQUEST_FILE,	   /* no bytes: its descriptor came by the second socket */
	REQUEST_COUNT
};

void request_head(uint8_t ret[REQUEST_BYTES], enum request kind, bool is_mail, uint64_t bytes);

/* Frames.  The answer to a mail: HEAD, for each document PART and then REFUSED or REPORT, RAW
 * …, RECORD …, END (or REFUSED instead), and DONE at last.  RAW may come before REPORT. */
enum tell {
	TELL_READY = 1, /* bits of confine.h */
	TELL_MORE,	/* the beginning of the next frame, which is too long for one */
	TELL_HEAD,	/* is_mail, from, subject, message_id */
	TELL_PART,
	TELL_REPORT,
	TELL_RAW, /* bytes as they are */
	TELL_RECORD,
	TELL_END, /* digest, report, notes, carrier */
	TELL_REFUSED,
	TELL_DONE
};

#endif
