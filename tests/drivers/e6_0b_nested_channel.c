/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Starts the second function of the device from the AdapterControl routine of the first. */
#include "driver.h"

struct disk {
	struct test_device *dev;
	PDMA_ADAPTER adapter;
	PVOID base[2];
};

static IO_ALLOCATION_ACTION NTAPI start_first(PDEVICE_OBJECT device, PIRP irp, PVOID base,
					      PVOID context)
{
	struct disk *disk = context;

	(void)device, (void)irp;
	disk->base[0] = base;
	driver_blame(disk->adapter, __func__);
	driver_expect(2, 1);
	disk->adapter->DmaOperations->AllocateAdapterChannel(disk->adapter, disk->dev->fdo[1], 1,
							     driver_keep_registers, &disk->base[1]);
	return DeallocateObjectKeepRegisters;
}

void drive_e6_0b_nested_channel(struct test_device *dev)
{
	ULONG granted;
	struct disk disk = { .dev = dev,
			     .adapter = driver_adapter(dev, 2 * PAGE_SIZE, FALSE, &granted) };
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	disk.adapter->DmaOperations->AllocateAdapterChannel(disk.adapter, dev->fdo[0], 1,
							    start_first, &disk);
	KeLowerIrql(irql);
	for (unsigned int i = 0; i < 2; i++)
		if (disk.base[i])
			driver_registers_free(disk.adapter, disk.base[i], 1);
	disk.adapter->DmaOperations->PutDmaAdapter(disk.adapter);
}
