/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A frame begins with the address of the next outer one and the return address: x86-64, aarch64. */
#include "trap.h"

extern const char guest_stack[], guest_stack_top[];

uint32_t guest_walk(uint64_t fp, uint64_t *frame, uint32_t max)
{
	const uint64_t low = (uintptr_t)guest_stack, high = (uintptr_t)guest_stack_top - 16;
	uint32_t n = 0;

	while (n < max && fp >= low && fp <= high && fp % 8 == 0) {
		const uint64_t *link = (const uint64_t *)(uintptr_t)fp;

		if (!link[1])
			break;
		frame[n++] = link[1];
		if (link[0] <= fp)
			break;
		fp = link[0];
	}
	return n;
}
