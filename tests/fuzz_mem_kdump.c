/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any bytes as a kdump-compressed file or a flattened one. Pages in a range may be damaged; but
 * what the walk over first bytes shows must be what a read shows. The corpus is made by
 * tests/kdump_make.py.
 */
#define FUZZ_DAMAGED
#include "fuzz_mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n >= 16 && (!memcmp(data, "KDUMP   ", 8) || !memcmp(data, "makedumpfile\0\0\0", 16)))
		fuzz_mem(data, n);
	return 0;
}
