/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The reader of regions against recipes: every field in either byte order and width, rows of other
 * minor versions, holes, copies, ghosts, live targets, guards and shadows, and hostile numbers in
 * every field of header, directory and tables.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "t.h"
#include "bytes_mem.h"
#include "dmv_abi.h"
#include "facts.h"
#include "mkregion.h"

#define FULL "tests/regions/full.txt"
#define VECTOR "tests/regions/vector.txt"

enum { VIRT = 1, PHYS = 2, BOTH = 3 };

struct got {
	struct mkregion region;
	struct bytes_mem mem;
	struct dmv_facts facts;
	struct dmv_err e;
	enum dmv_code code;
};

static bool read_text(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(buf, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	buf[n] = 0;
	return n;
}

/* `before` and `after` are recipe lines around the file's. */
static bool make(struct got *g, const char *before, const char *path, const char *after)
{
	static char file[1 << 16], text[1 << 17];
	char err[200];

	memset(g, 0, sizeof(*g));
	if (path && !read_text(path, file, sizeof(file)))
		return t_report(false, path, T_WHERE, "cannot be read");
	snprintf(text, sizeof(text), "%s\n%s\n%s\n", before, path ? file : "", after);
	if (mkregion_make(text, &g->region, err, sizeof(err)))
		return t_report(false, path ? path : "recipe", T_WHERE, "%s", err);
	return true;
}

static void decode_with(struct got *g, const struct dmv_facts_opts *o)
{
	g->e = (struct dmv_err){ .code = DMV_E_USAGE, .addr = 1, .msg = "of an earlier call" };
	g->code = dmv_facts_region(&g->mem.base, NULL, o, &g->facts, &g->e);
}

static void decode(struct got *g, int spaces)
{
	bytes_mem_init(&g->mem, g->region.bytes, g->region.n,
		       spaces & VIRT ? g->region.virt : UINT64_MAX,
		       spaces & PHYS ? g->region.phys : UINT64_MAX);
	decode_with(g, NULL);
}

static void drop(struct got *g)
{
	if (!g->code)
		dmv_facts_free(&g->facts);
	mkregion_free(&g->region);
}

static const char *find_note(const struct got *g, const char *word)
{
	for (size_t i = 0; !g->code && i < g->facts.nnote; i++)
		if (strstr(g->facts.note[i].text, word))
			return g->facts.note[i].text;
	return g->code && strstr(g->e.msg, word) ? g->e.msg : NULL;
}

/* Which answers lack what that note says was lost. */
static uint32_t topic_of(const struct got *g, const char *word)
{
	for (size_t i = 0; !g->code && i < g->facts.nnote; i++)
		if (strstr(g->facts.note[i].text, word))
			return g->facts.note[i].topic;
	return 0;
}

static const char *all_said(const struct got *g)
{
	static char text[4096];
	size_t n = 0;

	text[0] = 0;
	if (g->code)
		return g->e.msg;
	for (size_t i = 0; i < g->facts.nnote && n < sizeof(text) - 400; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "[%s] ", g->facts.note[i].text);
	return text;
}

/* The place of the n-th struct of this type in the image. */
static size_t place(const struct got *g, const char *type, size_t n)
{
	for (size_t i = 0; i < g->region.nplace; i++)
		if (!strcmp(g->region.place[i].type, type) && !n--)
			return g->region.place[i].at;
	return SIZE_MAX;
}

static void set(struct got *g, size_t at, size_t field, uint32_t width, uint64_t v)
{
	mkregion_put(&g->region, at + field, width, v);
	mkregion_seal(&g->region);
}

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

		if (!make(&g, way[i].before, FULL, ""))
			continue;
		decode(&g, way[i].spaces);
		snprintf(name, sizeof(name), "every field: %s", way[i].name);
		T_EQ(g.e.code, g.code, "the error says what the code says");
		if (T_CHECKF(!g.code, name, "%s", g.e.msg))
			T_CHECKF(all_right(&g.facts, why, sizeof(why)), name, "%s", why);
		T_EQ(g.code ? 99 : g.facts.region[0].big_endian, g.region.big,
		     "byte order is told");
		T_EQ(g.code ? 99 : g.facts.region[0].address_bits, g.region.bits,
		     "address width is told");
		T_CHECKF(!g.code && !g.facts.nnote, "nothing to note in a sound region", "%s",
			 all_said(&g));
		drop(&g);
	}
}

/* Buffers know their vector, as long as it is the same one. */
static void test_vectors(void)
{
	struct got g;
	const struct dmv_vector_fact *v;

	if (!make(&g, "order big", VECTOR, ""))
		return;
	decode(&g, VIRT);
	v = g.facts.vector;
	if (T_CHECKF(!g.code && g.facts.nvector == 3 && g.facts.nbuffer == 5, "vectors", "%s",
		     all_said(&g))) {
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
			 all_said(&g));
	}
	drop(&g);
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
	if (make(&g, text, NULL, "")) {
		decode(&g, VIRT);
		T_CHECKF(!g.code && g.facts.nadapter == 2 && g.facts.adapter[1].handle == 0x66,
			 "longer rows of a later minor version", "%s", all_said(&g));
		T_EQ(g.code ? 0 : g.facts.region[0].minor, 7, "minor version is told");
		drop(&g);
	}
	snprintf(text, sizeof(text), recipe, 0x18u);
	if (make(&g, text, NULL, "")) {
		decode(&g, VIRT);
		if (T_CHECKF(!g.code && g.facts.nadapter == 2, "shorter rows", "%s",
			     all_said(&g))) {
			T_EQ(g.facts.adapter[1].handle, 0x66, "shorter rows: what is there");
			T_EQ(g.facts.adapter[1].device, DMV_NO_ADDR,
			     "shorter rows: an absent address");
			T_EQ(g.facts.adapter[1].owner, DMV_NO_INDEX,
			     "shorter rows: an absent site");
			T_EQ(g.facts.adapter[1].description.present, false,
			     "shorter rows: no description");
		}
		drop(&g);
	}
	if (make(&g, "", FULL, "")) {
		set(&g, 0, offsetof(struct dmv_abi_header, major), 2, 2);
		decode(&g, VIRT);
		T_CHECKF(g.code == DMV_E_VERSION && strstr(g.e.msg, "major"),
			 "another major version", "%s", g.e.msg);
		drop(&g);
	}
}

/* ---- finding ---- */

static void test_finding(void)
{
	struct dmv_facts_opts o = { .region = 0x10000000 };
	struct got g;

	if (!make(&g, "", FULL, ""))
		return;
	bytes_mem_init(&g.mem, g.region.bytes, g.region.n, g.region.virt, UINT64_MAX);
	decode_with(&g, &o);
	T_CHECKF(!g.code && g.facts.region[0].how == DMV_BY_ADDRESS && g.facts.region[0].authentic,
		 "by address", "%s", all_said(&g));
	if (!g.code)
		dmv_facts_free(&g.facts);
	o.region = 0x10001000;
	decode_with(&g, &o);
	T_CHECKF(g.code == DMV_E_NOTFOUND && strstr(g.e.msg, "0x10001000"), "a wrong address", "%s",
		 g.e.msg);
	decode_with(&g, NULL);
	T_CHECKF(!g.code && g.facts.region[0].how == DMV_BY_SCAN && !g.facts.region[0].authentic,
		 "by scan", "%s", all_said(&g));
	if (!g.code)
		dmv_facts_free(&g.facts);
	g.mem.base.linux_kernel = true;
	decode_with(&g, NULL);
	T_CHECKF(g.code == DMV_E_NOTFOUND && strstr(g.e.msg, "--scan"),
		 "no scan of a Linux kernel by itself", "%s", g.e.msg);
	o = (struct dmv_facts_opts){ .region = DMV_NO_ADDR, .scan = true };
	decode_with(&g, &o);
	T_CHECKF(!g.code, "a scan of a Linux kernel when asked", "%s", g.e.msg);
	if (!g.code)
		dmv_facts_free(&g.facts);
	bytes_mem_init(&g.mem, g.region.bytes, g.region.n, g.region.virt, g.region.phys);
	g.mem.base.linux_kernel = true;
	g.mem.base.vmcoreinfo = (char *)"OSRELEASE=6\nDMV_REGION=10000000\nX=1\n";
	decode_with(&g, NULL);
	T_CHECKF(!g.code && g.facts.region[0].how == DMV_BY_VMCOREINFO, "by VMCOREINFO", "%s",
		 all_said(&g));
	drop(&g);
}

static void test_copies(void)
{
	struct got g;

	if (!make(&g, "", FULL, ""))
		return;
	memcpy(g.region.bytes + 0x1E000, g.region.bytes, 4096);
	decode(&g, VIRT);
	T_CHECKF(!g.code && g.facts.nregion == 1, "a copy of a header is no region", "%s",
		 all_said(&g));
	T_CHECKF(find_note(&g, "0x1001e000 says it stands at 0x10000000"), "a copy is noted", "%s",
		 all_said(&g));
	dmv_facts_free(&g.facts);
	memset(g.region.bytes, 0, 4096);
	decode(&g, VIRT);
	T_CHECKF(g.code == DMV_E_NOTFOUND &&
			 strstr(g.e.msg, "1 header found, the first at virtual 0x1001e000, none"),
		 "only a copy", "%s", g.e.msg);
	drop(&g);
	/* A header that does not know its physical address does not count in physical memory. */
	if (!make(&g, "", FULL, ""))
		return;
	set(&g, 0, offsetof(struct dmv_abi_header, phys), 8, UINT64_MAX);
	decode(&g, PHYS);
	T_CHECKF(g.code == DMV_E_NOTFOUND, "phys unknown in a target of physical memory only", "%s",
		 g.e.msg);
	if (!g.code)
		dmv_facts_free(&g.facts);
	decode(&g, BOTH);
	T_CHECKF(!g.code && g.facts.region[0].space == DMV_VIRT, "phys unknown, found by virt",
		 "%s", g.e.msg);
	drop(&g);
}

static void test_tombstone(void)
{
	struct got g;

	if (!make(&g, "", FULL, "tombstone"))
		return;
	decode(&g, VIRT);
	T_CHECKF(!g.code && g.facts.region[0].ended, "a tombstone", "%s", g.e.msg);
	T_CHECKF(find_note(&g, "a verifier ended in order"), "a tombstone is noted", "%s",
		 all_said(&g));
	drop(&g);
}

/* Two regions in one target, one after the other. */
static void test_two(void)
{
	struct got a, b;
	uint8_t *both;
	struct bytes_mem mem;
	struct dmv_facts f;
	struct dmv_err e = { 0 };

	if (!make(&a, "", FULL, "") ||
	    !make(&b, "image 0x10020000 0x4000\nheader region_id=0x78\ntable adapter 1\n"
		  "row adapter 0 LIVE handle=0x99", NULL, ""))
		return;
	both = malloc(a.region.n + b.region.n);
	memcpy(both, a.region.bytes, a.region.n);
	memcpy(both + a.region.n, b.region.bytes, b.region.n);
	bytes_mem_init(&mem, both, a.region.n + b.region.n, a.region.virt, UINT64_MAX);
	if (T_CHECKF(!dmv_facts_region(&mem.base, NULL, NULL, &f, &e), "two regions", "%s",
		     e.msg)) {
		T_EQ(f.nregion, 2, "two regions are told apart");
		T_EQ(f.nadapter, 3, "two regions: adapters of both");
		T_EQ(f.adapter[2].region, 1, "two regions: an adapter knows its own");
		dmv_facts_free(&f);
	}
	/* The second says that its segment 0 begins in the first: by a segment laid over it. */
	mkregion_free(&b.region);
	if (make(&b,
		 "image 0x10020000 0x4000\nregion 0x3000\nheader region_id=0x78\nsegment 1 0x3000 "
		 "0x1000\n"
		 "table adapter 1",
		 NULL, "")) {
		set(&b, place(&b, "segment", 0), offsetof(struct dmv_abi_segment, virt), 8,
		    0x10004000);
		memcpy(both + a.region.n, b.region.bytes, b.region.n);
		if (T_CHECKF(!dmv_facts_region(&mem.base, NULL, NULL, &f, &e),
			     "regions that overlap", "%s", e.msg)) {
			struct got g = { .facts = f };

			T_EQ(f.nregion, 1, "of regions that overlap one is refused");
			T_CHECKF(find_note(&g, "its segments overlap"), "the overlap is noted",
				 "%s", all_said(&g));
			dmv_facts_free(&f);
		}
		mkregion_free(&b.region);
	}
	free(both);
	mkregion_free(&a.region);
}

/* ---- directory ---- */

static const char chain[] =
	"image 0x10000 0x10000\nregion 0x4000\nsegment 1 0x6000 0x4000\nsegment 2 0xA000 0x4000\n"
	"table adapter 1\nrow adapter 0 LIVE handle=1\npage 1\ntable adapter 2 segment=1\n"
	"row adapter 1 LIVE handle=2\nrow adapter 2 LIVE handle=3\npage 2\n"
	"table adapter 1 segment=2\nrow adapter 3 LIVE handle=4\n";

static void test_chain(void)
{
	struct got g;

	if (!make(&g, chain, NULL, ""))
		return;
	decode(&g, VIRT);
	if (T_CHECKF(!g.code && g.facts.nadapter == 4, "a table in three segments", "%s",
		     all_said(&g))) {
		T_EQ(g.facts.adapter[3].handle, 4, "a table in three segments: last row");
		T_EQ(g.facts.adapter[2].record, 0x10000 + 0x7000 + sizeof(struct dmv_abi_adapter),
		     "a row's address is the writer's");
		T_EQ(g.facts.region[0].segments, 3, "segments are counted");
	}
	drop(&g);
}

struct hurt {
	const char *name;
	const char *type;
	size_t n;                       /* which one of that type */
	size_t field;
	uint32_t width;
	uint64_t value;
	const char *says;
	size_t adapters; /* that must still be decoded; SIZE_MAX: the region is refused */
};

#define AT(type, f) offsetof(struct dmv_abi_##type, f), sizeof(((struct dmv_abi_##type *)0)->f)

static const struct hurt hurts[] = {
	{"cycle", "dir", 2, offsetof(struct dmv_abi_dir, index), 4, 0, "directory 2 index", 3},
	{"chain back to page 0", "dir", 1, AT(dir, next_segment), 0, "directory 2 magic", 3},
	{"self-mapped segment", "segment", 0, AT(segment, virt), 0x10000,
	 "segment 1 overlaps segment 0", 1},
	{"segments overlap", "segment", 1, AT(segment, virt), 0x17000,
	 "segment 2 overlaps segment 1", 3},
	{"segment without bytes", "segment", 1, AT(segment, bytes), 0, "segment 2 bytes is 0", 3},
	{"segment past the end", "segment", 1, AT(segment, bytes), UINT64_MAX, "segment 2 bytes",
	 3},
	{"segment number", "segment", 1, AT(segment, number), 1, "segment number 1 does not ascend",
	 3},
	{"stride 0", "extent", 1, AT(extent, stride), 0,
	 "extent stride 0 is smaller than a row's 8 bytes", 2},
	{"stride 12", "extent", 1, AT(extent, stride), 12, "extent stride 12 is no multiple of 8",
	 2},
	{"stride huge", "extent", 0, AT(extent, stride), 0xFFFFFFF8, "extent stride", 3},
	{"stride of another", "extent", 1, AT(extent, stride), 8, "differs from", 2},
	{"rows huge", "extent", 1, AT(extent, rows), UINT32_MAX, "extent offset", 2},
	{"offset huge", "extent", 1, AT(extent, offset), UINT64_MAX - 7, "extent offset", 2},
	{"row0 overlaps", "extent", 1, AT(extent, row0), 0, "extent row0 0 overlaps", 2},
	{"row0 huge", "extent", 1, AT(extent, row0), UINT32_MAX - 1, "extent row0", 2},
	{"segment unknown", "extent", 1, AT(extent, segment), 9, "extent segment 9", 2},
	{"segment none", "extent", 1, AT(extent, segment), UINT32_MAX, "extent segment", 2},
	{"kind unknown", "extent", 1, AT(extent, kind), 99, "extent kind 99 is unknown", 2},
	{"over the header", "extent", 0, AT(extent, offset), 8, "overlaps the header", 3},
	{"over the directory", "extent", 0, AT(extent, offset), 0x1008, "overlaps directory page 0",
	 3},
	{"entry type", "extent", 1, AT(extent, type), 77, "entry type 77", 2},
	{"count over capacity", "dir", 1, AT(dir, count), 64, "directory 1 count", 1},
	{"capacity over a page", "dir", 1, AT(dir, capacity), UINT32_MAX, "directory 1 capacity",
	 1},
	{"entry_bytes 0", "dir", 1, AT(dir, entry_bytes), 0, "directory 1 entry_bytes", 1},
	{"other region's page", "dir", 1, AT(dir, region_id), 1, "directory 1 region_id", 1},
	{"next outside", "dir", 0, AT(dir, next_offset), 0x100000, "directory 0 next_offset", 1},
	{"next segment unknown", "dir", 0, AT(dir, next_segment), 12, "next_segment 12", 1},
	{"first page's magic", "dir", 0, offsetof(struct dmv_abi_dir, magic), 8, 0,
	 "directory 0 magic", SIZE_MAX},
	{"dir_offset", "header", 0, AT(header, dir_offset), 0x10, "dir_offset", SIZE_MAX},
	{"page_bytes", "header", 0, AT(header, page_bytes), 3, "page_bytes", SIZE_MAX},
	{"address_bits", "header", 0, AT(header, address_bits), 33, "address_bits", SIZE_MAX},
	{"segment0_bytes", "header", 0, AT(header, segment0_bytes), 1, "segment0_bytes", SIZE_MAX},
	{"segment0_bytes huge", "header", 0, AT(header, segment0_bytes), UINT64_MAX,
	 "segment0_bytes", SIZE_MAX},
	{"header_bytes", "header", 0, AT(header, header_bytes), 1, "header_bytes", SIZE_MAX},
	{"bom", "header", 0, AT(header, bom), 1, "no region", SIZE_MAX},
	{"guard_fill", "header", 0, AT(header, guard_fill), 0x100, "guard_fill", SIZE_MAX},
	{"build_id_n", "header", 0, AT(header, build_id_n), 33, "build_id_n", SIZE_MAX},
};

static void test_hurts(void)
{
	char name[100];

	for (size_t i = 0; i < sizeof(hurts) / sizeof(hurts[0]); i++) {
		const struct hurt *h = &hurts[i];
		struct got g;

		if (!make(&g, chain, NULL, ""))
			return;
		set(&g, place(&g, h->type, h->n), h->field, h->width, h->value);
		decode(&g, VIRT);
		snprintf(name, sizeof(name), "hostile %s: %s", h->type, h->name);
		T_CHECKF(find_note(&g, h->says), name, "wanted \"%s\", got: %s", h->says,
			 all_said(&g));
		if (h->adapters == SIZE_MAX)
			T_CHECKF(g.code, name, "the region was not refused");
		else
			T_CHECKF(!g.code && g.facts.nadapter == h->adapters, name,
				 "%zu adapters, wanted %zu: %s", g.code ? 0 : g.facts.nadapter,
				 h->adapters, all_said(&g));
		drop(&g);
	}
	{
		struct got g;

		if (!make(&g, chain, NULL, ""))
			return;
		g.region.bytes[0xA0] ^= 1;
		decode(&g, VIRT);
		T_CHECKF(g.code == DMV_E_CORRUPT && strstr(g.e.msg, "checksum"),
			 "hostile header: checksum", "%s", g.e.msg);
		drop(&g);
	}
}

/* Every field of every struct, every hostile value: no crash, no hang, no wild facts. */
static void test_every_field(void)
{
	static const uint64_t values[] = { 0, 1, 7, 8, 0x1000, 0x10000000, 0x10001000, 0x7FFFFFFF,
					   0x80000000, UINT32_MAX - 1, UINT32_MAX, 1ull << 40,
					   1ull << 63, UINT64_MAX - 7, UINT64_MAX };
	size_t nf, tried = 0, said = 0;
	const struct mkfield *f = mkregion_fields(&nf);
	struct got g;
	uint8_t *good;

	if (!make(&g, "", FULL, ""))
		return;
	good = malloc(g.region.n);
	memcpy(good, g.region.bytes, g.region.n);
	for (size_t p = 0; p < g.region.nplace; p++) {
		for (size_t i = 0; i < nf; i++) {
			if (strcmp(f[i].type, g.region.place[p].type) || f[i].kind == 's' ||
			    f[i].kind == 'x')
				continue;
			for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
				bool head = !strcmp(f[i].type, "header");

				memcpy(g.region.bytes, good, g.region.n);
				mkregion_put(&g.region, g.region.place[p].at + f[i].offset,
					     f[i].width, values[v]);
				if (!head || strcmp(f[i].name, "checksum"))
					mkregion_seal(&g.region);
				decode(&g, VIRT);
				tried++;
				said += g.code ? g.e.msg[0] != 0 : g.facts.nnote > 0;
				if (g.code)
					continue;
				dmv_facts_verify(&g.facts, &g.mem.base, NULL, &g.e);
				dmv_facts_free(&g.facts);
			}
		}
	}
	T_CHECKF(tried > 5000 && said > 500, "hostile values in every field", "%zu tried, %zu said",
		 tried, said);
	memcpy(g.region.bytes, good, g.region.n);
	free(good);
	mkregion_free(&g.region);
}

static void test_topics(void)
{
	static const struct { const char *says; const char *recipe; uint32_t topic; } t[] = {
		{ "next_segment 9", "poke 0x11020 x:09000000", DMV_TOPIC_ALL },
		{ "string row 0: length", "row string 0 LIVE text=\"x\" length=-",
		  DMV_TOPIC(DMV_K_STRING) },
		{ "extent offset", "entry 2 4 0 88 0x100000 0 0 1", DMV_TOPIC(DMV_K_LIST) },
		{ "bugcheck state is 1", "bugcheck state=1", DMV_TOPIC(DMV_K_VIOLATION) },
		{ "extent kind 99 is unknown", "entry 2 99", 0 },
		{ "state 9 is unknown", "tombstone\nrow string 0 9", 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct got g;

		if (!make(&g, "image 0x10000 0x8000\ntable string 1", NULL, t[i].recipe))
			return;
		decode(&g, VIRT);
		T_CHECKF(!g.code && find_note(&g, t[i].says), t[i].says, "%s", all_said(&g));
		T_EQ(topic_of(&g, t[i].says), t[i].topic, t[i].says);
		drop(&g);
	}
}

/* ---- rows ---- */

static void test_hostile_rows(void)
{
	static const struct { const char *row, *says; } t[] = {
		{"row string 0 LIVE text=\"x\" length=-", "string row 0: length"},
		{"row string 0 9", "state 9 is unknown"},
		{"row image 0 LIVE build_id_n=33 name=-", "image row 0: build_id_n"},
		{"row site 0 LIVE depth=-", "site row 0: depth"},
		{"row channel 0 LIVE status=9 adapter=- file=-", "channel row 0: status 9"},
		{"row violation 0 LIVE rule=99 adapter=- object=-", "violation row 0: rule 99"},
		{"row violation 0 LIVE rule=17 action=7 adapter=- object=-",
		 "violation row 0: action 7"},
		{"row violation 0 LIVE rule=17 object_kind=88", "violation row 0: object_kind 88"},
		{"row violation 0 LIVE rule=17 evidence_n=33", "violation row 0: evidence_n"},
		{"row violation 0 WRITING", "violation row 0: was being written"},
		{"row event 0 LIVE sequence=1 op=99", "event row 0: op 99"},
		{"row event 0 LIVE sequence=1 op=1 direction=5", "event row 0: direction 5"},
		{"row cpu 0 LIVE op=99", "cpu row 0: op 99"},
		{"bugcheck state=1", "bugcheck state is 1"},
		{"bugcheck state=5", "bugcheck state 5"},
		{"bugcheck state=2 evidence_n=99", "bugcheck evidence_n"},
		{"header mode=9", "header mode 9"},
		{"header flags=0x80", "header flags 0x80"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct got g;

		if (!make(&g,
			  "image 0x10000 0x8000\ntable string 2\ntable image 1\ntable site 1\n"
			  "table channel 1\ntable violation 1\ntable event 1 cpu=0\ntable cpu 1",
			  NULL, t[i].row))
			return;
		decode(&g, VIRT);
		T_CHECKF(!g.code && find_note(&g, t[i].says), t[i].row, "%s", all_said(&g));
		drop(&g);
	}
}

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

		if (!make(&g, rows, NULL, t[i].row))
			return;
		decode(&g, VIRT);
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
		drop(&g);
	}
}

static void test_holes(void)
{
	struct got g;
	size_t whole;

	if (!make(&g, "image 0x10000 0x20000\ntable register 1000", NULL, ""))
		return;
	for (uint32_t i = 0; i < 1000; i++)     /* LIVE, and findable */
		mkregion_put(&g.region, 0x2000 + i * sizeof(struct dmv_abi_register), 4,
			     DMV_ABI_LIVE);
	decode(&g, VIRT);
	T_EQ(g.code ? 0 : g.facts.nreg, 1000, "a whole table");
	if (!g.code)
		dmv_facts_free(&g.facts);
	/* A page missing from the ranges, then the same page promised but unreadable. */
	g.mem.range[DMV_VIRT][0].end = 0x15000;
	g.mem.range[DMV_VIRT][1] = (struct dmv_range){ 0x16000, 0x30000 };
	g.mem.base.nrange[DMV_VIRT] = 2;
	decode_with(&g, NULL);
	whole = g.code ? 0 : g.facts.nreg;
	T_CHECKF(whole > 940 && whole < 960 &&
			 find_note(&g, "are not in the target, first at 0x15000"),
		 "a hole in a table", "%zu rows, %s", whole, all_said(&g));
	T_EQ(whole ? g.facts.note[0].topic : 0, DMV_TOPIC(DMV_K_REGISTER),
	     "what is missing is lacked by who needs registers");
	if (!g.code)
		dmv_facts_free(&g.facts);
	decode(&g, VIRT);
	if (!g.code)
		dmv_facts_free(&g.facts);
	g.mem.refuse = 0x15000;
	g.mem.refuse_end = 0x16000;
	decode_with(&g, NULL);
	T_CHECKF(!g.code && g.facts.nreg == whole && find_note(&g, "cannot be read, first at 0x1"),
		 "an unreadable page in a table", "%zu rows, %s", g.code ? 0 : g.facts.nreg,
		 all_said(&g));
	drop(&g);
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

	if (!make(&g,
		  "image 0x10000 0x8000\ntable adapter 3\nrow adapter 0 LIVE\nrow adapter 1 LIVE\n"
		  "row adapter 2 LIVE",
		  NULL, ""))
		return;
	live_row = place(&g, "adapter", 0);
	bytes_mem_init(&g.mem, g.region.bytes, g.region.n, g.region.virt, UINT64_MAX);
	g.mem.base.live = true;
	g.mem.changing = change;
	g.mem.reads = 20;
	decode_with(&g, NULL);
	if (T_CHECKF(!g.code && g.facts.nadapter == 3, "a live target", "%s", all_said(&g))) {
		T_EQ(g.facts.adapter[0].life, DMV_LIVE, "a row that settles");
		T_EQ(g.facts.adapter[1].life, DMV_TRANSITION,
		     "a row that never does is in transition");
		T_EQ(g.facts.adapter[2].life, DMV_LIVE, "a row that does not change");
	}
	drop(&g);
}

/* ---- bytes ---- */

static void verify(struct got *g, int spaces)
{
	decode(g, spaces);
	if (!g->code)
		dmv_facts_verify(&g->facts, &g->mem.base, NULL, &g->e);
}

struct spoil {
	const char *name;
	uint64_t addr;
	enum dmv_guard_what what;
	int64_t offset;
	uint64_t start;
	uint32_t expected;
};

static const struct spoil spoils[] = {
	{ "tag before", 0x1001c7f8, DMV_G_TAG_BEFORE, -8, 0x1001c800, UINT32_MAX },
	{ "padding before", 0x1001b000, DMV_G_TAG_BEFORE, -0x1800, 0x1001c800, 0x0F },
	{ "tag after", 0x1001d800, DMV_G_TAG_AFTER, 0x1000, 0x1001c800, UINT32_MAX },
	{ "padding after", 0x1001dfff, DMV_G_TAG_AFTER, 0x17ff, 0x1001c800, 0x0F },
	{ "underrun in the page", 0x100110ff, DMV_G_BEFORE, -1, 0x10018100, 0x0F },
	{ "underrun in the guard", 0x10010000, DMV_G_BEFORE, -0x1100, 0x10018100, 0x0F },
	{ "overrun in the page", 0x10011200, DMV_G_AFTER, 0x100, 0x10018100, 0x0F },
	{ "overrun in the guard", 0x10012fff, DMV_G_AFTER, 0x1eff, 0x10018100, 0x0F },
	{ "guard of the next", 0x10013000, DMV_G_BEFORE, -0x1000, 0x10019000, 0x0F },
	{ "behind the last", 0x10015fff, DMV_G_AFTER, 0x1fff, 0x10019000, 0x0F },
};

static void test_guards(void)
{
	char name[80];

	for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++)
		for (int way = 0; way < 2; way++) {
			const struct spoil *s = &spoils[i];
			struct dmv_guard_fact *x;
			struct got g;

			if (!make(&g, way ? "order big" : "", FULL, ""))
				return;
			g.region.bytes[s->addr - g.region.virt] ^= 0xF0;
			verify(&g, way ? PHYS : VIRT);
			snprintf(name, sizeof(name), "guard: %s, %s", s->name,
				 way ? "physical" : "virtual");
			if (T_CHECKF(!g.code && g.facts.nguard == 1, name, "%zu guards",
				     g.facts.nguard)) {
				x = &g.facts.guard[0];
				T_CHECKF(x->what == s->what && x->addr == s->addr &&
						 x->offset == s->offset && x->start == s->start &&
						 x->bad == 1 && x->expected == s->expected,
					 name,
					 "what %d addr 0x%llx offset %lld start 0x%llx bad %u "
					 "expected 0x%x",
					 x->what, (unsigned long long)x->addr, (long long)x->offset,
					 (unsigned long long)x->start, x->bad, x->expected);
			}
			T_EQ(g.facts.nstale, 0, "guard: nothing is stale");
			drop(&g);
		}
}

static void test_free_register(void)
{
	struct got g;

	if (!make(&g, "", FULL,
		  "row register 1 FREE\nfill 0x10014000 0x80 0x0F\nfill 0x10014010 2 0x33"))
		return;
	verify(&g, VIRT);
	if (T_CHECKF(!g.code && g.facts.nguard == 1, "a free register was written", "%s",
		     all_said(&g))) {
		T_EQ(g.facts.guard[0].what, DMV_G_FREE, "a free register: what");
		T_EQ(g.facts.guard[0].addr, 0x10014010, "a free register: where");
		T_EQ(g.facts.guard[0].offset, 0x10, "a free register: offset in its page");
		T_EQ(g.facts.guard[0].bad, 2, "a free register: how many");
		T_EQ(g.facts.guard[0].bytes[0], 0x33, "a free register: what it holds");
	}
	drop(&g);
}

static void test_stale(void)
{
	struct got g;

	if (!make(&g, "", FULL, "fill 0x10011110 3 0xAB"))
		return;
	verify(&g, VIRT);
	if (T_CHECKF(!g.code && g.facts.nstale == 1 && !g.facts.nguard, "a stale shadow", "%s",
		     all_said(&g))) {
		const struct dmv_stale_fact *x = g.facts.stale;

		T_EQ(x->offset, 0x10, "stale: first difference");
		T_EQ(x->differ, 3, "stale: how many");
		T_EQ(x->shadow[0], 0xAB, "stale: what the device wrote");
		T_EQ(x->original[0], 0x11, "stale: what the driver sees");
		T_EQ(x->to_device, false, "stale: from the device");
		T_EQ(x->age, 893, "stale: age");
		T_EQ(x->list, 0, "stale: its list");
		T_EQ(x->n, 32, "stale: bytes kept");
	}
	drop(&g);
	if (!make(&g, "", FULL, "poke 0x10019004 x:ff"))
		return;
	verify(&g, PHYS);
	T_CHECKF(!g.code && g.facts.nstale == 1 && g.facts.stale[0].to_device &&
			 g.facts.stale[0].offset == 4,
		 "the driver wrote after the map", "%s", all_said(&g));
	drop(&g);
}

static void test_verify_clean_and_missing(void)
{
	struct got g;

	if (!make(&g, "", FULL, ""))
		return;
	verify(&g, BOTH);
	T_CHECKF(!g.code && !g.facts.nguard && !g.facts.nstale && !g.facts.nnote, "a clean region",
		 "%s", all_said(&g));
	T_EQ(g.facts.guards_checked, 6, "guards are counted");
	T_EQ(g.facts.shadows_compared, 2, "shadows are counted");
	dmv_facts_free(&g.facts);
	bytes_mem_init(&g.mem, g.region.bytes, g.region.n, g.region.virt, UINT64_MAX);
	g.mem.range[DMV_VIRT][0].end = 0x10012000;
	g.mem.range[DMV_VIRT][1] = (struct dmv_range){ 0x10014000, 0x10020000 };
	g.mem.base.nrange[DMV_VIRT] = 2;
	decode_with(&g, NULL);
	if (!g.code)
		dmv_facts_verify(&g.facts, &g.mem.base, NULL, &g.e);
	T_CHECKF(!g.code && !g.facts.nguard && g.facts.guards_unreadable == 2 &&
			 g.facts.guards_checked == 4 &&
			 find_note(&g, "guards cannot be read, first at 0x10012000"),
		 "pages that are not there", "%s", all_said(&g));
	T_EQ(topic_of(&g, "guards cannot be read"), DMV_TOPIC_VERIFY,
	     "pages that are not there: lacked by who compares");
	if (!g.code)
		dmv_facts_free(&g.facts);
	g.mem.range[DMV_VIRT][0].end = 0x10018000;
	g.mem.range[DMV_VIRT][1] = (struct dmv_range){ 0x10019000, 0x10020000 };
	decode_with(&g, NULL);
	if (!g.code)
		dmv_facts_verify(&g.facts, &g.mem.base, NULL, &g.e);
	T_CHECKF(!g.code && !g.facts.nstale && g.facts.shadows_unreadable == 1 &&
			 g.facts.shadows_compared == 1,
		 "an original that is not there", "%s", all_said(&g));
	drop(&g);
}

/* ---- many ---- */

static void test_many(void)
{
	const uint32_t n = 200000;
	struct timespec a, b;
	struct got g;
	size_t file;

	if (!make(&g, "image 0x10000000 0x1400000\ntable adapter 1\nrow adapter 0 LIVE handle=1\n"
		  "table file 1\nrow file 0 LIVE adapter=0:1 shadow_virt=- shadow_phys=-\n"
		  "table register 200000\nrow register 0 LIVE", NULL, ""))
		return;
	file = place(&g, "register", 0);
	for (uint32_t i = 0; i < n; i++) {
		size_t at = file + i * sizeof(struct dmv_abi_register);

		mkregion_put(&g.region, at, 4, DMV_ABI_LIVE);
		mkregion_put(&g.region, at + offsetof(struct dmv_abi_register, file) + 4, 4, 1);
		mkregion_put(&g.region, at + offsetof(struct dmv_abi_register, index), 4, i);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	decode(&g, VIRT);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	T_CHECKF(!g.code && g.facts.nreg == n && g.facts.reg[n - 1].index == n - 1 &&
		 g.facts.reg[n - 1].file == 0, "200,000 live registers", "%s", all_said(&g));
	fprintf(stderr, "%u registers in %.3f s of CPU time\n", n,
		(double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec));
	drop(&g);
}

int main(void)
{
	test_fields();
	test_vectors();
	test_strides();
	test_finding();
	test_copies();
	test_tombstone();
	test_two();
	test_chain();
	test_hurts();
	test_topics();
	test_hostile_rows();
	test_transition();
	test_holes();
	test_live();
	test_guards();
	test_free_register();
	test_stale();
	test_verify_clean_and_missing();
	test_many();
	test_every_field();
	return T_DONE();
}
