/*
 * fuzz_http.c - any bytes as each thing of a request that we read ourselves: the target, the
 * body of a form or of a document, and headers.
 */
#include "formtoken.h"
#include "forwarded.h"
#include "jsontree.h"
#include "marking.h"
#include "publicurl.h"
#include "route.h"
#include "theme.h"
#include "token.h"
#include "tree.h"
#include "xalloc.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_fields(const struct http_target *t)
{
	check(t->parameter_count <= HTTP_PARAMETERS && t->segment_count <= HTTP_SEGMENTS);
	for (size_t i = 0; i < t->parameter_count; i++) {
		check(str_utf8(t->parameters[i].name) && str_utf8(t->parameters[i].value));
		check(str_index(t->parameters[i].value, '\0') < 0);
	}
	for (size_t i = 0; i < t->segment_count; i++)
		check(str_utf8(t->segments[i]) && str_index(t->segments[i], '\0') < 0);
}

static void read_target(struct str text, struct arena *a)
{
	struct http_target t;
	struct route route;
	struct err err = { 0 };

	if (http_target_parse(text, a, &t, &err) < 0) {
		check(err.code == ERR_USAGE && err.reason);
		return;
	}
	check_fields(&t);
	route_find(&t, &route);
	http_target_strip(&t, STR("/ruad"));
	check_fields(&t);
	route_find(&t, &route);
	check(route.kind == ROUTE_NONE || route.path || route.page || route.asset);
}

/* What goes back into a header has no line break. */
static void read_forms(struct str text, struct arena *a)
{
	struct theme_choice choice;
	struct http_target t;
	struct marking marking;
	struct err err = { 0 };

	if (http_form_parse(text, a, &t, &err) == 0)
		check_fields(&t);
	if (theme_of_form(text, a, &choice, &err) == 0) {
		check(str_starts(choice.back, STR("/")));
		check(!str_starts(choice.back, STR("//")));
		for (size_t i = 0; i < choice.back.n; i++)
			check(choice.back.p[i] > ' ' && choice.back.p[i] < 0x7f);
	}
	if (marking_of_form(text, a, &marking, &err) == 0)
		check(str_utf8(marking.note));
	if (marking_of_json(text, a, &marking, &err) == 0)
		check(str_utf8(marking.note));
}

/* Both readers of JSON take the same objects, but for what jansson holds to be too large. */
static void read_json(struct str text, struct arena *a)
{
	CLEANUP(tree)
	json_t *tree = NULL;
	struct node *node;
	struct err err = { 0 };

	if (tree_parse(text, &tree, &err) == 0)
		(void)tree_str(tree, "a.b");
	if (node_parse(text, a, &node))
		check(node->type != NODE_OBJECT || !node_get(node, STR("a")) ||
			node_get(node, STR("a"))->type <= NODE_OBJECT);
}

static void read_headers(struct str text, struct arena *a)
{
	static const char *const offers[] = { "application/json", "text/csv", "text/html",
		NULL };
	struct ip_net net;
	struct ip peer, client;
	struct digest digest;
	struct public_url url;
	struct err err = { 0 };
	int offer = http_accept(text, offers);

	check(offer >= -1 && offer < 3);
	check(http_accept_coding(text) <= HTTP_GZIP_ONLY);
	(void)http_wants_html(text);
	(void)http_tag_matches(text, STR("\"17\""));
	(void)http_host_local(text);
	check(ip_parse(STR("127.0.0.1"), &peer) && ip_net_parse(STR("127.0.0.0/8"), &net));
	client = proxies_client(&(struct proxies){ &net, 1 }, &peer, text);
	check(client.n == 4 || client.n == 16);
	if (token_digest(text, &digest))
		check(text.n < TOKEN_TEXT);
	digest = digest_of(text);
	check(!form_token_is(text, &digest));
	(void)theme_of_cookie(text);
	if (public_url_parse(text, a, &url, &err) == 0)
		check(public_url_is_host(&url, url.host) && !str_ends(url.prefix, STR("/")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct arena a;

	arena_init(&a);
	read_target(text, &a);
	read_forms(text, &a);
	read_json(text, &a);
	read_headers(text, &a);
	arena_release(&a);
	return 0;
}
