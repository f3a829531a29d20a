/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Memory of a running process, "pid:N", by process_vm_readv: it needs no ptrace stop and leaves the
 * process running. Ranges are what /proc/N/smaps showed when it was opened; reads go by what is
 * mapped now. What the kernel would not put into a core (device memory, MADV_DONTDUMP) is not in
 * the ranges: sanitizers map terabytes of shadow that way.
 */
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mem_int.h"

struct pid_mem {
	struct dmv_mem m;
	pid_t pid;
	int pidfd;                      /* -1: an old kernel without them */
	struct dmv_maps maps;
};

/* A number is given to the next process soon after its owner died; the pidfd is not. */
static bool gone(const struct pid_mem *p)
{
	struct pollfd fd = { .fd = p->pidfd, .events = POLLIN };

	return p->pidfd >= 0 && poll(&fd, 1, 0) > 0 && (fd.revents & POLLIN);
}

static FILE *open_proc(pid_t pid, const char *what)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	return fopen(path, "re");
}

static int read_number(FILE *f, const char *fmt)
{
	char line[256];
	int v = -1;

	while (f && v < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, fmt, &v) != 1)
			v = -1;
	if (f)
		fclose(f);
	return v;
}

/* Which of the doors is shut: another user's, Yama's, or the process's own (not dumpable). */
static enum dmv_code refused(pid_t pid, struct dmv_err *e)
{
	int uid = read_number(open_proc(pid, "status"), "Uid: %d");
	int scope = read_number(fopen("/proc/sys/kernel/yama/ptrace_scope", "re"), "%d");

	if (uid >= 0 && (uid_t)uid != geteuid() && geteuid())
		return dmv_fail(e, DMV_E_SYSTEM,
				"process %d runs as user %d, we as %d: needs the same user, or "
				"CAP_SYS_PTRACE (sudo)",
				(int)pid, uid, (int)geteuid());
	if (scope == 3)
		return dmv_fail(e, DMV_E_SYSTEM,
				"process %d: kernel.yama.ptrace_scope is 3, nobody may read "
				"another process",
				(int)pid);
	if (scope > 0)
		return dmv_fail(e, DMV_E_SYSTEM,
				"process %d: kernel.yama.ptrace_scope is %d: needs CAP_SYS_PTRACE "
				"(sudo), or `sysctl kernel.yama.ptrace_scope=0`",
				(int)pid, scope);
	return dmv_fail(e, DMV_E_SYSTEM,
			"process %d does not let itself be read (setuid, or not dumpable): needs "
			"CAP_SYS_PTRACE (sudo)",
			(int)pid);
}

static enum dmv_code why_not(struct pid_mem *p, int errnum, uint64_t addr, struct dmv_err *e)
{
	if (errnum == ESRCH || gone(p))
		return dmv_fail_at(e, DMV_E_SYSTEM, addr, "process %d is gone", (int)p->pid);
	if (errnum == EPERM)
		return refused(p->pid, e);
	if (errnum == EFAULT || errnum == 0)
		return dmv_fail_at(e, DMV_E_ABSENT, addr, "virtual address 0x%" PRIx64
				   " is not mapped in process %d", addr, (int)p->pid);
	return dmv_fail_at(e, DMV_E_SYSTEM, addr, "cannot read 0x%" PRIx64 " of process %d: %s",
			   addr, (int)p->pid, strerror(errnum));
}

static enum dmv_code pid_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			      size_t n, struct dmv_err *e)
{
	struct pid_mem *p = (struct pid_mem *)m;
	size_t done = 0;

	if (s != DMV_VIRT)
		return dmv_fail_at(e, DMV_E_ABSENT, addr,
				   "a process has no physical addresses (asked for 0x%" PRIx64 ")",
				   addr);
	while (done < n) {
		uint64_t at = addr + done;
		struct iovec to = { (char *)buf + done, n - done };
		struct iovec from = { (void *)(uintptr_t)at, n - done };
		ssize_t got =
			(uintptr_t)at == at ? process_vm_readv(p->pid, &to, 1, &from, 1, 0) : 0;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return why_not(p, got < 0 ? errno : 0, at, e);
		done += (size_t)got;
	}
	return gone(p) ? why_not(p, ESRCH, addr, e) : DMV_E_OK;
}

static void pid_close(struct dmv_mem *m)
{
	struct pid_mem *p = (struct pid_mem *)m;

	if (p->pidfd >= 0)
		close(p->pidfd);
	dmv_maps_deinit(&p->maps);
	dmv_mem_base_deinit(m);
	free(p);
}

static const struct dmv_mem_ops pid_ops = {
	.format = "running process",
	.read = pid_read,
	.close = pid_close,
};

static bool parse_maps(struct dmv_maps *maps, FILE *f)
{
	size_t cap = 0;
	char *line = NULL;
	bool ok = true;

	while (ok && getline(&line, &cap, f) >= 0)
		ok = dmv_maps_line(maps, line);
	free(line);
	return ok;
}

static enum dmv_code read_maps(struct pid_mem *p, struct dmv_err *e)
{
	FILE *f = open_proc(p->pid, "smaps");
	int errnum;
	bool ok;

	if (!f && errno == ENOENT)      /* a kernel without smaps */
		f = open_proc(p->pid, "maps");
	if (!f) {
		if (errno == ENOENT || errno == ESRCH)
			return dmv_fail(e, DMV_E_SYSTEM, "there is no process %d", (int)p->pid);
		if (errno == EACCES || errno == EPERM)
			return refused(p->pid, e);
		return dmv_fail(e, DMV_E_SYSTEM, "/proc/%d/maps: %s", (int)p->pid, strerror(errno));
	}
	errno = 0;
	ok = parse_maps(&p->maps, f);
	errnum = ferror(f) ? errno : 0;
	fclose(f);
	if (errnum == EACCES || errnum == EPERM)
		return refused(p->pid, e);
	if (errnum == ESRCH || gone(p))
		return dmv_fail(e, DMV_E_SYSTEM, "process %d is gone", (int)p->pid);
	if (!ok)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory for the mappings of process %d",
				(int)p->pid);
	if (!p->maps.nrange)
		return dmv_fail(
			e, DMV_E_SYSTEM,
			"process %d has no memory: a kernel thread, or dead and not yet waited for",
			(int)p->pid);
	return DMV_E_OK;
}

/* The path if it still leads to the file that runs, else the link of /proc, which always does. */
static void find_executable(struct pid_mem *p)
{
	char exe[64], path[4096];
	struct stat a, b;
	ssize_t n;

	snprintf(exe, sizeof(exe), "/proc/%d/exe", (int)p->pid);
	n = readlink(exe, path, sizeof(path) - 1);
	if (n <= 0)
		return;
	path[n] = 0;
	if (!stat(exe, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
		p->m.executable = strdup(path);
		return;
	}
	dmv_mem_note(&p->m, "its program %s was replaced, deleted, or is in another file system",
		     path);
	p->m.executable = strdup(exe);
}

static void read_elf_header(struct pid_mem *p)
{
	uint8_t h[20];
	FILE *f = open_proc(p->pid, "exe");

	if (f && fread(h, sizeof(h), 1, f) == 1 && !memcmp(h, ELFMAG, SELFMAG)) {
		p->m.big_endian = h[EI_DATA] == ELFDATA2MSB;
		p->m.bits = h[EI_CLASS] == ELFCLASS32 ? 32 : 64;
		p->m.machine = (uint32_t)dmv_get(h + 18, 2, p->m.big_endian);
	}
	if (f)
		fclose(f);
}

/* Permission to see the maps is not yet permission to read. */
static enum dmv_code try_read(struct pid_mem *p, struct dmv_err *e)
{
	uint8_t b;
	enum dmv_code code = pid_read(&p->m, DMV_VIRT, p->maps.range[0].start, &b, 1, e);

	return code == DMV_E_ABSENT ? DMV_E_OK : code;
}

static enum dmv_code set_up(struct pid_mem *p, struct dmv_err *e)
{
	enum dmv_code code = read_maps(p, e);

	if (!code)
		code = try_read(p, e);
	if (code)
		return code;
	dmv_maps_give(&p->maps, &p->m);
	find_executable(p);
	read_elf_header(p);
	return DMV_E_OK;
}

static enum dmv_code parse_pid(const char *target, pid_t *ret, struct dmv_err *e)
{
	char *end;
	long v;

	if (strncmp(target, "pid:", 4))
		return dmv_fail(e, DMV_E_NOTFOUND, "not a process");
	errno = 0;
	v = strtol(target + 4, &end, 10);
	if (!isdigit((unsigned char)target[4]) || *end || errno || v <= 0 || v > INT32_MAX)
		return dmv_fail(e, DMV_E_USAGE,
				"%s: a decimal process number is expected after pid:", target);
	*ret = (pid_t)v;
	return DMV_E_OK;
}

enum dmv_code dmv_mem_open_pid(const char *target, const struct dmv_mem_opts *o,
			       struct dmv_mem **ret, struct dmv_err *e)
{
	struct pid_mem *p;
	enum dmv_code code;
	pid_t pid = 0;

	(void)o;
	code = parse_pid(target, &pid, e);
	if (code)
		return code;
	p = calloc(1, sizeof(*p));
	if (!p)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	p->m.ops = &pid_ops;
	p->m.live = true;
	p->pid = pid;
	p->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	code = set_up(p, e);
	if (code) {
		pid_close(&p->m);
		return code;
	}
	*ret = &p->m;
	return DMV_E_OK;
}
