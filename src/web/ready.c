#include "ready.h"

#include "json.h"

#include <string.h>

static int look(struct pool *pool, int64_t *ret_free, struct err *err)
{
	struct store *store = NULL;
	int64_t generation;
	int r = pool_take(pool, &store, err);

	if (r < 0)
		return r;
	*ret_free = store_disk_free(store);
	r = store_generation(store, &generation, err);
	pool_give(pool, store, r < 0);
	return r;
}

static bool is_shape(const struct err *err)
{
	const char *reason = err->reason ? err->reason : "";

	return strcmp(reason, "store-older") == 0 || strcmp(reason, "store-newer") == 0;
}

static void check_json(struct json *j, const char *name, bool known, bool ok, struct str detail)
{
	json_open_object(j);
	json_kcstr(j, "name", name);
	json_kcstr(j, "status", !known ? "unknown" : ok ? "ok" : "crit");
	json_kstr(j, "detail", ok ? STR_ABSENT : detail);
	json_close_object(j);
}

bool ready_write(struct pool *pool, bool detailed, struct json *j)
{
	struct err err = { 0 };
	int64_t room = -1;
	int r = look(pool, &room, &err);
	bool shape = r < 0 && is_shape(&err);
	struct str detail = detailed ? str_of(err.text) : STR_ABSENT;

	json_open_object(j);
	json_kbool(j, "ready", r == 0);
	json_kopen_array(j, "checks");
	check_json(j, "store", true, r == 0 || shape, detail);
	check_json(j, "schema", r == 0 || shape, r == 0, shape ? detail : STR_ABSENT);
	/* What is stored can be read all the same. */
	check_json(j, "disk", room >= 0, room >= STORE_ROOM_BYTES,
		detailed && room >= 0 ? STR("the disk of the database is full, or may not be"
					    " written to: imports wait for room")
				      : STR_ABSENT);
	json_close_array(j);
	json_close_object(j);
	return r == 0;
}
