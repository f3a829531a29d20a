/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* One view of all things that can be live: adapters, files, transfers, lists, buffers, channels. */
#ifndef DMV_OBJECT_H
#define DMV_OBJECT_H

#include "facts.h"

struct dmv_object {
	uint32_t region, kind, index;   /* enum dmv_kind_of, index in its array */
	enum dmv_life life;
	uint32_t adapter, owner;
	uint64_t addr;                  /* what the driver holds: handle or virtual address */
	uint64_t va, bytes;             /* the driver's memory; DMV_NO_ADDR: has none */
	uint64_t time;
	uint32_t rows;                  /* mapping: map registers of the transfer, else 1 */
};

/* Objects of a kind: adapters, files, registers (a transfer each), lists, vectors, buffers,
 * channels, mappings of a kernel. */
size_t dmv_objects(const struct dmv_facts *f, uint32_t kind);
/* Fills *ret from row i of a kind of those, i < dmv_objects(); rows to go on by are ret->rows. */
void dmv_object_get(const struct dmv_facts *f, uint32_t kind, size_t i, struct dmv_object *ret);
extern const uint32_t dmv_object_kinds[];       /* ends with DMV_K_NONE */
/* Part of something that is itself listed: a file of a list, a mapping in a listed file, an entry
 * of a vector. */
bool dmv_object_is_part(const struct dmv_facts *f, const struct dmv_object *o);

#endif
