/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A fence in locked memory: the device writes it through a list that stays mapped for good, and the
 * driver polls its own page. Under the verifier the device writes the shadow, which nobody copies.
 */
#include "driver.h"

#define FENCE 0x40
#define POLLS 1000000

static bool fence_reached(const uint8_t *page)
{
	for (unsigned long i = 0; i < POLLS; i++)
		if (driver_all(page + FENCE, 0xAB, 1))
			return true;
	return false;
}

void drive_case_003(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *page = driver_pages(1);
	PMDL mdl = driver_mdl(dev, page, PAGE_SIZE);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, page, PAGE_SIZE, FALSE);

	driver_blame(adapter, __func__);
	driver_address((uintptr_t)page + FENCE);
	device_fill(dev, driver_list_bus(list, FENCE), 0xAB, 1);
	driver_log("waiting for the fence");
	if (!fence_reached(page))
		driver_give_up(dev, "the fence was never reached");
	driver_list_put(adapter, list, FALSE);
	IoFreeMdl(mdl);
	driver_pages_free(page, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
