/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The routine returns DeallocateObjectKeepRegisters, but the completion is that of KeepObject. */
#include "driver.h"

void drive_e6_04_channel_not_kept(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, FALSE, &granted);
	PVOID base = driver_registers(dev, adapter, 1);
	KIRQL irql;

	driver_blame(adapter, __func__);
	driver_expect(2, 1);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->FreeAdapterChannel(adapter);
	KeLowerIrql(irql);
	driver_registers_free(adapter, base, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
