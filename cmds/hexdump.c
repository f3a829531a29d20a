/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "hexdump.h"

#include <string.h>

struct line {
	uint64_t addr;
	int64_t offset;
	struct dmv_bytes bytes;
	const char *what;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct line, addr, "ADDRESS", DMV_S_ADDR, "of the first byte"),
	DMV_COL(struct line, offset, "OFFSET", DMV_S_OFFSET, "from the start of the buffer"),
	DMV_COL(struct line, bytes, "BYTES", DMV_S_BYTES, "as they stand in the dump"),
	DMV_COL_AS(struct line, bytes, "ascii", "TEXT", DMV_S_ASCII, "the same as characters"),
	DMV_COL(struct line, what, "WHAT", DMV_S_STR, "whose bytes"),
	{ 0 }
};

static const struct dmv_table table = {
	"bytes", cols, "      {addr|-}  {offset:8} {bytes:48} {ascii:16}  {what}\n"
};

static const struct dmv_table plain = {
	"bytes", cols, "      {addr|-}  {offset:8} {bytes:48} {ascii}\n"
};

bool dmv_hexdump(struct dmv_out *o, const char *what, uint64_t addr, int64_t offset,
		 const uint8_t *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 16) {
		struct line l = { .addr = addr == UINT64_MAX ? addr : addr + i,
				  .offset = offset + i,
				  .bytes = { bytes + i, n - i < 16 ? n - i : 16 },
				  .what = what };

		if (!dmv_out_row(o, what ? &table : &plain, &l))
			return false;
	}
	return true;
}
