#include "meter.h"

#include "cli.h"

#define REDRAW_MS 100

void meter_tell(struct meter *m, const char *doing, uint64_t done, uint64_t total)
{
	uint64_t now = time_monotonic_ms();

	if (!m->on || now - m->drawn_ms < REDRAW_MS)
		return;
	m->drawn_ms = now;
	fprintf(stderr, "\r\033[K%s", doing);
	if (total > 0)
		fprintf(stderr, "  %llu/%llu", (unsigned long long)done,
			(unsigned long long)total);
	fflush(stderr);
}

static void draw(void *arg, const char *doing, uint64_t done, uint64_t total)
{
	meter_tell(arg, doing, done, total);
}

struct care meter_care(struct meter *m)
{
	return (struct care){ .stop = &cli_stop, .tell = m->on ? draw : NULL, .arg = m };
}

void meter_end(struct meter *m)
{
	if (m->drawn_ms > 0)
		fputs("\r\033[K", stderr);
	m->drawn_ms = 0;
}
