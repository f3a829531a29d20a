/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Giving up what reading a dump does not need, because dumps are hostile: no program is started, no
 * connection made, nothing written but to files that are open (or named here), and in the end
 * nothing read but what is named. By seccomp (libseccomp) and Landlock, each as far as the kernel
 * and the build have it; inherited by threads and children, and for good.
 *
 * A call that is refused fails with EPERM and says so on stderr.
 */
#ifndef DMV_SANDBOX_H
#define DMV_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct dmv_sandbox {
	pid_t process;                  /* the process that is read, pid:N; 0: none */
	const char *const *write;       /* directories in which files may be made */
	size_t nwrite;
};

/* What was put up, and why not the rest. */
struct dmv_sandbox_state {
	bool calls;                     /* seccomp */
	bool files;                     /* Landlock */
	char why[120];                  /* "" if both */
};

/* The first wall, before a dump is opened: no programs, no connections, no writing. Call it once,
 * before there are threads. Landlock stays out where another process is read: the kernel would
 * refuse that. */
void dmv_sandbox_enter(const struct dmv_sandbox *s, struct dmv_sandbox_state *ret);

/* The second: of files only these (and what lies below, if directories) may still be opened for
 * reading. Those that are not there are skipped. False: not possible here. */
bool dmv_sandbox_read_only(const struct dmv_sandbox *s, const char *const *path, size_t n);

#endif
