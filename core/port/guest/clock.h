/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* How fast the time stamp counter runs, and what time it is. */
#ifndef GUEST_CLOCK_H
#define GUEST_CLOCK_H

#include <stdint.h>

/* Ticks per second, measured for 20 ms against the interval timer; 1 GHz if that is silent. */
uint64_t guest_clock_measure(void);

/* Nanoseconds since 1970 by the battery clock, which counts whole seconds. */
uint64_t guest_clock_unix_ns(void);

#endif
