/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Every format that libkdumpfile knows and we do not, through that library in a child process:
 * damaged files make it fall (SIGBUS, SIGSEGV, abort) or never return, and neither must happen to
 * us or to the debugger we sit in.
 *
 *   we <-- socket: ask, answer; shared memory: bytes --> worker, forked from --> keeper
 *
 * The keeper opens the dump once and forks a worker, which answers. When the worker dies, the
 * keeper says by which signal and forks the next one from its own untouched state: a bad page costs
 * one fork. Both end when our end of the socket closes; alarm() ends a worker that hangs even when
 * we are gone. What comes back is checked like any other input.
 *
 * Only physical reads are asked for, as KDUMP_MACHPHYSADDR: that needs no translation set up, and
 * the library's look-up by virtual address takes wrong bytes from some files without an error.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libkdumpfile/kdumpfile.h>

#include "mem_int.h"

enum {
	DATA_BYTES = 256 << 10,
	OPEN_SECONDS = 30,
	ASK_SECONDS = 20,
	GRACE_SECONDS = 5,              /* we wait so much longer than the child's own alarm */
	MAX_DEATHS = 4096,
	MAX_STARTS = 4,
	MAX_RANGES = 1 << 20,
	EXTRA_MEMORY_GIB = 4,
	EXIT_BY_SIGNAL = 64,            /* plus the signal: exit status instead of a core file */
	PAGE_BYTES = 4096,              /* of our cache, whatever the machine's are */
	CACHE_PAGES = 64,
};

enum op { OP_READ = 1, OP_RANGES, OP_VMCOREINFO };
enum outcome { DONE, ABSENT, DAMAGED, NOT_MINE, DIED };

struct ask {
	uint32_t op, n;
	uint64_t at;                    /* address, or first page of the ranges */
};

struct answer {
	uint32_t outcome;
	int32_t sig;                    /* DIED: by this */
	uint32_t n;                     /* ranges, bytes of text */
	uint32_t more;
	uint64_t next;                  /* OP_RANGES: where to go on */
	char text[160];
};

/* What the keeper found when it opened the dump. */
struct info {
	uint64_t page;
	uint64_t ptr_bytes;
	uint32_t order_known, big_endian;
	char arch[16], format[64];
};

struct shared {
	volatile uint64_t done;         /* good bytes so far: still true after a death */
	struct info info;
	_Alignas(4096) uint8_t data[DATA_BYTES];
};

/* ------------------------------------------------------------------ the child's side */

struct child {
	int sock, dump;
	struct shared *sh;
	const char *arch;               /* from the header, for dumps whose uts name is incomplete */
	kdump_ctx_t *ctx;
};

static void on_fault(int sig)
{
	_exit(EXIT_BY_SIGNAL + sig);
}

/* The host may be a debugger with handlers, blocked signals and open files of its own. */
static void reset_signals(void)
{
	static const int fault[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGSYS };
	static const int plain[] = { SIGALRM, SIGTERM, SIGCHLD, SIGHUP };
	static const int ignored[] = { SIGINT, SIGQUIT, SIGPIPE, SIGTSTP };
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK | SA_NODEFER };
	stack_t alt = { .ss_size = 64 << 10 };
	sigset_t none;

	alt.ss_sp = malloc(alt.ss_size);
	if (alt.ss_sp)
		sigaltstack(&alt, NULL);
	for (size_t i = 0; i < sizeof(fault) / sizeof(fault[0]); i++)
		sigaction(fault[i], &sa, NULL);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		signal(plain[i], SIG_DFL);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_all_but(int a, int b)
{
	int lo = a < b ? a : b, hi = a < b ? b : a;
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		if (fd != lo && fd != hi)
			dup2(null, fd);
	if (lo > 3)
		close_range(3, (unsigned)lo - 1, 0);
	if (hi > lo + 1)
		close_range((unsigned)(lo < 3 ? 3 : lo + 1), (unsigned)hi - 1, 0);
	close_range((unsigned)(hi < 3 ? 3 : hi + 1), ~0U, 0);
}

/* Relative to what is mapped already: a sanitizer's shadow is part of that. */
static void limit_memory(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	struct rlimit rl;

	if (f && fscanf(f, "%lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	if (!pages || getrlimit(RLIMIT_AS, &rl))
		return;
	pages += (unsigned long)EXTRA_MEMORY_GIB << 30 >> 12;
	if (rl.rlim_cur == RLIM_INFINITY || rl.rlim_cur > (rlim_t)pages << 12) {
		rl.rlim_cur = (rlim_t)pages << 12;
		setrlimit(RLIMIT_AS, &rl);
	}
}

static bool say(const struct child *c, const struct answer *a)
{
	return send(c->sock, a, sizeof(*a), MSG_NOSIGNAL) == sizeof(*a);
}

static void put_text(struct answer *a, const char *text)
{
	snprintf(a->text, sizeof(a->text), "%s", text ? text : "no reason given");
}

static void copy_attr(kdump_ctx_t *ctx, const char *key, char *to, size_t n)
{
	const char *s;

	if (kdump_get_string_attr(ctx, key, &s) == KDUMP_OK && s)
		snprintf(to, n, "%s", s);
}

static void gather(struct child *c)
{
	struct info *info = &c->sh->info;
	kdump_num_t v;

	copy_attr(c->ctx, KDUMP_ATTR_FILE_FORMAT, info->format, sizeof(info->format));
	copy_attr(c->ctx, KDUMP_ATTR_ARCH_NAME, info->arch, sizeof(info->arch));
	if (!info->arch[0] && c->arch[0] &&
	    kdump_set_string_attr(c->ctx, KDUMP_ATTR_ARCH_NAME, c->arch) == KDUMP_OK)
		snprintf(info->arch, sizeof(info->arch), "%s", c->arch);
	if (kdump_get_number_attr(c->ctx, KDUMP_ATTR_PAGE_SIZE, &v) == KDUMP_OK)
		info->page = v;
	if (kdump_get_number_attr(c->ctx, KDUMP_ATTR_PTR_SIZE, &v) == KDUMP_OK)
		info->ptr_bytes = v;
	if (kdump_get_number_attr(c->ctx, KDUMP_ATTR_BYTE_ORDER, &v) == KDUMP_OK) {
		info->order_known = 1;
		info->big_endian = v == KDUMP_BIG_ENDIAN;
	}
}

/* The context is never freed: after a failed open kdump_free() falls. */
static bool open_dump(struct child *c)
{
	struct answer a = { .outcome = DONE };
	kdump_status st;

	alarm(OPEN_SECONDS);
	c->ctx = kdump_new();
	if (!c->ctx) {
		a.outcome = DAMAGED;
		put_text(&a, "out of memory");
		say(c, &a);
		return false;
	}
	st = kdump_open_fd(c->ctx, c->dump);
	if (st == KDUMP_OK) {
		gather(c);
	} else {
		a.outcome = st == KDUMP_ERR_NOTIMPL ? NOT_MINE : DAMAGED;
		put_text(&a, kdump_get_err(c->ctx));
	}
	alarm(0);
	return say(c, &a) && st == KDUMP_OK;
}

static void do_read(struct child *c, const struct ask *q, struct answer *a)
{
	uint64_t page = c->sh->info.page ? c->sh->info.page : 4096;
	uint32_t n = q->n < DATA_BYTES ? q->n : DATA_BYTES;
	uint64_t done = 0;

	while (done < n) {
		uint64_t at = q->at + done;
		size_t len = page - at % page < n - done ? page - at % page : n - done;
		kdump_status st = kdump_read(c->ctx, KDUMP_MACHPHYSADDR, at, c->sh->data + done, &len);

		if (st != KDUMP_OK) {
			a->outcome = st == KDUMP_ERR_NODATA ? ABSENT : DAMAGED;
			put_text(a, kdump_get_err(c->ctx));
			return;
		}
		done += len;
		c->sh->done = done;
	}
}

static kdump_bmp_t *pagemap(struct child *c)
{
	static const char *const keys[] = { KDUMP_ATTR_FILE_PAGEMAP, KDUMP_ATTR_MEMORY_PAGEMAP };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		kdump_attr_t v = { .type = KDUMP_BITMAP };

		if (kdump_get_typed_attr(c->ctx, keys[i], &v) == KDUMP_OK)
			return v.val.bitmap;
	}
	return NULL;
}

static void do_ranges(struct child *c, const struct ask *q, struct answer *a)
{
	struct dmv_range *r = (struct dmv_range *)c->sh->data;
	uint64_t page = c->sh->info.page ? c->sh->info.page : 4096;
	kdump_bmp_t *bmp = pagemap(c);
	kdump_addr_t first = q->at, last;

	if (!bmp) {
		a->outcome = ABSENT;
		put_text(a, "no map of its pages");
		return;
	}
	while (a->n < DATA_BYTES / sizeof(*r)) {
		if (kdump_bmp_find_set(bmp, &first) != KDUMP_OK)
			return;
		last = first;
		if (kdump_bmp_find_clear(bmp, &last) != KDUMP_OK || last <= first)
			last = first + 1;
		if (last > UINT64_MAX / page)
			return;
		r[a->n++] = (struct dmv_range){ first * page, last * page };
		first = last;
	}
	a->more = 1;
	a->next = first;
}

/* kdump_vmcoreinfo_raw() wants the OS type set first, and setting it starts a translation that fails
 * on many dumps; the attribute is there at once. */
static void do_vmcoreinfo(struct child *c, const struct ask *q, struct answer *a)
{
	kdump_attr_t v = { .type = KDUMP_BLOB };
	size_t n;
	void *raw;

	(void)q;
	if (kdump_get_typed_attr(c->ctx, "linux.vmcoreinfo.raw", &v) != KDUMP_OK) {
		a->outcome = ABSENT;
		return;
	}
	raw = kdump_blob_pin(v.val.blob);
	n = kdump_blob_size(v.val.blob);
	if (n > DATA_BYTES)
		n = DATA_BYTES;
	if (raw)
		memcpy(c->sh->data, raw, n);
	a->n = raw ? (uint32_t)n : 0;
	kdump_blob_unpin(v.val.blob);
}

static void serve(struct child *c)
{
	static void (*const doers[])(struct child *, const struct ask *, struct answer *) = {
		[OP_READ] = do_read,
		[OP_RANGES] = do_ranges,
		[OP_VMCOREINFO] = do_vmcoreinfo,
	};
	struct ask q;

	while (recv(c->sock, &q, sizeof(q), 0) == sizeof(q)) {
		struct answer a = { .outcome = DONE };

		alarm(ASK_SECONDS);
		if (q.op && q.op < sizeof(doers) / sizeof(doers[0]))
			doers[q.op](c, &q, &a);
		alarm(0);
		if (!say(c, &a))
			return;
	}
}

static int signal_of(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	return WEXITSTATUS(status) > EXIT_BY_SIGNAL ? WEXITSTATUS(status) - EXIT_BY_SIGNAL : 0;
}

/* Forks one worker after the other until one ends in peace. */
static void keep(struct child *c)
{
	for (;;) {
		struct answer a = { .outcome = DIED };
		pid_t pid = fork();
		int status;

		if (pid < 0)
			return;
		if (!pid) {
			serve(c);
			_exit(0);
		}
		while (waitpid(pid, &status, 0) < 0)
			if (errno != EINTR)
				return;
		a.sig = signal_of(status);
		if (!a.sig || !say(c, &a))
			return;
	}
}

static void child_main(struct child *c)
{
	setpgid(0, 0);
	reset_signals();
	prctl(PR_SET_DUMPABLE, 0);      /* no core files of ours, wherever core_pattern sends them */
	close_all_but(c->sock, c->dump);
	limit_memory();
	if (open_dump(c))
		keep(c);
	_exit(0);
}

/* ------------------------------------------------------------------ our side */

struct page {
	uint64_t start;
	bool valid;
	uint8_t data[PAGE_BYTES];
};

struct kdump {
	struct dmv_mem m;
	struct dmv_file *f;
	struct dmv_kdump_cut *cut;      /* NULL: not a kdump file, or no telling */
	struct shared *sh;
	int sock;                       /* -1: no child */
	pid_t keeper;
	unsigned deaths, starts;
	int last_signal;
	bool known;                     /* by its first bytes */
	char arch[16], format[96];
	struct dmv_mem_ops ops;         /* its format names the library's */
	struct page cache[CACHE_PAGES];
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* True when the socket has something to say; signals of the host only make us look again. */
static bool wait_readable(int sock, unsigned seconds)
{
	uint64_t end = now_ms() + seconds * 1000ULL;
	struct pollfd fd = { .fd = sock, .events = POLLIN };

	for (;;) {
		uint64_t now = now_ms();
		int n = poll(&fd, 1, now < end ? (int)(end - now) : 0);

		if (n > 0)
			return true;
		if (n == 0 || errno != EINTR)
			return false;
	}
}

/* Ends the child; `gently` lets the worker leave first, so that nobody is orphaned. Returns the
 * keeper's signal, 0 if it left by itself. */
static int stop(struct kdump *k, bool gently)
{
	struct answer a;
	int status = 0;

	if (k->sock < 0)
		return 0;
	shutdown(k->sock, SHUT_WR);
	if (!gently || !wait_readable(k->sock, 1) || recv(k->sock, &a, sizeof(a), MSG_DONTWAIT) > 0)
		kill(-k->keeper, SIGKILL);
	close(k->sock);
	k->sock = -1;
	while (waitpid(k->keeper, &status, 0) < 0)
		if (errno != EINTR)
			return 0;       /* the host reaps children itself */
	return signal_of(status);
}

static void death(int sig, int seconds, char *to, size_t n)
{
	if (sig == SIGALRM)
		snprintf(to, n, "hung for %d s", seconds);
	else if (sig)
		snprintf(to, n, "died by signal %d (%s)", sig, strsignal(sig));
	else
		snprintf(to, n, "ended without an answer");
}

static enum dmv_code died(struct kdump *k, int sig, uint64_t addr, struct dmv_err *e)
{
	char how[64];

	k->deaths++;
	k->last_signal = sig;
	death(sig, ASK_SECONDS, how, sizeof(how));
	return dmv_fail_at(e, DMV_E_CORRUPT, addr, "libkdumpfile %s while reading 0x%" PRIx64, how, addr);
}

static enum dmv_code spawn(struct kdump *k, struct dmv_err *e)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv))
		return dmv_fail(e, DMV_E_SYSTEM, "cannot make a socket pair: %s", strerror(errno));
	k->starts++;
	k->keeper = fork();
	if (!k->keeper) {
		struct child c = { .sock = sv[1], .dump = dmv_file_fd(k->f), .sh = k->sh, .arch = k->arch };

		child_main(&c);
	}
	close(sv[1]);
	if (k->keeper < 0) {
		close(sv[0]);
		return dmv_fail(e, DMV_E_SYSTEM, "cannot fork: %s", strerror(errno));
	}
	setpgid(k->keeper, k->keeper);  /* here too: whoever comes first */
	k->sock = sv[0];
	return DMV_E_OK;
}

static void clean(char *s, size_t n)
{
	s[n - 1] = 0;
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

/* Whatever the answer to our question is; false: no child is left, *sig says how it ended (0: it
 * was silent and we ended it, or nobody knows). */
static bool hear(struct kdump *k, unsigned seconds, struct answer *a, int *sig)
{
	bool silent = !wait_readable(k->sock, seconds + GRACE_SECONDS);

	if (!silent && recv(k->sock, a, sizeof(*a), MSG_DONTWAIT) == sizeof(*a)) {
		clean(a->text, sizeof(a->text));
		return true;
	}
	*sig = stop(k, !silent);
	if (silent)
		*sig = SIGALRM;
	return false;
}

static enum dmv_code start(struct kdump *k, struct dmv_err *e)
{
	/* A file nobody knows by its first bytes was only a try. */
	enum dmv_code bad = k->known ? DMV_E_CORRUPT : DMV_E_NOTFOUND;
	enum dmv_code code = spawn(k, e);
	struct answer a;
	char how[64];
	int sig = 0;

	if (code)
		return code;
	if (!hear(k, OPEN_SECONDS, &a, &sig)) {
		death(sig, OPEN_SECONDS, how, sizeof(how));
		return dmv_fail(e, bad, "libkdumpfile %s while opening it", how);
	}
	if (a.outcome == DONE)
		return DMV_E_OK;
	stop(k, true);
	return dmv_fail(e, bad, "libkdumpfile: %s", a.text);
}

/* First byte of a read of n at addr that did not come; the child's word for it is held in bounds. */
static uint64_t first_bad(const struct kdump *k, uint64_t addr, size_t n)
{
	uint64_t done = k->sh->done;

	return addr + (done < n ? done : 0);
}

/* One question and its answer; addr is for messages. */
static enum dmv_code ask(struct kdump *k, enum op op, uint64_t at, size_t n, uint64_t addr,
			 struct answer *a, struct dmv_err *e)
{
	struct ask q = { .op = op, .n = (uint32_t)n, .at = at };
	int sig = 0;

	if (k->deaths >= MAX_DEATHS || (k->sock < 0 && k->starts >= MAX_STARTS))
		return dmv_fail_at(e, DMV_E_CORRUPT, addr,
				   "libkdumpfile died %u times (last by signal %d) and is not asked again for 0x%" PRIx64,
				   k->deaths, k->last_signal, addr);
	if (k->sock < 0) {
		enum dmv_code code = start(k, e);

		if (code)
			return code;
	}
	k->sh->done = 0;
	if (send(k->sock, &q, sizeof(q), MSG_NOSIGNAL) != sizeof(q))
		return died(k, stop(k, true), addr, e);
	if (!hear(k, ASK_SECONDS, a, &sig))
		return died(k, sig, first_bad(k, addr, n), e);
	if (a->outcome == DIED)
		return died(k, a->sig, first_bad(k, addr, n), e);
	return DMV_E_OK;
}

static enum dmv_code read_some(struct kdump *k, uint64_t addr, void *buf, size_t n, struct dmv_err *e)
{
	enum dmv_code code;
	struct answer a;
	uint64_t bad;

	if (k->cut && dmv_kdump_cut_find(k->cut, addr, n, &bad))
		return dmv_fail_at(e, DMV_E_ABSENT, bad,
				   "physical address 0x%" PRIx64 " lies beyond the end of the file at 0x%" PRIx64, bad,
				   dmv_file_size(k->f));
	code = ask(k, OP_READ, addr, n, addr, &a, e);
	if (code)
		return code;
	if (a.outcome == DONE) {
		memcpy(buf, k->sh->data, n);
		return DMV_E_OK;
	}
	bad = first_bad(k, addr, n);
	if (a.outcome == ABSENT)
		return dmv_fail_at(e, DMV_E_ABSENT, bad,
				   "physical address 0x%" PRIx64 " is not in the dump (libkdumpfile: %s)", bad, a.text);
	return dmv_fail_at(e, DMV_E_CORRUPT, bad, "physical address 0x%" PRIx64 ": libkdumpfile: %s", bad,
			   a.text);
}

/* The page that holds addr, for small reads: a question costs two changes of process. */
static const struct page *cached_page(struct kdump *k, uint64_t addr)
{
	uint64_t start = addr & ~(uint64_t)(PAGE_BYTES - 1);
	struct page *p = &k->cache[start / PAGE_BYTES % CACHE_PAGES];

	if (p->valid && p->start == start)
		return p;
	p->valid = !read_some(k, start, p->data, PAGE_BYTES, NULL);
	p->start = start;
	return p->valid ? p : NULL;
}

static enum dmv_code read_part(struct kdump *k, uint64_t addr, void *buf, size_t n, struct dmv_err *e)
{
	const struct page *p = n <= PAGE_BYTES - addr % PAGE_BYTES ? cached_page(k, addr) : NULL;

	if (!p)
		return read_some(k, addr, buf, n, e);
	memcpy(buf, p->data + addr % PAGE_BYTES, n);
	return DMV_E_OK;
}

static enum dmv_code kd_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf, size_t n,
			     struct dmv_err *e)
{
	struct kdump *k = (struct kdump *)m;
	size_t part;

	if (s != DMV_PHYS)
		return dmv_fail_at(e, DMV_E_ABSENT, addr, "this dump has no virtual addresses (asked for 0x%"
				   PRIx64 ")", addr);
	for (size_t done = 0; done < n; done += part) {
		enum dmv_code code;

		part = n - done < DATA_BYTES ? n - done : DATA_BYTES;
		code = read_part(k, addr + done, (uint8_t *)buf + done, part, e);
		if (code)
			return code;
	}
	return DMV_E_OK;
}

static void kd_close(struct dmv_mem *m)
{
	struct kdump *k = (struct kdump *)m;

	stop(k, true);
	if (k->sh)
		munmap(k->sh, sizeof(*k->sh));
	dmv_kdump_cut_free(k->cut);
	dmv_file_close(k->f);
	dmv_mem_base_deinit(m);
	free(k);
}

static const struct dmv_mem_ops kdump_ops = {
	.format = "vmcore (through libkdumpfile)",
	.read = kd_read,
	.close = kd_close,
};

/* First bytes of the formats that have some; the library also knows others, without. */
static const struct signature {
	const char *bytes;
	size_t n;
	const char *what;
} signatures[] = {
	{ "KDUMP   ", 8, "kdump-compressed vmcore (through libkdumpfile)" },
	{ "DISKDUMP", 8, "diskdump vmcore (through libkdumpfile)" },
	{ "\xed\x23\x8f\x61\x73\x01\x19\xa8", 8, "LKCD vmcore (through libkdumpfile)" },
	{ "\xa8\x19\x01\x73\x61\x8f\x23\xed", 8, "LKCD vmcore (through libkdumpfile)" },
	{ "\xa8\x19\x01\x73\x61\x8f\x23\xfd", 8, "s390 dump (through libkdumpfile)" },
};

/* Names of a machine: of uname, of the library, of ELF. */
static const struct machine {
	const char *uts, *arch;
	uint32_t elf;
	uint8_t bits;
} machines[] = {
	{ "x86_64", KDUMP_ARCH_X86_64, EM_X86_64, 64 },
	{ "aarch64", KDUMP_ARCH_AARCH64, EM_AARCH64, 64 },
	{ "i386", KDUMP_ARCH_IA32, EM_386, 32 },
	{ "i586", KDUMP_ARCH_IA32, EM_386, 32 },
	{ "i686", KDUMP_ARCH_IA32, EM_386, 32 },
	{ "arm", KDUMP_ARCH_ARM, EM_ARM, 32 },
	{ "armv7l", KDUMP_ARCH_ARM, EM_ARM, 32 },
	{ "ppc64", KDUMP_ARCH_PPC64, EM_PPC64, 64 },
	{ "ppc64le", KDUMP_ARCH_PPC64, EM_PPC64, 64 },
	{ "ppc", KDUMP_ARCH_PPC, EM_PPC, 32 },
	{ "s390x", KDUMP_ARCH_S390X, EM_S390, 64 },
	{ "s390", KDUMP_ARCH_S390, EM_S390, 32 },
	{ "mips", KDUMP_ARCH_MIPS, EM_MIPS, 32 },
};

static const struct machine *machine_of(const char *name)
{
	for (size_t i = 0; name[0] && i < sizeof(machines) / sizeof(machines[0]); i++)
		if (!strcmp(machines[i].uts, name) || !strcmp(machines[i].arch, name))
			return &machines[i];
	return NULL;
}

/* disk_dump_header: signature, version, then utsname with six fields of 65 bytes. QEMU leaves all
 * but the machine empty, and the library then does not believe that one either. */
static void sniff(struct kdump *k)
{
	enum { UTS_MACHINE = 12 + 4 * 65, UTS_FIELD = 65 };
	const struct machine *mach;
	char head[UTS_MACHINE + UTS_FIELD] = "";
	int errnum;
	size_t got = dmv_file_read(k->f, 0, head, sizeof(head), &errnum);
	size_t i;

	for (i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (got >= signatures[i].n && !memcmp(head, signatures[i].bytes, signatures[i].n))
			break;
	if (i == sizeof(signatures) / sizeof(signatures[0]))
		return;
	k->known = true;
	k->ops.format = signatures[i].what;
	if (i > 1 || got < sizeof(head))
		return;
	head[sizeof(head) - 1] = 0;
	mach = machine_of(head + UTS_MACHINE);
	if (!mach)
		return;
	snprintf(k->arch, sizeof(k->arch), "%s", mach->arch);
	/* header_version is a small number in the writer's byte order. */
	k->m.big_endian = dmv_get((const uint8_t *)head + 8, 4, true) < 0x10000;
}

static void take_info(struct kdump *k)
{
	struct info info = k->sh->info;
	const struct machine *mach;

	clean(info.arch, sizeof(info.arch));
	clean(info.format, sizeof(info.format));
	mach = machine_of(info.arch);
	if (!mach)
		mach = machine_of(k->arch);
	if (mach) {
		k->m.machine = mach->elf;
		k->m.bits = mach->bits;
	}
	if (info.order_known)
		k->m.big_endian = info.big_endian != 0;
	if (!k->m.bits)
		k->m.big_endian = 0;
	if (!k->known && info.format[0]) {
		snprintf(k->format, sizeof(k->format), "%s (through libkdumpfile)", info.format);
		k->ops.format = k->format;
	}
}

struct ranges {
	struct dmv_range *v;
	size_t n;
};

/* Takes one answer's ranges if they go on upwards; false: stop here. */
static enum dmv_code take_ranges(struct kdump *k, struct ranges *r, size_t n, struct dmv_err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct dmv_range x;

		memcpy(&x, k->sh->data + i * sizeof(x), sizeof(x));
		if (x.start >= x.end || (r->n && x.start < r->v[r->n - 1].end))
			return dmv_fail(e, DMV_E_CORRUPT, "libkdumpfile: its map of pages is not in order");
		if (!dmv_grow(&r->v, r->n, sizeof(*r->v)))
			return dmv_fail(e, DMV_E_MEMORY, "out of memory for the map of pages");
		r->v[r->n++] = x;
	}
	return DMV_E_OK;
}

static enum dmv_code collect_ranges(struct kdump *k, struct ranges *r, struct dmv_err *e)
{
	uint64_t first = 0;
	struct answer a;

	do {
		enum dmv_code code = ask(k, OP_RANGES, first, 0, 0, &a, e);

		if (code)
			return dmv_prepend(e, "the map of pages");
		if (a.outcome != DONE)
			return dmv_fail(e, DMV_E_CORRUPT, "libkdumpfile: %s", a.text);
		if (a.n > DATA_BYTES / sizeof(struct dmv_range))
			return dmv_fail(e, DMV_E_CORRUPT, "libkdumpfile: its map of pages is damaged");
		code = take_ranges(k, r, a.n, e);
		if (code)
			return code;
		if (r->n > MAX_RANGES || (a.more && a.next <= first)) {
			dmv_mem_note(&k->m, "more than %zu ranges of pages: the rest is left out", r->n);
			break;
		}
		first = a.next;
	} while (a.more);
	if (!r->n)
		return dmv_fail(e, DMV_E_CORRUPT, "libkdumpfile finds no page in it: the file is damaged or cut off");
	return DMV_E_OK;
}

static enum dmv_code find_ranges(struct kdump *k, struct dmv_err *e)
{
	struct ranges r = { 0 };
	enum dmv_code code = collect_ranges(k, &r, e);

	if (code) {
		free(r.v);
		return code;
	}
	dmv_mem_set_ranges(&k->m, DMV_PHYS, r.v, r.n);
	return DMV_E_OK;
}

static void find_vmcoreinfo(struct kdump *k)
{
	struct answer a;

	if (ask(k, OP_VMCOREINFO, 0, 0, 0, &a, NULL) || a.outcome != DONE || !a.n || a.n > DATA_BYTES)
		return;
	dmv_mem_set_vmcoreinfo(&k->m, (const char *)k->sh->data, a.n);
}

/* kdump_sub_header of a 64-bit writer of our byte order: one part of a split set opens without a
 * word and holds a part of the pages. */
static void note_split(struct kdump *k)
{
	enum { BLOCK_SIZE = 428, SPLIT = 12, START_PFN = 16, END_PFN = 24 };
	uint8_t b[32];
	uint64_t block;
	int errnum;

	if (!k->known || k->m.bits != 64 || k->m.big_endian)
		return;
	if (dmv_file_read(k->f, BLOCK_SIZE, b, 4, &errnum) != 4)
		return;
	block = dmv_get(b, 4, false);
	if (dmv_file_read(k->f, block, b, sizeof(b), &errnum) != sizeof(b) || dmv_get(b + SPLIT, 4, false) != 1)
		return;
	dmv_mem_note(&k->m, "one part of a split set: only pages 0x%" PRIx64 " to 0x%" PRIx64 " are in it",
		     dmv_get(b + START_PFN, 8, false), dmv_get(b + END_PFN, 8, false));
}

static void look_for_cut(struct kdump *k)
{
	uint64_t pages;

	if (k->ops.format != signatures[0].what)
		return;
	k->cut = dmv_kdump_cut_new(k->f, k->m.big_endian);
	pages = k->cut ? dmv_kdump_cut_pages(k->cut) : 0;
	if (pages)
		dmv_mem_note(&k->m, "%" PRIu64 " pages beyond end of file", pages);
}

static enum dmv_code set_up(struct kdump *k, const char *target, struct dmv_err *e)
{
	enum dmv_code code = dmv_file_open(target, &k->f, e);

	if (code)
		return code;
	sniff(k);
	k->sh = mmap(NULL, sizeof(*k->sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (k->sh == MAP_FAILED) {
		k->sh = NULL;
		return dmv_fail(e, DMV_E_MEMORY, "out of memory for the buffer of libkdumpfile");
	}
	code = start(k, e);
	if (code)
		return code;
	take_info(k);
	note_split(k);
	code = find_ranges(k, e);
	if (code)
		return k->m.nnote ? dmv_prepend(e, "%s", k->m.note[0]) : code;
	find_vmcoreinfo(k);
	look_for_cut(k);
	return DMV_E_OK;
}

enum dmv_code dmv_mem_open_kdumpfile(const char *target, const struct dmv_mem_opts *o,
				     struct dmv_mem **ret, struct dmv_err *e)
{
	struct kdump *k = calloc(1, sizeof(*k));
	enum dmv_code code;

	(void)o;
	if (!k)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	k->ops = kdump_ops;
	k->m.ops = &k->ops;
	k->sock = -1;
	code = set_up(k, target, e);
	if (code) {
		kd_close(&k->m);
		return code;
	}
	*ret = &k->m;
	return DMV_E_OK;
}
