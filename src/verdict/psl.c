#include "orgdom.h"

#include "arena.h"
#include "day.h"
#include "ip.h"
#include "xalloc.h"

#include <libpsl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * One look-up costs some microseconds, more than parsing the record that asks, and the same few
 * names come again and again: keep the answers.  A busy cache is passed by, so threads never
 * wait.
 */
#define CACHE_SLOTS 512 /* a power of two */
#define CACHE_NAME 118

struct slot {
	uint8_t n, org_n;
	char name[CACHE_NAME];
};

struct cache {
	atomic_flag busy;
	struct slot slots[CACHE_SLOTS];
};

struct psl {
	struct orgdom orgdom; /* first */
	psl_ctx_t *ctx;
	const psl_ctx_t *list; /* ctx, or the list inside the library, which is not freed */
	struct cache *cache;
	struct arena arena;
	struct str version;
};

/* RFC 1035: a name in normal form fits. */
#define NAME_TEXT 256

/* Normal form, at least in what libpsl does not look at; an IPv4 address is no host name. */
static bool host_name(struct str d)
{
	struct ip ip;

	if (str_empty(d) || d.n >= NAME_TEXT - 1 || d.p[0] == '.' || d.p[d.n - 1] == '.')
		return false;
	if (str_contains(d, STR("..")) || memchr(d.p, 0, d.n))
		return false;
	return !((d.p[d.n - 1] >= '0' && d.p[d.n - 1] <= '9') && ip_parse(d, &ip));
}

/* Length of the organizational domain at the end of d, 0 none. */
static size_t lookup(const struct psl *p, struct str d)
{
	char name[NAME_TEXT];
	const char *org;

	if (!host_name(d))
		return 0;
	memcpy(name, d.p, d.n);
	name[d.n] = 0;
	org = psl_registrable_domain(p->list, name);
	return org ? strlen(org) : 0;
}

static struct slot *slot_of(struct cache *c, struct str d)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < d.n; i++)
		h = (h ^ (unsigned char)d.p[i]) * 16777619U;
	return &c->slots[(h ^ (h >> 15)) & (CACHE_SLOTS - 1)];
}

static struct str org_of(const struct orgdom *o, struct str domain)
{
	const struct psl *p = (const struct psl *)o;
	struct cache *c = p->cache;
	size_t n;

	if (str_empty(domain))
		return STR_ABSENT;
	if (domain.n > CACHE_NAME || atomic_flag_test_and_set(&c->busy)) {
		n = lookup(p, domain);
	} else {
		struct slot *s = slot_of(c, domain);

		if (s->n != domain.n || memcmp(s->name, domain.p, domain.n) != 0) {
			s->org_n = (uint8_t)lookup(p, domain);
			s->n = (uint8_t)domain.n;
			memcpy(s->name, domain.p, domain.n);
		}
		n = s->org_n;
		atomic_flag_clear(&c->busy);
	}
	return n ? str_from(domain, domain.n - n) : STR_ABSENT;
}

/* "// VERSION: 2026-02-09_…" near the start of a list in text form. */
static struct str version_line(const char *file, char buf[4096])
{
	FILE *f = fopen(file, "re");
	struct str s, line;
	size_t n;

	if (!f)
		return STR_ABSENT;
	n = fread(buf, 1, 4095, f);
	fclose(f);
	s = str_make(buf, n);
	while (str_cut(&s, '\n', &line))
		if (str_starts(line, STR("// VERSION:")))
			return str_first(str_trim(str_from(line, 11)), 40);
	return STR_ABSENT;
}

/* The list says its date itself, or the file has one. */
static struct str describe(struct arena *a, const char *file)
{
	char buf[4096], day[DAY_TEXT];
	struct str version = version_line(file, buf);
	struct stat st;

	if (!str_absent(version))
		return arena_printf(a, "%s, %.*s", file, STR_ARGS(version));
	if (stat(file, &st) < 0)
		return arena_str(a, str_of(file));
	return arena_printf(a, "%s, %.*s", file, STR_ARGS(day_text(day_of(st.st_mtime), day)));
}

static void use_builtin(struct psl *p)
{
	char day[DAY_TEXT];

	p->list = psl_builtin();
	p->version = arena_printf(&p->arena, "inside libpsl, %.*s",
		STR_ARGS(day_text(day_of(psl_builtin_file_time()), day)));
}

/* Any text has lines, which libpsl takes for rules; every list has one for com. */
static bool is_list(const psl_ctx_t *ctx)
{
	return psl_is_public_suffix2(ctx, "com", PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) == 1;
}

int psl_open(const char *file, struct psl **ret, struct err *err)
{
	const char *path = file ? file : psl_dist_filename();
	struct psl *p = xcalloc(1, sizeof(*p));

	p->orgdom.of = org_of;
	p->cache = xcalloc(1, sizeof(*p->cache));
	atomic_flag_clear(&p->cache->busy);
	arena_init(&p->arena);
	if (path && *path)
		p->list = p->ctx = psl_load_file(path);
	if (p->ctx && is_list(p->ctx))
		p->version = describe(&p->arena, path);
	else if (!file && psl_builtin())
		use_builtin(p);
	else {
		psl_close(p);
		return FAIL(err, ERR_CONFIG, NULL,
			"%s is no Public Suffix List, or cannot be read",
			path && *path ? path : "the system's list");
	}
	*ret = p;
	return 0;
}

void psl_close(struct psl *p)
{
	if (!p)
		return;
	psl_free(p->ctx);
	arena_release(&p->arena);
	free(p->cache);
	free(p);
}

const struct orgdom *psl_orgdom(const struct psl *p)
{
	return &p->orgdom;
}

struct str psl_version(const struct psl *p)
{
	return p->version;
}
