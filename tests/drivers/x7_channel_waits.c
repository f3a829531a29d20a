/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The adapter is put while a channel request waits for registers that another adapter has. */
#include "driver.h"

static IO_ALLOCATION_ACTION NTAPI called_late(PDEVICE_OBJECT device, PIRP irp, PVOID base,
					      PVOID context)
{
	(void)device, (void)irp, (void)base;
	*(bool *)context = true;
	return DeallocateObjectKeepRegisters;
}

void drive_x7_channel_waits(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER busy = driver_adapter(dev, 7 * PAGE_SIZE, FALSE, &granted);
	PDMA_ADAPTER other = driver_adapter(dev, 7 * PAGE_SIZE, FALSE, &granted);
	PVOID base = driver_registers(dev, busy, 6);
	static bool called;
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	other->DmaOperations->AllocateAdapterChannel(other, dev->fdo[1], 4, called_late, &called);
	driver_need(dev, !called, "the request did not wait");
	KeLowerIrql(irql);
	driver_blame(other, __func__);
	driver_expect(2, (uintptr_t)other);
	driver_expect(3, 1);
	driver_expect_record(4);
	other->DmaOperations->PutDmaAdapter(other);
	driver_registers_free(busy, base, 6);
	driver_need(dev, !called, "the routine of an adapter that was put is called");
	busy->DmaOperations->PutDmaAdapter(busy);
}
