/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Makes a common buffer of locked pages that nobody mapped into system space. */
#include "ex.h"

void drive_e6_22_buffer_of_mdl(struct test_device *dev)
{
	struct ex x = ex_begin(dev, PAGE_SIZE, TRUE);
	uint8_t *user = driver_pages(1);
	PMDL mdl = IoAllocateMdl(user, PAGE_SIZE, FALSE, FALSE, NULL);
	PHYSICAL_ADDRESS bus;

	driver_need(dev, mdl != NULL, "no MDL");
	MmProbeAndLockPages(mdl, UserMode, IoModifyAccess);
	driver_blame(x.adapter, __func__);
	driver_expect(2, (uintptr_t)mdl);
	x.ops->CreateCommonBufferFromMdl(x.adapter, mdl, NULL, 0, &bus);
	MmUnlockPages(mdl);
	IoFreeMdl(mdl);
	driver_pages_free(user, 1);
	ex_end(&x);
}
