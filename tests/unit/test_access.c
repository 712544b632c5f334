#include "check.h"

#include "access.h"
#include "day.h"
#include "logincache.h"
#include "passhash.h"
#include "store.h"
#include "throttle.h"
#include "token.h"
#include "tokens.h"
#include "users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1795262400

/* Of "geheim". */
static char hash_text[PASSHASH_TEXT];

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void read_file(const char *path, char *text, size_t n)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	text[fread(text, 1, n - 1, f)] = '\0';
	fclose(f);
}

/* --- Scopes, addresses --- */

static void test_scopes(void **state)
{
	static const struct {
		const char *text;
		unsigned want; /* 0: refused */
		const char *again;
	} cases[] = {
		{ "read", SCOPE_READ, "read" },
		{ "metrics, read", SCOPE_READ | SCOPE_METRICS, "read,metrics" },
		{ "read,read", SCOPE_READ, "read" },
		{ "read,mark,import,metrics", SCOPE_ALL, "read,mark,import,metrics" },
		{ "", 0, NULL },
		{ "read,", 0, NULL },
		{ "READ", 0, NULL },
		{ "read write", 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned got = 0;
		struct err err = { 0 };
		struct arena a;

		arena_init(&a);
		check_int(cases[i].text, scopes_parse(str_of(cases[i].text), &got, &err),
			cases[i].want ? 0 : ERR_USAGE);
		check_int(cases[i].text, got, cases[i].want);
		if (got)
			check_str(cases[i].text, scopes_text(&a, got), str_of(cases[i].again));
		arena_release(&a);
	}
}

static void test_public_url(void **state)
{
	static const struct {
		const char *text;
		const char *origin, *host, *prefix; /* NULL: refused */
	} cases[] = {
		{ "https://dmarc.example.com/", "https://dmarc.example.com",
			"dmarc.example.com", "" },
		{ "https://dmarc.example.com", "https://dmarc.example.com", "dmarc.example.com",
			"" },
		{ "HTTPS://DMARC.Example.com:443/", "https://dmarc.example.com",
			"dmarc.example.com", "" },
		{ "http://h:80/a", "http://h", "h", "/a" },
		{ "http://h:443/a/b//", "http://h:443", "h:443", "/a/b" },
		{ "https://[2001:DB8::1]:8443/x_y-z~.1/", "https://[2001:db8::1]:8443",
			"[2001:db8::1]:8443", "/x_y-z~.1" },
		{ "dmarc.example.com", NULL, NULL, NULL },
		{ "ftp://h/", NULL, NULL, NULL },
		{ "https://", NULL, NULL, NULL },
		{ "https:///a", NULL, NULL, NULL },
		{ "https://user@h/", NULL, NULL, NULL },
		{ "https://h:0/", NULL, NULL, NULL },
		{ "https://h:x/", NULL, NULL, NULL },
		{ "https://h:65536/", NULL, NULL, NULL },
		{ "https://[::1/", NULL, NULL, NULL },
		{ "https://[::1]x/", NULL, NULL, NULL },
		{ "https://h/a?b", NULL, NULL, NULL },
		{ "https://h/a#b", NULL, NULL, NULL },
		{ "https://h/a//b", NULL, NULL, NULL },
		{ "https://h/../b", NULL, NULL, NULL },
		{ "https://h/%61", NULL, NULL, NULL },
		{ "https://h/\"<", NULL, NULL, NULL },
		{ "https://h/1/2/3/4/5", NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct public_url u = { 0 };
		struct err err = { 0 };
		struct arena a;

		arena_init(&a);
		check_int(cases[i].text, public_url_parse(str_of(cases[i].text), &a, &u, &err),
			cases[i].origin ? 0 : ERR_CONFIG);
		check_str(cases[i].text, u.origin, str_of(cases[i].origin));
		check_str(cases[i].text, u.host, str_of(cases[i].host));
		check_str(cases[i].text, u.prefix, str_of(cases[i].prefix));
		if (cases[i].origin)
			check(cases[i].text, public_url_is_host(&u, u.host));
		arena_release(&a);
	}
}

static void test_public_host(void **state)
{
	struct public_url u;
	struct err err = { 0 };
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_int_equal(public_url_parse(STR("https://d.example/x"), &a, &u, &err), 0);
	assert_true(public_url_is_host(&u, STR("d.example")));
	assert_true(public_url_is_host(&u, STR("D.EXAMPLE:443")));
	assert_false(public_url_is_host(&u, STR("d.example:80")));
	assert_false(public_url_is_host(&u, STR("e.d.example")));
	assert_false(public_url_is_host(&u, STR("")));
	assert_false(public_url_is_host(&(struct public_url){ 0 }, STR("")));
	arena_release(&a);
}

/* --- Failures and successes --- */

static void test_throttle(void **state)
{
	struct throttle *t = throttle_new();
	struct ip one, other, v6, neighbour;
	uint64_t now = 1000000;

	(void)state;
	assert_true(ip_parse(STR("192.0.2.1"), &one));
	assert_true(ip_parse(STR("192.0.2.2"), &other));
	assert_true(ip_parse(STR("2001:db8::1"), &v6));
	assert_true(ip_parse(STR("2001:db8::ffff:1"), &neighbour));
	for (int i = 0; i < LOGIN_FAILURES; i++) {
		assert_int_equal(throttle_wait(t, &one, now), 0);
		throttle_failed(t, &one, now);
		throttle_failed(t, &v6, now);
	}
	assert_int_equal(throttle_wait(t, &one, now), LOGIN_FAILURE_MS / 1000);
	assert_int_equal(throttle_wait(t, &other, now), 0);
	assert_true(throttle_wait(t, &neighbour, now) > 0); /* the same /64 */
	assert_int_equal(throttle_wait(t, &one, now + LOGIN_FAILURE_MS - 1), 1);
	now += LOGIN_FAILURE_MS;
	assert_int_equal(throttle_wait(t, &one, now), 0); /* one is forgiven, not more */
	throttle_failed(t, &one, now);
	assert_true(throttle_wait(t, &one, now) > 0);
	now += (uint64_t)LOGIN_FAILURE_MS * LOGIN_FAILURES;
	for (int i = 0; i < LOGIN_FAILURES; i++)
		throttle_failed(t, &one, now);
	assert_true(throttle_wait(t, &one, now) > 0);
	throttle_free(t);
}

/* Many addresses together are held back too, and memory does not grow. */
static void test_throttle_all(void **state)
{
	struct throttle *t = throttle_new();
	struct ip ip = { .n = 4, .b = { 10 } };
	uint64_t now = 5000;

	(void)state;
	for (unsigned i = 0; i < LOGIN_FAILURES_ALL; i++) {
		ip.b[3] = (uint8_t)i;
		assert_int_equal(throttle_wait(t, &ip, now), 0);
		throttle_failed(t, &ip, now);
	}
	ip.b[2] = 9;
	assert_int_equal(throttle_wait(t, &ip, now), 1);
	assert_int_equal(throttle_wait(t, &ip, now + LOGIN_FAILURE_ALL_MS), 0);
	for (unsigned i = 0; i < 3 * LOGIN_ADDRESSES; i++) {
		now += LOGIN_FAILURE_ALL_MS;
		ip.b[1] = 1;
		ip.b[2] = (uint8_t)(i >> 8);
		ip.b[3] = (uint8_t)i;
		assert_int_equal(throttle_wait(t, &ip, now), 0);
		throttle_failed(t, &ip, now);
	}
	throttle_free(t);
}

static void test_cache(void **state)
{
	static struct login_cache c;
	struct digest d = { .b = { 1 } };

	(void)state;
	assert_false(login_cache_has(&c, &(struct digest){ 0 }, 0)); /* nothing is empty */
	assert_false(login_cache_has(&c, &d, 1000));
	login_cache_put(&c, &d, 1000);
	assert_true(login_cache_has(&c, &d, 1000));
	assert_true(login_cache_has(&c, &d, 999 + LOGIN_CACHE_MS));
	assert_false(login_cache_has(&c, &d, 1000 + LOGIN_CACHE_MS));
	for (unsigned i = 0; i < LOGIN_CACHE_LOGINS; i++) {
		struct digest other = { .b = { 2, (uint8_t)i, (uint8_t)(i >> 8) } };

		login_cache_put(&c, &other, 2000 + i);
		assert_true(login_cache_has(&c, &other, 3000));
	}
	assert_false(login_cache_has(&c, &d, 3000)); /* the oldest went */
}

/* --- Passwords --- */

static void test_passhash(void **state)
{
	static const struct {
		const char *hash;
		bool usable;
	} cases[] = {
		{ "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", true },
		{ "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnI"
		  "FNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
			true },
		{ "$1$salt$qJH7.N4xYta3aEG/dfqo/0", false },
		{ "$apr1$x$y", false },
		{ "ab0MtDzzvSuhs", false },
		{ "*", false },
		{ "!", false },
		{ "", false },
		{ "geheim", false },
	};
	char hash[PASSHASH_TEXT], other[PASSHASH_TEXT], long_text[PASSWORD_MOST + 2];
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(
			cases[i].hash, passhash_usable(str_of(cases[i].hash)), cases[i].usable);
	assert_int_equal(passhash_make(STR("geheim"), hash, &err), 0);
	assert_int_equal(passhash_make(STR("geheim"), other, &err), 0);
	assert_memory_equal(hash, "$y$", 3);
	assert_string_not_equal(hash, other); /* salted */
	assert_true(passhash_usable(str_of(hash)));
	assert_true(passhash_fits(str_of(hash), STR("geheim")));
	assert_false(passhash_fits(str_of(hash), STR("Geheim")));
	assert_false(passhash_fits(str_of(hash), STR("geheim\0x")));
	assert_false(passhash_fits(str_of(hash), STR("")));
	assert_true(passhash_fits(str_of(cases[1].hash), STR("Hello world!")));
	memset(long_text, 'x', sizeof(long_text));
	assert_int_equal(
		passhash_make(str_make(long_text, PASSWORD_MOST + 1), hash, &err), ERR_USAGE);
	assert_int_equal(passhash_make(STR(""), hash, &err), ERR_USAGE);
	assert_int_equal(passhash_make(STR("a\nb"), hash, &err), ERR_USAGE);
}

static void fill(const char *pattern, char *ret, size_t n)
{
	size_t at = 0;

	for (; *pattern; pattern++)
		at += (size_t)(*pattern == '@' ? snprintf(ret + at, n - at, "%s", hash_text)
					       : snprintf(ret + at, n - at, "%c", *pattern));
}

static void test_users_file(void **state)
{
	static const struct {
		const char *name, *text; /* @ is a good hash */
		int count;		 /* negative: refused */
		const char *says;
	} cases[] = {
		{ "empty", "", 0, NULL },
		{ "one", "anna:@\n", 1, NULL },
		{ "no line end", "anna:@", 1, NULL },
		{ "CR LF", "anna:@\r\nbob:@\r\n", 2, NULL },
		{ "comments", "# all of us\n\nanna:@:read\n", 1, NULL },
		{ "empty scopes", "anna:@:\n", 1, NULL },
		{ "blank in a name", "anna b:@\n", 1, NULL },
		{ "no hash", "anna\n", -1, "line 1" },
		{ "weak hash", "#\nanna:ab0MtDzzvSuhs\n", -1, "line 2" },
		{ "plain password", "anna:geheim\n", -1, "hash" },
		{ "unknown scope", "anna:@:red\n", -1, "'red'" },
		{ "twice", "anna:@\nanna:@\n", -1, "second" },
		{ "no name", ":@\n", -1, "name" },
		{ "control character", "an\x01na:@\n", -1, "name" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[1024] = "";
		struct users *u = NULL;
		struct err err = { 0 };
		int r;

		fill(cases[i].text, text, sizeof(text));
		r = users_parse(str_of(text), "users", &u, &err);
		check_int(cases[i].name, r, cases[i].count < 0 ? ERR_CONFIG : 0);
		if (r == 0)
			check_int(cases[i].name, u->count, cases[i].count);
		else
			check(cases[i].name, strstr(err.text, cases[i].says) != NULL);
		users_free(u);
	}
}

struct box {
	char folder[64], users[96], database[96], link[96];
	struct pool *pool;
	struct arena arena;
};

static int setup(void **state)
{
	static struct box b;
	struct store *store;
	struct err err = { 0 };

	memcpy(b.folder, "/tmp/ruad-access-XXXXXX", 24);
	assert_non_null(mkdtemp(b.folder));
	snprintf(b.users, sizeof(b.users), "%s/users", b.folder);
	snprintf(b.link, sizeof(b.link), "%s/link", b.folder);
	snprintf(b.database, sizeof(b.database), "%s/ruad.db", b.folder);
	if (store_open(b.database, STORE_WRITE, 0, &store, &err) < 0)
		fail_msg("store_open: %s", err.text);
	store_close(store);
	b.pool = pool_new(b.database, 2, 0);
	arena_init(&b.arena);
	if (!hash_text[0])
		assert_int_equal(passhash_make(STR("geheim"), hash_text, &err), 0);
	*state = &b;
	return 0;
}

static int teardown(void **state)
{
	struct box *b = *state;
	char command[128];

	arena_release(&b->arena);
	pool_free(b->pool);
	snprintf(command, sizeof(command), "rm -rf %s", b->folder);
	return system(command);
}

static void test_users_change(void **state)
{
	struct box *b = *state;
	struct err err = { 0 };
	char text[2048], want[2048];
	struct stat st;

	assert_int_equal(
		users_put(b->users, USERS_ADD, STR("anna"), str_of(hash_text), 0, &err), 0);
	assert_int_equal(stat(b->users, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(
		users_put(b->users, USERS_ADD, STR("anna"), str_of(hash_text), 0, &err),
		ERR_USAGE);
	assert_int_equal(
		users_put(b->users, USERS_CHANGE, STR("bob"), str_of(hash_text), 0, &err),
		ERR_USAGE);
	assert_int_equal(users_put(b->users, USERS_ADD, STR("a:b"), str_of(hash_text), 0, &err),
		ERR_USAGE);
	assert_int_equal(users_put(b->users, USERS_ADD, STR("bob"), str_of(hash_text),
				 SCOPE_READ | SCOPE_MARK, &err),
		0);
	snprintf(want, sizeof(want), "anna:%s\nbob:%s:read,mark\n", hash_text, hash_text);
	read_file(b->users, text, sizeof(text));
	assert_string_equal(text, want);
	/* Other lines stay, byte for byte; a link stays a link; the mode stays. */
	snprintf(want, sizeof(want), "# ours \n\n anna:%s:read\nbob:%s", hash_text, hash_text);
	write_file(b->users, want, 0640);
	assert_int_equal(symlink(b->users, b->link), 0);
	assert_int_equal(
		users_put(b->link, USERS_CHANGE, STR("bob"), str_of(hash_text), 0, &err), 0);
	snprintf(
		want, sizeof(want), "# ours \n\n anna:%s:read\nbob:%s\n", hash_text, hash_text);
	read_file(b->users, text, sizeof(text));
	assert_string_equal(text, want);
	assert_int_equal(lstat(b->link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(b->users, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(users_remove(b->users, STR("anna"), &err), 0);
	assert_int_equal(users_remove(b->users, STR("anna"), &err), ERR_USAGE);
	snprintf(want, sizeof(want), "# ours \n\nbob:%s\n", hash_text);
	read_file(b->users, text, sizeof(text));
	assert_string_equal(text, want);
}

static void test_users_unsafe(void **state)
{
	struct box *b = *state;
	struct users *u = NULL;
	struct err err = { 0 };

	assert_int_equal(users_read(b->users, &u, &err), ERR_CONFIG);
	assert_non_null(strstr(err.text, "ruad user add"));
	write_file(b->users, "", 0644);
	assert_int_equal(users_read(b->users, &u, &err), ERR_CONFIG);
	assert_non_null(strstr(err.text, "chmod 600"));
	assert_int_equal(chmod(b->users, 0620), 0);
	assert_int_equal(users_read(b->users, &u, &err), ERR_CONFIG);
	assert_non_null(strstr(err.text, "write"));
	assert_int_equal(users_read(b->folder, &u, &err), ERR_CONFIG);
	assert_int_equal(chmod(b->users, 0640), 0);
	assert_int_equal(users_read(b->users, &u, &err), 0);
	users_free(u);
}

/* --- Tokens --- */

static void test_token_text(void **state)
{
	char one[TOKEN_TEXT], other[TOKEN_TEXT];
	struct digest d, e;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(token_make(one, &err), 0);
	assert_int_equal(token_make(other, &err), 0);
	assert_int_equal(strlen(one), 48);
	assert_string_not_equal(one, other);
	assert_true(token_digest(str_of(one), &d));
	assert_true(token_digest(str_of(other), &e));
	assert_false(digest_eq(&d, &e));
	e = digest_of(str_of(one));
	assert_true(digest_eq(&d, &e));
	assert_false(token_digest(str_make(one, 47), &d));
	assert_false(token_digest(STR(""), &d));
	assert_false(token_digest(STR_ABSENT, &d));
	one[10] = '+';
	assert_false(token_digest(str_of(one), &d));
}

/* --- Checks --- */

struct visit {
	struct access *access;
	struct access_who who;
	struct access_refusal refusal;
	struct err err;
};

static struct visit come(struct box *b, const struct web_options *options)
{
	struct web_options opt = *options;
	struct visit v = { 0 };

	opt.database = b->database;
	if (access_new(&opt, b->pool, &v.access, &v.err) < 0)
		fail_msg("access_new: %s", v.err.text);
	return v;
}

static int ask(struct box *b, struct visit *v, struct access_request q, unsigned wanted)
{
	v->refusal = (struct access_refusal){ 0 };
	v->who = (struct access_who){ 0 };
	return access_check(
		v->access, &q, wanted, NOW, &b->arena, &v->who, &v->refusal, &v->err);
}

#define FROM(a, b_, c, d) \
	{ \
		.n = 4, .b = { a, b_, c, d } \
	}

static void test_check_none(void **state)
{
	struct visit v = come(*state, &(struct web_options){ .auth = WEB_AUTH_NONE });

	assert_int_equal(ask(*state, &v, (struct access_request){ 0 }, SCOPE_MARK), 1);
	assert_int_equal(v.who.way, ACCESS_OPEN);
	assert_int_equal(v.who.scopes, SCOPE_ALL);
	access_free(v.access);
}

static void test_check_basic(void **state)
{
	struct box *b = *state;
	struct visit v;
	struct access_request q = { .peer = FROM(192, 0, 2, 1) };
	char text[1024];

	snprintf(text, sizeof(text), "anna:%s\nbob:%s:read\n", hash_text, hash_text);
	write_file(b->users, text, 0600);
	v = come(b, &(struct web_options){ .auth = WEB_AUTH_BASIC, .users_file = b->users });
	assert_int_equal(ask(b, &v, q, SCOPE_READ), 0);
	assert_int_equal(v.refusal.type, PROBLEM_UNAUTHORISED);
	assert_non_null(strstr(v.refusal.challenges[0], "Basic realm"));
	assert_non_null(strstr(v.refusal.challenges[1], "Bearer"));
	q.name = STR("anna");
	q.password = STR("geheim");
	assert_int_equal(ask(b, &v, q, SCOPE_MARK), 1);
	check_str("name", v.who.name, STR("anna"));
	q.name = STR("bob");
	assert_int_equal(ask(b, &v, q, SCOPE_READ), 1);
	assert_int_equal(ask(b, &v, q, SCOPE_READ | SCOPE_METRICS), 1);
	assert_int_equal(ask(b, &v, q, SCOPE_MARK), 0);
	assert_int_equal(v.refusal.type, PROBLEM_FORBIDDEN);
	/* The header of a proxy says nothing here. */
	assert_int_equal(
		ask(b, &v,
			(struct access_request){
				.peer = FROM(127, 0, 0, 1), .user = STR("anna"), .users = 1 },
			SCOPE_READ),
		0);
	access_free(v.access);
}

/* Wrong passwords and unknown names are counted alike; who is known goes on meanwhile. */
static void test_check_throttled(void **state)
{
	struct box *b = *state;
	struct access_request good = {
		.peer = FROM(192, 0, 2, 1), .name = STR("anna"), .password = STR("geheim")
	};
	struct access_request bad = good, elsewhere = good;
	struct visit v;
	char text[512];

	snprintf(text, sizeof(text), "anna:%s\n", hash_text);
	write_file(b->users, text, 0600);
	v = come(b, &(struct web_options){ .auth = WEB_AUTH_BASIC, .users_file = b->users });
	assert_int_equal(ask(b, &v, good, SCOPE_READ), 1);
	for (int i = 0; i < LOGIN_FAILURES; i++) {
		bad.name = i % 2 ? STR("anna") : STR("nobody");
		bad.password = STR("wrong");
		assert_int_equal(ask(b, &v, bad, SCOPE_READ), 0);
		assert_int_equal(v.refusal.type, PROBLEM_UNAUTHORISED);
	}
	assert_int_equal(ask(b, &v, bad, SCOPE_READ), 0);
	assert_int_equal(v.refusal.type, PROBLEM_TOO_MANY);
	assert_true(v.refusal.retry_s > 0 && v.refusal.retry_s <= LOGIN_FAILURE_MS / 1000);
	assert_int_equal(ask(b, &v, good, SCOPE_READ), 1); /* was found right before */
	elsewhere.peer.b[3] = 2;
	elsewhere.password = STR("wrong");
	assert_int_equal(ask(b, &v, elsewhere, SCOPE_READ), 0);
	assert_int_equal(v.refusal.type, PROBLEM_UNAUTHORISED);
	access_free(v.access);
}

static void test_reload(void **state)
{
	struct box *b = *state;
	struct access_request q = {
		.peer = FROM(192, 0, 2, 1), .name = STR("anna"), .password = STR("geheim")
	};
	struct visit v;
	struct err err = { 0 };
	char text[512], other[PASSHASH_TEXT];

	snprintf(text, sizeof(text), "anna:%s\n", hash_text);
	write_file(b->users, text, 0600);
	v = come(b, &(struct web_options){ .auth = WEB_AUTH_BASIC, .users_file = b->users });
	assert_int_equal(ask(b, &v, q, SCOPE_READ), 1);
	write_file(b->users, "nonsense\n", 0600);
	assert_int_equal(access_reload(v.access, &err), ERR_CONFIG);
	assert_int_equal(ask(b, &v, q, SCOPE_READ), 1); /* stays as it was */
	/* Another password: what was found right before counts no more. */
	assert_int_equal(passhash_make(STR("neu"), other, &err), 0);
	snprintf(text, sizeof(text), "anna:%s\n", other);
	write_file(b->users, text, 0600);
	assert_int_equal(access_reload(v.access, &err), 0);
	assert_int_equal(ask(b, &v, q, SCOPE_READ), 0);
	q.password = STR("neu");
	assert_int_equal(ask(b, &v, q, SCOPE_READ), 1);
	write_file(b->users, "", 0600);
	assert_int_equal(access_reload(v.access, &err), 0);
	assert_int_equal(ask(b, &v, q, SCOPE_READ), 0);
	access_free(v.access);
}

static void test_check_proxy(void **state)
{
	static const struct {
		const char *name;
		struct ip peer; /* n == 0: unix socket */
		const char *user;
		unsigned users;
		int want;
	} cases[] = {
		{ "from the proxy", FROM(192, 0, 2, 10), "anna", 1, 1 },
		{ "from its network", FROM(10, 1, 2, 3), "anna", 1, 1 },
		{ "over the socket", { 0 }, "anna", 1, 1 },
		{ "from elsewhere", FROM(192, 0, 2, 11), "anna", 1, 0 },
		{ "from this machine", FROM(127, 0, 0, 1), "anna", 1, 0 },
		{ "no header", FROM(192, 0, 2, 10), NULL, 0, 0 },
		{ "empty", FROM(192, 0, 2, 10), " ", 1, 0 },
		{ "twice", FROM(192, 0, 2, 10), "anna", 2, 0 },
		{ "control character", FROM(192, 0, 2, 10), "a\tb", 1, 0 },
		{ "unknown peer", FROM(0, 0, 0, 0), "anna", 1, 0 },
	};
	struct visit v = come(*state,
		&(struct web_options){ .auth = WEB_AUTH_PROXY,
			.proxy_addresses = (const char *const[]){ "192.0.2.10", "10.0.0.0/8" },
			.proxy_count = 2 });

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct access_request q = { .peer = cases[i].peer,
			.user = str_of(cases[i].user),
			.users = cases[i].users };

		check_int(cases[i].name, ask(*state, &v, q, SCOPE_READ), cases[i].want);
		if (cases[i].want == 0)
			check_int(cases[i].name, v.refusal.type, PROBLEM_UNAUTHORISED);
		else
			check_str(cases[i].name, v.who.name, STR("anna"));
	}
	access_free(v.access);
}

static void add_token(struct box *b, const char *name, unsigned scopes, int64_t expires_at,
	char text[TOKEN_TEXT])
{
	struct store *s;
	struct err err = { 0 };
	struct digest d;
	struct token_row t = { .name = str_of(name),
		.scopes = scopes,
		.created_at = NOW - 10,
		.expires_at = expires_at };

	assert_int_equal(token_make(text, &err), 0);
	assert_true(token_digest(str_of(text), &d));
	assert_int_equal(store_open(b->database, STORE_SHARED, 1000, &s, &err), 0);
	assert_int_equal(store_token_add(s, &t, &d, &err), 0);
	assert_int_equal(store_token_add(s, &t, &d, &err), ERR_USAGE);
	store_close(s);
}

static struct token_row token_of(struct box *b, const char *text)
{
	struct store *s;
	struct err err = { 0 };
	struct digest d;
	struct token_row t = { 0 };

	assert_true(token_digest(str_of(text), &d));
	assert_int_equal(store_open(b->database, STORE_READ, 0, &s, &err), 0);
	assert_int_equal(store_token_find(s, &d, &b->arena, &t, &err), 1);
	store_close(s);
	return t;
}

static void test_check_token(void **state)
{
	struct box *b = *state;
	char reader[TOKEN_TEXT], over[TOKEN_TEXT], later[TOKEN_TEXT], unknown[TOKEN_TEXT];
	struct access_request q = { .peer = FROM(192, 0, 2, 1) };
	struct store *s;
	struct err err = { 0 };
	struct visit v = come(b, &(struct web_options){ .auth = WEB_AUTH_PROXY });

	add_token(b, "reader", SCOPE_READ, 0, reader);
	add_token(b, "over", SCOPE_READ, NOW, over);
	add_token(b, "later", SCOPE_METRICS, NOW + 1, later);
	assert_int_equal(token_make(unknown, &err), 0);
	q.bearer = str_of(reader);
	assert_false(token_of(b, reader).used);
	assert_int_equal(ask(b, &v, q, SCOPE_READ), 1);
	check_str("name", v.who.name, STR("reader"));
	assert_int_equal(v.who.way, ACCESS_TOKEN);
	assert_int_equal(token_of(b, reader).used_day, day_of(NOW));
	assert_int_equal(ask(b, &v, q, SCOPE_METRICS), 0);
	assert_int_equal(v.refusal.type, PROBLEM_FORBIDDEN);
	assert_non_null(strstr(v.refusal.challenges[0], "insufficient_scope"));
	q.bearer = str_of(over);
	assert_int_equal(ask(b, &v, q, SCOPE_READ), 0);
	assert_int_equal(v.refusal.type, PROBLEM_UNAUTHORISED);
	assert_non_null(strstr(v.refusal.challenges[0], "invalid_token"));
	q.bearer = str_of(later);
	assert_int_equal(ask(b, &v, q, SCOPE_METRICS | SCOPE_READ), 1);
	q.bearer = str_of(unknown);
	assert_int_equal(ask(b, &v, q, SCOPE_READ), 0);
	q.bearer = STR("x' OR 1=1 --");
	assert_int_equal(ask(b, &v, q, SCOPE_READ), 0);
	assert_int_equal(store_open(b->database, STORE_SHARED, 1000, &s, &err), 0);
	assert_int_equal(store_token_revoke(s, STR("reader"), &err), 1);
	assert_int_equal(store_token_revoke(s, STR("reader"), &err), 0);
	store_close(s);
	q.bearer = str_of(reader);
	assert_int_equal(ask(b, &v, q, SCOPE_READ), 0);
	access_free(v.access);
}

static void test_host(void **state)
{
	static const struct {
		enum web_auth auth;
		struct ip peer;
		const char *host;
		bool want;
	} cases[] = {
		{ WEB_AUTH_NONE, FROM(127, 0, 0, 1), "localhost:8425", true },
		{ WEB_AUTH_NONE, FROM(127, 0, 0, 1), "d.example", true },
		{ WEB_AUTH_NONE, FROM(127, 0, 0, 1), "evil.example", false },
		{ WEB_AUTH_NONE, { 0 }, "evil.example", true },
		{ WEB_AUTH_PROXY, FROM(127, 0, 0, 1), "evil.example", false },
		{ WEB_AUTH_PROXY, FROM(192, 0, 2, 1), "internal:8425", true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct visit v = come(*state, &(struct web_options){ .auth = cases[i].auth,
						      .public_url = "https://d.example/" });
		struct access_request q = { .peer = cases[i].peer };

		check_int(cases[i].host, access_host_ok(v.access, &q, str_of(cases[i].host)),
			cases[i].want);
		access_free(v.access);
	}
}

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

static void test_write(void **state)
{
	static const struct {
		const char *name, *site, *origin, *type;
		enum write_body body;
		bool token; /* the form brings it */
		int want;   /* problem, or -1: it may go on */
	} cases[] = {
		{ "form of ours", "same-origin", "null", FORM, WRITE_FORM, true, -1 },
		{ "without its token", "same-origin", "null", FORM, WRITE_FORM, false,
			PROBLEM_FORBIDDEN },
		{ "old browser", NULL, "http://localhost:8425", FORM, WRITE_FORM, true, -1 },
		{ "old browser, no token", NULL, "http://localhost:8425", FORM, WRITE_FORM,
			false, PROBLEM_FORBIDDEN },
		{ "nameless, with token", NULL, "null", FORM, WRITE_FORM, true, -1 },
		{ "public address", NULL, "https://d.example", FORM, WRITE_FORM, true, -1 },
		{ "other site", "cross-site", NULL, FORM, WRITE_FORM, true, PROBLEM_FORBIDDEN },
		{ "neighbour", "same-site", NULL, FORM, WRITE_FORM, true, PROBLEM_FORBIDDEN },
		{ "typed in", "none", NULL, FORM, WRITE_FORM, true, PROBLEM_FORBIDDEN },
		{ "other origin", NULL, "https://evil.example", FORM, WRITE_FORM, true,
			PROBLEM_FORBIDDEN },
		{ "looks like ours", NULL, "https://d.example.evil", FORM, WRITE_FORM, true,
			PROBLEM_FORBIDDEN },
		{ "other scheme", NULL, "ftp://localhost:8425", FORM, WRITE_FORM, true,
			PROBLEM_FORBIDDEN },
		{ "no headers, no token", NULL, NULL, FORM, WRITE_FORM, false,
			PROBLEM_FORBIDDEN },
		{ "JSON for a form", NULL, NULL, JSON, WRITE_FORM, false, PROBLEM_FORBIDDEN },
		{ "document of a program", NULL, NULL, JSON, WRITE_JSON, false, -1 },
		{ "document of our page", "same-origin", "http://localhost:8425",
			"application/json; charset=utf-8", WRITE_JSON, false, -1 },
		{ "document of another", "cross-site", "https://evil.example", JSON, WRITE_JSON,
			false, PROBLEM_FORBIDDEN },
		{ "document of nobody", NULL, "null", JSON, WRITE_JSON, false,
			PROBLEM_FORBIDDEN },
		{ "document as text", NULL, NULL, "text/plain", WRITE_JSON, false,
			PROBLEM_MEDIA_TYPE },
		{ "document of no type", NULL, NULL, NULL, WRITE_JSON, false,
			PROBLEM_MEDIA_TYPE },
		{ "text of another", "cross-site", NULL, "text/plain", WRITE_JSON, false,
			PROBLEM_FORBIDDEN },
		{ "file", NULL, NULL, "application/octet-stream", WRITE_FILE, false, -1 },
		{ "mail", NULL, NULL, "message/rfc822", WRITE_FILE, false, -1 },
		{ "file of our page", "same-origin", "http://localhost:8425",
			"application/gzip", WRITE_FILE, false, -1 },
		{ "file of another", "cross-site", "https://evil.example", "application/gzip",
			WRITE_FILE, false, PROBLEM_FORBIDDEN },
		{ "file of nobody", NULL, "null", "application/gzip", WRITE_FILE, false,
			PROBLEM_FORBIDDEN },
		{ "file as a form", NULL, NULL, FORM, WRITE_FILE, false, PROBLEM_MEDIA_TYPE },
		{ "file in a form", NULL, NULL, "Multipart/Form-Data; boundary=x", WRITE_FILE,
			false, PROBLEM_MEDIA_TYPE },
		{ "file as text", NULL, NULL, "text/plain; charset=utf-8", WRITE_FILE, false,
			PROBLEM_MEDIA_TYPE },
		{ "file of no type", NULL, NULL, NULL, WRITE_FILE, false, PROBLEM_MEDIA_TYPE },
		{ "file of half a type", NULL, NULL, "gzip", WRITE_FILE, false,
			PROBLEM_MEDIA_TYPE },
	};
	struct box *b = *state;
	struct visit v =
		come(b, &(struct web_options){ .public_url = "https://d.example/ruad/" });
	struct access_who anna = { STR("anna"), SCOPE_ALL, ACCESS_PASSWORD };
	struct str token = access_form_token(v.access, &anna, &b->arena);

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct access_request q = { .host = STR("localhost:8425"),
			.fetch_site = str_of(cases[i].site),
			.origin = str_of(cases[i].origin),
			.content_type = str_of(cases[i].type) };
		bool may = access_check_write(v.access, &q, &anna, cases[i].body,
			cases[i].token ? token : STR_ABSENT, &v.refusal);

		check_int(cases[i].name, may ? -1 : (int)v.refusal.type, cases[i].want);
	}
	access_free(v.access);
}

static void test_form_token(void **state)
{
	struct box *b = *state;
	struct visit v = come(b, &(struct web_options){ .auth = WEB_AUTH_NONE });
	struct access_who anna = { STR("anna"), SCOPE_ALL, ACCESS_PASSWORD },
			  bob = { STR("bob"), SCOPE_ALL, ACCESS_PASSWORD };
	struct access_request q = { .host = STR("localhost:8425") };
	struct str token = access_form_token(v.access, &anna, &b->arena),
		   again = access_form_token(v.access, &anna, &b->arena);

	/* Each is another one, and all are good: but not of somebody else, nor of another
	 * start. */
	assert_false(str_eq(token, again));
	assert_true(access_check_write(v.access, &q, &anna, WRITE_FORM, token, &v.refusal));
	assert_true(access_check_write(v.access, &q, &anna, WRITE_FORM, again, &v.refusal));
	assert_false(access_check_write(v.access, &q, &bob, WRITE_FORM, token, &v.refusal));
	assert_int_equal(v.refusal.type, PROBLEM_FORBIDDEN);
	access_free(v.access);
	v = come(b, &(struct web_options){ .auth = WEB_AUTH_NONE });
	assert_false(access_check_write(v.access, &q, &anna, WRITE_FORM, token, &v.refusal));
	access_free(v.access);
}

/* No browser adds a bearer token by itself. */
static void test_write_with_token(void **state)
{
	struct visit v = come(*state, &(struct web_options){ .auth = WEB_AUTH_NONE });
	struct access_who program = { STR("p"), SCOPE_ALL, ACCESS_TOKEN };
	struct access_request q = { .origin = STR("https://evil.example") };

	assert_true(
		access_check_write(v.access, &q, &program, WRITE_FORM, STR_ABSENT, &v.refusal));
	q.content_type = STR(JSON);
	assert_true(
		access_check_write(v.access, &q, &program, WRITE_JSON, STR_ABSENT, &v.refusal));
	q.content_type = STR("application/zip");
	assert_true(
		access_check_write(v.access, &q, &program, WRITE_FILE, STR_ABSENT, &v.refusal));
	q.content_type = STR(FORM);
	assert_false(
		access_check_write(v.access, &q, &program, WRITE_FILE, STR_ABSENT, &v.refusal));
	access_free(v.access);
}

static void test_settings(void **state)
{
	const struct {
		const char *says;
		struct web_options opt;
	} cases[] = {
		{ "needs users_file", { .auth = WEB_AUTH_BASIC } },
		{ "is not there",
			{ .auth = WEB_AUTH_BASIC, .users_file = "/nonexistent/users" } },
		{ "proxy_addresses: 'x'",
			{ .auth = WEB_AUTH_PROXY,
				.proxy_addresses = (const char *const[]){ "x" },
				.proxy_count = 1 } },
		{ "proxy_header", { .auth = WEB_AUTH_PROXY, .proxy_header = "A:b" } },
		{ "public_url", { .public_url = "x" } },
	};
	struct box *b = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct web_options opt = cases[i].opt;
		struct access *a = NULL;
		struct err err = { 0 };

		opt.database = b->database;
		check_int(cases[i].says, access_new(&opt, b->pool, &a, &err), ERR_CONFIG);
		check(cases[i].says, strstr(err.text, cases[i].says) != NULL);
	}
}

#define WITH_BOX(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_public_url),
		cmocka_unit_test(test_public_host),
		cmocka_unit_test(test_throttle),
		cmocka_unit_test(test_throttle_all),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_passhash),
		WITH_BOX(test_users_file),
		WITH_BOX(test_users_change),
		WITH_BOX(test_users_unsafe),
		cmocka_unit_test(test_token_text),
		WITH_BOX(test_check_none),
		WITH_BOX(test_check_basic),
		WITH_BOX(test_check_throttled),
		WITH_BOX(test_reload),
		WITH_BOX(test_check_proxy),
		WITH_BOX(test_check_token),
		WITH_BOX(test_host),
		WITH_BOX(test_write),
		WITH_BOX(test_form_token),
		WITH_BOX(test_write_with_token),
		WITH_BOX(test_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
