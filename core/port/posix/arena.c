/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Pages for common buffers and drivers: first fit inside one mapping, contiguous on the bus too. */
#include <stdlib.h>
#include <string.h>

#include "posix_int.h"

bool arena_init(struct arena *a, size_t pages, bool physical)
{
	pages = pages ? pages : 1;
	a->used = calloc(pages, 1);
	if (!a->used)
		return false;
	if (!memory_map(&a->memory, pages * PAGE, true, physical, true)) {
		free(a->used);
		a->used = NULL;
		return false;
	}
	pthread_mutex_init(&a->lock, NULL);
	return true;
}

void arena_deinit(struct arena *a)
{
	if (!a->used)
		return;
	pthread_mutex_destroy(&a->lock);
	memory_unmap(&a->memory);
	free(a->used);
	a->used = NULL;
}

/* First page of n free ones among pages [from, to), or SIZE_MAX. */
static size_t fit(const struct arena *a, size_t from, size_t to, size_t n)
{
	size_t free_pages = 0;

	for (size_t i = from; i < to; i++) {
		free_pages = a->used[i] ? 0 : free_pages + 1;
		if (free_pages == n)
			return i + 1 - n;
	}
	return SIZE_MAX;
}

static size_t fit_run(const struct arena *a, const struct dmv_memory *run, size_t n,
		      uint64_t max_phys)
{
	size_t from = (size_t)((char *)run->va - (char *)a->memory.va) / PAGE;
	size_t pages = run->bytes / PAGE;

	if (run->phys > max_phys)
		return SIZE_MAX;
	if (max_phys - run->phys < run->bytes - 1)
		pages = (size_t)((max_phys - run->phys + 1) / PAGE);
	return fit(a, from, from + pages, n);
}

static void *take(struct arena *a, size_t n, uint64_t max_phys, uint64_t *phys)
{
	for (uint32_t r = 0; r < a->memory.runs; r++) {
		const struct dmv_memory *run = &a->memory.run[r];
		size_t at = fit_run(a, run, n, max_phys);
		char *va;

		if (at == SIZE_MAX)
			continue;
		memset(a->used + at, 1, n);
		va = (char *)a->memory.va + at * PAGE;
		*phys = run->phys + (uint64_t)(va - (char *)run->va);
		return va;
	}
	return NULL;
}

void *arena_alloc(struct arena *a, size_t n, uint64_t max_phys, uint64_t *phys)
{
	void *va;

	if (!n)
		return NULL;
	pthread_mutex_lock(&a->lock);
	va = take(a, n, max_phys, phys);
	pthread_mutex_unlock(&a->lock);
	if (va)
		memset(va, 0, n * PAGE);
	return va;
}

bool arena_free(struct arena *a, void *va, size_t n)
{
	size_t offset = (uintptr_t)va - (uintptr_t)a->memory.va;

	if ((uintptr_t)va < (uintptr_t)a->memory.va || offset + n * PAGE > a->memory.bytes)
		return false;
	pthread_mutex_lock(&a->lock);
	memset(a->used + offset / PAGE, 0, n);
	pthread_mutex_unlock(&a->lock);
	return true;
}
