/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Surprise removal: the adapter is put, and the buffer freed, while a read waits for registers. */
#include "driver.h"

static VOID NTAPI called_late(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list,
			      PVOID context)
{
	(void)device, (void)irp, (void)list;
	*(bool *)context = true;
}

void drive_x7_list_waits(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER busy = driver_adapter(dev, 7 * PAGE_SIZE, TRUE, &granted);
	PDMA_ADAPTER other = driver_adapter(dev, 7 * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(10);
	PMDL mdl = driver_mdl(dev, buffer, 6 * PAGE_SIZE);
	PMDL gone = driver_mdl(dev, buffer + 6 * PAGE_SIZE, 4 * PAGE_SIZE);
	PSCATTER_GATHER_LIST first;
	static bool called;
	KIRQL irql;

	first = driver_list(dev, busy, mdl, buffer, 6 * PAGE_SIZE, TRUE);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	other->DmaOperations->GetScatterGatherList(other, dev->fdo[1], gone,
						   buffer + 6 * PAGE_SIZE, 4 * PAGE_SIZE,
						   called_late, &called, FALSE);
	driver_need(dev, !called, "the list did not wait");
	KeLowerIrql(irql);
	driver_blame(other, __func__);
	driver_expect(2, (uintptr_t)other);
	driver_expect(3, 1);
	driver_expect_record(4);
	other->DmaOperations->PutDmaAdapter(other);
	IoFreeMdl(gone);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	busy->DmaOperations->PutScatterGatherList(busy, first, TRUE);
	KeLowerIrql(irql);
	driver_need(dev, !called, "the routine of an adapter that was put is called");
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 10);
	busy->DmaOperations->PutDmaAdapter(busy);
}
