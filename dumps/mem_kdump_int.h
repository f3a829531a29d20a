/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * kdump-compressed files, as makedumpfile and QEMU write them (diskdump_mod.h, IMPLEMENTATION of
 * makedumpfile). mem_kdump.c is the source; the header, the map of pages, split sets, decompression
 * and the walk over first bytes have a file each.
 *
 *   block 0: header | sub header | bitmap of memory | bitmap of dumped pages | descriptors | pages
 *
 * The n-th set bit of the second bitmap has the n-th descriptor {offset, size, flags}. A block is a
 * page of the machine. A split set is several such files; each says which pages are its own.
 */
#ifndef DMV_MEM_KDUMP_INT_H
#define DMV_MEM_KDUMP_INT_H

#include "mem_int.h"

enum {
	DMV_KDUMP_DESC_BYTES = 24,
	DMV_KDUMP_MAX_BLOCK = 256 << 10,        /* pages of Linux have 4 to 256 KiB */
	DMV_KDUMP_HEAD_BYTES = 464,     /* struct disk_dump_header, the longer of its two layouts */
};

/* Bits of header.status; the compressions also of a descriptor's flags. */
enum {
	DMV_KDUMP_ZLIB = 0x1,
	DMV_KDUMP_LZO = 0x2,
	DMV_KDUMP_SNAPPY = 0x4,
	DMV_KDUMP_INCOMPLETE = 0x8,
	DMV_KDUMP_ZSTD = 0x20,
	DMV_KDUMP_COMPRESSED = 0x27,
};

/* Bytes of the file. */
struct dmv_kdump_span {
	uint64_t off, bytes;
};

/* ---- mem_kdump_head.c ---- */

struct dmv_kdump_head {
	uint8_t raw[DMV_KDUMP_HEAD_BYTES];
	bool is64, be;
	const struct dmv_machine *machine;      /* NULL: a name we do not know */
	uint32_t version, status;
	uint64_t block;                 /* bytes of a page */
	uint64_t sub_blocks, bitmap_blocks;     /* bitmap_blocks: of both bitmaps */
	uint64_t max_mapnr;             /* pages from address 0 to the end of memory */
	bool sub;                       /* there is a sub header: what follows is known */
	bool sub_cut;                   /* not all of it is in the file: 0 is what is missing */
	uint32_t level;                 /* of the dump filter */
	bool split;
	uint64_t first, end;            /* split: pages [first, end) are this file's */
	struct dmv_kdump_span vmcoreinfo, notes, erased;
};

/* NOTFOUND: not such a file. Sizes and offsets are as the file has them, but for block, which is a
 * power of two in reason, or 0 if it is not believable. */
enum dmv_code dmv_kdump_head_read(struct dmv_file *f, struct dmv_kdump_head *h, struct dmv_err *e);
/* The sub header, which needs to know the block. */
void dmv_kdump_sub_read(struct dmv_file *f, struct dmv_kdump_head *h);
/* Field of struct new_utsname in the header, made harmless; index 0 to 5. buf has 66 bytes. */
const char *dmv_kdump_uts(const struct dmv_kdump_head *h, unsigned field, char *buf);
/* Seconds since 1970 when the dump was written. */
uint64_t dmv_kdump_time(const struct dmv_kdump_head *h);
/* File offset of the field block_size, for messages. */
uint64_t dmv_kdump_block_at(const struct dmv_kdump_head *h);

/* ---- mem_kdump_map.c ---- */

/* Which pages one file holds and where their descriptors are. */
struct dmv_kdump_map {
	uint8_t *bit;                   /* second bitmap, none set outside the file's own pages */
	uint64_t nbit;                  /* as far as the file goes; a multiple of 64 */
	uint64_t *before;               /* set bits before each step */
	uint64_t total;                 /* set bits */
	uint64_t whole;                 /* the same with the bits of other parts of the set */
	uint64_t held;                  /* descriptors that are in the file: total, or fewer */
	uint64_t memory, memory_bytes;  /* first bitmap: file offset, bytes */
	uint64_t desc;                  /* file offset of the descriptors */
	uint64_t data;                  /* lowest offset of page data seen, 0: none */
	bool fits;                      /* page data starts where the descriptors end */
	uint64_t bogus;                 /* bits that were cleared because no memory is there */
};

struct dmv_kdump_desc {
	uint64_t off;
	uint32_t size, flags;
};

/* Reads bitmaps for the header's block, sub_blocks and bitmap_blocks. CORRUPT: they cannot be. */
enum dmv_code dmv_kdump_map_read(struct dmv_file *f, const struct dmv_kdump_head *h,
				 struct dmv_kdump_map *m, struct dmv_err *e);
/* If the bitmap does not fit: pages that are in the dump but not in the machine are bits that
 * flipped. They go if the rest then fits. */
enum dmv_code dmv_kdump_map_mend(struct dmv_file *f, const struct dmv_kdump_head *h,
				 struct dmv_kdump_map *m, struct dmv_err *e);
void dmv_kdump_map_deinit(struct dmv_kdump_map *m);
bool dmv_kdump_map_has(const struct dmv_kdump_map *m, uint64_t pfn);
/* Number of the descriptor of a page that is there. */
uint64_t dmv_kdump_map_rank(const struct dmv_kdump_map *m, uint64_t pfn);
/* The first page from pfn on that is (`set`) or is not there; m->nbit: none. */
uint64_t dmv_kdump_map_next(const struct dmv_kdump_map *m, uint64_t pfn, bool set);
/* Is there memory at this page? -1: the bitmap does not reach so far. */
int dmv_kdump_map_memory(struct dmv_file *f, const struct dmv_kdump_map *m, uint64_t pfn);
/* Pages whose bytes are beyond the end of the file; pages whose descriptors were never filled in,
 * because the writer did not come so far. */
struct dmv_kdump_lost {
	uint64_t beyond, unwritten;
};

/* Looks closely only if some of the last pages are lost. */
struct dmv_kdump_lost dmv_kdump_map_lost(struct dmv_file *f, const struct dmv_kdump_map *m,
					 bool be);
void dmv_kdump_desc_get(const uint8_t *p, bool be, struct dmv_kdump_desc *ret);

/* ---- mem_kdump_set.c ---- */

/* One file of a set; a dump in one file is a set of one. */
struct dmv_kdump_part {
	char *path;
	struct dmv_file *f;
	struct dmv_kdump_head h;
	struct dmv_kdump_map map;
	uint64_t first, end;            /* its pages: 0 and UINT64_MAX if it is no part of a set */
	char *mended;                   /* what of the header was replaced; NULL: nothing */
};

struct dmv_kdump_set {
	struct dmv_kdump_part *part;    /* by first page, disjoint */
	size_t npart;
	bool beside;                    /* parts were found that nobody named */
};

/* Opens the file, and the others of its split set: `more`, or what lies beside it. USAGE: they do
 * not belong together; the message says what differs. */
enum dmv_code dmv_kdump_set_open(const char *path, const char *const *more, size_t nmore,
				 struct dmv_kdump_set *set, struct dmv_err *e);
void dmv_kdump_set_close(struct dmv_kdump_set *set);
/* NULL: no part of the set has this page. */
struct dmv_kdump_part *dmv_kdump_part_of(const struct dmv_kdump_set *set, uint64_t pfn);

/* ---- mem_kdump_unpack.c: one file a library ---- */

/* Decompresses pages of one kind. Contexts are for one thread at a time. */
struct dmv_unpacker {
	uint32_t flag;
	const char *name;
	void *(*new)(void);             /* NULL: no memory */
	void (*free)(void *ctx);
	/* The whole page: exactly n bytes come out of it. */
	bool (*page)(void *ctx, const uint8_t *from, size_t nfrom, uint8_t *to, size_t n);
	/* At least its first n bytes; `to` has room for the `page` bytes of a whole one, and more
	 * than n may be written. What follows may be damaged without a word. */
	bool (*head)(void *ctx, const uint8_t *from, size_t nfrom, uint8_t *to, size_t page,
		     size_t n);
};

/* The first n bytes of a page on their way, of a format that has runs of bytes which stand for
 * themselves, and copies of bytes before. */
struct dmv_first {
	const uint8_t *from;
	size_t nfrom, at;               /* at: read so far */
	uint8_t *to;
	size_t n, done;
};

/* The next byte; false: there is none. */
bool dmv_first_byte(struct dmv_first *f, size_t *ret);
/* Each writes what of it there is room for. False: the page is damaged. */
bool dmv_first_run(struct dmv_first *f, size_t bytes);
bool dmv_first_copy(struct dmv_first *f, size_t distance, size_t bytes);

extern const struct dmv_unpacker dmv_unpack_zlib, dmv_unpack_lzo, dmv_unpack_snappy,
	dmv_unpack_zstd;

enum { DMV_UNPACKERS = 4 };

struct dmv_unpack {
	void *ctx[DMV_UNPACKERS];       /* made when first needed */
};

enum dmv_unpacked { DMV_UNPACK_OK, DMV_UNPACK_DAMAGED, DMV_UNPACK_NOT_BUILT, DMV_UNPACK_MEMORY };

/* `flag` is one bit of DMV_KDUMP_COMPRESSED. */
enum dmv_unpacked dmv_unpack_page(struct dmv_unpack *u, uint32_t flag, const uint8_t *from,
				  size_t nfrom, uint8_t *to, size_t n);
enum dmv_unpacked dmv_unpack_head(struct dmv_unpack *u, uint32_t flag, const uint8_t *from,
				  size_t nfrom, uint8_t *to, size_t page, size_t n);
void dmv_unpack_deinit(struct dmv_unpack *u);
const char *dmv_unpack_name(uint32_t flag);     /* "zlib"; "an unknown method" */
bool dmv_unpack_built(uint32_t flag);

/* ---- mem_kdump_heads.c ---- */

/* The first n bytes of each step bytes of the set's pages, DMV_KDUMP_HEADS of a page at most; see
 * dmv_mem_walk_heads. m is told how far it has come. Adds to *missed. */
enum { DMV_KDUMP_HEADS = 4096 };

enum dmv_code dmv_kdump_heads(const struct dmv_mem *m, struct dmv_kdump_set *set, size_t step,
			      size_t n, dmv_mem_heads_fn *fn, void *ctx, uint64_t *missed,
			      struct dmv_err *e);

#endif
