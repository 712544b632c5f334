#include "pool.h"

#include "xalloc.h"

#include <assert.h>
#include <pthread.h>
#include <sys/stat.h>

#define POOL_WAIT_MS 2000 /* for SQLite's locks; readers of a WAL hardly wait */

struct slot {
	struct store *store; /* NULL: not open */
	bool used, kept;
	dev_t device;
	ino_t inode;
};

struct pool {
	pthread_mutex_t lock;
	char *database;
	struct slot *slots;
	unsigned most, kept_most, kept;
	const struct services *services;
};

struct pool *pool_new(const char *database, unsigned most, unsigned kept_most)
{
	struct pool *p = xcalloc(1, sizeof(*p));

	pthread_mutex_init(&p->lock, NULL);
	p->database = xmemdup0(database, strlen(database));
	p->slots = xcalloc(most, sizeof(*p->slots));
	p->most = most;
	p->kept_most = kept_most;
	p->services = services_default();
	return p;
}

void pool_services(struct pool *p, const struct services *services)
{
	p->services = services ? services : services_default();
}

const struct services *pool_services_of(const struct pool *p)
{
	return p->services;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->most; i++)
		store_close(p->slots[i].store);
	pthread_mutex_destroy(&p->lock);
	free(p->slots);
	free(p->database);
	free(p);
}

/* An unused slot, with an open handle if there is one.  NULL: all are used. */
static struct slot *slot_take(struct pool *p)
{
	struct slot *found = NULL;

	pthread_mutex_lock(&p->lock);
	for (unsigned i = 0; i < p->most; i++) {
		if (p->slots[i].used)
			continue;
		if (!found || (!found->store && p->slots[i].store))
			found = &p->slots[i];
	}
	if (found)
		found->used = true;
	pthread_mutex_unlock(&p->lock);
	return found;
}

static void slot_give(struct pool *p, struct slot *slot)
{
	pthread_mutex_lock(&p->lock);
	p->kept -= slot->kept;
	slot->used = slot->kept = false;
	pthread_mutex_unlock(&p->lock);
}

/* Is the handle still one of the file that has the name? */
static bool slot_current(const struct slot *slot, const struct stat *st)
{
	return slot->store && slot->device == st->st_dev && slot->inode == st->st_ino;
}

static void slot_set(struct pool *p, struct slot *slot, struct store *s, const struct stat *st)
{
	pthread_mutex_lock(&p->lock);
	slot->store = s;
	slot->device = st->st_dev;
	slot->inode = st->st_ino;
	pthread_mutex_unlock(&p->lock);
}

int pool_take(struct pool *p, struct store **ret, struct err *err)
{
	struct slot *slot = slot_take(p);
	struct store *s;
	struct stat st = { 0 };
	int r;

	if (!slot)
		return FAIL(err, ERR_TEMP, "store-busy",
			"Too many requests at once; try again in a moment.");
	if (stat(p->database, &st) == 0 && slot_current(slot, &st)) {
		*ret = slot->store;
		return 0;
	}
	s = slot->store;
	slot_set(p, slot, NULL, &st);
	store_close(s);
	r = store_open(p->database, STORE_READ, POOL_WAIT_MS, &s, err);
	if (r < 0) {
		slot_give(p, slot);
		return r;
	}
	store_services(s, p->services);
	slot_set(p, slot, s, &st);
	*ret = s;
	return 0;
}

/* The slot of a handle that is in use. */
static struct slot *slot_of(struct pool *p, const struct store *s)
{
	struct slot *found = NULL;

	pthread_mutex_lock(&p->lock);
	for (unsigned i = 0; i < p->most && !found; i++)
		if (p->slots[i].used && p->slots[i].store == s)
			found = &p->slots[i];
	pthread_mutex_unlock(&p->lock);
	return found;
}

int pool_keep(struct pool *p, const struct store *s, struct err *err)
{
	struct slot *slot = slot_of(p, s);
	bool may;

	assert(slot);
	pthread_mutex_lock(&p->lock);
	may = slot->kept || p->kept < p->kept_most;
	if (may && !slot->kept) {
		slot->kept = true;
		p->kept++;
	}
	pthread_mutex_unlock(&p->lock);
	return may ? 0
		   : FAIL(err, ERR_TEMP, "store-busy",
			     "Too many downloads at once; try again in a moment.");
}

void pool_give(struct pool *p, struct store *s, bool broken)
{
	struct slot *slot = slot_of(p, s);

	assert(slot);
	if (broken) {
		slot_set(p, slot, NULL, &(struct stat){ 0 });
		store_close(s);
	}
	slot_give(p, slot);
}
