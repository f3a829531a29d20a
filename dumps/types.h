/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Layouts of structures by name, wherever they are known from. Asked for by name with alternatives,
 * never by version: kernels rename members.
 */
#ifndef DMV_TYPES_H
#define DMV_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Where a member is. */
struct dmv_member {
	uint64_t offset;                /* bytes from the start of the type; of a bit-field: of the
					 * unit of `size` bytes that holds it */
	uint64_t size;                  /* bytes; of an array: all of it; 0: an array without end */
	uint8_t bit, bits;              /* bit-field: lowest bit of the little-endian unit, width;
					 * else bits is 0 */
};

/* Types of one origin: BTF or DWARF. A type is a number that its origin understands. */
struct dmv_types {
	const struct dmv_types_ops *ops;
};

struct dmv_types_ops {
	/* A struct, union or typedef of that name. */
	bool (*find)(const struct dmv_types *t, const char *name, uint64_t *type);
	/* The member named name[0..n) of a struct or union, also of unnamed ones inside: *bits
	 * from its start is added, *width is not 0 for a bit-field. */
	bool (*member)(const struct dmv_types *t, uint64_t type, const char *name, size_t n,
		       uint64_t *bits, uint64_t *member, uint32_t *width);
	/* Element i of an array: its type, and bytes from the array's start. */
	bool (*element)(const struct dmv_types *t, uint64_t type, uint64_t i, uint64_t *bytes,
			uint64_t *element);
	/* Bytes; false: it has no size. */
	bool (*size)(const struct dmv_types *t, uint64_t type, uint64_t *ret);
	bool (*enumerator)(const struct dmv_types *t, const char *name, int64_t *ret);
};

/*
 * `type` is the name of a struct, union or typedef. `path` is "member", "member.member" or
 * "member[3].member"; members of unnamed structs and unions inside count as the outer one's.
 * An array of several dimensions counts its innermost elements, as pahole writes it into BTF.
 * Alternatives are divided by '|' and tried in order: "mem[0].base|core_layout.base". NOTFOUND:
 * there is no such type, or none of the members; the message names it.
 */
enum dmv_code dmv_types_member(const struct dmv_types *t, const char *type, const char *path,
			       struct dmv_member *ret, struct dmv_err *e);
enum dmv_code dmv_types_size(const struct dmv_types *t, const char *type, uint64_t *ret,
			     struct dmv_err *e);
enum dmv_code dmv_types_enumerator(const struct dmv_types *t, const char *name, int64_t *ret,
				   struct dmv_err *e);

#endif
