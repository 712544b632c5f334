/*
 * fuzz_config.c - any bytes as a configuration file, and behind a line "%%" as lines of the
 * environment.
 *
 * Values are clean text, and stand in the file as they are given (where there is no backslash,
 * with which they need not).  What is read can be shown.
 */
#include "config.h"
#include "config_show.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VARS_MOST 50

static int file_of(struct str text)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0600) < 0 || write(fd, text.p, text.n) != (ssize_t)text.n)
		abort();
	return fd;
}

static void check_setting(const struct setting *s, struct str text)
{
	if (!s->key)
		return;
	if (s->value_count == 0)
		abort();
	for (size_t i = 0; i < s->value_count; i++) {
		struct str value = str_of(s->values[i]);
		if (str_empty(value) || !str_utf8(value))
			abort();
		for (size_t k = 0; k < value.n; k++) {
			if ((uint8_t)value.p[k] < ' ' || value.p[k] == 0x7f)
				abort();
		}
		if (s->origin.kind == ORIGIN_FILE && str_index(text, '\\') < 0 &&
			!str_contains(text, value))
			abort();
	}
}

static void check_config(const struct config *c, struct arena *a, struct str text)
{
	for (size_t i = 0; i < KEY_OF_SOURCES; i++)
		check_setting(&c->settings[i], text);
	for (size_t i = 0; i < c->source_count; i++) {
		if (!config_title_ok(str_of(c->sources[i].name)))
			abort();
		for (size_t k = 0; k < SOURCE_KEYS; k++)
			check_setting(&c->sources[i].settings[k], text);
	}
	FILE *out = fopen("/dev/null", "w");
	if (!out)
		abort();
	config_show_text(c, a, out);
	fclose(out);
}

static void read_vars(struct arena *a, struct str text, char **ret)
{
	struct str line;
	for (size_t n = 0; n < VARS_MOST && str_cut(&text, '\n', &line);) {
		if (str_index(line, '\0') < 0)
			ret[n++] = (char *)arena_cstr(a, line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size), env = STR("");
	ptrdiff_t at = str_find(text, STR("\n%%\n"));
	char *vars[VARS_MOST + 1] = { NULL };
	char path[64];
	struct arena arena;
	struct config config;
	arena_init(&arena);
	if (at >= 0) {
		env = str_from(text, (size_t)at + 4);
		text = str_make(text.p, (size_t)at);
	}
	read_vars(&arena, env, vars);
	int fd = file_of(text);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct faults faults = { .arena = &arena };
	int r = config_load(&arena, path, vars, &config, &faults);
	if ((r < 0) != (faults.count > 0))
		abort();
	if (r == 0)
		check_config(&config, &arena, text);
	close(fd);
	arena_release(&arena);
	return 0;
}
