/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* How fast the time stamp counter runs. */
#ifndef GUEST_CLOCK_H
#define GUEST_CLOCK_H

#include <stdint.h>

/* Ticks per second, measured for 20 ms against the interval timer; 1 GHz if that does not answer. */
uint64_t guest_clock_measure(void);

#endif
