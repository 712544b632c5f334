/*
 * asset.h - static files of the pages, named with a hash of their content so that they can be
 * cached for ever.  See also asset_find in page.h.
 */
#ifndef RUAD_ASSET_H
#define RUAD_ASSET_H

#include "str.h"

/* The URL path of a file of static/: "app.css" gives "/static/app.<hash>.css". */
struct str asset_path(const char *name);

#endif
