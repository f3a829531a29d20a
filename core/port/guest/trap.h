/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Exceptions: each is said on the serial port, and the guest stops. */
#ifndef GUEST_TRAP_H
#define GUEST_TRAP_H

#include <stdint.h>

/* The machine's. */
void guest_trap_init(void);

/* Return addresses from the frame at `fp` outwards; never leaves the boot stack. */
uint32_t guest_walk(uint64_t fp, uint64_t *frame, uint32_t max);

#endif
