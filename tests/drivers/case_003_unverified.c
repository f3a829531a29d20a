/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Why its author believes that the driver is right: without verification nothing is copied. */
#include "driver.h"

void drive_case_003_unverified(struct test_device *dev)
{
	drive_case_003(dev);
}
