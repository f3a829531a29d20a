/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Marks the descriptor before the current one as done; for descriptor 0 there is none. */
#include "driver.h"

#define RING 0x300
#define DESCRIPTOR 16
#define DONE 0x80

/* The last byte of the descriptor before `n` holds its state. */
static void mark_previous(volatile uint8_t *ring, int n)
{
	ring[n * DESCRIPTOR - 1] = DONE;
}

void drive_e6_0f_1_tag_before(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	PHYSICAL_ADDRESS bus;
	uint8_t *ring = adapter->DmaOperations->AllocateCommonBuffer(adapter, RING, &bus, TRUE);

	driver_need(dev, ring != NULL, "no common buffer");
	driver_set(ring, 0, RING);
	for (int n = 3; n >= 0; n--)
		mark_previous(ring, n);
	driver_blame(adapter, __func__);
	driver_expect(3, RING);
	driver_expect(4, (uintptr_t)ring);
	driver_address((uintptr_t)ring - 1);
	adapter->DmaOperations->FreeCommonBuffer(adapter, RING, bus, ring, TRUE);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
