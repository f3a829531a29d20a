/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Flushes the caches in its interrupt routine: the reference page names no IRQL. */
#include "ex.h"

void drive_e6_14_flush_at_high(struct test_device *dev)
{
	struct ex x = ex_begin(dev, PAGE_SIZE, TRUE);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, PAGE_SIZE);
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	x.ops->FlushDmaBuffer(x.adapter, mdl, TRUE);
	KeLowerIrql(irql);
	driver_blame(x.adapter, __func__);
	driver_expect(2, DISPATCH_LEVEL);
	driver_expect(3, HIGH_LEVEL);
	KeRaiseIrql(HIGH_LEVEL, &irql);
	x.ops->FlushDmaBuffer(x.adapter, mdl, TRUE);
	KeLowerIrql(irql);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	ex_end(&x);
}
