/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The verifier in the guest: what it is given by this machine, and how it stops it. */
#ifndef GUEST_VERIFIER_H
#define GUEST_VERIFIER_H

#include "dmv.h"
#include "guest.h"
#include "heap.h"
#include "wdm_host.h"

#define GUEST_REGION_PIECES 3
#define GUEST_HOOKED_MAX 64u            /* registers with a shadow, per driver */

struct guest_verifier {
	struct guest *guest;
	struct guest_heap heap;
	struct dmv_memory region[GUEST_REGION_PIECES], shadow;
	struct wdm_host wdm;
	struct dmv *dmv;
	KIRQL irql;
	uint32_t locked;                /* depth of the lock */
	bool irq_was_on;
};

/*
 * Starts the verifier, binds the WDM face to it and lets dmv_region_anchor point to its region.
 * registers: map registers in all. Returns enum dmv_result. Once.
 */
int guest_verifier_start(struct guest_verifier *v, struct guest *g, enum dmv_abi_mode mode,
			 uint32_t flags, uint32_t registers);

#endif
