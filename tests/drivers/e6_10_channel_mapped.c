/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The error path of a system DMA driver frees the channel at once. */
#include "driver.h"

#define LENGTH 0x400

void drive_e6_10_channel_mapped(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, FALSE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, LENGTH);
	PVOID base = NULL;
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->AllocateAdapterChannel(adapter, dev->fdo[0], 1, driver_keep_object,
						       &base);
	driver_need(dev, base != NULL, "no channel");
	driver_map(dev, adapter, mdl, base, buffer, LENGTH, FALSE);
	driver_blame(adapter, __func__);
	driver_expect(2, 1);
	adapter->DmaOperations->FreeAdapterChannel(adapter);
	KeLowerIrql(irql);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
