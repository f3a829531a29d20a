/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A saved file: an ELF core of the target's class and byte order. A segment has one address, the
 * other is all ones: a range of physical pages says nothing of where they were mapped. Notes: ours,
 * which names the program, VMCOREINFO, and of a process which files were mapped where (NT_FILE), so
 * that symbols are found as they would be for the whole core.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "save_int.h"

#ifndef NT_FILE
#define NT_FILE 0x46494c45
#endif

enum { PIECE = 16 * DMV_SAVE_PAGE };    /* of memory, read at once */

struct part {
	enum dmv_space space;
	uint64_t start, end;
};

struct save {
	struct dmv_mem *m;
	const struct dmv_blank *blank;  /* in the order of the parts */
	size_t nblank, blanked;         /* those before end before what is written now */
	const struct dmv_save_opts *o;
	const char *path;
	unsigned word;                  /* 4 or 8 bytes */
	struct part *part;
	size_t npart;
	uint64_t memory, lost;
	char *head;                     /* ELF header, program headers, notes */
	size_t head_bytes;
	FILE *f;                        /* what is being written: head, then the file */
	uint8_t buf[PIECE];
};

static uint64_t align(uint64_t n, uint64_t to)
{
	return (n + to - 1) & ~(to - 1);
}

/* ---- what can be read ---- */

static enum dmv_code add_part(struct save *s, enum dmv_space space, uint64_t start, uint64_t end,
			      struct dmv_err *e)
{
	struct part *last = s->npart ? &s->part[s->npart - 1] : NULL;

	if (s->word == 4 && end > UINT32_MAX)
		return dmv_fail_at(e, DMV_E_USAGE, start,
				   "%s address 0x%" PRIx64 " does not fit the file of a 32-bit "
				   "target", dmv_space_name(space), start);
	s->memory += end - start;
	if (last && last->space == space && last->end == start) {
		last->end = end;
		return DMV_E_OK;
	}
	if (!dmv_grow(&s->part, s->npart, sizeof(*s->part)))
		return dmv_fail(e, DMV_E_MEMORY, "no memory for the list of pages");
	s->part[s->npart++] = (struct part){ space, start, end };
	return DMV_E_OK;
}

/* A page that is there in part only is kept as far as it goes. */
static enum dmv_code try_page(struct save *s, enum dmv_space space, uint64_t addr,
			      struct dmv_err *e)
{
	struct dmv_err why = { .addr = addr };

	if (!dmv_mem_read(s->m, space, addr, s->buf, DMV_SAVE_PAGE, &why))
		return add_part(s, space, addr, addr + DMV_SAVE_PAGE, e);
	if (why.addr > addr && why.addr < addr + DMV_SAVE_PAGE &&
	    !dmv_mem_read(s->m, space, addr, s->buf, (size_t)(why.addr - addr), NULL))
		return add_part(s, space, addr, why.addr, e);
	s->lost++;
	return DMV_E_OK;
}

static size_t piece_of(uint64_t at, uint64_t end)
{
	return end - at < PIECE ? (size_t)(end - at) : PIECE;
}

/* Whole pages; one after the other where not all of them are there. */
static enum dmv_code try_piece(struct save *s, enum dmv_space space, uint64_t addr, size_t n,
			       struct dmv_err *e)
{
	enum dmv_code code = DMV_E_OK;

	if (!dmv_mem_read(s->m, space, addr, s->buf, n, NULL))
		return add_part(s, space, addr, addr + n, e);
	for (size_t i = 0; i < n && !code; i += DMV_SAVE_PAGE)
		code = try_page(s, space, addr + i, e);
	return code;
}

static enum dmv_code try_range(struct save *s, enum dmv_space space, struct dmv_range r,
			       struct dmv_err *e)
{
	for (uint64_t at = r.start; at < r.end; at += piece_of(at, r.end)) {
		enum dmv_code code = try_piece(s, space, at, piece_of(at, r.end), e);

		if (code)
			return code;
		if (s->o->stop && *s->o->stop)
			return dmv_fail(e, DMV_E_STOPPED, "stopped");
	}
	return DMV_E_OK;
}

/* What the tables of the target translate is saved by the physical address that they led to. */
static bool of_source(const struct save *s, enum dmv_space space)
{
	return s->m->nrange[space];
}

static enum dmv_code try_pages(struct save *s, const struct dmv_record *r, struct dmv_err *e)
{
	for (int space = DMV_VIRT; space <= DMV_PHYS; space++)
		for (size_t i = 0; i < r->n[space] && of_source(s, space); i++) {
			enum dmv_code code = try_range(s, space, r->range[space][i], e);

			if (code)
				return code;
		}
	if (!s->npart)
		return dmv_fail(e, DMV_E_ABSENT, "nothing of the regions can be read again");
	return DMV_E_OK;
}

/* ---- numbers in the target's byte order ---- */

static void put(struct save *s, unsigned bytes, uint64_t v)
{
	for (unsigned i = 0; i < bytes; i++)
		putc((int)(v >> 8 * (s->m->big_endian ? bytes - 1 - i : i) & 0xff), s->f);
}

static void put_word(struct save *s, uint64_t v)
{
	put(s, s->word, v);
}

/* ---- notes ---- */

static void put_note(struct save *s, const char *owner, uint32_t type, const void *desc, size_t n)
{
	static const char zeros[4];
	const size_t name = strlen(owner) + 1;

	put(s, 4, name);
	put(s, 4, n);
	put(s, 4, type);
	fwrite(owner, 1, name, s->f);
	fwrite(zeros, 1, align(name, 4) - name, s->f);
	fwrite(desc, 1, n, s->f);
	fwrite(zeros, 1, align(n, 4) - n, s->f);
}

/* The description is put together in memory, because its length comes first. */
static bool put_built(struct save *s, const char *owner, uint32_t type,
		      void (*build)(struct save *s))
{
	FILE *whole = s->f;
	char *desc = NULL;
	size_t n = 0;

	s->f = open_memstream(&desc, &n);
	if (s->f) {
		build(s);
		if (fclose(s->f))
			n = 0;
	}
	s->f = whole;
	if (n)
		put_note(s, owner, type, desc, n);
	free(desc);
	return n;
}

static void build_own(struct save *s)
{
	fprintf(s->f, "format=1\nredacted=%d\nfrom=%s\n", s->o->redact, s->m->ops->format);
	if (s->m->executable && !strchr(s->m->executable, '\n'))
		fprintf(s->f, "program=%s\n", s->m->executable);
	if (s->m->info)
		dmv_save_info_put(s->f, s->m->info, s->o->redact);
}

static void build_files(struct save *s)
{
	const struct dmv_mem *m = s->m;

	put_word(s, m->nmapped);
	put_word(s, 1);                 /* offsets in bytes: any unit is allowed */
	for (size_t i = 0; i < m->nmapped; i++) {
		put_word(s, m->mapped[i].start);
		put_word(s, m->mapped[i].end);
		put_word(s, m->mapped[i].offset);
	}
	for (size_t i = 0; i < m->nmapped; i++)
		fwrite(m->mapped[i].path, 1, strlen(m->mapped[i].path) + 1, s->f);
}

/* An empty one, which says that this is a process. */
static void build_auxv(struct save *s)
{
	put_word(s, AT_NULL);
	put_word(s, 0);
}

static bool put_notes(struct save *s)
{
	const struct dmv_mem *m = s->m;
	bool ok = put_built(s, DMV_SAVE_NOTE, 1, build_own);

	if (m->vmcoreinfo)
		put_note(s, "VMCOREINFO", 0, m->vmcoreinfo, strlen(m->vmcoreinfo));
	if (!m->nrange[DMV_PHYS])
		ok = ok && put_built(s, "CORE", NT_AUXV, build_auxv);
	if (m->nmapped)
		ok = ok && put_built(s, "CORE", NT_FILE, build_files);
	return ok;
}

/* ---- headers ---- */

struct layout {
	uint64_t ehdr, shdr, phdr, notes_at, notes, data;
	uint64_t nph;
};

static void put_ehdr(struct save *s, const struct layout *l)
{
	const bool many = l->nph >= PN_XNUM;
	const uint8_t ident[EI_NIDENT] = {
		ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, s->word == 8 ? ELFCLASS64 : ELFCLASS32,
		s->m->big_endian ? ELFDATA2MSB : ELFDATA2LSB, EV_CURRENT };

	fwrite(ident, 1, sizeof(ident), s->f);
	put(s, 2, ET_CORE);
	put(s, 2, s->m->machine);
	put(s, 4, EV_CURRENT);
	put_word(s, 0);
	put_word(s, l->ehdr + (many ? l->shdr : 0));
	put_word(s, many ? l->ehdr : 0);
	put(s, 4, 0);
	put(s, 2, l->ehdr);
	put(s, 2, l->phdr);
	put(s, 2, many ? PN_XNUM : l->nph);
	put(s, 2, many ? l->shdr : 0);
	put(s, 2, many);
	put(s, 2, 0);
	if (!many)
		return;
	put(s, 4, 0);                   /* section 0 holds the number of segments in sh_info */
	put(s, 4, SHT_NULL);
	for (int i = 0; i < 4; i++)
		put_word(s, 0);
	put(s, 4, 0);
	put(s, 4, l->nph);
	put_word(s, 0);
	put_word(s, 0);
}

static void put_phdr(struct save *s, uint32_t type, uint64_t off, uint64_t virt, uint64_t phys,
		     uint64_t bytes, uint64_t alignment)
{
	const uint32_t flags = type == PT_LOAD ? PF_R : 0;

	put(s, 4, type);
	if (s->word == 8)
		put(s, 4, flags);
	put_word(s, off);
	put_word(s, virt);
	put_word(s, phys);
	put_word(s, bytes);
	put_word(s, bytes);
	if (s->word == 4)
		put(s, 4, flags);
	put_word(s, alignment);
}

static void put_loads(struct save *s, uint64_t off)
{
	const bool process = !s->m->nrange[DMV_PHYS];

	for (size_t i = 0; i < s->npart; i++) {
		const struct part *p = &s->part[i];
		const bool virt = p->space == DMV_VIRT;

		put_phdr(s, PT_LOAD, off, virt ? p->start : UINT64_MAX,
			 virt ? process ? 0 : UINT64_MAX : p->start, p->end - p->start,
			 DMV_SAVE_PAGE);
		off += align(p->end - p->start, DMV_SAVE_PAGE);
	}
}

static struct layout layout(const struct save *s, size_t notes)
{
	struct layout l = { .nph = s->npart + 1, .notes = notes };

	l.ehdr = s->word == 8 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	l.shdr = s->word == 8 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	l.phdr = s->word == 8 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	l.notes_at = l.ehdr + (l.nph >= PN_XNUM ? l.shdr : 0) + l.nph * l.phdr;
	l.data = align(l.notes_at + notes, DMV_SAVE_PAGE);
	return l;
}

/* All that stands in front of the data, in memory. */
static enum dmv_code build_head(struct save *s, struct dmv_err *e)
{
	char *notes = NULL;
	size_t n = 0;
	struct layout l;
	bool ok;

	s->f = open_memstream(&notes, &n);
	ok = s->f && put_notes(s);
	ok = s->f && !fclose(s->f) && ok;
	s->f = ok ? open_memstream(&s->head, &s->head_bytes) : NULL;
	if (s->f) {
		l = layout(s, n);
		put_ehdr(s, &l);
		put_phdr(s, PT_NOTE, l.notes_at, 0, 0, n, 4);
		put_loads(s, l.data);
		fwrite(notes, 1, n, s->f);
		for (uint64_t at = l.notes_at + n; at < l.data; at++)
			putc(0, s->f);
		ok = !fclose(s->f);
	}
	free(notes);
	if (!ok || !s->head)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for the headers of the file");
	return DMV_E_OK;
}

/* ---- data ---- */

static bool ends_before(const struct dmv_blank *b, enum dmv_space space, uint64_t at)
{
	return b->space < space || (b->space == space && b->addr + b->n <= at);
}

/* Of the n bytes at `at`, which are in buf. Parts come in the order of the blanks. */
static void blank_piece(struct save *s, enum dmv_space space, uint64_t at, size_t n)
{
	while (s->blanked < s->nblank && ends_before(&s->blank[s->blanked], space, at))
		s->blanked++;
	for (size_t i = s->blanked; i < s->nblank; i++) {
		const struct dmv_blank *b = &s->blank[i];

		if (b->space != space || b->addr >= at + n)
			break;
		for (uint64_t k = 0; k < b->n; k++)
			if (b->addr + k - at < n)
				s->buf[b->addr + k - at] = 0;
	}
}

static enum dmv_code cannot_write(const struct save *s, struct dmv_err *e)
{
	return dmv_fail(e, DMV_E_SYSTEM, "cannot write %s: %s", s->path, strerror(errno));
}

static enum dmv_code write_part(struct save *s, const struct part *p, struct dmv_err *e)
{
	for (uint64_t at = p->start; at < p->end; at += piece_of(at, p->end)) {
		const size_t n = piece_of(at, p->end), whole = align(n, DMV_SAVE_PAGE);

		if (dmv_mem_read(s->m, p->space, at, s->buf, n, e))
			return dmv_prepend(e, "the target changed while it was saved");
		memset(s->buf + n, 0, whole - n);
		blank_piece(s, p->space, at, n);
		if (fwrite(s->buf, 1, whole, s->f) != whole)
			return cannot_write(s, e);
	}
	return DMV_E_OK;
}

static enum dmv_code write_all(struct save *s, struct dmv_err *e)
{
	enum dmv_code code = DMV_E_OK;

	if (fwrite(s->head, 1, s->head_bytes, s->f) != s->head_bytes)
		return cannot_write(s, e);
	for (size_t i = 0; i < s->npart && !code; i++)
		code = write_part(s, &s->part[i], e);
	if (!code && fflush(s->f))
		code = cannot_write(s, e);
	return code;
}

/* Never over a file that is there: it may be the dump. */
static enum dmv_code write_file(struct save *s, struct dmv_saved *ret, struct dmv_err *e)
{
	int fd = open(s->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
	enum dmv_code code;

	if (fd < 0 && errno == EEXIST)
		return dmv_fail(e, DMV_E_SYSTEM, "%s exists: name a new file", s->path);
	s->f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!s->f) {
		code = cannot_write(s, e);
		if (fd >= 0)
			close(fd);
		return code;
	}
	code = write_all(s, e);
	ret->bytes = (uint64_t)ftello(s->f);
	if (fclose(s->f) && !code)
		code = cannot_write(s, e);
	if (code)
		unlink(s->path);
	return code;
}

enum dmv_code dmv_save_elf(struct dmv_mem *m, const struct dmv_record *r,
			   const struct dmv_blank *blank, size_t nblank, const char *path,
			   const struct dmv_save_opts *o, struct dmv_saved *ret, struct dmv_err *e)
{
	struct save *s = calloc(1, sizeof(*s));
	enum dmv_code code;

	if (!s)
		return dmv_fail(e, DMV_E_MEMORY, "no memory to save");
	s->m = m;
	s->blank = blank;
	s->nblank = nblank;
	s->o = o;
	s->path = path;
	s->word = m->bits == 32 ? 4 : 8;
	code = try_pages(s, r, e);
	if (!code)
		code = build_head(s, e);
	if (!code)
		code = write_file(s, ret, e);
	ret->memory = s->memory;
	ret->lost = s->lost;
	free(s->part);
	free(s->head);
	free(s);
	return code;
}
