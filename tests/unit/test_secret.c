/* Secrets: files and their modes, programs and their ways to fail, credentials, wiping. */
#include "check.h"

#include "secret.h"
#include "secret_run.h"
#include "xalloc.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], path[96];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/ruad-test-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/secret", folder);
	return 0;
}

static int remove_folder(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void write_secret(struct str text, mode_t mode)
{
	unlink(path);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fwrite(text.p, 1, text.n, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void check_got(
	const char *name, const struct secret_spec *spec, const char *want, const char *message)
{
	struct buf got;
	struct err err = { 0 };
	buf_init(&got, SECRET_MOST + 1);
	int r = secret_get(spec, false, &got, &err);
	if (message) {
		check_int(name, r, ERR_CONFIG);
		if (!str_contains(str_of(err.text), str_of(message)))
			fail_msg("%s: \"%s\" has no \"%s\"", name, err.text, message);
		check(name, got.n == 0);
	} else {
		if (r < 0)
			fail_msg("%s: %s", name, err.text);
		check_str(name, buf_view(&got), str_of(want));
	}
	secret_wipe(&got);
}

/* --- Files --- */

static const struct {
	const char *name;
	struct str text;
	mode_t mode;
	const char *want, *message;
} files[] = {
	{ "plain", STR_INIT("geheim"), 0600, "geheim", NULL },
	{ "line end", STR_INIT("geheim\n"), 0600, "geheim", NULL },
	{ "line end of Windows", STR_INIT("geheim\r\n"), 0400, "geheim", NULL },
	{ "blanks stay", STR_INIT("  a b \t"), 0600, "  a b \t", NULL },
	{ "all that shells like", STR_INIT("a$b;c#d\\\"'${HOME}\n"), 0600,
		"a$b;c#d\\\"'${HOME}", NULL },
	{ "not UTF-8", STR_INIT("\xe4\xff\n"), 0600, "\xe4\xff", NULL },
	{ "two line ends", STR_INIT("geheim\n\n"), 0600, NULL, "one line" },
	{ "two lines", STR_INIT("geheim\nmehr"), 0600, NULL, "one line" },
	{ "NUL", STR_INIT("geh\0eim"), 0600, NULL, "one line" },
	{ "CR", STR_INIT("geh\reim"), 0600, NULL, "one line" },
	{ "empty", STR_INIT(""), 0600, NULL, "no password in it" },
	{ "only a line end", STR_INIT("\n"), 0600, NULL, "no password in it" },
	{ "group may read", STR_INIT("geheim"), 0640, NULL, "chmod 600" },
	{ "others may read", STR_INIT("geheim"), 0604, NULL, "chmod 600" },
	{ "others may write", STR_INIT("geheim"), 0602, NULL, "chmod 600" },
};

static void test_files(void **state)
{
	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	struct secret_spec spec = { .kind = SECRET_FILE, .path = path };
	for (size_t i = 0; i < COUNT(files); i++) {
		write_secret(files[i].text, files[i].mode);
		check_got(files[i].name, &spec, files[i].want, files[i].message);
	}
	unlink(path);
	check_got("not there", &spec, NULL, "is not there");
	spec.path = folder;
	chmod(folder, 0700);
	check_got("folder", &spec, NULL, "no regular file");
	spec.path = "/dev/null";
	check_got("device", &spec, NULL, "no regular file");
}

static void test_size(void **state)
{
	(void)state;
	CLEANUP(free)
	char *text = xcalloc(SECRET_MOST + 2, 1);
	struct secret_spec spec = { .kind = SECRET_FILE, .path = path };
	memset(text, 'x', SECRET_MOST + 1);
	write_secret(str_make(text, SECRET_MOST + 1), 0600);
	check_got("a byte too long", &spec, NULL, "longer than");
	text[SECRET_MOST] = '\0';
	write_secret(str_make(text, SECRET_MOST), 0600);
	check_got("as long as may be", &spec, text, NULL);
}

static void test_credentials(void **state)
{
	(void)state;
	struct secret_spec spec = { .kind = SECRET_CREDENTIAL, .value = "secret" };
	struct secret_spec file = { .kind = SECRET_FILE, .path = path };
	char around[160];
	write_secret(STR("geheim\n"), 0644);
	unsetenv("CREDENTIALS_DIRECTORY");
	check_got("none here", &spec, NULL, "LoadCredential=secret:");
	check_got("mode counts", &file, NULL, "chmod 600");
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	check_got("handed out", &spec, "geheim", NULL);
	check_got("file that was handed out", &file, "geheim", NULL);
	snprintf(around, sizeof(around), "%s/../%s/secret", folder, folder + strlen("/tmp/"));
	file.path = around;
	check_got("way around", &file, NULL, "chmod 600");
	spec.value = "../etc/passwd";
	check_got("path", &spec, NULL, "cannot be the name");
	spec.value = "..";
	check_got("dots", &spec, NULL, "cannot be the name");
	spec.value = "other";
	check_got("another", &spec, NULL, "is not there");
	setenv("CREDENTIALS_DIRECTORY", "/", 1);
	file.path = path;
	check_got("all of the disk is no such folder", &file, NULL, "chmod 600");
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void test_value(void **state)
{
	(void)state;
	struct secret_spec spec = { .kind = SECRET_VALUE, .value = "a;b#c$d" };
	check_got("value", &spec, "a;b#c$d", NULL);
	spec = (struct secret_spec){ .kind = SECRET_NONE };
	check_got("none", &spec, NULL, "no password is configured");
}

/* --- Programs --- */

static const struct {
	const char *name, *script, *want, *message;
} scripts[] = {
	{ "first line", "echo geheim; echo mehr", "geheim", NULL },
	{ "without line end", "printf geheim", "geheim", NULL },
	{ "word on standard error", "echo warn >&2; echo geheim", "geheim", NULL },
	{ "much on standard error", "yes | head -c 300000 >&2; echo geheim", "geheim", NULL },
	{ "much behind it", "echo geheim; yes | head -c 300000", "geheim", NULL },
	{ "nothing to read", "cat; echo geheim", "geheim", NULL },
	{ "failed", "echo geheim; echo 'no key\nmore' >&2; exit 3", NULL,
		"failed with exit code 3: no key" },
	{ "escape on standard error", "printf 'a\\033[2Jb' >&2; exit 1", NULL, "a [2Jb" },
	{ "killed", "kill -9 $$", NULL, "ended by signal 9" },
	{ "nothing", "exit 0", NULL, "printed nothing" },
	{ "empty first line", "echo; echo geheim", NULL, "no password in it" },
	{ "NUL", "printf 'a\\000b\\n'", NULL, "one line" },
};

static void test_programs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(scripts); i++) {
		const char *argv[] = { "sh", "-c", scripts[i].script, NULL };
		struct secret_spec spec = { .kind = SECRET_COMMAND, .argv = argv };
		check_got(scripts[i].name, &spec, scripts[i].want, scripts[i].message);
	}
}

static void test_no_shell(void **state)
{
	const char *argv[] = { "printf", "%s", "$HOME;`id` a  b", NULL };
	const char *missing[] = { "/nowhere/program", "geheim", NULL };
	(void)state;
	struct secret_spec spec = { .kind = SECRET_COMMAND, .argv = argv };
	check_got("words stay words", &spec, "$HOME;`id` a  b", NULL);
	spec.argv = missing;
	check_got("no such program", &spec, NULL,
		"/nowhere/program: cannot be run: No such file");
}

static void test_fresh(void **state)
{
	const char *argv[] = { "sh", "-c", "echo \"t${RUAD_TOKEN_REFUSED:-0}\"", NULL };
	struct secret_spec spec = { .kind = SECRET_TOKEN, .argv = argv };
	struct err err = { 0 };
	(void)state;
	setenv("RUAD_TOKEN_REFUSED", "9", 1);
	check_got("first", &spec, "t0", NULL);
	struct buf got;
	buf_init(&got, SECRET_MOST + 1);
	assert_int_equal(secret_get(&spec, true, &got, &err), 0);
	check_str("refused", buf_view(&got), STR("t1"));
	secret_wipe(&got);
	unsetenv("RUAD_TOKEN_REFUSED");
}

/* What the program sees: no descriptor and no input of ours, no signal ignored or held. */
static void test_surroundings(void **state)
{
	const char *argv[] = { "sh", "-c",
		"ls /proc/self/fd | tr '\\n' ' '; readlink /proc/self/fd/0; "
		"grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\t\\n'",
		NULL };
	char text[4096];
	size_t n = 0;
	struct err err = { 0 };
	int ends[2];
	(void)state;
	assert_int_equal(pipe(ends), 0); /* without O_CLOEXEC */
	int input = dup(0), high = fcntl(ends[0], F_DUPFD, 200);
	dup2(ends[0], 0);
	signal(SIGPIPE, SIG_IGN);
	sigset_t held, old;
	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, &old);
	assert_int_equal(secret_run(argv, false, 10, text, sizeof(text), &n, &err), 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(input, 0);
	close(input);
	close(high);
	close(ends[0]);
	close(ends[1]);
	/* 3 is that of ls itself. */
	struct str got = str_make(text, n);
	if (!str_starts(got, STR("0 1 2 3 /dev/null\nSig")))
		fail_msg("descriptors: %.*s", STR_ARGS(got));
	assert_true(str_contains(got, STR("SigBlk:0000000000000000")));
	assert_true(str_contains(got, STR("SigIgn:0000000000000000")));
}

/* A grandchild that keeps the pipe open is not waited for; it goes on. */
static void test_daemon_left_behind(void **state)
{
	const char *argv[] = { "sh", "-c", "sleep 100 & echo $!", NULL };
	char text[64];
	size_t n = 0;
	struct err err = { 0 };
	int64_t pid = 0;
	(void)state;
	assert_int_equal(secret_run(argv, false, 90, text, sizeof(text), &n, &err), 0);
	assert_true(n > 0 && str_to_i64(str_make(text, n - 1), &pid) && pid > 0);
	assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
}

/* After its time it is killed with its children. */
static void test_timeout(void **state)
{
	char script[160];
	snprintf(script, sizeof(script),
		"echo wait for me >&2; sleep 1000 & echo $! > %s/pid; sleep 1000", folder);
	const char *argv[] = { "sh", "-c", script, NULL };
	const char *flood[] = { "yes", NULL };
	char text[64], file[96];
	size_t n = 0;
	struct err err = { 0 };
	long pid = 0;
	(void)state;
	int r = secret_run(argv, false, 1, text, sizeof(text), &n, &err);
	assert_int_equal(r, ERR_TEMP);
	assert_true(str_contains(str_of(err.text), STR("within 1 seconds")));
	assert_true(str_contains(str_of(err.text), STR(": wait for me")));
	snprintf(file, sizeof(file), "%s/pid", folder);
	FILE *f = fopen(file, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld", &pid), 1);
	fclose(f);
	/* Gone, or a zombie of whoever collects orphans here. */
	snprintf(file, sizeof(file), "/proc/%ld/stat", pid);
	for (int i = 0; i < 200; i++) {
		char stat[256] = "";
		f = fopen(file, "r");
		bool there = f && fgets(stat, sizeof(stat), f);
		if (f)
			fclose(f);
		if (!there || strstr(stat, ") Z "))
			break;
		assert_true(i < 199);
		usleep(50000);
	}
	assert_int_equal(secret_run(flood, false, 1, text, sizeof(text), &n, &err), ERR_TEMP);
}

/* --- What is left --- */

static void test_wiped(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 100);
	buf_str(&b, STR("geheim"));
	secret_wipe(&b);
	assert_int_equal(b.n, 0);
	secret_wipe(&b); /* again, and an empty one */
}

static void test_check(void **state)
{
	const char *argv[] = { "/bin/sh", "-c", "exit 1", NULL };
	const char *missing[] = { "/nowhere/program", NULL };
	struct secret_spec spec = { .kind = SECRET_TOKEN, .argv = argv };
	struct err err = { 0 };
	(void)state;
	assert_int_equal(secret_check(&spec, &err), 0); /* not run */
	spec.argv = missing;
	assert_int_equal(secret_check(&spec, &err), ERR_CONFIG);
	spec = (struct secret_spec){ .kind = SECRET_FILE, .path = path };
	write_secret(STR("geheim"), 0644);
	assert_int_equal(secret_check(&spec, &err), ERR_CONFIG);
	write_secret(STR("geheim"), 0600);
	assert_int_equal(secret_check(&spec, &err), 0);
}

static void test_no_core(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		struct rlimit limit = { 1, 1 };
		secret_no_core();
		getrlimit(RLIMIT_CORE, &limit);
		_exit(limit.rlim_max == 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 1);
	}
	int status = 1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_no_shell),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_surroundings),
		cmocka_unit_test(test_daemon_left_behind),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_no_core),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
