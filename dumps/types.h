/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Layouts of structures by name, wherever they are known from. Asked for by name with alternatives,
 * never by version: kernels rename members.
 */
#ifndef DMV_TYPES_H
#define DMV_TYPES_H

#include <stdint.h>

/* Where a member is. */
struct dmv_member {
	uint64_t offset;                /* bytes from the start of the type; of a bit-field: of the
					 * unit of `size` bytes that holds it */
	uint64_t size;                  /* bytes; of an array: all of it */
	uint8_t bit, bits;              /* bit-field: lowest bit of the little-endian unit, width;
					 * else bits is 0 */
};

/*
 * What the functions that take a type and a path want:
 *
 * `type` is the name of a struct, union or typedef. `path` is "member", "member.member" or
 * "member[3].member"; members of unnamed structs and unions inside count as the outer one's.
 * Alternatives are divided by '|' and tried in order: "mem[0].base|core_layout.base". NOTFOUND:
 * there is no such type, or none of the members; the message names it.
 */

#endif
