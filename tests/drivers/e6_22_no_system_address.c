/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Locks the user buffer, but never asks for its system address, which the copy needs. */
#include "driver.h"

void drive_e6_22_no_system_address(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *user = driver_pages(1);
	PMDL mdl = IoAllocateMdl(user, PAGE_SIZE, FALSE, FALSE, NULL);
	PSCATTER_GATHER_LIST list;

	driver_need(dev, mdl != NULL, "no MDL");
	MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)mdl);
	list = driver_list(dev, adapter, mdl, user, PAGE_SIZE, TRUE);
	driver_list_put(adapter, list, TRUE);
	MmUnlockPages(mdl);
	IoFreeMdl(mdl);
	driver_pages_free(user, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
