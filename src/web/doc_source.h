/*
 * doc_source.h - for doc_*.c and its page: a source of mail, an address or a network, as a
 * document.
 */
#ifndef RUAD_DOC_SOURCE_H
#define RUAD_DOC_SOURCE_H

#include "doc_list.h"

/* "192.0.2.1", "192.0.2.0/24", IPv6 in brackets or without.  ERR_USAGE invalid-parameter: the
 * text says what is accepted. */
int source_parse(struct str text, struct ip_net *ret, struct err *err);

/*
 * "/api/v1/sources/{ip}": whose it is, and what it sends by the domain that its mail names; of
 * a network, its addresses too, which sort, limit and cursor are about.  1; ERR_USAGE
 * not-found: no report names such an address.
 */
int doc_source(struct doc_context *c, struct str text, const struct query *q, struct json *j,
	struct err *err);

#endif
