/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A vector of receive buffers: each used from its first byte to its last, freed in any order. */
#include "ex.h"

#define COUNT 5
#define BYTES 0x1234

void drive_clean_vector(struct test_device *dev)
{
	static const ULONG order[COUNT] = { 3, 0, 4, 1, 2 };
	const PHYSICAL_ADDRESS low = { .QuadPart = 0 }, high = { .QuadPart = 0xFFFFFFFF };
	struct ex x = ex_begin(dev, COUNT * 2 * PAGE_SIZE, TRUE);
	PDMA_COMMON_BUFFER_VECTOR vector = NULL;

	driver_need(dev, NT_SUCCESS(x.ops->AllocateCommonBufferVector(
			x.adapter, low, high, MmCached, 0, 0, COUNT, BYTES, &vector)), "no vector");
	for (ULONG i = 0; i < COUNT; i++) {
		PHYSICAL_ADDRESS bus = { .QuadPart = 0 };
		PVOID va = NULL;

		x.ops->GetCommonBufferFromVectorByIndex(x.adapter, vector, i, &va, &bus);
		driver_need(dev, va != NULL, "no buffer");
		device_fill(dev, (uint64_t)bus.QuadPart, 0x50 + (uint8_t)i, BYTES);
	}
	for (ULONG i = 0; i < COUNT; i++) {
		PHYSICAL_ADDRESS bus;
		PVOID va = NULL;

		x.ops->GetCommonBufferFromVectorByIndex(x.adapter, vector, order[i], &va, &bus);
		driver_need(dev, driver_all(va, 0x50 + (uint8_t)order[i], BYTES),
			    "another buffer's data");
		x.ops->FreeCommonBufferFromVector(x.adapter, vector, order[i]);
	}
	x.ops->FreeCommonBufferVector(x.adapter, vector);
	driver_need(dev, x.ops->AllocateCommonBufferVector(x.adapter, high, high, MmCached, 0, 0,
							   1, BYTES, &vector) ==
		    STATUS_INSUFFICIENT_RESOURCES, "a vector where there is no memory");
	ex_end(&x);
}
