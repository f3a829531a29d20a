/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Private to dumps/mem*.c: the openers, the file they read from, and the parts of struct dmv_mem
 * that every source builds alike.
 */
#ifndef DMV_MEM_INT_H
#define DMV_MEM_INT_H

#include "mem.h"

/* Says "mine" (OK), "not mine" (NOTFOUND) or "mine but broken because ..." (anything else). */
typedef enum dmv_code dmv_mem_opener(const char *target, const struct dmv_mem_opts *o,
				     struct dmv_mem **ret, struct dmv_err *e);

dmv_mem_opener dmv_mem_open_pid, dmv_mem_open_raw, dmv_mem_open_elf, dmv_mem_open_kdumpfile;
dmv_mem_opener dmv_mem_open_kdump, dmv_mem_open_windmp, dmv_mem_open_rawdmp;
dmv_mem_opener dmv_mem_open_gdb, dmv_mem_open_kcore;

/* /proc/kcore: an ELF core whose bytes change. */
enum dmv_code dmv_elf_open_live(const char *path, struct dmv_mem **ret, struct dmv_err *e);

/* A regular file or block device, read by pread with a small cache: never mapped, because a file
 * that shrinks under a mapping kills the reader. */
struct dmv_file;

enum dmv_code dmv_file_open(const char *path, struct dmv_file **ret, struct dmv_err *e);
void dmv_file_close(struct dmv_file *f);        /* NULL allowed */
uint64_t dmv_file_size(const struct dmv_file *f);
/* Bytes that are there: less than the size if a view has gaps, which may be as large as its file
 * claims. What is allocated or walked goes by this. */
uint64_t dmv_file_bytes(const struct dmv_file *f);
int dmv_file_fd(const struct dmv_file *f);      /* borrowed */
/* Bytes read; fewer than n at the end of the file (*errnum 0) or on an error (*errnum
 * its errno). */
size_t dmv_file_read(struct dmv_file *f, uint64_t off, void *buf, size_t n, int *errnum);
/* The file's bytes change: nothing is kept from now on. */
void dmv_file_set_live(struct dmv_file *f);
/* As dmv_file_read, past the cache: several threads may use it on one file at a time. */
size_t dmv_file_pread(const struct dmv_file *f, uint64_t off, void *buf, size_t n, int *errnum);
/* Why bytes at off could not be read although there was no error: "beyond the end of the file at
 * 0x1000"; returns buf. */
const char *dmv_file_gap(const struct dmv_file *f, uint64_t off, char *buf, size_t n);
/* The first offset in [off, end) that is not in a hole of the file; `end`: all of it is. */
uint64_t dmv_file_skip_hole(const struct dmv_file *f, uint64_t off, uint64_t end);

/* A file whose bytes [start, end) of each piece are those at `off` of the file under it; where
 * there is no piece, nothing can be read. Takes over `under` and v (from malloc, sorted, disjoint);
 * NULL: no memory, nothing taken. */
struct dmv_piece;
struct dmv_file *dmv_file_view(struct dmv_file *under, struct dmv_piece *v, size_t n);
bool dmv_file_is_view(const struct dmv_file *f);
/* What is odd about the file, for its source's notes; from malloc, owned by f; NULL: nothing. */
void dmv_file_set_note(struct dmv_file *f, char *note);
const char *dmv_file_note(const struct dmv_file *f);

/* mem_flat.c: opens a file; what makedumpfile -F or QEMU flattened is shown as it would be after
 * `makedumpfile -R`. */
enum dmv_code dmv_dump_open(const char *path, struct dmv_file **ret, struct dmv_err *e);

/* mem_wrapper.c: OK, or what the file is instead of a dump, and what makes one of it. */
enum dmv_code dmv_wrapper_check(const char *path, struct dmv_err *e);
/* OK, or that a file which is no dump is text, and what may be done with it. */
enum dmv_code dmv_text_check(const char *path, struct dmv_err *e);

/* A walk over memory has come through so many bytes of all. */
void dmv_mem_walked(const struct dmv_mem *m, uint64_t done, uint64_t total);

/* What dmv_mem_walk_heads was asked for. */
struct dmv_heads {
	size_t step, n;
	dmv_mem_heads_fn *fn;
	void *ctx;
};

/* Hands out the heads in a piece of memory; ctx: a struct dmv_heads. A dmv_mem_walk_fn. */
enum dmv_code dmv_heads_in_piece(void *ctx, uint64_t addr, const uint8_t *buf, size_t n);
/* dmv_mem_walk_heads by dmv_mem_walk, whatever the source offers. Adds to *missed. */
enum dmv_code dmv_mem_walk_plain(struct dmv_mem *m, enum dmv_space s, size_t step, size_t n,
				 dmv_mem_heads_fn *fn, void *ctx, uint64_t *missed,
				 struct dmv_err *e);

/* Adds to m->lost, which stays at the largest number there is. */
void dmv_mem_lose(struct dmv_mem *m, uint64_t bytes);
/* Adds a line to m->note; when memory is short the line is lost, nothing else. */
void dmv_mem_note(struct dmv_mem *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Adds a line that `target` shows; when memory is short it is lost, too. key is borrowed. */
void dmv_dump_line_add(struct dmv_dump_info *i, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void dmv_dump_lines_free(struct dmv_dump_info *i);
/* Gives m the ranges; adjacent ones are joined in place. v is sorted, disjoint, from malloc. */
void dmv_mem_set_ranges(struct dmv_mem *m, enum dmv_space s, struct dmv_range *v, size_t n);
/* Keeps a copy of VMCOREINFO text and what follows from it. */
void dmv_mem_set_vmcoreinfo(struct dmv_mem *m, const char *text, size_t n);
/* Frees what mem_kernel.c keeps with m. */
void dmv_mem_kernel_free(struct dmv_mem *m);
/* Reads once more what VMCOREINFO leads to, and changes nothing. */
void dmv_mem_kernel_retrace(struct dmv_mem *m);
/* Frees what the base owns: page tables, name, ranges, executable, vmcoreinfo, notes. Not `mapped`,
 * not m. */
void dmv_mem_base_deinit(struct dmv_mem *m);

/* Makes room for one more element in the array *v of n elements of `size` bytes; capacities are
 * powers of two, so n alone tells when to grow. False: no memory, *v unchanged. */
bool dmv_grow(void *v, size_t n, size_t size);

/* Bytes of the file that stand for addresses [start, end). */
struct dmv_piece {
	uint64_t start, end, off;
};

/* Sorts n segments, which may overlap, into disjoint pieces; where two overlap the one that came
 * first wins. *ret is from malloc. */
enum dmv_code dmv_pieces_resolve(const struct dmv_piece *seg, size_t n, struct dmv_piece **ret,
				 size_t *nret, struct dmv_err *e);
/* The piece that holds addr, or NULL. */
const struct dmv_piece *dmv_piece_find(const struct dmv_piece *v, size_t n, uint64_t addr);
/* skip_zeros of a source whose file f holds the pieces. */
uint64_t dmv_pieces_skip_zeros(const struct dmv_piece *v, size_t n, const struct dmv_file *f,
			       uint64_t addr, uint64_t end);
/* All n bytes at addr of v's space, from f. NOTFOUND: no piece holds *bad (e untouched); else the
 * file did not give what the piece promises. */
enum dmv_code dmv_pieces_read(struct dmv_file *f, const struct dmv_piece *v, size_t nv,
			      uint64_t addr, void *buf, size_t n, uint64_t *bad, struct dmv_err *e);
/* m's ranges from pieces. */
enum dmv_code dmv_mem_set_pieces(struct dmv_mem *m, enum dmv_space s, const struct dmv_piece *v,
				 size_t n, struct dmv_err *e);

/* Takes " (deleted)" off, which the kernel puts behind the path of a mapped file that is not there
 * any more: what stands there now has another build-id. */
void dmv_path_deleted(char *path);

/* What /proc/PID/smaps says, taken line by line. Zeroed before the first. */
struct dmv_maps {
	struct dmv_range *range;
	size_t nrange, before;          /* before: ranges without the mapping added last */
	struct dmv_mapped *mapped;
	size_t nmapped;
};

/* Takes one line, which it changes. Mappings that are not readable, not to be dumped, the kernel's
 * own, or out of order are left out. False: no memory. */
bool dmv_maps_line(struct dmv_maps *v, char *line);
/* m's virtual ranges and mapped files: the ranges become m's, the files stay here. */
void dmv_maps_give(struct dmv_maps *v, struct dmv_mem *m);
void dmv_maps_deinit(struct dmv_maps *v);

/* save_info.c: what the note of a saved file says. Zeroed before it is taken. */
struct dmv_saved_info {
	struct dmv_dump_info info;      /* of the dump it was saved from */
	struct dmv_dump_image *image;   /* info's */
	const char *from, *program;     /* its format, and program if it was a process; or NULL */
	bool redacted;
	char *text;                     /* what the names point into */
};

/* Takes over the text (from malloc, or NULL), which is hostile: lines that make no sense are left
 * out. */
void dmv_saved_info_take(struct dmv_saved_info *x, char *text);
void dmv_saved_info_deinit(struct dmv_saved_info *x);

/* What the notes of an ELF core say. Zeroed before the first dmv_elf_notes. */
struct dmv_elf_notes {
	bool process;                   /* NT_PRPSINFO, NT_AUXV or NT_FILE seen */
	bool machine;                   /* VMCOREINFO, QEMU or Xen seen: a whole machine */
	bool qemu;
	bool is_saved;                  /* a file of dmv_save's */
	struct dmv_saved_info saved;
	bool cut;                       /* notes end early or are not believable */
	char *vmcoreinfo;
	size_t vmcoreinfo_bytes;
	char args[81];                  /* of NT_PRPSINFO */
	uint32_t pid;
	bool status;                    /* NT_PRSTATUS seen */
	uint32_t signal, thread;        /* of the first; 0: none */
	uint64_t entry, phdr, execfn;   /* of NT_AUXV, 0 unknown */
	struct dmv_cpu *cpu;            /* of QEMU's notes, x86 */
	size_t ncpu;
	struct dmv_mapped *mapped;
	size_t nmapped;
	char *paths;                    /* what mapped[].path points into */
};

/* Reads one PT_NOTE segment; may be called for several. What cannot be read sets n->cut. */
void dmv_elf_notes_read(struct dmv_elf_notes *n, struct dmv_file *f, uint64_t off, uint64_t size,
			bool is64, bool big_endian);
void dmv_elf_notes_deinit(struct dmv_elf_notes *n);

/* Names of a machine: of uname, of libkdumpfile, of ELF. */
struct dmv_machine {
	const char *uts, *arch;
	uint32_t elf;
	uint8_t bits;
};

/* By either name; NULL: unknown. */
const struct dmv_machine *dmv_machine_of(const char *name);

/* A number of 1 to 8 bytes in the target's byte order. */
enum dmv_code dmv_mem_number(struct dmv_mem *m, enum dmv_space s, uint64_t addr, unsigned bytes,
			     uint64_t *ret, struct dmv_err *e);
/* Unsigned integer of 2, 4 or 8 bytes as the file has it. */
uint64_t dmv_get(const uint8_t *p, unsigned bytes, bool big_endian);

#endif
