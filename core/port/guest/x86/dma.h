/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The PC's two 8237 DMA controllers: channels 0 to 3, 8 bits wide, and 5 to 7, 16 bits wide. They
 * reach 16 MiB, and no transfer crosses 64 KiB, or 128 KiB of the wide ones.
 */
#ifndef GUEST_DMA_H
#define GUEST_DMA_H

#include <stdint.h>

struct wdm_controller;

extern const struct wdm_controller guest_dma;

/* Their terminal count is no interrupt: to be called when a device there says that it is done. */
void guest_dma_poll(uint32_t channel);

#endif
