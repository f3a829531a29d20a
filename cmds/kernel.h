/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The Linux kernel in a target, for `target`. */
#ifndef DMV_KERNEL_H
#define DMV_KERNEL_H

#include "cmd.h"

/* Looks for a kernel and says what it is, how its addresses are translated, which names and types
 * it has; nothing if there is none. false: stop. */
bool dmv_kernel_say(struct dmv_ses *s);

#endif
