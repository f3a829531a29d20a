/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Where the sections of a loaded kernel module lie: what /sys/module/NAME/sections shows
 * (kernel/module/sysfs.c), out of memory. An array of attributes, each with a name and an address
 * in some member; BTF says which. They are hostile: every number is checked against the module.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"
#include "names_kernel.h"

enum {
	MAX_SECTIONS = 4096,
	MAX_ATTR = 4096,                /* bytes of one attribute */
};

/* Offsets in struct module_sect_attrs. */
struct attrs {
	uint64_t first, stride;         /* of the array */
	struct dmv_member name, address, count, list;   /* size 0: there is none; name and address
							 * are those of the first element */
};

static bool member(const struct dmv_types *t, const char *path, struct dmv_member *ret)
{
	ret->size = 0;
	return !dmv_types_member(t, "module_sect_attrs", path, ret, NULL) && ret->size;
}

/*
 * Before 5.8 name and address beside the attribute, until 6.13 the address alone; since then the
 * address is the attribute's private pointer, and the number of them is that of the pointers in
 * the attribute group.
 */
static bool read_attrs(const struct dmv_types *t, struct attrs *a)
{
	struct dmv_member first, second;

	if (!member(t, "attrs[0]", &first) || !member(t, "attrs[1]", &second) ||
	    !member(t, "attrs[0].battr.attr.name|attrs[0].attr.name|attrs[0].name", &a->name) ||
	    !member(t, "attrs[0].address|attrs[0].private", &a->address))
		return false;
	a->first = first.offset;
	a->stride = second.offset - first.offset;
	if (!member(t, "nsections", &a->count) &&
	    !member(t, "grp.bin_attrs|grp.bin_attrs_new", &a->list))
		return false;
	return first.offset < MAX_ATTR && first.size <= a->stride && a->stride <= MAX_ATTR &&
	       a->name.offset - a->first < a->stride && a->address.offset - a->first < a->stride;
}

/* Pointers until NULL. */
static size_t count_pointers(struct dmv_mem *m, uint64_t list)
{
	unsigned word = m->bits == 32 ? 4 : 8;
	uint64_t p = 1;
	size_t n = 0;

	while (n <= MAX_SECTIONS &&
	       !dmv_mem_number(m, DMV_VIRT, list + n * word, word, &p, NULL) && p)
		n++;
	return p ? 0 : n;
}

static size_t count(struct dmv_mem *m, const struct attrs *a, uint64_t at)
{
	uint64_t n = 0, list;

	if (a->count.size)
		return dmv_kernel_field(m, at, &a->count, &n) ? (size_t)n : 0;
	return dmv_kernel_field(m, at, &a->list, &list) ? count_pointers(m, list) : 0;
}

/* As much of a string as there is. */
static bool read_name(struct dmv_mem *m, uint64_t at, char *buf, size_t size)
{
	size_t n = 0;

	for (; n + 1 < size; n++) {
		if (dmv_mem_read(m, DMV_VIRT, at + n, buf + n, 1, NULL))
			return false;
		if (!buf[n])
			return n;
	}
	return false;                   /* longer than any that matters */
}

/* False: it is not in memory (any more): that of the module's start is given back. */
static bool read_one(const struct dmv_kmod *k, struct dmv_mem *m, const struct attrs *a,
		     uint64_t at, struct dmv_kmod_section *ret)
{
	uint64_t name;

	return dmv_kernel_field(m, at, &a->name, &name) &&
	       dmv_kernel_field(m, at, &a->address, &ret->addr) &&
	       dmv_kmod_has(k, ret->addr) && read_name(m, name, ret->name, sizeof(ret->name));
}

enum dmv_code dmv_kmod_sections(const struct dmv_kmod *k, const struct dmv_types *t,
				struct dmv_mem *m, struct dmv_kmod_section **ret, size_t *n,
				struct dmv_err *e)
{
	struct attrs a = { 0 };
	struct dmv_kmod_section *v;
	size_t total, found = 0;

	if (!k->sect_attrs || !read_attrs(t, &a))
		return dmv_fail(e, DMV_E_NOTFOUND,
				"the kernel does not keep where sections of %s lie", k->name);
	total = count(m, &a, k->sect_attrs);
	if (!total || total > MAX_SECTIONS)
		return dmv_fail_at(e, DMV_E_CORRUPT, k->sect_attrs,
				   "the list of the sections of %s is damaged or not in the dump",
				   k->name);
	v = calloc(total, sizeof(*v));
	if (!v)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for sections");
	for (size_t i = 0; i < total; i++)
		found += read_one(k, m, &a, k->sect_attrs + i * a.stride, &v[found]);
	if (!found) {
		free(v);
		return dmv_fail_at(e, DMV_E_CORRUPT, k->sect_attrs,
				   "no section of %s lies in its memory", k->name);
	}
	*ret = v;
	*n = found;
	return DMV_E_OK;
}

/* A note: sizes of its name and its bytes, type, "GNU", then the id. */
static bool read_note(struct dmv_mem *m, uint64_t at, struct dmv_build_id *ret)
{
	uint8_t head[16];
	uint64_t n;

	if (dmv_mem_read(m, DMV_VIRT, at, head, sizeof(head), NULL))
		return false;
	n = dmv_get(head + 4, 4, m->big_endian);
	if (dmv_get(head, 4, m->big_endian) != 4 || memcmp(head + 12, "GNU", 4) || !n ||
	    dmv_get(head + 8, 4, m->big_endian) != NT_GNU_BUILD_ID || n > sizeof(ret->byte) ||
	    dmv_mem_read(m, DMV_VIRT, at + sizeof(head), ret->byte, (size_t)n, NULL))
		return false;
	ret->n = (size_t)n;
	return true;
}

void dmv_kmod_build_id(const struct dmv_kmod *k, struct dmv_mem *m,
		       const struct dmv_kmod_section *v, size_t n, struct dmv_build_id *ret)
{
	*ret = k->id;
	for (size_t i = 0; i < n && !ret->n; i++)
		if (!strcmp(v[i].name, ".note.gnu.build-id"))
			read_note(m, v[i].addr, ret);
}
