/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Page tables made by hand, one small machine a paging mode. The expected addresses are written
 * out: they come from the manuals' figures, not from the walker's own arithmetic.
 */
#include <stdlib.h>

#include "t.h"
#include "bytes_mem.h"
#include "pagewalk.h"

#define RAM (1u << 20)
#define P 1ull                  /* x86: present */
#define PS 0x80ull              /* x86: a large page */

struct machine {
	struct bytes_mem b;
	uint8_t ram[RAM];
	struct dmv_pagewalk *w;
};

static struct machine *power_on(void)
{
	struct machine *m = calloc(1, sizeof(*m));

	bytes_mem_init(&m->b, m->ram, RAM, UINT64_MAX, 0);
	return m;
}

static void power_off(struct machine *m)
{
	dmv_pagewalk_free(m->w);
	free(m);
}

static void put(struct machine *m, uint64_t at, uint64_t v)
{
	memcpy(m->ram + at, &v, 8);
}

static void put32(struct machine *m, uint64_t at, uint32_t v)
{
	memcpy(m->ram + at, &v, 4);
}

static bool start(struct machine *m, struct dmv_paging p)
{
	return !dmv_pagewalk_new(&p, &m->b.base, &m->w, NULL);
}

static void maps(struct machine *m, uint64_t virt, uint64_t phys, uint64_t bytes, const char *name)
{
	uint64_t got = 0, n = 0;
	struct dmv_err e = { 0 };
	enum dmv_code c = dmv_pagewalk_find(m->w, virt, &got, &n, &e);

	T_CHECKF(!c && got == phys && n == bytes, name,
		 "code %d (%s), physical 0x%llx of 0x%llx bytes, want 0x%llx of 0x%llx", c, e.msg,
		 (unsigned long long)got, (unsigned long long)n, (unsigned long long)phys,
		 (unsigned long long)bytes);
}

static void fails(struct machine *m, uint64_t virt, enum dmv_code want, const char *text,
		  const char *name)
{
	uint64_t got, n;
	struct dmv_err e = { 0 };
	enum dmv_code c = dmv_pagewalk_find(m->w, virt, &got, &n, &e);

	T_CHECKF(c == want && strstr(e.msg, text) && e.addr == virt, name,
		 "code %d, message \"%s\", address 0x%llx", c, e.msg, (unsigned long long)e.addr);
}

/* ---- x86 ---- */

static void four_levels(void)
{
	struct machine *m = power_on();

	/* 0xffffffff81000000: PML4 511, PDPT 510, PD 8; 0xffff888000000000: PML4 273, PDPT 0. */
	put(m, 0x1000 + 511 * 8, 0x2000 | P);
	put(m, 0x1000 + 273 * 8, 0x8000000000003000 | P);
	put(m, 0x2000 + 510 * 8, 0x4000 | P);
	put(m, 0x4000 + 8 * 8, 0x40000000 | P | PS | 0x1000);   /* PAT is no address */
	put(m, 0x4000 + 9 * 8, 0x5000 | P);
	put(m, 0x5000 + 1 * 8, 0x7ff0000000006000 | P);         /* software bits, keys */
	put(m, 0x4000 + 10 * 8, 0x40002000 | P | PS);           /* below 2 MiB */
	put(m, 0x4000 + 11 * 8, 0x20000000 | P);                /* a table beyond the RAM */
	put(m, 0x4000 + 12 * 8, 0x6000);                        /* swapped or poisoned */
	put(m, 0x3000, 0x140000000 | P | PS);
	put(m, 0x3000 + 8, 0x7000 | P);
	put(m, 0x1000 + 274 * 8, 0x3000 | P | PS);
	T_CHECK(start(m, (struct dmv_paging){ .mode = DMV_PAGING_X86_64, .root = 0x1fff }),
		"CR3 with flags is a root");
	maps(m, 0xffffffff81012345, 0x40012345, 0x1edcbb, "4 levels: a page of 2 MiB");
	maps(m, 0xffffffff81201abc, 0x6abc, 0x544, "4 levels: a page of 4 KiB");
	maps(m, 0xffff888012345678, 0x152345678, 0x2dcba988, "4 levels: a page of 1 GiB");
	fails(m, 0xffffffff81400000, DMV_E_CORRUPT, "level 2 entry at physical 0x4050",
	      "4 levels: reserved bits of a large page");
	fails(m, 0xffffffff81600000, DMV_E_ABSENT, "level 1 page table at physical 0x20000000",
	      "4 levels: an absent table is told by level and address");
	fails(m, 0xffffffff81800000, DMV_E_NOTFOUND, "is 0x6000", "4 levels: not present");
	fails(m, 0xffff890000000000, DMV_E_CORRUPT, "level 4 entry at physical 0x1890",
	      "4 levels: no large page at the top");
	fails(m, 0x0000800000000000, DMV_E_NOTFOUND, "none that 4 levels",
	      "4 levels: not a canonical address");
	fails(m, 0xff11000000000000, DMV_E_NOTFOUND, "none that 4 levels",
	      "4 levels: an address of 5 levels");
	fails(m, 0, DMV_E_NOTFOUND, "level 4 entry at physical 0x1000 is 0x0", "4 levels: page 0");
	power_off(m);
}

static void widths(void)
{
	struct machine *m = power_on();

	put(m, 0x1000, 0x800000002000 | P);
	put(m, 0x2000, 0x3000 | P);
	put(m, 0x3000, 0x800000000000 | P | PS);
	put(m, 0x3000 + 8, 0x1000000000000 | P | PS);
	start(m, (struct dmv_paging){ .mode = DMV_PAGING_X86_64, .root = 0x800000001000,
				      .ignore = 1ull << 47, .phys_bits = 48 });
	maps(m, 0x123, 0x123, 0x1ffedd, "the encryption bit is no address");
	fails(m, 0x200000, DMV_E_CORRUPT, "reserved", "a bit above the width is reserved");
	power_off(m);
}

static void five_levels(void)
{
	struct machine *m = power_on();

	/* 0xff11000000000000: PML5 273; 0xffffffff81000000: PML5 511, PML4 511, PDPT 510, PD 8. */
	put(m, 0x1000 + 273 * 8, 0x2000 | P);
	put(m, 0x2000, 0x3000 | P);
	put(m, 0x3000 + 8, 0x80000000 | P | PS);
	put(m, 0x1000 + 511 * 8, 0x4000 | P);
	put(m, 0x4000 + 511 * 8, 0x5000 | P);
	put(m, 0x5000 + 510 * 8, 0x6000 | P);
	put(m, 0x6000 + 8 * 8, 0x1000000 | P | PS);
	start(m, (struct dmv_paging){ .mode = DMV_PAGING_X86_64_LA57, .root = 0x1000 });
	maps(m, 0xff11000040000010, 0x80000010, 0x3ffffff0, "5 levels: the direct map");
	maps(m, 0xffffffff81000010, 0x1000010, 0x1ffff0, "5 levels: the kernel");
	fails(m, 0xfe11000000000000, DMV_E_NOTFOUND, "none that 5", "5 levels: not canonical");
	power_off(m);
}

static void pae(void)
{
	struct machine *m = power_on();

	/* The four entries are 32-byte aligned. 0xc0100000: PDPT 3, PD 0; 0xfffff000: PD 511. */
	put(m, 0x1020 + 3 * 8, 0x2000 | P | 0x20);      /* as QEMU leaves it */
	put(m, 0x1020 + 2 * 8, 0x2000 | P | 2);
	put(m, 0x2000, 0x8000000123400000 | P | PS);
	put(m, 0x2000 + 511 * 8, 0x3000 | P);
	put(m, 0x3000 + 511 * 8, 0xfffff4000 | P);
	start(m, (struct dmv_paging){ .mode = DMV_PAGING_X86_PAE, .root = 0x1020 });
	maps(m, 0xc0100004, 0x123500004, 0xffffc, "PAE: a page of 2 MiB");
	maps(m, 0xfffff008, 0xfffff4008, 0xff8, "PAE: a page of 4 KiB above 4 GiB");
	fails(m, 0x80000000, DMV_E_CORRUPT, "level 3 entry", "PAE: reserved bits at the top");
	fails(m, 0xffffffffc0100004, DMV_E_NOTFOUND, "none that 3", "PAE: 32 bits at most");
	power_off(m);
}

static void pse(void)
{
	struct machine *m = power_on();

	/* 0xc0000000: directory 768. */
	put32(m, 0x1000 + 768 * 4, 0x00400000 | P | PS | 0x12 << 13);
	put32(m, 0x1000 + 769 * 4, 0x2000 | P);
	put32(m, 0x1000 + 770 * 4, 0x00600000 | P | PS);
	put32(m, 0x2000 + 1023 * 4, 0xfedcb000 | P);
	start(m, (struct dmv_paging){ .mode = DMV_PAGING_X86_32, .root = 0x1018 });
	maps(m, 0xc0001000, 0x1200401000, 0x3ff000, "2 levels: PSE-36");
	maps(m, 0xc07fffff, 0xfedcbfff, 1, "2 levels: the last byte of a page of 4 KiB");
	fails(m, 0xc0800000, DMV_E_CORRUPT, "level 2", "2 levels: bit 21 of a large page");
	power_off(m);
}

/* ---- aarch64 ---- */

#define TABLE 3ull
#define BLOCK 1ull

static struct dmv_paging arm(uint8_t page_shift, uint8_t va_bits)
{
	return (struct dmv_paging){ .mode = DMV_PAGING_ARM64, .root = 0x1000,
				    .page_shift = page_shift, .va_bits = va_bits };
}

static void arm_4k(void)
{
	struct machine *m = power_on();

	/* 0xffff800008010000: level 0 256, level 1 0, level 2 64, level 3 16. */
	put(m, 0x1000 + 256 * 8, 0x1000000000002000 | TABLE);
	put(m, 0x2000, 0x3000 | TABLE);
	put(m, 0x3000 + 64 * 8, 0x4000 | TABLE);
	put(m, 0x4000 + 16 * 8, 0x0068000040210f00 | TABLE);    /* shareable, accessed, XN */
	put(m, 0x4000 + 17 * 8, 0x40210000 | BLOCK);
	put(m, 0x2000 + 8, 0x0040000080000700 | BLOCK);
	put(m, 0x3000 + 65 * 8, 0x40200700 | BLOCK);
	put(m, 0x3000 + 66 * 8, 0x40220700 | BLOCK);
	put(m, 0x1000 + 257 * 8, BLOCK);
	start(m, arm(12, 48));
	maps(m, 0xffff800008010123, 0x40210123, 0xedd, "arm 4 KiB: a page");
	maps(m, 0xffff800048010123, 0x88010123, 0x37fefedd, "arm 4 KiB: a block of 1 GiB");
	maps(m, 0xffff800008212345, 0x40212345, 0x1edcbb, "arm 4 KiB: a block of 2 MiB");
	fails(m, 0xffff800008011000, DMV_E_CORRUPT, "level 3 entry at physical 0x4088",
	      "arm 4 KiB: no block in the last level");
	fails(m, 0xffff800008400000, DMV_E_CORRUPT, "level 2 entry",
	      "arm 4 KiB: a block that is not aligned");
	fails(m, 0xffff808000000000, DMV_E_CORRUPT, "level 0 entry",
	      "arm 4 KiB: no block at the top");
	fails(m, 0xfff0000000000000, DMV_E_NOTFOUND, "none that 4", "arm 4 KiB: 48 bits at most");
	power_off(m);
}

static void arm_other_pages(void)
{
	struct machine *m = power_on();

	/* 39 bits begin at level 1: 0xffffffc008000000 has 256, then level 2 64. */
	put(m, 0x1000 + 256 * 8, 0x2000 | TABLE);
	put(m, 0x2000 + 64 * 8, 0x40000000 | BLOCK);
	start(m, arm(12, 39));
	maps(m, 0xffffffc008000010, 0x40000010, 0x1ffff0, "arm 39 bits: three levels");
	power_off(m);

	/* 16 KiB, 48 bits: level 0 has two entries, then 11 bits each. 0xffff800000004000: 1, 0,
	 * 0, 1; 0xffff800002000000: level 2 1, a block of 32 MiB. */
	m = power_on();
	put(m, 0x1000 + 8, 0x4000 | TABLE);
	put(m, 0x4000, 0x8000 | TABLE);
	put(m, 0x8000, 0xc000 | TABLE);
	put(m, 0x8000 + 8, 0x42000000 | BLOCK);
	put(m, 0xc000 + 8, 0x4001c000 | TABLE);
	start(m, arm(14, 48));
	maps(m, 0xffff800000004004, 0x4001c004, 0x3ffc, "arm 16 KiB: a page");
	maps(m, 0xffff800002000004, 0x42000004, 0x1fffffc, "arm 16 KiB: a block of 32 MiB");
	power_off(m);

	/* 64 KiB, 52 bits: level 1 has 1024 entries; bits 12 to 15 are bits 48 to 51. */
	m = power_on();
	put(m, 0x1000 + 512 * 8, 0x10000 | TABLE);
	put(m, 0x10000 + 8191 * 8, 0x40005000 | 0xf00 | BLOCK);
	put(m, 0x10000, 0x20000 | TABLE);
	put(m, 0x20000 + 7 * 8, 0x5a0000 | TABLE);
	start(m, arm(16, 52));
	maps(m, 0xfff8000000070001, 0x5a0001, 0xffff, "arm 64 KiB: a page");
	maps(m, 0xfff803ffe0000001, 0x5000040000001, 0x1fffffff,
	     "arm 64 KiB: a block of 512 MiB at a 52-bit address");
	power_off(m);
}

static void arm_lpa2(void)
{
	struct machine *m = power_on();
	struct dmv_paging p = arm(12, 52);

	/* 52 bits of 4 KiB: level -1 with 16 entries; bits 8 and 9 are bits 50 and 51. */
	put(m, 0x1000 + 8 * 8, 0x2000 | TABLE);
	put(m, 0x2000, 0x3000 | TABLE);
	put(m, 0x3000, 0x4000 | TABLE);
	put(m, 0x4000, 0x5000 | TABLE);
	put(m, 0x5000, 0x7000 | 0x200 | TABLE);
	start(m, p);
	maps(m, 0xfff8000000000004, 0x8000000007004, 0xffc, "arm LPA2: five levels");
	power_off(m);

	m = power_on();
	for (int i = 0; i < 8; i++)
		m->ram[0x1000 + i] = (uint8_t)(0x40000701ull >> (56 - 8 * i));
	p = arm(12, 39);
	p.big_endian = true;
	start(m, p);
	maps(m, 0xffffff8000000004, 0x40000004, 0x3ffffffc, "arm: big-endian tables");
	power_off(m);
}

/* ---- both ---- */

static void bad_modes(void)
{
	struct machine *m = power_on();

	T_CHECK(!start(m, arm(13, 48)), "pages of 8 KiB are refused");
	T_CHECK(!start(m, arm(12, 53)), "53 bits are refused");
	T_CHECK(!start(m, arm(16, 12)), "12 bits are refused");
	T_CHECK(!start(m, (struct dmv_paging){ .mode = DMV_PAGING_X86_64, .phys_bits = 60 }),
		"60-bit physical addresses are refused");
	T_CHECK(!start(m, (struct dmv_paging){ .mode = (enum dmv_paging_mode)77 }),
		"an unknown mode is refused");
	power_off(m);
}

/* Two pages next to each other, far apart in memory; the third is not in the dump. */
static void reading(void)
{
	struct machine *m = power_on();
	uint8_t got[0x2000] = { 0 };
	struct dmv_err e = { 0 };
	unsigned long reads;
	char text[120];

	put(m, 0x1000, 0x2000 | P);
	put(m, 0x2000, 0x3000 | P);
	put(m, 0x3000, 0x4000 | P);
	put(m, 0x4000, 0x9000 | P);
	put(m, 0x4008, 0x6000 | P);
	put(m, 0x4010, RAM | P);
	put(m, 0x1000 + 511 * 8, 0x5000 | P);
	put(m, 0x5000 + 511 * 8, 0 | P | PS);
	memset(m->ram + 0x9000, 0xaa, 0x1000);
	memset(m->ram + 0x6000, 0xbb, 0x1000);
	start(m, (struct dmv_paging){ .mode = DMV_PAGING_X86_64, .root = 0x1000 });
	T_CHECK(!dmv_pagewalk_read(m->w, 0xff0, got, 0x20, &e) && got[15] == 0xaa &&
		got[16] == 0xbb, "a read crosses pages");
	reads = m->b.reads;
	dmv_pagewalk_read(m->w, 0, got, 8, &e);
	T_EQ(m->b.reads - reads, 1, "tables that were read are kept");
	T_CHECK(dmv_pagewalk_read(m->w, 0x1ff8, got, 0x10, &e) == DMV_E_ABSENT && e.addr == 0x2000,
		"the first absent byte is told by its virtual address");
	T_CHECK(dmv_pagewalk_read(m->w, 0x2ff8, got, 0x10, &e) == DMV_E_ABSENT && e.addr == 0x2ff8,
		"and so it is inside of a page");
	T_CHECK(dmv_pagewalk_read(m->w, UINT64_MAX - 3, got, 8, &e) == DMV_E_NOTFOUND,
		"nothing wraps around");
	put(m, 0x4000, 0x6000 | P);
	dmv_pagewalk_forget(m->w);
	dmv_pagewalk_read(m->w, 0, got, 1, &e);
	T_EQ(got[0], 0xbb, "tables are read again after forget");
	T_STREQ(dmv_pagewalk_text(m->w, text, sizeof(text)), "4-level page tables at 0x1000",
		"what it is, for people");
	power_off(m);
}

/* A table that names itself at each level is a page of itself in the end, not a loop. */
static void recursion(void)
{
	struct machine *m = power_on();

	put(m, 0x1000, 0x1000 | P);
	start(m, (struct dmv_paging){ .mode = DMV_PAGING_X86_64_LA57, .root = 0x1000 });
	maps(m, 0x10, 0x1010, 0xff0, "a table that names itself");
	power_off(m);
}

/* What dmv_mem_read makes of it. */
static void through_mem(void)
{
	struct machine *m = power_on();
	uint8_t got = 0;

	put(m, 0x1000 + 511 * 8, 0x2000 | P);
	put(m, 0x2000 + 511 * 8, 0x3000 | P);
	put(m, 0x3000 + 511 * 8, 0 | P | PS);
	m->ram[0x7123] = 0x77;
	start(m, (struct dmv_paging){ .mode = DMV_PAGING_X86_64, .root = 0x1000 });
	m->b.base.bits = 64;
	T_CHECK(dmv_mem_read(&m->b.base, DMV_VIRT, 0xffffffffffe07123, &got, 1, NULL),
		"no virtual addresses without tables");
	m->b.base.walk = m->w;
	T_CHECK(!dmv_mem_read(&m->b.base, DMV_VIRT, 0xffffffffffe07123, &got, 1, NULL) &&
		got == 0x77, "virtual addresses by the tables");
	m->b.start[DMV_VIRT] = 0;
	m->b.base.nrange[DMV_VIRT] = 1;
	m->b.range[DMV_VIRT][0] = (struct dmv_range){ 0, 0x8000 };
	m->ram[0x123] = 0x11;
	T_CHECK(!dmv_mem_read(&m->b.base, DMV_VIRT, 0x123, &got, 1, NULL) && got == 0x11,
		"the lower half as the source has it");
	m->w = NULL;                    /* the target's own now */
	bytes_mem_deinit(&m->b);
	power_off(m);
}

int main(void)
{
	four_levels();
	widths();
	five_levels();
	pae();
	pse();
	arm_4k();
	arm_other_pages();
	arm_lpa2();
	bad_modes();
	reading();
	recursion();
	through_mem();
	return T_DONE();
}
