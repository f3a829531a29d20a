/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "finding.h"

#include <stdlib.h>

#include "finding_bounce.h"
#include "finding_mapping.h"
#include "rules.h"
#include "words.h"

const struct dmv_finding_rule dmv_finding_rules[DMV_F_COUNT] = {
	[DMV_F_NONE] = { "none", false, "nothing wrong", "", "" },
	[DMV_F_LEAK_RELEASED] = {
		"leak-released", false, "live, and its adapter is released",
		"The driver put its adapter and still holds this.",
		"Free it before PutDmaAdapter." },
	[DMV_F_LEAK_RELEASING] = {
		"leak-releasing", false, "live while its adapter is being released",
		"The driver called PutDmaAdapter and still holds this.",
		"Free it before PutDmaAdapter." },
	[DMV_F_LEAK_UNLOADED] = {
		"leak-unloaded", false, "live, and its driver is unloaded",
		"The driver went away without freeing this; the device may still write to it.",
		"Stop the device and free everything in the driver's remove routine." },
	[DMV_F_LEAK_ORPHAN] = {
		"leak-orphan", false, "live, and its adapter is not known any more",
		"The adapter this belongs to is gone and its record was used again.",
		"Free it before PutDmaAdapter." },
	[DMV_F_LEAK_ADAPTER] = {
		"leak-adapter", false, "adapter of a driver that is unloaded",
		"The driver was unloaded and never put its adapter.",
		"Call PutDmaAdapter when the device is removed." },
	[DMV_F_GUARD] = {
		"guard", false, "memory around a buffer was overwritten",
		"Device or driver wrote outside the memory that was mapped or allocated for it.",
		"Compare address and length the device was given with those of the mapping." },
	[DMV_F_STALE] = {
		"stale", true, "the device's data has not reached the driver's buffer",
		"The device wrote to the double buffer of a transfer that nobody flushed: "
		"the driver reads its own memory and sees nothing.",
		"Call FlushAdapterBuffers or PutScatterGatherList before reading, or poll memory "
		"from AllocateCommonBuffer, which is not copied." },
	[DMV_F_LATE_WRITE] = {
		"late-write", true, "the driver changed its buffer after mapping it",
		"The driver wrote to a to-device buffer after the map: the device reads the old "
		"bytes.",
		"Fill the buffer before MapTransfer or GetScatterGatherList, or use a common "
		"buffer." },
	[DMV_F_VIOLATION] = {
		"violation", false, "the verifier recorded a violation", "", "" },
	[DMV_F_LEAK_UNBOUND] = {
		"leak-unbound", false, "mapped, and its device has no driver",
		"The driver went away, or its probe failed, and left this mapped; the device may "
		"still write to it.",
		"Stop the device, then unmap and free everything in remove() and where probe() "
		"fails." },
	[DMV_F_LEAK_NO_DEVICE] = {
		"leak-no-device", false, "mapped, and its device is gone",
		"The kernel lists no device at the address that this was mapped for.",
		"Unmap and free everything before the device is removed." },
	[DMV_F_OVERLAP] = {
		"overlap", true, "memory that a device writes is mapped twice",
		"Memory is mapped from device, or both ways, while another such mapping of it is "
		"live: what one brings the end of the other may overwrite with old bytes.",
		"Unmap before mapping again, and let two buffers share no memory. Memory that is "
		"registered for RDMA or shared between devices may be meant to." },
	[DMV_F_UNCHECKED] = {
		"unchecked", true, "mapped, and never checked for an error",
		"The driver did not call dma_mapping_error(): once mapping fails (no bounce "
		"buffer, no bus address) the device is told an address that is none.",
		"Call dma_mapping_error() behind each dma_map_single(), dma_map_page() and "
		"dma_map_resource(), and give up if it says so." },
	[DMV_F_BOUNCE_FULL] = {
		"bounce-full", false, "the bounce pool is full",
		"All its slots are in use: what has to be bounced cannot be mapped, and drivers "
		"fail or wait. Somebody maps and does not unmap, or the pool is too small.",
		"See who holds the slots, and whether that grows; if all of it is in use for a "
		"reason, give the pool more memory (swiotlb=)." },
	[DMV_F_BOUNCE_WAS_FULL] = {
		"bounce-was-full", true, "the bounce pool was full once",
		"Its high-water mark is its size: mappings have failed, or were near it.",
		"Look for \"swiotlb buffer is full\" in the kernel's log; give the pool more memory "
		"(swiotlb=), or map less at a time." },
	[DMV_F_BOUNCE_NEARLY] = {
		"bounce-nearly-full", true, "the bounce pool is nearly full",
		"Seven of eight slots are in use: a mapping takes slots side by side, so large ones "
		"fail before the last slot is taken.",
		"See who holds the slots, and whether that grows; give the pool more memory "
		"(swiotlb=)." },
	[DMV_F_BOUNCE_UNBOOKED] = {
		"bounce-unbooked", true, "bounced, and not on dma-debug's books",
		"Slots are taken before dma-debug books the mapping, and given back after it was "
		"taken off: the machine stopped between.",
		"Nothing, if they are few." },
};

const enum dmv_finding_id dmv_findings_by_weight[] = {
	DMV_F_VIOLATION, DMV_F_GUARD, DMV_F_LEAK_RELEASED, DMV_F_LEAK_RELEASING,
	DMV_F_LEAK_UNLOADED, DMV_F_LEAK_ADAPTER, DMV_F_LEAK_ORPHAN, DMV_F_LEAK_UNBOUND,
	DMV_F_LEAK_NO_DEVICE, DMV_F_BOUNCE_FULL, DMV_F_STALE, DMV_F_LATE_WRITE, DMV_F_OVERLAP,
	DMV_F_BOUNCE_WAS_FULL, DMV_F_BOUNCE_NEARLY, DMV_F_UNCHECKED, DMV_F_BOUNCE_UNBOOKED,
	DMV_F_NONE,
};

/* ---- judgement ---- */

enum hold {                     /* of an adapter over what belongs to it */
	HOLDS,
	UNJUDGED,
	RELEASING,              /* a leak rule says so: it was caught in PutDmaAdapter */
	PUTTING,                /* PutDmaAdapter was running, and no rule has said anything */
	RELEASED,
	UNLOADED,
};

struct dmv_judge {
	const struct dmv_facts *f;
	uint8_t *hold;          /* enum hold, by adapter */
	struct dmv_mappings_judged *mappings;
};

static bool driver_gone(const struct dmv_facts *f, uint32_t driver)
{
	return driver < f->ndriver && f->driver[driver].life == DMV_GONE;
}

static enum hold hold_of(const struct dmv_facts *f, const struct dmv_adapter_fact *a)
{
	if (a->unverified || a->master)
		return UNJUDGED;
	if (driver_gone(f, a->driver))
		return UNLOADED;
	return a->released || a->life == DMV_GONE ? RELEASED : HOLDS;
}

static bool is_leak_rule(uint32_t code, uint64_t p1)
{
	return (code == 0xE6 && p1 >= 0x07 && p1 <= 0x0A) || (code == 0x1DC && p1 == 5);
}

struct dmv_judge *dmv_judge_new(const struct dmv_facts *f)
{
	struct dmv_judge *j = malloc(sizeof(*j));

	if (!j)
		return NULL;
	j->f = f;
	j->hold = calloc(f->nadapter + 1, 1);
	j->mappings = dmv_mappings_judge(f);
	if (!j->hold || !j->mappings) {
		dmv_judge_free(j);
		return NULL;
	}
	for (size_t i = 0; i < f->nadapter; i++)
		j->hold[i] = (uint8_t)hold_of(f, &f->adapter[i]);
	for (size_t i = 0; i < f->ncpu; i++) {
		const struct dmv_cpu_fact *c = &f->cpu[i];

		if (c->op == DMV_OP_PUT_ADAPTER && c->adapter < f->nadapter &&
		    j->hold[c->adapter] == HOLDS)
			j->hold[c->adapter] = PUTTING;
	}
	for (size_t i = 0; i < f->nviolation; i++) {
		const struct dmv_violation_fact *v = &f->violation[i];

		if (v->adapter < f->nadapter && is_leak_rule(v->code, v->p[0]) &&
		    (j->hold[v->adapter] == HOLDS || j->hold[v->adapter] == PUTTING))
			j->hold[v->adapter] = RELEASING;
	}
	return j;
}

void dmv_judge_free(struct dmv_judge *j)
{
	if (!j)
		return;
	dmv_mappings_judged_free(j->mappings);
	free(j->hold);
	free(j);
}

/* An operation that makes or ends this very object was in progress on some CPU. */
static bool in_progress(const struct dmv_facts *f, uint32_t kind, uint32_t index)
{
	for (size_t i = 0; i < f->ncpu; i++) {
		const struct dmv_cpu_fact *c = &f->cpu[i];

		if (c->op && c->op != DMV_OP_VIOLATION && c->op != DMV_OP_CHECK &&
		    c->op != DMV_OP_PUT_ADAPTER && c->op != DMV_OP_DRIVER_UNLOAD &&
		    c->object_kind == kind && c->object == index)
			return true;
	}
	return false;
}

static uint32_t file_of(const struct dmv_facts *f, uint32_t kind, uint32_t i)
{
	switch (kind) {
	case DMV_K_FILE:
		return i;
	case DMV_K_REGISTER:
		return i < f->nreg ? f->reg[i].file : DMV_NO_INDEX;
	case DMV_K_LIST:
		return i < f->nlist ? f->list[i].file : DMV_NO_INDEX;
	default:
		return DMV_NO_INDEX;
	}
}

/* A flush that finds damage stops before it copies or unmaps anything: what it leaves behind is the
 * stop's doing, not the driver's. */
bool dmv_flush_stopped(const struct dmv_facts *f, uint32_t region, uint32_t kind, uint32_t index)
{
	const struct dmv_violation_fact *v;
	uint32_t file = file_of(f, kind, index);

	if (region >= f->nregion || !f->region[region].bug_code ||
	    f->region[region].bug_violation >= f->nviolation || file >= f->nfile)
		return false;
	v = &f->violation[f->region[region].bug_violation];
	return dmv_rule_of_flush(v->code, v->p) && file_of(f, v->object_kind, v->object) == file;
}

struct dmv_finding dmv_judge_object(const struct dmv_judge *j, const struct dmv_object *o)
{
	struct dmv_finding x = { .confidence = DMV_CERTAIN, .region = o->region, .kind = o->kind,
				 .object = o->index, .adapter = o->adapter, .owner = o->owner,
				 .row = DMV_NO_INDEX, .addr = o->addr };
	static const enum dmv_finding_id by_hold[] = {
		[RELEASING] = DMV_F_LEAK_RELEASING, [PUTTING] = DMV_F_LEAK_RELEASING,
		[RELEASED] = DMV_F_LEAK_RELEASED, [UNLOADED] = DMV_F_LEAK_UNLOADED,
	};
	enum hold hold = o->adapter < j->f->nadapter ? j->hold[o->adapter] : HOLDS;

	if (o->kind == DMV_K_MAPPING)
		return dmv_mapping_leak(j->f, o->index);
	if (o->life == DMV_GONE || o->life == 0 || hold == UNJUDGED)
		return x;
	if (o->kind == DMV_K_ADAPTER) {
		if (hold == UNLOADED && !j->f->adapter[o->index].released)
			x.id = DMV_F_LEAK_ADAPTER;
	} else if (o->adapter >= j->f->nadapter) {
		x.id = DMV_F_LEAK_ORPHAN;
		x.confidence = DMV_LIKELY;
	} else {
		x.id = by_hold[hold];
	}
	if (!x.id)
		return x;
	x.stopped = dmv_flush_stopped(j->f, o->region, o->kind, o->index);
	if (x.stopped || o->life == DMV_TRANSITION || hold == PUTTING ||
	    in_progress(j->f, o->kind, o->index))
		x.confidence = DMV_IN_TRANSITION;
	return x;
}

static bool leaks(const struct dmv_judge *j, dmv_finding_fn *fn, void *ctx)
{
	for (const uint32_t *k = dmv_object_kinds; *k; k++) {
		size_t n = dmv_objects(j->f, *k);
		struct dmv_object o;

		for (size_t i = 0; i < n; i += o.rows) {
			struct dmv_finding x;

			dmv_object_get(j->f, *k, i, &o);
			if (dmv_object_is_part(j->f, &o))
				continue;
			x = dmv_judge_object(j, &o);
			if (x.id && !fn(ctx, &x))
				return false;
		}
	}
	return true;
}

static bool judged(const struct dmv_judge *j, uint32_t adapter)
{
	return adapter >= j->f->nadapter || !j->f->adapter[adapter].unverified;
}

static bool guards(const struct dmv_judge *j, dmv_finding_fn *fn, void *ctx)
{
	for (size_t i = 0; i < j->f->nguard; i++) {
		const struct dmv_guard_fact *g = &j->f->guard[i];
		struct dmv_finding x = { .id = DMV_F_GUARD, .confidence = DMV_CERTAIN,
					 .region = g->region, .kind = g->object_kind,
					 .object = g->object, .adapter = g->adapter,
					 .owner = g->owner, .row = (uint32_t)i, .addr = g->addr };

		if (in_progress(j->f, g->object_kind, g->object))
			x.confidence = DMV_IN_TRANSITION;
		if (judged(j, g->adapter) && !fn(ctx, &x))
			return false;
	}
	return true;
}

static bool stale(const struct dmv_judge *j, dmv_finding_fn *fn, void *ctx)
{
	for (size_t i = 0; i < j->f->nstale; i++) {
		const struct dmv_stale_fact *s = &j->f->stale[i];
		bool list = s->list < j->f->nlist;
		struct dmv_finding x = { .id = s->to_device ? DMV_F_LATE_WRITE : DMV_F_STALE,
					 .confidence = DMV_LIKELY, .region = s->region,
					 .kind = list ? DMV_K_LIST : DMV_K_FILE,
					 .object = list ? s->list : s->file,
					 .adapter = s->adapter, .owner = s->owner,
					 .row = (uint32_t)i, .addr = s->va };

		x.stopped = dmv_flush_stopped(j->f, s->region, DMV_K_FILE, s->file);
		if (x.stopped || in_progress(j->f, DMV_K_LIST, s->list) ||
		    in_progress(j->f, DMV_K_FILE, s->file) ||
		    in_progress(j->f, DMV_K_REGISTER, s->reg))
			x.confidence = DMV_IN_TRANSITION;
		if (judged(j, s->adapter) && !fn(ctx, &x))
			return false;
	}
	return true;
}

static bool violations(const struct dmv_judge *j, dmv_finding_fn *fn, void *ctx)
{
	for (size_t i = 0; i < j->f->nviolation; i++) {
		const struct dmv_violation_fact *v = &j->f->violation[i];
		struct dmv_finding x = { .id = DMV_F_VIOLATION, .confidence = DMV_CERTAIN,
					 .region = v->region, .kind = v->object_kind,
					 .object = v->object, .adapter = v->adapter,
					 .owner = v->site, .row = (uint32_t)i, .addr = v->p[1] };

		if (!fn(ctx, &x))
			return false;
	}
	return true;
}

bool dmv_findings(const struct dmv_judge *j, unsigned what, dmv_finding_fn *fn, void *ctx)
{
	return (!(what & DMV_FIND_VIOLATIONS) || violations(j, fn, ctx)) &&
	       (!(what & DMV_FIND_GUARDS) || guards(j, fn, ctx)) &&
	       (!(what & DMV_FIND_LEAKS) || leaks(j, fn, ctx)) &&
	       (!(what & DMV_FIND_STALE) || stale(j, fn, ctx)) &&
	       (!(what & DMV_FIND_MAPPINGS) || dmv_mappings_findings(j->mappings, fn, ctx)) &&
	       (!(what & DMV_FIND_BOUNCE) || dmv_bounce_findings(j->f, fn, ctx));
}

const char *dmv_confidence_word(enum dmv_confidence c)
{
	static const char *const words[] = { "", "certain", "likely", "in transition" };

	return (unsigned)c < 4 ? words[c] : "";
}

const char *dmv_finding_reason(const struct dmv_finding *x)
{
	return x->stopped ? "the flush was stopped by the bugcheck" : NULL;
}

bool dmv_finding_warning(const struct dmv_facts *f, const struct dmv_finding *x)
{
	const struct dmv_rule_text *r;

	if (x->id != DMV_F_VIOLATION || x->row >= f->nviolation)
		return dmv_finding_rules[x->id].warning;
	r = dmv_rule_of(f->violation[x->row].code, f->violation[x->row].p);
	return r && r->warning;
}
