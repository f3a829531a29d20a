/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Where a guest of QEMU has memory, by `info mtree -f` of its monitor: whoever reads beside it
 * through QEMU gets zeros, or makes a device do something.
 */
#ifndef DMV_MEM_MTREE_H
#define DMV_MEM_MTREE_H

#include "mem.h"

/* RAM and ROM of the address space "memory", which the processors see: *n ranges, ascending, from
 * malloc. CORRUPT: not understood, or no memory in it. */
enum dmv_code dmv_mtree_parse(const char *text, struct dmv_range **ret, size_t *n,
			      struct dmv_err *e);

#endif
