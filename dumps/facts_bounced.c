/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Bounce buffers against what is bounced, byte by byte in the dump. */
#include <inttypes.h>

#include "facts_int.h"

enum { PIECE = 4096 };

struct work {
	struct dmv_facts *f;
	struct dmv_mem *m;
	uint64_t left;                  /* bytes: sound pools lie in the target's memory, once */
	uint64_t lost_at;
	bool spent, no_memory;
};

/* Bytes of a mapping: what dma-debug says, else its slots; what they can hold at most. */
static uint64_t length(const struct dmv_facts *f, const struct dmv_slot_fact *s)
{
	const uint64_t start = f->bounce[s->bounce].start + (uint64_t)s->first * DMV_BOUNCE_SLOT;
	const uint64_t room = start + (uint64_t)s->count * DMV_BOUNCE_SLOT - s->addr;
	uint64_t bytes = s->bytes;

	if (s->said == DMV_SAID_DMA_DEBUG && f->mapping[s->object].bytes.known)
		bytes = f->mapping[s->object].bytes.value;
	return bytes < room ? bytes : room;
}

static void differ(struct dmv_copy_fact *c, uint64_t at, const uint8_t *bounce,
		   const uint8_t *original, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bounce[i] == original[i])
			continue;
		if (!c->differ++) {
			c->offset = at + i;
			c->n = n - i < sizeof(c->bounce) ? (uint32_t)(n - i) : sizeof(c->bounce);
			memcpy(c->bounce, bounce + i, c->n);
			memcpy(c->original, original + i, c->n);
		}
	}
}

/* False: not all of both can be read. */
static bool compare(struct work *w, const struct dmv_slot_fact *s, struct dmv_copy_fact *c)
{
	uint8_t bounce[PIECE], original[PIECE];
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	size_t n;

	for (uint64_t at = 0; at < c->bytes; at += n) {
		n = c->bytes - at < PIECE ? (size_t)(c->bytes - at) : PIECE;
		if (dmv_mem_read(w->m, DMV_PHYS, s->addr + at, bounce, n, &e) ||
		    dmv_mem_read(w->m, DMV_PHYS, s->original + at, original, n, &e)) {
			if (!w->f->copies_unreadable)
				w->lost_at = e.addr;
			return false;
		}
		if (memcmp(bounce, original, n))
			differ(c, at, bounce, original, n);
	}
	return true;
}

static void one(struct work *w, uint32_t slot)
{
	const struct dmv_slot_fact *s = &w->f->slot[slot];
	struct dmv_copy_fact c = { .slot = slot }, *fact;

	if (s->original == DMV_NO_ADDR || s->unbooked)
		return;
	if (!s->exact || s->addr == DMV_NO_ADDR) {
		w->f->copies_unplaced++;
		return;
	}
	c.bytes = length(w->f, s);
	w->spent = c.bytes > w->left;
	if (w->spent)
		return;
	w->left -= c.bytes;
	if (!compare(w, s, &c)) {
		w->f->copies_unreadable++;
		return;
	}
	w->f->copies_compared++;
	if (!c.differ)
		return;
	if (s->said == DMV_SAID_DMA_DEBUG)
		c.direction = w->f->mapping[s->object].direction;
	fact = DMV_PUSH(w->f->copy, w->f->ncopy);
	w->no_memory = !fact;
	if (fact)
		*fact = c;
}

static uint64_t held(const struct dmv_mem *m)
{
	uint64_t n = 64 << 20;

	for (size_t i = 0; i < m->nrange[DMV_PHYS]; i++)
		n += m->range[DMV_PHYS][i].end - m->range[DMV_PHYS][i].start;
	return n;
}

static enum dmv_code forget(struct dmv_facts *f, enum dmv_code code, const char *why,
			    struct dmv_err *e)
{
	f->ncopy = 0;
	f->copies_compared = f->copies_unreadable = f->copies_unplaced = 0;
	return dmv_fail(e, code, "%s", why);
}

enum dmv_code dmv_facts_bounced(struct dmv_facts *f, struct dmv_mem *m, const bool *stop,
				struct dmv_err *e)
{
	struct work w = { .f = f, .m = m, .left = held(m) };

	if (f->bounced)
		return DMV_E_OK;
	for (uint32_t i = 0; i < f->nslot && !w.spent && !w.no_memory; i++) {
		if (stop && *(const volatile bool *)stop)
			return forget(f, DMV_E_STOPPED, "stopped while comparing", e);
		one(&w, i);
	}
	if (w.no_memory)
		return forget(f, DMV_E_MEMORY, "no memory to compare bounce buffers", e);
	if (f->copies_unreadable)
		dmv_note_add(f, DMV_TOPIC_VERIFY, w.lost_at, "%" PRIu64 " of %" PRIu64 " bounce "
			     "buffers cannot be compared: not all of them, or of what is bounced, "
			     "is there; first at 0x%" PRIx64, f->copies_unreadable,
			     f->copies_unreadable + f->copies_compared, w.lost_at);
	if (w.spent)
		dmv_note_add(f, DMV_TOPIC_VERIFY, DMV_NO_ADDR, "the bounced mappings are larger "
			     "than the target: not all of them were compared");
	f->bounced = true;
	return DMV_E_OK;
}
