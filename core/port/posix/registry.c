/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Which memory stands behind a page of the bus: a hash table with linear probing. Numbers of pages
 * that went away stay as marks so that probing goes on behind them; growing drops them.
 */
#include <stdlib.h>

#include "posix_int.h"

struct entry {
	uint64_t frame;
	void *page;             /* NULL: free, or a mark if `was` */
	bool was;
};

struct registry {
	pthread_mutex_t lock;
	struct entry *entry;
	size_t size, filled;    /* size: a power of two; filled: with the marks */
};

static size_t slot(const struct registry *r, uint64_t frame)
{
	return (size_t)((frame * 0x9E3779B97F4A7C15u) >> 20) & (r->size - 1);
}

/* The entry of that frame, or the free one where it would go. */
static struct entry *probe(const struct registry *r, uint64_t frame)
{
	size_t i = slot(r, frame);

	while ((r->entry[i].page || r->entry[i].was) && r->entry[i].frame != frame)
		i = (i + 1) & (r->size - 1);
	return &r->entry[i];
}

static bool grow(struct registry *r)
{
	struct registry bigger = { .size = r->size * 2 };

	bigger.entry = calloc(bigger.size, sizeof(*bigger.entry));
	if (!bigger.entry)
		return false;
	for (size_t i = 0; i < r->size; i++) {
		if (!r->entry[i].page)
			continue;
		*probe(&bigger, r->entry[i].frame) = r->entry[i];
		bigger.filled++;
	}
	free(r->entry);
	r->entry = bigger.entry;
	r->size = bigger.size;
	r->filled = bigger.filled;
	return true;
}

static bool add(struct registry *r, uint64_t frame, void *page)
{
	struct entry *e;

	if (r->filled * 2 >= r->size && !grow(r))
		return false;
	e = probe(r, frame);
	if (!e->page && !e->was)
		r->filled++;
	*e = (struct entry){ .frame = frame, .page = page, .was = true };
	return true;
}

struct registry *registry_new(void)
{
	struct registry *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->size = 1024;
	r->entry = calloc(r->size, sizeof(*r->entry));
	if (!r->entry) {
		free(r);
		return NULL;
	}
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

void registry_free(struct registry *r)
{
	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r->entry);
	free(r);
}

bool registry_add(struct registry *r, uint64_t frame, void *page)
{
	bool ok;

	pthread_mutex_lock(&r->lock);
	ok = add(r, frame, page);
	pthread_mutex_unlock(&r->lock);
	return ok;
}

void registry_remove(struct registry *r, uint64_t frame)
{
	pthread_mutex_lock(&r->lock);
	probe(r, frame)->page = NULL;
	pthread_mutex_unlock(&r->lock);
}

void *registry_find(struct registry *r, uint64_t frame)
{
	void *page;

	pthread_mutex_lock(&r->lock);
	page = probe(r, frame)->page;
	pthread_mutex_unlock(&r->lock);
	return page;
}
