/*
 * domain.h - domain names in one form: lower case, A-labels (IDNA 2008, libidn2), no trailing
 * dot.
 */
#ifndef RUAD_DOMAIN_H
#define RUAD_DOMAIN_H

#include "arena.h"

/*
 * *ret: the name in its one form, from arena.  The domain part of an address, white space and
 * one trailing dot are understood.  False: it is no domain name (empty, empty label, illegal
 * bytes, too long).
 */
bool domain_norm(struct arena *a, struct str name, struct str *ret);

/* Is child a proper subdomain of parent?  Both in normal form. */
bool domain_below(struct str child, struct str parent);

#endif
