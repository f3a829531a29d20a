/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Chains the MDL of a user buffer behind its own header, and forgets to lock the user's pages. */
#include "driver.h"

void drive_e6_0e_chain(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 2 * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(2);
	PMDL header = driver_mdl(dev, buffer, 64);
	PMDL user = IoAllocateMdl(buffer + PAGE_SIZE, 1500, FALSE, FALSE, NULL);
	PSCATTER_GATHER_LIST list;

	driver_need(dev, user != NULL, "no MDL");
	header->Next = user;
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)user);
	list = driver_list(dev, adapter, header, buffer, 64 + 1500, TRUE);
	driver_list_put(adapter, list, TRUE);
	driver_chain_free(header);
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
