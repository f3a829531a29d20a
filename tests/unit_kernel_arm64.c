/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* aarch64 without VMCOREINFO: the page tables are found beside linux_banner, in every geometry. */
#include "bytes_mem.h"
#include "mem_kernel.h"
#include "t.h"

#include <elf.h>
#include <stdlib.h>

#define RAM (8u << 20)
#define BASE 0x40000000u                /* where it lies physically */
#define IMAGE 0x400000u                 /* from BASE; 2 MiB */
#define BANNER 0x100000u                /* in the image */
#define TOP 0x180000u
#define RELEASE "6.1.0-fake"

struct machine {
	struct bytes_mem b;
	uint8_t ram[RAM];
	uint32_t next;                  /* free page for a table */
};

static void put(struct machine *k, uint64_t at, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		k->ram[at + i] = (uint8_t)(v >> 8 * i);
}

static uint64_t get(const struct machine *k, uint64_t at)
{
	return dmv_get(k->ram + at, 8, false);
}

/* Maps n bytes page by page. The tables are made as they are needed, page_shift each. */
static void map(struct machine *k, uint64_t top, unsigned page_shift, unsigned bits, uint64_t virt,
		uint64_t phys, uint64_t n)
{
	unsigned per = page_shift - 3, levels = (bits - page_shift + per - 1) / per;
	uint64_t page = UINT64_C(1) << page_shift;

	for (uint64_t done = 0; done < n; done += page) {
		uint64_t table = top;

		for (unsigned l = levels; l--;) {
			unsigned shift = page_shift + l * per;
			unsigned width = l + 1 == levels ? bits - shift : per;
			uint64_t at = table + ((virt + done) >> shift & ((1u << width) - 1)) * 8;

			if (!l) {
				put(k, at, (BASE + phys + done) | 0x403);
				break;
			}
			if (!get(k, at)) {
				put(k, at, (BASE + k->next) | 3);
				k->next += (uint32_t)page;
			}
			table = (get(k, at) & 0xfffffffff000) - BASE;
		}
	}
}

/* The constants behind the banner point to functions, as the image is linked at virt. */
static struct machine *machine(uint64_t virt)
{
	struct machine *k = calloc(1, sizeof(*k));

	bytes_mem_init(&k->b, k->ram, RAM, UINT64_MAX, BASE);
	k->b.base.machine = EM_AARCH64;
	k->b.base.bits = 64;
	k->next = 0x10000;
	strcpy((char *)k->ram + IMAGE + BANNER, "Linux version " RELEASE " (somebody)\n");
	for (unsigned i = 0; i < 100; i++)
		put(k, IMAGE + BANNER + 0x800 + 24 * i, virt + 64 * i);
	return k;
}

static const struct dmv_kernel *search(struct machine *k, struct dmv_err *e)
{
	const struct dmv_kernel *f = NULL;

	return dmv_mem_kernel_search(&k->b.base, NULL, &f, e) ? NULL : f;
}

static void drop(struct machine *k)
{
	bytes_mem_deinit(&k->b);
	free(k->b.base.vmcoreinfo);
	free(k);
}

static void geometry(unsigned page_shift, unsigned bits, uint64_t virt)
{
	uint64_t linear = UINT64_MAX << bits;
	struct machine *k = machine(virt);
	const struct dmv_kernel *f;
	struct dmv_err e = { 0 };
	char name[64], text[16] = "";

	snprintf(name, sizeof(name), "pages of %u KiB, %u bits", 1u << page_shift >> 10, bits);
	map(k, IMAGE + TOP, page_shift, bits, linear, 0, RAM);
	map(k, IMAGE + TOP, page_shift, bits, virt, IMAGE, 2 << 20);
	/* Another's text about some kernel, and a page like a top table that is none. */
	strcpy((char *)k->ram + IMAGE - 0x10000, "Linux version 5.5.5 (not this one)\n");
	put(k, IMAGE - 0x8000, (BASE + IMAGE) | 3);
	f = search(k, &e);
	T_CHECKF(f && !strcmp(f->release, RELEASE) && f->image == virt &&
		 f->image_end == virt + (2 << 20) && !f->have_offset, name, "%s, image 0x%llx",
		 f ? f->release : e.msg, (unsigned long long)(f ? f->image : 0));
	T_CHECK(f && !dmv_mem_read(&k->b.base, DMV_VIRT, linear + IMAGE + BANNER, text, 15, NULL) &&
		!strncmp(text, "Linux version 6", 15), "its linear map is readable");
	drop(k);
}

/* A kernel from before 5.4: the image is in the lower half. */
static void flipped(void)
{
	const uint64_t virt = 0xffff000010080000;
	struct machine *k = machine(virt);
	const struct dmv_kernel *f;
	struct dmv_err e = { 0 };

	map(k, IMAGE + TOP, 12, 48, 0xffff800000000000, 0, RAM);
	map(k, IMAGE + TOP, 12, 48, virt, IMAGE, 2 << 20);
	f = search(k, &e);
	T_CHECKF(f && f->image == virt, "the image in the lower half", "%s", e.msg);
	drop(k);
}

/* Each lacks one thing; then there is no kernel, and the search ends. */
static void none(void)
{
	static const struct { const char *what; uint64_t at; size_t n; } v[] = {
		{ "no banner", IMAGE + BANNER, 16 },
		{ "nothing points to functions", IMAGE + BANNER + 0x800, 2400 },
		{ "no top table", IMAGE + TOP, 4096 },
	};
	const uint64_t virt = 0xffffa1b2c0000000;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct machine *k = machine(virt);
		struct dmv_err e = { 0 };

		map(k, IMAGE + TOP, 12, 48, 0xffff000000000000, 0, RAM);
		map(k, IMAGE + TOP, 12, 48, virt, IMAGE, 2 << 20);
		memset(k->ram + v[i].at, 0, v[i].n);
		T_CHECK(!search(k, &e) && e.code == DMV_E_NOTFOUND, v[i].what);
		drop(k);
	}
}

/* Tables that lead to themselves show each banner without end: it must give up. */
static void endless(void)
{
	struct machine *k = machine(0xffff800000000000);
	struct dmv_err e = { 0 };

	for (unsigned page = 0; page < 64; page++)
		for (unsigned i = 0; i < 60; i++)
			put(k, IMAGE + TOP + 4096 * page + 8 * (i + (i & 1 ? 440 : 0)),
			    (BASE + IMAGE + TOP + 4096 * ((page + i) & 63)) | 3);
	for (unsigned i = 0; i < 512; i++)
		put(k, IMAGE + TOP + 0x40000 + 8 * i, (BASE + IMAGE + BANNER) | 0x703);
	T_CHECK(!search(k, &e), "tables in a circle");
	drop(k);
}

int main(void)
{
	geometry(12, 48, 0xffffa1b2c0000000);
	geometry(12, 52, 0xffffa1b2c0000000);
	geometry(12, 39, 0xffffffe2c0000000);
	geometry(14, 47, 0xffffd1b2c0000000);
	geometry(14, 52, 0xffffd1b2c0000000);
	geometry(16, 48, 0xffffa1b2c0000000);
	flipped();
	none();
	endless();
	return T_DONE();
}
