#include "doc_confinement.h"

#include "confine.h"
#include "enclose.h"
#include "metrics.h"
#include "xalloc.h"

static void landlock_keys(struct json *j, bool holds, unsigned abi)
{
	json_kbool(j, "landlock", holds);
	json_ku64(j, "landlock_abi", abi);
}

void confinement_key(const struct doc_context *c, struct json *j)
{
	const struct enclosure *e = c->enclosure;
	unsigned held = confine_offered();

	json_kopen_object(j, "confinement");
	json_kopen_object(j, "workers");
	json_kbool(j, "seccomp", (held & CONFINED_SECCOMP) != 0);
	landlock_keys(j, (held & CONFINED_LANDLOCK) != 0, landlock_abi());
	json_kbool(j, "memory", (held & CONFINED_MEMORY) != 0);
	json_close_object(j);
	if (e) {
		json_kopen_object(j, "server");
		json_kstr(j, "user", str_of(e->user));
		json_kbool(j, "no_new_privileges", e->no_new_privileges);
		json_kbool(j, "seccomp", e->seccomp);
		landlock_keys(j, e->landlock, e->landlock_abi);
		json_close_object(j);
	} else {
		json_knull(j, "server");
	}
	json_close_object(j);
}

int limit_hits_key(const struct doc_context *c, struct json *j, struct err *err)
{
	uint64_t *hits = ARENA_ARRAY(c->arena, uint64_t, limit_count);
	int r = c->metrics ? metrics_limits(c->metrics, c->store, hits, err) : 0;

	if (r < 0)
		return r;
	if (!c->metrics) {
		json_knull(j, "limit_hits");
		return 0;
	}
	json_kopen_object(j, "limit_hits");
	for (size_t i = 0; i < limit_count; i++)
		json_ku64(j, limit_table[i].name, hits[i]);
	json_close_object(j);
	return 0;
}
