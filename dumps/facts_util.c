/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What all readers of a region need: growing arrays, an arena for text, notes, ranges. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "facts_int.h"

#define NOTES_MAX 256
#define CHUNK_BYTES 65536u

void *dmv_push(void *array, size_t *n, size_t size)
{
	size_t have = *n;
	char *p;

	memcpy(&p, array, sizeof(p));
	if (!have || (have >= 8 && !(have & (have - 1)))) {
		size_t want = have ? have * 2 : 8;

		/* Indices are 32 bits and the highest stands for none. */
		if (have >= UINT32_MAX / 2 || want > SIZE_MAX / size)
			return NULL;
		p = realloc(p, want * size);
		if (!p)
			return NULL;
		memcpy(array, &p, sizeof(p));
	}
	*n = have + 1;
	return memset(p + have * size, 0, size);
}

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(8) char bytes[];
};

void *dmv_arena(struct dmv_facts *f, size_t n)
{
	struct chunk *c = f->arena;
	void *p;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + 7) & ~(size_t)7;
	if (!c || c->size - c->used < n) {
		size_t size = n > CHUNK_BYTES ? n : CHUNK_BYTES;

		c = malloc(sizeof(*c) + size);
		if (!c)
			return NULL;
		c->next = f->arena;
		c->used = 0;
		c->size = size;
		f->arena = c;
	}
	p = c->bytes + c->used;
	c->used += n;
	return p;
}

const char *dmv_arena_text(struct dmv_facts *f, const char *s, size_t n)
{
	char *p = dmv_arena(f, n + 1);

	if (!p)
		return "";
	memcpy(p, s, n);
	p[n] = 0;
	return p;
}

void dmv_hex(char *ret, const uint8_t *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*ret++ = digit[p[i] >> 4];
		*ret++ = digit[p[i] & 15];
	}
	*ret = 0;
}

void dmv_note_add(struct dmv_facts *f, uint32_t topic, uint64_t addr, const char *fmt, ...)
{
	struct dmv_note *note;
	char text[320];
	va_list ap;

	if (f->nnote > NOTES_MAX) {             /* the last one counts for all that were left out */
		f->note[f->nnote - 1].topic |= topic;
		return;
	}
	note = DMV_PUSH(f->note, f->nnote);
	if (!note)
		return;
	note->topic = topic;
	note->addr = addr;
	if (f->nnote > NOTES_MAX) {
		note->addr = DMV_NO_ADDR;
		note->text = "more of this kind was found and is not listed";
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	note->text = dmv_arena_text(f, text, strlen(text));
}

uint64_t dmv_held(const struct dmv_mem *m, enum dmv_space s, uint64_t addr, uint64_t n,
		  uint64_t *missing)
{
	uint64_t end = n > UINT64_MAX - addr ? UINT64_MAX : addr + n, held = 0, at = addr;

	for (size_t i = dmv_range_after(m, s, addr); i < m->nrange[s]; i++) {
		const struct dmv_range *g = &m->range[s][i];
		uint64_t lo = g->start > addr ? g->start : addr, hi = g->end < end ? g->end : end;

		if (lo >= hi)
			break;
		if (lo == at)
			at = hi;
		held += hi - lo;
	}
	if (missing)
		*missing = at;
	return held;
}

void dmv_facts_free(struct dmv_facts *f)
{
	for (struct chunk *c = f->arena, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(f->region);
	free(f->driver);
	free(f->adapter);
	free(f->device);
	free(f->mapping);
	free(f->file);
	free(f->reg);
	free(f->list);
	free(f->vector);
	free(f->buffer);
	free(f->channel);
	free(f->violation);
	free(f->event);
	free(f->stack);
	free(f->image);
	free(f->cpu);
	free(f->guard);
	free(f->stale);
	free(f->pool);
	free(f->bounce);
	free(f->slot);
	free(f->dma_pool);
	free(f->log);
	free(f->copy);
	free(f->note);
	memset(f, 0, sizeof(*f));
}
