/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Lists and packets of a driver whose registers are not hooked: the device sees its own pages. */
#include "driver.h"

void drive_clean_no_shadow(struct test_device *dev)
{
	drive_clean_list_read(dev);
	drive_clean_packet_bus_master(dev);
}
