/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Literal facts -> command -> text, JSON and exit code. What commands judge: unit_verdict.c. */
#include "dmv_abi.h"
#include "mem_int.h"
#include "words.h"
#include "world.h"

/* The screens of Microsoft's page on !dma, with our own addresses for the registers and the lines
 * that say more. */
static void published(const struct dmv_facts *f)
{
	is(f, "!dma", 0,
	   "Dumping all DMA adapters...\n\n"
	   "Adapter: 82f06cd0     Owner: NDIS!NdisMAllocateMapRegisters (ndis)\n"
	   "Master adapter: 80076800\n", "!dma");
	is(f, "!dma 82f06cd0", 0,
	   "Adapter: 82f06cd0     Owner: NDIS!NdisMAllocateMapRegisters (0x9fe24351)\n"
	   " MasterAdapter:       80076800\n"
	   "   Adapter base Va      00000000\n"
	   "   Map register base:   00000000\n"
	   " WCB:                 82f2b604\n"
	   "   Map registers: 00000002 mapped, 00000840 allocated, 00000002 max\n"
	   "\n"
	   "   Dma verifier additional information:\n"
	   "   DeviceObject: 82f98690\n"
	   "   Map registers:        00000840 allocated, 00000000 freed\n"
	   "   Scatter-gather lists: 00000000 allocated, 00000000 freed\n"
	   "   Common buffers:       00000004 allocated, 00000000 freed\n"
	   "   Adapter channels:     00000420 allocated, 00000420 freed\n"
	   "   Bytes mapped since last flush: 000000f2\n"
	   "   Driver: ndis\n", "!dma ADAPTER");
	is(f, "!dma 82f06cd0 2", 0,
	   "Adapter: 82f06cd0     Owner: NDIS!NdisMAllocateMapRegisters\n"
	   "\n"
	   "  Map register file 82f06c58 (0/2 mapped)\n"
	   "     Double buffer mdl: 82f05000 (0x5000 bytes)\n"
	   "     Map registers:\n"
	   "        82f06000: Not mapped\n"
	   "        82f08000: Not mapped\n"
	   "\n"
	   "  Map register file 82f06228 (1/2 mapped)\n"
	   "     Double buffer mdl: 82e05000 (0x5000 bytes)\n"
	   "     Map registers:\n"
	   "        82e06000: 00bc bytes mapped to f83c003c, to device\n"
	   "        82e08000: Not mapped\n"
	   "\n"
	   "  Map register file 82fa5ad8 (1/2 mapped)\n"
	   "     Double buffer mdl: 82d05000 (0x5000 bytes)\n"
	   "     Map registers:\n"
	   "        82d06000: 0036 bytes mapped to 82d17102, to device\n"
	   "        82d08000: Not mapped\n", "!dma ADAPTER 2");
	is(f, "!dma 82f06cd0 4", 0,
	   "Adapter: 82f06cd0     Owner: NDIS!NdisMAllocateMapRegisters\n"
	   "\n"
	   "   Common buffer allocated by NDIS!NdisMAllocateSharedMemory:\n"
	   "      Length:           1000\n"
	   "      Virtual address:  82e77000\n"
	   "      Physical address: 2a77000\n"
	   "\n"
	   "   Common buffer allocated by NDIS!NdisMAllocateSharedMemory:\n"
	   "      Length:           12010\n"
	   "      Virtual address:  82e817f8\n"
	   "      Physical address: 2a817f8\n"
	   "\n"
	   "   Common buffer allocated by NDIS!NdisMAllocateSharedMemory:\n"
	   "      Length:           4300\n"
	   "      Virtual address:  82e95680\n"
	   "      Physical address: 2a95680\n"
	   "\n"
	   "   Common buffer allocated by NDIS!NdisMAllocateSharedMemory:\n"
	   "      Length:           4800\n"
	   "      Virtual address:  82e9d400\n"
	   "      Physical address: 2a9d400\n", "!dma ADAPTER 4");
	has(DMV_TEXT, f, "!dma 1", 2,
	    "FLAGS, a sum:\n   1  generic information (the default)\n   2  map registers\n",
	    "!dma 1 prints short help");
	has(DMV_TEXT, f, "dma 82f06cd0 40", 2, "FLAGS, a sum:", "unknown flags print short help");
	has(DMV_TEXT, f, "dma 82f06cd0 10", 0, "Device description: not kept",
	    "description that is absent");
	has(DMV_TEXT, f, "dma 82f06cd0 20", 0, "Wait context block: none", "no wait context block");
	has(DMV_TEXT, f, "dma 82f06cd0 8", 0, "Scatter/gather lists: none", "no lists");
	has(DMV_TEXT, f, "dma 80076800 4", 0, "Common buffers: none", "no common buffers");
	has(DMV_TEXT, f, "dma 80076800 2", 0, "Map register files: none", "no map register files");
	has(DMV_JSON, f, "dma", 0,
	    "\"adapter\":\"0x82f06cd0\",\"owner\":\"NDIS!NdisMAllocateMapRegisters\"",
	    "dma as JSON");
}

/* Damage counts where the answer lacks what it took, and nowhere else. */
static void topics(struct world *w, const struct dmv_facts *f)
{
	static const struct {
		const char *line;
		uint32_t kinds;         /* bit: the line rests on this kind */
	} cases[] = {
#define K(kind) (1u << DMV_K_##kind)
#define NAMES (K(ADAPTER) | K(SITE) | K(STRING) | K(IMAGE) | K(DRIVER))
#define OBJECTS (NAMES | K(FILE) | K(REGISTER) | K(LIST) | K(BUFFER) | K(VECTOR) | K(CHANNEL))
#define JUDGE (K(VIOLATION) | K(CPU))
		{ "dma", NAMES },
		{ "dma name:ndis", NAMES },
		{ "dma name:ndis 2", NAMES | K(FILE) | K(REGISTER) },
		{ "dma name:ndis 4", NAMES | K(BUFFER) | K(VECTOR) },
		{ "dma name:ndis 8", NAMES | K(LIST) | K(REGISTER) },
		{ "dma name:ndis 10", NAMES },
		{ "dma name:ndis 20", NAMES | K(CHANNEL) },
		{ "dma name:ndis 0", OBJECTS },
		{ "leaks", OBJECTS | JUDGE },
		{ "summary", OBJECTS | JUDGE },
		{ "who 1000", OBJECTS },
		{ "violations", NAMES | K(VIOLATION) },
		{ "events", NAMES | K(EVENT) },
		{ "bugcheck", K(VIOLATION) },
		{ "bugcheck e6 9", 0 },
		{ "help", 0 },
		{ "check", NAMES | JUDGE | K(FILE) | K(REGISTER) | K(BUFFER) | 1u << 31 },
		{ "stale", NAMES | JUDGE | K(FILE) | K(REGISTER) | K(LIST) | 1u << 31 },
		{ "region", ~(1u << 31) },
		{ "analyze", ~0u },
#undef JUDGE
#undef OBJECTS
#undef NAMES
#undef K
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t got = 0, want = cases[i].kinds & ((1u << DMV_K_COUNT) - 2 + (1u << 31));

		for (uint32_t k = 1; k < 32; k = k + 1 == DMV_K_COUNT ? 31 : k + 1) {
			struct answer a;

			w->note[0].topic = 1u << k;
			a = ask(DMV_TEXT, f, cases[i].line);
			got |= (uint32_t)(a.code == 4) << k;
			free(a.text);
		}
		T_CHECKF(got == want, cases[i].line, "exit 4 for topics 0x%x, want 0x%x", got,
			 want);
	}
}

/* Virtual, physical and bus address, live and freed, of a mapping and of a common buffer. */
static void owners(struct world *w, struct dmv_facts *f)
{
	static const struct {
		const char *addr, *space, *kind;
	} cases[] = {
		{ "f83c0040", "virtual", "mapping" },
		{ "1040", "physical", "mapping" },
		{ "2e06040", "bus", "mapping" },
		{ "82e06040", "shadow", "mapping" },
		{ "82e81800", "virtual", "common buffer" },
		{ "2a81800", "physical", "common buffer" },
		{ "9000008", "bus", "common buffer" },
		{ "82e81004", "padding", "common buffer" },
		{ "82e81801", "virtual", "common buffer" },
	};
	char line[64], want[192];

	w->buffer[1].bus = 0x9000000;
	for (int gone = 0; gone < 2; gone++) {
		w->buffer[1].life = w->reg[0].life = gone ? DMV_GONE : DMV_LIVE;
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			snprintf(line, sizeof(line), "who %s", cases[i].addr);
			snprintf(want, sizeof(want), "\"space\":\"%s\",\"kind\":\"%s\",",
				 cases[i].space, cases[i].kind);
			has(DMV_JSON, f, line, 0, want, line);
			has(DMV_JSON, f, line, 0,
			    gone ? "\"state\":\"gone\"" : "\"state\":\"live\"",
			    gone ? "and it is gone" : "and it is live");
		}
	}
	w->buffer[0].va = w->buffer[1].va;
	w->buffer[0].life = DMV_LIVE;
	has(DMV_TEXT, f, "who 82e817f8", 0, "0x1000    +0x0  live ",
	    "who owns it now comes first");
	has(DMV_TEXT, f, "who 82f06cd0", 0,
	    "handle         adapter            82f06cd0       -     +0x0  live",
	    "who is an adapter");
	has(DMV_TEXT, f, "who name:ndis", 0, "handle         adapter", "who by name");
	has(DMV_TEXT, f, "who 7fffffff00000000", 0, "No DMA object owns or owned",
	    "who is unknown");
}

static void others(struct world *w, struct dmv_facts *f)
{
	has(DMV_TEXT, f, "who 82e0603c", 0, "shadow         mapping", "who owns a shadow");
	has(DMV_TEXT, f, "who 103d", 0, "physical  mapping  f83c003c    0xbc    +0x1",
	    "who owns a physical address");
	has(DMV_TEXT, f, "who 2a817f8", 0, "physical  common buffer  82e817f8",
	    "who owns a common buffer");
	has(DMV_TEXT, f, "who 5", 0, "No DMA object owns or owned 5. Nearest:",
	    "who owns nothing");
	owners(w, f);
	world_make(w, f);
	f->nevent = 3;
	for (uint32_t i = 0; i < 3; i++)
		w->event[i] = (struct dmv_event_fact){ .cpu = i & 1, .sequence = i + 1,
			.op = DMV_OP_MAP, .adapter = 0, .object_kind = DMV_K_NONE,
			.object = DMV_NO_INDEX, .site = 0, .direction = 1,
			.address = 0x1000 * (1 + i), .size = 0x10, .time = 4999997 + i };
	is(f, "events -n 2", 0,
	   "  AGE  CPU  OPERATION    ADAPTER   BUFFER    SIZE  BUS  DIR  BY\n"
	   "2.0us    1  MapTransfer  82f06cd0  00002000  0x10  -    to   NDIS!NdisMAllocateMapRegisters+0x51\n"
	   "1.0us    0  MapTransfer  82f06cd0  00003000  0x10  -    to   NDIS!NdisMAllocateMapRegisters+0x51\n"
	   "note: earlier events not shown: 1; `events -n 0` shows all\n", "events");
	has(DMV_TEXT, f, "events 300f", 0, "00003000", "events about a buffer");
	is(f, "events 4000", 0, "No events.\n", "events about nothing");
	world_make(w, f);
	has(DMV_TEXT, f, "summary", 0, "Findings:   errors 0, warnings 0, in transition 0",
	    "summary");
	has(DMV_TEXT, f, "region", 0, "Found by: symbol dmv_region_anchor\n", "region");
	has(DMV_JSON, f, "region", 0, "\"pid\":null", "what is not known is null");
	f->nregion = 2;
	has(DMV_TEXT, f, "dma", 0, "\n\nRegion 1, id 22: ndis\n", "two regions");
	has(DMV_TEXT, f, "analyze", 0, "\n\nRegion 1, id 22: ndis\n", "two regions, analyze");
	has(DMV_TEXT, f, "summary", 0, "\n\nRegion 1, id 22: ndis\n", "two regions, summary");
	has(DMV_TEXT, f, "region", 0, "\n\nRegion 1: id 00000022,", "two regions, region");
	has(DMV_TEXT, f, "leaks -a", 0, "REGION  KIND", "column that tells regions apart");
	world_make(w, f);
	f->nnote = 1;
	w->note[0] = (struct dmv_note){ .text = "a page was left out" };
	has(DMV_TEXT, f, "dma", 0, "note: a page was left out\n", "note");
	topics(w, f);
	w->note[0].topic = DMV_TOPIC(DMV_K_ADAPTER);
	has(DMV_TEXT, f, "dma", 4, "note: damaged or missing: a page was left out\n",
	    "damage is exit code 4");
	w->adapter[0].released = true;
	has(DMV_TEXT, f, "leaks", 4, "7 leaked", "and outranks findings, which are in the output");
	world_make(w, f);
}

/* Indexes that point nowhere, and nothing at all: no command may mind. */
static void hostile(struct world *w, struct dmv_facts *f)
{
	struct dmv_facts none = { .provider = "region", .verified = true };

	w->adapter[0].owner = w->adapter[0].driver = w->file[0].adapter = w->file[1].list = 12345;
	w->file[2].adapter = DMV_NO_INDEX;
	w->reg[0].file = w->buffer[0].adapter = w->buffer[0].owner = 99;
	w->adapter[0].region = w->buffer[1].region = 7;
	w->reg[1].index = 0xFFFFFFFF;
	f->nviolation = 2;
	w->violation[0] = (struct dmv_violation_fact){ .code = 0xE6, .adapter = 9,
		.object_kind = 200, .object = 9, .site = 9, .prior_site = 9, .region = 3,
		.action = 99 };
	w->violation[1] = w->violation[0];
	w->violation[1].region = 0;
	w->region[0].bug_code = 0xE6;
	w->region[0].bug_violation = 1;
	f->nlist = 1;
	w->list[0] = (struct dmv_list_fact){ .life = DMV_LIVE, .adapter = 0, .file = 77,
		.owner = 77 };
	for (size_t i = 0; dmv_cmds[i]; i++) {
		char line[64], name[64];
		const char *arg = "";

		if (!world_answers(dmv_cmds[i]))
			continue;
		if (dmv_cmds[i] == &dmv_cmd_who)
			arg = "1000";
		else if (dmv_cmds[i] == &dmv_cmd_dma)
			arg = "0 0";
		for (int k = 0; k < 4; k++) {
			struct answer a;

			snprintf(line, sizeof(line), "%s %s", dmv_cmds[i]->name, arg);
			a = ask(k & 1 ? DMV_JSON : DMV_TEXT, k & 2 ? &none : f, line);
			snprintf(name, sizeof(name), "%s on %s facts", dmv_cmds[i]->name,
				 k & 2 ? "no" : "wild");
			T_CHECKF(a.code == 0 || a.code == 1, name, "exit code %d: %s", a.code,
				 a.err.msg);
			free(a.text);
		}
	}
	world_make(w, f);
}

static enum dmv_code no_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			     size_t n, struct dmv_err *e)
{
	(void)m, (void)s, (void)buf, (void)n;
	return dmv_fail_at(e, DMV_E_ABSENT, addr, "nothing there");
}

/* A target that holds nothing about DMA is described, and why nothing was found is said once. */
static void target(bool kernel, const char *why)
{
	static const struct dmv_mem_ops ops = { .format = "test", .read = no_read };
	static const struct dmv_range range = { 0x1000, 0x3000 };
	static const char *const note = "half of it is missing";
	struct dmv_mem m = { .ops = &ops, .linux_kernel = kernel, .machine = 62, .bits = 64,
			     .range = { [DMV_PHYS] = &range }, .nrange = { [DMV_PHYS] = 1 },
			     .note = &note, .nnote = 1 };
	struct dmv_ses s = { .mem = &m, .target = "core", .opts = { .region = DMV_NO_ADDR } };
	struct answer a = ask_in(&s, DMV_TEXT, "target");
	static const char untold[] = "note: virtual addresses are not translated: no Linux kernel: "
		"no VMCOREINFO in memory, no registers that lead to one, no page tables that map "
		"one\n";
	char want[600];

	snprintf(want, sizeof(want), "Target:   core\nFormat:   test%s\n"
		 "Machine:  x86-64, 64 bits, little-endian\n"
		 "Physical: 0x2000 bytes (8.0 KiB), ranges: 1\nRegion:   none%s\n"
		 "%snote: half of it is missing\n", kernel ? ", a Linux kernel" : "",
		 kernel ? " known; memory was not searched: --scan" : "", kernel ? untold : "");
	T_EQ(a.code, 3, "target without a region");
	T_STREQ(a.text, want, kernel ? "a Linux kernel" : "a target without a region");
	T_CHECKF(strstr(a.err.msg, why) != NULL, why, "%s", a.err.msg);
	free(a.text);
	a = ask_in(&s, DMV_TEXT, "summary");
	*strstr(want, "Region") = 0;
	T_CHECKF(a.code == 3 && !strncmp(a.text, want, strlen(want)) &&
		 strstr(a.err.msg, why), "and its summary says what it is", "exit code %d: %s%s",
		 a.code, a.text, a.err.msg);
	free(a.text);
	dmv_mem_kernel_free(&m);        /* all that m owns: the rest is not from the heap */
}

/* What was switched and made to fail while the writer ran is said where a user would wonder. */
static void switched(struct world *w, struct dmv_facts *f)
{
	w->adapter[0].injected_buffers = w->region[0].injected = 3;
	w->region[0].control_virt = 0x1000;
	w->region[0].rule_modes[0] = 1u << 2 * 12;      /* LIST_LEAK: log */
	w->region[0].scan_rounds = 7;
	w->driver[0].options = 0xF;
	has(DMV_TEXT, f, "dma 82f06cd0", 0,
	    "Made to fail on purpose: 0 channels, 3 common buffers, 0 scatter-gather lists\n",
	    "injected: adapter");
	has(DMV_TEXT, f, "summary", 0, "3 allocations were made to fail on purpose",
	    "injected: summary");
	has(DMV_TEXT, f, "region", 0, "  Rules:    LIST_LEAK log\n", "region: modes of rules");
	has(DMV_TEXT, f, "region", 0, "  Scan:     7 rounds, 0 pages\n", "region: the scan");
	has(DMV_TEXT, f, "region", 0, "books, shadow, no guards, strict", "region: options");
	w->adapter[0].unverified = true;
	has(DMV_TEXT, f, "dma 82f06cd0", 0, "   Not verified: made while its driver was not.\n",
	    "unverified: adapter");
	w->adapter[0].let_go = true;
	has(DMV_TEXT, f, "dma 82f06cd0", 0, "\n   Let go: its driver's verification was switched "
	    "off while it lived.\n   Made", "let go: adapter");
	world_make(w, f);
}

/* What cmds repeats of the contract is the contract's. */
static void contract(void)
{
	T_CHECK((int)DMV_OP_COUNT == (int)DMV_ABI_OP_COUNT &&
		(int)DMV_OP_DRIVER_UNLOAD == (int)DMV_ABI_OP_DRIVER_UNLOAD &&
		(int)DMV_OP_PUT_ADAPTER == (int)DMV_ABI_OP_PUT_ADAPTER &&
		(int)DMV_OP_CHECK == (int)DMV_ABI_OP_CHECK &&
		(int)DMV_OP_FLUSH == (int)DMV_ABI_OP_FLUSH,
		"operations are those of the region");
	for (uint32_t op = 0; op < DMV_OP_COUNT; op++)
		T_CHECK(strcmp(dmv_op_word(op), "unknown") != 0, dmv_op_word(op));
	for (uint32_t k = 0; k < DMV_K_COUNT; k++)
		T_CHECK(strcmp(dmv_kind_word(k), "unknown") != 0, dmv_kind_word(k));
}

int main(void)
{
	static struct world w;
	struct dmv_facts f;

	world_make(&w, &f);
	published(&f);
	others(&w, &f);
	hostile(&w, &f);
	target(false, "0x2000 bytes of it are damaged or missing: it may be there");
	target(true, "with --scan");
	switched(&w, &f);
	contract();
	return T_DONE();
}
