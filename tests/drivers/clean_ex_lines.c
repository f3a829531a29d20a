/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A device that does not see the caches: starts and lengths are whole lines, by what it is told. */
#include "ex.h"

void drive_clean_ex_lines(struct test_device *dev)
{
	uint8_t *buffer = driver_pages(1);
	struct ex x;
	PMDL mdl;
	PVOID base;
	ULONG line;

	dev->pdo->DmvCacheLine = 64;
	x = ex_begin(dev, PAGE_SIZE, TRUE);
	line = x.ops->GetDmaAlignment(x.adapter);
	driver_need(dev, line == 64, "another alignment than the line");
	mdl = driver_mdl(dev, buffer + line, 3 * line);
	base = ex_registers(&x, 1);
	driver_need(dev, ex_map(&x, mdl, base, line, 2 * line, FALSE) == 2 * line, "no map");
	driver_list_fill(dev, x.list, 0x5A);
	ex_flush(&x, mdl, base, line, 2 * line, FALSE);
	ex_free(&x);
	driver_need(dev, driver_all(buffer + 2 * line, 0x5A, 2 * line), "the data did not arrive");
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	ex_end(&x);
}
