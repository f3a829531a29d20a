/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Memory that stays where it is: mapped, touched, locked. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "posix_int.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define HUGE ((size_t)2 << 20)
#define LOW_START ((uintptr_t)16 << 20)
#define LOW_END ((uintptr_t)256 << 20)          /* what a device with 28 address lines reaches */

static void *map_at(void *hint, size_t bytes, int flags)
{
	void *va = mmap(hint, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags,
			-1, 0);

	return va == MAP_FAILED ? NULL : va;
}

/* A kernel older than MAP_FIXED_NOREPLACE takes the address as a hint only. */
static void *map_low(size_t bytes)
{
	for (uintptr_t at = LOW_START; at + bytes <= LOW_END; at += HUGE) {
		void *va = map_at((void *)at, bytes, MAP_FIXED_NOREPLACE);

		if (va == (void *)at)
			return va;
		if (va)
			munmap(va, bytes);
	}
	return map_at(NULL, bytes, 0);
}

/* Aligned to huge pages. */
static void *map_aligned(size_t bytes)
{
	char *va = map_at(NULL, bytes + HUGE, 0), *at;

	if (!va)
		return NULL;
	at = (char *)(((uintptr_t)va + HUGE - 1) & ~(uintptr_t)(HUGE - 1));
	if (at > va)
		munmap(va, (size_t)(at - va));
	munmap(at + bytes, (size_t)(va + HUGE - at));
	return at;
}

bool memory_map(struct memory *m, size_t bytes, bool low, bool physical, bool identity)
{
	size_t step = physical ? HUGE : PAGE;   /* a huge page is contiguous physically */

	bytes = (bytes + step - 1) / step * step;
	*m = (struct memory){ .bytes = bytes, .pin = -1 };
	m->va = low ? map_low(bytes) : map_aligned(bytes);
	m->run = calloc(bytes / PAGE, sizeof(*m->run));
	if (!m->va || !m->run) {
		memory_unmap(m);
		return false;
	}
	if (physical)
		madvise(m->va, bytes, MADV_HUGEPAGE);
	m->locked = !mlock(m->va, bytes);
	for (size_t i = 0; i < bytes; i += PAGE)
		((volatile char *)m->va)[i] = 0;
	if (physical)
		memory_pin(m);
	if (physical && memory_split(m))
		return true;
	m->runs = 1;
	m->run[0] = (struct dmv_memory){
		.va = m->va,
		.phys = identity ? (uintptr_t)m->va : DMV_ABI_UNKNOWN,
		.bytes = bytes,
	};
	return true;
}

void memory_unmap(struct memory *m)
{
	if (m->va && m->pin >= 0)
		close(m->pin);
	if (m->va)
		munmap(m->va, m->bytes);
	if (m->head)
		munmap(m->head, 2 * PAGE);
	free(m->run);
	*m = (struct memory){ 0 };
}
