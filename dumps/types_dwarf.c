/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Types out of a file: its section .BTF, a file of nothing but BTF (/sys/kernel/btf/vmlinux), else
 * DWARF. libdw does the decoding; the walks are our own and end by a count, since references of a
 * damaged file go anywhere. A type is the offset of its entry in .debug_info.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_dwarf.h"
#include "types_file.h"

enum {
	MAX_DEPTH = 32,                 /* of typedefs, of arrays, of unnamed members */
	MAX_STEPS = 1 << 16,            /* members looked at for one name */
	MAX_BTF = 64 << 20,
};

struct dwarf {
	struct dmv_types types;         /* first */
	struct dmv_dwarf_file *file;
	Dwarf *dw;
};

/* ---- entries ---- */

static bool number(Dwarf_Die *die, unsigned attr, uint64_t *ret)
{
	Dwarf_Attribute a;
	Dwarf_Word v;

	if (!dwarf_attr(die, attr, &a) || dwarf_formudata(&a, &v))
		return false;
	*ret = v;
	return true;
}

static bool type_of(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute a;

	return dwarf_attr(die, DW_AT_type, &a) && dwarf_formref_die(&a, ret);
}

/* Past typedefs and qualifiers. */
static bool strip(Dwarf_Die *die)
{
	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		Dwarf_Die next;

		switch (dwarf_tag(die)) {
		case DW_TAG_typedef:
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
		case DW_TAG_restrict_type:
		case DW_TAG_atomic_type:
			if (!type_of(die, &next))
				return false;
			*die = next;
			break;
		default:
			return true;
		}
	}
	return false;
}

static bool entry(const struct dmv_types *t, uint64_t type, Dwarf_Die *ret)
{
	return dwarf_offdie(((const struct dwarf *)t)->dw, type, ret);
}

/* The dimensions of an array are its children. *n: elements of all of them; 0: no bound. */
static bool elements(Dwarf_Die *array, uint64_t *n)
{
	Dwarf_Die d;

	*n = 1;
	if (dwarf_child(array, &d))
		return false;
	do {
		uint64_t v = 0;

		if (dwarf_tag(&d) != DW_TAG_subrange_type)
			continue;
		if (!number(&d, DW_AT_count, &v) && number(&d, DW_AT_upper_bound, &v))
			v++;
		if (__builtin_mul_overflow(*n, v, n))
			return false;
	} while (!dwarf_siblingof(&d, &d));
	return true;
}

static bool size_of(Dwarf_Die die, uint64_t *ret)
{
	uint64_t n = 1, one;

	for (int depth = 0; depth < MAX_DEPTH && strip(&die); depth++) {
		Dwarf_Die next;

		if (dwarf_tag(&die) != DW_TAG_array_type) {
			if (!number(&die, DW_AT_byte_size, &one)) {
				if (dwarf_tag(&die) != DW_TAG_pointer_type)
					return false;
				one = sizeof(uint64_t);
			}
			return !__builtin_mul_overflow(n, one, ret);
		}
		if (!elements(&die, &one) || __builtin_mul_overflow(n, one, &n) ||
		    !type_of(&die, &next))
			return false;
		die = next;
	}
	return false;
}

/* ---- by name ---- */

static bool is_named(Dwarf_Die *die, const char *name)
{
	const char *s = dwarf_diename(die);

	return s && !strcmp(s, name);
}

static bool wanted(Dwarf_Die *die, const char *name)
{
	int tag = dwarf_tag(die);

	return (tag == DW_TAG_structure_type || tag == DW_TAG_union_type ||
		tag == DW_TAG_typedef) && is_named(die, name) &&
	       !dwarf_hasattr(die, DW_AT_declaration);
}

/* Calls fn for each entry at the top of each unit until it says true. */
static bool each_top(Dwarf *dw, bool (*fn)(Dwarf_Die *die, void *ctx), void *ctx)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit, die;

	while (!dwarf_get_units(dw, cu, &cu, NULL, NULL, &unit, NULL)) {
		if (dwarf_child(&unit, &die))
			continue;
		do
			if (fn(&die, ctx))
				return true;
		while (!dwarf_siblingof(&die, &die));
	}
	return false;
}

struct search {
	const char *name;
	Dwarf_Off alias;                /* a typedef of that name, while no struct is found */
	Dwarf_Off found;
	int64_t value;
};

static bool look_at(Dwarf_Die *die, void *ctx)
{
	struct search *s = ctx;

	if (!wanted(die, s->name))
		return false;
	if (dwarf_tag(die) == DW_TAG_typedef) {
		s->alias = s->alias ? s->alias : dwarf_dieoffset(die);
		return false;
	}
	s->found = dwarf_dieoffset(die);
	return true;
}

static bool dw_find(const struct dmv_types *t, const char *name, uint64_t *type)
{
	struct search s = { .name = name };

	if (!each_top(((const struct dwarf *)t)->dw, look_at, &s))
		s.found = s.alias;
	*type = s.found;
	return s.found;
}

static bool look_for_enumerator(Dwarf_Die *die, void *ctx)
{
	struct search *s = ctx;
	Dwarf_Attribute a;
	Dwarf_Sword v;
	Dwarf_Die d;

	if (dwarf_tag(die) != DW_TAG_enumeration_type || dwarf_child(die, &d))
		return false;
	do {
		if (!is_named(&d, s->name) || !dwarf_attr(&d, DW_AT_const_value, &a) ||
		    dwarf_formsdata(&a, &v))
			continue;
		s->value = v;
		return true;
	} while (!dwarf_siblingof(&d, &d));
	return false;
}

static bool dw_enumerator(const struct dmv_types *t, const char *name, int64_t *ret)
{
	struct search s = { .name = name };

	if (!each_top(((const struct dwarf *)t)->dw, look_for_enumerator, &s))
		return false;
	*ret = s.value;
	return true;
}

/* ---- members ---- */

struct step {
	const char *name;
	size_t n;
	unsigned looked;
	uint64_t bits;
	uint32_t width;
	Dwarf_Off type;
};

/* Where a member starts, in bits. Until DWARF 4 a bit-field was counted from the most significant
 * bit of the unit that holds it. */
static uint64_t bits_of(Dwarf_Die *m, uint64_t width)
{
	uint64_t at = 0, from_top, unit = 0;
	Dwarf_Die type;

	if (number(m, DW_AT_data_bit_offset, &at))
		return at;
	number(m, DW_AT_data_member_location, &at);
	if (!width || !number(m, DW_AT_bit_offset, &from_top))
		return at * 8;
	if (!number(m, DW_AT_byte_size, &unit) && (!type_of(m, &type) || !size_of(type, &unit)))
		return at * 8;
	return at * 8 + unit * 8 - from_top - width;
}

static bool find_member(struct step *s, Dwarf_Die *of, uint64_t bits, int depth)
{
	Dwarf_Die m, type;

	if (depth > MAX_DEPTH || dwarf_child(of, &m))
		return false;
	do {
		const char *name;
		uint64_t width = 0;

		if (dwarf_tag(&m) != DW_TAG_member || !type_of(&m, &type))
			continue;
		if (s->looked++ > MAX_STEPS)
			return false;
		number(&m, DW_AT_bit_size, &width);
		name = dwarf_diename(&m);
		if (!name || !*name) {
			if (strip(&type) &&
			    find_member(s, &type, bits + bits_of(&m, width), depth + 1))
				return true;
			continue;
		}
		if (strlen(name) != s->n || memcmp(name, s->name, s->n))
			continue;
		s->bits = bits + bits_of(&m, width);
		s->width = (uint32_t)width;
		s->type = dwarf_dieoffset(&type);
		return true;
	} while (!dwarf_siblingof(&m, &m));
	return false;
}

static bool dw_member(const struct dmv_types *t, uint64_t type, const char *name, size_t n,
		      uint64_t *bits, uint64_t *member, uint32_t *width)
{
	struct step s = { .name = name, .n = n };
	Dwarf_Die die;

	if (!entry(t, type, &die) || !strip(&die) || !find_member(&s, &die, 0, 0))
		return false;
	*bits += s.bits;
	*member = s.type;
	*width = s.width;
	return true;
}

static bool dw_element(const struct dmv_types *t, uint64_t type, uint64_t i, uint64_t *bytes,
		       uint64_t *element)
{
	Dwarf_Die die, of;
	uint64_t n, one;

	if (!entry(t, type, &die) || !strip(&die) || dwarf_tag(&die) != DW_TAG_array_type)
		return false;
	if (!elements(&die, &n) || !type_of(&die, &of) || !size_of(of, &one))
		return false;
	/* An array without a length of its own is as long as it likes. */
	if ((n && i >= n) || one > UINT32_MAX)
		return false;
	*bytes = i * one;
	*element = dwarf_dieoffset(&of);
	return true;
}

static bool dw_size(const struct dmv_types *t, uint64_t type, uint64_t *ret)
{
	Dwarf_Die die;

	return entry(t, type, &die) && size_of(die, ret);
}

static const struct dmv_types_ops dwarf_ops = {
	.find = dw_find,
	.member = dw_member,
	.element = dw_element,
	.size = dw_size,
	.enumerator = dw_enumerator,
};

/* ---- the file ---- */

static void close_dwarf(struct dwarf *d)
{
	dmv_dwarf_file_close(d->file);
	free(d);
}

static uint8_t *copy(const void *p, size_t n)
{
	uint8_t *q = n && n <= MAX_BTF ? malloc(n) : NULL;

	if (q)
		memcpy(q, p, n);
	return q;
}

/* NULL: the file has no section .BTF. */
static uint8_t *btf_section(Elf *elf, size_t *n)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr sh;
		const char *name;
		Elf_Data *d;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(elf, names, sh.sh_name);
		if (!name || strcmp(name, ".BTF"))
			continue;
		d = elf_rawdata(scn, NULL);
		*n = d ? d->d_size : 0;
		return d ? copy(d->d_buf, d->d_size) : NULL;
	}
	return NULL;
}

/* Of the kernel, or of a module, which then goes on from base. Takes over data. */
static enum dmv_code new_btf(uint8_t *data, size_t n, const struct dmv_btf *base,
			     struct dmv_btf **ret, struct dmv_err *e)
{
	uint8_t *again = base ? copy(data, n) : NULL;
	enum dmv_code code = dmv_btf_new(data, n, ret, e);

	if (code == DMV_E_NOTFOUND && again)
		return dmv_btf_new_split(again, n, base, ret, e);
	free(again);
	return code;
}

static int open_btf(const char *path, size_t *n)
{
	uint8_t head[2] = { 0 };
	struct stat st;
	/* Not blocking: a name may be a FIFO's. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -1;
	if (pread(fd, head, 2, 0) == 2 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    st.st_size <= MAX_BTF &&
	    ((head[0] == 0x9f && head[1] == 0xeb) || (head[0] == 0xeb && head[1] == 0x9f))) {
		*n = (size_t)st.st_size;
		return fd;
	}
	close(fd);
	return -1;
}

bool dmv_is_btf(const char *path)
{
	size_t n;
	int fd = open_btf(path, &n);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* All of a file that starts as BTF does; NULL: it does not. */
static uint8_t *btf_file(const char *path, size_t *n)
{
	int fd = open_btf(path, n);
	uint8_t *p = fd < 0 ? NULL : malloc(*n);

	if (p && pread(fd, p, *n, 0) != (ssize_t)*n) {
		free(p);
		p = NULL;
	}
	if (fd >= 0)
		close(fd);
	return p;
}

static enum dmv_code open_types(struct dwarf *d, const char *path, const struct dmv_btf *base,
				struct dmv_file_types *ret, struct dmv_err *e)
{
	uint8_t *btf;
	size_t n = 0;
	enum dmv_code code;

	btf = btf_file(path, &n);
	if (btf)
		return new_btf(btf, n, base, &ret->btf, e);
	code = dmv_dwarf_file_open(path, &d->file, e);
	if (code)
		return code;
	btf = btf_section(dmv_dwarf_file_elf(d->file), &n);
	if (btf && !new_btf(btf, n, base, &ret->btf, e))
		return DMV_E_OK;
	if (dmv_dwarf_file_dwarf(d->file, &d->dw, NULL))
		return dmv_fail(e, DMV_E_NOTFOUND, "%s: it has neither BTF nor DWARF", path);
	d->types.ops = &dwarf_ops;
	ret->dwarf = &d->types;
	return DMV_E_OK;
}

enum dmv_code dmv_file_types_open(const char *path, const struct dmv_btf *base,
				  struct dmv_file_types *ret, struct dmv_err *e)
{
	struct dwarf *d = calloc(1, sizeof(*d));
	enum dmv_code code;

	memset(ret, 0, sizeof(*ret));
	if (!d)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for types");
	code = open_types(d, path, base, ret, e);
	if (code || !ret->dwarf)
		close_dwarf(d);
	return code;
}

const struct dmv_types *dmv_file_types(const struct dmv_file_types *f)
{
	return f->btf ? dmv_btf_types(f->btf) : f->dwarf;
}

void dmv_file_types_close(struct dmv_file_types *f)
{
	dmv_btf_free(f->btf);
	if (f->dwarf)
		close_dwarf((struct dwarf *)f->dwarf);
	memset(f, 0, sizeof(*f));
}
