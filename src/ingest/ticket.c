#include "ticket.h"

#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct child {
	struct source *source;
	size_t out; /* tickets that are not given back */
	bool ended;
};

struct ticket *ticket_new(struct str folder, struct str name)
{
	size_t slash = str_absent(folder) || str_ends(folder, STR("/")) ? 0 : 1;
	size_t n = folder.n + slash + name.n;
	struct ticket *t = xcalloc(1, sizeof(*t) + n + 1);

	if (folder.n > 0)
		memcpy(t->text, folder.p, folder.n);
	if (slash)
		t->text[folder.n] = '/';
	t->name_at = folder.n + slash;
	if (name.n > 0)
		memcpy(t->text + t->name_at, name.p, name.n);
	t->locator = str_make(t->text, n);
	return t;
}

int ticket_unread(struct ticket *t, struct str source, struct mail *ret)
{
	t->unread = true;
	*ret = (struct mail){
		.source = source,
		.locator = t->locator,
		.content = blob_mem(STR_ABSENT),
		.token = t,
	};
	return 2;
}

struct blob blob_take(struct buf *b)
{
	struct blob blob = blob_mem(STR_ABSENT);

	if (b->n == 0) {
		buf_release(b);
		return blob;
	}
	blob = blob_mem(buf_view(b));
	buf_init(b, 0);
	return blob;
}

void mail_drop(struct mail *mail)
{
	if (mail->content.fd >= 0)
		close(mail->content.fd);
	free((char *)(uintptr_t)mail->content.mem.p); /* see blob_take */
	mail->content = blob_mem(STR_ABSENT);
}

struct child *child_new(struct source *s)
{
	struct child *c = xcalloc(1, sizeof(*c));

	c->source = s;
	return c;
}

static void child_free(struct child *c)
{
	source_close(c->source);
	free(c);
}

int child_next(struct child *c, struct str name, struct mail *ret, struct err *err)
{
	struct mail mail;
	struct ticket *t;
	int r = c->source->ops->next(c->source, &mail, err);

	if (r <= 0)
		return r;
	t = xcalloc(1, sizeof(*t) + 1);
	t->child = c;
	t->inner = mail.token;
	t->locator = mail.locator;
	c->out++;
	mail.token = t;
	mail.source = name;
	*ret = mail;
	return r;
}

void child_end(struct child *c)
{
	if (!c)
		return;
	c->ended = true;
	if (c->out == 0)
		child_free(c);
}

void ticket_drop(struct mail *mail)
{
	struct ticket *t = mail->token;

	if (!t->child) {
		mail_drop(mail);
		return;
	}
	mail->token = t->inner;
	t->child->source->ops->drop(t->child->source, mail);
	mail->token = t;
}

int ticket_done(struct ticket *t, int outcome, struct err *err)
{
	struct child *c = t->child;
	int r = 0;

	if (c) {
		assert(c->out > 0);
		r = c->source->ops->done(c->source, t->inner, outcome, err);
		c->out--;
		if (c->ended && c->out == 0)
			child_free(c);
	}
	free(t);
	return r;
}
