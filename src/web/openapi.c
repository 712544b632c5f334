#include "openapi.h"

#include "openapi_files.h"

#include <assert.h>
#include <pthread.h>

#define DESCRIPTION STR("openapi.json")
#define FILES_MOST 64

static struct asset files[FILES_MOST];
static size_t count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
	for (const struct embedded *f = openapi_files; f->name; f++) {
		assert(count < FILES_MOST);
		files[count++] = (struct asset){ .path = str_of(f->name),
			.type = STR("application/json"),
			.body = str_make(f->data, f->size_bytes) };
	}
}

const struct asset *openapi_find(struct str name)
{
	pthread_once(&once, load);
	for (size_t i = 0; i < count; i++) {
		bool description = str_eq(files[i].path, DESCRIPTION);

		if (description ? str_absent(name) : str_eq(files[i].path, name))
			return &files[i];
	}
	return NULL;
}
