/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Memory that stays where it is: mapped, touched, locked, and its physical pieces. */
#include <fcntl.h>
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

static bool pagemap_phys(int fd, const void *va, uint64_t *phys)
{
	uintptr_t step = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)va;
	uint64_t entry;

	if (pread(fd, &entry, sizeof(entry), (off_t)(at / step * sizeof(entry))) != sizeof(entry))
		return false;
	if (!(entry >> 63) || !(entry & 0x7FFFFFFFFFFFFF))      /* not present, or hidden from us */
		return false;
	*phys = (entry & 0x7FFFFFFFFFFFFF) * step + at % step;
	return true;
}

bool memory_phys(const void *va, uint64_t *phys)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && pagemap_phys(fd, va, phys);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Splits into physically contiguous runs; false: they are not told. */
static bool split(struct memory *m)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	struct dmv_memory *last = NULL;
	size_t at = 0;

	if (fd < 0)
		return false;
	for (; at < m->bytes; at += PAGE) {
		char *va = (char *)m->va + at;
		uint64_t phys;

		if (!pagemap_phys(fd, va, &phys))
			break;
		if (last && last->phys + last->bytes == phys) {
			last->bytes += PAGE;
			continue;
		}
		last = &m->run[m->runs++];
		*last = (struct dmv_memory){ .va = va, .phys = phys, .bytes = PAGE };
	}
	close(fd);
	return at == m->bytes;
}

bool memory_map(struct memory *m, size_t bytes, bool low, bool physical, bool identity)
{
	size_t step = physical ? HUGE : PAGE;   /* a huge page is contiguous physically */

	bytes = (bytes + step - 1) / step * step;
	*m = (struct memory){ .bytes = bytes };
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
	if (physical && split(m))
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
	if (m->va)
		munmap(m->va, m->bytes);
	free(m->run);
	*m = (struct memory){ 0 };
}
