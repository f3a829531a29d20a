/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* All registers it was granted, all bytes they hold, the last byte of the MDL: none is too many. */
#include "driver.h"

void drive_clean_at_limits(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 3 * PAGE_SIZE, FALSE, &granted);
	ULONG most = granted * PAGE_SIZE;
	uint8_t *buffer = driver_pages(granted);
	PMDL mdl = driver_mdl(dev, buffer, most);
	PVOID base = driver_registers(dev, adapter, granted);

	for (unsigned int i = 0; i < 2; i++) {
		driver_map(dev, adapter, mdl, base, buffer, most, TRUE);
		adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, buffer, most, TRUE);
	}
	driver_map(dev, adapter, mdl, base, buffer + most - 1, 1, TRUE);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, buffer + most - 1, 1, TRUE);
	driver_registers_free(adapter, base, granted);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, granted);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
