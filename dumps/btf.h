/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * BTF: the types that a Linux kernel carries in its own memory, or a file in its section .BTF
 * (Documentation/bpf/btf.rst). Members by name; the data is hostile.
 */
#ifndef DMV_BTF_H
#define DMV_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "types.h"

struct dmv_btf;

/* Takes over `data`, which is from malloc, whatever comes of it. Types behind the first damaged one
 * are lost (dmv_btf_count says how many); CORRUPT: all of them. */
enum dmv_code dmv_btf_new(uint8_t *data, size_t n, struct dmv_btf **ret, struct dmv_err *e);
/* The same for types of a module, which go on where those of the kernel, base, end; base is
 * borrowed. NOTFOUND: base is NULL, and the types are a module's. A base that is none of theirs
 * shows in most cases: CORRUPT. */
enum dmv_code dmv_btf_new_split(uint8_t *data, size_t n, const struct dmv_btf *base,
				struct dmv_btf **ret, struct dmv_err *e);
void dmv_btf_free(struct dmv_btf *b);           /* NULL allowed */

size_t dmv_btf_count(const struct dmv_btf *b, bool *cut);

/* Bytes of strings: with the types, what a module's count on from. */
size_t dmv_btf_strings(const struct dmv_btf *b);

/* For the functions of types.h; borrowed. */
const struct dmv_types *dmv_btf_types(const struct dmv_btf *b);

#endif
