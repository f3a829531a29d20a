/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The request is cancelled between the AdapterControl routine and the map: nothing to flush. */
#include "driver.h"

void drive_clean_never_mapped(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 2 * PAGE_SIZE, FALSE, &granted);

	for (ULONG n = 1; n <= granted; n++)
		driver_registers_free(adapter, driver_registers(dev, adapter, n), n);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
