/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Common buffers: where their tags and padding are, and that they fit their block. */
#include <inttypes.h>

#include "facts_verify_int.h"

#define PADDING_PAGES 64u               /* more padding around a buffer than this is no padding */

static void buffer_guard(struct dmv_check *c, const struct dmv_buffer_fact *b,
			 const struct dmv_damage *d, enum dmv_guard_what what)
{
	struct dmv_guard_fact *x = dmv_verify_guard(c, d, what);

	if (!x)
		return;
	x->object_kind = DMV_K_BUFFER;
	x->object = (uint32_t)(b - c->f->buffer);
	x->adapter = b->adapter;
	x->start = b->va;
	x->length = b->bytes;
	x->offset = (int64_t)(x->addr - b->va);
	x->owner = b->owner;
}

/* Is there room for tags and padding, and for nothing that is none? */
static bool fits(const struct dmv_check *c, const struct dmv_buffer_fact *b)
{
	const uint64_t limit = (uint64_t)PADDING_PAGES * c->g->page_bytes;
	uint64_t front = b->va - b->block_virt, back = b->block_bytes - front - b->bytes;

	if (b->va < b->block_virt || front < 8 || front > limit || front > b->block_bytes)
		return false;
	if (b->bytes > UINT64_MAX - b->va - limit || b->bytes > b->block_bytes - front)
		return false;
	if (back < 8 || back > limit)
		return false;
	return b->phys == DMV_NO_ADDR ||
	       (b->phys >= front && b->phys <= UINT64_MAX - b->bytes - limit);
}

void dmv_verify_buffer(struct dmv_check *c, const struct dmv_buffer_fact *b)
{
	uint64_t front = b->va - b->block_virt, back = b->block_bytes - front - b->bytes;
	struct dmv_where start = { b->va, b->phys }, end = dmv_plus(start, b->bytes);
	struct dmv_damage before = { 0 }, after = { 0 };

	if (b->va == b->block_virt)             /* not verified: neither tags nor padding */
		return;
	if (!fits(c, b)) {
		DMV_NOTE_ROW(c, "buffer", b, "va 0x%" PRIx64 " and bytes 0x%" PRIx64
			     " do not fit block_virt 0x%" PRIx64 " and block_bytes 0x%" PRIx64,
			     b->va, b->bytes, b->block_virt, b->block_bytes);
		return;
	}
	/* Tags first: they stand next to the driver's bytes, and the first damage is shown. */
	dmv_verify_tag(c, &before, dmv_plus(start, (uint64_t)-8));
	dmv_verify_fill(c, &before, dmv_plus(start, -front), front - 8);
	buffer_guard(c, b, &before, DMV_G_TAG_BEFORE);
	dmv_verify_tag(c, &after, end);
	dmv_verify_fill(c, &after, dmv_plus(end, 8), back - 8);
	buffer_guard(c, b, &after, DMV_G_TAG_AFTER);
}
