#include "day.h"
#include "ingest.h"
#include "ticket.h"
#include "xalloc.h"

#include <stdlib.h>

struct memory {
	struct source source;
	struct blob bytes;
	struct ticket *ticket; /* until it is handed out */
};

static int memory_next(struct source *s, struct mail *ret, struct err *err)
{
	struct memory *m = (struct memory *)s;

	(void)err;
	if (!m->ticket)
		return 0;
	*ret = (struct mail){
		.source = s->name,
		.locator = m->ticket->locator,
		.content = m->bytes,
		.arrived_at = time_now(),
		.token = m->ticket,
	};
	m->ticket = NULL;
	return 1;
}

/* The bytes are the caller's. */
static void memory_drop(struct source *s, struct mail *mail)
{
	(void)s;
	mail->content = blob_mem(STR_ABSENT);
}

static int memory_done(struct source *s, void *token, int outcome, struct err *err)
{
	(void)s;
	return ticket_done(token, outcome, err);
}

static uint64_t memory_total(struct source *s)
{
	(void)s;
	return 1;
}

static void memory_close(struct source *s)
{
	struct memory *m = (struct memory *)s;

	free(m->ticket);
	free(m);
}

static const struct source_ops memory_ops = {
	.next = memory_next,
	.drop = memory_drop,
	.done = memory_done,
	.total = memory_total,
	.close = memory_close,
};

void source_open_blob(const struct blob *bytes, struct str locator, struct source **ret)
{
	struct memory *m = xcalloc(1, sizeof(*m));

	m->source = (struct source){ .ops = &memory_ops, .name = STR("upload") };
	m->bytes = *bytes;
	m->ticket = ticket_new(STR_ABSENT, locator);
	*ret = &m->source;
}
