/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The device is told a slot for the header, though the first MDL holds only the header itself. */
#include "driver.h"

static const struct driver_part part[] = { { 0x100, 14 }, { 0x800, 1500 } };

#define SLOT 16

void drive_e6_0f_5_chain(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *packet = driver_pages(1);
	PMDL mdl = driver_chain(dev, packet, part, 2);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, packet + 0x100, 14 + 1500,
						FALSE);

	device_fill(dev, driver_list_bus(list, 0), 0x5A, SLOT);
	driver_blame(adapter, __func__);
	driver_expect(3, (uintptr_t)packet + 0x100);
	driver_expect_offset(4, (uintptr_t)packet + 0x100 + 14);
	driver_list_put(adapter, list, FALSE);
	driver_chain_free(mdl);
	driver_pages_free(packet, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
