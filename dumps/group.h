/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Rows of one array by the object they belong to, in linear time: registers by file and so on. */
#ifndef DMV_GROUP_H
#define DMV_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dmv_group {
	uint32_t *start;        /* rows of owner k: item[start[k]] .. item[start[k + 1] - 1] */
	uint32_t *item;
	size_t owners;
};

/* Rows at base, each `stride` bytes, with the owner's index (uint32_t) at `off`. Rows whose owner
 * is not below `owners` belong to nobody. Order within an owner is that of the rows. false: no
 * memory. */
bool dmv_group_make(struct dmv_group *g, const void *base, size_t rows, size_t stride, size_t off,
		    size_t owners);
void dmv_group_free(struct dmv_group *g);

#endif
