/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Bytes of the target against the region: guards, tags, free registers, stale shadows. */
#include "got.h"

static void verify(struct got *g, int spaces)
{
	got_decode(g, spaces);
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

			if (!got_make(&g, way ? "order big" : "", FULL, ""))
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
			got_drop(&g);
		}
}

static void test_free_register(void)
{
	struct got g;

	if (!got_make(&g, "", FULL,
		      "row register 1 FREE\nfill 0x10014000 0x80 0x0F\nfill 0x10014010 2 0x33"))
		return;
	verify(&g, VIRT);
	if (T_CHECKF(!g.code && g.facts.nguard == 1, "a free register was written", "%s",
		     got_said(&g))) {
		T_EQ(g.facts.guard[0].what, DMV_G_FREE, "a free register: what");
		T_EQ(g.facts.guard[0].addr, 0x10014010, "a free register: where");
		T_EQ(g.facts.guard[0].offset, 0x10, "a free register: offset in its page");
		T_EQ(g.facts.guard[0].bad, 2, "a free register: how many");
		T_EQ(g.facts.guard[0].bytes[0], 0x33, "a free register: what it holds");
	}
	got_drop(&g);
}

static void test_stale(void)
{
	struct got g;

	if (!got_make(&g, "", FULL, "fill 0x10011110 3 0xAB"))
		return;
	verify(&g, VIRT);
	if (T_CHECKF(!g.code && g.facts.nstale == 1 && !g.facts.nguard, "a stale shadow", "%s",
		     got_said(&g))) {
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
	got_drop(&g);
	if (!got_make(&g, "", FULL, "poke 0x10019004 x:ff"))
		return;
	verify(&g, PHYS);
	T_CHECKF(!g.code && g.facts.nstale == 1 && g.facts.stale[0].to_device &&
			 g.facts.stale[0].offset == 4,
		 "the driver wrote after the map", "%s", got_said(&g));
	got_drop(&g);
}

struct steps {
	unsigned n;
	uint64_t total;
	bool wrong;
};

static void step(void *ctx, const struct dmv_step *s)
{
	struct steps *x = ctx;

	x->n++;
	x->total = s->total;
	x->wrong |= strcmp(s->what, "check") || s->bytes || s->done > s->total;
}

/* Stopped in the middle it knows nothing; the next time it knows all. */
static void test_stop(struct got *g)
{
	struct steps steps = { 0 };
	const struct dmv_progress progress = { step, &steps };
	bool stop = true;

	got_decode(g, BOTH);
	if (g->code)
		return;
	g->mem.base.progress = &progress;
	T_CHECK(dmv_facts_verify(&g->facts, &g->mem.base, &stop, &g->e) == DMV_E_STOPPED &&
			!g->facts.verified && !g->facts.guards_checked && !g->facts.nnote,
		"a comparison that is stopped");
	stop = false;
	T_CHECK(!dmv_facts_verify(&g->facts, &g->mem.base, &stop, &g->e) &&
			g->facts.verified && g->facts.guards_checked == 6,
		"and made again");
	T_CHECKF(steps.n && !steps.wrong && steps.total == 4, "and says how far it has come",
		 "%u times, of %llu", steps.n, (unsigned long long)steps.total);
	g->mem.base.progress = NULL;
	dmv_facts_free(&g->facts);
}

static void test_verify_clean_and_missing(void)
{
	struct got g;

	if (!got_make(&g, "", FULL, ""))
		return;
	verify(&g, BOTH);
	T_CHECKF(!g.code && !g.facts.nguard && !g.facts.nstale && !g.facts.nnote, "a clean region",
		 "%s", got_said(&g));
	T_EQ(g.facts.guards_checked, 6, "guards are counted");
	T_EQ(g.facts.shadows_compared, 2, "shadows are counted");
	dmv_facts_free(&g.facts);
	test_stop(&g);
	bytes_mem_init(&g.mem, g.region.bytes, g.region.n, g.region.virt, UINT64_MAX);
	g.mem.range[DMV_VIRT][0].end = 0x10012000;
	g.mem.range[DMV_VIRT][1] = (struct dmv_range){ 0x10014000, 0x10020000 };
	g.mem.base.nrange[DMV_VIRT] = 2;
	got_decode_with(&g, NULL);
	if (!g.code)
		dmv_facts_verify(&g.facts, &g.mem.base, NULL, &g.e);
	T_CHECKF(!g.code && !g.facts.nguard && g.facts.guards_unreadable == 2 &&
			 g.facts.guards_checked == 4 &&
			 got_note(&g, "guards cannot be read, first at 0x10012000"),
		 "pages that are not there", "%s", got_said(&g));
	T_EQ(got_topic(&g, "guards cannot be read"), DMV_TOPIC_VERIFY,
	     "pages that are not there: lacked by who compares");
	if (!g.code)
		dmv_facts_free(&g.facts);
	g.mem.range[DMV_VIRT][0].end = 0x10018000;
	g.mem.range[DMV_VIRT][1] = (struct dmv_range){ 0x10019000, 0x10020000 };
	got_decode_with(&g, NULL);
	if (!g.code)
		dmv_facts_verify(&g.facts, &g.mem.base, NULL, &g.e);
	T_CHECKF(!g.code && !g.facts.nstale && g.facts.shadows_unreadable == 1 &&
			 g.facts.shadows_compared == 1,
		 "an original that is not there", "%s", got_said(&g));
	got_drop(&g);
}

/* Guards and shadows are not in physical memory; at their virtual addresses stands something. */
static void test_other_space(void)
{
	static const char *const name[] = {
		"the other space is the writer's", "the other space is another's",
	};

	for (int other = 0; other < 2; other++) {
		struct got g;

		if (!got_make(&g, "", FULL, ""))
			return;
		bytes_mem_init(&g.mem, g.region.bytes, g.region.n, g.region.virt, g.region.phys);
		g.mem.range[DMV_PHYS][0].end = 0x10010000;
		if (other) {
			g.mem.start[DMV_VIRT] -= DMV_ABI_PAGE;
			g.mem.range[DMV_VIRT][0].end -= DMV_ABI_PAGE;
		}
		got_decode_with(&g, NULL);
		if (!g.code)
			dmv_facts_verify(&g.facts, &g.mem.base, NULL, &g.e);
		T_CHECKF(!g.code && g.facts.region[0].both == !other && !g.facts.nguard &&
				 !g.facts.nstale, name[other], "%zu guards, %s", g.facts.nguard,
			 got_said(&g));
		T_CHECKF(!g.code && !!g.facts.guards_checked == !other &&
				 !!g.facts.guards_unreadable == other, name[other],
			 "%llu guards checked", (unsigned long long)g.facts.guards_checked);
		got_drop(&g);
	}
}

/* What stands at a bus address in physical memory is not the driver's. */
static void test_bus_addresses(void)
{
	for (int spaces = VIRT; spaces <= PHYS; spaces++) {
		struct got g;

		if (!got_make(&g, "", FULL, "header flags=4"))
			return;
		g.region.bytes[0x10012000 - g.region.virt] ^= 0xF0;
		verify(&g, spaces);
		T_CHECKF(!g.code && g.facts.region[0].bus_only &&
				 g.facts.nguard == (spaces == VIRT) &&
				 !g.facts.guards_checked == (spaces == PHYS),
			 spaces == VIRT ? "bus addresses, virtual" : "bus addresses, physical",
			 "%zu guards, %s", g.facts.nguard, got_said(&g));
		got_drop(&g);
	}
}

int main(void)
{
	test_guards();
	test_free_register();
	test_stale();
	test_verify_clean_and_missing();
	test_other_space();
	test_bus_addresses();
	return T_DONE();
}
