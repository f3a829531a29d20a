/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Any bytes as a Windows dump, or the firmware's. The corpus is made by tests/windmp_make.py. */
#include "fuzz_mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n >= 8 && (!memcmp(data, "PAGEDU", 6) || !memcmp(data, "Raw_Dmp!", 8)))
		fuzz_mem(data, n);
	return 0;
}
