/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The adapter is put when the device stops; a late DPC still wants to map a request. */
#include "driver.h"

#define LENGTH 0x200

static void late_dpc(struct test_device *dev, PDMA_ADAPTER adapter,
		     const DMA_OPERATIONS *operations)
{
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, LENGTH);
	PSCATTER_GATHER_LIST list = NULL;
	KIRQL irql;

	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)adapter);
	driver_expect_record(3);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	operations->GetScatterGatherList(adapter, dev->fdo[0], mdl, buffer, LENGTH,
					 driver_keep_list, &list, FALSE);
	KeLowerIrql(irql);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
}

void drive_e6_18_use_after_release(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, TRUE, &granted);
	const DMA_OPERATIONS *operations = adapter->DmaOperations;

	device_stop(dev);
	operations->PutDmaAdapter(adapter);
	late_dpc(dev, adapter, operations);
}
