/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "group.h"

#include <stdlib.h>
#include <string.h>

static uint32_t owner_of(const void *base, size_t i, size_t stride, size_t off)
{
	uint32_t v;

	memcpy(&v, (const char *)base + i * stride + off, sizeof(v));
	return v;
}

bool dmv_group_make(struct dmv_group *g, const void *base, size_t rows, size_t stride, size_t off,
		    size_t owners)
{
	uint32_t *start = calloc(owners + 2, sizeof(*start));
	uint32_t *item = malloc((rows ? rows : 1) * sizeof(*item));

	if (!start || !item) {
		free(start);
		free(item);
		return false;
	}
	/* counts go two places up: after the sums, start[k + 1] is where owner k begins filling,
	 * and when all are filled it is where owner k ends */
	for (size_t i = 0; i < rows; i++) {
		uint32_t k = owner_of(base, i, stride, off);

		if (k < owners)
			start[k + 2]++;
	}
	for (size_t k = 1; k < owners + 2; k++)
		start[k] += start[k - 1];
	for (size_t i = 0; i < rows; i++) {
		uint32_t k = owner_of(base, i, stride, off);

		if (k < owners)
			item[start[k + 1]++] = (uint32_t)i;
	}
	*g = (struct dmv_group){ .start = start, .item = item, .owners = owners };
	return true;
}

void dmv_group_free(struct dmv_group *g)
{
	free(g->start);
	free(g->item);
	*g = (struct dmv_group){ 0 };
}
