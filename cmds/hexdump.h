/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Bytes out of a dump, 16 a line, with their addresses. */
#ifndef DMV_HEXDUMP_H
#define DMV_HEXDUMP_H

#include "out.h"

/* Rows into the table "bytes"; `what` (NULL allowed) stands at the end of each line and tells
 * several dumps of one answer apart. addr DMV_NO_ADDR: unknown. offset: of the first byte in its
 * object. */
bool dmv_hexdump(struct dmv_out *o, const char *what, uint64_t addr, int64_t offset,
		 const uint8_t *bytes, uint32_t n);

#endif
