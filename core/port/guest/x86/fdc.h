/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The PC's floppy disk controller, which moves its data over channel 2 of the DMA controller. */
#ifndef GUEST_FDC_H
#define GUEST_FDC_H

#include <stdbool.h>
#include <stdint.h>

#define GUEST_FDC_CHANNEL 2u
#define GUEST_FDC_SECTOR 512u

/* false: there is none, or no drive that finds its first track. */
bool guest_fdc_init(void);

/*
 * Reads or writes `sectors` of them from `first` on, 18 a track, within a track. The DMA channel
 * is programmed before; where it ends the transfer ends. false: the drive says it failed.
 */
bool guest_fdc_transfer(uint32_t first, uint32_t sectors, bool write);

#endif
