/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The checksum of the region's header and of the control block: CRC-32, as zlib and Ethernet have
 * it; without a table, since it is made of a few kilobytes at most. */
#include "dmv.h"

uint32_t dmv_crc32(const unsigned char *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (UINT32_C(0xEDB88320) & (0 - (crc & 1)));
	}
	return ~crc;
}
