/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Between names.c (which image is where, which file belongs to it) and names_dwarf.c (what an ELF
 * file says). libelf and libdw stay behind this header.
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

/* What one ELF file says, copied: the file may change or vanish afterwards. */
struct dmv_symfile {
	char *path;
	struct dmv_build_id id;
	bool fixed;                     /* ET_EXEC: runs at its own addresses */
	uint64_t low, high;             /* of its loadable parts, low rounded down to a page */
	struct dmv_sym *sym;            /* by addr, then rank */
	size_t nsym;
	char *strings;
};

enum dmv_code dmv_symfile_load(const char *path, struct dmv_symfile *ret, struct dmv_err *e);
void dmv_symfile_free(struct dmv_symfile *f);

#endif
