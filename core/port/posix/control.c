/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * How a process is commanded. The control block is a file in memory, sealed so that it cannot
 * shrink under its reader, which others map by its link in /proc/PID/fd: who may do that the kernel
 * says (ptrace(2), PTRACE_MODE_READ: the same user, unless the process is not dumpable). They reach
 * no other byte of the process: with process_vm_writev a wrong address, or a process number that
 * serves another process by now, would spoil whatever is there, and Yama forbids it between
 * processes of one user.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "posix_int.h"
#include "settings.h"

#define BLOCK (4 * PAGE)

/* ---- the block ---- */

void control_map(struct control *c)
{
	void *va = MAP_FAILED;

	c->fd = memfd_create(SETTINGS_MEMFD, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (c->fd >= 0 && !ftruncate(c->fd, BLOCK) &&
	    !fcntl(c->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		va = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
	if (va != MAP_FAILED) {
		c->memory = (struct dmv_memory){ va, DMV_ABI_UNKNOWN, BLOCK };
		return;
	}
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void control_unmap(struct control *c)
{
	if (c->memory.va)
		munmap(c->memory.va, c->memory.bytes);
	if (c->fd >= 0)
		close(c->fd);
	c->memory.va = NULL;
	c->fd = -1;
}

/* ---- settings for the start ---- */

static const char *file_name(void)
{
	const char *said = secure_getenv(SETTINGS_ENV);

	return said ? said : SETTINGS_FILE;
}

/* The whole file, terminated. NULL: errno says why, EFBIG if it is too long. */
static char *file_text(const char *name)
{
	const int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = fd < 0 ? NULL : malloc(SETTINGS_TEXT + 1);
	size_t n = 0;
	ssize_t got = 1;

	while (text && got > 0 && n <= SETTINGS_TEXT) {
		got = read(fd, text + n, SETTINGS_TEXT + 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	if (text && (got < 0 || n > SETTINGS_TEXT)) {
		errno = got < 0 ? errno : EFBIG;
		free(text);
		text = NULL;
	}
	if (fd >= 0)
		close(fd);
	if (text)
		text[n] = 0;
	return text;
}

/* A file that is there and cannot be obeyed must not go unnoticed. */
static void complain(const char *name, unsigned line, const char *why)
{
	char at[16] = "";

	if (line)
		snprintf(at, sizeof(at), ":%u", line);
	fprintf(stderr, "dma-verifier: %s%s: %s; nothing of it holds\n", name, at, why);
}

static void obey(struct control *c, struct dmv *v, const struct settings *s, const char *name)
{
	struct settings_block x;
	uint32_t sequence;

	if (!settings_block(&x, c->memory.va, c->memory.bytes) && settings_ask(&x, s, &sequence) &&
	    dmv_control_poll(v)) {
		if (s->scan) {
			c->scan_pages = s->scan_pages;
			c->tick_ms = s->scan_ms;
		}
		return;
	}
	complain(name, 0, "the verifier refuses it");
}

static void settings_start(struct control *c, struct dmv *v)
{
	const char *name = file_name();
	struct settings_error e;
	struct settings *s;
	char *text;

	if (!*name)
		return;
	text = file_text(name);
	if (!text) {
		if (errno != ENOENT)
			complain(name, 0, strerror(errno));
		return;
	}
	s = malloc(sizeof(*s));
	if (s) {
		settings_init(s);
		if (settings_parse(s, text, &e))
			obey(c, v, s, name);
		else
			complain(name, e.line, e.text);
	}
	free(s);
	free(text);
}

/* ---- the thread ---- */

void control_tick(struct control *c, struct dmv *v)
{
	if (getpid() != c->pid)
		return;
	dmv_control_poll(v);
	if (c->scan_pages)
		dmv_scan(v, c->scan_pages, 0);
}

static struct timespec later(uint32_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

struct ticker {
	struct control *c;
	struct dmv_posix *p;
};

static void *run(void *arg)
{
	const struct ticker t = *(struct ticker *)arg;
	struct control *c = t.c;

	free(arg);
	pthread_mutex_lock(&c->lock);
	while (!c->end) {
		const struct timespec at = later(c->tick_ms);

		if (pthread_cond_timedwait(&c->wake, &c->lock, &at) != ETIMEDOUT)
			continue;
		pthread_mutex_unlock(&c->lock);
		dmv_posix_tick(t.p);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* The process's signals are its own threads'. */
static bool thread_start(struct control *c, struct ticker *t)
{
	sigset_t all, was;
	bool ok;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	ok = !pthread_create(&c->thread, NULL, run, t);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	return ok;
}

void control_start(struct control *c, struct dmv_posix *p)
{
	pthread_condattr_t monotonic;
	struct ticker *t;

	c->pid = getpid();
	if (c->memory.va)
		settings_start(c, dmv_posix_verifier(p));
	if (!c->tick_ms || !(c->memory.va || c->scan_pages))
		return;
	t = malloc(sizeof(*t));
	if (!t)
		return;
	*t = (struct ticker){ c, p };
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	c->ticks = thread_start(c, t);
	if (!c->ticks)
		free(t);
}

/* A child has no such thread to wait for. */
void control_stop(struct control *c)
{
	if (!c->ticks || getpid() != c->pid)
		return;
	pthread_mutex_lock(&c->lock);
	c->end = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	c->ticks = false;
}
