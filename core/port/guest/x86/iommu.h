/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Intel's IOMMU as QEMU has it before the devices of a q35 (VT-d, legacy mode): every device
 * reaches the free memory, page by page, and nothing else. Intel, Virtualization Technology for
 * Directed I/O, chapters 9 and 11.
 */
#ifndef GUEST_IOMMU_H
#define GUEST_IOMMU_H

#include "guest.h"

/* Maps all that g->pages has, switches translation on, sets g's two routines. False: none there. */
bool guest_iommu_start(struct guest *g);

#endif
