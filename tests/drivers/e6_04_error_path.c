/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Does not look at what AllocateAdapterChannel returned. */
#include "driver.h"

void drive_e6_04_error_path(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	PVOID base = NULL;
	NTSTATUS status;
	KIRQL irql;

	driver_faults(dev, DMV_ABI_FAULT_REGISTERS, 1, 0, 1);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	status = adapter->DmaOperations->AllocateAdapterChannel(adapter, dev->fdo[0], 1,
								driver_keep_object, &base);
	driver_need(dev, status == STATUS_INSUFFICIENT_RESOURCES && !base, "it must fail");
	driver_blame(adapter, __func__);
	driver_expect(2, 1);
	adapter->DmaOperations->FreeAdapterChannel(adapter);
	KeLowerIrql(irql);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
