/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Private to dumps/mem_windmp*.c: a Windows crash dump. All of them begin with the same header
 * (mem_windmp.c, mem_windmp_header.c); where the memory is differs, one file a layout.
 * Everything is little-endian.
 */
#ifndef DMV_MEM_WINDMP_INT_H
#define DMV_MEM_WINDMP_INT_H

#include "mem_int.h"

enum {
	DMV_WIN_PAGE = 4096,
	DMV_WIN_HEADER64 = 0x2000,
	DMV_WIN_HEADER32 = 0x1000,
};

/* What a field holds that its writer left alone: "PAGE" over and over. */
#define DMV_WIN_UNUSED32 0x45474150u

struct dmv_windmp {
	struct dmv_mem m;
	struct dmv_file *f;
	uint8_t header[DMV_WIN_HEADER64];       /* what the file lacks of it reads as unused */
	bool is64;
	uint64_t header_bytes;
	uint32_t type;
	struct dmv_dump_info info;
	struct dmv_dump_image *image;

	/* Memory, while it is read in: pieces in file order, which may overlap. */
	struct dmv_piece *seg;
	size_t nseg;
	/* The same, that lies beyond the end of the file; as many as are worth remembering. */
	struct dmv_piece *cut;
	size_t ncut;
	uint64_t cut_bytes;
	bool cut_more;                  /* there are more than `cut` has */

	enum dmv_space space;           /* of the pieces */
	struct dmv_piece *piece;        /* sorted, disjoint, within the file */
	size_t npiece;
	const char *absent;             /* "is in no memory run of the dump": of an address */
};

/* Little-endian number at p. */
static inline uint64_t dmv_win_get(const uint8_t *p, unsigned bytes)
{
	return dmv_get(p, bytes, false);
}

/* True if every 32-bit word of the field is unused filling. */
bool dmv_win_unused(const uint8_t *p, size_t bytes);

/* name is copied. */
void dmv_win_image(struct dmv_windmp *w, const char *name, uint64_t base, uint64_t bytes);

enum {
	DMV_WIN_NAME_CHARS = 260,       /* MAX_PATH */
	/* A unit of UTF-16 takes three bytes at most, a pair of them four; and the end. */
	DMV_WIN_NAME_BYTES = 3 * DMV_WIN_NAME_CHARS + 1,
};
/* n units of UTF-16 as a string of at most 3 n bytes and its end; half a pair becomes U+FFFD. */
void dmv_win_utf8(const uint8_t *from, size_t n, char *to);

/* Addresses [start, start + bytes) stand at file offset off. What of them lies beyond the end of
 * the file is remembered as cut off. CORRUPT: no such addresses or offsets can be. */
enum dmv_code dmv_win_add(struct dmv_windmp *w, uint64_t start, uint64_t bytes, uint64_t off,
			  struct dmv_err *e);
/* The same by frame number. */
enum dmv_code dmv_win_add_pages(struct dmv_windmp *w, uint64_t pfn, uint64_t n, uint64_t off,
				struct dmv_err *e);

/* The header's fields as lines of `target`; the bugcheck; machine and paging of w->m. */
void dmv_win_header(struct dmv_windmp *w);
/* Virtual address of PsLoadedModuleList, and the stack pointer; 0: the header has none. */
uint64_t dmv_win_modules_head(const struct dmv_windmp *w);
uint64_t dmv_win_stack(const struct dmv_windmp *w);
/* Do the first two links of that list fit together, through the page tables? */
bool dmv_win_modules_there(struct dmv_windmp *w);
/* The modules that the machine's own list has, by the page tables. What is missing is a note. */
void dmv_win_modules(struct dmv_windmp *w);
/* Directory table base, all ones if the header has none. */
uint64_t dmv_win_root(const struct dmv_windmp *w);
bool dmv_win_pae(const struct dmv_windmp *w);

/* Each fills w->seg, w->cut and w->absent from its tables. Damage that leaves something to read is
 * a note. */
typedef enum dmv_code dmv_win_reader(struct dmv_windmp *w, struct dmv_err *e);
dmv_win_reader dmv_win_runs, dmv_win_bitmap, dmv_win_rdmp, dmv_win_triage;

#endif
