/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Packet DMA as on a system channel: KeepObject, map, flush, FreeAdapterChannel. */
#include "driver.h"

#define LENGTH 0x1100

void drive_clean_system_dma(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, FALSE, &granted);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_mdl(dev, buffer, LENGTH);
	PVOID base = NULL;
	uint64_t bus;
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->AllocateAdapterChannel(adapter, dev->fdo[0], 2, driver_keep_object,
						       &base);
	KeLowerIrql(irql);
	driver_need(dev, base != NULL, "no channel");
	bus = driver_map(dev, adapter, mdl, base, buffer, LENGTH, FALSE);
	device_fill(dev, bus, 0x5A, LENGTH);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, buffer, LENGTH, FALSE);
	driver_need(dev, driver_all(buffer, 0x5A, LENGTH), "the data did not arrive");
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->FreeAdapterChannel(adapter);
	KeLowerIrql(irql);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
