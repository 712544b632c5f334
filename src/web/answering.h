/*
 * answering.h - one answer under way.  Private to answer*.c: answer.c looks who asks for what,
 * answer_read.c makes documents, pages and streams, answer_write.c takes what changes
 * something.
 */
#ifndef RUAD_ANSWERING_H
#define RUAD_ANSWERING_H

#include "answer.h"
#include "route.h"

struct answering {
	const struct answerer *w;
	const struct request *req;
	struct arena *arena;
	struct http_target target;
	struct route route;
	struct access_who who;
	struct query query;
	struct doc_context doc;
	enum route_format format;
	bool broken; /* the store handle */
	/* Of the files of the database, before the answer's view of the data began: for what no
	 * number in it counts. */
	struct digest file_stamp;
	int64_t written_at;
	struct answer *ret;
};

#define JSON_TYPE STR("application/json")
#define HTML_TYPE STR("text/html; charset=utf-8")

void answer_header(struct answer *a, const char *name, struct str value);
/* Start the answer again, as this problem: a page for browsers, a document for all else. */
void answer_problem(struct answering *x, const struct problem *p);
void answer_error(struct answering *x, const struct err *err);
void answer_refused(struct answering *x, const struct access_refusal *why);
void answer_not_found(struct answering *x, struct str detail);
/* Go there: a path of ours and its query. */
void answer_see(struct answering *x, struct str where);

/* Does it ask for the change that this address is for? */
bool request_writes(const struct request *req, const struct route *route);

/* Read the parameters into x->query.  False: answered. */
bool answer_query(struct answering *x);
/* What is there to be read: from the store, and the list of all. */
void answer_from_store(struct answering *x);
void answer_index(struct answering *x);
/* The description of the API and its schemas. */
void answer_schema(struct answering *x);

/* What changes something.  answer_upload_expect: true, the file may come. */
void answer_mark(struct answering *x);
void answer_theme(struct answering *x); /* changes nothing but how pages look to one visitor */
bool answer_upload_expect(struct answering *x);
void answer_upload(struct answering *x);
/* Members of the document that says what became of a file: schema/upload.schema.json. */
void answer_result(struct answering *x, struct json *j, const struct intake_result *result);
/* A problem is tried again, or set aside. */
void answer_problem_action(struct answering *x);

#endif
