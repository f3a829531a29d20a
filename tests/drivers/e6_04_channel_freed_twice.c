/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The error path frees the channel that the completion has freed already. */
#include "driver.h"

void drive_e6_04_channel_freed_twice(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, FALSE, &granted);
	PVOID base = NULL;
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->AllocateAdapterChannel(adapter, dev->fdo[0], 1, driver_keep_object,
						       &base);
	driver_need(dev, base != NULL, "no channel");
	adapter->DmaOperations->FreeAdapterChannel(adapter);
	driver_blame(adapter, __func__);
	driver_expect(2, 1);
	adapter->DmaOperations->FreeAdapterChannel(adapter);
	KeLowerIrql(irql);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
