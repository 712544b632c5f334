#include "tree.h"

#include "buf.h"
#include "xalloc.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MOST (1U << 20)

void tree_cleanup(json_t **t)
{
	json_decref(*t);
}

int tree_parse(struct str text, json_t **ret, struct err *err)
{
	json_error_t at;
	json_t *t = json_loadb(text.p, text.n, JSON_ALLOW_NUL | JSON_DECODE_ANY, &at);

	if (!t)
		return FAIL(err, ERR_INPUT, NULL, "byte %d: %s", at.position, at.text);
	*ret = t;
	return 0;
}

int tree_of(struct json *j, json_t **ret, struct err *err)
{
	if (json_end(j) < 0)
		return FAIL(err, ERR_LIMIT, "too-large",
			"The answer is larger than %llu bytes: ask for less.",
			(unsigned long long)j->out->max);
	return tree_parse(buf_view(j->out), ret, err);
}

json_t *tree_get(const json_t *t, const char *path)
{
	struct str rest = str_of(path), key;

	while (t && str_cut(&rest, '.', &key))
		t = json_object_getn(t, key.p, key.n);
	return (json_t *)t;
}

struct str tree_str(const json_t *t, const char *path)
{
	const json_t *s = tree_get(t, path);

	return json_is_string(s) ? str_make(json_string_value(s), json_string_length(s))
				 : STR_ABSENT;
}

int64_t tree_i64(const json_t *t, const char *path)
{
	return json_integer_value(tree_get(t, path));
}

bool tree_true(const json_t *t, const char *path)
{
	return json_is_true(tree_get(t, path));
}

/* The text with U+FFFD for each byte sequence that is no UTF-8. */
static json_t *repaired(struct str s)
{
	CLEANUP(buf)
	struct buf b;

	buf_init(&b, TEXT_MOST);
	while (s.n > 0) {
		int n = str_utf8_char(s);

		if (n > 0)
			buf_add(&b, s.p, (size_t)n);
		else
			buf_str(&b, STR("\xef\xbf\xbd"));
		s = str_from(s, (size_t)(n > 0 ? n : -n));
	}
	return json_stringn(b.n > 0 ? b.p : "", b.n);
}

void tree_set_str(json_t *object, const char *key, struct str s)
{
	if (str_absent(s))
		json_object_set_new(object, key, json_null());
	else
		json_object_set_new(
			object, key, str_utf8(s) ? json_stringn(s.p, s.n) : repaired(s));
}

void tree_set_cstr(json_t *object, const char *key, const char *s)
{
	tree_set_str(object, key, str_of(s));
}

void tree_set_i64(json_t *object, const char *key, int64_t v)
{
	json_object_set_new(object, key, json_integer(v));
}

void tree_set_bool(json_t *object, const char *key, bool v)
{
	json_object_set_new(object, key, json_boolean(v));
}

void tree_printf(json_t *object, const char *key, const char *fmt, ...)
{
	CLEANUP(buf)
	struct buf b;
	va_list ap;

	buf_init(&b, TEXT_MOST);
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	tree_set_str(object, key, buf_view(&b));
}

json_t *tree_set_object(json_t *object, const char *key)
{
	json_t *t = json_object();

	json_object_set_new(object, key, t);
	return t;
}

json_t *tree_set_array(json_t *object, const char *key)
{
	json_t *t = json_array();

	json_object_set_new(object, key, t);
	return t;
}

json_t *tree_append(json_t *array)
{
	json_t *t = json_object();

	json_array_append_new(array, t);
	return t;
}
