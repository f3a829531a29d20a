/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A read of zero bytes reaches the DMA path instead of being completed at once. */
#include "driver.h"

void drive_e6_21_zero_length(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, FALSE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, PAGE_SIZE);
	PVOID base = driver_registers(dev, adapter, 1);

	driver_blame(adapter, __func__);
	driver_expect_record(2);
	driver_map(dev, adapter, mdl, base, buffer, 0, FALSE);
	driver_registers_free(adapter, base, 1);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
