/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Shared by the files that read a region: facts_find.c (where it is), facts_region.c (opening one,
 * with a header of its own), facts_table.c (checked windows of rows), facts_rows.c (rows into
 * facts, with a header of its own), facts_verify.c (bytes against guards and shadows, with a
 * header of its own), facts_util.c (arrays, text, notes).
 *
 * Everything a target says is hostile. A number that selects bytes is checked once, in
 * facts_header.c or facts_dir.c, and what it selects becomes a window; what follows walks windows
 * only.
 */
#ifndef DMV_FACTS_INT_H
#define DMV_FACTS_INT_H

#include <string.h>

#include "dmv_abi.h"
#include "facts.h"

/* ---- facts_util.c ---- */

/* Room for one more, zeroed; NULL: no memory. Arrays grow in powers of two, so no capacity is kept.
 * `array` is the address of the pointer. */
void *dmv_push(void *array, size_t *n, size_t size);
#define DMV_PUSH(array, n) dmv_push(&(array), &(n), sizeof(*(array)))

void *dmv_arena(struct dmv_facts *f, size_t n);                 /* 8-byte aligned, not zeroed */
const char *dmv_arena_text(struct dmv_facts *f, const char *s, size_t n);

void dmv_hex(char *ret, const uint8_t *p, size_t n);    /* 2 * n digits, terminated */

/* Says once, for the user, what could not be read or believed. `topic`: which answers lack it, 0
 * for none. There is a limit on their number. */
void dmv_note_add(struct dmv_facts *f, uint32_t topic, uint64_t addr, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* facts_sites.c: names the frame s->first. n: NULL is none. */
void dmv_stack_name(struct dmv_facts *f, struct dmv_names *n, struct dmv_stack *s);

/* Bytes of [addr, addr + n) that the target holds; *missing: first one that it does not. */
uint64_t dmv_held(const struct dmv_mem *m, enum dmv_space s, uint64_t addr, uint64_t n,
		  uint64_t *missing);

/* ---- a header that was found ---- */

struct dmv_hit {
	enum dmv_space space;
	uint64_t addr;
	enum dmv_how how;
	bool ended;                     /* a tombstone */
	bool freed;                     /* its memory is free: the writer was killed */
	uint8_t header[DMV_ABI_PAGE];
};

#define DMV_HITS_MAX 64

/* facts_free.c: marks the hits whose pages a Linux kernel has freed, and puts them last. */
void dmv_hits_freed(struct dmv_mem *m, struct dmv_names *n, struct dmv_facts *f,
		    struct dmv_hit *hit, size_t nhit);

/* Collects all headers that count, most trusted first. *ret is malloc'd. None: NOTFOUND. */
enum dmv_code dmv_find(struct dmv_mem *m, struct dmv_names *n, const struct dmv_facts_opts *o,
		       struct dmv_facts *f, struct dmv_hit **ret, size_t *nret, struct dmv_err *e);

/* ---- a region while it is read ---- */

struct dmv_seg {
	uint32_t number;
	uint64_t virt, phys, bytes;
	enum dmv_space space;           /* how it is read */
	uint64_t addr;
	uint32_t order; /* place in the directory: of two that clash the later goes */
	bool bad;
};

struct dmv_ext {
	uint32_t order;
	uint32_t kind, stride, row0, rows, cpu;
	uint32_t seg;                   /* index */
	uint64_t offset;
	bool bad;
};

/* Rows of one extent that the target holds without a gap. */
struct dmv_win {
	uint32_t row0, rows, stride, cpu;
	enum dmv_space space;
	uint64_t addr;                  /* of row0 */
	uint64_t record;                /* the same as the writer calls it: virtual if known */
	size_t slot;                    /* of row0 */
};

/* What became of a row. */
enum { DMV_SLOT_UNREAD = 0, DMV_SLOT_FREE = 1, DMV_SLOT_FACT = 2 };
struct dmv_slot {
	uint32_t what;                  /* DMV_SLOT_FACT + index in the facts' array */
	uint32_t gen;
};

struct dmv_table {
	struct dmv_win *win;            /* by row0 (events: by cpu, then row0) */
	size_t nwin;
	struct dmv_slot *slot;
	size_t slots;
	uint32_t stride;
	uint64_t rows;                  /* the directory speaks of, there or not */
};

struct dmv_reading {
	struct dmv_mem *m;
	struct dmv_names *names;
	struct dmv_facts *f;
	const bool *stop;
	struct dmv_err *e;

	enum dmv_space space;
	uint64_t addr;
	enum dmv_how how;
	bool ended, freed;
	bool swap;                      /* the writer's byte order is not ours */
	bool both;                      /* the target's other space shows the same memory */
	uint8_t header[DMV_ABI_PAGE];
	uint32_t index;                 /* of its dmv_region_fact */
	uint32_t page_bytes;
	uint64_t top;                   /* where the writer's address space ends */

	struct dmv_seg *seg;            /* by number; [0] from the header */
	size_t nseg;
	struct dmv_ext *ext;
	size_t next;
	struct dmv_ext *dir;            /* directory pages, as extents of one row */
	size_t ndir;
	struct dmv_table tab[DMV_ABI_K_COUNT];
	struct dmv_pending *pending;    /* facts_rows_int.h: what must wait for other tables */
};

/* Checks header and directory. On failure nothing is kept. */
enum dmv_code dmv_reading_open(struct dmv_reading *r, const struct dmv_hit *h);
void dmv_reading_close(struct dmv_reading *r);

/* facts_overlap.c: do two regions lie in the same bytes? Then the less trusted one is a lie, or
 * both are. False: no memory to find out. */
bool dmv_regions_share(const struct dmv_reading *a, const struct dmv_reading *b, bool *ret);
/* Is b's header in a segment of a? */
bool dmv_region_covers(const struct dmv_reading *a, const struct dmv_reading *b);

/* ---- facts_table.c ---- */

/* Cuts the good extents into windows. */
enum dmv_code dmv_reading_windows(struct dmv_reading *r);

/* Slot of a row, NULL if it was not read. */
struct dmv_slot *dmv_slot(const struct dmv_reading *r, uint32_t kind, uint32_t row);

struct dmv_at {                         /* which row it is */
	uint32_t row, cpu, stride;
	enum dmv_space space;
	uint64_t addr, record;          /* as in struct dmv_win, of this row */
	bool torn;                      /* live target: never the same twice */
	struct dmv_slot *slot;          /* never NULL */
};

/* Calls fn for each row of a table that can be read. `row` has at least `bytes` bytes (at most
 * DMV_ROW_MAX): what the stride lacks is taken from `absent`. */
#define DMV_ROW_MAX 512
#define DMV_STRIDE_MAX 65536u           /* a longer row is no row */
typedef enum dmv_code dmv_row_fn(struct dmv_reading *r, const uint8_t *row,
				 const struct dmv_at *at);
enum dmv_code dmv_rows_each(struct dmv_reading *r, uint32_t kind, const uint8_t *absent,
			    size_t bytes, dmv_row_fn *fn);

/* facts_rows.c: all tables of one region into facts. */
enum dmv_code dmv_rows_decode(struct dmv_reading *r);

/* A note of a region. What a writer that is gone left behind is no answer that anybody lacks. */
#define DMV_NOTE(r, topic, at, fmt, ...) \
	dmv_note_add((r)->f, (r)->ended || (r)->freed ? 0 : (topic), at, "region at 0x%llx: " fmt, \
		     (unsigned long long)(r)->addr, __VA_ARGS__)

/* facts_images.c: tells `n` of the files mapped into a process, and of its program's symbols. */
void dmv_images_of_process(struct dmv_mem *m, struct dmv_names *n, struct dmv_facts *f);

/* "directory 0 entry 5" */
#define DMV_ENTRY_FMT "directory %u entry %u"
#define DMV_ENTRY_ARGS(order) ((order) >> 8), ((order) & 0xFF)

/* ---- the writer's byte order ---- */

static inline uint16_t dmv_r16(const struct dmv_reading *r, const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return r->swap ? __builtin_bswap16(v) : v;
}

static inline uint32_t dmv_r32(const struct dmv_reading *r, const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return r->swap ? __builtin_bswap32(v) : v;
}

static inline uint64_t dmv_r64(const struct dmv_reading *r, const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return r->swap ? __builtin_bswap64(v) : v;
}

#define DMV_U16(r, p, type, field) dmv_r16(r, (p) + offsetof(struct type, field))
#define DMV_U32(r, p, type, field) dmv_r32(r, (p) + offsetof(struct type, field))
#define DMV_U64(r, p, type, field) dmv_r64(r, (p) + offsetof(struct type, field))

#endif
