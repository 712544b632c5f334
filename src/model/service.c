#include "service.h"

#include "services_files.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FORM "ruad-services 1 "
#define VERSION_MOST 40
#define DOMAIN_MOST 253
#define LABEL_MOST 63

struct services {
	struct arena *arena;
	struct service **list;
	size_t count;
	struct service_pattern *patterns; /* own ones first, then by domain */
	size_t pattern_count, own_patterns, network_count;
	struct str version;
	struct digest digest;
};

struct services *services_new(struct arena *a)
{
	struct services *s = ARENA_NEW(a, struct services);

	s->arena = a;
	s->version = STR("none");
	return s;
}

/* --- Words --- */

const char *naming_name(enum naming n)
{
	static const char *const names[] = { "own", "service", "dkim", "spf", "address" };

	return names[n];
}

static bool letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

struct str service_key(struct arena *a, struct str name)
{
	char *p = arena_alloc(a, name.n + 1, 1);
	size_t n = 0;
	bool gap = false;

	for (size_t i = 0; i < name.n; i++) {
		char c = char_lower(name.p[i]);

		if (!letter_or_digit(c)) {
			gap = true;
			continue;
		}
		if (gap && n > 0)
			p[n++] = '-';
		gap = false;
		p[n++] = c;
	}
	return str_make(p, n);
}

static bool label_ok(struct str label)
{
	if (label.n == 0 || label.n > LABEL_MOST || label.p[0] == '-' ||
		label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!letter_or_digit(label.p[i]) && label.p[i] != '-' && label.p[i] != '_')
			return false;
	return true;
}

/* In lower case, with two labels at least. */
static bool domain_ok(struct str domain)
{
	struct str label, rest = domain;
	size_t labels = 0;

	while (str_cut(&rest, '.', &label)) {
		if (!label_ok(label))
			return false;
		labels++;
	}
	return domain.n <= DOMAIN_MOST && labels >= 2;
}

static bool name_ok(struct str name)
{
	if (name.n == 0 || name.n > SERVICE_NAME_MOST || !str_utf8(name))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f || name.p[i] == '=')
			return false;
	return true;
}

static int nocase_cmp(struct str a, struct str b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		int d = (unsigned char)char_lower(a.p[i]) - (unsigned char)char_lower(b.p[i]);

		if (d != 0)
			return d;
	}
	return (a.n > b.n) - (a.n < b.n);
}

/* --- Adding --- */

static void stamp(struct services *s, struct str text)
{
	struct digest_ctx c;

	digest_init(&c);
	digest_add(&c, s->digest.b, DIGEST_BYTES);
	digest_field(&c, text);
	digest_end(&c, &s->digest);
}

static struct service *service_add(
	struct services *s, struct str name, enum sender_word word, bool own)
{
	struct service *one = ARENA_NEW(s->arena, struct service);

	s->list = ARENA_MORE(s->arena, s->list, s->count);
	*one = (struct service){ .name = arena_str(s->arena, name),
		.key = service_key(s->arena, name),
		.own = own,
		.word = word };
	s->list[s->count++] = one;
	return one;
}

static bool pattern_parse(
	struct arena *a, struct str text, bool own, struct service_pattern *ret)
{
	static const struct {
		struct str prefix;
		enum named_by by;
	} kinds[] = { { STR_INIT("dkim:"), NAMED_BY_DKIM }, { STR_INIT("spf:"), NAMED_BY_SPF },
		{ STR_INIT("ip:"), NAMED_BY_ADDRESS } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct str rest;

		if (!str_starts_nocase(text, kinds[i].prefix))
			continue;
		rest = str_from(text, kinds[i].prefix.n);
		*ret = (struct service_pattern){ .by = kinds[i].by };
		if (kinds[i].by == NAMED_BY_ADDRESS)
			return own && ip_net_parse(rest, &ret->net);
		ret->domain = arena_str_lower(a, rest);
		return domain_ok(ret->domain);
	}
	return false;
}

/* Own ones first; then dkim and spf by domain; addresses as they were written. */
static int pattern_order(const struct services *s, const struct service_pattern *a,
	const struct service_pattern *b)
{
	int c = s->list[b->service]->own - s->list[a->service]->own;

	if (c == 0)
		c = (int)a->by - (int)b->by;
	if (c == 0 && a->by == NAMED_BY_ADDRESS)
		return (a->service > b->service) - (a->service < b->service);
	return c ? c : str_cmp(a->domain, b->domain);
}

static int by_pattern(const void *a, const void *b, void *s)
{
	return pattern_order(s, a, b);
}

static int pattern_add(struct services *s, struct str text, struct err *err)
{
	struct service *one = s->list[s->count - 1];
	struct service_pattern p;

	if (!pattern_parse(s->arena, text, one->own, &p))
		return FAIL(err, ERR_CONFIG, NULL,
			"'%.*s' is no pattern: there are dkim:DOMAIN and spf:DOMAIN%s",
			STR_ARGS(str_first(text, 60)), one->own ? " and ip:NETWORK" : "");
	if (p.by == NAMED_BY_ADDRESS && s->network_count++ == SERVICE_NETWORKS_MOST)
		return FAIL(err, ERR_CONFIG, NULL, "more than %d networks in all senders",
			SERVICE_NETWORKS_MOST);
	p.service = s->count - 1;
	s->patterns = ARENA_MORE(s->arena, s->patterns, s->pattern_count);
	s->patterns[s->pattern_count++] = p;
	return 0;
}

/* Own ones and those of the file may be the same: then the own one counts. */
static int find_twice(const struct services *s, struct err *err)
{
	for (size_t i = 1; i < s->pattern_count; i++) {
		const struct service_pattern *p = &s->patterns[i], *q = p - 1;
		const struct service *a = s->list[q->service], *b = s->list[p->service];

		if (p->by == NAMED_BY_ADDRESS || p->by != q->by || a->own != b->own ||
			!str_eq(p->domain, q->domain))
			continue;
		return FAIL(err, ERR_CONFIG, NULL, "'%s:%.*s' stands there twice: %.*s, %.*s",
			named_by_name(p->by), STR_ARGS(p->domain), STR_ARGS(a->name),
			STR_ARGS(b->name));
	}
	return 0;
}

static int settle(struct services *s, struct err *err)
{
	if (s->pattern_count > 1)
		qsort_r(s->patterns, s->pattern_count, sizeof(*s->patterns), by_pattern, s);
	s->own_patterns = 0;
	while (s->own_patterns < s->pattern_count &&
		s->list[s->patterns[s->own_patterns].service]->own)
		s->own_patterns++;
	return find_twice(s, err);
}

int services_add_own(struct services *s, struct str name, const struct str *patterns,
	size_t count, enum sender_word word, struct err *err)
{
	int r = 0;

	if (!name_ok(name) || str_empty(service_key(s->arena, name)))
		return FAIL(err, ERR_CONFIG, NULL,
			"'%.*s' is no name for a sender: it has 1 to %d bytes, with a letter "
			"or "
			"digit, and no '='",
			STR_ARGS(str_first(name, 60)), SERVICE_NAME_MOST);
	if (count > SERVICE_PATTERNS_MOST)
		return FAIL(
			err, ERR_CONFIG, NULL, "more than %d patterns", SERVICE_PATTERNS_MOST);
	service_add(s, name, word, true);
	stamp(s, name);
	stamp(s, str_of(sender_word_name(word)));
	for (size_t i = 0; i < count && r == 0; i++) {
		stamp(s, patterns[i]);
		r = pattern_add(s, patterns[i], err);
	}
	return r < 0 ? r : settle(s, err);
}

/* --- The rule file --- */

static int read_form(struct services *s, struct str line, struct err *err)
{
	struct str version = str_trim(str_from(line, sizeof(FORM) - 1));

	if (!str_starts(line, STR(FORM)) || version.n == 0 || version.n > VERSION_MOST ||
		!str_utf8(version))
		return FAIL(err, ERR_CONFIG, NULL,
			"the first line must be '" FORM "' and a version, such as a date");
	s->version = arena_str(s->arena, version);
	return 0;
}

static int read_patterns(struct services *s, struct str patterns, struct err *err)
{
	struct str one;
	size_t n = 0;

	while (str_cut(&patterns, ' ', &one)) {
		int r;

		one = str_trim(one);
		if (one.n == 0)
			continue;
		if (++n > SERVICE_PATTERNS_MOST)
			return FAIL(err, ERR_CONFIG, NULL, "more than %d patterns",
				SERVICE_PATTERNS_MOST);
		r = pattern_add(s, one, err);
		if (r < 0)
			return r;
	}
	return n > 0 ? 0 : FAIL(err, ERR_CONFIG, NULL, "there is no pattern behind '='");
}

static int read_line(struct services *s, struct str line, struct str *before, struct err *err)
{
	struct str rest = line, name;
	struct service *one;

	str_cut(&rest, '=', &name);
	name = str_trim(name);
	if (str_absent(rest) || !name_ok(name))
		return FAIL(err, ERR_CONFIG, NULL,
			"a line is 'Name = dkim:DOMAIN spf:DOMAIN …', with a name of 1 to %d "
			"bytes",
			SERVICE_NAME_MOST);
	if (!str_absent(*before) && nocase_cmp(*before, name) >= 0)
		return FAIL(err, ERR_CONFIG, NULL,
			"'%.*s' stands behind '%.*s': names rise, and each is there once",
			STR_ARGS(name), STR_ARGS(*before));
	if (s->count == SERVICES_MOST)
		return FAIL(err, ERR_CONFIG, NULL, "more than %d services", SERVICES_MOST);
	one = service_add(s, name, WORD_NONE, false);
	if (str_empty(one->key))
		return FAIL(err, ERR_CONFIG, NULL, "a name has a letter or a digit");
	for (size_t i = 0; i + 1 < s->count; i++)
		if (!s->list[i]->own && str_eq(s->list[i]->key, one->key))
			return FAIL(err, ERR_CONFIG, NULL,
				"'%.*s' and '%.*s' differ in nothing that counts",
				STR_ARGS(s->list[i]->name), STR_ARGS(name));
	*before = one->name;
	return read_patterns(s, rest, err);
}

int services_add(struct services *s, struct str text, struct err *err)
{
	struct str line, before = STR_ABSENT, rest = text;
	int64_t number = 0;
	int r = 0;

	if (text.n > SERVICES_FILE_MOST)
		return FAIL(err, ERR_CONFIG, NULL, "larger than %u bytes", SERVICES_FILE_MOST);
	while (r == 0 && str_cut(&rest, '\n', &line)) {
		number++;
		line = str_trim(line);
		if (number == 1)
			r = read_form(s, line, err);
		else if (line.n > 0 && line.p[0] != '#')
			r = read_line(s, line, &before, err);
	}
	if (r == 0 && number == 0)
		r = read_form(s, STR(""), err);
	if (r < 0 && err)
		err->line = number;
	stamp(s, text);
	return r < 0 ? r : settle(s, err);
}

struct str services_builtin(void)
{
	return str_make(services_files[0].data, services_files[0].size_bytes);
}

static struct arena built_in_arena;
static struct services *built_in;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_default(void)
{
	struct err err = { 0 };

	arena_init(&built_in_arena);
	built_in = services_new(&built_in_arena);
	if (services_add(built_in, services_builtin(), &err) < 0)
		assert(!"data/services.txt is right");
}

const struct services *services_default(void)
{
	pthread_once(&once, make_default);
	return built_in;
}

/* --- Looking up --- */

struct str services_version(const struct services *s)
{
	return s->version;
}

const struct digest *services_digest(const struct services *s)
{
	return &s->digest;
}

size_t services_count(const struct services *s)
{
	return s->count;
}

const struct service *services_at(const struct services *s, size_t i)
{
	return s->list[i];
}

size_t services_pattern_count(const struct services *s)
{
	return s->pattern_count;
}

const struct service_pattern *services_pattern(const struct services *s, size_t i)
{
	return &s->patterns[i];
}

/* Own ones count first, whatever the order in which they were added. */
const struct service *services_find(const struct services *s, struct str key)
{
	const struct service *found = NULL;

	for (size_t i = 0; i < s->count; i++) {
		const struct service *one = s->list[i];

		if (str_eq(one->key, key) && (!found || (one->own && !found->own)))
			found = one;
	}
	return found;
}

/* The pattern of this domain itself, among patterns[from..to). */
static const struct service *find_exact(
	const struct services *s, size_t from, size_t to, struct str domain, enum named_by by)
{
	while (from < to) {
		size_t at = from + (to - from) / 2;
		const struct service_pattern *p = &s->patterns[at];
		int c = (int)by - (int)p->by;

		if (c == 0)
			c = str_cmp(domain, p->domain);
		if (c == 0)
			return s->list[p->service];
		if (c < 0)
			to = at;
		else
			from = at + 1;
	}
	return NULL;
}

static const struct service *find_longest(
	const struct services *s, size_t from, size_t to, struct str domain, enum named_by by)
{
	struct str label;

	while (from < to && !str_empty(domain)) {
		const struct service *found = find_exact(s, from, to, domain, by);

		if (found)
			return found;
		str_cut(&domain, '.', &label);
	}
	return NULL;
}

const struct service *services_of_domain(
	const struct services *s, struct str domain, enum named_by by)
{
	const struct service *own;

	if (by == NAMED_BY_ADDRESS)
		return NULL;
	own = find_longest(s, 0, s->own_patterns, domain, by);
	return own ? own : find_longest(s, s->own_patterns, s->pattern_count, domain, by);
}

const struct service *services_of_ip(const struct services *s, const struct ip *ip)
{
	for (size_t i = 0; i < s->own_patterns && s->patterns[i].by == NAMED_BY_ADDRESS; i++)
		if (ip_net_has(&s->patterns[i].net, ip))
			return s->list[s->patterns[i].service];
	return NULL;
}

static void take_service(const struct service *one, struct sender_name *ret)
{
	ret->key = one->key;
	ret->name = one->name;
	ret->by = one->own ? NAMING_OWN : NAMING_SERVICE;
	ret->service = one;
}

void services_name(const struct services *s, struct str domain, enum named_by by,
	const struct ip *ip, char buf[IP_TEXT], struct sender_name *ret)
{
	const struct service *one = ip && ip->n > 0 ? services_of_ip(s, ip) : NULL;
	struct ip_net net;

	*ret = (struct sender_name){ .key = STR(""), .name = STR(""), .by = NAMING_ADDRESS };
	if (!one && !str_empty(domain))
		one = services_of_domain(s, domain, by);
	if (one) {
		take_service(one, ret);
	} else if (!str_empty(domain)) {
		ret->key = domain;
		ret->by = by == NAMED_BY_SPF ? NAMING_SPF : NAMING_DKIM;
	} else if (ip && ip->n > 0) {
		ip_group(ip, &net);
		ret->key = ip_net_text(&net, buf);
	}
	if (!one)
		ret->name = ret->key;
}

struct str services_key_now(const struct services *s, struct str key)
{
	const struct service *one;
	struct ip_net net;

	if (ip_net_parse(key, &net))
		one = services_of_ip(s, &net.first);
	else
		one = services_of_domain(s, key, NAMED_BY_DKIM);
	if (!one)
		one = services_of_domain(s, key, NAMED_BY_SPF);
	return one ? one->key : key;
}

bool sender_key_norm(struct arena *a, struct str text, struct str *ret)
{
	struct ip_net net;
	char buf[IP_TEXT];

	if (ip_net_parse(text, &net)) {
		if (net.prefix_bits < (net.first.n == 4 ? 32 : 64))
			return false;
		ip_group(&net.first, &net);
		*ret = arena_str(a, ip_net_text(&net, buf));
		return true;
	}
	if (text.n == 0 || text.n > SENDER_KEY_MOST)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] <= 0x20 || text.p[i] == 0x7f)
			return false;
	*ret = arena_str_lower(a, text);
	return true;
}
