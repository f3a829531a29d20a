/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* bounce: the bounce pools of a Linux kernel: how full, who holds the slots, what is mapped. */
#include "cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "bounce.h"
#include "finding_bounce.h"
#include "words.h"

struct pool {
	uint64_t pool, slots, in_use, used, high, unread, free;
	uint32_t devices, mappings;
	const char *kind, *full, *force, *grows, *restricted;
};

static const struct dmv_col pool_cols[] = {
	DMV_COL(struct pool, pool, "POOL", DMV_S_ADDR, "its struct io_tlb_mem"),
	DMV_COL(struct pool, kind, "KIND", DMV_S_STR, "default, restricted, its own (a device's)"),
	DMV_COL(struct pool, slots, "SLOTS", DMV_S_U64, "of 2048 bytes each"),
	DMV_COL(struct pool, in_use, "IN USE", DMV_S_U64, "slots, by what is in them"),
	DMV_COL(struct pool, used, NULL, DMV_S_U64, "slots in use by the kernel's own counters"),
	DMV_COL(struct pool, full, "FULL", DMV_S_STR, "the same in per cent"),
	DMV_COL(struct pool, high, "MOST", DMV_S_U64,
		"slots that were in use at one time; kernels since 6.3 keep it"),
	DMV_COL(struct pool, mappings, "MAPPINGS", DMV_S_U32, "in them"),
	DMV_COL(struct pool, devices, "DEVICES", DMV_S_U32, "that bounce in it, or might"),
	DMV_COL(struct pool, force, "FORCED", DMV_S_STR, "everything is bounced"),
	DMV_COL(struct pool, grows, NULL, DMV_S_STR, "it takes more memory as it is needed"),
	DMV_COL(struct pool, restricted, NULL, DMV_S_STR, "common buffers come out of it, too"),
	DMV_COL(struct pool, unread, NULL, DMV_S_U64, "slots that could not be read"),
	{ 0 }
};

static const struct dmv_table pool_table = { "pools", pool_cols, NULL };

struct piece {
	uint64_t pool, record, start, end, slots, in_use, used;
	const char *device;
};

static const struct dmv_col piece_cols[] = {
	DMV_COL(struct piece, pool, "POOL", DMV_S_ADDR, "that it is of"),
	DMV_COL(struct piece, record, NULL, DMV_S_ADDR, "its own structure"),
	DMV_COL(struct piece, start, "START", DMV_S_BARE, "physical address"),
	DMV_COL(struct piece, end, "END", DMV_S_BARE, "the first one behind it"),
	DMV_COL(struct piece, slots, "SLOTS", DMV_S_U64, "of 2048 bytes each"),
	DMV_COL(struct piece, in_use, "IN USE", DMV_S_U64, "by what is in them"),
	DMV_COL(struct piece, used, NULL, DMV_S_U64, "by the kernel's own counters"),
	DMV_COL(struct piece, device, "MADE FOR", DMV_S_STR, "a device, for one mapping"),
	{ 0 }
};

static const struct dmv_table piece_table = { "memory", piece_cols, NULL };

struct holder {
	uint64_t adapter, mappings, slots, bytes;
	const char *device, *driver, *share;
};

static const struct dmv_col holder_cols[] = {
	DMV_COL(struct holder, device, "HOLDER", DMV_S_STR, "name of the device"),
	DMV_COL(struct holder, driver, "DRIVER", DMV_S_STR, "bound to it"),
	DMV_COL(struct holder, adapter, "ADAPTER", DMV_S_ADDR, "its struct device"),
	DMV_COL(struct holder, mappings, "MAPPINGS", DMV_S_U64, "that bounce"),
	DMV_COL(struct holder, slots, "SLOTS", DMV_S_U64, "they hold"),
	DMV_COL(struct holder, bytes, "BYTES", DMV_S_SIZE, "mapped"),
	DMV_COL(struct holder, share, "SHARE", DMV_S_STR, "of all slots in use"),
	{ 0 }
};

static const struct dmv_table holder_table = { "holders", holder_cols, NULL };

struct slot {
	uint64_t bounce, original, length, adapter, pool;
	uint32_t slots, first, padding;
	const char *device, *state, *said;
	bool exact;
};

static const struct dmv_col slot_cols[] = {
	DMV_COL(struct slot, bounce, "BOUNCE", DMV_S_BARE, "physical address in the pool"),
	DMV_COL(struct slot, exact, NULL, DMV_S_BOOL,
		"false: it begins somewhere in that slot, by the device's alignment"),
	DMV_COL(struct slot, original, "ORIGINAL", DMV_S_BARE, "what is bounced, physical"),
	DMV_COL(struct slot, length, "LENGTH", DMV_S_SIZE, "bytes"),
	DMV_COL(struct slot, first, NULL, DMV_S_U32, "first slot in its memory"),
	DMV_COL(struct slot, slots, "SLOTS", DMV_S_U32, "it holds"),
	DMV_COL(struct slot, padding, NULL, DMV_S_U32, "of them, in front of the data"),
	DMV_COL(struct slot, state, "STATE", DMV_S_STR,
		"mapped, common buffer (memory of the pool itself), in transition"),
	DMV_COL(struct slot, device, "DEVICE", DMV_S_STR, "whose it is, if that is known"),
	DMV_COL(struct slot, said, NULL, DMV_S_STR, "who says so"),
	DMV_COL(struct slot, adapter, NULL, DMV_S_ADDR, "its struct device"),
	DMV_COL(struct slot, pool, NULL, DMV_S_ADDR, "struct io_tlb_mem"),
	{ 0 }
};

static const struct dmv_table slot_table = { "mappings", slot_cols, NULL };

/* ---- pools ---- */

static const char *yes(const struct dmv_known *k)
{
	return !k->known ? NULL : k->value ? "yes" : "no";
}

static bool say_pool(struct dmv_ses *s, const struct dmv_pool_fact *x)
{
	const uint64_t used = dmv_bounce_used(x);
	char full[DMV_SHARE_TEXT];
	struct pool p = {
		.pool = x->handle, .slots = x->slots, .in_use = x->in_use,
		.used = dmv_or_none(&x->used), .high = dmv_or_none(&x->high), .unread = x->unread,
		.devices = x->users, .mappings = x->mappings, .kind = x->name,
		.full = dmv_share_text(used, x->slots, full), .force = yes(&x->force),
		.grows = yes(&x->grows), .restricted = yes(&x->restricted),
	};

	return dmv_out_row(s->out, &pool_table, &p);
}

static bool say_pieces(struct dmv_ses *s)
{
	const struct dmv_facts *f = &s->facts;

	for (size_t i = 0; i < f->nbounce; i++) {
		const struct dmv_bounce_fact *x = &f->bounce[i];
		struct piece p = {
			.pool = f->pool[x->pool].handle, .record = x->record, .start = x->start,
			.end = x->start == DMV_NO_ADDR ? DMV_NO_ADDR : x->start + x->bytes,
			.slots = x->slots, .in_use = x->in_use, .used = dmv_or_none(&x->used),
			.device = dmv_adapter_name(f, x->adapter),
		};

		if (!dmv_out_row(s->out, &piece_table, &p))
			return false;
	}
	return true;
}

/* ---- who holds them ---- */

static int by_slots(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	if (x->slots != y->slots)
		return x->slots > y->slots ? -1 : 1;
	return x->adapter < y->adapter ? -1 : x->adapter > y->adapter;
}

/* Of one pool, NO_INDEX: of all. by[nadapter]: nobody knows whose. */
static uint64_t count(const struct dmv_facts *f, uint32_t pool, struct holder *by)
{
	uint64_t all = 0;

	for (size_t i = 0; i <= f->nadapter; i++) {
		const struct dmv_adapter_fact *a = dmv_adapter_at(f, (uint32_t)i);

		by[i].adapter = dmv_adapter_handle(f, (uint32_t)i);
		by[i].device = a ? a->name : "unknown";
		by[i].driver = a ? dmv_adapter_owner(f, (uint32_t)i) : NULL;
	}
	for (size_t i = 0; i < f->nslot; i++) {
		const struct dmv_slot_fact *x = &f->slot[i];
		struct holder *h = &by[x->adapter < f->nadapter ? x->adapter : f->nadapter];

		if (pool != DMV_NO_INDEX && x->pool != pool)
			continue;
		all += x->count;
		h->slots += x->count;
		h->mappings++;
		h->bytes += x->bytes == UINT64_MAX ? 0 : x->bytes;
	}
	return all;
}

static enum dmv_code say_holders(struct dmv_ses *s, uint32_t pool)
{
	const struct dmv_facts *f = &s->facts;
	struct holder *by = calloc(f->nadapter + 1, sizeof(*by));
	bool go = true;
	uint64_t all;

	if (!by)
		return dmv_no_memory(s);
	all = count(f, pool, by);
	qsort(by, f->nadapter + 1, sizeof(*by), by_slots);
	for (size_t i = 0; go && i <= f->nadapter && by[i].slots; i++) {
		char share[DMV_SHARE_TEXT];

		by[i].share = dmv_share_text(by[i].slots, all, share);
		go = dmv_out_row(s->out, &holder_table, &by[i]);
	}
	free(by);
	return go ? DMV_E_OK : DMV_E_STOPPED;
}

/* ---- who may ---- */

static const struct dmv_col candidate_cols[] = {
	DMV_COL(struct holder, device, "MAY HOLD", DMV_S_STR, "name of the device"),
	DMV_COL(struct holder, driver, "DRIVER", DMV_S_STR, "bound to it"),
	DMV_COL(struct holder, adapter, "ADAPTER", DMV_S_ADDR, "its struct device"),
	{ 0 }
};

static const struct dmv_table candidate_table = { "candidates", candidate_cols, NULL };

static bool any_unknown(const struct dmv_facts *f, uint32_t pool)
{
	for (size_t i = 0; i < f->nslot; i++)
		if (f->slot[i].adapter >= f->nadapter &&
		    (pool == DMV_NO_INDEX || f->slot[i].pool == pool))
			return true;
	return false;
}

/* Where slots are held and nobody knows by whom: devices of the pool, NO_INDEX of all, that have a
 * driver and master the bus. */
static bool say_candidates(struct dmv_ses *s, uint32_t pool)
{
	const struct dmv_facts *f = &s->facts;

	dmv_out_table(s->out, &candidate_table);
	if (!any_unknown(f, pool))
		return true;
	for (size_t i = 0; i < f->ndevice; i++) {
		const struct dmv_device_fact *d = &f->device[i];
		const bool here = pool == DMV_NO_INDEX ? d->bounce_pool < f->npool :
				  d->bounce_pool == pool;
		struct holder h = { .adapter = dmv_adapter_handle(f, d->adapter),
				    .device = dmv_adapter_name(f, d->adapter),
				    .driver = dmv_adapter_owner(f, d->adapter) };

		if (here && d->driver.value && d->bus_master.value &&
		    !dmv_out_row(s->out, &candidate_table, &h))
			return false;
	}
	return true;
}

bool dmv_bounce_held(struct dmv_ses *s, uint32_t pool)
{
	dmv_out_table(s->out, &holder_table);
	return dmv_bounce_pool_brief(s, &s->facts.pool[pool]) && !say_holders(s, pool) &&
	       say_candidates(s, pool);
}

/* ---- what is wrong ---- */

struct wrong {
	const char *finding, *title, *confidence, *cause, *fix;
	uint64_t pool;
};

static const struct dmv_col wrong_cols[] = {
	DMV_COL(struct wrong, finding, "", DMV_S_STR, "rule"),
	DMV_COL(struct wrong, title, "", DMV_S_STR, "what is wrong"),
	DMV_COL(struct wrong, pool, "", DMV_S_ADDR, "with which pool"),
	DMV_COL(struct wrong, confidence, "", DMV_S_STR, "certain, likely"),
	DMV_COL(struct wrong, cause, "", DMV_S_STR, "cause"),
	DMV_COL(struct wrong, fix, "", DMV_S_STR, "fix"),
	{ 0 }
};

static const struct dmv_table wrong_table = {
	"findings", wrong_cols,
	"\n{title} ({confidence}): {pool}\n"
	"Why: {cause}\n"
	"Do:  {fix}\n"
};

struct walk {
	struct dmv_ses *s;
	uint64_t unbooked;
};

static bool say_wrong(void *ctx, const struct dmv_finding *x)
{
	const struct dmv_finding_rule *r = &dmv_finding_rules[x->id];
	struct walk *w = ctx;
	struct wrong d = { .finding = r->name, .title = r->title, .pool = x->addr,
			   .confidence = dmv_confidence_word(x->confidence), .cause = r->cause,
			   .fix = r->fix };

	if (x->confidence == DMV_IN_TRANSITION) {
		w->unbooked++;
		return true;
	}
	w->s->found = true;
	return dmv_out_row(w->s->out, &wrong_table, &d);
}

static bool judge(struct dmv_ses *s)
{
	struct walk w = { .s = s };

	dmv_out_table(s->out, &wrong_table);
	if (!dmv_bounce_findings(&s->facts, say_wrong, &w))
		return false;
	if (w.unbooked)
		dmv_out_note(s->out, "%llu mappings are in transition and no finding: dma-debug "
			     "has them not yet on its books, or not any more",
			     (unsigned long long)w.unbooked);
	return true;
}

/* ---- mappings ---- */

static bool say_slot(struct dmv_ses *s, const struct dmv_slot_fact *x)
{
	const struct dmv_facts *f = &s->facts;
	struct slot d = {
		.bounce = x->addr, .original = x->original, .length = x->bytes,
		.adapter = dmv_adapter_handle(f, x->adapter), .pool = f->pool[x->pool].handle,
		.slots = x->count, .first = x->first, .padding = x->padding, .exact = x->exact,
		.device = dmv_adapter_name(f, x->adapter), .state = dmv_bounce_state(f, x),
		.said = dmv_said_word(x->said),
	};

	dmv_about(s, d.adapter, d.bounce);
	return dmv_out_row(s->out, &slot_table, &d);
}

static bool say_slots(struct dmv_ses *s, uint32_t only)
{
	for (size_t i = 0; i < s->facts.nslot; i++)
		if ((only == DMV_NO_INDEX || s->facts.slot[i].adapter == only) &&
		    !say_slot(s, &s->facts.slot[i]))
			return false;
	return true;
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	const struct dmv_facts *f = &s->facts;
	uint32_t only = DMV_NO_INDEX;
	enum dmv_code code;

	if (av->v[0].set && dmv_find_adapter(s, &av->v[0], &only))
		return s->err.code;
	dmv_out_table(s->out, &pool_table);
	dmv_out_table(s->out, &piece_table);
	dmv_out_table(s->out, &holder_table);
	if (!f->npool)
		dmv_out_line(s->out, "No bounce pools: a Linux kernel has them, if it was built "
				     "with swiotlb.");
	for (size_t i = 0; i < f->npool; i++)
		if (!say_pool(s, &f->pool[i]))
			return DMV_E_STOPPED;
	if (!say_pieces(s))
		return DMV_E_STOPPED;
	code = say_holders(s, DMV_NO_INDEX);
	if (code || !say_candidates(s, DMV_NO_INDEX))
		return code ? code : DMV_E_STOPPED;
	if (av->v[1].set || only != DMV_NO_INDEX) {
		dmv_out_table(s->out, &slot_table);
		if (!say_slots(s, only))
			return DMV_E_STOPPED;
	}
	return judge(s) ? DMV_E_OK : DMV_E_STOPPED;
}

static const struct dmv_arg args[] = {
	{ "ADAPTER", DMV_ARG_ADAPTER, false, "only mappings of this device, by address or name" },
	{ "-a", DMV_ARG_FLAG, false, "list every mapping" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_bounce = {
	.name = "bounce",
	.summary = "Linux's bounce pools: how full, who holds the slots",
	.help = "What a device cannot reach, or may not, Linux copies through a pool of slots of\n"
		"2048 bytes (swiotlb). Shows each pool, how full it is and was at most, the\n"
		"memory it has, and by device how many slots its mappings hold; with a device\n"
		"or -a each mapping. The kernel does not keep whose a slot is: that is said\n"
		"where a pool serves one device, or where dma-debug or a verifier's region has\n"
		"a mapping with that address; else the devices that may hold slots are listed:\n"
		"those that have a driver and master the bus.",
	.examples = "bounce  how full, and who holds the slots\n"
		    "bounce -a  every mapping\n"
		    "bounce edu  those of one device",
	.args = args,
	.next = "?analyze, bounce -a, who {o}",
	.needs_facts = true,
	.topics = DMV_TOPICS_NAMES | DMV_TOPIC_BOUNCE | DMV_TOPIC(DMV_K_MAPPING),
	.run = run,
};
