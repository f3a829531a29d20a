/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * seccomp decides by system call: a list of those that reading, decompressing and printing need;
 * what is dangerous fails with EPERM and a word on stderr, anything else with ENOSYS, on which libc
 * falls back to older calls. Landlock decides by path, which seccomp cannot see.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

#include "sandbox.h"

/* LeakSanitizer ends by ptrace, which no sandbox allows. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ---- seccomp ---- */

#ifdef HAVE_SECCOMP

static void put(const char *s)
{
	ssize_t n = write(STDERR_FILENO, s, strlen(s));

	(void)n;
}

/* Where the kernel looks for the result of the call that was caught. */
#if defined(__x86_64__)
#define RESULT(uc) ((uc)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__)
#define RESULT(uc) ((uc)->uc_mcontext.regs[0])
#endif

#ifdef RESULT

static const struct refused {
	int call;
	const char *what;
} refusals[] = {
	{ SCMP_SYS(execve), "start a program" },
	{ SCMP_SYS(execveat), "start a program" },
	{ SCMP_SYS(socket), "open a connection" },
	{ SCMP_SYS(connect), "open a connection" },
	{ SCMP_SYS(bind), "open a connection" },
	{ SCMP_SYS(open), "open a file for writing" },
	{ SCMP_SYS(openat), "open a file for writing" },
	{ SCMP_SYS(creat), "open a file for writing" },
	{ SCMP_SYS(ptrace), "control another process" },
	{ SCMP_SYS(process_vm_readv), "read another process" },
	{ SCMP_SYS(process_vm_writev), "write to another process" },
	{ SCMP_SYS(unlink), "remove a file" },
	{ SCMP_SYS(unlinkat), "remove a file" },
	{ SCMP_SYS(rename), "rename a file" },
	{ SCMP_SYS(renameat), "rename a file" },
	{ SCMP_SYS(renameat2), "rename a file" },
	{ SCMP_SYS(mprotect), "run code from memory" },
	{ SCMP_SYS(mmap), "run code from memory" },
	{ SCMP_SYS(clone), "make a namespace" },
};

/* The call fails, the program goes on: silence, or death, would not tell what to do. */
static void on_refusal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	int saved = errno;

	(void)sig;
	put("dma-inspect: the sandbox refused to ");
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].call == info->si_syscall) {
			put(refusals[i].what);
			break;
		}
	put(" (if it must be: --no-sandbox)\n");
	RESULT(uc) = -EPERM;
	errno = saved;
}

static uint32_t refuse(void)
{
	struct sigaction sa = { .sa_sigaction = on_refusal, .sa_flags = SA_SIGINFO | SA_NODEFER };

	return sigaction(SIGSYS, &sa, NULL) ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_TRAP;
}

#else

static uint32_t refuse(void)
{
	return SCMP_ACT_ERRNO(EPERM);
}

#endif

/* Whatever their arguments. */
static const int allowed[] = {
	/* files that are open, and looking at names */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(write),
	SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(close),
	SCMP_SYS(close_range), SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(stat), SCMP_SYS(lstat),
	SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx), SCMP_SYS(fstatfs),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(fcntl),
	SCMP_SYS(fcntl64), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe),
	SCMP_SYS(pipe2), SCMP_SYS(fadvise64), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select),
	SCMP_SYS(pselect6), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mlock),
	SCMP_SYS(munlock), SCMP_SYS(mincore), SCMP_SYS(membarrier),
	/* threads, children, time, limits of this process */
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(set_tid_address), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_setaffinity), SCMP_SYS(getcpu), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getpgrp),
	SCMP_SYS(getpgid), SCMP_SYS(setpgid), SCMP_SYS(setsid), SCMP_SYS(prctl),
	SCMP_SYS(getrlimit), SCMP_SYS(setrlimit), SCMP_SYS(getrusage),
	SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(getrandom), SCMP_SYS(times),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(alarm),
	SCMP_SYS(setitimer), SCMP_SYS(getitimer), SCMP_SYS(arch_prctl), SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigreturn), SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(rt_sigsuspend), SCMP_SYS(sigaltstack),
	/* a connection that is open, and the line to a child */
	SCMP_SYS(recvfrom), SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
	/* the second wall */
	SCMP_SYS(landlock_create_ruleset), SCMP_SYS(landlock_add_rule),
	SCMP_SYS(landlock_restrict_self),
};

/* With these arguments only: (argument & mask) == value. */
static const struct masked {
	int call;
	unsigned arg;
	uint64_t mask, value;
} masked[] = {
	{ SCMP_SYS(open), 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY },
	{ SCMP_SYS(openat), 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY },
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(clone), 0, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
			      CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP, 0 },
	{ SCMP_SYS(prlimit64), 0, UINT64_MAX, 0 },      /* of this process */
	/* no datagrams, no address: those go to whoever listens */
	{ SCMP_SYS(socketpair), 1, 0xf, SOCK_STREAM },
	{ SCMP_SYS(socketpair), 1, 0xf, SOCK_SEQPACKET },
	{ SCMP_SYS(sendto), 4, UINT64_MAX, 0 },
	/* what isatty and the width of a terminal are asked by; not TIOCSTI, which types */
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS },
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCGWINSZ },
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCGPGRP },
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, FIONREAD },
};

static bool add_masked(scmp_filter_ctx ctx, const struct masked *m)
{
	const struct scmp_arg_cmp cmp = SCMP_CMP(m->arg, SCMP_CMP_MASKED_EQ, m->mask, m->value);

	return !seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, m->call, 1, &cmp);
}

/* The opposite of the masked ones: those calls otherwise. */
static bool add_refusals(scmp_filter_ctx ctx, const struct dmv_sandbox *s)
{
	static const int always[] = {
		SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(socket), SCMP_SYS(connect),
		SCMP_SYS(bind), SCMP_SYS(ptrace), SCMP_SYS(process_vm_writev), SCMP_SYS(rename),
		SCMP_SYS(renameat), SCMP_SYS(renameat2),
	};
	static const int to_names[] = { SCMP_SYS(unlink), SCMP_SYS(unlinkat) };
	uint32_t act = refuse();
	bool ok = true;

	for (size_t i = 0; ok && i < sizeof(always) / sizeof(always[0]); i++)
		ok = !seccomp_rule_add(ctx, act, always[i], 0);
	for (size_t i = 0; ok && !s->nwrite && i < sizeof(to_names) / sizeof(to_names[0]); i++)
		ok = !seccomp_rule_add(ctx, act, to_names[i], 0);
	for (unsigned flag = 1; ok && flag <= O_TRUNC && !s->nwrite; flag <<= 1) {
		if (!(flag & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)))
			continue;
		ok = !seccomp_rule_add(ctx, act, SCMP_SYS(open), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, flag, flag)) &&
		     !seccomp_rule_add(ctx, act, SCMP_SYS(openat), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, flag, flag));
	}
	if (ok)
		ok = !seccomp_rule_add(ctx, act, SCMP_SYS(mmap), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC)) &&
		     !seccomp_rule_add(ctx, act, SCMP_SYS(mprotect), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	if (ok && !s->process)
		ok = !seccomp_rule_add(ctx, act, SCMP_SYS(process_vm_readv), 0);
	return ok;
}

/* Signals to children of ours, to whom Landlock keeps them; where it has to stay out, to none. */
static bool add_process(scmp_filter_ctx ctx, const struct dmv_sandbox *s)
{
	if (!s->process)
		return !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(kill), 0) &&
		       !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 0);
	return !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)) &&
	       !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(pidfd_open), 1,
				 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)s->process, 0)) &&
	       !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(process_vm_readv), 1,
				 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)s->process, 0)) &&
	       !seccomp_rule_add(ctx, refuse(), SCMP_SYS(process_vm_readv), 1,
				 SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)s->process, 0));
}

static bool add_rules(scmp_filter_ctx ctx, const struct dmv_sandbox *s)
{
	bool ok = true;

	/* A call this machine does not have is no failure: libseccomp leaves it out. */
	for (size_t i = 0; ok && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		ok = !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; ok && i < sizeof(masked) / sizeof(masked[0]); i++)
		ok = add_masked(ctx, &masked[i]);
	if (ok)
		ok = add_process(ctx, s);
	/* Which files, Landlock decides; one that could not be finished is removed again. */
	if (ok && s->nwrite)
		ok = !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(open), 0) &&
		     !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 0) &&
		     !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(unlink), 0) &&
		     !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(unlinkat), 0);
	return ok && add_refusals(ctx, s);
}

static bool enter_calls(const struct dmv_sandbox *s, char *why, size_t size)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int rc = -ENOMEM;

	if (ctx && add_rules(ctx, s))
		rc = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	if (rc)
		snprintf(why, size, "no seccomp: %s", strerror(-rc));
	return !rc;
}

#else

static bool enter_calls(const struct dmv_sandbox *s, char *why, size_t size)
{
	(void)s;
	snprintf(why, size, "built without libseccomp");
	return false;
}

#endif

/* ---- Landlock ---- */

/* As of Linux 6.12; the header of an older one lacks the newer. */
#define FS_EXECUTE (1ull << 0)
#define FS_WRITE_FILE (1ull << 1)
#define FS_READ_FILE (1ull << 2)
#define FS_READ_DIR (1ull << 3)
#define FS_REMOVE_FILE (1ull << 5)
#define FS_MAKE_REG (1ull << 8)
#define FS_TRUNCATE (1ull << 14)
#define FS_ALL(abi) \
	((abi) < 2 ? 0x1fffull : (abi) < 3 ? 0x3fffull : (abi) < 5 ? 0x7fffull : 0xffffull)
#define NET_TCP 3ull                    /* bind, connect */
#define SCOPE_ALL 3ull                  /* abstract unix sockets, signals */

struct ruleset {
	uint64_t fs, net, scoped;
};

static long abi(void)
{
	return SANITIZED ? 0 : syscall(SYS_landlock_create_ruleset, NULL, 0,
				       LANDLOCK_CREATE_RULESET_VERSION);
}

static int create(const struct ruleset *r, long version)
{
	size_t size = version < 4 ? 8 : version < 6 ? 16 : 24;

	return (int)syscall(SYS_landlock_create_ruleset, r, size, 0);
}

/* A path that is not there, or is a pipe, needs no rule: it cannot be opened anew anyway. */
static void permit(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr a = { .allowed_access = access };

	a.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (a.parent_fd < 0)
		return;
	/* Rights of directories are refused for a file. */
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &a, 0)) {
		a.allowed_access &= ~(FS_READ_DIR | FS_MAKE_REG | FS_REMOVE_FILE);
		syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &a, 0);
	}
	close(a.parent_fd);
}

static void permit_writes(int ruleset, const struct dmv_sandbox *s, uint64_t handled)
{
	for (size_t i = 0; i < s->nwrite; i++)
		permit(ruleset, s->write[i],
		       handled & (FS_WRITE_FILE | FS_MAKE_REG | FS_REMOVE_FILE | FS_TRUNCATE |
				  FS_READ_FILE | FS_READ_DIR));
}

static bool restrict_self(int ruleset)
{
	bool ok = !syscall(SYS_landlock_restrict_self, ruleset, 0);

	close(ruleset);
	return ok;
}

/* Everything may be read, nothing else is left. */
static bool enter_files(const struct dmv_sandbox *s, char *why, size_t size)
{
	const uint64_t reads = FS_READ_FILE | FS_READ_DIR;
	long version = abi();
	struct ruleset r = { .fs = FS_ALL(version) & ~reads };
	int fd = -1;

	if (version >= 4)
		r.net = NET_TCP;
	if (version >= 6)
		r.scoped = SCOPE_ALL;
	if (version > 0)
		fd = create(&r, version);
	if (fd >= 0) {
		permit_writes(fd, s, r.fs);
		if (restrict_self(fd))
			return true;
	}
	if (!why[0])
		snprintf(why, size, "no Landlock: %s", strerror(errno));
	return false;
}

bool dmv_sandbox_read_only(const struct dmv_sandbox *s, const char *const *path, size_t n)
{
	long version = s->process ? 0 : abi();
	/* No scopes here: children of the time before must still be reached by a signal. */
	struct ruleset r = { .fs = FS_READ_FILE | FS_READ_DIR };
	int fd = version > 0 ? create(&r, version) : -1;

	if (fd < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		permit(fd, path[i], r.fs);
	permit_writes(fd, s, r.fs);
	return restrict_self(fd);
}

void dmv_sandbox_enter(const struct dmv_sandbox *s, struct dmv_sandbox_state *ret)
{
	*ret = (struct dmv_sandbox_state){ .why = "" };
	if (SANITIZED) {
		snprintf(ret->why, sizeof(ret->why), "a sanitizer needs what it would refuse");
		return;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		snprintf(ret->why, sizeof(ret->why), "no_new_privs: %s", strerror(errno));
		return;
	}
	ret->files = !s->process && enter_files(s, ret->why, sizeof(ret->why));
	ret->calls = enter_calls(s, ret->why, sizeof(ret->why));
}
