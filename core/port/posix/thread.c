/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What belongs to a thread: its number, its IRQL, its stack. A thread plays the part of a CPU, and
 * IRQL is a property of a CPU, hence the thread-local variable: no caller can hand it in.
 */
#include <stdatomic.h>
#include <unwind.h>

#include "posix_int.h"

struct thread {
	uint32_t number;        /* plus 1; 0: not numbered yet */
	KIRQL irql;
	uintptr_t stack_end;    /* of the stack walk; 0: not asked yet, 1: unknown */
};

static _Thread_local struct thread self;
static atomic_uint threads;

uint32_t thread_number(void)
{
	if (!self.number)
		self.number = atomic_fetch_add(&threads, 1) + 1;
	return self.number - 1;
}

KIRQL thread_irql(void)
{
	return self.irql;
}

KIRQL thread_irql_set(KIRQL to)
{
	KIRQL old = self.irql;

	self.irql = to;
	return old;
}

#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__)
/* By frame pointers: quick, and right in code that is compiled with them. */
struct frame {
	const struct frame *up;
	uintptr_t ret;
};

static uintptr_t stack_end(void)
{
	pthread_attr_t attr;
	void *start;
	size_t bytes;

	if (self.stack_end)
		return self.stack_end;
	self.stack_end = 1;
	if (pthread_getattr_np(pthread_self(), &attr))
		return self.stack_end;
	if (!pthread_attr_getstack(&attr, &start, &bytes))
		self.stack_end = (uintptr_t)start + bytes;
	pthread_attr_destroy(&attr);
	return self.stack_end;
}

/*
 * Code without frame pointers leaves other things in their place; what is read then lies on this
 * stack all the same, but in the middle of some function's variables.
 */
#define ANYWHERE_ON_STACK __attribute__((no_sanitize("address")))

/* The frame above, or NULL where the chain ends: it must lie higher, on this stack, and aligned. */
ANYWHERE_ON_STACK static const struct frame *above(const struct frame *f)
{
	uintptr_t up = (uintptr_t)f->up;

	if (up <= (uintptr_t)f || up % sizeof(void *) || up + sizeof(*f) > stack_end())
		return NULL;
	return f->up;
}

/* aarch64: code built with -mbranch-protection signs it, in the bits that an address does not use.
 * XPACLRI takes the signature off; a hint, it does nothing on processors that know none. */
ANYWHERE_ON_STACK static uintptr_t returns_to(const struct frame *f)
{
#if defined(__aarch64__)
	register uintptr_t lr __asm__("x30") = f->ret;

	__asm__("hint #7" : "+r"(lr));
	return lr;
#else
	return f->ret;
#endif
}

ANYWHERE_ON_STACK
static uint32_t walk(const struct images *im, uint64_t from, uint64_t *frame, uint32_t max)
{
	const struct frame *f = __builtin_frame_address(0);
	uint32_t n = 0;

	while (f && returns_to(f) != from)
		f = above(f);
	for (; f && n < max && images_has(im, returns_to(f)); f = above(f))
		frame[n++] = returns_to(f);
	return n;
}
#else
/* Elsewhere no frame chain is agreed on: by the unwind tables. */
struct unwound {
	const struct images *im;
	uint64_t from, *frame;
	uint32_t n, max;
};

static _Unwind_Reason_Code step(struct _Unwind_Context *c, void *arg)
{
	struct unwound *w = arg;
	uintptr_t pc = _Unwind_GetIP(c);

	if (!w->n && pc != w->from)
		return _URC_NO_REASON;
	if (w->n == w->max || !images_has(w->im, pc))
		return _URC_END_OF_STACK;
	w->frame[w->n++] = pc;
	return _URC_NO_REASON;
}

static uint32_t walk(const struct images *im, uint64_t from, uint64_t *frame, uint32_t max)
{
	struct unwound w = { .im = im, .from = from, .frame = frame, .max = max };

	_Unwind_Backtrace(step, &w);
	return w.n;
}
#endif

uint32_t thread_stack(const struct images *im, uint64_t from, uint64_t *frame, uint32_t max)
{
	uint32_t n = walk(im, from, frame, max);

	/* Code that cannot be walked in between: the caller itself is known all the same. */
	if (!n && max && from)
		frame[n++] = from;
	return n;
}
