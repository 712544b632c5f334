#include "tlsfiles.h"

#include "buf.h"
#include "day.h"
#include "log.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define CHAIN_MOST 10
#define PEM_MOST (1U << 20)

/* One certificate with its key.  Handshakes may still use one after it was replaced, so all
 * are kept to the end. */
struct pair {
	gnutls_pcert_st chain[CHAIN_MOST];
	unsigned count;
	gnutls_privkey_t key;
	struct pair *older;
};

struct tlsfiles {
	char *cert, *key;
	struct pair *newest;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tlsfiles *in_force;

/* --- Reading --- */

static int read_pem(const char *path, struct buf *ret, struct err *err)
{
	CLEANUP(close_fd)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *p = buf_reserve(ret, PEM_MOST);

	while (fd >= 0 && ret->n < PEM_MOST) {
		ssize_t n = read(fd, p + ret->n, PEM_MOST - ret->n);

		if (n == 0)
			return 0;
		if (n > 0)
			ret->n += (size_t)n;
		else if (errno != EINTR)
			break;
	}
	return FAIL(err, ERR_CONFIG, NULL, "%s: cannot be read: %s", path,
		ret->n == PEM_MOST ? "too large" : strerror(errno));
}

static gnutls_datum_t datum(const struct buf *b)
{
	return (gnutls_datum_t){ (unsigned char *)b->p, (unsigned)b->n };
}

static void pair_free(struct pair *p)
{
	for (unsigned i = 0; i < p->count; i++)
		gnutls_pcert_deinit(&p->chain[i]);
	if (p->key)
		gnutls_privkey_deinit(p->key);
	free(p);
}

static void pair_cleanup(struct pair **p)
{
	if (*p)
		pair_free(*p);
}

static void credentials_cleanup(gnutls_certificate_credentials_t *c)
{
	if (*c)
		gnutls_certificate_free_credentials(*c);
}

/* Do they belong together? */
static int check_match(const struct tlsfiles *t, const gnutls_datum_t *cert,
	const gnutls_datum_t *key, struct err *err)
{
	CLEANUP(credentials)
	gnutls_certificate_credentials_t c = NULL;
	int r = gnutls_certificate_allocate_credentials(&c);

	if (r == 0)
		r = gnutls_certificate_set_x509_key_mem(c, cert, key, GNUTLS_X509_FMT_PEM);
	if (r == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		return FAIL(err, ERR_CONFIG, NULL, "%s is not the key of the certificate %s",
			t->key, t->cert);
	if (r < 0)
		return FAIL(err, ERR_CONFIG, NULL, "%s and %s cannot be used: %s", t->cert,
			t->key, gnutls_strerror(r));
	return 0;
}

/* Better an old certificate than none. */
static void warn_date(const struct tlsfiles *t, const gnutls_datum_t *cert)
{
	gnutls_x509_crt_t crt;
	char text[TIME_TEXT];
	int64_t end = -1;

	if (gnutls_x509_crt_init(&crt) < 0)
		return;
	if (gnutls_x509_crt_import(crt, cert, GNUTLS_X509_FMT_PEM) == 0)
		end = gnutls_x509_crt_get_expiration_time(crt);
	gnutls_x509_crt_deinit(crt);
	if (end < time_now())
		log_line(LOG_LEVEL_WARN, "web.tls-expired", LOG_STR("file", str_of(t->cert)),
			LOG_STR("ended", time_iso(end, text)));
}

static int load(const struct tlsfiles *t, struct pair **ret, struct err *err)
{
	CLEANUP(buf)
	struct buf cert;
	CLEANUP(buf)
	struct buf key;
	CLEANUP(pair)
	struct pair *p = xcalloc(1, sizeof(*p));
	gnutls_datum_t cert_pem, key_pem;
	int r;

	buf_init(&cert, PEM_MOST);
	buf_init(&key, PEM_MOST);
	r = read_pem(t->cert, &cert, err);
	if (r == 0)
		r = read_pem(t->key, &key, err);
	if (r < 0)
		return r;
	cert_pem = datum(&cert);
	key_pem = datum(&key);
	r = check_match(t, &cert_pem, &key_pem, err);
	if (r < 0)
		return r;
	warn_date(t, &cert_pem);
	p->count = CHAIN_MOST;
	r = gnutls_pcert_list_import_x509_raw(p->chain, &p->count, &cert_pem,
		GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
	if (r < 0)
		p->count = 0;
	if (r >= 0)
		r = gnutls_privkey_init(&p->key);
	if (r >= 0)
		r = gnutls_privkey_import_x509_raw(
			p->key, &key_pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	explicit_bzero(key.p, key.n);
	if (r < 0)
		return FAIL(err, ERR_CONFIG, NULL, "%s: cannot be used: %s", t->cert,
			gnutls_strerror(r));
	*ret = p;
	p = NULL;
	return 0;
}

/* --- Life --- */

int tlsfiles_reload(struct tlsfiles *t, struct err *err)
{
	struct pair *p = NULL;
	int r = load(t, &p, err);

	if (r < 0)
		return r;
	pthread_mutex_lock(&lock);
	p->older = t->newest;
	t->newest = p;
	pthread_mutex_unlock(&lock);
	return 0;
}

void tlsfiles_use(struct tlsfiles *t)
{
	pthread_mutex_lock(&lock);
	in_force = t;
	pthread_mutex_unlock(&lock);
}

int tlsfiles_new(const char *cert, const char *key, struct tlsfiles **ret, struct err *err)
{
	struct tlsfiles *t = xcalloc(1, sizeof(*t));
	int r;

	t->cert = xmemdup0(cert, strlen(cert));
	t->key = xmemdup0(key, strlen(key));
	r = tlsfiles_reload(t, err);
	if (r == 0)
		*ret = t;
	else
		tlsfiles_free(t);
	return r;
}

void tlsfiles_free(struct tlsfiles *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&lock);
	if (in_force == t)
		in_force = NULL;
	pthread_mutex_unlock(&lock);
	while (t->newest) {
		struct pair *p = t->newest;

		t->newest = p->older;
		pair_free(p);
	}
	free(t->cert);
	free(t->key);
	free(t);
}

static int give(gnutls_session_t session, const gnutls_datum_t *issuers, int issuer_count,
	const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
	gnutls_pcert_st **ret_chain, unsigned *ret_count, gnutls_privkey_t *ret_key)
{
	struct pair *p;

	(void)session;
	(void)issuers;
	(void)issuer_count;
	(void)algorithms;
	(void)algorithm_count;
	pthread_mutex_lock(&lock);
	p = in_force ? in_force->newest : NULL;
	pthread_mutex_unlock(&lock);
	if (!p)
		return -1;
	*ret_chain = p->chain;
	*ret_count = p->count;
	*ret_key = p->key;
	return 0;
}

void *tlsfiles_callback(void)
{
	return (void *)(uintptr_t)give;
}
