/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The second function of the device has to wait until the first one frees the channel. */
#include "driver.h"

void drive_clean_queued_channel(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 4 * PAGE_SIZE, FALSE, &granted);
	PVOID first = NULL, second = NULL;
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->AllocateAdapterChannel(adapter, dev->fdo[0], 1, driver_keep_object,
						       &first);
	driver_need(dev, first != NULL, "the first function got no channel");
	adapter->DmaOperations->AllocateAdapterChannel(adapter, dev->fdo[1], 2, driver_keep_object,
						       &second);
	driver_need(dev, second == NULL, "the second function did not wait");
	adapter->DmaOperations->FreeAdapterChannel(adapter);
	driver_need(dev, second != NULL, "the second function never got the channel");
	adapter->DmaOperations->FreeAdapterChannel(adapter);
	KeLowerIrql(irql);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
