#include "secret_keeper.h"

#include "anew.h"
#include "secret_run.h"
#include "wire.h"
#include "xalloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEEPER_NAME "ruad-secret"
#define PATIENCE_S 5 /* beyond the time of the command */
#define KEEPERS_MOST 256

enum word { WORD_ASK = 1, WORD_FRESH, WORD_SECRET, WORD_CONFIG, WORD_TEMP };

struct keeper {
	const char *const *argv;
	struct wire wire;
};

/* Each is asked by the one thread that reads its source. */
static struct keeper *keepers[KEEPERS_MOST];
static size_t keeper_count;

static unsigned seconds_of(const struct secret_spec *spec)
{
	return spec->kind == SECRET_TOKEN ? SECRET_TOKEN_S : SECRET_COMMAND_S;
}

/* --- The keeper --- */

static void answer(struct wire *w, const struct secret_spec *spec, bool fresh)
{
	char text[SECRET_MOST + 3]; /* its line end, and a byte too many */
	struct err err = { 0 };
	size_t n = 0;
	int r = secret_run(spec->argv, fresh, seconds_of(spec), text, sizeof(text), &n, &err);

	if (r < 0)
		r = wire_send(
			w, r == ERR_TEMP ? WORD_TEMP : WORD_CONFIG, str_of(err.text), &err);
	else
		r = wire_send(w, WORD_SECRET, str_make(text, n), &err);
	explicit_bzero(text, sizeof(text));
	if (r < 0 || wire_flush(w, &err) < 0)
		_exit(1);
	wire_wipe(w);
}

/* What is not for it is closed, and what asks programs to end is not for it either: it ends
 * when nobody can ask it any more. */
static void seclude(int fd)
{
	static const int deaf[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_NAME, KEEPER_NAME);
	secret_no_core();
	for (size_t i = 0; i < sizeof(deaf) / sizeof(deaf[0]); i++)
		signal(deaf[i], SIG_IGN);
	for (int i = 0; i <= STDERR_FILENO; i++)
		dup2(null, i);
	dup2(fd, ANEW_FD);
	fcntl(ANEW_FD, F_SETFD, FD_CLOEXEC);
	close_range(ANEW_FD + 1, ~0U, 0);
}

static void keep(const struct secret_spec *spec, int fd) __attribute__((noreturn));
static void keep(const struct secret_spec *spec, int fd)
{
	struct wire w;
	struct frame f;
	struct err err;

	seclude(fd);
	wire_init(&w, ANEW_FD);
	while (wire_receive(&w, -1, &f, &err) == 1)
		answer(&w, spec, f.type == WORD_FRESH);
	_exit(0);
}

int secret_keep(const struct secret_spec *spec, struct err *err)
{
	int pair[2];
	pid_t pid;
	int r;

	if (spec->kind != SECRET_COMMAND && spec->kind != SECRET_TOKEN)
		return 0;
	if (keeper_count == KEEPERS_MOST)
		return FAIL(err, ERR_CONFIG, NULL,
			"more than %d sources have a command for "
			"their password",
			KEEPERS_MOST);
	r = anew_pair(pair, err);
	if (r < 0)
		return r;
	pid = fork();
	if (pid == 0)
		keep(spec, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return FAIL(
			err, ERR_TEMP, NULL, "%s: no process can be made: %m", spec->argv[0]);
	}
	keepers[keeper_count] = xcalloc(1, sizeof(struct keeper));
	keepers[keeper_count]->argv = spec->argv;
	wire_init(&keepers[keeper_count++]->wire, pair[0]);
	return 0;
}

/* --- Who asks --- */

static struct keeper *keeper_of(const struct secret_spec *spec)
{
	for (size_t i = 0; i < keeper_count; i++)
		if (keepers[i]->argv == spec->argv)
			return keepers[i];
	return NULL;
}

static int take(const struct frame *f, char *text, size_t size, size_t *ret_n, struct err *err)
{
	switch (f->type) {
	case WORD_SECRET:
		assert(f->bytes.n <= size);
		memcpy(text, f->bytes.p, f->bytes.n);
		*ret_n = f->bytes.n;
		return 0;
	case WORD_TEMP:
		return FAIL(err, ERR_TEMP, NULL, "%.*s", STR_ARGS(f->bytes));
	default:
		return FAIL(err, ERR_CONFIG, NULL, "%.*s", STR_ARGS(f->bytes));
	}
}

int secret_ask(const struct secret_spec *spec, bool fresh, char *text, size_t size,
	size_t *ret_n, struct err *err)
{
	struct keeper *k = keeper_of(spec);
	struct frame f;
	struct err gone;
	int r;

	if (!k)
		return secret_run(spec->argv, fresh, seconds_of(spec), text, size, ret_n, err);
	/* Answers that came after nobody waited for them any longer. */
	while (wire_receive(&k->wire, 0, &f, &gone) == 1)
		;
	if (wire_send(&k->wire, fresh ? WORD_FRESH : WORD_ASK, STR(""), &gone) < 0 ||
		wire_flush(&k->wire, &gone) < 0 ||
		wire_receive(
			&k->wire, (int)(seconds_of(spec) + PATIENCE_S) * 1000, &f, &gone) != 1)
		return FAIL(err, ERR_TEMP, NULL,
			"%s: the process that runs it is gone: start ruad again",
			spec->argv[0]);
	r = take(&f, text, size, ret_n, err);
	wire_wipe(&k->wire);
	return r;
}
