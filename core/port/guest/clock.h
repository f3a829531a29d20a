/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* How fast guest_ticks() counts, and what time it is: the machine's. */
#ifndef GUEST_CLOCK_H
#define GUEST_CLOCK_H

#include <stdint.h>

/* Ticks per second; a PC must measure it for 20 ms, and says 1 GHz if its timer is silent. */
uint64_t guest_clock_measure(void);

/* Nanoseconds since 1970 by the battery clock, which counts whole seconds. */
uint64_t guest_clock_unix_ns(void);

#endif
