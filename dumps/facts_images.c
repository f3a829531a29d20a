/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Images of a process that a core file or /proc tells of: where each file is mapped, and its
 * build-id as it stands in the process's memory. The program's own file gives symbols without being
 * asked for, from where it ran or from the folder of the core.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts_int.h"

#define PHDRS_MAX 64
#define NOTES_BYTES 4096

struct image {
	struct dmv_mem *m;
	const char *path;
	uint64_t base, end;
	uint8_t id[64];
	size_t id_n;
};

/* What of an ELF header and its program headers is used, in either width. */
struct elf {
	bool wide, swap;
	uint64_t phoff;
	uint32_t phentsize, phnum;
};

static uint64_t field(const struct elf *f, const uint8_t *p, size_t n)
{
	const struct dmv_reading r = { .swap = f->swap };

	return n == 8 ? dmv_r64(&r, p) : n == 4 ? dmv_r32(&r, p) : dmv_r16(&r, p);
}

#define FIELD(f, p, type, name) ((f)->wide ? \
	field(f, (p) + offsetof(Elf64_##type, name), sizeof(((Elf64_##type *)0)->name)) : \
	field(f, (p) + offsetof(Elf32_##type, name), sizeof(((Elf32_##type *)0)->name)))

static bool read_elf_header(const struct image *im, struct elf *ret)
{
	const uint32_t one = 1;
	const uint8_t here = *(const uint8_t *)&one ? ELFDATA2LSB : ELFDATA2MSB;
	uint8_t h[sizeof(Elf64_Ehdr)];

	if (dmv_mem_read(im->m, DMV_VIRT, im->base, h, sizeof(h), NULL) ||
	    memcmp(h, ELFMAG, SELFMAG))
		return false;
	ret->wide = h[EI_CLASS] == ELFCLASS64;
	ret->swap = h[EI_DATA] != here;
	ret->phoff = FIELD(ret, h, Ehdr, e_phoff);
	ret->phentsize = (uint32_t)FIELD(ret, h, Ehdr, e_phentsize);
	ret->phnum = (uint32_t)FIELD(ret, h, Ehdr, e_phnum);
	return ret->phnum <= PHDRS_MAX &&
	       ret->phentsize == (ret->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));
}

static bool id_in_notes(struct image *im, const struct elf *f, const uint8_t *p, size_t n)
{
	while (n >= 12) {
		uint64_t namesz = field(f, p, 4), descsz = field(f, p + 4, 4);
		uint64_t skip = ((namesz + 3) & ~3ull), all = 12 + skip + ((descsz + 3) & ~3ull);

		if (12 + skip + descsz > n)
			return false;
		if (field(f, p + 8, 4) == NT_GNU_BUILD_ID && namesz == 4 &&
		    !memcmp(p + 12, "GNU", 4) && descsz <= sizeof(im->id)) {
			memcpy(im->id, p + 12 + skip, descsz);
			im->id_n = descsz;
			return true;
		}
		if (all > n)
			return false;
		p += all;
		n -= all;
	}
	return false;
}

static void read_build_id(struct image *im)
{
	uint8_t ph[PHDRS_MAX][sizeof(Elf64_Phdr)], notes[NOTES_BYTES];
	uint64_t low = UINT64_MAX;
	struct elf f;

	if (!read_elf_header(im, &f))
		return;
	for (uint32_t i = 0; i < f.phnum; i++) {
		if (dmv_mem_read(im->m, DMV_VIRT, im->base + f.phoff + (uint64_t)i * f.phentsize,
				 ph[i], f.phentsize, NULL))
			return;
		if (FIELD(&f, ph[i], Phdr, p_type) == PT_LOAD &&
		    FIELD(&f, ph[i], Phdr, p_vaddr) < low)
			low = FIELD(&f, ph[i], Phdr, p_vaddr);
	}
	for (uint32_t i = 0; i < f.phnum && !im->id_n; i++) {
		uint64_t n = FIELD(&f, ph[i], Phdr, p_memsz);
		uint64_t at = FIELD(&f, ph[i], Phdr, p_vaddr) - (low & ~4095ull) + im->base;

		if (FIELD(&f, ph[i], Phdr, p_type) != PT_NOTE || n > sizeof(notes) ||
		    dmv_mem_read(im->m, DMV_VIRT, at, notes, n, NULL))
			continue;
		id_in_notes(im, &f, notes, n);
	}
}

/* The file of that name in the folder of the core: cores are moved together with their program.
 * From malloc; NULL: there is none. */
static char *beside(const struct dmv_mem *m, const char *program)
{
	const char *core = m->name, *name = strrchr(program, '/');
	const char *slash = core ? strrchr(core, '/') : NULL;
	char *path;

	if (!core || m->live || !name)
		return NULL;
	if (asprintf(&path, "%.*s%s", slash ? (int)(slash - core) : 1, slash ? core : ".",
		     name) < 0)
		return NULL;
	if (!access(path, R_OK))
		return path;
	free(path);
	return NULL;
}

/* --force is for what the user gives. */
static enum dmv_code try_file(struct dmv_names *n, const char *path, struct dmv_err *e)
{
	enum dmv_code code;
	char *advice;

	if (access(path, R_OK))
		return dmv_fail(e, DMV_E_ABSENT, "%.200s is not here", path);
	code = dmv_names_add_file(n, path, UINT64_MAX, false, e);
	advice = code ? strstr(e->msg, "; --force") : NULL;
	if (advice)
		*advice = 0;
	return code;
}

/* Where it ran, then beside the core; a file that is another build is no answer. */
static void add_executable(struct dmv_facts *f, struct dmv_names *n, const struct image *im)
{
	struct dmv_err e = { 0 }, other = { 0 };
	char *near = NULL;
	enum dmv_code c = try_file(n, im->path, &e);

	if (c && c != DMV_E_MEMORY && (near = beside(im->m, im->path)) != NULL)
		c = try_file(n, near, &other);
	if (c && !dmv_names_has_file(n, im->base))
		dmv_note_add(f, 0, im->base, "no names from the program's own file: %s%s%s; give "
			     "it with -s", e.msg, other.msg[0] ? "; " : "", other.msg);
	else if (!c && !im->id_n)
		dmv_note_add(f, 0, im->base,
			     "%.200s: nothing in the target tells whether this is the "
			     "file that ran",
			     near ? near : im->path);
	free(near);
}

/* True: it was the program. */
static bool add_image(struct dmv_facts *f, struct dmv_names *n, struct image *im)
{
	struct dmv_err e = { 0 };

	read_build_id(im);
	if (dmv_names_add_image(n, im->path, im->base, im->end - im->base, im->id_n ? im->id : NULL,
				im->id_n, &e))
		return false;
	dmv_names_offer_file(n, im->base, im->path);
	if (!im->m->executable || strcmp(im->path, im->m->executable))
		return false;
	add_executable(f, n, im);
	return true;
}

/* A core that does not tell what was mapped (qemu-user's), or a process whose program is to be had
 * through /proc alone: each file that may be it is added; of the images one has its build-id, or
 * none. */
static void add_unmapped(struct dmv_facts *f, struct dmv_names *n, struct dmv_mem *m)
{
	char *near = beside(m, m->executable);
	struct dmv_err e = { 0 };
	bool any = false;

	if (m->executable[0] == '/')    /* what was relative then is nothing now */
		any |= !try_file(n, m->executable, &e);
	if (near)
		any |= !try_file(n, near, &e);
	if (!any && !dmv_names_has_file(n, DMV_NO_ADDR))
		dmv_note_add(f, 0, DMV_NO_ADDR, "no names from the program's own file: %s; give it "
			     "with -s", e.msg[0] ? e.msg : m->executable);
	free(near);
}

/* Mappings of one file follow each other: an image goes from the one of its first byte to the
 * last. */
void dmv_images_of_process(struct dmv_mem *m, struct dmv_names *n, struct dmv_facts *f)
{
	bool program = false;

	for (size_t i = 0; n && i < m->nmapped; i++) {
		const struct dmv_mapped *first = &m->mapped[i];
		struct image im = {
			.m = m, .path = first->path, .base = first->start, .end = first->end};

		if (first->offset || !first->path)
			continue;
		while (i + 1 < m->nmapped && m->mapped[i + 1].offset && m->mapped[i + 1].path &&
		       !strcmp(m->mapped[i + 1].path, im.path) && m->mapped[i + 1].end > im.end)
			im.end = m->mapped[++i].end;
		program |= add_image(f, n, &im);
	}
	if (n && !program && m->executable)
		add_unmapped(f, n, m);
	if (n && m->notes_cut && !m->executable)
		dmv_note_add(f, 0, DMV_NO_ADDR, "the notes of the core end early or are damaged: "
			     "no names from the program's own file, which they would tell; give "
			     "it with -s");
}
