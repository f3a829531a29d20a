/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Between names.c (which image is where, which file belongs to it) and those who read symbols:
 * names_dwarf.c (ELF files; libelf and libdw stay behind it), names_systemmap.c, names_modules.c.
 */
#ifndef DMV_NAMES_INT_H
#define DMV_NAMES_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define DMV_BUILD_ID_MAX 64

struct dmv_build_id {
	uint8_t byte[DMV_BUILD_ID_MAX];
	size_t n;                       /* 0: none */
};

struct dmv_sym {
	uint64_t addr, size;            /* as in the file, before any bias */
	uint32_t name;                  /* offset in strings */
	uint8_t rank;                   /* of several at one address the highest is shown */
	bool code;
};

/* A section of an object file (a kernel module) that is loaded. */
struct dmv_section {
	char name[64];
	uint32_t index;                 /* in the file */
	uint64_t low, bytes;            /* low is made up: they are placed when they are loaded */
};

/* What one ELF file says, copied: the file may change or vanish afterwards. */
struct dmv_symfile {
	char *path;
	struct dmv_build_id id;
	bool fixed;                     /* ET_EXEC: runs at its own addresses */
	uint64_t low, high;             /* of its loadable parts, low rounded down to a page */
	struct dmv_sym *sym;            /* by addr, then rank */
	size_t nsym;
	char *strings;
	bool object;                    /* ET_REL: its sections lie each for itself */
	struct dmv_section *section;    /* of an object, by low; with gaps in between */
	size_t nsection;
	char module[64];                /* the name that a kernel module gives itself; "": none */
	char release[66];               /* the kernel it was built for; "": unknown */
};

/* An ELF file; NOTFOUND: it is none. USAGE: one without addresses of its own. */
enum dmv_code dmv_symfile_load(const char *path, struct dmv_symfile *ret, struct dmv_err *e);
/* The same, but of that build alone; of another one no symbol is read. USAGE: it is one. */
enum dmv_code dmv_symfile_load_build(const char *path, const struct dmv_build_id *id,
				     struct dmv_symfile *ret, struct dmv_err *e);
/* System.map or a copy of /proc/kallsyms; NOTFOUND: it is neither. */
enum dmv_code dmv_symfile_load_map(const char *path, struct dmv_symfile *ret, struct dmv_err *e);
void dmv_symfile_free(struct dmv_symfile *f);

/* Room that sym and strings have; zeroed at first. */
struct dmv_symroom {
	size_t syms, bytes, used;       /* used: of bytes */
};

/* Appends a symbol with a copy of the n bytes of its name, the rest zero. False: no memory, or more
 * than 4 GiB of names. */
bool dmv_symfile_add(struct dmv_symfile *f, struct dmv_symroom *room, const char *name, size_t n,
		     struct dmv_sym **ret);
/* By address, then rank: what the look-up by address needs. */
void dmv_symfile_sort(struct dmv_symfile *f);
/* The innermost sized symbol that covers addr; labels without a size reach to the next symbol.
 * Variables only with `data`. */
const struct dmv_sym *dmv_symfile_find(const struct dmv_symfile *f, uint64_t addr, bool data);
/* The section of an object that addr, as in the file, is in; at its end counts. NULL: none. */
const struct dmv_section *dmv_symfile_section(const struct dmv_symfile *f, uint64_t addr);
/* The first of that name; its address as in the file. */
bool dmv_symfile_symbol(const struct dmv_symfile *f, const char *name, uint64_t *ret);

void dmv_build_id_text(const struct dmv_build_id *id, char ret[2 * DMV_BUILD_ID_MAX + 1]);

#endif
