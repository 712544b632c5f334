/*
 * mail_server.h - a mail server for one test: a process that speaks as a table says.
 *
 * It listens on the loopback and gives each connection to a function, one after the other. What
 * clients say is written to a file, so that a test can see what was said, and above all what
 * was not.
 */
#ifndef RUAD_MAIL_SERVER_H
#define RUAD_MAIL_SERVER_H

#include "buf.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct mail_server {
	pid_t pid;
	unsigned port;
	char log[64];
};

/* serve(fd, n, arg) for the n-th connection, counted from 1, in the server's process. */
__attribute__((unused)) static struct mail_server server_start(
	void (*serve)(int fd, int n, const void *arg), const void *arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct mail_server s = { 0 };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0), log;

	snprintf(s.log, sizeof(s.log), "/tmp/ruad-test-log-XXXXXX");
	log = mkstemp(s.log);
	if (fd < 0 || log < 0 || bind(fd, (struct sockaddr *)&a, n) != 0 ||
		listen(fd, 16) != 0 || getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		abort();
	close(log);
	s.port = ntohs(a.sin_port);
	s.pid = fork();
	if (s.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_DFL);
		setenv("SERVER_LOG", s.log, 1);
		for (int i = 1;; i++) {
			int client = accept(fd, NULL, NULL);
			pid_t pid = fork(); /* a stalled one does not stop the next */

			if (pid == 0) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				close(fd);
				serve(client, i, arg);
				_exit(0);
			}
			close(client);
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
		}
	}
	close(fd);
	return s;
}

/* Ends it; what was said to it, in a buffer of its own. */
__attribute__((unused)) static const char *server_stop(struct mail_server *s)
{
	static char said[256 * 1024];
	FILE *f;
	size_t n = 0;

	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	f = fopen(s->log, "r");
	if (f) {
		n = fread(said, 1, sizeof(said) - 1, f);
		fclose(f);
	}
	said[n] = '\0';
	unlink(s->log);
	return said;
}

__attribute__((unused)) static void server_note(const char *line)
{
	FILE *f = fopen(getenv("SERVER_LOG"), "a");

	if (f) {
		fprintf(f, "%s\n", line);
		fclose(f);
	}
}

/* The next line of the client without its CRLF, noted; the process ends with the connection. */
__attribute__((unused)) static const char *server_hear(int fd)
{
	static char line[64 * 1024];
	size_t n = 0;

	while (n < sizeof(line) - 1 && read(fd, line + n, 1) == 1) {
		if (line[n] == '\n') {
			while (n > 0 && line[n - 1] == '\r')
				n--;
			line[n] = '\0';
			server_note(line);
			return line;
		}
		n++;
	}
	_exit(0);
}

__attribute__((unused)) static void server_say(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put <= 0)
			_exit(0);
		p += put;
		n -= (size_t)put;
	}
}

__attribute__((unused)) static void server_text(int fd, const char *text)
{
	server_say(fd, text, strlen(text));
}

/* Until the client goes away. */
__attribute__((unused)) static void server_stall(int fd)
{
	char c;

	while (read(fd, &c, 1) > 0)
		;
	_exit(0);
}

#endif
