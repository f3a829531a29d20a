/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The AdapterControl routine keeps the object, and nobody frees the channel. */
#include "driver.h"

void drive_e6_08_channel_leaked(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, FALSE, &granted);
	PVOID base = NULL;
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->AllocateAdapterChannel(adapter, dev->fdo[0], 1, driver_keep_object,
						       &base);
	KeLowerIrql(irql);
	driver_need(dev, base != NULL, "no channel");
	device_stop(dev);
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)adapter);
	driver_expect(3, 1);
	driver_expect_record(4);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
