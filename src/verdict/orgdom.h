/*
 * orgdom.h - the organizational domain, as an argument of the verdict.
 *
 * Names go in lower case, as A-labels, without a trailing dot (see domain.h).
 */
#ifndef RUAD_ORGDOM_H
#define RUAD_ORGDOM_H

#include "err.h"
#include "str.h"

struct orgdom {
	/*
	 * The organizational domain of domain: a slice of domain.  Absent when it has none (it
	 * is a public suffix itself, or no host name at all).
	 */
	struct str (*of)(const struct orgdom *o, struct str domain);
};

/*
 * The Public Suffix List (RFC 7489 section 3.2), ICANN and private sections, libpsl.
 * file NULL: the system's list, else a file in the list's own format.
 */
struct psl;
int psl_open(const char *file, struct psl **ret, struct err *err);
void psl_close(struct psl *p);
const struct orgdom *psl_orgdom(const struct psl *p);
/* Where the list came from and its date, for the status page: "/usr/share/…, 2023-02-09". */
struct str psl_version(const struct psl *p);

#endif
