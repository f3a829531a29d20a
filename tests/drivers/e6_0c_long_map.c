/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Counts registers by the length alone: a buffer that starts late in a page needs one more. */
#include "driver.h"

#define OFFSET 0xC00
#define LENGTH 0x1000

void drive_e6_0c_long_map(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 4 * PAGE_SIZE, FALSE, &granted);
	uint8_t *buffer = driver_pages(2);
	uint8_t *va = buffer + OFFSET;
	PMDL mdl = driver_mdl(dev, va, LENGTH);
	PVOID base = driver_registers(dev, adapter, BYTES_TO_PAGES(LENGTH));

	driver_blame(adapter, __func__);
	driver_expect(2, 2);
	driver_expect(3, 1);
	driver_map(dev, adapter, mdl, base, va, LENGTH, TRUE);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, va, LENGTH, TRUE);
	driver_registers_free(adapter, base, 1);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
