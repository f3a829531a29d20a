/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * System.map, as nm writes it, and /proc/kallsyms: lines of "ffffffff81000000 T _text", the latter
 * with "\t[module]" behind. Modules' lines are left out: where they lie, the target itself knows.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"
#include "names_int.h"

enum {
	MAX_BYTES = 64 << 20,           /* 6.12 of Debian: 7 MB */
	LEAST_DIGITS = 8,
};

/* One line of [p, end): false if it is none. *name..*name + *n is borrowed. */
static bool take_line(const char *p, const char *end, uint64_t *addr, char *type, const char **name,
		      size_t *n)
{
	const char *q = p;

	*addr = 0;
	for (; q < end && strchr("0123456789abcdefABCDEF", *q) && *q && q - p < 16; q++)
		*addr = *addr << 4 | (uint64_t)(*q <= '9' ? *q - '0' : (*q | 32) - 'a' + 10);
	if (q - p < LEAST_DIGITS || end - q < 4 || q[0] != ' ' || q[2] != ' ')
		return false;
	*type = q[1];
	*name = q + 3;
	q += 3;
	while (q < end && *q > ' ' && *q < 127)
		q++;
	*n = (size_t)(q - *name);
	return *n && (q == end || *q == '\t' || *q == '\r');
}

static bool is_code(char type)
{
	return (type | 32) == 't' || (type | 32) == 'w';
}

static enum dmv_code take_text(const char *text, size_t size, struct dmv_symfile *f,
			       struct dmv_err *e)
{
	struct dmv_symroom room = { 0 };
	const char *end = text + size, *next;

	f->low = UINT64_MAX;
	for (const char *p = text; p < end; p = next) {
		const char *eol = memchr(p, '\n', (size_t)(end - p)), *name;
		struct dmv_sym *s;
		uint64_t addr;
		size_t n;
		char type;

		if (!eol)
			eol = end;
		next = eol + 1;
		if (eol == p)
			continue;
		if (!take_line(p, eol, &addr, &type, &name, &n))
			return dmv_fail_at(e, f->nsym ? DMV_E_CORRUPT : DMV_E_NOTFOUND,
					   (uint64_t)(p - text),
					   "%s: no line of System.map at offset 0x%zx", f->path,
					   (size_t)(p - text));
		if (name + n < eol && name[n] == '\t')
			continue;
		if (!dmv_symfile_add(f, &room, name, n, &s))
			return dmv_fail(e, DMV_E_MEMORY, "%s: no memory for its symbols", f->path);
		s->addr = addr;
		s->code = is_code(type);
		s->rank = type >= 'A' && type <= 'Z' ? 2 : 1;
		f->low = s->code && addr < f->low ? addr : f->low;
		f->high = addr > f->high ? addr : f->high;
	}
	if (f->nsym && !f->high)
		return dmv_fail(e, DMV_E_USAGE,
				"%s: all addresses are 0 (kptr_restrict): read it as root", f->path);
	if (!f->nsym || f->low >= f->high)
		return dmv_fail(e, DMV_E_NOTFOUND, "%s: no symbols in it", f->path);
	return DMV_E_OK;
}

enum dmv_code dmv_symfile_load_map(const char *path, struct dmv_symfile *ret, struct dmv_err *e)
{
	struct dmv_symfile f = { .fixed = true };
	struct dmv_file *file;
	char *text = NULL;
	uint64_t size;
	int errnum = 0;
	enum dmv_code code = dmv_file_open(path, &file, e);

	if (code)
		return code;
	size = dmv_file_size(file);
	if (size > MAX_BYTES)
		code = dmv_fail(e, DMV_E_NOTFOUND, "%s: too large for a System.map", path);
	f.path = strdup(path);
	text = code ? NULL : malloc((size_t)size + 1);
	if (!code && (!text || !f.path))
		code = dmv_fail(e, DMV_E_MEMORY, "%s: no memory for its symbols", path);
	if (!code && dmv_file_read(file, 0, text, (size_t)size, &errnum) != size)
		code = dmv_fail(e, DMV_E_SYSTEM, "%s: %s", path,
				errnum ? strerror(errnum) : "it became shorter");
	dmv_file_close(file);
	if (!code)
		code = take_text(text, (size_t)size, &f, e);
	free(text);
	if (code) {
		dmv_symfile_free(&f);
		return code;
	}
	dmv_symfile_sort(&f);
	*ret = f;
	return DMV_E_OK;
}
