/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The symbol table that a Linux kernel carries in its own memory (kernel/kallsyms.c): names packed
 * with a table of 256 tokens, addresses relative to a base or to their place. Kept packed: a
 * look-up unpacks what it needs.
 */
#ifndef DMV_NAMES_KALLSYMS_H
#define DMV_NAMES_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum { DMV_KSYM_MAX = 512 };            /* KSYM_NAME_LEN, the NUL included */

struct dmv_mem;
struct dmv_kallsyms;

/* A symbol, and where the next one starts. */
struct dmv_ksym {
	uint64_t start, end;
	char type;                      /* as nm has it */
	char name[DMV_KSYM_MAX];
};

/* Where the tables are: virtual addresses; 0: there is none. */
struct dmv_kallsyms_at {
	uint64_t num_syms, names, token_table, token_index, offsets, relative_base, addresses;
};

/* Looks for them in a kernel's image, which starts at `start`. */
enum dmv_code dmv_kallsyms_search(struct dmv_mem *m, uint64_t start, struct dmv_kallsyms_at *ret,
				  struct dmv_err *e);

/* Reads the tables that VMCOREINFO names, by virtual address, else those that a search of the
 * kernel's image finds. NOTFOUND: neither. */
enum dmv_code dmv_kallsyms_load(struct dmv_mem *m, struct dmv_kallsyms **ret, struct dmv_err *e);
/* The same from given places. */
enum dmv_code dmv_kallsyms_load_at(struct dmv_mem *m, const struct dmv_kallsyms_at *at,
				   struct dmv_kallsyms **ret, struct dmv_err *e);
void dmv_kallsyms_free(struct dmv_kallsyms *k);         /* NULL allowed */

/* How many there are; and how many more the kernel says that could not be read. */
size_t dmv_kallsyms_count(const struct dmv_kallsyms *k, size_t *lost);

/* The first of that name. */
bool dmv_kallsyms_symbol(const struct dmv_kallsyms *k, const char *name, uint64_t *ret);
/* The symbol that covers addr: of several at one address the first, as the kernel does. */
bool dmv_kallsyms_find(const struct dmv_kallsyms *k, uint64_t addr, struct dmv_ksym *ret);

#endif
