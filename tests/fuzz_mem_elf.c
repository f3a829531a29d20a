/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Any bytes as an ELF core. The corpus is made by tests/fuzz_mem_elf_seeds.py. */
#include "fuzz_mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* Other formats are tried by libkdumpfile in a child; that is not what is fuzzed here. */
	if (n >= 4 && !memcmp(data, "\177ELF", 4))
		fuzz_mem(data, n);
	return 0;
}
