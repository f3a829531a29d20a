/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Names out of files that somebody gave: ELF with DWARF, System.map, BTF. */
#include <string.h>

#include "names_book.h"

/* By content. */
static enum dmv_code load(const char *path, struct dmv_names_file *f, struct dmv_err *e)
{
	enum dmv_code c = dmv_symfile_load(path, &f->sym, e);

	if (c != DMV_E_NOTFOUND)
		return c;
	c = dmv_symfile_load_map(path, &f->sym, e);
	if (c != DMV_E_NOTFOUND)
		return c;
	if (!dmv_is_btf(path))
		return c;
	/* A module's types wait for the kernel's. */
	c = dmv_file_types_open(path, NULL, &f->types, e);
	if (c && c != DMV_E_NOTFOUND)
		return dmv_prepend(e, "%.200s", path);
	f->asked_types = !c;
	f->state = DMV_FILE_TYPES;
	f->sym.path = strdup(path);
	return f->sym.path ? DMV_E_OK : dmv_fail(e, DMV_E_MEMORY, "no memory for symbol files");
}

static enum dmv_code load_build(const char *path, const struct dmv_build_id *id,
				struct dmv_names_file *f, struct dmv_err *e)
{
	return dmv_symfile_load_build(path, id, &f->sym, e);
}

static const struct dmv_types *types(struct dmv_names_file *f, const struct dmv_btf *base)
{
	/* Without a base a module's types may have a better day. */
	if (!f->asked_types)
		f->asked_types = !dmv_file_types_open(f->sym.path, base, &f->types, NULL) || base;
	return dmv_file_types(&f->types);
}

static bool line(struct dmv_names_file *f, uint64_t addr, char *buf, size_t size)
{
	if (!f->asked_lines)
		dmv_lines_open(&f->sym, &f->lines, NULL);
	f->asked_lines = true;
	return f->lines && dmv_lines_find(f->lines, addr, buf, size);
}

static void close_file(struct dmv_names_file *f)
{
	dmv_file_types_close(&f->types);
	dmv_lines_close(f->lines);
}

static const struct dmv_names_reader reader = { load, load_build, types, line, close_file };

enum dmv_code dmv_names_new(struct dmv_names **ret, struct dmv_err *e)
{
	struct dmv_names *n;
	enum dmv_code code = dmv_names_new_bare(&n, e);

	if (code)
		return code;
	n->reader = &reader;
	*ret = n;
	return DMV_E_OK;
}
