/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Every format that libkdumpfile knows and we do not, through that library in a child process:
 * damaged files make it fall (SIGBUS, SIGSEGV, abort) or never return, and neither must happen to
 * us or to the debugger we sit in. This is the child, as mem_kdumpfile_int.h draws it.
 *
 * Only physical reads are asked for, as KDUMP_MACHPHYSADDR: that needs no translation set up, and
 * the library's look-up by virtual address takes wrong bytes from some files without an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libkdumpfile/kdumpfile.h>

#include "mem_kdumpfile_int.h"

enum {
	EXTRA_MEMORY_GIB = 4,
	EXIT_BY_SIGNAL = 64,            /* plus the signal: exit status instead of a core file */
};

/* ---- a process of its own ---- */

static void on_fault(int sig)
{
	_exit(EXIT_BY_SIGNAL + sig);
}

/* The host may be a debugger with handlers, blocked signals and open files of its own. */
static void reset_signals(void)
{
	static const int fault[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
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
	int null = open("/dev/null", O_RDONLY);

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

/* ---- opening ---- */

static bool say(const struct dmv_kd_child *c, const struct dmv_kd_answer *a)
{
	return send(c->sock, a, sizeof(*a), MSG_NOSIGNAL) == sizeof(*a);
}

static void put_text(struct dmv_kd_answer *a, const char *text)
{
	snprintf(a->text, sizeof(a->text), "%s", text ? text : "no reason given");
}

static void copy_attr(kdump_ctx_t *ctx, const char *key, char *to, size_t n)
{
	const char *s;

	if (kdump_get_string_attr(ctx, key, &s) == KDUMP_OK && s)
		snprintf(to, n, "%s", s);
}

static void gather(struct dmv_kd_child *c)
{
	struct dmv_kd_info *info = &c->sh->info;
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
static bool open_dump(struct dmv_kd_child *c)
{
	struct dmv_kd_answer a = { .outcome = DMV_KD_DONE };
	kdump_status st;

	alarm(DMV_KD_OPEN_SECONDS);
	c->ctx = kdump_new();
	if (!c->ctx) {
		a.outcome = DMV_KD_DAMAGED;
		put_text(&a, "out of memory");
		say(c, &a);
		return false;
	}
	st = kdump_open_fd(c->ctx, c->dump);
	if (st == KDUMP_OK) {
		gather(c);
	} else {
		a.outcome = DMV_KD_DAMAGED;
		put_text(&a, kdump_get_err(c->ctx));
	}
	alarm(0);
	return say(c, &a) && st == KDUMP_OK;
}

/* ---- answers ---- */

static void do_read(struct dmv_kd_child *c, const struct dmv_kd_ask *q, struct dmv_kd_answer *a)
{
	uint64_t page = c->sh->info.page ? c->sh->info.page : 4096;
	uint32_t n = q->n < DMV_KD_DATA_BYTES ? q->n : DMV_KD_DATA_BYTES;
	uint64_t done = 0;

	while (done < n) {
		uint64_t at = q->at + done;
		size_t len = page - at % page < n - done ? page - at % page : n - done;
		kdump_status st =
			kdump_read(c->ctx, KDUMP_MACHPHYSADDR, at, c->sh->data + done, &len);

		if (st != KDUMP_OK) {
			a->outcome = st == KDUMP_ERR_NODATA ? DMV_KD_ABSENT : DMV_KD_DAMAGED;
			put_text(a, kdump_get_err(c->ctx));
			return;
		}
		done += len;
		c->sh->done = done;
	}
}

static kdump_bmp_t *pagemap(struct dmv_kd_child *c)
{
	static const char *const keys[] = { KDUMP_ATTR_FILE_PAGEMAP, KDUMP_ATTR_MEMORY_PAGEMAP };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		kdump_attr_t v = { .type = KDUMP_BITMAP };

		if (kdump_get_typed_attr(c->ctx, keys[i], &v) == KDUMP_OK)
			return v.val.bitmap;
	}
	return NULL;
}

static void do_ranges(struct dmv_kd_child *c, const struct dmv_kd_ask *q, struct dmv_kd_answer *a)
{
	struct dmv_range *r = (struct dmv_range *)c->sh->data;
	uint64_t page = c->sh->info.page ? c->sh->info.page : 4096;
	kdump_bmp_t *bmp = pagemap(c);
	kdump_addr_t first = q->at, last;

	if (!bmp) {
		a->outcome = DMV_KD_ABSENT;
		put_text(a, "no map of its pages");
		return;
	}
	while (a->n < DMV_KD_DATA_BYTES / sizeof(*r)) {
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

/* kdump_vmcoreinfo_raw() wants the OS type set first, and setting it starts a translation that
 * fails on many dumps; the attribute is there at once. */
static void do_vmcoreinfo(struct dmv_kd_child *c, const struct dmv_kd_ask *q,
			  struct dmv_kd_answer *a)
{
	kdump_attr_t v = { .type = KDUMP_BLOB };
	size_t n;
	void *raw;

	(void)q;
	if (kdump_get_typed_attr(c->ctx, "linux.vmcoreinfo.raw", &v) != KDUMP_OK) {
		a->outcome = DMV_KD_ABSENT;
		return;
	}
	raw = kdump_blob_pin(v.val.blob);
	n = kdump_blob_size(v.val.blob);
	if (n > DMV_KD_DATA_BYTES)
		n = DMV_KD_DATA_BYTES;
	if (raw)
		memcpy(c->sh->data, raw, n);
	a->n = raw ? (uint32_t)n : 0;
	kdump_blob_unpin(v.val.blob);
}

static void serve(struct dmv_kd_child *c)
{
	static void (*const doers[])(struct dmv_kd_child *, const struct dmv_kd_ask *,
				     struct dmv_kd_answer *) = {
		[DMV_KD_READ] = do_read,
		[DMV_KD_RANGES] = do_ranges,
		[DMV_KD_VMCOREINFO] = do_vmcoreinfo,
	};
	struct dmv_kd_ask q;

	while (recv(c->sock, &q, sizeof(q), 0) == sizeof(q)) {
		struct dmv_kd_answer a = { .outcome = DMV_KD_DONE };

		alarm(DMV_KD_ASK_SECONDS);
		if (q.op && q.op < sizeof(doers) / sizeof(doers[0]))
			doers[q.op](c, &q, &a);
		alarm(0);
		if (!say(c, &a))
			return;
	}
}

/* ---- keeper and worker ---- */

int dmv_kd_signal_of(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	return WEXITSTATUS(status) > EXIT_BY_SIGNAL ? WEXITSTATUS(status) - EXIT_BY_SIGNAL : 0;
}

/* Forks one worker after the other until one ends in peace. */
static void keep(struct dmv_kd_child *c)
{
	for (;;) {
		struct dmv_kd_answer a = { .outcome = DMV_KD_DIED };
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
		a.sig = dmv_kd_signal_of(status);
		if (!a.sig || !say(c, &a))
			return;
	}
}

void dmv_kd_child_main(struct dmv_kd_child *c)
{
	setpgid(0, 0);
	reset_signals();
	prctl(PR_SET_DUMPABLE, 0); /* no core files of ours, wherever core_pattern sends them */
	close_all_but(c->sock, c->dump);
	limit_memory();
	if (open_dump(c))
		keep(c);
	_exit(0);
}
