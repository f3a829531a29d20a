/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A filter takes a reference to the adapter and gives it back before the adapter goes. */
#include "driver.h"

void drive_clean_references(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);

	DmvReferenceAdapter(adapter);
	DmvReferenceAdapter(adapter);
	DmvDereferenceAdapter(adapter);
	DmvDereferenceAdapter(adapter);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
