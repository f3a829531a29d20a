/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Surprise removal: the lists of the two requests in flight are forgotten. */
#include "driver.h"

void drive_e6_0a_list_leaked(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 2 * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl[2];

	for (unsigned int i = 0; i < 2; i++) {
		mdl[i] = driver_mdl(dev, buffer + i * PAGE_SIZE, PAGE_SIZE);
		driver_list(dev, adapter, mdl[i], buffer + i * PAGE_SIZE, PAGE_SIZE, TRUE);
	}
	device_stop(dev);
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)adapter);
	driver_expect(3, 2);
	driver_expect_record(4);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
