/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * QEMU's educational PCI device and its DMA engine: reads and writes memory where it is told to,
 * wrong or not. Each transfer takes 100 ms.
 */
#ifndef GUEST_EDU_H
#define GUEST_EDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_EDU_MAX 4095u             /* bytes a transfer: from 4096 on QEMU itself gives up */

struct guest_edu {
	volatile uint8_t *window;
};

enum guest_edu_result {
	GUEST_EDU_OK = 0,
	GUEST_EDU_NO_DEVICE = -1,
	GUEST_EDU_OUT_OF_REACH = -2,    /* the engine cannot make such a transfer */
	GUEST_EDU_STUCK = -3,           /* it did not finish */
};

int guest_edu_init(struct guest_edu *e);

/* Device reads memory into its own buffer, or writes the start of its buffer to memory. */
int guest_edu_fetch(struct guest_edu *e, uint64_t bus, size_t n);
int guest_edu_store(struct guest_edu *e, uint64_t bus, size_t n);

#endif
