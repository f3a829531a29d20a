/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Notes of an ELF core: whose memory it is, which files were mapped, what the kernel says of
 * itself. Nothing here is believed: every length is held against the segment and a limit of its
 * own.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "save_int.h"

#ifndef NT_FILE
#define NT_FILE 0x46494c45
#endif

enum {
	NOTE_HEADER = 12,
	MAX_NOTES = 1 << 20, /* a thread has half a dozen; zeroed padding must not hold us up */
	MAX_NAME = 32,                  /* longer ones are nobody's we know */
	MAX_DESC = 16 << 20,
};

struct note {
	uint32_t type;
	uint32_t desc_bytes;
	uint64_t desc_off;
	char name[MAX_NAME];
};

struct reader {
	struct dmv_elf_notes *n;
	struct dmv_file *f;
	unsigned word;                  /* 4 or 8 */
	bool be;
};

/* Tables of a kernel are read by it, a number at a time: the usual sizes without a loop. */
uint64_t dmv_get(const uint8_t *p, unsigned bytes, bool big_endian)
{
	const bool swap = big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	uint64_t v8 = 0;
	uint32_t v4;
	uint16_t v2;

	switch (bytes) {
	case 8:
		memcpy(&v8, p, sizeof(v8));
		return swap ? __builtin_bswap64(v8) : v8;
	case 4:
		memcpy(&v4, p, sizeof(v4));
		return swap ? __builtin_bswap32(v4) : v4;
	case 2:
		memcpy(&v2, p, sizeof(v2));
		return swap ? __builtin_bswap16(v2) : v2;
	}
	for (unsigned i = 0; i < bytes; i++)
		v8 = v8 << 8 | p[big_endian ? i : bytes - 1 - i];
	return v8;
}

/* The whole description with a NUL behind it, from malloc; NULL: not there, or too large. */
static uint8_t *desc(struct reader *r, const struct note *note)
{
	uint8_t *p;
	int errnum;

	if (note->desc_bytes > MAX_DESC) {
		r->n->cut = true;
		return NULL;
	}
	p = malloc((size_t)note->desc_bytes + 1);
	if (!p)
		return NULL;
	if (dmv_file_read(r->f, note->desc_off, p, note->desc_bytes, &errnum) != note->desc_bytes) {
		r->n->cut = true;
		free(p);
		return NULL;
	}
	p[note->desc_bytes] = 0;
	return p;
}

static void read_vmcoreinfo(struct reader *r, const struct note *note)
{
	r->n->machine = true;
	if (r->n->vmcoreinfo)
		return;
	r->n->vmcoreinfo = (char *)desc(r, note);
	if (r->n->vmcoreinfo)
		r->n->vmcoreinfo_bytes = note->desc_bytes;
}

static void read_auxv(struct reader *r, const struct note *note)
{
	uint8_t *p = desc(r, note);
	size_t pair = 2 * (size_t)r->word;

	r->n->process = true;
	for (size_t i = 0; p && i + pair <= note->desc_bytes; i += pair) {
		uint64_t val = dmv_get(p + i + r->word, r->word, r->be);

		switch (dmv_get(p + i, r->word, r->be)) {
		case AT_ENTRY:
			r->n->entry = val;
			break;
		case AT_PHDR:
			r->n->phdr = val;
			break;
		case AT_EXECFN:
			r->n->execfn = val;
			break;
		}
	}
	free(p);
}

/* On every architecture the structure ends in pr_pid and three more numbers, 16 bytes of name and
 * 80 of pr_psargs, behind which the kernel leaves a blank. */
static void read_prpsinfo(struct reader *r, const struct note *note)
{
	enum { ARGS = 80, PID = 112 };
	uint8_t *p = desc(r, note);
	size_t n;

	r->n->process = true;
	if (p && note->desc_bytes >= ARGS)
		memcpy(r->n->args, p + note->desc_bytes - ARGS, ARGS);
	if (p && note->desc_bytes >= PID)
		r->n->pid = (uint32_t)dmv_get(p + note->desc_bytes - PID, 4, r->be);
	for (n = strlen(r->n->args); n && r->n->args[n - 1] == ' '; n--)
		r->n->args[n - 1] = 0;
	free(p);
}

/* Of the thread that died, which is the first: three numbers of its signal and pr_cursig, then two
 * words of signal masks and its id. */
static void read_prstatus(struct reader *r, const struct note *note)
{
	const size_t at = 16 + 2 * (size_t)r->word;
	uint8_t *p;

	if (r->n->status)
		return;
	r->n->status = true;
	p = desc(r, note);
	if (p && note->desc_bytes >= at + 4) {
		r->n->signal = (uint32_t)dmv_get(p + 12, 2, r->be);
		r->n->thread = (uint32_t)dmv_get(p + at, 4, r->be);
	}
	free(p);
}

/* count, page size, count times {start, end, offset in pages}, then count strings. */
static void take_files(struct reader *r, uint8_t *p, size_t n)
{
	size_t w = r->word, row = 3 * w;
	uint64_t count, page;
	char *path, *end = (char *)p + n;

	if (n < 2 * w)
		return;
	count = dmv_get(p, r->word, r->be);
	page = dmv_get(p + w, r->word, r->be);
	if (count > (n - 2 * w) / row) {
		r->n->cut = true;
		return;
	}
	r->n->mapped = calloc((size_t)count + 1, sizeof(*r->n->mapped));
	if (!r->n->mapped)
		return;
	path = (char *)p + 2 * w + (size_t)count * row;
	for (size_t i = 0; i < count && path < end; i++) {
		const uint8_t *q = p + 2 * w + i * row;
		struct dmv_mapped *m = &r->n->mapped[r->n->nmapped++];

		m->start = dmv_get(q, r->word, r->be);
		m->end = dmv_get(q + w, r->word, r->be);
		m->offset = dmv_get(q + 2 * w, r->word, r->be) * page;
		m->path = path;
		path += strlen(path) + 1;
		dmv_path_deleted((char *)m->path);
	}
	if (r->n->nmapped < count)
		r->n->cut = true;
}

static void read_files(struct reader *r, const struct note *note)
{
	r->n->process = true;
	if (r->n->paths)
		return;
	r->n->paths = (char *)desc(r, note);
	if (r->n->paths)
		take_files(r, (uint8_t *)r->n->paths, note->desc_bytes);
}

static void read_machine(struct reader *r, const struct note *note)
{
	(void)note;
	r->n->machine = true;
}

/*
 * QEMUCPUState of target/i386/arch_dump.c, of version 1: two words, 18 registers, ten segments of
 * 24 bytes, CR0 to CR4; the same for 32 and 64 bits. Other machines' notes are not this long.
 */
static void read_qemu(struct reader *r, const struct note *note)
{
	enum { CR = 8 + 18 * 8 + 10 * 24, LEAST = CR + 5 * 8, MAX_CPUS = 8192 };
	uint8_t *p;

	read_machine(r, note);
	r->n->qemu = true;
	if (note->desc_bytes < LEAST || r->n->ncpu >= MAX_CPUS)
		return;
	p = desc(r, note);
	if (p && dmv_get(p, 4, r->be) == 1 &&
	    dmv_grow(&r->n->cpu, r->n->ncpu, sizeof(*r->n->cpu))) {
		struct dmv_cpu *c = &r->n->cpu[r->n->ncpu++];

		for (unsigned i = 0; i < 5; i++)
			c->cr[i] = dmv_get(p + CR + 8 * i, 8, r->be);
	}
	free(p);
}

static void read_saved(struct reader *r, const struct note *note)
{
	if (r->n->is_saved)
		return;
	r->n->is_saved = true;
	dmv_saved_info_take(&r->n->saved, (char *)desc(r, note));
}

static const struct kind {
	const char *name;
	bool any_type;
	uint32_t type;
	void (*read)(struct reader *r, const struct note *note);
} kinds[] = {
	{ "CORE", false, NT_PRSTATUS, read_prstatus },
	{ "CORE", false, NT_PRPSINFO, read_prpsinfo },
	{ "CORE", false, NT_AUXV, read_auxv },
	{ "CORE", false, NT_FILE, read_files },
	{ "VMCOREINFO", true, 0, read_vmcoreinfo },
	{ "QEMU", true, 0, read_qemu },
	{ "Xen", true, 0, read_machine },
	{ "XEN CORE", true, 0, read_machine },
	{ DMV_SAVE_NOTE, true, 0, read_saved },
};

static void take(struct reader *r, const struct note *note)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(note->name, kinds[i].name) &&
		    (kinds[i].any_type || note->type == kinds[i].type))
			kinds[i].read(r, note);
}

/* Fills *note from the header at off and returns where the next one starts; 0: no further. */
static uint64_t next(struct reader *r, uint64_t off, uint64_t end, struct note *note)
{
	uint8_t h[NOTE_HEADER];
	uint64_t name, padded, size;
	int errnum;

	if (end - off < NOTE_HEADER || dmv_file_read(r->f, off, h, sizeof(h), &errnum) != sizeof(h))
		return 0;
	name = dmv_get(h, 4, r->be);
	note->desc_bytes = (uint32_t)dmv_get(h + 4, 4, r->be);
	note->type = (uint32_t)dmv_get(h + 8, 4, r->be);
	padded = (name + 3) & ~(uint64_t)3;
	size = NOTE_HEADER + padded + note->desc_bytes;
	if (size > end - off)
		return 0;
	memset(note->name, 0, sizeof(note->name));
	if (name < MAX_NAME &&
	    dmv_file_read(r->f, off + NOTE_HEADER, note->name, (size_t)name, &errnum) != name)
		return 0;
	note->desc_off = off + NOTE_HEADER + padded;
	off += (size + 3) & ~(uint64_t)3;
	return off < end ? off : end;
}

void dmv_elf_notes_read(struct dmv_elf_notes *n, struct dmv_file *f, uint64_t off, uint64_t size,
			bool is64, bool big_endian)
{
	struct reader r = { .n = n, .f = f, .word = is64 ? 8 : 4, .be = big_endian };
	uint64_t file = dmv_file_size(f), end;

	if (off > file)
		off = file;
	if (size > file - off) {
		n->cut = true;
		size = file - off;
	}
	end = off + size;
	for (unsigned i = 0; off < end; i++) {
		struct note note;

		off = i < MAX_NOTES ? next(&r, off, end, &note) : 0;
		if (!off) {
			n->cut = true;
			break;
		}
		take(&r, &note);
	}
}

void dmv_elf_notes_deinit(struct dmv_elf_notes *n)
{
	dmv_saved_info_deinit(&n->saved);
	free(n->vmcoreinfo);
	free(n->cpu);
	free(n->mapped);
	free(n->paths);
}
