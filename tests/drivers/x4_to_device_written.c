/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The device updates a status word in the descriptor, which was mapped to-device. */
#include "driver.h"

#define DESCRIPTOR 0x40
#define STATUS 0x3C

void drive_x4_to_device_written(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *descriptor = driver_pages(1);
	PMDL mdl = driver_mdl(dev, descriptor, DESCRIPTOR);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, descriptor, DESCRIPTOR, TRUE);

	device_fill(dev, driver_list_bus(list, STATUS), 0x5A, 4);
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)descriptor);
	driver_expect_offset(3, (uintptr_t)descriptor + STATUS);
	driver_expect(4, 4);
	driver_list_put(adapter, list, TRUE);
	IoFreeMdl(mdl);
	driver_pages_free(descriptor, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
