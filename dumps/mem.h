/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Memory of a target: a dump, a process, a raw file. One mem_*.c a format; each has an opener that
 * says "mine", "not mine" (DMV_E_NOTFOUND) or "mine but broken because ..." (any other code).
 * Sources are read-only and never trust the file: missing bytes are an error, never zeros.
 */
#ifndef DMV_MEM_H
#define DMV_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum dmv_space { DMV_VIRT, DMV_PHYS };

const char *dmv_space_name(enum dmv_space s);   /* "virtual", "physical" */

/* Bytes [start, end) that the target holds, in one space. */
struct dmv_range {
	uint64_t start, end;
};

/* A file mapped into a process, as its core tells (NT_FILE) or /proc/PID/maps does. */
struct dmv_mapped {
	uint64_t start, end;
	uint64_t offset;                /* of `start` in the file, bytes */
	const char *path;
};

/* A line that `target` shows as it is: "build", "19041". */
struct dmv_dump_line {
	const char *key, *value;
};

/* An image that the dump lists as loaded, without a build-id. The first is the kernel. */
struct dmv_dump_image {
	const char *name;
	uint64_t base, bytes;
};

/* What a dump says of the machine that died, whether it holds a region or not. */
struct dmv_dump_info {
	bool has_bugcheck;
	uint32_t bug_code;              /* as it stands there: may carry 0x10000000 */
	uint64_t bug_p[4];
	const struct dmv_dump_line *line;
	size_t nline;
	const struct dmv_dump_image *image;
	size_t nimage;
	uint64_t stack, stack_bytes;    /* of the thread that died, virtual; 0 bytes: not known */
};

/* Control registers of a processor at the time of the dump, x86. */
struct dmv_cpu {
	uint64_t cr[5];
};

/* How far a long piece of work has come. */
struct dmv_step {
	const char *what;               /* "scan", "check"; the same for all of one work */
	bool bytes;                     /* counted in bytes, else in objects */
	uint64_t done, total;
};

/* Told of it: often, in the thread that called for the work. The last step of a work that was ended
 * may not come. */
struct dmv_progress {
	void (*fn)(void *ctx, const struct dmv_step *s);
	void *ctx;
};

struct dmv_mem;
struct dmv_pagewalk;
struct dmv_kernel_kept;
struct dmv_record;

/* Sees the first bytes of a block at addr; borrowed. Other than OK ends the walk with that code. */
typedef enum dmv_code dmv_mem_heads_fn(void *ctx, uint64_t addr, const uint8_t *head);

struct dmv_mem_ops {
	const char *format;             /* "ELF process core", "kdump-compressed (libkdumpfile)" */
	/* All n bytes, or an error with the first address that is not there. */
	enum dmv_code (*read)(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			      size_t n, struct dmv_err *e);
	void (*close)(struct dmv_mem *m);
	/* Optional: the first address in [addr, end) that may hold anything but zeros, as far as
	 * the source knows without reading (holes of a sparse file); `end`: none does. */
	uint64_t (*skip_zeros)(struct dmv_mem *m, enum dmv_space s, uint64_t addr, uint64_t end);
	/* Optional: dmv_mem_walk_heads where bytes that nobody asks for cost something. Adds to
	 * *missed. */
	enum dmv_code (*walk_heads)(struct dmv_mem *m, enum dmv_space s, size_t step, size_t n,
				    dmv_mem_heads_fn *fn, void *ctx, uint64_t *missed,
				    struct dmv_err *e);
};

/* Base of every source; a source puts it first in its own struct and fills it when it opens.
 * Arrays are owned by the source; ranges are sorted by start and do not overlap. */
struct dmv_mem {
	const struct dmv_mem_ops *ops;
	char *name;                     /* as the user gave it */
	bool live;                      /* memory may change while it is read */
	bool slow;                      /* nobody wants to wait until all of it is read: not
					 * searched until the host takes this back */
	bool translates; /* the source reads virtual addresses though it cannot list them */
	bool linux_kernel; /* the dump comes with VMCOREINFO: scan only when asked */
	uint32_t machine;               /* ELF e_machine, 0 unknown */
	uint8_t bits, big_endian;       /* 32 or 64; both 0 and false if unknown */
	const struct dmv_range *range[2];       /* index enum dmv_space */
	size_t nrange[2];
	bool unlisted[2];               /* ranges say where to look, not what there is */
	const struct dmv_mapped *mapped;
	size_t nmapped;
	char *executable; /* path of the program a process core came from; may be NULL */
	char *vmcoreinfo;               /* text, NUL-terminated; may be NULL */
	const char *const *note;        /* what was odd or missing about the file, for `target` */
	size_t nnote;
	const struct dmv_dump_info *info; /* the source's own; NULL: the format tells nothing */
	/* Virtual addresses by page tables; owned. NULL: as the source itself has them. Where both
	 * know an address of the kernel's half the tables are right (p_vaddr of some dumpers is
	 * not); nrange says only what the source has. */
	struct dmv_pagewalk *walk;
	const struct dmv_cpu *cpu;      /* the source's own */
	size_t ncpu;
	struct dmv_kernel_kept *kernel; /* mem_kernel.c's; owned */
	struct dmv_record *record;      /* save.c's, while it reads: told of what is read */
	/* Bytes of memory that the file promises and, cut off, does not hold: they are in no range,
	 * and whoever searches the target has not seen them. */
	uint64_t lost;
	bool notes_cut; /* of a process core: what they would tell is not all here */
	bool saved;                     /* a file of dmv_save's: small, so it is always scanned */
	const struct dmv_progress *progress;    /* the host's; NULL: it does not want to know */
	const bool *stop;               /* true ends a walk in a hole, too; NULL: nothing does */
};

struct dmv_mem_opts {
	bool have_base;
	uint64_t base;                  /* raw files: address of the first byte, in both spaces */
	const char *const *more;        /* further files of a split set; others are refused */
	size_t nmore;
	bool zero_excluded;             /* what a dump filter left out reads as zeros */
	bool hold;                      /* gdb: what is served stays stopped on close */
	const bool *stop;               /* gdb: true ends a wait; NULL, or outlives the target */
};

/* Opens TARGET: a path, "pid:N", "kcore", or "gdb:HOST:PORT". NOTFOUND: no format recognised it;
 * the message lists what was tried. */
enum dmv_code dmv_mem_open(const char *target, const struct dmv_mem_opts *o, struct dmv_mem **ret,
			   struct dmv_err *e);
void dmv_mem_close(struct dmv_mem *m);          /* NULL allowed */

enum dmv_code dmv_mem_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf, size_t n,
			   struct dmv_err *e);

/* Can anything be read in this space? Virtual addresses may be the page tables' alone: then there
 * are no ranges of them. */
bool dmv_mem_has(struct dmv_mem *m, enum dmv_space s);
/* Physical address of virt by page tables; *bytes from there are in the same page. NOTFOUND: not
 * mapped, or there are no tables for it. */
enum dmv_code dmv_mem_translate(struct dmv_mem *m, uint64_t virt, uint64_t *phys, uint64_t *bytes,
				struct dmv_err *e);

/* Tells the host, if it wants to know. */
void dmv_mem_step(const struct dmv_mem *m, const struct dmv_step *s);

/* Index of the first range that ends behind addr; nrange: none does. */
size_t dmv_range_after(const struct dmv_mem *m, enum dmv_space s, uint64_t addr);

/* Walks the target's bytes in address order in large pieces and calls fn for each; buf is borrowed.
 * Pieces start at page boundaries where the range does. Holes and unreadable bytes are skipped and
 * their total returned in *missed; what the source knows to be zero without reading it is skipped
 * too and not counted. fn returning other than OK ends the walk with that code. */
typedef enum dmv_code dmv_mem_walk_fn(void *ctx, uint64_t addr, const uint8_t *buf, size_t n);
enum dmv_code dmv_mem_walk(struct dmv_mem *m, enum dmv_space s, dmv_mem_walk_fn *fn, void *ctx,
			   uint64_t *missed, struct dmv_err *e);

/* The same for who looks at the first n bytes of each block only: fn is called in address order for
 * every address that is a multiple of step (a power of two, 4096 at most) and has n bytes (step at
 * most) behind it. A source that has to decompress pages does no more of it than that, with as many
 * threads as there are processors; fn always runs in the caller's. */
enum dmv_code dmv_mem_walk_heads(struct dmv_mem *m, enum dmv_space s, size_t step, size_t n,
				 dmv_mem_heads_fn *fn, void *ctx, uint64_t *missed,
				 struct dmv_err *e);

#endif
