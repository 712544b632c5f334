#include "shelter.h"

#include "become.h"
#include "secret_keeper.h"
#include "xalloc.h"

#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the system: for names and certificates, libraries, time zones, and this process itself.
 * /etc as a whole, because files there are replaced while we run. */
static const char *const of_system[] = { "/etc", "/usr/lib", "/usr/lib32", "/usr/lib64",
	"/usr/libexec", "/usr/share", "/usr/local/lib", "/usr/local/share", "/lib", "/lib32",
	"/lib64", "/nix/store", "/gnu/store", "/var/lib/ca-certificates", "/proc",
	"/sys/devices/system/cpu", "/run/systemd/resolve", "/run/resolvconf",
	"/run/NetworkManager", "/run/nscd", "/run/systemd/userdb", "/dev/urandom",
	"/dev/random", "/dev/zero" };

static void keep(struct shelter *s, struct str path, enum landlock_use use)
{
	s->kept = ARENA_MORE(s->arena, s->kept, s->n);
	s->kept[s->n++] = (struct kept){ arena_cstr(s->arena, path), use };
}

/* However it is written: "." may be it too. */
static bool is_root(struct shelter *s, struct str path)
{
	char *real = realpath(arena_cstr(s->arena, path), NULL);
	bool is = real && strcmp(real, "/") == 0;

	free(real);
	return is;
}

/* The folder of a file, so that it can be replaced; but not the root of all. */
static void keep_folder(struct shelter *s, struct str path, enum landlock_use use)
{
	struct str folder = str_folder(path);
	bool root = is_root(s, folder);

	if (use == LANDLOCK_WRITE && root)
		s->bad = true;
	keep(s, root ? path : folder, use);
}

/* Where it is said to be, and where it is. */
static void keep_beside(struct shelter *s, const char *path, enum landlock_use use)
{
	char *real = realpath(path, NULL);

	keep_folder(s, str_of(path), use);
	if (real && strcmp(real, path) != 0)
		keep_folder(s, str_of(real), use);
	free(real);
}

/* --- The program and its libraries --- */

static int keep_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct shelter *s = arg;
	bool loader = info->dlpi_addr != 0 && info->dlpi_addr == getauxval(AT_BASE);

	(void)size;
	if (info->dlpi_name && info->dlpi_name[0] == '/')
		keep_beside(s, info->dlpi_name, loader ? LANDLOCK_RUN : LANDLOCK_READ);
	return 0;
}

static void keep_system(struct shelter *s)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	for (size_t i = 0; i < sizeof(of_system) / sizeof(of_system[0]); i++)
		keep(s, str_of(of_system[i]), LANDLOCK_READ);
	keep(s, STR("/dev/null"), LANDLOCK_WRITE);
	keep(s, STR("/proc/self/exe"), LANDLOCK_RUN);
	dl_iterate_phdr(keep_object, s);
	keep_beside(s, "/etc/resolv.conf", LANDLOCK_READ);
	if (credentials && credentials[0] == '/')
		keep(s, str_of(credentials), LANDLOCK_READ);
}

/* Ours are in TMPDIR or /tmp; those of SQLite in the first that there is of these. */
static void keep_temporary(struct shelter *s)
{
	static const char *const usual[] = { "/var/tmp", "/usr/tmp", "/tmp" };
	const char *ours = getenv("TMPDIR"), *sqlite = getenv("SQLITE_TMPDIR");

	if (sqlite)
		keep(s, str_of(sqlite), LANDLOCK_WRITE);
	if (ours && ours[0] == '/') {
		keep(s, str_of(ours), LANDLOCK_WRITE);
		return;
	}
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		keep(s, str_of(usual[i]), LANDLOCK_WRITE);
}

/* --- What is configured --- */

static void keep_settings(struct shelter *s)
{
	for (size_t i = 0; i < KEY_OF_SOURCES; i++) {
		const char *path = NULL;

		if (config_keys[i].type == CONFIG_PATH && i != KEY_DATABASE)
			path = config_text(s->config, (enum config_id)i);
		if (path)
			keep_beside(s, path, LANDLOCK_READ);
	}
	for (size_t i = 0; s->config->files && s->config->files[i]; i++)
		keep_beside(s, s->config->files[i], LANDLOCK_READ);
}

void shelter_init(struct shelter *s, const struct cli *c)
{
	*s = (struct shelter){ .config = &c->config, .arena = c->arena };
	keep_system(s);
	keep_beside(s, c->database, LANDLOCK_WRITE);
	keep_temporary(s);
#ifdef RUAD_PLANS
	if (getenv("RUAD_PLANS"))
		keep_folder(s, str_of(getenv("RUAD_PLANS")), LANDLOCK_WRITE);
#endif
	keep_settings(s);
}

/* --- Mail --- */

/* What is there of a path: it may come later. */
static struct str nearest(struct shelter *s, const char *path)
{
	struct str there = str_of(path);

	while (access(arena_cstr(s->arena, there), F_OK) < 0 && there.n > 1 &&
		!str_eq(there, STR(".")))
		there = str_folder(there);
	return there;
}

/* Folders of a maildir may be links to other places; and where it is itself a folder of a
 * maildir, mails are moved to those beside it. */
static void keep_maildir(struct shelter *s, const char *path, enum landlock_use use)
{
	static const char *const parts[] = { "cur", "new", "tmp" };
	struct stat st;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *part = arena_printf(s->arena, "%s/%s", path, parts[i]).p;

		if (lstat(part, &st) == 0 && S_ISLNK(st.st_mode))
			keep(s, str_of(part), use);
	}
	if (use == LANDLOCK_WRITE &&
		access(arena_printf(s->arena, "%s/../cur", path).p, F_OK) == 0)
		keep(s, arena_printf(s->arena, "%s/..", path), use);
}

void shelter_mail(struct shelter *s, const char *path, bool changes)
{
	enum landlock_use use = changes ? LANDLOCK_WRITE : LANDLOCK_READ;
	struct str there = nearest(s, path);

	/* Everything below "/" would be kept. */
	if (is_root(s, there))
		s->bad = true;
	keep(s, there, use);
	keep_maildir(s, path, use);
}

static bool changes_mail(const struct source_config *source)
{
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (source->done[i].action != MAILBOX_LEAVE)
			return true;
	return false;
}

int shelter_source(struct shelter *s, const struct source_config *source, struct err *err)
{
	for (int i = KEY_OF_SOURCES; i < KEY_OF_SENDERS; i++) {
		const char *path = NULL;

		if (config_keys[i].type == CONFIG_PATH && i != KEY_PATH)
			path = source->settings[i - KEY_OF_SOURCES].key
				       ? source->settings[i - KEY_OF_SOURCES].values[0]
				       : NULL;
		if (path)
			keep_beside(s, path, LANDLOCK_READ);
	}
	if (source->path && source->type == SOURCE_MBOX)
		keep_beside(s, source->path, LANDLOCK_READ);
	else if (source->path)
		shelter_mail(s, source->path, changes_mail(source));
	return secret_keep(&source->secret, err);
}

void shelter_socket(struct shelter *s, const char *path)
{
	keep_folder(s, str_of(path), LANDLOCK_REMOVE);
}

void shelter_enter(struct shelter *s, struct enclosure *ret)
{
	become_powerless();
	snprintf(ret->user, sizeof(ret->user), "%s", become_name());
	enclose(s->bad ? NULL : s->kept, s->n, ret);
}
