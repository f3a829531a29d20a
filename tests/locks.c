/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The posix port under watch: linked with --wrap of the three functions below, so that whoever
 * starts a verifier gives it the members below. Each looks whether the verifier's lock is held as
 * dmv.h and wdm_host.h promise, then does what the port's own does. A broken promise ends the
 * process with a line "locks: broken". The last line of a run says how many calls were watched.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "wdm/wdm_host.h"

int __real_dmv_init(const struct dmv_port *, const struct dmv_config *, struct dmv **);
int __wrap_dmv_init(const struct dmv_port *, const struct dmv_config *, struct dmv **);
void __real_wdm_bind(struct dmv *, const struct wdm_host *);
void __wrap_wdm_bind(struct dmv *, const struct wdm_host *);

static struct dmv_port port;
static struct wdm_host face;
static _Thread_local int held;
static atomic_uint watched;
static bool starting;           /* dmv_init is alone, and takes no lock for what it asks */

static void want(int locked, const char *what)
{
	atomic_fetch_add(&watched, 1);
	if (held == locked || starting)
		return;
	fprintf(stderr, "locks: broken: %s is called with the lock held %d times\n", what, held);
	_Exit(99);
}

__attribute__((destructor))
static void say(void)
{
	fprintf(stderr, "locks: %u calls watched\n", atomic_load(&watched));
}

_Noreturn void __real_abort(void);
_Noreturn void __wrap_abort(void);

_Noreturn void __wrap_abort(void)
{
	say();
	__real_abort();
}

/* ---- struct dmv_port ---- */

static void lock(void *host)
{
	want(0, "lock");
	port.lock(host);
	held++;
}

static void unlock(void *host)
{
	want(1, "unlock");
	held--;
	port.unlock(host);
}

static uint32_t cpu(void *host)
{
	want(1, "cpu");
	return port.cpu(host);
}

static uint64_t self(void *host)
{
	want(1, "self");
	return port.self(host);
}

static uint64_t now(void *host)
{
	want(1, "now");
	return port.now(host);
}

static uint64_t counter(void *host)
{
	want(1, "counter");
	return port.counter(host);
}

static uint32_t stack(void *host, uint64_t from, uint64_t *frame, uint32_t max)
{
	want(0, "stack");
	return port.stack(host, from, frame, max);
}

static void *pages_alloc(void *host, size_t n, uint64_t max_phys, uint64_t *phys)
{
	want(0, "pages_alloc");
	return port.pages_alloc(host, n, max_phys, phys);
}

static void pages_free(void *host, void *va, size_t n)
{
	want(0, "pages_free");
	port.pages_free(host, va, n);
}

static size_t fill_check(const void *p, size_t n, unsigned char fill)
{
	want(1, "fill_check");
	return port.fill_check(p, n, fill);
}

static void copy_fill(void *to, void *from, size_t n, unsigned char fill)
{
	want(1, "copy_fill");
	port.copy_fill(to, from, n, fill);
}

static void violation(void *host, const struct dmv_report *r)
{
	want(0, "violation");
	port.violation(host, r);
}

#define WATCH(to, from, member) ((to).member = (from).member ? member : NULL)

int __wrap_dmv_init(const struct dmv_port *p, const struct dmv_config *c, struct dmv **ret)
{
	struct dmv_port w = *p;
	int result;

	port = *p;
	w.lock = lock;
	w.unlock = unlock;
	w.pages_alloc = pages_alloc;
	w.pages_free = pages_free;
	w.violation = violation;
	WATCH(w, port, cpu);
	WATCH(w, port, self);
	WATCH(w, port, now);
	WATCH(w, port, counter);
	WATCH(w, port, stack);
	WATCH(w, port, fill_check);
	WATCH(w, port, copy_fill);
	starting = true;
	result = __real_dmv_init(&w, c, ret);
	starting = false;
	held = getenv("LOCKS_WRONG") != NULL;   /* to see that it would be noticed */
	return result;
}

/* ---- struct wdm_host ---- */

static KIRQL irql(void *host)
{
	want(0, "irql");
	return face.irql(host);
}

static KIRQL irql_set(void *host, KIRQL to)
{
	want(0, "irql_set");
	return face.irql_set(host, to);
}

static void *heap_alloc(void *host, size_t bytes)
{
	want(0, "alloc");
	return face.alloc(host, bytes);
}

static void heap_free(void *host, void *va, size_t bytes)
{
	want(0, "free");
	face.free(host, va, bytes);
}

static bool frame(void *host, const void *va, uint64_t *pfn)
{
	want(0, "frame");
	return face.frame(host, va, pfn);
}

static bool io_frame(void *host, uint64_t pfn)
{
	want(0, "io_frame");
	return face.io_frame(host, pfn);
}

void __wrap_wdm_bind(struct dmv *v, const struct wdm_host *h)
{
	static struct wdm_host w;

	if (h) {
		w = face = *h;
		w.irql = irql;
		w.irql_set = irql_set;
		w.alloc = heap_alloc;
		w.free = heap_free;
		w.frame = frame;
		WATCH(w, face, io_frame);
	}
	__real_wdm_bind(v, h ? &w : NULL);
}
