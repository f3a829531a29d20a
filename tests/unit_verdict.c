/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What the commands make of the facts: leaks, stale shadows, guards, the verdict of analyze. */
#include "words.h"
#include "world.h"

static void leaks(struct world *w, struct dmv_facts *f)
{
	w->adapter[0].released = true;
	has(DMV_TEXT, f, "leaks", 1, "7 leaked, 7 live\n", "all of a released adapter");
	has(DMV_JSON, f, "leaks", 1, "\"rule\":\"leak-released\"", "rule of a leak");
	w->adapter[0].unverified = true;
	has(DMV_TEXT, f, "leaks", 0, "0 leaked", "what is unverified is not judged");
	world_make(w, f);
	w->driver[0].life = DMV_GONE;
	has(DMV_TEXT, f, "leaks", 1, "8 leaked, 8 live\n", "driver gone, its adapter too");
	world_make(w, f);
	f->nviolation = 1;
	w->violation[0] = (struct dmv_violation_fact){ .code = 0xE6, .rule = 9,
		.p = { 7, 0x82f06cd0, 4 }, .adapter = 0, .object = DMV_NO_INDEX, .site = 0,
		.prior_site = DMV_NO_INDEX, .evidence.addr = DMV_NO_ADDR };
	has(DMV_JSON, f, "leaks", 1, "\"rule\":\"leak-releasing\"",
	    "adapter caught in its release");
	f->nviolation = 0;
	f->ncpu = 1;
	w->cpu[0] = (struct dmv_cpu_fact){ .op = DMV_OP_PUT_ADAPTER, .adapter = 0,
					   .object_kind = DMV_K_ADAPTER, .object = 0 };
	has(DMV_TEXT, f, "leaks", 0, "in transition", "release that was just running is no leak");
	world_make(w, f);
	w->adapter[0].released = true;
	w->buffer[0].life = DMV_TRANSITION;
	has(DMV_TEXT, f, "leaks", 1, "6 leaked, 7 live\n",
	    "buffer caught between two stores is no leak");
	world_make(w, f);
	has(DMV_TEXT, f, "leaks -a", 0, "mapping            f83c003c", "all that is live");
	w->buffer[3].adapter = DMV_NO_INDEX;
	has(DMV_TEXT, f, "leaks", 1, "leak (likely)", "owner not known any more");
	world_make(w, f);
}

/* The bugcheck stopped a flush: what it leaves unflushed is its doing. */
static void stopped(struct world *w, struct dmv_facts *f)
{
	static const struct {
		uint64_t p1, p2;
		uint32_t kind, object;
		bool stopped;
		const char *name;
	} cases[] = {
		{ 0x0F, 5, DMV_K_REGISTER, 0, true, "guard of this very mapping" },
		{ 0x0F, 4, DMV_K_FILE, 1, true, "guard of its file" },
		{ 0x0F, 3, DMV_K_LIST, 0, true, "free register of its list" },
		{ 0x80000004, 0, DMV_K_REGISTER, 0, true, "to-device buffer that was written" },
		{ 0x20, 0, DMV_K_FILE, 1, true, "flush of another part" },
		{ 0x0F, 5, DMV_K_REGISTER, 1, false, "guard of another mapping" },
		{ 0x0F, 2, DMV_K_BUFFER, 1, false, "tag of a common buffer" },
		{ 0x10, 1, DMV_K_FILE, 1, false, "registers freed without a flush" },
		{ 0x0A, 1, DMV_K_LIST, 0, false, "list leaked" },
		{ 0x0F, 5, DMV_K_REGISTER, 99, false, "object that is none" },
	};

	f->nstale = f->shadows_compared = f->nviolation = f->nlist = 1;
	w->list[0] = (struct dmv_list_fact){ .life = DMV_LIVE, .adapter = 0, .file = 1,
					     .owner = DMV_NO_INDEX };
	w->region[0].bug_code = 0xE6;
	w->region[0].bug_violation = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->violation[0] = (struct dmv_violation_fact){ .code = 0xE6, .adapter = 0,
			.p = { cases[i].p1, cases[i].p2 }, .object_kind = cases[i].kind,
			.object = cases[i].object, .site = DMV_NO_INDEX,
			.prior_site = DMV_NO_INDEX };
		has(DMV_TEXT, f, "stale", cases[i].stopped ? 0 : 1, cases[i].stopped
		    ? "(in transition: the flush was stopped by the bugcheck)\n" : "(likely)\n",
		    cases[i].name);
	}
	w->violation[0].p[0] = 0x0F;
	w->violation[0].p[1] = 5;
	w->violation[0].object = 0;
	has(DMV_JSON, f, "stale", 0, "\"reason\":\"the flush was stopped by the bugcheck\"",
	    "stopped flush as JSON");
	has(DMV_TEXT, f, "leaks -a", 0, "flush stopped",
	    "what the stopped flush held, in leaks -a");
	w->adapter[0].released = true;
	has(DMV_JSON, f, "leaks", 1, "\"state\":\"flush stopped\"", "and in leaks");
	has(DMV_TEXT, f, "leaks", 1, "6 leaked, 8 live", "and is not counted");
	w->adapter[0].released = false;
	w->region[0].bug_violation = DMV_NO_INDEX;
	has(DMV_TEXT, f, "stale", 1, "(likely)", "bugcheck without its violation stops no flush");
}

static void stale(struct world *w, struct dmv_facts *f)
{
	struct dmv_stale_fact s = { .reg = 0, .adapter = 0, .file = 1, .list = DMV_NO_INDEX,
		.va = 0xf83c003c, .bytes = 0xBC, .offset = 0x40, .differ = 1, .age = 1000000,
		.owner = 0, .shadow_addr = 0x82e0607c, .n = 2, .shadow = { 0xAB, 0 },
		.original = { 0, 0 } };

	w->stale[0] = s;
	f->nstale = f->shadows_compared = 1;
	is(f, "stale", 1,
	   "the device's data has not reached the driver's buffer (likely)\n"
	   "   Buffer:   f83c003c, length 0xbc: bytes that differ 0x1, first at offset 0x40\n"
	   "   Mapping:  map register file 82f06228, at least 1.0s old\n"
	   "   Adapter:  82f06cd0 ndis\n"
	   "   Owner:    NDIS!NdisMAllocateMapRegisters+0x51\n"
	   "      f83c007c  +0x40    00 00                                            ..                driver's buffer\n"
	   "      82e0607c  +0x40    ab 00                                            ..                double buffer\n"
	   "\n"
	   "Why: The device wrote to the double buffer of a transfer that nobody flushed: the driver reads "
	   "its own memory and sees nothing.\n"
	   "Do:  Call FlushAdapterBuffers or PutScatterGatherList before reading, or poll memory from "
	   "AllocateCommonBuffer, which is not copied.\n"
	   "\n"
	   "1 of 1 double buffers differ from the driver's buffer\n", "stale");
	has(DMV_TEXT, f, "analyze", 1, "Fix:   Call FlushAdapterBuffers",
	    "analyze of a stale transfer");
	f->ncpu = 1;
	w->cpu[0] = (struct dmv_cpu_fact){ .op = DMV_OP_FLUSH, .adapter = 0,
					   .object_kind = DMV_K_FILE, .object = 1 };
	has(DMV_TEXT, f, "stale", 0, "(in transition)", "a flush that was just running");
	f->ncpu = 0;
	w->stale[0].to_device = true;
	has(DMV_JSON, f, "stale", 1, "\"kind\":\"late-write\"", "the driver wrote too late");
	world_make(w, f);
	w->stale[0] = s;
	stopped(w, f);
	world_make(w, f);
	f->shadows_unreadable = 3;
	f->nnote = 1;
	w->note[0] = (struct dmv_note){ .topic = DMV_TOPIC_VERIFY,
					.text = "3 double buffers cannot be read" };
	is(f, "stale", 4,
	   "0 of 0 double buffers differ from the driver's buffer\n"
	   "note: damaged or missing: 3 double buffers cannot be read\n",
	   "what is not there is said once");
	world_make(w, f);
}

static void verdicts(struct world *w, struct dmv_facts *f)
{
	struct dmv_evidence e = { .addr = 0x82e060f8, .offset = 0xBC, .bad = 2, .expected = 0xF,
				  .n = 2, .bytes = { 0x5a, 0x5b } };

	is(f, "analyze", 0,
	   "No bugcheck, no violation, no leak; guards intact, nothing stale.\n\nNext:\n"
	   "  summary                      what there is\n", "analyze of a clean target");
	is(f, "violations", 0, "No violation was recorded.\n", "no violation");
	is(f, "bugcheck", 0, "No bugcheck: the verifier did not stop this target.\n",
	   "no bugcheck");
	f->nviolation = 1;
	w->violation[0] = (struct dmv_violation_fact){ .code = 0xE6, .rule = 21, .sequence = 1,
		.action = 2, .p = { 0xF, 5, 0xf83c003c, 0x82e060f8 }, .adapter = 0,
		.object_kind = DMV_K_REGISTER, .object = 0, .site = 0, .prior_site = 1,
		.time = 5000000, .prior_time = 4000000, .evidence = e };
	w->region[0].bug_code = 0xE6;
	memcpy(w->region[0].bug_p, w->violation[0].p, sizeof(w->region[0].bug_p));
	w->region[0].bug_violation = 0;
	w->region[0].bug_time = 5000000;
	is(f, "!analyze -v", 1,
	   "DRIVER_VERIFIER_DMA_VIOLATION (e6)\n"
	   "the device wrote past the end of the mapped buffer\n"
	   "\n"
	   "Arg1: 0000000f, GUARD_AFTER\n"
	   "Arg2: 00000005, kind of the violation\n"
	   "Arg3: f83c003c, buffer start\n"
	   "Arg4: 82e060f8, address of the corruption\n"
	   "\n"
	   "Cause: The device was told a longer transfer than was mapped for it (overrun).\n"
	   "Fix:   Give the device the length that MapTransfer or the list element says.\n"
	   "\n"
	   "Adapter: 82f06cd0  owner NDIS!NdisMAllocateMapRegisters, live\n"
	   "Driver:  ndis\n"
	   "Object:  mapping f83c003c of 0xbc bytes, made by NDIS!NdisMAllocateMapRegisters+0x51, 1.0s ago\n"
	   "\n"
	   "Stack of the call that was caught:\n"
	   "  9fe24351  NDIS!NdisMAllocateMapRegisters+0x51\n"
	   "  80500000  \n"
	   "\n"
	   "Stack of the earlier call it is about, 1.0s before:\n"
	   "  9fe24400  NDIS!NdisMAllocateSharedMemory+0x8\n"
	   "\n"
	   "Evidence: 2 bytes changed, 0f was laid there\n"
	   "      82e060f8  +0xbc    5a 5b                                            Z[\n"
	   "\n"
	   "Next:\n"
	   "  dma 82f06cd0 f               the adapter: counters, registers, buffers, lists\n"
	   "  events 82f06cd0              what it did last\n", "analyze of a bugcheck");
	has(DMV_TEXT, f, "violations", 1, "1  0ns  e6/f/5  stop", "violations");
	w->region[0].bug_violation = DMV_NO_INDEX;
	has(DMV_TEXT, f, "analyze", 1, "past the end of the mapped buffer",
	    "bugcheck without its violation");
	world_make(w, f);
	f->nguard = f->guards_checked = 1;
	w->guard[0] = (struct dmv_guard_fact){ .what = DMV_G_TAG_BEFORE,
		.object_kind = DMV_K_BUFFER, .object = 1, .adapter = 0, .start = 0x82e817f8,
		.length = 0x12010, .addr = 0x82e817f7, .offset = -1, .bad = 1,
		.expected = UINT32_MAX, .n = 1, .bytes = { 0 }, .owner = 1 };
	is(f, "check", 1,
	   "memory in front of a common buffer was overwritten\n"
	   "   Where:    tag in front, bytes that changed 1, first at 82e817f7, buffer start -0x1\n"
	   "   Object:   common buffer 82e817f8\n"
	   "   Buffer:   82e817f8, length 0x12010\n"
	   "   Adapter:  82f06cd0 ndis\n"
	   "   Owner:    NDIS!NdisMAllocateSharedMemory+0x8\n"
	   "   Expected: \"DmaVrfy0\", found:\n"
	   "      82e817f7  -0x1     00                                               .\n"
	   "\n"
	   "1 of 1 guards overwritten\n", "check");
	has(DMV_TEXT, f, "analyze", 1,
	    "memory in front of a common buffer was overwritten (certain)", "analyze of a guard");
	world_make(w, f);
}

int main(void)
{
	static struct world w;
	struct dmv_facts f;

	world_make(&w, &f);
	leaks(&w, &f);
	stale(&w, &f);
	verdicts(&w, &f);
	return T_DONE();
}
