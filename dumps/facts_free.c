/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Regions of processes that were killed: nobody wiped them, and their pages lie in the memory of a
 * Linux kernel, free, until somebody needs them. The kernel's books tell, as they tell makedumpfile
 * what a dump level of 16 leaves out: free pages form blocks of 2^n (mm/page_alloc.c), and struct
 * page of the first has a mark in _mapcount and n in private. VMCOREINFO has the layout, a symbol
 * says where the array of them is (x86-64; elsewhere only the kernel's source does). A page that
 * waits in a list of its processor is not told.
 */
#include <elf.h>
#include <inttypes.h>

#include "facts_int.h"
#include "mem_int.h"
#include "mem_kernel.h"
#include "vmcoreinfo.h"

enum { ORDERS = 16 };                   /* more than a kernel is built with */

struct books {
	struct dmv_mem *m;
	uint64_t array, size;           /* of struct page: address, bytes */
	uint64_t mapcount, private;     /* offsets in it */
	int64_t mark;
};

/* False: the books cannot be read. */
static bool is_free(const struct books *b, uint64_t phys, bool *ret)
{
	const uint64_t pfn = phys >> 12;

	*ret = false;
	for (unsigned n = 0; n < ORDERS && !*ret; n++) {
		uint64_t page = b->array + (pfn >> n << n) * b->size, mark, order;

		if (dmv_mem_number(b->m, DMV_VIRT, page + b->mapcount, 4, &mark, NULL) ||
		    dmv_mem_number(b->m, DMV_VIRT, page + b->private, 8, &order, NULL))
			return n > 0;
		*ret = (uint32_t)mark == (uint32_t)b->mark && order >= n && order < ORDERS;
	}
	return true;
}

/* They are believed if they do not say that the kernel itself is free. */
static bool open_books(struct books *b, struct dmv_mem *m, struct dmv_names *n)
{
	uint64_t at, phys, bytes;
	const char *text;
	bool free;

	if (m->machine != EM_X86_64 || m->big_endian || !dmv_mem_kernel(m, NULL))
		return false;
	text = m->vmcoreinfo;
	b->m = m;
	return dmv_vmci_size(text, "SIZE", "page", &b->size) && b->size && b->size <= 4096 &&
	       dmv_vmci_size(text, "OFFSET", "page._mapcount", &b->mapcount) &&
	       dmv_vmci_size(text, "OFFSET", "page.private", &b->private) &&
	       dmv_vmci_number(text, "PAGE_BUDDY_MAPCOUNT_VALUE", &b->mark) &&
	       dmv_names_symbol(n, "vmemmap_base", &at) &&
	       !dmv_mem_number(m, DMV_VIRT, at, 8, &b->array, NULL) &&
	       dmv_names_symbol(n, "init_uts_ns", &at) &&
	       !dmv_mem_translate(m, at, &phys, &bytes, NULL) && is_free(b, phys, &free) && !free;
}

/* Behind all others, and in their order. */
static void last(struct dmv_hit *hit, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct dmv_hit h = hit[i];
		size_t at = i;

		for (; at && hit[at - 1].freed && !h.freed; at--)
			hit[at] = hit[at - 1];
		hit[at] = h;
	}
}

void dmv_hits_freed(struct dmv_mem *m, struct dmv_names *n, struct dmv_facts *f,
		    struct dmv_hit *hit, size_t nhit)
{
	bool open = false, freed;
	struct books b;

	for (size_t i = 0; i < nhit; i++) {
		if (hit[i].how != DMV_BY_SCAN || hit[i].space != DMV_PHYS || hit[i].ended)
			continue;
		if (!open && !open_books(&b, m, n))
			return;
		open = true;
		hit[i].freed = is_free(&b, hit[i].addr, &freed) && freed;
		if (hit[i].freed)
			dmv_note_add(f, 0, hit[i].addr, "region at 0x%" PRIx64 ": the kernel has "
				     "freed its memory: the process was killed before the dump",
				     hit[i].addr);
	}
	last(hit, nhit);
}
