/*
 * confine.h - give up what a process that meets hostile bytes has no need of.
 *
 * Afterwards it can read and write the descriptors that are open, take memory up to a bound,
 * ask for the time, and end; it cannot open or change a file, connect, start or touch another
 * process, or run other code.  What the kernel does not offer is left out, and told.
 */
#ifndef RUAD_CONFINE_H
#define RUAD_CONFINE_H

#include <stdint.h>

/* A build with a sanitizer, which needs much memory and system calls of its own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONFINE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define CONFINE_SANITIZED 1
#endif
#endif
#ifndef CONFINE_SANITIZED
#define CONFINE_SANITIZED 0
#endif

/* What holds; bits. */
enum {
	CONFINED_SECCOMP = 1,  /* no system calls but a few */
	CONFINED_LANDLOCK = 2, /* no file system; from Linux 6.7 on no TCP either */
	CONFINED_MEMORY = 4,   /* address space is bounded */
	CONFINED_NOT = 8,      /* a build with a sanitizer: nothing was asked for */
	CONFINED_ALL = CONFINED_SECCOMP | CONFINED_LANDLOCK | CONFINED_MEMORY
};

/*
 * This process, for good; its privileges were given up before (anew_seclude).  0 memory_bytes:
 * no bound.  The bits of what holds; CONFINED_NOT with CONFINE_SANITIZED.
 */
unsigned confine(uint64_t memory_bytes);
/* What would hold, as far as the kernel tells. */
unsigned confine_offered(void);

#endif
