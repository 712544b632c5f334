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
#include "pool.h"

struct request {
	const char *method;
	struct str target;		  /* as it came: "/records?x=%20" */
	struct str accept, if_none_match; /* absent: no such header */
	struct access_request access;	  /* who sends it */
	struct str body;		  /* absent: none */
	struct str id;			  /* "req-8f2c01" */
};

#define WRITE_BODY_MOST (16 * KIB) /* of a request that changes something */

bool request_reads(const struct request *req); /* GET or HEAD */

/* Pulls the rest of a body: 1 there may be more, 0 end, negative. */
struct answer_stream {
	int (*next)(struct answer_stream *s, struct buf *out, struct err *err);
	void (*close)(struct answer_stream *s);
};

#define ANSWER_HEADERS 8
struct answer {
	int status;
	struct str type; /* absent: no body and no type (304) */
	struct answer_header {
		const char *name;
		struct str value;
	} headers[ANSWER_HEADERS];
	size_t header_count;
	struct body body;
	struct str fixed; /* a body that lives as long as the request, instead of body */
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
	const struct rules *rules; /* NULL: rules_default */
	struct metrics *metrics;   /* NULL: nothing is counted */
};

/* arena: of the request; outlives the answer's stream.  Life of *ret: answer_release. */
void answer_make(const struct answerer *w, const struct request *req, struct arena *arena,
	struct answer *ret);
/* How large a body may come with a request, whose headers are there; 0: none is read. */
size_t answer_body_most(
	const struct answerer *w, const struct request *req, struct arena *arena);
/* Refuse without looking further: what the transport found. */
void answer_refuse(const struct request *req, struct arena *arena, int problem_type,
	struct str detail, struct answer *ret);
void answer_release(struct answer *a);

#endif
