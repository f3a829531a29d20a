/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Source lines of an ELF file, by its DWARF. Private to dumps/names*.c. */
#ifndef DMV_LINES_H
#define DMV_LINES_H

#include "names_int.h"

struct dmv_lines;

/* Of the file that f is from, which stays open; f is borrowed. NOTFOUND: it has no DWARF; CORRUPT:
 * it is not the build it was when its symbols were read. */
enum dmv_code dmv_lines_open(const struct dmv_symfile *f, struct dmv_lines **ret,
			     struct dmv_err *e);
void dmv_lines_close(struct dmv_lines *l);      /* NULL allowed */

/* "fs/open.c:1234" of the instruction that covers addr, an address as in the file; without the
 * folder in which it was compiled. False: nobody knows. */
bool dmv_lines_find(struct dmv_lines *l, uint64_t addr, char *buf, size_t size);

#endif
