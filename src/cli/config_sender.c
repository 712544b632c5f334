#include "config_sender.h"

#include "orgdom.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sender_config *sender_of(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->sender_count; i++) {
		if (strcmp(c->senders[i].name, name) == 0)
			return &c->senders[i];
	}
	return NULL;
}

void config_senders_begin(struct config *c, const struct config_layer *l)
{
	c->sender_count = l->sender_count;
	c->senders = ARENA_ARRAY(c->arena, struct sender_config, l->sender_count + 1);
	for (size_t i = 0; i < l->sender_count; i++) {
		c->senders[i].name = l->senders[i].name;
		c->senders[i].origin = l->senders[i].origin;
	}
}

void config_sender_take(struct config *c, const struct setting *s)
{
	struct sender_config *sender = sender_of(c, s->source);
	if (sender)
		sender->settings[config_key_id(s->key) - KEY_OF_SENDERS] = *s;
}

/* --- The file of rules --- */

static int read_file(const char *path, struct buf *ret, struct err *err)
{
	struct stat st;
	CLEANUP(close_fd)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return FAIL(err, ERR_CONFIG, NULL, "cannot be read: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return FAIL(err, ERR_CONFIG, NULL, "is no regular file");
	char *p = buf_reserve(ret, SERVICES_FILE_MOST + 1);
	while (ret->n <= SERVICES_FILE_MOST) {
		ssize_t n = read(fd, p + ret->n, SERVICES_FILE_MOST + 1 - ret->n);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return FAIL(
				err, ERR_CONFIG, NULL, "cannot be read: %s", strerror(errno));
		ret->n += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static void add_file(
	struct services *s, const char *path, struct origin written, struct faults *f)
{
	CLEANUP(buf)
	struct buf text;
	struct err err = { 0 };
	buf_init(&text, SERVICES_FILE_MOST + 1);
	if (read_file(path, &text, &err) == 0)
		services_add(s, buf_view(&text), &err);
	if (err.code == 0)
		return;
	if (err.line == 0)
		faults_add(f, written, "services_file %s %s", path, err.text);
	else
		faults_add(
			f, (struct origin){ ORIGIN_FILE, path, (int)err.line }, "%s", err.text);
}

/* --- Together --- */

static void add_sender(struct services *s, const struct sender_config *sender, struct faults *f)
{
	const struct setting *match = &sender->settings[KEY_MATCH - KEY_OF_SENDERS];
	const struct setting *mark = &sender->settings[KEY_MARK - KEY_OF_SENDERS];
	struct str *patterns = ARENA_ARRAY(f->arena, struct str, match->value_count + 1);
	struct err err = { 0 };
	for (size_t i = 0; i < match->value_count; i++)
		patterns[i] = str_of(match->values[i]);
	if (!match->key)
		faults_add(f, sender->origin, "sender %s has no match", sender->name);
	else if (services_add_own(s, str_of(sender->name), patterns, match->value_count,
			 (enum sender_word)mark->number, &err) < 0)
		faults_add(f, match->origin, "sender %s: %s", sender->name, err.text);
}

void config_senders_settle(struct config *c, struct faults *f)
{
	const struct setting *file = &c->settings[KEY_SERVICES_FILE];
	struct services *s;
	c->services = services_default();
	if (!file->key && c->sender_count == 0)
		return;
	s = services_new(c->arena);
	for (size_t i = 0; i < c->sender_count; i++)
		add_sender(s, &c->senders[i], f);
	if (file->key)
		add_file(s, file->values[0], file->origin, f);
	else
		services_add(s, services_builtin(), NULL);
	c->services = s;
}

/* --- Looking for mistakes --- */

static struct origin origin_of(const struct config *c, const struct service *one)
{
	for (size_t i = 0; i < c->sender_count; i++) {
		if (one->own && str_eq(str_of(c->senders[i].name), one->name))
			return c->senders[i].settings[KEY_MATCH - KEY_OF_SENDERS].origin;
	}
	return c->settings[KEY_SERVICES_FILE].origin;
}

/* Senders are told apart by organizational domains, and those that have none by themselves. */
void config_senders_lint(const struct config *c, struct faults *f)
{
	struct psl *psl = NULL;
	struct err err = { 0 };
	if (!c->services || psl_open(c->psl_file, &psl, &err) < 0)
		return;
	const struct orgdom *orgdom = psl_orgdom(psl);
	for (size_t i = 0; i < services_pattern_count(c->services); i++) {
		const struct service_pattern *p = services_pattern(c->services, i);
		const struct service *one = services_at(c->services, p->service);
		struct str org =
			p->by == NAMED_BY_ADDRESS ? STR_ABSENT : orgdom->of(orgdom, p->domain);
		if (!str_absent(org) && !str_eq(org, p->domain))
			faults_add(f, origin_of(c, one),
				"%.*s: '%s:%.*s' matches nothing: senders are told apart by "
				"organizational domains, here %.*s",
				STR_ARGS(one->name), named_by_name(p->by), STR_ARGS(p->domain),
				STR_ARGS(org));
	}
	psl_close(psl);
}
