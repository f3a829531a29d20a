/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What an ELF file says: its symbols, its build-id, where it wants to be. The only file that knows
 * libelf and libdw. Files are hostile: the libraries check offsets against the file, we check the
 * rest, and the file is read, not mapped, so that one that shrinks meanwhile cannot kill us.
 */
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem_int.h"
#include "names_int.h"

#define PAGE_MASK 4095ull

enum {
	MAX_SECTIONS = 1 << 14,
	SECTION_GAP = 64,               /* an address at a section's end is not in the next one */
	MODINFO = 1 << 16,              /* bytes of .modinfo that are looked at */
};

#define MAX_SECTION (1ull << 32)

struct loading {
	Elf *elf;
	const struct dmv_build_id *only;        /* NULL: any build */
	struct dmv_symfile *f;
	struct dmv_symroom room;
	const char *path;
	struct dmv_err *e;
};

static enum dmv_code no_memory(struct loading *l)
{
	return dmv_fail(l->e, DMV_E_MEMORY, "%s: no memory for its symbols", l->path);
}

static bool in_code(Elf *elf, const GElf_Sym *s)
{
	GElf_Shdr sh;
	Elf_Scn *scn = elf_getscn(elf, s->st_shndx);

	return scn && gelf_getshdr(scn, &sh) && (sh.sh_flags & SHF_EXECINSTR);
}

static int by_index(const void *key, const void *element)
{
	uint32_t index = *(const uint32_t *)key;
	uint32_t other = ((const struct dmv_section *)element)->index;

	return index < other ? -1 : index > other;
}

/* Address as in the file; of an object, where its section was put. False: it has none. */
static bool address(const struct loading *l, const GElf_Sym *s, uint64_t *ret)
{
	const struct dmv_section *at;
	uint32_t index = s->st_shndx;

	*ret = s->st_value;
	if (!l->f->object)
		return true;
	at = bsearch(&index, l->f->section, l->f->nsection, sizeof(*at), by_index);
	if (!at || s->st_value > at->bytes)
		return false;
	*ret = at->low + s->st_value;
	return true;
}

/* 0: not one we show or find. */
static uint8_t rank_of(Elf *elf, const GElf_Sym *s, bool *code)
{
	unsigned int type = GELF_ST_TYPE(s->st_info), bind = GELF_ST_BIND(s->st_info);
	uint8_t rank = bind == STB_GLOBAL ? 3 : bind == STB_WEAK ? 2 : 1;

	*code = type == STT_FUNC || type == STT_GNU_IFUNC;
	if (s->st_shndx == SHN_UNDEF || type == STT_SECTION || type == STT_FILE || type == STT_TLS)
		return 0;
	if (*code)
		return (uint8_t)(rank + 3);
	if (type == STT_NOTYPE)
		*code = in_code(elf, s);
	return rank;
}

static enum dmv_code read_symbols(struct loading *l, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *d = elf_getdata(scn, NULL);
	size_t one = gelf_fsize(l->elf, ELF_T_SYM, 1, EV_CURRENT);

	if (!d || !one)
		return dmv_fail(l->e, DMV_E_CORRUPT, "%s: its symbol table cannot be read: %s",
				l->path, elf_errmsg(-1));
	for (size_t i = 0; i < d->d_size / one && i < INT32_MAX; i++) {
		GElf_Sym s;
		const char *name;
		struct dmv_sym *sym;
		uint64_t addr;
		bool code;
		uint8_t rank;

		if (!gelf_getsym(d, (int)i, &s))
			break;
		rank = rank_of(l->elf, &s, &code);
		name = rank ? elf_strptr(l->elf, sh->sh_link, s.st_name) : NULL;
		if (!name || !*name || !address(l, &s, &addr))
			continue;
		if (!dmv_symfile_add(l->f, &l->room, name, strlen(name), &sym))
			return no_memory(l);
		sym->addr = addr;
		sym->size = s.st_size;
		sym->rank = rank;
		sym->code = code;
	}
	return DMV_E_OK;
}

/* .symtab if there is one, else .dynsym: the first holds all of the second. */
static enum dmv_code read_tables(struct loading *l)
{
	static const uint32_t type[2] = { SHT_SYMTAB, SHT_DYNSYM };

	for (int t = 0; t < 2 && !l->f->nsym; t++) {
		Elf_Scn *scn = NULL;

		while ((scn = elf_nextscn(l->elf, scn))) {
			GElf_Shdr sh;
			enum dmv_code c;

			if (!gelf_getshdr(scn, &sh) || sh.sh_type != type[t])
				continue;
			c = read_symbols(l, scn, &sh);
			if (c)
				return c;
		}
	}
	return DMV_E_OK;
}

/* ---- object files ---- */

/* The value of a word of .modinfo, "name=virtio_blk", up to its first blank. end: behind a NUL. */
static void read_word(const char *p, const char *end, const char *key, char *ret, size_t size)
{
	size_t skip = strlen(key);

	for (; p < end; p += strlen(p) + 1) {
		if (strncmp(p, key, skip))
			continue;
		snprintf(ret, size, "%.*s", (int)strcspn(p + skip, " "), p + skip);
		return;
	}
}

static void read_module(struct loading *l, Elf_Scn *scn)
{
	Elf_Data *d = elf_rawdata(scn, NULL);
	const char *p = d ? d->d_buf : NULL;

	if (!p || !d->d_size || d->d_size > MODINFO || p[d->d_size - 1])
		return;
	read_word(p, p + d->d_size, "name=", l->f->module, sizeof(l->f->module));
	read_word(p, p + d->d_size, "vermagic=", l->f->release, sizeof(l->f->release));
}

static enum dmv_code add_section(struct loading *l, const GElf_Shdr *sh, size_t index,
				 const char *name)
{
	struct dmv_symfile *f = l->f;
	uint64_t align = sh->sh_addralign > 1 ? sh->sh_addralign : 1;
	struct dmv_section *s;

	if (sh->sh_size > MAX_SECTION || align > MAX_SECTION || f->nsection == MAX_SECTIONS)
		return dmv_fail(l->e, DMV_E_CORRUPT,
				"%s: section %zu of 0x%llx bytes is not believable", l->path, index,
				(unsigned long long)sh->sh_size);
	if (!dmv_grow(&f->section, f->nsection, sizeof(*s)))
		return no_memory(l);
	s = &f->section[f->nsection++];
	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->index = (uint32_t)index;
	s->low = (f->high + SECTION_GAP + align - 1) / align * align;
	s->bytes = sh->sh_size;
	f->high = s->low + s->bytes;
	return DMV_E_OK;
}

static enum dmv_code read_sections(struct loading *l)
{
	Elf_Scn *scn = NULL;
	size_t names;
	enum dmv_code c = DMV_E_OK;

	l->f->object = true;
	if (elf_getshdrstrndx(l->elf, &names))
		return dmv_fail(l->e, DMV_E_CORRUPT, "%s: its sections have no names", l->path);
	while (!c && (scn = elf_nextscn(l->elf, scn))) {
		GElf_Shdr sh;
		const char *name;

		if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_ALLOC))
			continue;
		name = elf_strptr(l->elf, names, sh.sh_name);
		if (!name)
			continue;
		if (!strcmp(name, ".modinfo") && sh.sh_type != SHT_NOBITS)
			read_module(l, scn);
		c = add_section(l, &sh, elf_ndxscn(scn), name);
	}
	if (!c && !l->f->nsection)
		c = dmv_fail(l->e, DMV_E_CORRUPT, "%s: nothing in it is loadable", l->path);
	return c;
}

/* ---- programs and shared objects ---- */

static enum dmv_code take_segment(struct loading *l, size_t i)
{
	struct dmv_symfile *f = l->f;
	GElf_Phdr ph;

	if (!gelf_getphdr(l->elf, (int)i, &ph) || ph.p_type != PT_LOAD)
		return DMV_E_OK;
	if (ph.p_memsz > UINT64_MAX - ph.p_vaddr)
		return dmv_fail(l->e, DMV_E_CORRUPT,
				"%s: program header %zu: p_memsz 0x%llx runs past the address "
				"space", l->path, i, (unsigned long long)ph.p_memsz);
	if ((ph.p_vaddr & ~PAGE_MASK) < f->low)
		f->low = ph.p_vaddr & ~PAGE_MASK;
	if (ph.p_vaddr + ph.p_memsz > f->high)
		f->high = ph.p_vaddr + ph.p_memsz;
	return DMV_E_OK;
}

static enum dmv_code read_segments(struct loading *l, bool fixed)
{
	struct dmv_symfile *f = l->f;
	enum dmv_code c = DMV_E_OK;
	size_t n;

	if (elf_getphdrnum(l->elf, &n))
		return dmv_fail(l->e, DMV_E_CORRUPT, "%s: its ELF header cannot be read: %s",
				l->path, elf_errmsg(-1));
	f->fixed = fixed;
	f->low = UINT64_MAX;
	for (size_t i = 0; !c && i < n && i < INT32_MAX; i++)
		c = take_segment(l, i);
	if (!c && f->low >= f->high)
		c = dmv_fail(l->e, DMV_E_CORRUPT, "%s: nothing in it is loadable", l->path);
	return c;
}

static enum dmv_code read_place(struct loading *l)
{
	GElf_Ehdr eh;

	if (!gelf_getehdr(l->elf, &eh))
		return dmv_fail(l->e, DMV_E_CORRUPT, "%s: its ELF header cannot be read: %s",
				l->path, elf_errmsg(-1));
	switch (eh.e_type) {
	case ET_REL:
		return read_sections(l);
	case ET_EXEC:
	case ET_DYN:
		return read_segments(l, eh.e_type == ET_EXEC);
	case ET_CORE:
		return dmv_fail(l->e, DMV_E_USAGE, "%s: a core file: it is a target, not a file "
				"with symbols", l->path);
	default:
		return dmv_fail(l->e, DMV_E_USAGE, "%s: ELF type %u: neither a program nor a "
				"shared object nor a kernel module", l->path, eh.e_type);
	}
}

static void read_build_id(struct loading *l)
{
	const void *id;
	ssize_t n = dwelf_elf_gnu_build_id(l->elf, &id);

	if (n <= 0 || n > DMV_BUILD_ID_MAX)
		return;
	memcpy(l->f->id.byte, id, (size_t)n);
	l->f->id.n = (size_t)n;
}

static enum dmv_code check_build(struct loading *l)
{
	char mine[2 * DMV_BUILD_ID_MAX + 1], theirs[2 * DMV_BUILD_ID_MAX + 1];
	const struct dmv_build_id *id = &l->f->id;

	if (!l->only || (id->n == l->only->n && !memcmp(id->byte, l->only->byte, id->n)))
		return DMV_E_OK;
	dmv_build_id_text(id, mine);
	dmv_build_id_text(l->only, theirs);
	return dmv_fail(l->e, DMV_E_USAGE, "%.200s: its build-id %s is not that in the target, %s",
			l->path, id->n ? mine : "(none)", theirs);
}

static enum dmv_code load_elf(struct loading *l)
{
	enum dmv_code c;

	if (elf_kind(l->elf) != ELF_K_ELF)
		return dmv_fail(l->e, DMV_E_NOTFOUND, "%s: not an ELF file", l->path);
	c = read_place(l);
	if (c)
		return c;
	read_build_id(l);
	c = check_build(l);
	if (!c)
		c = read_tables(l);
	if (c)
		return c;
	dmv_symfile_sort(l->f);
	return DMV_E_OK;
}

static enum dmv_code load_fd(struct loading *l, int fd)
{
	struct stat st;
	enum dmv_code c;

	if (fstat(fd, &st))
		return dmv_fail(l->e, DMV_E_SYSTEM, "%s: %s", l->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return dmv_fail(l->e, DMV_E_NOTFOUND, "%s: not a regular file", l->path);
	elf_version(EV_CURRENT);
	l->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!l->elf)
		return dmv_fail(l->e, DMV_E_CORRUPT, "%s: %s", l->path, elf_errmsg(-1));
	c = load_elf(l);
	elf_end(l->elf);
	return c;
}

enum dmv_code dmv_symfile_load(const char *path, struct dmv_symfile *ret, struct dmv_err *e)
{
	return dmv_symfile_load_build(path, NULL, ret, e);
}

enum dmv_code dmv_symfile_load_build(const char *path, const struct dmv_build_id *id,
				     struct dmv_symfile *ret, struct dmv_err *e)
{
	struct dmv_symfile f = { 0 };
	struct loading l = { .f = &f, .only = id, .path = path, .e = e };
	/* Not blocking: a name may be a FIFO's. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum dmv_code c;

	if (fd < 0)
		return dmv_fail(e, DMV_E_SYSTEM, "%s: %s", path, strerror(errno));
	c = load_fd(&l, fd);
	close(fd);
	if (!c) {
		f.path = strdup(path);
		if (!f.path)
			c = no_memory(&l);
	}
	if (c)
		dmv_symfile_free(&f);
	else
		*ret = f;
	return c;
}
