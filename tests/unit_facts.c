/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The reader of regions against recipes: every field in either byte order and width, rows of other
 * minor versions, lives, holes, live targets. Where regions are found: unit_facts_find.c; hostile
 * numbers: unit_facts_hostile.c; guards and shadows: unit_facts_verify.c.
 */
#include <stdio.h>
#include <time.h>

#include "got.h"

/* ---- all fields ---- */

#define EQ(got, want) do { if ((uint64_t)(got) != (uint64_t)(want)) { \
	snprintf(why, nwhy, "%s is 0x%llx", #got, (unsigned long long)(got)); \
	return false; } } while (0)
#define SEQ(got, want) do { if (strcmp(got, want)) { \
	snprintf(why, nwhy, "%s is \"%s\"", #got, got); return false; } } while (0)

static bool region_right(const struct dmv_facts *f, char *why, size_t nwhy)
{
	const struct dmv_region_fact *r = f->region;

	EQ(f->nregion, 1);
	EQ(r->id, 0x77);
	SEQ(r->writer, "posix");
	SEQ(r->version, "1.0");
	SEQ(r->release, "test");
	SEQ(r->build_id, "01020304");
	SEQ(r->boot_id, "000102030405060708090a0b0c0d0e0f");
	SEQ(r->tag, "DmaVrfy0");
	EQ(r->pid, 4711);
	EQ(r->ncpu, 2);
	EQ(r->machine, 62);
	EQ(r->last_ticks, 900);
	EQ(r->guard_fill, 0x0F);
	EQ(r->ended, false);
	EQ(r->bug_code, 0xE6);
	EQ(r->bug_p[3], 0x10013300);
	EQ(r->bug_cpu, 1);
	EQ(r->bug_violation, 0);
	EQ(r->bug_evidence.n, 2);
	EQ(r->bug_evidence.bytes[1], 0x42);
	EQ(r->bug_evidence.offset, 0x200);
	EQ(r->rows[DMV_K_ADAPTER], 3);
	EQ(r->live[DMV_K_ADAPTER], 2);
	EQ(r->live[DMV_K_BUFFER], 1);
	EQ(r->segments, 1);
	EQ(r->extents, 15);
	EQ(r->bytes, 0x8000);
	return true;
}

static bool adapters_right(const struct dmv_facts *f, char *why, size_t nwhy)
{
	const struct dmv_adapter_fact *a = f->adapter + 1;

	EQ(f->nadapter, 2);
	EQ(f->adapter[0].master, true);
	EQ(f->adapter[0].driver, DMV_NO_INDEX);
	EQ(a->handle, 0x2000);
	EQ(a->device, 0x3000);
	EQ(a->scatter_gather, true);
	EQ(a->bus_master, true);
	SEQ(a->driver_name, "demo");
	SEQ(a->name, "PCI\\VEN_1234");
	SEQ(f->stack[a->owner].owner, "0x0000000000400123");
	EQ(f->stack[a->owner].depth, 2);
	EQ(f->stack[a->owner].frame[1], 0x400456);
	EQ(a->releaser, DMV_NO_INDEX);
	EQ(a->registers_allocated, 3);
	EQ(a->max_address, 0xffffffff);
	EQ(a->description.present, true);
	EQ(a->description.version, 2);
	EQ(a->description.master, 1);
	EQ(a->description.maximum_length, 0x10000);
	EQ(a->description.interface_type, 5);
	return true;
}

static bool objects_right(const struct dmv_facts *f, char *why, size_t nwhy)
{
	EQ(f->nfile, 2);
	EQ(f->file[0].adapter, 1);
	EQ(f->file[0].list, 0);
	EQ(f->file[0].life, DMV_LIVE);
	EQ(f->file[0].data_stride, 0x3000);
	EQ(f->file[1].life, DMV_TRANSITION);    /* a CPU is in the middle of flushing it */
	EQ(f->file[1].shadow_virt, DMV_NO_ADDR);
	EQ(f->nreg, 3);
	EQ(f->reg[0].file, 0);
	EQ(f->reg[0].life, DMV_LIVE);
	EQ(f->reg[0].to_device, false);
	EQ(f->reg[1].to_device, true);
	EQ(f->reg[0].bus, 0x10011100);
	EQ(f->reg[2].life, DMV_GONE);           /* its file is of another generation */
	EQ(f->reg[2].file, DMV_NO_INDEX);
	EQ(f->nlist, 1);
	EQ(f->list[0].file, 0);
	EQ(f->list[0].caller_memory, true);
	EQ(f->nbuffer, 2);
	EQ(f->buffer[0].va, 0x1001c800);
	EQ(f->buffer[1].life, DMV_GONE);
	EQ(f->buffer[1].releaser, 0);
	EQ(f->nchannel, 2);
	EQ(f->channel[0].status, 1);
	EQ(f->channel[0].file, DMV_NO_INDEX);
	EQ(f->channel[1].life, DMV_TRANSITION);
	return true;
}

static bool records_right(const struct dmv_facts *f, char *why, size_t nwhy)
{
	EQ(f->nviolation, 2);
	EQ(f->violation[0].sequence, 1);
	EQ(f->violation[0].row, 1);
	EQ(f->violation[0].object_kind, DMV_K_REGISTER);
	EQ(f->violation[0].object, 0);
	EQ(f->violation[0].site, 1);
	EQ(f->violation[0].prior_site, 0);
	EQ(f->violation[0].evidence.offset, 0x200);
	EQ(f->violation[0].evidence.bytes[0], 0x41);
	EQ(f->violation[1].prior_site, DMV_NO_INDEX);
	EQ(f->nevent, 2);
	EQ(f->event[0].op, DMV_ABI_OP_GET_ADAPTER);
	EQ(f->event[0].cpu, 1);
	EQ(f->event[1].sequence, 2);
	EQ(f->event[1].object, 0);
	EQ(f->ncpu, 2);
	EQ(f->cpu[1].op, DMV_ABI_OP_FLUSH);
	EQ(f->cpu[1].object, 1);
	EQ(f->nimage, 1);
	SEQ(f->image[0].build_id, "aabbccdd");
	EQ(f->ndriver, 1);
	EQ(f->driver[0].hook_quota, 64);
	return true;
}

static bool all_right(const struct dmv_facts *f, char *why, size_t nwhy)
{
	return region_right(f, why, nwhy) && adapters_right(f, why, nwhy) &&
	       objects_right(f, why, nwhy) && records_right(f, why, nwhy);
}

static void test_fields(void)
{
	static const struct { const char *name, *before; int spaces; } way[] = {
		{ "little, virtual", "", VIRT }, { "little, physical", "", PHYS },
		{ "little, both", "", BOTH }, { "big, virtual", "order big", VIRT },
		{ "big, physical", "order big", PHYS }, { "32 bits", "bits 32", VIRT },
		{ "32 bits, big", "bits 32\norder big", BOTH },
	};
	char name[80], why[200];

	for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
		struct got g;

		if (!got_make(&g, way[i].before, FULL, ""))
			continue;
		got_decode(&g, way[i].spaces);
		snprintf(name, sizeof(name), "every field: %s", way[i].name);
		T_EQ(g.e.code, g.code, "the error says what the code says");
		if (T_CHECKF(!g.code, name, "%s", g.e.msg))
			T_CHECKF(all_right(&g.facts, why, sizeof(why)), name, "%s", why);
		T_EQ(g.code ? 99 : g.facts.region[0].big_endian, g.region.big,
		     "byte order is told");
		T_EQ(g.code ? 99 : g.facts.region[0].address_bits, g.region.bits,
		     "address width is told");
		T_CHECKF(!g.code && !g.facts.nnote, "nothing to note in a sound region", "%s",
			 got_said(&g));
		got_drop(&g);
	}
}

/* Buffers know their vector, as long as it is the same one. */
static void test_vectors(void)
{
	struct got g;
	const struct dmv_vector_fact *v;

	if (!got_make(&g, "order big", VECTOR, ""))
		return;
	got_decode(&g, VIRT);
	v = g.facts.vector;
	if (T_CHECKF(!g.code && g.facts.nvector == 3 && g.facts.nbuffer == 5, "vectors", "%s",
		     got_said(&g))) {
		T_CHECK(v[0].handle == 0x7000 && v[0].entry_bytes == 0x800 && v[0].count == 2 &&
			v[0].live == 2 && v[0].adapter == 0 && v[0].owner == 0 && v[0].time == 5 &&
			v[0].releaser == DMV_NO_INDEX && v[0].life == DMV_LIVE,
			"vectors: every field");
		T_CHECK(v[1].live == 1 && v[2].life == DMV_GONE && v[2].freed_time == 9 &&
			v[2].releaser == 1, "vectors: half freed, freed");
		T_EQ(g.facts.buffer[1].vector, 0, "vectors: a buffer's");
		T_EQ(g.facts.buffer[1].index, 1, "vectors: its place there");
		T_EQ(g.facts.buffer[3].vector, 1, "vectors: another's");
		T_EQ(g.facts.buffer[4].vector, DMV_NO_INDEX, "vectors: of another generation");
		dmv_facts_verify(&g.facts, &g.mem.base, NULL, &g.e);
		T_CHECKF(!g.facts.nguard && g.facts.guards_checked == 6, "vectors: guards", "%s",
			 got_said(&g));
	}
	got_drop(&g);
}

/* ---- minor versions ---- */

static void test_strides(void)
{
	static const char recipe[] =
		"image 0x10000 0x8000\nheader minor=7\ntable adapter 2 stride=%u\n"
		"row adapter 0 LIVE handle=0x55 refs=3\nrow adapter 1 LIVE handle=0x66 refs=4\n";
	char text[300];
	struct got g;

	snprintf(text, sizeof(text), recipe, (unsigned int)sizeof(struct dmv_abi_adapter) + 64);
	if (got_make(&g, text, NULL, "")) {
		got_decode(&g, VIRT);
		T_CHECKF(!g.code && g.facts.nadapter == 2 && g.facts.adapter[1].handle == 0x66,
			 "longer rows of a later minor version", "%s", got_said(&g));
		T_EQ(g.code ? 0 : g.facts.region[0].minor, 7, "minor version is told");
		got_drop(&g);
	}
	snprintf(text, sizeof(text), recipe, 0x18u);
	if (got_make(&g, text, NULL, "")) {
		got_decode(&g, VIRT);
		if (T_CHECKF(!g.code && g.facts.nadapter == 2, "shorter rows", "%s",
			     got_said(&g))) {
			T_EQ(g.facts.adapter[1].handle, 0x66, "shorter rows: what is there");
			T_EQ(g.facts.adapter[1].device, DMV_NO_ADDR,
			     "shorter rows: an absent address");
			T_EQ(g.facts.adapter[1].owner, DMV_NO_INDEX,
			     "shorter rows: an absent site");
			T_EQ(g.facts.adapter[1].description.present, false,
			     "shorter rows: no description");
		}
		got_drop(&g);
	}
	if (got_make(&g, "", FULL, "")) {
		got_set(&g, 0, offsetof(struct dmv_abi_header, major), 2, 2);
		got_decode(&g, VIRT);
		T_CHECKF(g.code == DMV_E_VERSION && strstr(g.e.msg, "major"),
			 "another major version", "%s", g.e.msg);
		got_drop(&g);
	}
}

/* ---- rows ---- */

/* What an operation in progress names, and what refers to that, is never taken for a leak. */
static void test_transition(void)
{
	static const char rows[] =
		"image 0x10000 0x8000\ntable cpu 1\ntable vector 1\ntable adapter 2\ntable file 2\n"
		"table register 3\ntable list 2\ntable buffer 2\ntable channel 1\n"
		"row adapter 0 LIVE\nrow adapter 1 LIVE\n"
		"row file 0 LIVE adapter=0:1 list=0:1\nrow file 1 LIVE adapter=1:1 list=-\n"
		"row register 0 LIVE file=0:1\nrow register 1 LIVE file=1:1\n"
		"row register 2 HISTORY file=0:1\n"
		"row list 0 LIVE adapter=0:1 file=0:1\nrow list 1 LIVE adapter=1:1 file=-\n"
		"row vector 0 LIVE adapter=0:1\n"
		"row buffer 0 LIVE adapter=0:1 vector=0:1\nrow buffer 1 LIVE adapter=1:1 vector=-\n"
		"row channel 0 LIVE adapter=1:1 file=1:1 status=3\n";
	/* Lives of adapters, files, registers, lists, buffers, channel, vector. */
	static const struct { const char *row, *lives; } t[] = {
		{ "row cpu 0 LIVE op=0 object_kind=2 object=0:1 adapter=0:1",
		  "LL LL LLG LL LL L L" },
		{ "row cpu 0 LIVE op=8 object_kind=2 object=0:1 adapter=0:1",
		  "LL TL TLG TL LL L L" },
		{ "row cpu 0 LIVE op=8 object_kind=2 object=0:2 adapter=0:1",
		  "LL LL LLG LL LL L L" },
		{ "row cpu 0 LIVE op=11 object_kind=4 object=0:1 adapter=0:1",
		  "LL TL TLG TL LL L L" },
		{ "row cpu 0 LIVE op=4 object_kind=5 object=1:1 adapter=1:1",
		  "LL LL LLG LL LT L L" },
		{ "row cpu 0 LIVE op=2 object_kind=1 object=1:1 adapter=1:1",
		  "LT LT LTG LT LT T L" },
		{ "row cpu 0 LIVE op=7 object_kind=2 object=1:1 adapter=1:1",
		  "LL LT LTG LL LL T L" },
		/* The map registers of the channel that is being freed. */
		{ "row cpu 0 LIVE op=6 object_kind=7 object=0:1 adapter=1:1",
		  "LL LT LTG LL LL T L" },
		{ "row cpu 0 LIVE op=4 object_kind=6 object=0:1 adapter=0:1",
		  "LL LL LLG LL TL L T" },
		{ "row cpu 0 LIVE op=2 object_kind=1 object=0:1 adapter=0:1",
		  "TL TL TLG TL TL L T" },
		{ "row list 0 WRITING file=0:1 adapter=0:1", "LL TL TLG TL LL L L" },
		{ "row file 0 HISTORY adapter=0:1 list=-", "LL GL GLG LL LL L L" },
		{ "row file 0 FREE", "LL L GLG LL LL L L" },
		/* The time of its end stands there and it is LIVE: only where something is going on
		 * that may have to do with it. */
		{ "row file 1 LIVE adapter=1:1 list=- freed_time=9", "LL LL LLG LL LL L L" },
		{ "row file 1 LIVE adapter=1:1 list=- freed_time=9\n"
		  "row cpu 0 LIVE op=6 object_kind=0 adapter=0:1 object=-", "LL LL LLG LL LL L L" },
		{ "row file 1 LIVE adapter=1:1 list=- freed_time=9\n"
		  "row cpu 0 LIVE op=6 object_kind=0 adapter=1:1 object=-", "LL LT LTG LL LL T L" },
		{ "row list 1 LIVE adapter=1:1 file=- freed_time=9\n"
		  "row cpu 0 LIVE op=5 object_kind=0 adapter=- object=-", "LL LL LLG LT LL L L" },
		{ "row buffer 1 LIVE adapter=1:1 vector=- freed_time=9\n"
		  "row cpu 0 LIVE op=4 object_kind=0 adapter=1:1 object=-", "LL LL LLG LL LT L L" },
		{ "row channel 0 LIVE adapter=1:1 file=- status=1 freed_time=9\n"
		  "row cpu 0 LIVE op=5 object_kind=0 adapter=- object=-", "LL LL LLG LL LL T L" },
		{ "row vector 0 LIVE adapter=0:1 freed_time=9\n"
		  "row cpu 0 LIVE op=4 object_kind=0 adapter=0:1 object=-", "LL LL LLG LL TL L T" },
		{ "row adapter 1 LIVE released_time=9\n"
		  "row cpu 0 LIVE op=9 object_kind=0 adapter=1:1 object=-", "LT LT LTG LT LT T L" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char lives[32], *p = lives, name[160];
		struct got g;

		if (!got_make(&g, rows, NULL, t[i].row))
			return;
		got_decode(&g, VIRT);
#define LIVES(array) do { \
			for (size_t k = 0; !g.code && k < g.facts.n##array; k++) \
				*p++ = "?LGT"[g.facts.array[k].life]; \
			*p++ = ' '; \
		} while (0)
		LIVES(adapter);
		LIVES(file);
		LIVES(reg);
		LIVES(list);
		LIVES(buffer);
		LIVES(channel);
		LIVES(vector);
		p[-1] = 0;
		snprintf(name, sizeof(name), "%s", t[i].row);
		for (char *line = name; (line = strchr(line, '\n'));)
			*line = ',';
		T_STREQ(lives, t[i].lives, name);
		got_drop(&g);
	}
}

/* By time; within a tick by the sequence of the ring, which goes on with 1 after its last. */
static void test_event_order(void)
{
	char order[32] = "", *p = order;
	struct got g;

	if (!got_make(&g, "image 0x10000 0x8000\ntable event 4 cpu=0\n"
		      "row event 0 LIVE sequence=2 time=7 op=1\n"
		      "row event 1 LIVE sequence=3 time=8 op=1\n"
		      "row event 2 LIVE sequence=4294967295 time=7 op=1\n"
		      "row event 3 LIVE sequence=1 time=7 op=1\n", NULL, ""))
		return;
	got_decode(&g, VIRT);
	for (size_t i = 0; !g.code && i < g.facts.nevent && i < 4; i++)
		p += sprintf(p, "%d ", (int)(int32_t)g.facts.event[i].sequence);
	T_STREQ(order, "-1 1 2 3 ", "order of events");
	got_drop(&g);
}

static void test_holes(void)
{
	struct got g;
	size_t whole;

	if (!got_make(&g, "image 0x10000 0x20000\ntable register 1000", NULL, ""))
		return;
	for (uint32_t i = 0; i < 1000; i++)     /* LIVE, and findable */
		mkregion_put(&g.region, 0x2000 + i * sizeof(struct dmv_abi_register), 4,
			     DMV_ABI_LIVE);
	got_decode(&g, VIRT);
	T_EQ(g.code ? 0 : g.facts.nreg, 1000, "a whole table");
	if (!g.code)
		dmv_facts_free(&g.facts);
	/* A page missing from the ranges, then the same page promised but unreadable. */
	g.mem.range[DMV_VIRT][0].end = 0x15000;
	g.mem.range[DMV_VIRT][1] = (struct dmv_range){ 0x16000, 0x30000 };
	g.mem.base.nrange[DMV_VIRT] = 2;
	got_decode_with(&g, NULL);
	whole = g.code ? 0 : g.facts.nreg;
	T_CHECKF(whole > 940 && whole < 960 &&
			 got_note(&g, "are not in the target, first at 0x15000"),
		 "a hole in a table", "%zu rows, %s", whole, got_said(&g));
	T_EQ(whole ? g.facts.note[0].topic : 0, DMV_TOPIC(DMV_K_REGISTER),
	     "what is missing is lacked by who needs registers");
	if (!g.code)
		dmv_facts_free(&g.facts);
	got_decode(&g, VIRT);
	if (!g.code)
		dmv_facts_free(&g.facts);
	g.mem.refuse = 0x15000;
	g.mem.refuse_end = 0x16000;
	got_decode_with(&g, NULL);
	T_CHECKF(!g.code && g.facts.nreg == whole && got_note(&g, "cannot be read, first at 0x1"),
		 "an unreadable page in a table", "%zu rows, %s", g.code ? 0 : g.facts.nreg,
		 got_said(&g));
	got_drop(&g);
}

/* ---- live targets ---- */

static size_t live_row;

/* Row 0 settles after some reads, row 1 never does. */
static void change(struct bytes_mem *b)
{
	uint8_t *row = b->bytes + live_row;

	row[offsetof(struct dmv_abi_adapter, refs)] = b->reads < 30 ? (uint8_t)b->reads : 5;
	row[sizeof(struct dmv_abi_adapter) + offsetof(struct dmv_abi_adapter, refs)] =
		(uint8_t)b->reads;
}

static void test_live(void)
{
	struct got g;

	if (!got_make(&g,
		      "image 0x10000 0x8000\ntable adapter 3\nrow adapter 0 LIVE\n"
		      "row adapter 1 LIVE\nrow adapter 2 LIVE", NULL, ""))
		return;
	live_row = got_place(&g, "adapter", 0);
	bytes_mem_init(&g.mem, g.region.bytes, g.region.n, g.region.virt, UINT64_MAX);
	g.mem.base.live = true;
	g.mem.changing = change;
	g.mem.reads = 20;
	got_decode_with(&g, NULL);
	if (T_CHECKF(!g.code && g.facts.nadapter == 3, "a live target", "%s", got_said(&g))) {
		T_EQ(g.facts.adapter[0].life, DMV_LIVE, "a row that settles");
		T_EQ(g.facts.adapter[1].life, DMV_TRANSITION,
		     "a row that never does is in transition");
		T_EQ(g.facts.adapter[2].life, DMV_LIVE, "a row that does not change");
	}
	got_drop(&g);
}

/* ---- many ---- */

static void test_many(void)
{
	const uint32_t n = 200000;
	struct timespec a, b;
	struct got g;
	size_t file;

	if (!got_make(&g,
		      "image 0x10000000 0x1400000\ntable adapter 1\nrow adapter 0 LIVE handle=1\n"
		      "table file 1\nrow file 0 LIVE adapter=0:1 shadow_virt=- shadow_phys=-\n"
		      "table register 200000\nrow register 0 LIVE", NULL, ""))
		return;
	file = got_place(&g, "register", 0);
	for (uint32_t i = 0; i < n; i++) {
		size_t at = file + i * sizeof(struct dmv_abi_register);

		mkregion_put(&g.region, at, 4, DMV_ABI_LIVE);
		mkregion_put(&g.region, at + offsetof(struct dmv_abi_register, file) + 4, 4, 1);
		mkregion_put(&g.region, at + offsetof(struct dmv_abi_register, index), 4, i);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	got_decode(&g, VIRT);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	T_CHECKF(!g.code && g.facts.nreg == n && g.facts.reg[n - 1].index == n - 1 &&
		 g.facts.reg[n - 1].file == 0, "200,000 live registers", "%s", got_said(&g));
	fprintf(stderr, "%u registers in %.3f s of CPU time\n", n,
		(double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec));
	got_drop(&g);
}

int main(void)
{
	test_fields();
	test_vectors();
	test_strides();
	test_transition();
	test_event_order();
	test_holes();
	test_live();
	test_many();
	return T_DONE();
}
