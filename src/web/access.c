#include "access.h"

#include "day.h"
#include "formtoken.h"
#include "forwarded.h"
#include "http.h"
#include "log.h"
#include "logincache.h"
#include "passhash.h"
#include "site.h"
#include "throttle.h"
#include "token.h"
#include "tokens.h"
#include "users.h"
#include "xalloc.h"

#include <pthread.h>
#include <stdatomic.h>

#define CHALLENGE_BASIC "Basic realm=\"ruad\", charset=\"UTF-8\""
#define CHALLENGE_BEARER "Bearer realm=\"ruad\""
#define CHALLENGE_BAD_TOKEN CHALLENGE_BEARER ", error=\"invalid_token\""
#define CHALLENGE_SCOPE CHALLENGE_BEARER ", error=\"insufficient_scope\""

#define PROXY_USER_MOST 256
#define USED_WAIT_MS 50	    /* for the database, to note that a token was used */
#define USED_AGAIN_MS 60000 /* after that did not work */

struct access {
	struct arena arena; /* settings */
	enum web_auth auth;
	struct str proxy_header;
	struct proxies proxies;
	struct public_url url;
	const char *users_file, *database;
	struct pool *pool;
	struct digest secret;	    /* of this run */
	atomic_ullong pads;	    /* that were used */
	char nobody[PASSHASH_TEXT]; /* a hash that no password fits */
	pthread_mutex_t hashing;    /* held while a password is hashed */
	pthread_mutex_t lock;	    /* of what follows; never while waiting */
	struct users *users;
	struct login_cache cache;
	struct throttle *throttle;
	uint64_t used_again_ms;
};

/* --- Life --- */

static int take_proxies(struct access *a, const struct web_options *opt, struct err *err)
{
	struct ip_net *net = ARENA_ARRAY(&a->arena, struct ip_net, opt->proxy_count + 1);

	for (size_t i = 0; i < opt->proxy_count; i++)
		if (!ip_net_parse(str_of(opt->proxy_addresses[i]), &net[i]))
			return FAIL(err, ERR_CONFIG, NULL,
				"proxy_addresses: '%.80s' is no address or network such as "
				"127.0.0.1 or 192.0.2.0/28",
				opt->proxy_addresses[i]);
	a->proxies = (struct proxies){ net, opt->proxy_count };
	return 0;
}

static int take_header(struct access *a, const struct web_options *opt, struct err *err)
{
	struct str name = str_of(opt->proxy_header ? opt->proxy_header : WEB_PROXY_HEADER);

	if (name.n == 0)
		return FAIL(err, ERR_CONFIG, NULL, "proxy_header is empty");
	for (size_t i = 0; i < name.n; i++) {
		char c = char_lower(name.p[i]);

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-')
			return FAIL(err, ERR_CONFIG, NULL,
				"proxy_header is the name of a header such as Remote-User, "
				"not '%.60s'",
				name.p);
	}
	a->proxy_header = arena_str(&a->arena, name);
	return 0;
}

/* Logins of unknown users are checked against it. */
static int make_nobody(struct access *a, struct err *err)
{
	char password[TOKEN_TEXT];
	int r = token_make(password, err);

	return r < 0 ? r : passhash_make(str_of(password), a->nobody, err);
}

static int take_auth(struct access *a, const struct web_options *opt, struct err *err)
{
	int r;

	a->auth = opt->auth;
	if (a->auth == WEB_AUTH_BASIC && !opt->users_file)
		return FAIL(err, ERR_CONFIG, NULL,
			"auth = basic needs users_file: the file that `ruad user add` writes");
	r = take_proxies(a, opt, err);
	if (r == 0)
		r = take_header(a, opt, err);
	if (r == 0 && opt->public_url)
		r = public_url_parse(str_of(opt->public_url), &a->arena, &a->url, err);
	if (r < 0 || a->auth != WEB_AUTH_BASIC)
		return r;
	a->users_file = arena_cstr(&a->arena, str_of(opt->users_file));
	r = make_nobody(a, err);
	return r < 0 ? r : users_read(a->users_file, &a->users, err);
}

int access_new(
	const struct web_options *opt, struct pool *pool, struct access **ret, struct err *err)
{
	struct access *a = xcalloc(1, sizeof(*a));
	int r;

	arena_init(&a->arena);
	a->pool = pool;
	a->database = arena_cstr(&a->arena, str_of(opt->database));
	a->url.prefix = STR("");
	a->throttle = throttle_new();
	pthread_mutex_init(&a->hashing, NULL);
	pthread_mutex_init(&a->lock, NULL);
	r = secret_make(&a->secret, err);
	if (r == 0)
		r = take_auth(a, opt, err);
	if (r == 0)
		*ret = a;
	else
		access_free(a);
	return r;
}

void access_free(struct access *a)
{
	if (!a)
		return;
	pthread_mutex_destroy(&a->lock);
	pthread_mutex_destroy(&a->hashing);
	users_free(a->users);
	throttle_free(a->throttle);
	arena_release(&a->arena);
	explicit_bzero(a, sizeof(*a));
	free(a);
}

int access_reload(struct access *a, struct err *err)
{
	struct users *users = NULL, *old;
	int r = a->auth == WEB_AUTH_BASIC ? users_read(a->users_file, &users, err) : 0;

	if (r < 0 || !users)
		return r;
	pthread_mutex_lock(&a->lock);
	old = a->users;
	a->users = users;
	pthread_mutex_unlock(&a->lock);
	users_free(old);
	return 0;
}

struct str access_header(const struct access *a)
{
	return a->proxy_header;
}

const struct public_url *access_url(const struct access *a)
{
	return &a->url;
}

/* --- Where it comes from --- */

static bool by_socket(const struct access_request *q)
{
	return q->peer.n == 0;
}

bool access_host_ok(const struct access *a, const struct access_request *q, struct str host)
{
	if (by_socket(q) || a->auth == WEB_AUTH_BASIC || !ip_is_loopback(&q->peer))
		return true;
	return http_host_local(host) || public_url_is_host(&a->url, host);
}

/* --- Refusals --- */

static int refuse_login(const struct access *a, struct str detail, struct access_refusal *ret)
{
	*ret = (struct access_refusal){ .type = PROBLEM_UNAUTHORISED, .detail = detail };
	if (a->auth == WEB_AUTH_BASIC) {
		ret->challenges[0] = CHALLENGE_BASIC;
		ret->challenges[1] = CHALLENGE_BEARER;
	} else {
		ret->challenges[0] = CHALLENGE_BEARER;
	}
	return 0;
}

static int refuse_token(struct str detail, struct access_refusal *ret)
{
	*ret = (struct access_refusal){ .type = PROBLEM_UNAUTHORISED,
		.detail = detail,
		.challenges = { CHALLENGE_BAD_TOKEN } };
	return 0;
}

static int refuse_attempt(unsigned wait_s, struct access_refusal *ret)
{
	*ret = (struct access_refusal){ .type = PROBLEM_TOO_MANY,
		.detail =
			STR("Too many logins have failed; the next may be tried in a moment."),
		.retry_s = wait_s };
	return 0;
}

static int allow(const struct access_who *who, unsigned wanted, struct arena *arena,
	struct access_refusal *ret)
{
	struct str names;

	if (who->scopes & wanted)
		return 1;
	names = scopes_text(arena, wanted);
	*ret = (struct access_refusal){ .type = PROBLEM_FORBIDDEN,
		.detail =
			arena_printf(arena, "'%.*s' does not have the scope this needs: %.*s.",
				STR_ARGS(who->name), STR_ARGS(names)),
		.challenges = { who->way == ACCESS_TOKEN ? CHALLENGE_SCOPE : NULL } };
	return 0;
}

/* --- Passwords --- */

static struct digest login_key(
	const struct access *a, const struct access_request *q, struct str hash)
{
	struct digest_ctx c;
	struct digest d;

	digest_init(&c);
	digest_field(&c, q->name);
	digest_field(&c, q->password);
	digest_field(&c, hash);
	digest_end(&c, &d);
	return digest_keyed(&a->secret, str_make((const char *)d.b, DIGEST_BYTES));
}

/* A copy: the file may be read again meanwhile.  Of an unknown name, the hash of nobody. */
static bool find_user(struct access *a, struct str name, struct arena *arena, struct user *ret)
{
	const struct user *u;

	pthread_mutex_lock(&a->lock);
	u = users_find(a->users, name);
	*ret = u ? (struct user){ arena_str(arena, u->name), arena_str(arena, u->hash),
		u->scopes }
		 : (struct user){ STR(""), str_of(a->nobody), 0 };
	/* As long as it takes with the users there are, not as with those we would make. */
	if (!u && a->users->count > 0)
		ret->hash = arena_str(arena, a->users->of[0].hash);
	pthread_mutex_unlock(&a->lock);
	return u != NULL;
}

static bool was_right(struct access *a, const struct digest *key)
{
	bool has;

	pthread_mutex_lock(&a->lock);
	has = login_cache_has(&a->cache, key, time_monotonic_ms());
	pthread_mutex_unlock(&a->lock);
	return has;
}

static unsigned must_wait(struct access *a, const struct ip *from)
{
	unsigned wait_s;

	pthread_mutex_lock(&a->lock);
	wait_s = throttle_wait(a->throttle, from, time_monotonic_ms());
	pthread_mutex_unlock(&a->lock);
	return wait_s;
}

static void remember(
	struct access *a, bool right, const struct digest *key, const struct ip *from)
{
	pthread_mutex_lock(&a->lock);
	if (right)
		login_cache_put(&a->cache, key, time_monotonic_ms());
	else
		throttle_failed(a->throttle, from, time_monotonic_ms());
	pthread_mutex_unlock(&a->lock);
}

/* The name of a user only: who mistypes may have typed the password there. */
static void log_failure(const struct ip *from, struct str known_name)
{
	char text[IP_TEXT];

	log_line(LOG_LEVEL_WARN, "web.login-failed",
		LOG_STR("from", from->n ? ip_text(from, text) : STR("unix")),
		LOG_STR("user", str_empty(known_name) ? STR_ABSENT : known_name));
}

/* 1 right, 0 wrong, or *ret_wait_s is the time to wait. */
static int try_password(struct access *a, const struct access_request *q, const struct user *u,
	bool known, const struct digest *key, unsigned *ret_wait_s)
{
	struct ip from = proxies_client(&a->proxies, &q->peer, q->forwarded_for);
	bool right = false;

	pthread_mutex_lock(&a->hashing);
	/* It may have been found right while we waited: a browser asks several at once. */
	right = known && was_right(a, key);
	*ret_wait_s = right ? 0 : must_wait(a, &from);
	if (!right && *ret_wait_s == 0) {
		right = passhash_fits(u->hash, q->password) && known;
		remember(a, right, key, &from);
		if (!right)
			log_failure(&from, u->name);
	}
	pthread_mutex_unlock(&a->hashing);
	return right;
}

static int check_password(struct access *a, const struct access_request *q, unsigned wanted,
	struct arena *arena, struct access_who *who, struct access_refusal *refusal)
{
	struct user user;
	struct digest key;
	unsigned wait_s = 0;
	bool known;

	if (str_absent(q->name))
		return refuse_login(a, STR("This needs a login."), refusal);
	known = find_user(a, q->name, arena, &user);
	key = login_key(a, q, user.hash);
	if (!(known && was_right(a, &key)) && !try_password(a, q, &user, known, &key, &wait_s))
		return wait_s ? refuse_attempt(wait_s, refusal)
			      : refuse_login(
					a, STR("The name or the password is wrong."), refusal);
	*who = (struct access_who){ user.name, user.scopes, ACCESS_PASSWORD };
	return allow(who, wanted, arena, refusal);
}

/* --- The proxy's word --- */

static bool is_user(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((uint8_t)name.p[i] < ' ' || name.p[i] == 0x7f)
			return false;
	return name.n > 0 && name.n <= PROXY_USER_MOST && str_utf8(name);
}

static int check_proxy(const struct access *a, const struct access_request *q,
	struct arena *arena, struct access_who *who, struct access_refusal *refusal)
{
	struct str name = str_trim(q->user);

	if (!proxies_have(&a->proxies, &q->peer))
		return refuse_login(a,
			STR("This needs a login, which a reverse proxy has to ask for: go "
			    "there. (Its address is not in proxy_addresses if you did.)"),
			refusal);
	/* Twice: the proxy added its own to what the client had sent. */
	if (q->users != 1 || !is_user(name))
		return refuse_login(a,
			arena_printf(arena, "The reverse proxy has not told one user in %.*s.",
				STR_ARGS(a->proxy_header)),
			refusal);
	*who = (struct access_who){ arena_str(arena, name), SCOPE_ALL, ACCESS_PROXY };
	return 1;
}

/* --- Tokens --- */

/* The day on which it was used last is good to know and not worth waiting for. */
static void note_used(struct access *a, const struct token_row *t, int64_t day)
{
	uint64_t now = time_monotonic_ms();
	struct store *store = NULL;
	struct err err = { 0 };
	bool wait;

	if (t->used && t->used_day == day)
		return;
	pthread_mutex_lock(&a->lock);
	wait = now < a->used_again_ms;
	if (!wait)
		a->used_again_ms = now + USED_AGAIN_MS;
	pthread_mutex_unlock(&a->lock);
	if (wait)
		return;
	if (store_open(a->database, STORE_SHARED, USED_WAIT_MS, &store, &err) == 0 &&
		store_token_used(store, t->id, day, &err) == 0) {
		pthread_mutex_lock(&a->lock);
		a->used_again_ms = 0;
		pthread_mutex_unlock(&a->lock);
	}
	store_close(store);
	if (err.code < 0)
		log_line(LOG_LEVEL_DEBUG, "web.token", LOG_STR("text", str_of(err.text)));
}

static int find_token(struct access *a, const struct digest *digest, struct arena *arena,
	struct token_row *ret, struct err *err)
{
	struct store *store = NULL;
	int r = pool_take(a->pool, &store, err);

	if (r < 0)
		return r;
	r = store_token_find(store, digest, arena, ret, err);
	pool_give(a->pool, store, r < 0 && r != ERR_TEMP);
	return r;
}

static int check_token(struct access *a, const struct access_request *q, unsigned wanted,
	int64_t now_at, struct arena *arena, struct access_who *who,
	struct access_refusal *refusal, struct err *err)
{
	struct token_row t = { 0 };
	struct digest digest;
	int r;

	if (!token_digest(q->bearer, &digest))
		return refuse_token(STR("This is no token of ruad."), refusal);
	r = find_token(a, &digest, arena, &t, err);
	if (r < 0)
		return r;
	if (r == 0)
		return refuse_token(STR("The token is unknown, or was revoked."), refusal);
	if (t.expires_at != 0 && t.expires_at <= now_at)
		return refuse_token(
			STR("The token has expired: `ruad token add` makes another."), refusal);
	note_used(a, &t, day_of(now_at));
	*who = (struct access_who){ t.name, t.scopes, ACCESS_TOKEN };
	return allow(who, wanted, arena, refusal);
}

int access_check(struct access *a, const struct access_request *q, unsigned wanted,
	int64_t now_at, struct arena *arena, struct access_who *ret_who,
	struct access_refusal *ret_refusal, struct err *err)
{
	if (a->auth == WEB_AUTH_NONE) {
		*ret_who = (struct access_who){ STR(""), SCOPE_ALL, ACCESS_OPEN };
		return 1;
	}
	if (!str_absent(q->bearer))
		return check_token(a, q, wanted, now_at, arena, ret_who, ret_refusal, err);
	if (a->auth == WEB_AUTH_PROXY)
		return check_proxy(a, q, arena, ret_who, ret_refusal);
	return check_password(a, q, wanted, arena, ret_who, ret_refusal);
}

/* --- Writing --- */

struct digest access_form_word(
	const struct access *a, const struct access_who *who, struct arena *arena)
{
	return digest_keyed(&a->secret,
		arena_printf(arena, "form %d %.*s", (int)who->way, STR_ARGS(who->name)));
}

struct str access_form_token(
	struct access *a, const struct access_who *who, struct arena *arena)
{
	struct digest word = access_form_word(a, who, arena);
	struct digest pad = digest_keyed(
		&a->secret, arena_printf(arena, "pad %llu", (unsigned long long)++a->pads));

	return form_token_make(&word, &pad, arena);
}

static bool form_token_fits(
	const struct access *a, const struct access_who *who, struct str form_token)
{
	CLEANUP(arena)
	struct arena arena;
	struct digest word;

	arena_init(&arena);
	word = access_form_word(a, who, &arena);
	return form_token_is(form_token, &word);
}

static bool refuse_write(enum problem_type type, struct str detail, struct access_refusal *ret)
{
	*ret = (struct access_refusal){ .type = type, .detail = detail };
	return false;
}

/* A body that no page of another site can have sent. */
static bool check_body(const struct access_request *q, enum write_body body,
	enum sender_site site, struct access_refusal *ret)
{
	if (body == WRITE_JSON && !site_is_json(q->content_type))
		return refuse_write(PROBLEM_MEDIA_TYPE,
			STR("Send JSON, with Content-Type: application/json."), ret);
	if (body == WRITE_FILE && !site_asks_leave(q->content_type))
		return refuse_write(PROBLEM_MEDIA_TYPE,
			STR("Send the file as it is, with Content-Type: "
			    "application/octet-stream; a form is not taken."),
			ret);
	if (site == SITE_NAMELESS)
		return refuse_write(PROBLEM_FORBIDDEN,
			STR("This was sent by a page that does not say of which site it is."),
			ret);
	return true;
}

bool access_check_write(const struct access *a, const struct access_request *q,
	const struct access_who *who, enum write_body body, struct str form_token,
	struct access_refusal *ret_refusal)
{
	enum sender_site site = sender_site(q, &a->url);

	if (who->way == ACCESS_TOKEN)
		site = SITE_OURS;
	if (site == SITE_OTHER)
		return refuse_write(PROBLEM_FORBIDDEN,
			STR("This was sent by a page of another site. (If it was not: set "
			    "public_url to the address in the browser.)"),
			ret_refusal);
	if (body != WRITE_FORM)
		return check_body(q, body, site, ret_refusal);
	if (who->way == ACCESS_TOKEN || form_token_fits(a, who, form_token))
		return true;
	return refuse_write(PROBLEM_FORBIDDEN, STR("The form is too old: load the page again."),
		ret_refusal);
}
