/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Names of a target: address -> module!function+offset, symbol -> address.
 * Filled from symbol files (-s), the program of a process core, the images a region lists, and what
 * a Linux kernel's memory itself knows: its symbols, its modules', its types.
 */
#ifndef DMV_NAMES_H
#define DMV_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "types.h"

struct dmv_mem;
struct dmv_names;

enum dmv_code dmv_names_new(struct dmv_names **ret, struct dmv_err *e);
/* The same for who reads no files: dmv_names_add_file is refused. Needs no library but libc. */
enum dmv_code dmv_names_new_bare(struct dmv_names **ret, struct dmv_err *e);
void dmv_names_free(struct dmv_names *n);

/* An image in the target: code of `name` at [base, base + bytes). build_id may be NULL. */
enum dmv_code dmv_names_add_image(struct dmv_names *n, const char *name, uint64_t base,
				  uint64_t bytes, const uint8_t *build_id, size_t build_id_n,
				  struct dmv_err *e);

/* An ELF file with symbols, System.map, or types alone (BTF); or a directory, in which debug
 * symbols are looked for as they are needed: by build-id, by the names of images, of the kernel's
 * release and of its modules. A file is matched to an image by build-id, else by file name; a
 * build-id that differs from the image's is refused, with both ids in the message, unless `force`.
 * `base` UINT64_MAX: take the image's (ET_DYN) or the file's own addresses (ET_EXEC). May be called
 * before the images are known: files are bound when an image or a look-up needs them. vmlinux and
 * System.map are moved to where the target's kernel is, the sections of a module (.ko) each to
 * where it was loaded. */
enum dmv_code dmv_names_add_file(struct dmv_names *n, const char *path, uint64_t base, bool force,
				 struct dmv_err *e);

/* A file that may be what the image at base is from: it is read once an address in the image is
 * asked about, and used only if its build-id is the image's. The same goes for what is below
 * /usr/lib/debug/.build-id and in directories given in place of a file (dmv_names_add_file). */
void dmv_names_offer_file(struct dmv_names *n, uint64_t base, const char *path);

/* Is there a file for the image at base; UINT64_MAX: is there any file? */
bool dmv_names_has_file(struct dmv_names *n, uint64_t base);

/* The memory that addresses are of; borrowed until the names are freed. Reads nothing yet. A kernel
 * in it serves names and types once it is known (dmv_mem_kernel). Before the files about it. */
enum dmv_code dmv_names_set_target(struct dmv_names *n, struct dmv_mem *m, struct dmv_err *e);

struct dmv_place {
	char module[64];                /* "" if no image covers the address */
	char function[128];             /* "" if no symbol does */
	uint64_t offset;                /* from the function, else from the image's base */
};

/* Who has names of its own, a debugger: asked first. Each may be NULL, or answer false. */
struct dmv_names_host {
	void *ctx;
	bool (*place)(void *ctx, uint64_t addr, struct dmv_place *ret);
	bool (*symbol)(void *ctx, const char *name, uint64_t *ret);
	bool (*line)(void *ctx, uint64_t addr, char *buf, size_t size);
	/* path: "member" or "member.member", without alternatives; NULL: *ret has the size alone */
	bool (*member)(void *ctx, const char *type, const char *path, struct dmv_member *ret);
	bool last;                      /* asked when nobody else knows, not first */
};

void dmv_names_set_host(struct dmv_names *n, const struct dmv_names_host *h);   /* copied */

/* false: nothing is known about the address; ret untouched. */
bool dmv_names_place(struct dmv_names *n, uint64_t addr, struct dmv_place *ret);

/* Address of a symbol (data or function) in the target. First file that has it. */
bool dmv_names_symbol(struct dmv_names *n, const char *symbol, uint64_t *ret);

/* "module!function+0x12", "module+0x1234" or "0x00007f...": always something. Returns buf. */
const char *dmv_names_text(struct dmv_names *n, uint64_t addr, char *buf, size_t size);

/* "drivers/nvme/host/pci.c:1234" of the instruction that covers addr: for the call that a return
 * address comes from, give one byte less. False: no file with DWARF knows; buf untouched. */
bool dmv_names_line(struct dmv_names *n, uint64_t addr, char *buf, size_t size);

/* Layouts of the target's structures: out of its kernel's own memory, else out of the files given.
 * How type and path are written, types.h says.
 * NOTFOUND: nobody knows the type, or it has no such member; the message says which. */
enum dmv_code dmv_names_member(struct dmv_names *n, const char *type, const char *path,
			       struct dmv_member *ret, struct dmv_err *e);
enum dmv_code dmv_names_size(struct dmv_names *n, const char *type, uint64_t *ret,
			     struct dmv_err *e);
/* Value of an enumerator, whichever enum it is of. */
enum dmv_code dmv_names_enumerator(struct dmv_names *n, const char *name, int64_t *ret,
				   struct dmv_err *e);

/* What the target's kernel itself knows, read for this. */
struct dmv_names_kernel {
	size_t symbols, lost;           /* of kallsyms; lost: that could not be read */
	size_t modules, types;
	bool types_cut;                 /* there were more */
	/* Files of the user that stand in where the kernel itself has nothing; NULL: there is none.
	 * Borrowed. */
	const char *symbols_file, *types_file;
	size_t file_symbols;
	/* Why there are none, or not all; code OK: nothing is wrong. */
	struct dmv_err symbols_why, modules_why, types_why;
};

/* False: no kernel is known. */
bool dmv_names_kernel(struct dmv_names *n, struct dmv_names_kernel *ret);

/* What went wrong with a file after add_file accepted it (mismatch found at binding), for notes. */
size_t dmv_names_notes(struct dmv_names *n, const char *const **ret);

#endif
