/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Rows that give names to others: strings, the images of the writer, call sites. They are never
 * freed, so what is not LIVE was never made.
 */
#include <inttypes.h>
#include <stdio.h>

#include "facts_rows_int.h"

#define IMAGES_MAX 4096                 /* each is compared with all others by name */

enum dmv_code dmv_fact_string(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	enum dmv_life life = dmv_fact_life(r, p, at, DMV_ABI_K_STRING);
	struct dmv_pending *w = r->pending;
	const size_t room = at->stride > offsetof(struct dmv_abi_string, text) ?
			    at->stride - offsetof(struct dmv_abi_string, text) : 0;
	size_t n = U32(string, length);
	const char **s;

	if (life != DMV_LIVE)
		return DMV_E_OK;
	if (n > room) {
		DMV_NOTE(r, DMV_TOPIC(DMV_K_STRING), at->record,
			 "string row %u: length %zu is more than its %zu bytes", at->row, n, room);
		n = room;
	}
	s = dmv_fact_new(r, at, &w->string, &w->nstring, sizeof(*s));
	if (!s)
		return DMV_E_MEMORY;
	n = strnlen((const char *)PTR(string, text), n);
	*s = dmv_arena_text(r->f, (const char *)PTR(string, text), n);
	return DMV_E_OK;
}

static void name_image(struct dmv_reading *r, const struct dmv_image_fact *im, const uint8_t *id,
		       size_t n)
{
	struct dmv_err e;

	if (!r->names || !*im->name || r->pending->images++ >= IMAGES_MAX)
		return;
	if (dmv_names_add_image(r->names, im->name, im->base, im->bytes, n ? id : NULL, n, &e))
		DMV_NOTE(r, 0, im->base, "%.200s", e.msg);
}

enum dmv_code dmv_fact_image(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	enum dmv_life life = dmv_fact_life(r, p, at, DMV_ABI_K_IMAGE);
	struct dmv_image_fact *im;
	uint32_t n = U32(image, build_id_n);

	if (life != DMV_LIVE)
		return DMV_E_OK;
	if (n > 32) {
		DMV_NOTE(r, DMV_TOPIC(DMV_K_IMAGE), at->record,
			 "image row %u: build_id_n is %u, there is room for 32", at->row, n);
		n = 0;
	}
	im = DMV_FACT(image);
	if (!im)
		return DMV_E_MEMORY;
	im->region = r->index;
	im->name = dmv_ref_string(r, PTR(image, name));
	im->base = U64(image, base);
	im->bytes = U64(image, bytes);
	dmv_hex(im->build_id, PTR(image, build_id), n);
	name_image(r, im, PTR(image, build_id), n);
	return DMV_E_OK;
}

/* A return address may be the first byte of the next function, where the call does not return: the
 * byte before it is in the right one. */
void dmv_stack_name(struct dmv_facts *f, struct dmv_names *n, struct dmv_stack *s)
{
	char text[256], owner[256];
	struct dmv_place pl;
	uint64_t at;

	s->text = s->owner = "";
	if (s->first >= s->depth)
		return;
	at = s->frame[s->first];
	if (!n || !dmv_names_place(n, at - 1, &pl)) {
		snprintf(text, sizeof(text), "0x%016" PRIx64, at);
		s->text = s->owner = dmv_arena_text(f, text, strlen(text));
		return;
	}
	snprintf(text, sizeof(text), "%s%s%s+0x%" PRIx64, pl.module, pl.function[0] ? "!" : "",
		 pl.function, pl.offset + 1);
	s->text = dmv_arena_text(f, text, strlen(text));
	s->owner = s->text;
	if (!pl.function[0])
		return;
	snprintf(owner, sizeof(owner), "%s!%s", pl.module, pl.function);
	s->owner = dmv_arena_text(f, owner, strlen(owner));
}

enum dmv_code dmv_fact_site(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	enum dmv_life life = dmv_fact_life(r, p, at, DMV_ABI_K_SITE);
	const uint32_t head = offsetof(struct dmv_abi_site, frame);
	uint32_t room = at->stride > head ? (at->stride - head) / 8 : 0, depth = U32(site, depth);
	struct dmv_stack *s;
	uint64_t *frame;

	if (life != DMV_LIVE)
		return DMV_E_OK;
	if (depth > room) {
		DMV_NOTE(r, DMV_TOPIC(DMV_K_SITE), at->record,
			 "site row %u: depth %u is more than its %u frames", at->row, depth, room);
		depth = room;
	}
	frame = dmv_arena(r->f, depth * sizeof(*frame));
	if (!frame)
		return dmv_fail(r->e, DMV_E_MEMORY, "no memory for call sites");
	s = DMV_FACT(stack);
	if (!s)
		return DMV_E_MEMORY;
	for (uint32_t i = 0; i < depth; i++)
		frame[i] = dmv_r64(r, p + head + 8 * (size_t)i);
	s->frame = frame;
	s->depth = depth;
	dmv_stack_name(r->f, r->names, s);
	return DMV_E_OK;
}
