/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Sets PAGES_LOCKED in an MDL of nonpaged pool "to be on the safe side". */
#include "driver.h"

void drive_x2_mangled_mdl(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, PAGE_SIZE);
	PSCATTER_GATHER_LIST list;

	mdl->MdlFlags |= MDL_PAGES_LOCKED;
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)mdl);
	driver_expect(3, (uint16_t)mdl->MdlFlags);
	driver_expect(4, MDL_PAGES_LOCKED);
	list = driver_list(dev, adapter, mdl, buffer, PAGE_SIZE, TRUE);
	driver_list_put(adapter, list, TRUE);
	mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
