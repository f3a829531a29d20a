/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Header and sub header of a kdump-compressed file. Their layout is that of the writer's C
 * structures: byte order, width of a long and alignment of 64-bit numbers come from the machine it
 * ran on, and the file does not say which. The header's version, which is small, tells the order;
 * the machine's name, or else the field that looks like a page size, tells the width.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "mem_kdump_int.h"

enum {
	VERSION = 8,
	UTS = 12,
	UTS_FIELD = 65,
	UTS_MACHINE = 4,
	/* struct timeval is aligned to its word; status follows it, then these of 4 bytes each. */
	TIME_32 = 404, STATUS_32 = 412,
	TIME_64 = 408, STATUS_64 = 424,
	BLOCK = 4, SUB = 8, BITMAP = 12, MAX_MAPNR = 16,
	MAX_VERSION = 6,
	MIN_BLOCK = 4096,
};

/* struct kdump_sub_header: 32 bits with 64-bit numbers aligned to 4 (i386) and to 8, 64 bits. */
enum layout { PACKED_32, PADDED_32, WIDE, LAYOUTS };

struct field {
	uint8_t since;                  /* header_version */
	uint8_t off[LAYOUTS], size[LAYOUTS];
};

enum {
	LEVEL, SPLIT, START, END, INFO_OFF, INFO_SIZE, NOTE_OFF, NOTE_SIZE, ERASE_OFF, ERASE_SIZE,
	START_64, END_64, MAX_64, FIELDS
};

static const struct field fields[FIELDS] = {
	[LEVEL] = { 1, { 4, 4, 8 }, { 4, 4, 4 } },
	[SPLIT] = { 2, { 8, 8, 12 }, { 4, 4, 4 } },
	[START] = { 2, { 12, 12, 16 }, { 4, 4, 8 } },
	[END] = { 2, { 16, 16, 24 }, { 4, 4, 8 } },
	[INFO_OFF] = { 3, { 20, 24, 32 }, { 8, 8, 8 } },
	[INFO_SIZE] = { 3, { 28, 32, 40 }, { 4, 4, 8 } },
	[NOTE_OFF] = { 4, { 32, 40, 48 }, { 8, 8, 8 } },
	[NOTE_SIZE] = { 4, { 40, 48, 56 }, { 4, 4, 8 } },
	[ERASE_OFF] = { 5, { 44, 56, 64 }, { 8, 8, 8 } },
	[ERASE_SIZE] = { 5, { 52, 64, 72 }, { 4, 4, 8 } },
	[START_64] = { 6, { 56, 72, 80 }, { 8, 8, 8 } },
	[END_64] = { 6, { 64, 80, 88 }, { 8, 8, 8 } },
	[MAX_64] = { 6, { 72, 88, 96 }, { 8, 8, 8 } },
};

static uint32_t get32(const struct dmv_kdump_head *h, size_t at)
{
	return (uint32_t)dmv_get(h->raw + at, 4, h->be);
}

static size_t status_at(const struct dmv_kdump_head *h)
{
	return h->is64 ? STATUS_64 : STATUS_32;
}

static bool is_block(uint64_t v)
{
	return v >= MIN_BLOCK && v <= DMV_KDUMP_MAX_BLOCK && !(v & (v - 1));
}

uint64_t dmv_kdump_block_at(const struct dmv_kdump_head *h)
{
	return status_at(h) + BLOCK;
}

const char *dmv_kdump_uts(const struct dmv_kdump_head *h, unsigned field, char *buf)
{
	memcpy(buf, h->raw + UTS + field * UTS_FIELD, UTS_FIELD);
	buf[UTS_FIELD] = 0;
	for (char *p = buf; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
			*p = '?';
	return buf;
}

uint64_t dmv_kdump_time(const struct dmv_kdump_head *h)
{
	return h->is64 ? dmv_get(h->raw + TIME_64, 8, h->be) : get32(h, TIME_32);
}

/* A version of 1 to 65535 reads as such in one order only; a damaged one tells nothing, and then a
 * block that can be believed decides. */
static void find_order(struct dmv_kdump_head *h)
{
	uint64_t le = dmv_get(h->raw + VERSION, 4, false);

	h->be = le >= 0x10000 && dmv_get(h->raw + VERSION, 4, true) < 0x10000;
	if (le && (le < 0x10000 || h->be))
		return;
	for (h->be = false;; h->be = true) {
		if (is_block(get32(h, STATUS_64 + BLOCK)) || is_block(get32(h, STATUS_32 + BLOCK)))
			return;
		if (h->be)
			break;
	}
	h->be = false;
}

static void find_width(struct dmv_kdump_head *h)
{
	char name[UTS_FIELD + 1];

	h->machine = dmv_machine_of(dmv_kdump_uts(h, UTS_MACHINE, name));
	if (h->machine) {
		h->is64 = h->machine->bits == 64;
		return;
	}
	/* max_mapnr of a 32-bit writer stands where a 64-bit one has the block, and both may be
	 * powers of two: what follows must make sense, too. */
	h->is64 = is_block(get32(h, STATUS_64 + BLOCK)) && get32(h, STATUS_64 + BITMAP);
	if (!h->is64 && !is_block(get32(h, STATUS_32 + BLOCK)))
		h->is64 = true;
}

enum dmv_code dmv_kdump_head_read(struct dmv_file *f, struct dmv_kdump_head *h, struct dmv_err *e)
{
	static const char signature[8] = "KDUMP   ";
	int errnum;
	size_t got;

	memset(h, 0, sizeof(*h));
	got = dmv_file_read(f, 0, h->raw, sizeof(h->raw), &errnum);
	if (got < sizeof(signature) || memcmp(h->raw, signature, sizeof(signature)))
		return dmv_fail(e, DMV_E_NOTFOUND, "not a kdump-compressed file");
	if (got < sizeof(h->raw))
		return dmv_fail(e, DMV_E_CORRUPT,
				"kdump-compressed file: cut off in the header, 0x%zx of 0x%x bytes "
				"are there", got, DMV_KDUMP_HEAD_BYTES);
	find_order(h);
	find_width(h);
	h->version = get32(h, VERSION);
	h->status = get32(h, status_at(h));
	h->block = get32(h, status_at(h) + BLOCK);
	if (!is_block(h->block))
		h->block = 0;
	h->sub_blocks = get32(h, status_at(h) + SUB);
	h->bitmap_blocks = get32(h, status_at(h) + BITMAP);
	h->max_mapnr = get32(h, status_at(h) + MAX_MAPNR);
	return DMV_E_OK;
}

static enum layout layout_of(const struct dmv_kdump_head *h)
{
	if (h->is64)
		return WIDE;
	return h->machine && h->machine->elf == EM_386 ? PACKED_32 : PADDED_32;
}

struct sub {
	const struct dmv_kdump_head *h;
	size_t n;                       /* bytes that are there: older ones are shorter */
	uint8_t b[104];
};

/* 0 for what the header's version does not have; a damaged version is taken as the last one. */
static uint64_t sub_get(const struct sub *s, unsigned field)
{
	const struct field *x = &fields[field];
	enum layout l = layout_of(s->h);

	if ((s->h->version && s->h->version < x->since) || x->off[l] + x->size[l] > s->n)
		return 0;
	return dmv_get(s->b + x->off[l], x->size[l], s->h->be);
}

void dmv_kdump_sub_read(struct dmv_file *f, struct dmv_kdump_head *h)
{
	struct sub s = { .h = h };
	int errnum;

	if (h->sub_blocks)
		s.n = dmv_file_read(f, h->block, s.b, sizeof(s.b), &errnum);
	h->sub = s.n != 0;
	h->sub_cut = h->sub_blocks && s.n < sizeof(s.b);
	h->level = (uint32_t)sub_get(&s, LEVEL);
	h->split = sub_get(&s, SPLIT) == 1;
	h->first = sub_get(&s, START);
	h->end = sub_get(&s, END);
	if (h->sub && (!h->version || h->version >= MAX_VERSION)) {
		h->first = sub_get(&s, START_64);
		h->end = sub_get(&s, END_64);
		h->max_mapnr = sub_get(&s, MAX_64);
	}
	h->vmcoreinfo = (struct dmv_kdump_span){ sub_get(&s, INFO_OFF), sub_get(&s, INFO_SIZE) };
	h->notes = (struct dmv_kdump_span){ sub_get(&s, NOTE_OFF), sub_get(&s, NOTE_SIZE) };
	h->erased = (struct dmv_kdump_span){ sub_get(&s, ERASE_OFF), sub_get(&s, ERASE_SIZE) };
}
