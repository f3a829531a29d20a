/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Maps and flushes at each level from PASSIVE to DISPATCH, and puts the adapter at DISPATCH. */
#include "driver.h"

static void transfer(struct test_device *dev, PDMA_ADAPTER adapter, PMDL mdl, PVOID base,
		     KIRQL level)
{
	PVOID va = MmGetMdlVirtualAddress(mdl);
	KIRQL irql;

	KeRaiseIrql(level, &irql);
	driver_map(dev, adapter, mdl, base, va, PAGE_SIZE, TRUE);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, va, PAGE_SIZE, TRUE);
	KeLowerIrql(irql);
}

void drive_clean_irql(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, FALSE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, PAGE_SIZE);
	PVOID base = driver_registers(dev, adapter, 1);
	KIRQL irql;

	driver_need(dev, adapter->DmaOperations->GetDmaAlignment(adapter) > 0, "no alignment");
	transfer(dev, adapter, mdl, base, PASSIVE_LEVEL);
	transfer(dev, adapter, mdl, base, APC_LEVEL);
	transfer(dev, adapter, mdl, base, DISPATCH_LEVEL);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->FreeMapRegisters(adapter, base, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
	KeLowerIrql(irql);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
}
