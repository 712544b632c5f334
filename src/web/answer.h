/*
 * answer.h - one request in, one answer out: status, headers, and a body in memory, in a file
 * or as a stream.
 *
 * Knows nothing of sockets; exchange.c carries it.  Reads from a handle of the pool, which a
 * stream keeps until it is closed; marks are written through a handle of their own.
 */
#ifndef RUAD_ANSWER_H
#define RUAD_ANSWER_H

#include "access.h"
#include "body.h"
#include "intake.h"
#include "pool.h"

struct request {
	const char *method;
	struct str target; /* as it came: "/records?x=%20" */
	/* absent: no such header */
	struct str accept, accept_encoding, if_none_match, cookie;
	struct access_request access; /* who sends it */
	struct blob body;	      /* empty: none */
	struct str id;		      /* "req-8f2c01" */
};

#define WRITE_BODY_MOST (16 * KIB) /* of a request that changes something */

bool request_reads(const struct request *req); /* GET or HEAD */

/* Pulls the rest of a body: 1 there may be more, 0 end, negative. */
struct answer_stream {
	int (*next)(struct answer_stream *s, struct buf *out, struct err *err);
	void (*close)(struct answer_stream *s);
};

#define ANSWER_HEADERS 10
struct answer {
	int status;
	struct str type; /* absent: no body and no type (304) */
	struct answer_header {
		const char *name;
		struct str value;
	} headers[ANSWER_HEADERS];
	size_t header_count;
	struct body body;
	struct str fixed;      /* a body that lives as long as the request, instead of body */
	struct str fixed_gzip; /* the same in gzip; absent: not at hand */
	struct answer_stream *stream; /* instead of body */
	bool close;		      /* end the connection after it */
};

struct answerer {
	struct access *access;
	struct pool *pool;
	const char *database;
	struct str psl_version;
	const struct web_import *imports;
	size_t import_count;
	struct web_keep keep;
	const struct rules *rules; /* NULL: rules_default */
	uint64_t answer_ms;	   /* as in web.h */
	const char *const *domains;
	size_t domain_count;
	struct metrics *metrics; /* NULL: nothing is counted */
	struct intake *intake;	 /* NULL: no files are taken */
	const struct enclosure *enclosure;
};

/* arena: of the request; outlives the answer's stream.  Life of *ret: answer_release. */
void answer_make(const struct answerer *w, const struct request *req, struct arena *arena,
	struct answer *ret);

/* What may come after the headers of a request that changes something. */
struct expected {
	uint64_t body_most; /* bytes */
	bool upload;	    /* what becomes of it may take long: a thread of its own */
};
/* The headers are there, and the body is not: is it wanted?  False: *ret_refusal is the answer,
 * made before anything of it is read. */
bool answer_expect(const struct answerer *w, const struct request *req, struct arena *arena,
	struct expected *ret, struct answer *ret_refusal);
/* Refuse without looking further: what the transport found. */
void answer_refuse(const struct request *req, struct arena *arena, int problem_type,
	struct str detail, struct answer *ret);
void answer_release(struct answer *a);

#endif
