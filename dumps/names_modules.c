/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Modules of a Linux kernel (kernel/module/): a list of struct module, each with its places in
 * memory and a symbol table of its own. Which member is where, BTF says. The list and the tables
 * are hostile: every walk ends by a count.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"
#include "names_kernel.h"

enum {
	MAX_MODULES = 4096,
	MAX_STRUCT = 1 << 16,           /* bytes of struct module */
	MAX_SYMS = 1 << 18,
	MAX_STRINGS = 16 << 20,
	PIECES = 7,                     /* MOD_MEM_NUM_TYPES of Linux 6.4 and later */
	NAME_END = 512,                 /* the longest name */
};

/* Offsets in struct module. */
struct layout {
	uint64_t size, list, name, name_bytes, kallsyms;
	struct dmv_member sect_attrs, build_id;         /* size 0: there is none */
	uint64_t self;                  /* 0: not known */
	unsigned npiece;
	struct dmv_member base[PIECES], bytes[PIECES];
	struct dmv_member symtab, num_symtab, strtab;   /* in struct mod_kallsyms */
};

struct walk {
	struct dmv_mem *m;
	const struct dmv_types *types;
	struct layout l;
	unsigned word;
	struct dmv_kmod *v;
	size_t n;
};

static bool member(const struct dmv_types *t, const char *type, const char *path, uint64_t limit,
		   struct dmv_member *ret)
{
	return !dmv_types_member(t, type, path, ret, NULL) && ret->size <= limit &&
	       ret->offset <= limit - ret->size;
}

/* Before 6.4 core_layout and init_layout, in very old ones (4.4) module_core and core_size. */
static void read_pieces(const struct dmv_types *t, struct layout *l)
{
	static const char *const old[][2] = {
		{ "core_layout.base|module_core", "core_layout.size|core_size" },
		{ "init_layout.base|module_init", "init_layout.size|init_size" },
	};
	char base[32] = "mem[0].base", bytes[32] = "mem[0].size";

	for (unsigned i = 0; i < PIECES; i++, l->npiece++) {
		base[4] = bytes[4] = (char)('0' + i);
		if (!member(t, "module", base, l->size, &l->base[i]) ||
		    !member(t, "module", bytes, l->size, &l->bytes[i]))
			break;
	}
	for (unsigned i = 0; !l->npiece && i < 2; i++)
		if (!member(t, "module", old[i][0], l->size, &l->base[i]) ||
		    !member(t, "module", old[i][1], l->size, &l->bytes[i]))
			return;
	if (!l->npiece)
		l->npiece = 2;
}

static enum dmv_code read_layout(const struct dmv_types *t, struct layout *l, struct dmv_err *e)
{
	struct dmv_member list, name, kallsyms, self;
	enum dmv_code code = dmv_types_size(t, "module", &l->size, e);

	if (code)
		return code;
	if (l->size > MAX_STRUCT || !member(t, "module", "list", l->size, &list) ||
	    !member(t, "module", "name", l->size, &name) || !name.size)
		return dmv_fail(e, DMV_E_NOTFOUND, "struct module has no list or name");
	l->list = list.offset;
	l->name = name.offset;
	l->name_bytes = name.size;
	if (member(t, "module", "mkobj.mod", l->size, &self))
		l->self = self.offset;
	read_pieces(t, l);
	if (!l->npiece)
		return dmv_fail(e, DMV_E_NOTFOUND, "struct module does not say where it lies");
	if (!member(t, "module", "sect_attrs", l->size, &l->sect_attrs))
		l->sect_attrs.size = 0;
	if (!member(t, "module", "build_id", l->size, &l->build_id))
		l->build_id.size = 0;
	/* Without CONFIG_KALLSYMS modules have names, but no symbols. */
	if (member(t, "module", "kallsyms", l->size, &kallsyms) &&
	    member(t, "mod_kallsyms", "symtab", 256, &l->symtab) &&
	    member(t, "mod_kallsyms", "num_symtab", 256, &l->num_symtab) &&
	    member(t, "mod_kallsyms", "strtab", 256, &l->strtab))
		l->kallsyms = kallsyms.offset;
	return DMV_E_OK;
}

static uint64_t field(const struct walk *w, const uint8_t *p, const struct dmv_member *f)
{
	return f->size <= 8 ? dmv_get(p + f->offset, (unsigned)f->size, w->m->big_endian) : 0;
}

static void find_tables(const struct walk *w, const uint8_t *p, struct dmv_kmod *k)
{
	uint8_t tables[256];
	uint64_t at;

	if (!w->l.kallsyms)
		return;
	at = dmv_get(p + w->l.kallsyms, w->word, w->m->big_endian);
	if (!at || dmv_mem_read(w->m, DMV_VIRT, at, tables, 64, NULL))
		return;
	if (w->l.symtab.offset > 56 || w->l.num_symtab.offset > 56 || w->l.strtab.offset > 56)
		return;
	k->symtab = field(w, tables, &w->l.symtab);
	k->strtab = field(w, tables, &w->l.strtab);
	k->nsym = (uint32_t)field(w, tables, &w->l.num_symtab);
}

/* Zeros: the module had none. */
static void take_build_id(const struct walk *w, const uint8_t *p, struct dmv_kmod *k)
{
	size_t n = w->l.build_id.size;

	if (!n || n > sizeof(k->id.byte))
		return;
	memcpy(k->id.byte, p + w->l.build_id.offset, n);
	for (size_t i = 0; i < n && !k->id.n; i++)
		k->id.n = k->id.byte[i] ? n : 0;
}

static bool add_module(struct walk *w, const uint8_t *p)
{
	struct dmv_kmod *k;
	size_t n = w->l.name_bytes < sizeof(k->name) ? w->l.name_bytes : sizeof(k->name);

	if (!dmv_grow(&w->v, w->n, sizeof(*w->v)))
		return false;
	k = &w->v[w->n++];
	memset(k, 0, sizeof(*k));
	memcpy(k->name, p + w->l.name, n);
	k->name[n - 1] = 0;
	for (unsigned i = 0; i < w->l.npiece; i++) {
		uint64_t base = field(w, p, &w->l.base[i]), bytes = field(w, p, &w->l.bytes[i]);

		if (base && bytes && bytes < UINT64_MAX - base)
			k->piece[i] = (struct dmv_range){ base, base + bytes };
	}
	k->base = k->piece[0].start;
	k->sect_attrs = w->l.sect_attrs.size ? field(w, p, &w->l.sect_attrs) : 0;
	take_build_id(w, p, k);
	find_tables(w, p, k);
	return true;
}

/* head is the list itself; each element's first word leads to the next. */
static enum dmv_code walk_list(struct walk *w, uint64_t head, struct dmv_err *e)
{
	uint8_t *p = malloc(w->l.size + 8), next[8];
	enum dmv_code code = p ? DMV_E_OK : dmv_fail(e, DMV_E_MEMORY, "no memory for modules");
	uint64_t at = head, mark = 0;

	for (unsigned i = 0; !code; i++) {
		code = dmv_mem_read(w->m, DMV_VIRT, at, next, w->word, e);
		if (code)
			break;
		at = dmv_get(next, w->word, w->m->big_endian);
		if (at == head)
			break;
		if (i == MAX_MODULES || (i && at == mark))
			code = dmv_fail_at(e, DMV_E_CORRUPT, at, "the list of modules has no end");
		else
			code = dmv_mem_read(w->m, DMV_VIRT, at - w->l.list, p, w->l.size, e);
		if (!code && !add_module(w, p))
			code = dmv_fail(e, DMV_E_MEMORY, "no memory for modules");
		if (!(i & (i - 1)))     /* a circle meets one of these soon (Brent) */
			mark = at;
	}
	free(p);
	return code;
}

static bool find_list(const struct walk *w, uint64_t *head)
{
	const struct dmv_module_marks marks = {
		.list = w->l.list, .self = w->l.self, .word = w->word,
	};

	return w->l.self && dmv_image_find_modules(w->m, &marks, head);
}

enum dmv_code dmv_kmods_load(struct dmv_knames *kn, struct dmv_mem *m, struct dmv_kmod **ret,
			     size_t *n, struct dmv_err *cut, struct dmv_err *e)
{
	struct walk w = { .m = m, .word = m->bits == 32 ? 4 : 8 };
	struct dmv_err why = { 0 };
	uint64_t head;
	enum dmv_code code;

	w.types = dmv_knames_types(kn, e);
	if (!w.types)
		return DMV_E_NOTFOUND;
	code = read_layout(w.types, &w.l, e);
	if (code)
		return code;
	if (!dmv_knames_address(kn, "modules", &head) && !find_list(&w, &head)) {
		if (dmv_knames_kallsyms(kn, e))
			dmv_fail(e, DMV_E_NOTFOUND, "the kernel has no symbol modules");
		return DMV_E_NOTFOUND;
	}
	code = walk_list(&w, head, &why);
	if (code == DMV_E_MEMORY) {
		free(w.v);
		return dmv_fail(e, code, "no memory for modules");
	}
	memset(cut, 0, sizeof(*cut));
	if (code)
		*cut = why;
	*ret = w.v;
	*n = w.n;
	return DMV_E_OK;
}

bool dmv_kmod_has(const struct dmv_kmod *k, uint64_t addr)
{
	for (size_t i = 0; i < sizeof(k->piece) / sizeof(k->piece[0]); i++)
		if (addr >= k->piece[i].start && addr < k->piece[i].end)
			return true;
	return false;
}

bool dmv_kernel_field(struct dmv_mem *m, uint64_t at, const struct dmv_member *f, uint64_t *ret)
{
	return (f->size == 4 || f->size == 8) &&
	       !dmv_mem_number(m, DMV_VIRT, at + f->offset, (unsigned)f->size, ret, NULL);
}

void dmv_kmods_free(struct dmv_kmod *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dmv_symfile_free(&v[i].sym);
	free(v);
}

/* ---- symbols ---- */

/* Elf64_Sym: name 4, info 1, other 1, shndx 2, value 8, size 8; Elf32_Sym: name, value, size 4
 * each, info, other, shndx. */
static bool take_symbol(const uint8_t *p, bool is64, bool be, struct dmv_sym *ret)
{
	unsigned info = p[is64 ? 4 : 12], type = info & 15, shndx;

	ret->name = (uint32_t)dmv_get(p, 4, be);
	ret->addr = is64 ? dmv_get(p + 8, 8, be) : dmv_get(p + 4, 4, be);
	ret->size = is64 ? dmv_get(p + 16, 8, be) : dmv_get(p + 8, 4, be);
	shndx = (unsigned)dmv_get(p + (is64 ? 6 : 14), 2, be);
	ret->code = type == 2;
	ret->rank = (uint8_t)(1 + ret->code + (info >> 4 != 0));
	return ret->name && ret->addr && shndx && type <= 2;
}

/* Reads n bytes, or as many as there are. */
static size_t read_most(struct dmv_mem *m, uint64_t addr, void *buf, size_t n)
{
	struct dmv_err e = { .addr = addr };

	if (!dmv_mem_read(m, DMV_VIRT, addr, buf, n, &e))
		return n;
	if (e.addr <= addr || e.addr - addr >= n)
		return 0;
	n = (size_t)(e.addr - addr);
	return dmv_mem_read(m, DMV_VIRT, addr, buf, n, NULL) ? 0 : n;
}

/* The table of strings has no length of its own: it ends with the last name. */
static bool read_strings(struct dmv_kmod *k, struct dmv_mem *m, size_t *room)
{
	uint32_t last = 0;
	size_t n, got;

	for (size_t i = 0; i < k->sym.nsym; i++)
		last = k->sym.sym[i].name > last ? k->sym.sym[i].name : last;
	if (last > MAX_STRINGS)
		return false;
	n = (size_t)last + NAME_END;
	if (n > *room)
		return false;
	*room -= n;
	k->sym.strings = calloc(1, n + 1);
	if (!k->sym.strings)
		return false;
	got = read_most(m, k->strtab, k->sym.strings, n);
	for (size_t i = 0; i < k->sym.nsym; i++)
		if (k->sym.sym[i].name >= got)
			k->sym.sym[i].name = 0;
	k->sym.strings[0] = 0;
	return true;
}

static void read_symbols(struct dmv_kmod *k, struct dmv_mem *m, size_t *room)
{
	bool is64 = m->bits != 32;
	size_t one = is64 ? 24 : 16, got;
	uint8_t *p;

	if (!k->symtab || !k->strtab || !k->nsym || k->nsym > MAX_SYMS ||
	    k->nsym * sizeof(*k->sym.sym) > *room)
		return;
	*room -= k->nsym * sizeof(*k->sym.sym);
	p = malloc(k->nsym * one);
	k->sym.sym = calloc(k->nsym, sizeof(*k->sym.sym));
	got = p && k->sym.sym ? read_most(m, k->symtab, p, k->nsym * one) / one : 0;
	for (size_t i = 0; i < got; i++)
		k->sym.nsym += take_symbol(p + i * one, is64, m->big_endian,
					   &k->sym.sym[k->sym.nsym]);
	free(p);
	if (!read_strings(k, m, room))
		k->sym.nsym = 0;
	dmv_symfile_sort(&k->sym);
}

void dmv_kmod_symbols(struct dmv_kmod *k, struct dmv_mem *m, size_t *room)
{
	if (k->asked)
		return;
	k->asked = true;
	read_symbols(k, m, room);
}
