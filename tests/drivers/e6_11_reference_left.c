/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Takes a reference for each function of the device, and gives back only one. */
#include "driver.h"

void drive_e6_11_reference_left(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);

	DmvReferenceAdapter(adapter);
	DmvReferenceAdapter(adapter);
	DmvDereferenceAdapter(adapter);
	driver_blame(adapter, __func__);
	driver_expect(2, 2);
	driver_expect(3, (uintptr_t)adapter);
	driver_expect_record(4);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
