/*
 * openapi.h - the description of the API, and the schemas that it refers to, as the program
 * carries them: schema/openapi.json and schema/<name>.schema.json.  Pure.
 */
#ifndef RUAD_OPENAPI_H
#define RUAD_OPENAPI_H

#include "page.h"

/* "records.schema.json"; absent: the description.  NULL: none. */
const struct asset *openapi_find(struct str name);

#endif
