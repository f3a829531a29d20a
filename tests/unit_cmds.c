/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Literal facts -> command -> text, JSON and exit code. */
#include <stdlib.h>

#include "cmd.h"
#include "dmv_abi.h"
#include "finding.h"
#include "rules.h"
#include "t.h"
#include "words.h"

struct store {
	char *p;
	size_t n;
};

static bool keep(void *ctx, const char *buf, size_t n)
{
	struct store *s = ctx;

	s->p = realloc(s->p, s->n + n + 1);
	if (!s->p)
		return false;
	memcpy(s->p + s->n, buf, n);
	s->n += n;
	s->p[s->n] = 0;
	return true;
}

/* ---- facts ---- */

static const uint64_t frames[] = { 0x9fe24351, 0x80500000 };
static const uint64_t sg_frames[] = { 0x9fe24400 };

static const struct dmv_stack stacks[] = {
	{ frames, 2, "NDIS!NdisMAllocateMapRegisters+0x51", "NDIS!NdisMAllocateMapRegisters" },
	{ sg_frames, 1, "NDIS!NdisMAllocateSharedMemory+0x8", "NDIS!NdisMAllocateSharedMemory" },
};

/* The adapter of the published !dma screens: 32 bits, three files, four common buffers. */
struct world {
	struct dmv_region_fact region[2];
	struct dmv_driver driver[1];
	struct dmv_adapter_fact adapter[3];
	struct dmv_file_fact file[3];
	struct dmv_register_fact reg[2];
	struct dmv_buffer_fact buffer[4];
	struct dmv_list_fact list[1];
	struct dmv_violation_fact violation[2];
	struct dmv_event_fact event[3];
	struct dmv_stack stack[2];
	struct dmv_guard_fact guard[1];
	struct dmv_stale_fact stale[2];
	struct dmv_cpu_fact cpu[1];
	struct dmv_note note[1];
};

static const struct dmv_file_fact file = {
	.life = DMV_LIVE, .adapter = 0, .list = DMV_NO_INDEX, .count = 2, .hooked = 2,
	.shadow_phys = DMV_NO_ADDR, .shadow_bytes = 0x5000, .data_offset = 0x1000,
	.data_stride = 0x2000, .owner = DMV_NO_INDEX, .releaser = DMV_NO_INDEX,
};

static void make(struct world *w, struct dmv_facts *f)
{
	static const uint64_t lengths[] = { 0x1000, 0x12010, 0x4300, 0x4800 };
	static const uint64_t vas[] = { 0x82e77000, 0x82e817f8, 0x82e95680, 0x82e9d400 };
	static const uint64_t physs[] = { 0x2a77000, 0x2a817f8, 0x2a95680, 0x2a9d400 };

	*w = (struct world){ 0 };
	memcpy(w->stack, stacks, sizeof(stacks));
	w->region[0] = (struct dmv_region_fact){ .id = 0x11, .virt = 0x80000000,
		.phys = DMV_NO_ADDR,
		.how = DMV_BY_SYMBOL, .authentic = true, .major = 1, .page_bytes = 4096,
		.address_bits = 32, .machine = 3, .writer = "ndis", .version = "5.1", .release = "",
		.tick_hz = 1000000, .start_ticks = 1, .last_ticks = 5000000, .ncpu = 1, .mode = 2,
		.bytes = 0x10000, .segments = 1, .extents = 10, .guard_fill = 0xF,
		.tag = "DmaVrfy0",
		.bug_violation = DMV_NO_INDEX };
	w->region[1] = w->region[0];
	w->region[1].id = 0x22;
	w->driver[0] = (struct dmv_driver){ .life = DMV_LIVE, .name = "ndis", .options = 3 };
	w->adapter[0] = (struct dmv_adapter_fact){ .life = DMV_LIVE, .handle = 0x82f06cd0,
		.record = 0x80001000, .device = 0x82f98690, .driver = 0, .driver_name = "ndis",
		.name = "", .owner = 0, .releaser = DMV_NO_INDEX, .time = 1000000, .refs = 1,
		.max_registers = 2, .registers_allocated = 0x840, .buffers_allocated = 4,
		.channels_allocated = 0x420, .channels_freed = 0x420, .bytes_mapped = 0xF2,
		.registers_mapped = 2, .wait_block = 0x82f2b604, .bus_master = true,
		.max_address = 0xFFFFFFFF };
	w->adapter[1] = w->adapter[0];
	w->adapter[1].handle = 0x80076800;
	w->adapter[1].record = 0x80001100;
	w->adapter[1].driver = DMV_NO_INDEX;
	w->adapter[1].driver_name = "";
	w->adapter[1].device = DMV_NO_ADDR;
	w->adapter[1].master = true;
	w->adapter[2] = w->adapter[0];
	w->adapter[2].handle = 0x82f88930;
	w->adapter[2].record = 0x80001200;
	w->adapter[2].device = 0x82f98700;
	w->adapter[2].name = "e1000";
	for (int i = 0; i < 3; i++)
		w->file[i] = file;
	w->file[0].handle = 0x82f06c58;
	w->file[0].shadow_virt = 0x82f05000;
	w->file[1].handle = 0x82f06228;
	w->file[1].shadow_virt = 0x82e05000;
	w->file[1].mapped = 1;
	w->file[2].handle = 0x82fa5ad8;
	w->file[2].shadow_virt = 0x82d05000;
	w->file[2].mapped = 1;
	w->reg[0] = (struct dmv_register_fact){ .life = DMV_LIVE, .file = 1, .bytes = 0xBC,
		.owner = 0,
		.hooked = true, .first = true, .va = 0xf83c003c, .phys = 0x103c, .bus = 0x2e0603c,
		.original_virt = 0xf83c003c, .shadow_virt = 0x82e0603c, .mdl = 0x82f1b678,
		.time = 4000000, .to_device = true };
	w->reg[1] = w->reg[0];
	w->reg[1].file = 2;
	w->reg[1].bytes = 0x36;
	w->reg[1].va = 0x82d17102;
	w->reg[1].phys = 0x2102;
	w->reg[1].shadow_virt = 0x82d06102;
	for (int i = 0; i < 4; i++)
		w->buffer[i] = (struct dmv_buffer_fact){ .life = DMV_LIVE, .adapter = 0,
			.vector = DMV_NO_INDEX, .va = vas[i], .phys = physs[i], .bus = physs[i],
			.bytes = lengths[i], .block_virt = vas[i] & ~(uint64_t)0xFFF,
			.block_bytes = 0x20000, .owner = 1, .releaser = DMV_NO_INDEX,
			.time = 2000000 };
	*f = (struct dmv_facts){ .provider = "region", .verified = true };
#define HAVE(name, many) (f->name = w->name, f->n##name = (many))
	HAVE(region, 1);
	HAVE(driver, 1);
	HAVE(adapter, 2);
	HAVE(file, 3);
	HAVE(reg, 2);
	HAVE(buffer, 4);
	HAVE(stack, 2);
#undef HAVE
	f->list = w->list;
	f->violation = w->violation;
	f->event = w->event;
	f->guard = w->guard;
	f->stale = w->stale;
	f->cpu = w->cpu;
	f->note = w->note;
}

/* ---- running a line ---- */

struct answer {
	char *text;
	int code;
	struct dmv_err err;
};

static struct answer ask(enum dmv_format format, const struct dmv_facts *f, const char *line)
{
	struct store s = { 0 };
	struct dmv_ses ses = { .target = "core", .loaded = f != NULL,
			       .load_err = { .addr = DMV_NO_ADDR } };
	struct answer a;

	if (f) {
		ses.facts = *f;
		ses.load_notes = f->nnote;
	}
	ses.out = dmv_out_new(format, keep, &s);
	a.code = dmv_run(&ses, line);
	a.err = ses.err;
	a.text = s.p ? s.p : calloc(1, 1);
	dmv_out_free(ses.out);
	return a;
}

static void is(const struct dmv_facts *f, const char *line, int code, const char *want,
	       const char *name)
{
	struct answer a = ask(DMV_TEXT, f, line);

	T_STREQ(a.text, want, name);
	T_CHECKF(a.code == code, name, "exit code %d, want %d: %s", a.code, code, a.err.msg);
	free(a.text);
}

static void has(enum dmv_format format, const struct dmv_facts *f, const char *line, int code,
		const char *want, const char *name)
{
	struct answer a = ask(format, f, line);

	T_CHECKF(strstr(a.text, want) != NULL, name, "no \"%s\" in: %s", want, a.text);
	T_CHECKF(a.code == code, name, "exit code %d, want %d: %s", a.code, code, a.err.msg);
	free(a.text);
}

static void refused(const struct dmv_facts *f, const char *line, const char *why, const char *name)
{
	struct answer a = ask(DMV_TEXT, f, line);

	T_CHECKF(a.code == 2 && strstr(a.err.msg, why), name, "exit code %d: %s", a.code,
		 a.err.msg);
	free(a.text);
}

/* ---- cases ---- */

static void numbers(void)
{
	static const struct {
		const char *word;
		bool ok;
		uint64_t v;
	} cases[] = {
		{ "10", true, 0x10 }, { "0x10", true, 0x10 }, { "0X1f", true, 0x1f },
		{ "0n10", true, 10 }, { "0N255", true, 255 }, { "ffffd08b`b1435060", true,
			0xffffd08bb1435060 },
		{ "0000000000000001ff", true, 0x1ff }, { "ffffffffffffffff", true, UINT64_MAX },
		{ "0n18446744073709551615", true, UINT64_MAX }, { "0n18446744073709551616", false,
			0 },
		{ "10000000000000000", false, 0 }, { "", false, 0 }, { "0x", false, 0 },
		{ "0n", false, 0 },
		{ "0n1f", false, 0 }, { "xyz", false, 0 }, { "-1", false, 0 }, { "`1", false, 0 },
		{ "e1000", true, 0xe1000 }, { "1 ", false, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t v = 0;
		bool ok = dmv_number(cases[i].word, &v);

		T_CHECKF(ok == cases[i].ok && (!ok || v == cases[i].v), cases[i].word,
			 "got %d, 0x%llx", ok,
			 (unsigned long long)v);
	}
}

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
	has(DMV_JSON, f, "dma", 0,
	    "\"adapter\":\"0x82f06cd0\",\"owner\":\"NDIS!NdisMAllocateMapRegisters\"",
	    "dma as JSON");
}

static void words(struct world *w, struct dmv_facts *f)
{
	static const char *const same[] = { "dma leaks", "!dma leaks", "leaks", "!leaks", ".leaks",
					    "  leaks  # why", "\"leaks\"" };

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		is(f, same[i], 0, "0 leaked, 8 live: leaks -a\n", same[i]);
	is(f, "", 0, "", "empty line");
	is(f, " # only a remark", 0, "", "remark");
	refused(f, "nonsense", "no command \"nonsense\"; `help` lists them", "unknown command");
	refused(f, "leakz", "no command \"leakz\"; did you mean `leaks`?",
		"a letter that is wrong");
	refused(f, "!anaylze -v", "no command \"anaylze\"; did you mean `analyze`?",
		"letters swapped");
	refused(f, "viol", "did you mean `violations`?", "start of a command");
	refused(f, "help evnets", "did you mean `events`?", "help on a word like a command");
	refused(f, "xy", "`help` lists them", "word like nothing");
	refused(f, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "`help` lists them",
		"word that is very long");
	refused(f, "leaks -z", "\"-z\" is not understood (usage: leaks [ADAPTER] [-a])",
		"unknown option");
	refused(f, "events -n", "-n needs a value", "option without its value");
	refused(f, "events -n xyz", "not a hexadecimal number", "value that is no number");
	refused(f, "who", "ADDR is missing", "argument that is missing");
	refused(f, "leaks \"ndis", "quote is not closed", "open quote");
	refused(f, "help nonsense", "no command", "help on nothing");
	refused(f, "leaks \033[31m", "no adapter \\x1b[31m", "hostile word comes back harmless");
	refused(NULL, "leaks", "needs a target", "no target");
	has(DMV_TEXT, f, "dma name:ndis", 0, "Adapter: 82f06cd0", "adapter by name");
	has(DMV_TEXT, f, "dma NDIS", 0, "Adapter: 82f06cd0", "adapter by name in capitals");
	has(DMV_TEXT, f, "dma 80001000", 0, "Adapter: 82f06cd0", "adapter by record");
	has(DMV_TEXT, f, "dma 82f98690", 0, "Adapter: 82f06cd0", "adapter by device object");
	has(DMV_TEXT, f, "dma 0", 0, "Adapter: 80076800", "0 is all");
	f->nadapter = 3;
	refused(f, "dma e1000", "e1000 is the number 0xe1000 and a name: say 0xe1000 or name:e1000",
		"number and name");
	refused(f, "who e1000", "e1000 is the number 0xe1000", "number and name in who");
	has(DMV_TEXT, f, "dma name:e1000", 0, "Adapter: 82f88930", "name decides");
	refused(f, "dma 0xe1000", "no adapter 0xe1000", "0x decides");
	refused(f, "dma ndis", "ndis has several adapters", "name of several");
	make(w, f);
}

/* One bugcheck in all the forms it comes in, and each form with something missing. */
static void pastes(void)
{
	static const char *const whole[] = {
		"e6 f 5 1000 1800",
		"0xE6 0xF 0x5 0x1000 0x1800",
		"e6, f, 5, 1000, 1800",
		"100000e6 f 5 1000 1800",
		"E6 (F,5,1000,1800)",
		"BugCheck E6, {f, 5, 1000, 1800}",
		"Bugcheck code 000000E6 Arguments 0000000f 00000005 00001000 00001800",
		"*** STOP: 0x000000E6 (0x0000000F,0x00000005,0x00001000,0x00001800)",
		"*** STOP: 0x000000E6 (0x0000000F,0x00000005,0x00000000`00001000,0x00001800)",
		"*** Fatal System Error: 0x000000e6 (0x0000000F,0x00000005,0x00001000,0x00001800)",
		"The computer has rebooted from a bugcheck.  The bugcheck was: 0x000000e6 "
		"(0x000000000000000f, 0x0000000000000005, 0x1000, 0x1800). A dump was saved in: "
		"C:\\Windows\\MEMORY.DMP. Report Id: add-bad-1.",
		"DRIVER_VERIFIER_DMA_VIOLATION (e6) An illegal DMA operation was attempted by a "
		"driver being verified. Arguments: Arg1: 000f, A DMA buffer was bad Arg2: 5, a kind "
		"Arg3: 1000, be Arg4: 1800, dead",
		("BUGCHECK_CODE:  e6 BUGCHECK_P1: f BUGCHECK_P2: 5 BUGCHECK_P3: 1000 "
		 "BUGCHECK_P4: 1800"),
	};
	static const char *const torn[][2] = {
		{ "E6 (F,5,1000)", "parameter 4 of the bugcheck is missing" },
		{ "BugCheck E6, {f, 5, 1000}", "parameter 4" },
		{ "BugCheck E6, {}", "parameter 1" },
		{ "BugCheck E6, {f, 5", "parameter 3" },
		{ "BugCheck E6, {f, 5, 1000, 1800, 9}", "four parameters" },
		{ "BugCheck E6, {f, x, 1000, 1800}", "\"x\" is not a hexadecimal number" },
		{ "BugCheck, {f, 5, 1000, 1800}", "the code of the bugcheck is missing" },
		{ "*** STOP: (0x9,0x8000,0x2,0x1)", "the code of the bugcheck is missing" },
		{ "STOP e6 f 5 1000", "parameter 4" },
		{ "e6 f 5 1000 1800 9", "four parameters" },
		{ "X (e6) Arg1: f Arg2: 5 Arg4: 1800", "parameter 3" },
		{ "X (e6) Arg1: f Arg2: 5 Arg3: 1000 Arg4:", "parameter 4" },
		{ "Arg1: f Arg2: 5 Arg3: 1000 Arg4: 1800", "the code of the bugcheck is missing" },
		{ "BUGCHECK_CODE: e6 BUGCHECK_P1: f BUGCHECK_P3: 1000", "parameter 2" },
		{ "BUGCHECK_CODE: BUGCHECK_P1: f", "is not a hexadecimal number" },
		{ "1000000e6 f 5 1000 1800", "32 bits" },
		{ "STOP: 1000000e6 (f,5,1000,1800)", "32 bits" },
	};
	char line[512];
	int at;

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		snprintf(line, sizeof(line), "bugcheck %s", whole[i]);
		has(DMV_JSON, NULL, line, 0,
		    "\"code\":230,\"name\":\"DRIVER_VERIFIER_DMA_VIOLATION\",\"p1\":\"0xf\","
		    "\"p2\":\"0x5\",\"p3\":\"0x1000\",\"p4\":\"0x1800\"", whole[i]);
	}
	for (size_t i = 0; i < sizeof(torn) / sizeof(torn[0]); i++) {
		snprintf(line, sizeof(line), "bugcheck %s", torn[i][0]);
		refused(NULL, line, torn[i][1], torn[i][0]);
	}
	has(DMV_JSON, NULL, "bugcheck DRIVER_VERIFIER_DMA_VIOLATION (e6)", 0, "\"code\":230",
	    "the name with its code alone");
	at = snprintf(line, sizeof(line), "bugcheck");
	while (at < 400)
		at += snprintf(line + at, sizeof(line) - (size_t)at, " a b");
	snprintf(line + at, sizeof(line) - (size_t)at, " STOP: e6 (f,5,1,2)");
	has(DMV_TEXT, NULL, line, 0, "past the end of the mapped buffer", "paste of many words");
	has(DMV_TEXT, NULL, "bugcheck e6 9", 0, "Arg4: 0000000000000000", "typed, cut short");
}

static void bugchecks(void)
{
	has(DMV_TEXT, NULL, ".bugcheck e6 f 5 1000 1800", 0, "the device wrote past the end",
	    "GUARD_AFTER");
	has(DMV_TEXT, NULL, "bugcheck 100000e6 f 5 0 0", 0, "(e6)\nthe device wrote past",
	    "minidump mark");
	has(DMV_TEXT, NULL, "bugcheck BugCheck E6, {26, ffffd08b`b1435060, 40, 6}", 0,
	    "Arg4: 0000000000000006, read permission missing", "paste of WinDbg's");
	has(DMV_TEXT, NULL, "bugcheck *** STOP: 0x000000E6 (0x9,0x8000,0x2,0x1)", 0,
	    "adapter released with live map registers", "paste of a blue screen");
	has(DMV_TEXT, NULL, "bugcheck 1dc 3 8 9", 0, "DMA_COMMON_BUFFER_VECTOR_ERROR (1dc)",
	    "vectors");
	has(DMV_TEXT, NULL, "bugcheck 158", 0, "ILLEGAL_IOMMU_PAGE_FAULT", "neighbour");
	has(DMV_TEXT, NULL, "bugcheck 50 1 2 3 4", 0, "unknown bugcheck (50)", "unknown code");
	has(DMV_JSON, NULL, "bugcheck e6 1d 1 2 3", 0, "\"rule\":\"ALREADY_MAPPED\"", "as JSON");
	refused(NULL, "bugcheck e6 zz", "not a hexadecimal number", "typed word that is no number");
	refused(NULL, "bugcheck nothing here", "no number", "paste without a number");
	refused(NULL, "bugcheck 1000000e6", "32 bits", "code that is too long");
	refused(NULL, "bugcheck", "needs a target", "own bugcheck without a target");
	pastes();
	for (uint64_t p1 = 0x12; p1 <= 0x1C; p1++) {
		char line[32], name[48];
		bool undocumented = p1 == 0x12 || p1 == 0x17 || p1 == 0x1A || p1 == 0x1C;

		snprintf(line, sizeof(line), "bugcheck e6 %llx", (unsigned long long)p1);
		snprintf(name, sizeof(name), "%s is %sdocumented", line, undocumented ? "un" : "");
		has(DMV_JSON, NULL, line, 0,
		    undocumented ? "\"undocumented\":true" : "\"undocumented\":false",
		    name);
	}
}

/* Each rule of the list is found by its own quadruple, and by no other's. */
static void every_rule(void)
{
	for (size_t i = 0; i < dmv_nrules; i++) {
		const struct dmv_rule_text *r = &dmv_rules[i];
		uint64_t p[4] = { (uint64_t)r->p1, r->p2 < 0 ? 77 : (uint64_t)r->p2, 0, 0 };

		T_CHECK(dmv_rule_of(r->code, p) == r && dmv_rule_by_id(r->id) == r, r->name);
	}
}

static void leaks(struct world *w, struct dmv_facts *f)
{
	w->adapter[0].released = true;
	has(DMV_TEXT, f, "leaks", 1, "7 leaked, 7 live\n", "all of a released adapter");
	has(DMV_JSON, f, "leaks", 1, "\"rule\":\"leak-released\"", "rule of a leak");
	w->adapter[0].unverified = true;
	has(DMV_TEXT, f, "leaks", 0, "0 leaked", "what is unverified is not judged");
	make(w, f);
	w->driver[0].life = DMV_GONE;
	has(DMV_TEXT, f, "leaks", 1, "8 leaked, 8 live\n", "driver gone, its adapter too");
	make(w, f);
	f->nviolation = 1;
	w->violation[0] = (struct dmv_violation_fact){ .code = 0xE6, .rule = 9,
		.p = { 7, 0x82f06cd0, 4 },
		.adapter = 0, .object = DMV_NO_INDEX, .site = 0, .prior_site = DMV_NO_INDEX,
		.evidence.addr = DMV_NO_ADDR };
	has(DMV_JSON, f, "leaks", 1, "\"rule\":\"leak-releasing\"",
	    "adapter caught in its release");
	f->nviolation = 0;
	f->ncpu = 1;
	w->cpu[0] = (struct dmv_cpu_fact){ .op = DMV_OP_PUT_ADAPTER, .adapter = 0,
					   .object_kind = DMV_K_ADAPTER, .object = 0 };
	has(DMV_TEXT, f, "leaks", 0, "in transition", "release that was just running is no leak");
	make(w, f);
	w->adapter[0].released = true;
	w->buffer[0].life = DMV_TRANSITION;
	has(DMV_TEXT, f, "leaks", 1, "6 leaked, 7 live\n",
	    "buffer caught between two stores is no leak");
	make(w, f);
	has(DMV_TEXT, f, "leaks -a", 0, "mapping            f83c003c", "all that is live");
	w->buffer[3].adapter = DMV_NO_INDEX;
	has(DMV_TEXT, f, "leaks", 1, "leak (likely)", "owner not known any more");
	make(w, f);
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
		.owner = 0,
		.n = 2, .shadow = { 0xAB, 0 }, .original = { 0, 0 } };

	w->stale[0] = s;
	f->nstale = f->shadows_compared = 1;
	is(f, "stale", 1,
	   "the device's data has not reached the driver's buffer (likely)\n"
	   "   Buffer:   f83c003c, length 0xbc: bytes that differ 0x1, first at offset 0x40\n"
	   "   Mapping:  map register file 82f06228, at least 1.0s old\n"
	   "   Adapter:  82f06cd0 ndis\n"
	   "   Owner:    NDIS!NdisMAllocateMapRegisters+0x51\n"
	   "      f83c007c  +0x40    00 00                                            ..                driver's buffer\n"
	   "      f83c007c  +0x40    ab 00                                            ..                double buffer\n"
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
		.object_kind = DMV_K_FILE,
					   .object = 1 };
	has(DMV_TEXT, f, "stale", 0, "(in transition)", "a flush that was just running");
	f->ncpu = 0;
	w->stale[0].to_device = true;
	has(DMV_JSON, f, "stale", 1, "\"kind\":\"late-write\"", "the driver wrote too late");
	make(w, f);
	w->stale[0] = s;
	stopped(w, f);
	make(w, f);
	f->shadows_unreadable = 3;
	has(DMV_TEXT, f, "stale", 0, "note: 3 double buffers are not in the dump",
	    "what is not there is said");
	make(w, f);
}

static void verdicts(struct world *w, struct dmv_facts *f)
{
	struct dmv_evidence e = { .addr = 0x82e060f8, .offset = 0xBC, .bad = 2, .expected = 0xF,
				  .n = 2,
				  .bytes = { 0x5a, 0x5b } };

	is(f, "analyze", 0,
	   "No bugcheck, no violation, no leak; guards intact, nothing stale.\n\nNext:\n"
	   "  summary                      what there is\n", "analyze of a clean target");
	is(f, "violations", 0, "No violation was recorded.\n", "no violation");
	is(f, "bugcheck", 0, "No bugcheck: the verifier did not stop this target.\n",
	   "no bugcheck");
	f->nviolation = 1;
	w->violation[0] = (struct dmv_violation_fact){ .code = 0xE6, .rule = 21, .sequence = 1,
		.action = 2,
		.p = { 0xF, 5, 0xf83c003c, 0x82e060f8 }, .adapter = 0,
		.object_kind = DMV_K_REGISTER,
		.object = 0, .site = 0, .prior_site = 1, .time = 5000000, .prior_time = 4000000,
		.evidence = e };
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
	make(w, f);
	f->nguard = f->guards_checked = 1;
	w->guard[0] = (struct dmv_guard_fact){ .what = DMV_G_TAG_BEFORE,
		.object_kind = DMV_K_BUFFER,
		.object = 1, .adapter = 0, .start = 0x82e817f8, .length = 0x12010,
		.addr = 0x82e817f7,
		.offset = -1, .bad = 1, .expected = UINT32_MAX, .n = 1, .bytes = { 0 },
		.owner = 1 };
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
	make(w, f);
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
	has(DMV_TEXT, f, "who 82f06cd0", 0, "handle         adapter            82f06cd0       -     +0x0  live",
	    "who is an adapter");
	has(DMV_TEXT, f, "who name:ndis", 0, "handle         adapter", "who by name");
	has(DMV_TEXT, f, "who 7fffffff00000000", 0, "Nothing for DMA owns or owned",
	    "who is unknown");
}

static void others(struct world *w, struct dmv_facts *f)
{
	has(DMV_TEXT, f, "who 82e0603c", 0, "shadow         mapping", "who owns a shadow");
	has(DMV_TEXT, f, "who 103d", 0, "physical  mapping  f83c003c    0xbc    +0x1",
	    "who owns a physical address");
	has(DMV_TEXT, f, "who 2a817f8", 0, "physical  common buffer  82e817f8",
	    "who owns a common buffer");
	has(DMV_TEXT, f, "who 5", 0, "Nothing for DMA owns or owned 5. Nearest:",
	    "who owns nothing");
	owners(w, f);
	make(w, f);
	f->nevent = 3;
	for (uint32_t i = 0; i < 3; i++)
		w->event[i] = (struct dmv_event_fact){ .cpu = i & 1, .sequence = i + 1,
			.op = DMV_OP_MAP,
			.adapter = 0, .object_kind = DMV_K_NONE, .object = DMV_NO_INDEX, .site = 0,
			.direction = 1, .address = 0x1000 * (3 - i), .size = 0x10,
			.time = 4999999 - i };
	is(f, "events -n 2", 0,
	   "  AGE  CPU  OPERATION    ADAPTER   BUFFER    SIZE  BUS  DIR  BY\n"
	   "2.0us    1  MapTransfer  82f06cd0  00002000  0x10  -    to   NDIS!NdisMAllocateMapRegisters+0x51\n"
	   "1.0us    0  MapTransfer  82f06cd0  00003000  0x10  -    to   NDIS!NdisMAllocateMapRegisters+0x51\n"
	   "note: 1 earlier events are not shown: events -n 0\n", "events");
	has(DMV_TEXT, f, "events 300f", 0, "00003000", "events about a buffer");
	is(f, "events 4000", 0, "No events.\n", "events about nothing");
	make(w, f);
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
	make(w, f);
	f->nnote = 1;
	w->note[0] = (struct dmv_note){ .text = "a page was left out" };
	has(DMV_TEXT, f, "dma", 0, "note: a page was left out\n", "note");
	topics(w, f);
	w->note[0].topic = DMV_TOPIC(DMV_K_ADAPTER);
	has(DMV_TEXT, f, "dma", 4, "note: damaged or missing: a page was left out\n",
	    "damage is exit code 4");
	w->adapter[0].released = true;
	has(DMV_TEXT, f, "leaks", 4, "7 leaked", "and outranks findings, which are in the output");
	make(w, f);
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
		.object_kind = 200,
		.object = 9, .site = 9, .prior_site = 9, .region = 3, .action = 99 };
	w->violation[1] = w->violation[0];
	w->violation[1].region = 0;
	w->region[0].bug_code = 0xE6;
	w->region[0].bug_violation = 1;
	f->nlist = 1;
	w->list[0] = (struct dmv_list_fact){ .life = DMV_LIVE, .adapter = 0, .file = 77,
		.owner = 77 };
	for (size_t i = 0; dmv_cmds[i]; i++) {
		char line[64], name[64];
		const char *arg = dmv_cmds[i] == &dmv_cmd_who ? "1000" : dmv_cmds[i] == &dmv_cmd_dma ? "0 0" : "";

		if (dmv_cmds[i] == &dmv_cmd_target)
			continue;
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
	make(w, f);
}

/* What `help` tells people to type works, in a target that has the adapter it speaks of. */
static void examples(struct world *w, struct dmv_facts *f)
{
	w->adapter[0].handle = 0x7f3a1c002010;
	w->adapter[0].name = "edu";
	for (size_t i = 0; dmv_cmds[i]; i++) {
		const char *next;

		for (const char *p = dmv_cmds[i]->examples; *p; p = next) {
			const char *end = strstr(p, "  ");
			char line[96];
			struct answer a;

			next = p + strcspn(p, "\n");
			next += *next == '\n';
			snprintf(line, sizeof(line), "%.*s", end ? (int)(end - p) : 0, p);
			if (dmv_cmds[i] == &dmv_cmd_target)
				continue;
			a = ask(DMV_TEXT, f, line);
			T_CHECKF(*line && a.code == 0 && *a.text, line, "exit code %d: %s", a.code,
				 a.err.msg);
			free(a.text);
		}
	}
	make(w, f);
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
	struct store text = { 0 };
	struct dmv_ses s = { .mem = &m, .target = "core", .opts = { .region = DMV_NO_ADDR } };
	char want[400];

	s.out = dmv_out_new(DMV_TEXT, keep, &text);
	snprintf(want, sizeof(want), "Target:   core\nFormat:   test%s\n"
		 "Machine:  x86-64, 64 bits, little-endian\n"
		 "Physical: 0x2000 bytes, ranges: 1\nRegion:   none\n"
		 "note: half of it is missing\n", kernel ? ", a Linux kernel" : "");
	T_EQ(dmv_run(&s, "target"), 3, "target without a region");
	T_STREQ(text.p ? text.p : "", want, kernel ? "a Linux kernel" : "a target without a region");
	T_CHECKF(strstr(s.err.msg, why) != NULL, why, "%s", s.err.msg);
	dmv_out_free(s.out);
	free(text.p);
}

static void help(struct world *w, struct dmv_facts *f)
{
	for (size_t i = 0; dmv_cmds[i]; i++) {
		const struct dmv_cmd *c = dmv_cmds[i];
		char line[64], synopsis[160];

		snprintf(line, sizeof(line), "help %s", c->name);
		has(DMV_TEXT, NULL, line, 0, dmv_synopsis(c, synopsis, sizeof(synopsis)), line);
		for (const char *p = c->help; *p; p += strcspn(p,
							       "\n") + (p[strcspn(p,
										  "\n")] == '\n'))
			T_CHECKF(strcspn(p, "\n") <= 80, line, "a line of %zu characters",
				 strcspn(p, "\n"));
		T_CHECK(strlen(c->summary) < 60 && strstr(c->examples, "  "), line);
	}
	examples(w, f);
	has(DMV_JSON, NULL, "help leaks", 0,
	    "{\"command\":\"leaks\",\"name\":\"-a\",\"help\":\"everything that is live\"}",
	    "help as JSON");
}

static bool refuse(void *ctx, const char *buf, size_t n)
{
	(void)buf;
	(void)n;
	++*(int *)ctx;
	return false;
}

/* `leaks -a | head` is no error; ^C is one. */
static void ends_early(const struct dmv_facts *f)
{
	enum { MANY = 20000 };
	struct dmv_facts big = *f;
	bool stop = false;
	int calls = 0;
	struct dmv_ses s = { .loaded = true, .load_err = { .addr = DMV_NO_ADDR }, .stop = &stop };
	int code;

	big.buffer = malloc(MANY * sizeof(*big.buffer));
	big.nbuffer = MANY;
	for (size_t i = 0; i < MANY; i++)
		big.buffer[i] = f->buffer[0];
	s.facts = big;
	s.out = dmv_out_new(DMV_TEXT, refuse, &calls);
	code = dmv_run(&s, "leaks -a");
	T_CHECKF(code == 0 && !s.err.code && calls == 1, "reader who goes away",
		 "exit code %d: %s, %d calls",
		 code, s.err.msg, calls);
	stop = true;
	code = dmv_run(&s, "leaks -a");
	T_CHECKF(code == 4 && s.err.code == DMV_E_STOPPED, "^C", "exit code %d: %s", code,
		 s.err.msg);
	dmv_out_free(s.out);
	free(big.buffer);
}

struct found {
	char text[1024];
};

static void collect(void *ctx, const char *word)
{
	struct found *f = ctx;

	snprintf(f->text + strlen(f->text), sizeof(f->text) - strlen(f->text), "%s ", word);
}

static void completed(const struct dmv_facts *f, const char *line, const char *want)
{
	struct dmv_ses s = { .facts = *f, .loaded = true };
	struct found got = { "" };
	size_t at = strlen(line);

	while (at && line[at - 1] != ' ')
		at--;
	dmv_complete(&s, line, at, line + at, collect, &got);
	T_STREQ(got.text, want, line);
}

static void completion(const struct dmv_facts *f)
{
	completed(f, "le", "leaks ");
	completed(f, "!an", "!analyze ");
	completed(f, "dma l", "leaks ");
	completed(f, "leaks -", "-a ");
	completed(f, "events ", "-n 82f06cd0 80076800 ");
	completed(f, "dma 82", "82f06cd0 ");
	completed(f, "dma 0x82", "0x82f06cd0 ");
	completed(f, "help st", "stale ");
	completed(f, "nonsense ", "");
}

/* What cmds repeats of the contract is the contract's. */
static void contract(void)
{
	T_CHECK((int)DMV_OP_COUNT == (int)DMV_ABI_OP_COUNT &&
		(int)DMV_OP_DRIVER_UNLOAD == (int)DMV_ABI_OP_DRIVER_UNLOAD &&
		(int)DMV_OP_PUT_ADAPTER == (int)DMV_ABI_OP_PUT_ADAPTER &&
		(int)DMV_OP_CHECK == (int)DMV_ABI_OP_CHECK && (int)DMV_OP_FLUSH == (int)DMV_ABI_OP_FLUSH,
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

	make(&w, &f);
	numbers();
	published(&f);
	words(&w, &f);
	bugchecks();
	every_rule();
	leaks(&w, &f);
	stale(&w, &f);
	verdicts(&w, &f);
	others(&w, &f);
	hostile(&w, &f);
	help(&w, &f);
	ends_early(&f);
	completion(&f);
	target(false, "or its pages are not in the target");
	target(true, "start with --scan");
	contract();
	return T_DONE();
}
