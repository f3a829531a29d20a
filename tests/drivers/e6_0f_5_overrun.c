/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Tells the device the size of a receive slot, but maps only the bytes of the packet. */
#include "driver.h"

#define PACKET 1514
#define SLOT 1536

void drive_e6_0f_5_overrun(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *packet = driver_pages(1);
	PMDL mdl = driver_mdl(dev, packet, PACKET);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, packet, PACKET, FALSE);

	device_fill(dev, driver_list_bus(list, 0), 0x5A, SLOT);
	driver_blame(adapter, __func__);
	driver_expect(3, (uintptr_t)packet);
	driver_expect_offset(4, (uintptr_t)packet + PACKET);
	driver_list_put(adapter, list, FALSE);
	IoFreeMdl(mdl);
	driver_pages_free(packet, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
