/*
 * routes.h - what addresses there are, told to a client: the part of GET /api/v1 that is made
 * of the table of route.h.
 */
#ifndef RUAD_ROUTES_H
#define RUAD_ROUTES_H

#include "arena.h"
#include "json.h"

/* Keys of the open object: "links", the resources by name, and "routes", each address of the
 * API and of monitoring with its methods, parameters and media types. */
void routes_keys(struct json *j, struct str base, struct arena *a);

#endif
