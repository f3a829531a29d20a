/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * An ELF file that stays open for its DWARF. Private to dumps/x_dwarf.c: libelf and libdw stay
 * behind these.
 */
#ifndef DMV_FILE_DWARF_H
#define DMV_FILE_DWARF_H

#include <stdint.h>

#include "err.h"

struct Elf;
struct Dwarf;
struct dmv_dwarf_file;

/* Reads the ELF header, no DWARF. NOTFOUND: no ELF file. */
enum dmv_code dmv_dwarf_file_open(const char *path, struct dmv_dwarf_file **ret, struct dmv_err *e);
void dmv_dwarf_file_close(struct dmv_dwarf_file *f);    /* NULL allowed */

struct Elf *dmv_dwarf_file_elf(struct dmv_dwarf_file *f);       /* borrowed */

/* Its DWARF, read when it is first asked for; of an object file with what was left to the linker
 * done. Borrowed. NOTFOUND: it has none. */
enum dmv_code dmv_dwarf_file_dwarf(struct dmv_dwarf_file *f, struct Dwarf **ret, struct dmv_err *e);

/* Where a section of an object file lies in its DWARF; 0 in any other file. */
uint64_t dmv_dwarf_file_section(struct dmv_dwarf_file *f, uint32_t index);

#endif
