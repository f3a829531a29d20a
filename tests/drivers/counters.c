/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Drivers that read the performance counter of a machine whose counter is broken, or nearly. */
#include "driver.h"

#define START UINT64_C(0x123456789)
#define LEEWAY 1000000                          /* a millisecond of 1 GHz */

DRIVER_INLINE void counts(struct test_device *dev, uint64_t value)
{
	LARGE_INTEGER hz, now;

	dev->simulator->counter(dev, value);
	now = KeQueryPerformanceCounter(&hz);
	driver_need(dev, hz.QuadPart == 1000000000 && (uint64_t)now.QuadPart == value,
		    "not what the counter says");
}

void drive_e6_01_counter_back(struct test_device *dev)
{
	counts(dev, START);
	driver_blame(NULL, __func__);
	driver_expect(2, START);
	driver_expect(3, START - 1);
	counts(dev, START - 1);
}

void drive_e6_02_counter_jumps(struct test_device *dev)
{
	counts(dev, START);
	driver_blame(NULL, __func__);
	driver_expect(2, START + UINT64_C(1000000000000));
	driver_expect_limit(3, START + LEEWAY);
	counts(dev, START + UINT64_C(1000000000000));
}

/* Nothing passes; then a millisecond passes in no time; and what was lost is not made up for. */
void drive_clean_counter(struct test_device *dev)
{
	counts(dev, START);
	counts(dev, START);
	counts(dev, START + LEEWAY);
	counts(dev, START + 2 * LEEWAY);
	driver_need(dev, KeQueryPerformanceCounter(NULL).QuadPart == START + 2 * LEEWAY,
		    "not the counter without its frequency");
}
