/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* e6_15_over_maximum where the verifier is told to take the rule seriously. */
#include "driver.h"

void drive_e6_15_strict(struct test_device *dev)
{
	drive_e6_15_over_maximum(dev);
}
