/*
 * wire.h - frames between two processes of this program, over a stream socket.
 *
 * A frame is a type, a length and at most WIRE_MOST bytes.  What comes in is not trusted: the
 * other side may have met hostile bytes.  Frames are sent when WIRE_MOST bytes are waiting, or
 * by wire_flush. Life: wire_init -> … -> wire_release, which closes the descriptor.
 */
#ifndef RUAD_WIRE_H
#define RUAD_WIRE_H

#include "buf.h"
#include "err.h"

#define WIRE_MOST (64 * 1024)

struct wire {
	int fd;	     /* -1: none */
	int send_ms; /* so long is waited until the other side takes something; 0: for ever */
	uint8_t *in;
	size_t in_at, in_n;
	struct buf out;
};

struct frame {
	uint8_t type;
	struct str bytes; /* until the next wire_receive */
};

void wire_init(struct wire *w, int fd);
void wire_release(struct wire *w); /* accepts an empty one */

/* ERR_IO: the other side is gone, or took nothing for send_ms. */
int wire_send(struct wire *w, uint8_t type, struct str bytes, struct err *err);
int wire_flush(struct wire *w, struct err *err);

/*
 * 1 a frame, 0 the other side closed between two frames.
 * ERR_TEMP: nothing came for timeout_ms (negative: waits for ever); ERR_IO: cut; ERR_INPUT: not
 * a frame.
 */
int wire_receive(struct wire *w, int timeout_ms, struct frame *ret, struct err *err);
/* Is there something to receive without waiting in poll? */
bool wire_pending(const struct wire *w);
/* Overwrite all that was sent and received: there was a secret in it.  Frames that were
 * received but not taken yet stay; the last one that was taken does not. */
void wire_wipe(struct wire *w);

/* Fields of a frame's bytes: numbers in as many bytes as they need, texts with their length. */
void wire_put_u64(struct buf *b, uint64_t v);
void wire_put_str(struct buf *b, struct str s); /* absent becomes empty */
/* Take them in the same order.  Past the end: 0 or empty, and *bytes becomes absent, which
 * stays. */
uint64_t wire_take_u64(struct str *bytes);
struct str wire_take_str(struct str *bytes);

#endif
