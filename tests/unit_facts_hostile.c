/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Hostile numbers in every field of header, directory and tables, and which answers they cost. */
#include <stdlib.h>

#include "got.h"

/* ---- header and directory ---- */

static const char chain[] =
	"image 0x10000 0x10000\nregion 0x4000\nsegment 1 0x6000 0x4000\nsegment 2 0xA000 0x4000\n"
	"table adapter 1\nrow adapter 0 LIVE handle=1\npage 1\ntable adapter 2 segment=1\n"
	"row adapter 1 LIVE handle=2\nrow adapter 2 LIVE handle=3\npage 2\n"
	"table adapter 1 segment=2\nrow adapter 3 LIVE handle=4\n";

static void test_chain(void)
{
	struct got g;

	if (!got_make(&g, chain, NULL, ""))
		return;
	got_decode(&g, VIRT);
	if (T_CHECKF(!g.code && g.facts.nadapter == 4, "a table in three segments", "%s",
		     got_said(&g))) {
		T_EQ(g.facts.adapter[3].handle, 4, "a table in three segments: last row");
		T_EQ(g.facts.adapter[2].record, 0x10000 + 0x7000 + sizeof(struct dmv_abi_adapter),
		     "a row's address is the writer's");
		T_EQ(g.facts.region[0].segments, 3, "segments are counted");
	}
	got_drop(&g);
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

		if (!got_make(&g, chain, NULL, ""))
			return;
		got_set(&g, got_place(&g, h->type, h->n), h->field, h->width, h->value);
		got_decode(&g, VIRT);
		snprintf(name, sizeof(name), "hostile %s: %s", h->type, h->name);
		T_CHECKF(got_note(&g, h->says), name, "wanted \"%s\", got: %s", h->says,
			 got_said(&g));
		if (h->adapters == SIZE_MAX)
			T_CHECKF(g.code, name, "the region was not refused");
		else
			T_CHECKF(!g.code && g.facts.nadapter == h->adapters, name,
				 "%zu adapters, wanted %zu: %s", g.code ? 0 : g.facts.nadapter,
				 h->adapters, got_said(&g));
		got_drop(&g);
	}
}

static void test_checksum(void)
{
	struct got g;

	if (!got_make(&g, chain, NULL, ""))
		return;
	g.region.bytes[0xA0] ^= 1;
	got_decode(&g, VIRT);
	T_CHECKF(g.code == DMV_E_CORRUPT && strstr(g.e.msg, "checksum"),
		 "hostile header: checksum", "%s", g.e.msg);
	got_drop(&g);
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

	if (!got_make(&g, "", FULL, ""))
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
				got_decode(&g, VIRT);
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

		if (!got_make(&g, "image 0x10000 0x8000\ntable string 1", NULL, t[i].recipe))
			return;
		got_decode(&g, VIRT);
		T_CHECKF(!g.code && got_note(&g, t[i].says), t[i].says, "%s", got_said(&g));
		T_EQ(got_topic(&g, t[i].says), t[i].topic, t[i].says);
		got_drop(&g);
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

		if (!got_make(&g,
			      "image 0x10000 0x8000\ntable string 2\ntable image 1\ntable site 1\n"
			      "table channel 1\ntable violation 1\ntable event 1 cpu=0\ntable cpu 1",
			      NULL, t[i].row))
			return;
		got_decode(&g, VIRT);
		T_CHECKF(!g.code && got_note(&g, t[i].says), t[i].row, "%s", got_said(&g));
		got_drop(&g);
	}
}

int main(void)
{
	test_chain();
	test_hurts();
	test_checksum();
	test_topics();
	test_hostile_rows();
	test_every_field();
	return T_DONE();
}
