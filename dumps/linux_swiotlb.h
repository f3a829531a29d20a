/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Shared by the files that read bounce pools: linux_swiotlb.c (pools), linux_swiotlb_slots.c,
 * linux_swiotlb_owner.c. */
#ifndef DMV_LINUX_SWIOTLB_H
#define DMV_LINUX_SWIOTLB_H

#include "linux.h"

struct dmv_swiotlb {
	struct dmv_linux *l;
	/* Slots that the target can hold: sound pools do not share them. */
	uint64_t left;
	bool no_memory;
};

/* The array of slots at `slots`, of the last piece of memory in the facts, as mappings. */
void dmv_swiotlb_slots(struct dmv_swiotlb *w, uint64_t slots);

/* linux_swiotlb_owner.c: whose each mapping is, and where in its slots it begins. Once all pools
 * are read. False: no memory. */
bool dmv_swiotlb_owners(struct dmv_facts *f);

#endif
