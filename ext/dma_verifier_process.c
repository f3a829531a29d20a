/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Processes that run: their control blocks, which are files in memory, found by their names in
 * /proc/PID/fd. What stands there was written by somebody else: nothing of it is believed before it
 * is checked, and it is read once.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dma_verifier.h"

#define LINK "/memfd:" SETTINGS_MEMFD
#define BLOCK_MOST (1 << 20)

struct process {
	long pid;
	int fd;
	void *va;
	size_t bytes;
	struct settings_block x;
};

/* ---- finding the block ---- */

/* The number of the descriptor of its block; -1: errno says why, ENOENT if it has none. */
static int find_fd(long pid)
{
	char path[64], link[128];
	int found = -1, err = ENOENT;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%ld/fd", pid);
	d = opendir(path);
	if (!d)
		return -1;
	while (found < 0 && (e = readdir(d))) {
		const ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);

		if (n < 0) {
			err = errno == EACCES ? EACCES : err;
			continue;
		}
		link[n] = 0;
		if (!strncmp(link, LINK, sizeof(LINK) - 1) && isdigit((unsigned char)e->d_name[0]))
			found = atoi(e->d_name);
	}
	closedir(d);
	errno = err;
	return found;
}

static bool refused(long pid)
{
	char path[64];
	struct stat st;
	long uid;

	if (errno == ENOENT) {
		snprintf(path, sizeof(path), "/proc/%ld", pid);
		if (stat(path, &st))
			return complain("process %ld: no such process", pid);
		return complain("process %ld has no control block: no DMA verifier of this version "
				"runs in it, or its program switched that off", pid);
	}
	if (errno == EACCES || errno == EPERM) {
		snprintf(path, sizeof(path), "/proc/%ld", pid);
		uid = stat(path, &st) ? -1L : (long)st.st_uid;
		return complain("process %ld: permission denied: it belongs to user %ld, or may "
				"not be looked at; run as that user or as root", pid, uid);
	}
	return complain("process %ld: %s", pid, strerror(errno));
}

/* A child shares its parent's block until it runs another program. */
static bool owner_is(const struct process *p)
{
	char path[64], line[256];
	const uint64_t owner = p->x.b->pid;
	unsigned long own = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/status", p->pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		const char *last = strrchr(line, '\t');

		if (!strncmp(line, "NSpid:", 6) && last)
			own = strtoul(last, NULL, 10);  /* as the process itself is numbered */
	}
	if (f)
		fclose(f);
	return !own || own == owner ||
	       complain("process %ld shares the control block of process %llu, its parent: name "
			"that one", p->pid, (unsigned long long)owner);
}

static bool map(struct process *p)
{
	const char *why;
	struct stat st;
	int seals;

	seals = fcntl(p->fd, F_GET_SEALS);
	if (fstat(p->fd, &st) || seals < 0)
		return refused(p->pid);
	if (!(seals & F_SEAL_SHRINK) || st.st_size <= 0 || st.st_size > BLOCK_MOST)
		return complain("process %ld: what it calls its control block is none", p->pid);
	p->bytes = (size_t)st.st_size;
	p->va = mmap(NULL, p->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
	if (p->va == MAP_FAILED)
		return refused(p->pid);
	why = settings_block(&p->x, p->va, p->bytes);
	return !why || complain("process %ld: its control block cannot be used: %s", p->pid, why);
}

static void process_close(struct process *p)
{
	if (p->va != MAP_FAILED)
		munmap(p->va, p->bytes);
	if (p->fd >= 0)
		close(p->fd);           /* and with it the lock */
}

static bool process_open(struct process *p, long pid)
{
	char path[80];
	int fd;

	*p = (struct process){ .pid = pid, .fd = -1, .va = MAP_FAILED };
	fd = find_fd(pid);
	if (fd < 0)
		return refused(pid);
	snprintf(path, sizeof(path), "/proc/%ld/fd/%d", pid, fd);
	p->fd = open(path, O_RDWR | O_CLOEXEC);
	if (p->fd < 0)
		return refused(pid);
	if (flock(p->fd, LOCK_EX))
		return complain("process %ld: %s", pid, strerror(errno));
	return map(p) && owner_is(p);
}

/* ---- asking ---- */

static bool alive(long pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/fd", pid);
	return !access(path, F_OK);
}

static bool wait_answer(const struct process *p, uint32_t sequence, double seconds)
{
	const struct timespec step = { .tv_nsec = 5000000 };

	for (double waited = 0; waited <= seconds; waited += 0.005) {
		if (__atomic_load_n(&p->x.b->answered, __ATOMIC_ACQUIRE) == sequence)
			return true;
		nanosleep(&step, NULL);
	}
	if (!alive(p->pid))
		return complain("process %ld has ended", p->pid);
	return complain("process %ld does not answer: it is stopped, or looks for commands seldom; "
			"it obeys when it does", p->pid);
}

static bool obeyed(const struct process *p)
{
	const uint32_t verdict = p->x.b->verdict, where = p->x.b->where;

	return verdict == DMV_ABI_VERDICT_OBEYED ||
	       complain("process %ld refuses this: verdict %u about byte 0x%x of its control block",
			p->pid, verdict, where);
}

/* Settings as they were last asked for, and the rules and flags as they are. */
static bool ask_state(const struct process *p, double seconds, struct settings *s)
{
	const struct dmv_abi_control *b = p->x.b;
	uint32_t sequence;

	settings_asked(&p->x, s);
	s->head.fields = 0;
	if (!settings_ask(&p->x, s, &sequence))
		return complain("process %ld: its control block has become too small", p->pid);
	if (!wait_answer(p, sequence, seconds))
		return false;
	s->head.ask_mode = b->mode <= DMV_ABI_MODE_STOP ? b->mode : 0;
	s->head.ask_flags = b->flags & (DMV_ABI_F_OFF | DMV_ABI_F_STRICT);
	memcpy(s->head.ask_rules_off, b->rules_off, sizeof(b->rules_off));
	memcpy(s->head.ask_rule_modes, b->rule_modes, sizeof(b->rule_modes));
	return true;
}

static void reset(struct settings *s)
{
	settings_init(s);
	s->head.fields = DMV_ABI_CONTROL_FLAGS | DMV_ABI_CONTROL_RULES_OFF |
			 DMV_ABI_CONTROL_RULE_MODES | DMV_ABI_CONTROL_DRIVERS;
}

static bool change(const struct command *c, const struct process *p)
{
	struct settings s;
	uint32_t sequence;

	/* What an unfinished or refused request left is forgotten by this one. */
	if (!ask_state(p, c->timeout, &s))
		return false;
	if (c->set[OPT_RESET])
		reset(&s);
	else if (!apply(c, &s))
		return false;
	if (!settings_ask(&p->x, &s, &sequence))
		return complain("process %ld: its control block has room for %u drivers", p->pid,
				p->x.asked_rows);
	return wait_answer(p, sequence, c->timeout) && obeyed(p);
}

bool process_change(const struct command *c)
{
	struct process p;
	const bool ok = process_open(&p, c->pid) && change(c, &p);

	process_close(&p);
	return ok;
}

/* ---- showing ---- */

static void show_rules(const struct settings *s)
{
	for (uint32_t id = 1; id < 128; id++) {
		static const char *const words[] = { "", "log", "break", "stop" };
		const char *name = settings_rule_name(id);
		const uint32_t mode = s->head.ask_rule_modes[id / 16] >> id % 16 * 2 & 3;

		if (!name)
			continue;
		if (s->head.ask_rules_off[id / 32] >> id % 32 & 1)
			printf("Rule %s: off\n", name);
		else if (mode)
			printf("Rule %s: %s\n", name, words[mode]);
	}
}

static const char *options_text(uint32_t o, char *buf, size_t size)
{
	if (!(o & DMV_ABI_D_VERIFY))
		return "not verified";
	snprintf(buf, size, "books%s%s%s", o & DMV_ABI_D_SHADOW ? ",shadow" : "",
		 o & DMV_ABI_D_NO_GUARDS ? "" : ",guards", o & DMV_ABI_D_STRICT ? ",strict" : "");
	return buf;
}

static void show_driver(const struct dmv_abi_control_state *d)
{
	char name[sizeof(d->name)], options[40], hooked[32], failed[40];

	memcpy(name, d->name, sizeof(name));
	snprintf(hooked, sizeof(hooked), "%u/%u", d->hooked, d->hook_quota);
	snprintf(failed, sizeof(failed), "%u,%u,%u%s", d->injected_registers, d->injected_buffers,
		 d->injected_lists, d->fault_kinds ? " on" : "");
	printf("%-24s  %-26s  %8u  %10u  %9s  %s\n", name[0] ? printable(name) : "(no name)",
	       options_text(d->options, options, sizeof(options)), d->adapters, d->unverified,
	       hooked, failed);
}

static void show(const struct process *p, const struct settings *s)
{
	static const char *const modes[] = { "log", "break", "stop" };
	const struct dmv_abi_control *b = p->x.b;
	const uint32_t drivers = b->drivers;
	const uint32_t rows = drivers < p->x.state_rows ? drivers : p->x.state_rows;

	printf("Process %ld: verification %s, mode %s%s\n", p->pid,
	       s->head.ask_flags & DMV_ABI_F_OFF ? "off" : "on", modes[s->head.ask_mode],
	       s->head.ask_flags & DMV_ABI_F_STRICT ? ", strict" : "");
	printf("Violations: %u, allocations made to fail: %u, guard scans: %u\n", b->violations,
	       b->injected, b->scan_rounds);
	show_rules(s);
	printf("\n%-24s  %-26s  %8s  %10s  %9s  %s\n", "DRIVER", "OPTIONS", "ADAPTERS",
	       "UNVERIFIED", "HOOKED", "FAILED: CHANNELS,BUFFERS,LISTS");
	for (uint32_t i = 0; i < rows; i++) {
		const struct dmv_abi_control_state d = settings_state(&p->x, i);

		show_driver(&d);
	}
	if (rows < drivers)
		printf("... and %u more drivers\n", drivers - rows);
}

bool process_show(const struct command *c)
{
	struct process p;
	struct settings s;
	const bool ok = process_open(&p, c->pid) && ask_state(&p, c->timeout, &s) && obeyed(&p);

	if (ok)
		show(&p, &s);
	process_close(&p);
	return ok;
}

bool process_list(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	if (!d)
		return complain("/proc: %s", strerror(errno));
	while ((e = readdir(d))) {
		char path[300], name[64] = "";
		FILE *f;

		if (!isdigit((unsigned char)e->d_name[0]) || find_fd(atol(e->d_name)) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		f = fopen(path, "re");
		if (f && !fgets(name, sizeof(name), f))
			name[0] = 0;
		if (f)
			fclose(f);
		name[strcspn(name, "\n")] = 0;
		printf("pid:%s  %s\n", e->d_name, printable(name));
	}
	closedir(d);
	return true;
}
