/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What a violation leads to: go on, a breakpoint, or the end of the process and a core dump. */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "posix_int.h"

/* Anonymous private and shared memory, ELF headers, private and shared huge pages (core(5)). */
#define CORE_FILTER "0x73"

void dmv_posix_core_enable(void)
{
	struct rlimit lim;
	int fd;

	if (!getrlimit(RLIMIT_CORE, &lim)) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_CORE, &lim);
	}
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, CORE_FILTER, sizeof(CORE_FILTER) - 1) < 0)
		fputs("core dump: the kernel's own choice of memory holds\n", stderr);
	close(fd);
}

static void print(const struct dmv_report *r)
{
	int w = sizeof(void *) == 8 ? 16 : 8;

	fprintf(stderr, "*** STOP: 0x%08" PRIX32 " (0x%0*" PRIX64 ",0x%0*" PRIX64 ",0x%0*" PRIX64
		",0x%0*" PRIX64 ")\n", r->code, w, r->p[0], w, r->p[1], w, r->p[2], w, r->p[3]);
}

static void stop(const struct dmv_posix_config *c, const struct dmv_report *r)
{
	print(r);
	fflush(NULL);
	dmv_posix_core_enable();
	if (c->on_stop)
		c->on_stop(c->arg, r);
	signal(SIGABRT, SIG_DFL);
	abort();
}

void report_violation(const struct dmv_posix_config *c, const struct dmv_report *r)
{
	if (c->on_report)
		c->on_report(c->arg, r);
	if (r->action == DMV_ABI_MODE_BREAK)
		raise(SIGTRAP);
	else if (r->action == DMV_ABI_MODE_STOP)
		stop(c, r);
}
