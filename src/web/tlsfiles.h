/*
 * tlsfiles.h - the certificate of the server and its key, which may change while it serves
 * (GnuTLS).
 *
 * Life: tlsfiles_new -> tlsfiles_use -> tlsfiles_callback to libmicrohttpd -> tlsfiles_reload …
 * -> tlsfiles_free when no connection is left.  The library's callback knows of no object, so
 * one certificate is in force in a process: that of the last that was used.
 */
#ifndef RUAD_TLSFILES_H
#define RUAD_TLSFILES_H

#include "err.h"

#include <stdint.h>

#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct tlsfiles;
/* cert: the server's certificate, then those of its authorities, in PEM.  ERR_CONFIG: not to be
 * read, no certificate, a key of another one.  One that has expired is logged. */
int tlsfiles_new(const char *cert, const char *key, struct tlsfiles **ret, struct err *err);
/* From now on connections get this certificate, also after it was read again. */
void tlsfiles_use(struct tlsfiles *t);
/* Read both again.  On an error what was in force stays. */
int tlsfiles_reload(struct tlsfiles *t, struct err *err);
void tlsfiles_free(struct tlsfiles *t); /* accepts NULL */

/* For MHD_OPTION_HTTPS_CERT_CALLBACK. */
void *tlsfiles_callback(void);

#endif
