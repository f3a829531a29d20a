/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Everything is given back when the device goes, but not the adapter itself. */
#include "driver.h"

void drive_x1_adapter_leaked(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);

	device_stop(dev);
	driver_blame(adapter, "");
	driver_expect(2, (uintptr_t)adapter);
	driver_expect_code(3, drive_x1_adapter_leaked);
	driver_expect_record(4);
}
