/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Source lines, decoded by libdw; only for the compilation unit that an address is of. */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file_dwarf.h"
#include "lines.h"

enum { MAX_UNITS = 1 << 20 };           /* looked through where .debug_aranges is missing */

struct dmv_lines {
	struct dmv_dwarf_file *file;
	const struct dmv_section *section;      /* of an object; borrowed */
	size_t nsection;
	Dwarf *dw;
};

static bool same_build(Elf *elf, const struct dmv_build_id *id)
{
	const void *now;
	ssize_t n = dwelf_elf_gnu_build_id(elf, &now);

	return n < 0 ? !id->n : (size_t)n == id->n && !memcmp(now, id->byte, id->n);
}

enum dmv_code dmv_lines_open(const struct dmv_symfile *f, struct dmv_lines **ret,
			     struct dmv_err *e)
{
	struct dmv_lines *l = calloc(1, sizeof(*l));
	enum dmv_code code;

	if (!l)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	l->section = f->section;
	l->nsection = f->nsection;
	code = dmv_dwarf_file_open(f->path, &l->file, e);
	if (!code && !same_build(dmv_dwarf_file_elf(l->file), &f->id))
		code = dmv_fail(e, DMV_E_CORRUPT, "%s: another build stands there now", f->path);
	if (!code)
		code = dmv_dwarf_file_dwarf(l->file, &l->dw, e);
	if (code)
		dmv_lines_close(l);
	else
		*ret = l;
	return code;
}

void dmv_lines_close(struct dmv_lines *l)
{
	if (!l)
		return;
	dmv_dwarf_file_close(l->file);
	free(l);
}

/* Compilers that write no .debug_aranges leave a walk over the units. */
static bool unit_of(struct dmv_lines *l, uint64_t addr, Dwarf_Die *ret)
{
	Dwarf_CU *cu = NULL;

	if (dwarf_addrdie(l->dw, addr, ret))
		return true;
	for (int i = 0; i < MAX_UNITS; i++) {
		uint8_t type;

		if (dwarf_get_units(l->dw, cu, &cu, NULL, &type, ret, NULL))
			return false;
		if (type == DW_UT_compile && dwarf_haspc(ret, addr) == 1)
			return true;
	}
	return false;
}

/* The path without the folder that the compiler ran in. */
static const char *shorten(Dwarf_Die *unit, const char *path)
{
	Dwarf_Attribute a;
	const char *dir = dwarf_attr(unit, DW_AT_comp_dir, &a) ? dwarf_formstring(&a) : NULL;
	size_t n = dir ? strlen(dir) : 0;

	return n && !strncmp(path, dir, n) && path[n] == '/' ? path + n + 1 : path;
}

/* An object's sections were put elsewhere for its DWARF. */
static uint64_t in_dwarf(const struct dmv_lines *l, uint64_t addr)
{
	for (size_t i = 0; i < l->nsection; i++) {
		const struct dmv_section *s = &l->section[i];

		if (addr - s->low < s->bytes)
			return addr - s->low + dmv_dwarf_file_section(l->file, s->index);
	}
	return addr;
}

bool dmv_lines_find(struct dmv_lines *l, uint64_t addr, char *buf, size_t size)
{
	const char *path;
	Dwarf_Line *line;
	Dwarf_Die unit;
	int number;

	addr = in_dwarf(l, addr);
	if (!unit_of(l, addr, &unit))
		return false;
	line = dwarf_getsrc_die(&unit, addr);
	path = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	if (!path || dwarf_lineno(line, &number) || number <= 0)
		return false;
	snprintf(buf, size, "%s:%d", shorten(&unit, path), number);
	return true;
}
