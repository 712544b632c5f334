/*
 * fuzz_authres.c - any bytes as the header of a mail in which a server says what it found: what
 * is read of it is text that can be kept and shown.
 */
#include "authres.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct str s)
{
	if (!str_utf8(s))
		abort();
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] < ' ' || s.p[i] == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str block = str_make((const char *)data, size);
	struct authres found = { 0 };
	struct arena a;

	arena_init(&a);
	authres_read(&a, block, STR("mx.example.net mx.example.com b"), &found);
	if (found.passed_count > AUTHRES_PASSED_MOST)
		abort();
	check_text(found.author);
	check_text(found.dmarc);
	check_text(found.dmarc_from);
	check_text(found.dkim);
	check_text(found.spf);
	check_text(found.spf_domain);
	for (size_t i = 0; i < found.passed_count; i++)
		check_text(found.passed[i]);
	arena_release(&a);
	return 0;
}
