#include "asset.h"

#include "coding.h"
#include "digest.h"
#include "page.h"
#include "page_files.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define FOLDER "static/"
#define HASH_CHARS 12
#define ASSETS_MOST 16
#define PATH_MOST 128

static struct asset assets[ASSETS_MOST];
static const char *names[ASSETS_MOST];
static char paths[ASSETS_MOST][PATH_MOST];
static size_t count;
static struct arena memory; /* never released */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct str type_of(struct str name)
{
	if (str_ends(name, STR(".css")))
		return STR("text/css; charset=utf-8");
	if (str_ends(name, STR(".svg")))
		return STR("image/svg+xml");
	if (str_ends(name, STR(".js")))
		return STR("text/javascript; charset=utf-8");
	return STR("application/octet-stream");
}

static void add(const struct embedded *f)
{
	const char *name = f->name + strlen(FOLDER), *dot = strrchr(name, '.');
	struct str body = str_make(f->data, f->size_bytes);
	struct digest digest = digest_of(body);
	char hex[2 * DIGEST_BYTES + 1];
	int n;

	assert(dot && count < ASSETS_MOST);
	digest_hex(&digest, hex);
	n = snprintf(paths[count], PATH_MOST, "/" FOLDER "%.*s.%.*s%s", (int)(dot - name), name,
		HASH_CHARS, hex, dot);
	assert(n > 0 && n < PATH_MOST);
	names[count] = name;
	assets[count] = (struct asset){ .path = str_make(paths[count], (size_t)n),
		.type = type_of(str_of(name)),
		.body = body,
		.gzip = coding_smallest(body, &memory) };
	count++;
}

static void load(void)
{
	arena_init(&memory);
	for (const struct embedded *f = page_files; f->name; f++)
		if (str_starts(str_of(f->name), STR(FOLDER)))
			add(f);
}

const struct asset *asset_find(struct str path)
{
	pthread_once(&once, load);
	for (size_t i = 0; i < count; i++)
		if (str_eq(assets[i].path, path))
			return &assets[i];
	return NULL;
}

struct str asset_path(const char *name)
{
	pthread_once(&once, load);
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return assets[i].path;
	assert(false); /* a page names a file that is not there */
	return STR_ABSENT;
}
