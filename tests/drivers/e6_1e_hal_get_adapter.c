/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Code of the NT 4 days: HalGetAdapter instead of IoGetDmaAdapter. */
#include "driver.h"

void drive_e6_1e_hal_get_adapter(struct test_device *dev)
{
	DEVICE_DESCRIPTION description;
	ULONG granted = 0;

	(void)dev;
	driver_describe(&description, PAGE_SIZE, FALSE);
	driver_blame(NULL, __func__);
	HalGetAdapter(&description, &granted);
}
