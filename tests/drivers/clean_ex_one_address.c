/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Version 3 for a device without scatter/gather: one element a map, that spans MDLs where they join
 * at a page's end and stops where they do not.
 */
#include "ex.h"

static const struct driver_part part[] = {
	{ 0x0800, 0x800 }, { 0x3000, 0x1800 }, { 0x5400, 0x100 },
};

#define PAGES 6
#define JOINED 0x2000
#define TOTAL (JOINED + 0x100)

void drive_clean_ex_one_address(struct test_device *dev)
{
	struct ex x = ex_begin(dev, PAGES * PAGE_SIZE, FALSE);
	uint8_t *buffer = driver_pages(PAGES);
	PMDL mdl = driver_chain(dev, buffer, part, 3);
	PVOID base = ex_registers(&x, x.granted);
	ULONG length = ex_map(&x, mdl, base, 0, TOTAL, FALSE);

	driver_need(dev, length == JOINED && x.list->NumberOfElements == 1, "not what joins");
	device_fill(dev, driver_list_bus(x.list, 0), 0x5A, length);
	ex_flush(&x, mdl, base, 0, length, FALSE);
	length = ex_map(&x, mdl, base, JOINED, TOTAL - JOINED, FALSE);
	driver_need(dev, length == TOTAL - JOINED, "not the rest");
	device_fill(dev, driver_list_bus(x.list, 0), 0x5A, length);
	ex_flush(&x, mdl, base, JOINED, length, FALSE);
	ex_free(&x);
	driver_need(dev, driver_all(buffer + 0x0800, 0x5A, 0x800) &&
		    driver_all(buffer + 0x3000, 0x5A, 0x1800) &&
		    driver_all(buffer + 0x5400, 0x5A, 0x100), "the data did not arrive");
	driver_chain_free(mdl);
	driver_pages_free(buffer, PAGES);
	ex_end(&x);
}
