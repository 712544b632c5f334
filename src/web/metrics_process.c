/*
 * metrics_process.c - the process itself, by the names that all programs use for it.
 */
#include "metrics_set.h"

#include "xalloc.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct metric cpu = {
	.name = "process_cpu_seconds",
	.type = METRIC_COUNTER,
	.unit = "seconds",
	.help = "User and system CPU time.",
};
static const struct metric resident = {
	.name = "process_resident_memory_bytes",
	.unit = "bytes",
	.help = "Memory that is in use and not swapped out.",
};
static const struct metric virtual_memory = {
	.name = "process_virtual_memory_bytes",
	.unit = "bytes",
	.help = "Address space in use.",
};
static const struct metric open_fds = {
	.name = "process_open_fds",
	.help = "Open file descriptors.",
};
static const struct metric max_fds = {
	.name = "process_max_fds",
	.help = "File descriptors that may be open at once.",
};
static const struct metric started = {
	.name = "process_start_time_seconds",
	.unit = "seconds",
	.help = "When the process began, in seconds since 1970.",
};

static uint64_t time_us(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_usec;
}

static void write_gauge(struct exposition *e, const struct metric *m, uint64_t value)
{
	exposition_family(e, m);
	exposition_number(e, NO_LABELS, value);
}

/* /proc/self/statm: pages in all, pages in memory. */
static void write_memory(struct exposition *e)
{
	CLEANUP(close_fd)
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	struct str rest = str_make(text, n > 0 ? (size_t)n : 0), all = STR_ABSENT,
		   in_memory = STR_ABSENT;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), pages;

	str_cut(&rest, ' ', &all);
	str_cut(&rest, ' ', &in_memory);
	if (str_to_u64(in_memory, &pages))
		write_gauge(e, &resident, pages * page);
	if (str_to_u64(all, &pages))
		write_gauge(e, &virtual_memory, pages * page);
}

static void write_fds(struct exposition *e)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	struct rlimit limit;
	uint64_t n = 0;

	while (folder && (entry = readdir(folder)))
		n += entry->d_name[0] != '.';
	if (folder) {
		closedir(folder);
		write_gauge(e, &open_fds, n - 1); /* without the folder itself */
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		write_gauge(e, &max_fds, limit.rlim_cur);
}

void process_write(struct exposition *e, int64_t started_at)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) == 0) {
		exposition_family(e, &cpu);
		exposition_micros(
			e, NO_LABELS, time_us(&usage.ru_utime) + time_us(&usage.ru_stime));
	}
	write_memory(e);
	write_fds(e);
	write_gauge(e, &started, (uint64_t)started_at);
}
