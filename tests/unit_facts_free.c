/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A region in memory that a Linux kernel has freed: told by the kernel's books, if they hold. */
#include "got.h"
#include "fake_kernel.h"
#include "mem_int.h"
#include "names.h"
#include "words.h"

/* Physical addresses: struct page of 64 bytes for each page, and two regions. */
enum { ARRAY = FK_IMAGE + 0x80000, BASE = FK_IMAGE + 0x3010, REGION = 0x380000, SECOND = 0x3c0000 };
enum { MAPCOUNT = 48, PRIVATE = 40, MARK = 0xffffff7f };

static const struct fake_symbol symbols[] = {
	{ "T_stext", 0, false }, { "Dlinux_banner", FK_BANNER, false },
	{ "Dinit_uts_ns", FK_UTS, false }, { "Dvmemmap_base", 0x3010, false },
	{ "B_end", FK_LAST, false },
};

static void put_region(struct fake_kernel *k, uint64_t at)
{
	char recipe[300], err[200] = "";
	struct mkregion r;

	snprintf(recipe, sizeof(recipe), "image 0x%llx 0x20000\nregion 0x8000\n"
		 "header writer=\"test\" pid=7 ncpu=1 machine=62\ntable adapter 3\n"
		 "table string 8\n", (unsigned long long)at);
	T_CHECKF(!mkregion_make(recipe, &r, err, sizeof(err)), "recipe", "%s", err);
	memcpy(k->ram + at, r.bytes, r.n);
	mkregion_free(&r);
}

/* A block of 2^order pages, the first of which is at phys, is free. */
static void set_free(struct fake_kernel *k, uint64_t phys, uint64_t order)
{
	uint64_t page = ARRAY + phys / 4096 * 64;

	fk_put(k, page + MAPCOUNT, MARK, 4);
	fk_put(k, page + PRIVATE, order, 8);
}

static struct fake_kernel *make(void)
{
	struct fake_kernel *k = fk_new();

	fk_kallsyms(k, symbols, sizeof(symbols) / sizeof(symbols[0]));
	fk_put(k, BASE, FK_VIRT + ARRAY - FK_IMAGE, 8);
	for (uint64_t at = 0; at < FK_RAM; at += 4096)
		fk_put(k, ARRAY + at / 4096 * 64 + MAPCOUNT, UINT32_MAX, 4);
	fk_line(k, "SIZE(page)=%llu\n", 64);
	fk_line(k, "OFFSET(page._mapcount)=%llu\n", MAPCOUNT);
	fk_line(k, "OFFSET(page.private)=%llu\n", PRIVATE);
	put_region(k, REGION);
	put_region(k, SECOND);
	return k;
}

/* Which of the two are free, in the order of the facts. */
static void is(struct fake_kernel *k, const char *mark, uint64_t first, bool freed, uint64_t second,
	       bool second_freed, const char *name)
{
	const struct dmv_facts_opts o = { .region = DMV_NO_ADDR, .scan = true };
	struct dmv_facts f = { 0 };
	struct dmv_names *n = NULL;
	struct dmv_err e = { 0 };
	size_t notes = 0;

	if (mark)
		fk_line(k, mark, 0);
	dmv_mem_set_vmcoreinfo(&k->b.base, k->text, strlen(k->text));
	dmv_names_new(&n, NULL);
	dmv_names_set_target(n, &k->b.base, NULL);
	if (T_CHECKF(!dmv_facts_region(&k->b.base, n, &o, &f, &e) && f.nregion == 2, name,
		     "%s; %zu regions", e.msg, f.nregion))
		T_CHECKF(f.region[0].phys == first && f.region[0].freed == freed &&
			 f.region[1].phys == second && f.region[1].freed == second_freed, name,
			 "0x%llx %d, 0x%llx %d", (unsigned long long)f.region[0].phys,
			 f.region[0].freed, (unsigned long long)f.region[1].phys,
			 f.region[1].freed);
	for (size_t i = 0; i < f.nnote; i++)
		notes += strstr(f.note[i].text, "has freed its memory") != NULL;
	T_EQ(notes, (size_t)(freed + second_freed), "and it is noted");
	if (f.nregion)
		T_STREQ(dmv_end_word(&f.region[f.nregion - 1]), second_freed ?
			", killed: its memory is free" : "", "in words");
	dmv_facts_free(&f);
	dmv_names_free(n);
	bytes_mem_deinit(&k->b);
	free(k->b.base.vmcoreinfo);
	free(k);
}

int main(void)
{
	const char *mark = "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\n";
	struct fake_kernel *k;

	is(make(), mark, REGION, false, SECOND, false, "both are there");
	k = make();
	set_free(k, REGION, 0);
	is(k, mark, SECOND, false, REGION, true, "a free page: last, though it was found first");
	k = make();
	set_free(k, REGION & ~0xffffull, 4);
	is(k, mark, SECOND, false, REGION, true, "in a free block");
	k = make();
	set_free(k, SECOND - 0x40000, 6);
	is(k, mark, SECOND, false, REGION, true, "a block that ends in front of the other");
	k = make();
	set_free(k, REGION - 0x1000, 0);
	set_free(k, REGION + 0x1000, 0);
	is(k, mark, REGION, false, SECOND, false, "neighbours are free");
	k = make();
	set_free(k, 0x200000, 9);
	is(k, mark, REGION, false, SECOND, false, "books by which the kernel is free, too");
	k = make();
	set_free(k, REGION, 0);
	is(k, NULL, REGION, false, SECOND, false, "no word of the mark");
	k = make();
	set_free(k, REGION, 0);
	fk_put(k, BASE, 0xffffea0000000000, 8);
	is(k, mark, REGION, false, SECOND, false, "books that are not there");
	k = make();
	set_free(k, REGION, 1ull << 60);
	is(k, mark, REGION, false, SECOND, false, "an order that cannot be");
	return t_done();
}
