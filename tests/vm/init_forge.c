/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A false region: a header that does stand where it says, with a good checksum, and a directory
 * that claims the memory of a true one.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmv_abi.h"
#include "init.h"

#define PAGE DMV_ABI_PAGE
#define TRIES 256

static uint32_t crc32(const unsigned char *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (0xEDB88320 & (0 - (crc & 1)));
	}
	return ~crc;
}

/* Two pages, one behind the other physically, too; NULL: there are none. */
static char *two_pages(void)
{
	char *p = mmap(NULL, TRIES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED || mlock(p, TRIES * PAGE))
		give_up("no pages for a false region");
	for (int i = 0; i + 1 < TRIES; i++, p += PAGE)
		if (phys_of(getpid(), (uintptr_t)p) + PAGE ==
		    phys_of(getpid(), (uintptr_t)p + PAGE))
			return p;
	return NULL;
}

static void write_header(struct dmv_abi_header *h, const struct region *r)
{
	region_header(r, h);
	memset(h->magic, 0, sizeof(h->magic));
	h->virt = (uintptr_t)h;
	h->phys = phys_of(getpid(), (uintptr_t)h);
	h->segment0_bytes = 2 * PAGE;
	h->dir_offset = PAGE;
	h->region_id = ~r->id;
	h->checksum = crc32((const unsigned char *)h + 0x18, 0x200 - 0x18);
	memcpy(h->magic, DMV_ABI_MAGIC, 8);
}

static void write_directory(struct dmv_abi_dir *d, const struct region *r)
{
	struct dmv_abi_segment *s = (void *)(d + 1);

	memcpy(d->magic, DMV_ABI_DIR_MAGIC, 8);
	d->count = d->capacity = 1;
	d->region_id = ~r->id;
	d->entry_bytes = sizeof(*s);
	d->next_segment = DMV_ABI_NONE;
	s->type = DMV_ABI_E_SEGMENT;
	s->number = 1;
	s->virt = r->virt;
	s->phys = r->phys;
	s->bytes = 2 * PAGE;
}

void region_forge(const struct region *r)
{
	char *p = two_pages();

	if (!p) {
		say("no false region: no two pages side by side");
		return;
	}
	write_directory((void *)(p + PAGE), r);
	write_header((void *)p, r);
	say("false region phys 0x%llx",
	    (unsigned long long)phys_of(getpid(), (uintptr_t)p));
}
