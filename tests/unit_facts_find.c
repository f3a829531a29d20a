/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Which regions a target holds: found in every way, copies, ghosts, two at once. */
#include <stdlib.h>

#include "got.h"

static void test_finding(void)
{
	struct dmv_facts_opts o = { .region = 0x10000000 };
	struct got g;

	if (!got_make(&g, "", FULL, ""))
		return;
	bytes_mem_init(&g.mem, g.region.bytes, g.region.n, g.region.virt, UINT64_MAX);
	got_decode_with(&g, &o);
	T_CHECKF(!g.code && g.facts.region[0].how == DMV_BY_ADDRESS && g.facts.region[0].authentic,
		 "by address", "%s", got_said(&g));
	if (!g.code)
		dmv_facts_free(&g.facts);
	o.region = 0x10001000;
	got_decode_with(&g, &o);
	T_CHECKF(g.code == DMV_E_NOTFOUND && strstr(g.e.msg, "0x10001000"), "a wrong address", "%s",
		 g.e.msg);
	got_decode_with(&g, NULL);
	T_CHECKF(!g.code && g.facts.region[0].how == DMV_BY_SCAN && !g.facts.region[0].authentic,
		 "by scan", "%s", got_said(&g));
	if (!g.code)
		dmv_facts_free(&g.facts);
	g.mem.base.lost = 4096;
	got_decode_with(&g, NULL);
	T_CHECKF(!g.code && got_note(&g, "0x1000 bytes of memory are missing from the file"),
		 "a scan says what it cannot have seen", "%s", got_said(&g));
	if (!g.code)
		dmv_facts_free(&g.facts);
	g.mem.base.lost = 0;
	g.mem.base.linux_kernel = true;
	got_decode_with(&g, NULL);
	T_CHECKF(g.code == DMV_E_NOTFOUND && strstr(g.e.msg, "--scan"),
		 "no scan of a Linux kernel by itself", "%s", g.e.msg);
	o = (struct dmv_facts_opts){ .region = DMV_NO_ADDR, .scan = true };
	got_decode_with(&g, &o);
	T_CHECKF(!g.code, "a scan of a Linux kernel when asked", "%s", g.e.msg);
	if (!g.code)
		dmv_facts_free(&g.facts);
	bytes_mem_init(&g.mem, g.region.bytes, g.region.n, g.region.virt, g.region.phys);
	g.mem.base.linux_kernel = true;
	g.mem.base.vmcoreinfo = (char *)"OSRELEASE=6\nDMV_REGION=10000000\nX=1\n";
	got_decode_with(&g, NULL);
	T_CHECKF(!g.code && g.facts.region[0].how == DMV_BY_VMCOREINFO, "by VMCOREINFO", "%s",
		 got_said(&g));
	got_drop(&g);
}

static void test_copies(void)
{
	struct got g;

	if (!got_make(&g, "", FULL, ""))
		return;
	memcpy(g.region.bytes + 0x1E000, g.region.bytes, 4096);
	got_decode(&g, VIRT);
	T_CHECKF(!g.code && g.facts.nregion == 1, "a copy of a header is no region", "%s",
		 got_said(&g));
	T_CHECKF(got_note(&g, "0x1001e000 says it stands at 0x10000000"), "a copy is noted", "%s",
		 got_said(&g));
	dmv_facts_free(&g.facts);
	memset(g.region.bytes, 0, 4096);
	got_decode(&g, VIRT);
	T_CHECKF(g.code == DMV_E_NOTFOUND &&
			 strstr(g.e.msg, "1 header found, the first at virtual 0x1001e000, none"),
		 "only a copy", "%s", g.e.msg);
	got_drop(&g);
	/* A header that does not know its physical address does not count in physical memory. */
	if (!got_make(&g, "", FULL, ""))
		return;
	got_set(&g, 0, offsetof(struct dmv_abi_header, phys), 8, UINT64_MAX);
	got_decode(&g, PHYS);
	T_CHECKF(g.code == DMV_E_NOTFOUND, "phys unknown in a target of physical memory only", "%s",
		 g.e.msg);
	if (!g.code)
		dmv_facts_free(&g.facts);
	got_decode(&g, BOTH);
	T_CHECKF(!g.code && g.facts.region[0].space == DMV_VIRT, "phys unknown, found by virt",
		 "%s", g.e.msg);
	got_drop(&g);
}

static void test_tombstone(void)
{
	struct got g;

	if (!got_make(&g, "", FULL, "tombstone"))
		return;
	got_decode(&g, VIRT);
	T_CHECKF(!g.code && g.facts.region[0].ended, "a tombstone", "%s", g.e.msg);
	T_CHECKF(got_note(&g, "a verifier ended in order"), "a tombstone is noted", "%s",
		 got_said(&g));
	got_drop(&g);
}

/* Two regions in one target, one after the other. */
static void test_two(void)
{
	struct got a, b;
	uint8_t *both;
	struct bytes_mem mem;
	struct dmv_facts f;
	struct dmv_err e = { 0 };

	if (!got_make(&a, "", FULL, "") ||
	    !got_make(&b, "image 0x10020000 0x4000\nheader region_id=0x78\ntable adapter 1\n"
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
	if (got_make(&b,
		     "image 0x10020000 0x4000\nregion 0x3000\nheader region_id=0x78\n"
		     "segment 1 0x3000 0x1000\ntable adapter 1", NULL, "")) {
		got_set(&b, got_place(&b, "segment", 0), offsetof(struct dmv_abi_segment, virt), 8,
			0x10004000);
		memcpy(both + a.region.n, b.region.bytes, b.region.n);
		if (T_CHECKF(!dmv_facts_region(&mem.base, NULL, NULL, &f, &e),
			     "regions that overlap", "%s", e.msg)) {
			struct got g = { .facts = f };

			T_EQ(f.nregion, 1, "of regions that overlap one is refused");
			T_CHECKF(got_note(&g, "its segments overlap"), "the overlap is noted",
				 "%s", got_said(&g));
			dmv_facts_free(&f);
		}
		mkregion_free(&b.region);
	}
	free(both);
	mkregion_free(&a.region);
}

/* Two regions, the first of which has the second's bytes in a segment of its own. */
static void overlap(const char *name, const char *first, uint64_t at, const char *second,
		    uint64_t want, bool decided)
{
	struct got a, b, g = { .facts = { 0 } };
	struct bytes_mem mem;
	uint8_t *both;

	if (!got_make(&a, first, NULL, "") || !got_make(&b, second, NULL, ""))
		return;
	got_set(&a, got_place(&a, "segment", 0), offsetof(struct dmv_abi_segment, virt), 8, at);
	both = malloc(a.region.n + b.region.n);
	memcpy(both, a.region.bytes, a.region.n);
	memcpy(both + a.region.n, b.region.bytes, b.region.n);
	bytes_mem_init(&mem, both, a.region.n + b.region.n, a.region.virt, UINT64_MAX);
	g.code = dmv_facts_region(&mem.base, NULL, NULL, &g.facts, &g.e);
	T_CHECKF(!g.code && g.facts.nregion == 1 && g.facts.region[0].id == want, name,
		 "%zu regions, %s", g.facts.nregion, got_said(&g));
	T_CHECKF(!!got_note(&g, "its segments overlap") &&
			 (got_topic(&g, "its segments overlap") == 0) == decided,
		 name, "topic 0x%x: %s", got_topic(&g, "its segments overlap"), got_said(&g));
	T_CHECKF(!g.code && g.facts.nadapter == 1 && g.facts.adapter[0].region == 0, name,
		 "%zu adapters", g.facts.nadapter);
	if (!g.code)
		dmv_facts_free(&g.facts);
	free(both);
	mkregion_free(&a.region);
	mkregion_free(&b.region);
}

/* What was left of a region, or made up, does not win over the one that uses the memory now. */
static void test_overlap(void)
{
#define FIRST(more) "image 0x10000000 0x20000\nregion 0x3000\nheader region_id=0x77 " more \
	"\nsegment 1 0x3000 0x1000\ntable adapter 1\nrow adapter 0 LIVE handle=0x11"
#define SECOND(more) "image 0x10020000 0x8000\nregion 0x8000\nheader region_id=0x78 " more \
	"\ntable adapter 1\nrow adapter 0 LIVE handle=0x99"
	overlap("another's header in its memory", FIRST("start_unix_ns=9"), 0x10020000,
		SECOND("start_unix_ns=5"), 0x78, true);
	overlap("started earlier", FIRST("start_unix_ns=5"), 0x10024000,
		SECOND("start_unix_ns=9"), 0x78, true);
	overlap("started later", FIRST("start_unix_ns=9"), 0x10024000,
		SECOND("start_unix_ns=5"), 0x77, true);
	overlap("ended", FIRST("start_unix_ns=9") "\ntombstone", 0x10024000,
		SECOND("start_unix_ns=5"), 0x78, true);
	overlap("nobody can tell", FIRST(""), 0x10024000, SECOND(""), 0x77, false);
#undef FIRST
#undef SECOND
}

int main(void)
{
	test_finding();
	test_copies();
	test_tombstone();
	test_two();
	test_overlap();
	return T_DONE();
}
