/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What the commands make of a Linux kernel's own books of mappings, and what they must not. */
#include "world.h"

enum { DEVICES = 3, MAPPINGS = 24, STACKS = 3 };

static const uint64_t frames[] = { 0xffffffff81000010, 0xffffffffc0000020 };

/* Devices: 0 with a driver, 1 without, 2 with one nobody knows. Stack 1 is of a pool of pages. */
struct books {
	struct dmv_adapter_fact adapter[DEVICES];
	struct dmv_device_fact device[DEVICES];
	struct dmv_mapping_fact mapping[MAPPINGS];
	struct dmv_stack stack[STACKS];
};

#define KNOWN(v) { true, v }

/* One more, live and checked, of 0x100 bytes that are its own. */
static struct dmv_mapping_fact *map(struct books *b, struct dmv_facts *f, uint32_t device)
{
	struct dmv_mapping_fact *x = &b->mapping[f->nmapping++];
	const uint64_t at = 0x10000 * f->nmapping;

	*x = (struct dmv_mapping_fact){
		.region = DMV_NO_INDEX, .life = DMV_LIVE, .adapter = device, .owner = 0,
		.entry = 0xffff888000100000 + 0x80 * f->nmapping,
		.device = device < DEVICES ? b->adapter[device].device : 0xffff88800dead000,
		.bus = KNOWN(0xf0000000 + at), .bytes = KNOWN(0x100), .phys = at,
		.phys_bytes = 0x100, .type = DMV_MAP_SINGLE, .type_number = KNOWN(0),
		.direction = KNOWN(DMV_DIR_FROM_DEVICE), .error = KNOWN(DMV_ERR_CHECKED),
		.sg_calls = KNOWN(0), .sg_mapped = KNOWN(0),
	};
	return x;
}

static void make(struct books *b, struct dmv_facts *f)
{
	static const char *const names[] = { "0000:00:02.0", "0000:00:03.0", "0000:00:04.0" };

	*f = (struct dmv_facts){ .provider = "kernel", .adapter = b->adapter, .nadapter = DEVICES,
		.device = b->device, .ndevice = DEVICES, .mapping = b->mapping, .stack = b->stack,
		.nstack = STACKS };
	f->debug = (struct dmv_debug_fact){ .there = true, .disabled = KNOWN(0),
		.entries = KNOWN(65536), .free = KNOWN(65000), .lowest = KNOWN(64000),
		.errors = KNOWN(2), .buckets = 16384 };
	for (uint32_t i = 0; i < DEVICES; i++) {
		b->adapter[i] = (struct dmv_adapter_fact){ .region = DMV_NO_INDEX,
			.life = DMV_LIVE, .name = names[i], .handle = 0xffff888000001000 * (1 + i),
			.device = 0xffff888000001000 * (1 + i), .record = 0, .linux_device = i,
			.driver = DMV_NO_INDEX, .owner = DMV_NO_INDEX, .releaser = DMV_NO_INDEX };
		b->device[i] = (struct dmv_device_fact){ .adapter = i, .pool = DMV_NO_ADDR,
							 .driver = { i < 2, !i } };
	}
	b->adapter[0].driver_name = "edu";
	for (uint32_t i = 0; i < STACKS; i++)
		b->stack[i] = (struct dmv_stack){ .frame = frames, .depth = 2, .first = 1,
			.page_pool = i == 1, .text = i ? "net!rx_fill+0x20" : "edu!probe+0x20",
			.owner = i ? "net!rx_fill" : "edu!probe" };
}

static void leaks(struct books *b, struct dmv_facts *f)
{
	make(b, f);
	map(b, f, 0);
	map(b, f, 2);
	is(f, "leaks", 0, "0 leaked, 2 live: leaks -a\n", "a driver is bound, or may be");
	map(b, f, 1);
	is(f, "leaks", 1,
	   "KIND     BUS       LENGTH  PHYSICAL  DEVICE        STATE  OWNER\n"
	   "mapping  f0030000   0x100  30000     0000:00:03.0  leak   edu!probe\n"
	   "\n"
	   "Stack of edu!probe+0x20, 1 of these:\n"
	   "  ffffffff81000010  0xffffffff81000010\n"
	   "  ffffffffc0000020  edu!probe+0x20\n"
	   "\n"
	   "1 leaked, 3 live: leaks -a\n", "no driver, and mapped");
	has(DMV_JSON, f, "leaks", 1, "\"rule\":\"leak-unbound\"", "its rule");
	has(DMV_TEXT, f, "analyze", 1, "mapped, and its device has no driver (certain)", "verdict");
	has(DMV_TEXT, f, "summary", 0, "1  mapped, and its device has no driver  certain",
	    "a leak in the summary");
	b->mapping[2].owner = 1;
	has(DMV_TEXT, f, "leaks", 1, "leak (likely)", "a pool of pages may outlive its driver");
	b->mapping[2].life = DMV_TRANSITION;
	has(DMV_TEXT, f, "leaks", 0, "in transition", "what is being taken off is no leak");
	b->mapping[2].life = DMV_LIVE;
	b->mapping[2].failed = true;
	b->mapping[2].bus.value = UINT64_MAX;
	has(DMV_TEXT, f, "leaks", 0, "0 leaked", "what was never mapped is no leak");
	has(DMV_TEXT, f, "leaks -a", 0, "failed", "and it says so");
	make(b, f);
	map(b, f, DMV_NO_INDEX);
	has(DMV_TEXT, f, "leaks", 0, "0 leaked", "a device on no bus");
	b->mapping[0].orphan = true;
	has(DMV_JSON, f, "leaks", 1, "\"rule\":\"leak-no-device\"", "a device that is gone");
	has(DMV_TEXT, f, "leaks", 1, "leak (likely)", "how sure that is");
	f->debug.disabled.value = 1;
	has(DMV_TEXT, f, "leaks", 0, "0 leaked", "books that ended early prove nothing");
}

static void overlaps(struct books *b, struct dmv_facts *f)
{
	make(b, f);
	for (int i = 0; i < 3; i++)
		map(b, f, 0);
	is(f, "check", 0, "3 mappings: no overlap, none unchecked\n", "side by side");
	b->mapping[1].phys = b->mapping[0].phys + 0x100;
	has(DMV_TEXT, f, "check", 0, "no overlap", "end to end");
	b->mapping[1].phys--;
	has(DMV_TEXT, f, "check", 1,
	    "memory that a device writes is mapped twice (likely)\n"
	    "   Device:   0000:00:02.0, mappings of it: 1\n"
	    "   By:       edu!probe+0x20\n"
	    "   First:    f0020000, 0x100 bytes at 100ff\n"
	    "   Overlaps: f0010000, 0000:00:02.0, by edu!probe+0x20\n", "by a byte");
	b->mapping[0].bytes.value = b->mapping[0].phys_bytes = 0x100000;
	has(DMV_TEXT, f, "check", 1, "mappings of it: 2\n", "all in one");
	b->mapping[0].direction.value = DMV_DIR_TO_DEVICE;
	has(DMV_TEXT, f, "check", 0, "no overlap", "the device reads one");
	b->mapping[0].direction.value = DMV_DIR_BOTH;
	b->mapping[0].life = DMV_TRANSITION;
	has(DMV_TEXT, f, "check", 0, "mapped twice (in transition)", "one is being taken off");
	b->mapping[0].life = DMV_LIVE;
	b->mapping[0].type = DMV_MAP_COHERENT;
	has(DMV_TEXT, f, "check", 0, "no overlap", "a coherent buffer");
	b->mapping[0].type = DMV_MAP_SG;
	b->mapping[0].phys_bytes = 0;
	has(DMV_TEXT, f, "check", 0, "no overlap", "merged segments: nobody knows their memory");
	b->mapping[0].phys_bytes = 0x100000;
	b->mapping[0].phys = UINT64_MAX - 5;
	has(DMV_TEXT, f, "check", 0, "no overlap", "memory at the end of the world");
}

static void unchecked(struct books *b, struct dmv_facts *f)
{
	make(b, f);
	for (int i = 0; i < 18; i++)
		map(b, f, 0);
	b->mapping[5].error.value = DMV_ERR_NOT_CHECKED;
	has(DMV_TEXT, f, "check", 0, "never checked for an error (in transition)",
	    "one of many was caught between the two calls");
	b->mapping[6].error.value = b->mapping[7].error.value = DMV_ERR_NOT_CHECKED;
	has(DMV_TEXT, f, "check", 1, "never checked for an error (likely)\n"
	    "   Device:   0000:00:02.0, mappings of it: 3\n", "some are, some are not");
	for (int i = 0; i < 18; i++)
		b->mapping[i].error.value = DMV_ERR_NOT_CHECKED;
	has(DMV_TEXT, f, "check", 1, "never checked for an error (certain)\n"
	    "   Device:   0000:00:02.0, mappings of it: 18\n", "none is");
	f->nmapping = 1;
	has(DMV_TEXT, f, "check", 1, "(likely)", "the only one");
	b->mapping[0].error.known = false;
	has(DMV_TEXT, f, "check", 0, "none unchecked", "nobody knows");
	b->mapping[0].error = (struct dmv_known)KNOWN(DMV_ERR_NOT_APPLICABLE);
	has(DMV_TEXT, f, "check", 0, "none unchecked", "nothing to check");
}

static void who(struct books *b, struct dmv_facts *f)
{
	make(b, f);
	map(b, f, 0);
	is(f, "who f0010010", 0,
	   "AS   KIND     BUS       LENGTH  OFFSET  STATE  DEVICE        OWNER\n"
	   "bus  mapping  f0010000   0x100   +0x10  live   0000:00:02.0  edu!probe\n",
	   "by bus address");
	has(DMV_TEXT, f, "who 100ff", 0, "physical  mapping", "by physical address");
	has(DMV_TEXT, f, "who ffff888000100080", 0, "dma-debug's entry", "by its entry");
	has(DMV_TEXT, f, "who 10100", 0, "No DMA object owns or owned 10100. Nearest:",
	    "behind its end");
	b->mapping[0].phys_bytes = 0;
	has(DMV_TEXT, f, "who 10010", 0, "No DMA object", "memory that is not known to be its own");
	b->mapping[0].failed = true;
	has(DMV_TEXT, f, "who f0010010", 0, "No DMA object", "what failed has no address");
}

static void lists(struct books *b, struct dmv_facts *f)
{
	make(b, f);
	map(b, f, 0);
	map(b, f, 0)->type = DMV_MAP_COHERENT;
	map(b, f, 0)->error.value = DMV_ERR_NOT_CHECKED;
	map(b, f, 1);
	has(DMV_TEXT, f, "dma edu 6", 0,
	    "\n   Mappings:\n"
	    "      f0010000: 100 bytes at 10000, mapping, from device\n"
	    "         by edu!probe+0x20\n"
	    "      f0030000: 100 bytes at 30000, mapping, from device, not checked for errors\n"
	    "         by edu!probe+0x20\n"
	    "\n   Common buffers:\n"
	    "      f0020000: 100 bytes at 20000, coherent buffer, from device\n"
	    "         by edu!probe+0x20\n", "of one device");
	has(DMV_JSON, f, "dma 0 2", 0, "\"call_sites\":[{\"site\":0,\"index\":0,"
	    "\"addr\":\"0xffffffff81000010\"", "stacks");
	b->mapping[3].adapter = DMV_NO_INDEX;
	has(DMV_TEXT, f, "dma 0 2", 0, "\nMappings of no device that is listed:\n"
	    "      f0040000: 100 bytes at 40000, mapping, from device\n", "of a device that is gone");
	b->mapping[0].bus.known = b->mapping[0].direction.known = false;
	b->mapping[0].type = DMV_MAP_OTHER;
	b->mapping[0].phys = DMV_NO_ADDR;
	has(DMV_TEXT, f, "dma edu 2", 0, "      ?: 100 bytes at ?, mapping, ?\n", "unknown");
	has(DMV_TEXT, f, "summary", 0,
	    "ADAPTER           DEVICE        MAPPINGS  BYTES  BUFFERS  BYTES  OWNER\n"
	    "ffff888000001000  0000:00:02.0         2  0x200        1  0x100  edu\n", "summary");
	has(DMV_TEXT, f, "summary", 0, "dma-debug:  on, entries free 65000 of 65536, fewest 64000; "
	    "errors seen 2\n", "its state");
}

static void none(struct books *b, struct dmv_facts *f)
{
	struct dmv_ses s = { .loaded = true };
	struct answer a;

	make(b, f);
	f->debug = (struct dmv_debug_fact){ .there = false };
	dmv_fail(&s.region_err, DMV_E_NOTFOUND, "no region");
	s.facts = *f;
	a = ask_in(&s, DMV_TEXT, "leaks");
	T_CHECKF(a.code == 3 && strstr(a.err.msg, "no region; nor does its kernel keep books of "
		 "mappings: it has no dma-debug"), "no books", "%d: %s", a.code, a.err.msg);
	free(a.text);
	s.facts.debug = (struct dmv_debug_fact){ .there = true, .disabled = KNOWN(1) };
	a = ask_in(&s, DMV_TEXT, "check");
	T_CHECKF(a.code == 3 && strstr(a.err.msg, "dma-debug is off"), "books that are off",
		 "%d: %s", a.code, a.err.msg);
	free(a.text);
}

int main(void)
{
	static struct books b;
	struct dmv_facts f;

	leaks(&b, &f);
	overlaps(&b, &f);
	unchecked(&b, &f);
	who(&b, &f);
	lists(&b, &f);
	none(&b, &f);
	return t_done();
}
