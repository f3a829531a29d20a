/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * dma-debug's books out of a Linux kernel's memory, with either form of an entry; caught between
 * two stores; damaged.
 * Real kernels: tests/vm/linux_check.py.
 */
#include "debug_kernel.h"
#include "t.h"

/* A note about mappings that has this text. */
static bool noted(const struct dmv_facts *f, const char *text)
{
	for (size_t i = 0; i < f->nnote; i++)
		if (strstr(f->note[i].text, text) && f->note[i].topic & DMV_TOPIC(DMV_K_MAPPING))
			return true;
	return false;
}

/* Of the devices' members this kernel has a few: their notes are others' business. */
static size_t notes(const struct dmv_facts *f, const char **first)
{
	size_t n = 0;

	*first = "";
	for (size_t i = f->nnote; i-- > 0;) {
		if (f->note[i].topic == DMV_TOPIC(DMV_K_ADAPTER))
			continue;
		*first = f->note[i].text;
		n++;
	}
	return n;
}

#define KNOWN(k, v) ((k).known && (k).value == (v))

static void all(void)
{
	struct small *k = make();
	const struct dmv_mapping_fact *x;
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };
	const char *text = "";

	T_CHECKF(!look(k, &f, &e) && f.nmapping == 4 && f.nadapter == 2, "all entries",
		 "%zu entries, %zu adapters, %s", f.nmapping, f.nadapter,
		 f.nnote ? f.note[0].text : e.msg);
	x = f.mapping;
	T_CHECK(x[0].entry == at(k, &k->ram.entry[0]) && x[0].bucket == 2 && x[3].bucket == 7 &&
		x[0].region == DMV_NO_INDEX && x[0].life == DMV_LIVE, "where they are");
	T_CHECK(KNOWN(x[0].bus, 0xfcb010) && KNOWN(x[0].bytes, 0x640) && x[0].phys == 0x1234010 &&
		x[0].phys_bytes == 0x640, "addresses");
	T_CHECK(x[0].type == DMV_MAP_SINGLE && x[1].type == DMV_MAP_SG &&
		x[2].type == DMV_MAP_COHERENT && x[3].type == DMV_MAP_RESOURCE, "types");
	T_CHECK(KNOWN(x[0].direction, DMV_DIR_FROM_DEVICE) && KNOWN(x[0].error, DMV_ERR_CHECKED) &&
		KNOWN(x[1].sg_calls, 4) && KNOWN(x[1].sg_mapped, 3), "direction, error, list");
	T_CHECK(x[1].phys_bytes == 0 && x[2].phys_bytes == 0x800,
		"memory of merged segments and scattered buffers is not claimed");
	T_CHECK(x[3].failed && !x[0].failed, "a mapping that failed");
	T_CHECK(x[0].adapter == 0 && x[1].adapter == 1 && x[2].adapter == DMV_NO_INDEX &&
		!x[2].orphan && x[3].orphan, "devices: two adapters, one on no bus, one gone");
	T_CHECKF(f.nstack == 2 && x[0].owner == x[2].owner && x[3].owner == DMV_NO_INDEX &&
		 !strcmp(f.stack[x[0].owner].text, "vmlinux!my_probe+0x5") &&
		 f.stack[x[0].owner].depth == 3 && f.stack[x[0].owner].first == 2,
		 "stacks once each", "%zu stacks", f.nstack);
	T_CHECK(f.stack[x[1].owner].page_pool && !f.stack[x[0].owner].page_pool, "a page pool");
	T_CHECK(f.debug.there && KNOWN(f.debug.disabled, 0) && KNOWN(f.debug.entries, ENTRIES) &&
		KNOWN(f.debug.free, ENTRIES - 4) && KNOWN(f.debug.lowest, 7) &&
		KNOWN(f.debug.errors, 3) && f.debug.buckets == BUCKETS, "state of the pool");
	T_CHECKF(!notes(&f, &text), "no note", "%s", text);
	dmv_facts_free(&f);
	free(k);
}

static void later_layout(void)
{
	struct small *k = make();
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };
	const char *text = "";

	k->paddr = true;
	look(k, &f, &e);
	T_CHECK(f.nmapping == 4 && f.mapping[0].phys == 0x1234 &&
		!notes(&f, &text), "the physical address");
	dmv_facts_free(&f);
	free(k);
}

/* Each member under another name: what it tells is lost, and that is said; the rest is there. */
static void renamed(void)
{
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };
	const char *text = "";

	for (size_t i = FIRST_OURS; i < sizeof(members) / sizeof(members[0]); i++) {
		struct small *k = make();
		const bool list = strstr(members[i].path, "list") ||
				  strstr(members[i].type, "list");
		char name[96];

		snprintf(name, sizeof(name), "without %s.%s", members[i].type, members[i].path);
		k->without = name + strlen("without ");
		look(k, &f, &e);
		T_CHECKF(noted(&f, "not known") && notes(&f, &text) == 1 &&
			 f.nmapping == (list ? 0u : 4u) && f.nadapter == 2, name,
			 "%zu entries, %zu notes: %s", f.nmapping, f.nnote, text);
		dmv_facts_free(&f);
		free(k);
	}
}

/* ---- caught between two stores ---- */

static void caught(const char *name, struct small *k, size_t entries, size_t which)
{
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };
	const char *text = "";
	bool good = true;

	look(k, &f, &e);
	for (size_t i = 0; i < f.nmapping; i++)
		good &= (f.mapping[i].life == DMV_TRANSITION) == (i == which);
	T_CHECKF(good && f.nmapping == entries && !notes(&f, &text), name, "%zu entries, %s",
		 f.nmapping, *text ? text : "another is in transition");
	dmv_facts_free(&f);
	free(k);
}

static void transitions(void)
{
	struct small *k = make();

	k->ram.hash[5].list.prev = node(k, 4);          /* list_add_tail, before the last store */
	k->ram.entry[4].list = (struct list){ node(k, 2), head(k, 5) };
	k->ram.entry[4].dev = at(k, &k->ram.dev[0]);
	k->ram.free--;
	caught("an entry that is being put on", k, 5, 3);
	k = make();
	k->ram.entry[1].list.prev = head(k, 2);         /* list_del, after the first store */
	caught("an entry that is being taken off", k, 4, 0);
	k = make();
	k->ram.hash[2].list.prev = node(k, 0);
	caught("the last one that is being taken off", k, 4, 1);
}

/* ---- damage ---- */

static void broken(const char *name, struct small *k, size_t entries, const char *note)
{
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };

	look(k, &f, &e);
	T_CHECKF(noted(&f, note) && f.nmapping == entries, name, "%zu entries, %zu notes: %s",
		 f.nmapping, f.nnote, f.nnote ? f.note[0].text : e.msg);
	T_CHECKF(k->reads < 400, name, "%u reads", k->reads);
	dmv_facts_free(&f);
	free(k);
}

static void damage(void)
{
	struct small *k = make();

	k->ram.entry[1].list.next = node(k, 0);
	broken("a list that loops", k, 4, "belongs to another place");
	k = make();
	k->ram.entry[1].list.next = node(k, 1);
	broken("an entry that leads to itself", k, 4, "belongs to another place");
	k = make();
	k->ram.hash[0].list.next = k->ram.hash[1].list.next = node(k, 2);
	broken("three buckets with one list", k, 4, "belongs to another place");
	k = make();
	k->ram.hash[3].list.next = 0xdead000000000100;
	broken("a bucket that leads nowhere", k, 4, "nothing there");
	k = make();
	k->ram.entry[0].list.next = 3;
	broken("an address of no entry", k, 3, "no entry can be there");
	k = make();
	k->ram.hash[4].list.next = k->ram.hash[4].list.prev = 0;
	broken("a bucket that was wiped", k, 4, "no entry can be there");
	k = make();
	k->hole = at(k, &k->ram.hash[3].lock);
	broken("buckets that are not there", k, 0, "buckets 0 to 7 cannot be read");
	k = make();
	k->hole = at(k, &k->ram.entry[0].bytes);
	broken("an entry that is not there", k, 2, "breaks off");
	k = make();
	k->ram.hash[5].list.prev = node(k, 0);
	broken("an end that is none", k, 4, "not the end of the list");
	k = make();
	k->hole = at(k, &k->ram.total);
	broken("a count that is not there", k, 4, "nr_total_entries cannot be read");
	k = make();
	k->ram.total = 3;
	broken("more entries than there are", k, 3, "more entries than there can be, 3");
	k = make();
	k->range.end = sizeof(struct entry) * 2 + 1;
	broken("more entries than fit", k, 2, "more entries than there can be, 2");
	k = make();
	k->without = "hash_bucket.";
	broken("no size of a bucket", k, 0, "lists are not known");
}

static void odd(void)
{
	struct small *k = make();
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };

	k->ram.entry[0].depth = 1000000;
	k->ram.entry[1].type = 77;
	k->ram.entry[2].pfn = UINT64_MAX;
	k->ram.entry[2].direction = -1;
	look(k, &f, &e);
	T_CHECK(f.nmapping == 4 && f.stack[f.mapping[0].owner].depth == FRAMES, "too deep a stack");
	T_CHECK(f.mapping[1].type == DMV_MAP_OTHER && KNOWN(f.mapping[1].type_number, 77),
		"an unknown type");
	T_CHECK(f.mapping[2].phys == DMV_NO_ADDR && !f.mapping[2].phys_bytes, "no page is there");
	dmv_facts_free(&f);
	k->ram.disabled = 1;
	look(k, &f, &e);
	T_CHECK(f.nmapping == 4 && noted(&f, "switched itself off"), "off since it ran out");
	dmv_facts_free(&f);
	memset(k->ram.hash, 0, sizeof(k->ram.hash));
	look(k, &f, &e);
	T_CHECKF(!f.nmapping && !noted(&f, "breaks off"), "off from the start", "%s",
		 f.nnote ? f.note[0].text : "");
	dmv_facts_free(&f);
	free(k);
}

int main(void)
{
	all();
	later_layout();
	renamed();
	transitions();
	damage();
	odd();
	return t_done();
}
