/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Types out of a file that somebody gave: BTF, else DWARF. Private to dumps/names*.c. */
#ifndef DMV_TYPES_FILE_H
#define DMV_TYPES_FILE_H

#include "btf.h"
#include "types.h"

struct dmv_file_types {
	struct dmv_btf *btf;
	const struct dmv_types *dwarf;  /* one of the two at most */
};

bool dmv_is_btf(const char *path);      /* nothing but BTF */

/* base: the kernel's types, which those of a module need, borrowed; NULL: they are not known, then
 * a module's BTF does not count. NOTFOUND: it has neither. The file stays open for DWARF, which is
 * read as it is needed. */
enum dmv_code dmv_file_types_open(const char *path, const struct dmv_btf *base,
				  struct dmv_file_types *ret, struct dmv_err *e);
void dmv_file_types_close(struct dmv_file_types *f);

/* Borrowed; NULL: not open. */
const struct dmv_types *dmv_file_types(const struct dmv_file_types *f);

#endif
