/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Asks for the size of a list that starts behind its MDL: an index is one too far. */
#include "driver.h"

void drive_e6_1b_calculate(struct test_device *dev)
{
	ULONG granted, bytes;
	PDMA_ADAPTER adapter = driver_adapter_of(dev, DEVICE_DESCRIPTION_VERSION2, PAGE_SIZE, TRUE,
						 &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, 0x800);

	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)buffer + 0x800);
	driver_expect(3, (uintptr_t)mdl);
	adapter->DmaOperations->CalculateScatterGatherList(adapter, mdl, buffer + 0x800, 0x100,
							   &bytes, NULL);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
