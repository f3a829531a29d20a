/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Bounce buffers that differ from what is bounced. While a transfer goes on that is as it should
 * be: Linux keeps no age of a mapping, so none of it is called wrong.
 */
#include <string.h>

#include "bounce.h"
#include "evidence.h"
#include "words.h"

struct row {
	uint64_t bounce, original, length, offset, differ, adapter;
	const char *title, *direction, *device, *owner, *caller;
	struct dmv_bytes device_sees, driver_sees;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct row, title, "", DMV_S_STR, "what may be wrong"),
	DMV_COL(struct row, direction, "", DMV_S_STR, "to device, from device, both ways"),
	DMV_COL(struct row, bounce, "", DMV_S_BARE, "bounce buffer, physical"),
	DMV_COL(struct row, original, "", DMV_S_BARE, "the driver's memory, physical"),
	DMV_COL(struct row, length, "", DMV_S_SIZE, "bytes compared"),
	DMV_COL(struct row, offset, "", DMV_S_SIZE, "of the first difference"),
	DMV_COL(struct row, differ, "", DMV_S_SIZE, "bytes that differ"),
	DMV_COL(struct row, adapter, "", DMV_S_ADDR, "its struct device"),
	DMV_COL(struct row, device, "", DMV_S_STR, "device or driver"),
	DMV_COL(struct row, owner, "", DMV_S_STR, "function that mapped it"),
	DMV_COL(struct row, caller, "", DMV_S_STR, "the same with offset"),
	DMV_COL(struct row, device_sees, "", DMV_S_BYTES,
		"what the device sees, from the first difference"),
	DMV_COL(struct row, driver_sees, "", DMV_S_BYTES, "what the driver sees"),
	{ 0 }
};

static const struct dmv_table table = {
	"bounced", cols,
	"{title} (in transition, if its transfer goes on)\n"
	"   Buffer:   {original}, length {length}: bytes that differ {differ}, first at offset "
	"{offset}\n"
	"   Bounced:  {bounce}, {direction|direction unknown}\n"
	"   Device:   {device|unknown}\n"
	"?caller|   Owner:    {caller}\n"
};

static const struct {
	const char *title, *word;
} directions[] = {
	[DMV_DIR_BOTH] = { "device and driver see different bytes", "both ways" },
	[DMV_DIR_TO_DEVICE] = { "the driver changed its buffer after mapping it", "to device" },
	[DMV_DIR_FROM_DEVICE] = { "the device's data has not reached the driver's buffer",
				  "from device" },
	[DMV_DIR_NONE] = { "device and driver see different bytes", NULL },
};

static bool say(struct dmv_ses *s, const struct dmv_copy_fact *c)
{
	const struct dmv_facts *f = &s->facts;
	const struct dmv_slot_fact *x = &f->slot[c->slot];
	const bool known = c->direction.known && c->direction.value <= DMV_DIR_NONE;
	const unsigned way = known ? (unsigned)c->direction.value : DMV_DIR_NONE;
	const uint32_t owner = x->said == DMV_SAID_DMA_DEBUG ? f->mapping[x->object].owner :
			       DMV_NO_INDEX;
	struct row r = {
		.title = directions[way].title, .direction = directions[way].word,
		.bounce = x->addr, .original = x->original, .length = c->bytes,
		.offset = c->offset, .differ = c->differ, .device = dmv_adapter_name(f, x->adapter),
		.adapter = dmv_adapter_handle(f, x->adapter), .owner = dmv_site_owner(f, owner),
		.caller = dmv_site_text(f, owner), .device_sees = { c->bounce, c->n },
		.driver_sees = { c->original, c->n },
	};
	struct dmv_stale_fact t = { .va = x->original, .offset = c->offset,
				    .shadow_addr = x->addr + c->offset, .n = c->n };

	memcpy(t.shadow, c->bounce, c->n);
	memcpy(t.original, c->original, c->n);
	dmv_about(s, r.adapter, r.bounce);
	dmv_out_gap(s->out);
	return dmv_out_row(s->out, &table, &r) &&
	       (dmv_out_format(s->out) == DMV_JSON || dmv_evidence_stale_bytes(s->out, &t));
}

static bool is_known(const struct dmv_copy_fact *c)
{
	return c->direction.known && c->direction.value < DMV_DIR_NONE;
}

enum dmv_code dmv_bounce_stale(struct dmv_ses *s, bool all)
{
	const struct dmv_facts *f = &s->facts;
	size_t hidden = 0;

	if (!s->mem)
		return dmv_fail(&s->err, DMV_E_USAGE, "comparing bytes needs a target");
	if (dmv_facts_bounced(&s->facts, s->mem, s->stop, &s->err))
		return s->err.code;
	s->err = (struct dmv_err){ .addr = DMV_NO_ADDR };
	dmv_out_table(s->out, &table);
	for (size_t i = 0; i < f->ncopy; i++) {
		hidden += !all && !is_known(&f->copy[i]);
		if ((all || is_known(&f->copy[i])) && !say(s, &f->copy[i]))
			return DMV_E_STOPPED;
	}
	dmv_out_line(s->out, "%s%zu of %llu bounce buffers differ from what is bounced",
		     f->ncopy > hidden ? "\n" : "", f->ncopy,
		     (unsigned long long)f->copies_compared);
	if (hidden)
		dmv_out_note(s->out, "%zu of them are not shown: nobody knows their direction; "
			     "stale -a does", hidden);
	if (f->copies_unplaced)
		dmv_out_note(s->out, "%llu bounce buffers were not compared: whose they are is not "
			     "known, so not where in its slot the data begins",
			     (unsigned long long)f->copies_unplaced);
	if (f->ncopy)
		dmv_out_note(s->out, "a bounce buffer that differs is no finding: while a transfer "
			     "goes on it does, and Linux does not keep since when");
	return DMV_E_OK;
}
