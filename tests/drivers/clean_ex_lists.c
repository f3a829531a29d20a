/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Lists of version 3: without a routine, with one, in the driver's memory; parameters that do not
 * fit each other are refused without a word.
 */
#include "ex.h"

static const struct driver_part part[] = { { 0x100, 0x40 }, { 0x1000, 0x1200 } };

#define TOTAL 0x1240

static NTSTATUS get(const struct ex *x, PMDL mdl, ULONG flags, PDRIVER_LIST_CONTROL routine,
		    PVOID context, PSCATTER_GATHER_LIST *ret)
{
	return x->ops->GetScatterGatherListEx(x->adapter, x->dev->fdo[0], x->context, mdl, 0, TOTAL,
					      flags, routine, context, FALSE, NULL, NULL, ret);
}

static void use(const struct ex *x, uint8_t *buffer, PSCATTER_GATHER_LIST list)
{
	driver_need(x->dev, list != NULL, "no list");
	driver_need(x->dev, driver_list_fill(x->dev, list, 0x5A) == TOTAL, "another length");
	driver_list_put(x->adapter, list, FALSE);
	driver_need(x->dev, driver_all(buffer + 0x100, 0x5A, 0x40) &&
		    driver_all(buffer + 0x1000, 0x5A, 0x1200), "the data did not arrive");
	driver_set(buffer, 0, 3 * PAGE_SIZE);
}

void drive_clean_ex_lists(struct test_device *dev)
{
	struct ex x = ex_begin(dev, 3 * PAGE_SIZE, TRUE);
	uint8_t *buffer = driver_pages(3);
	PMDL mdl = driver_chain(dev, buffer, part, 2);
	PSCATTER_GATHER_LIST list = NULL, kept = NULL;
	KIRQL irql;

	driver_need(dev, get(&x, mdl, 0, NULL, NULL, &list) == STATUS_INVALID_PARAMETER &&
		    get(&x, mdl, DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, NULL) ==
		    STATUS_INVALID_PARAMETER, "neither a routine nor a place for the list");

	driver_need(dev, NT_SUCCESS(get(&x, mdl, DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, &list)),
		    "no list without a routine");
	x.ops->FreeAdapterObject(x.adapter, DeallocateObjectKeepRegisters);
	use(&x, buffer, list);

	get(&x, mdl, 0, driver_keep_list, &kept, NULL);
	use(&x, buffer, kept);

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	list = NULL;
	x.ops->BuildScatterGatherListEx(x.adapter, dev->fdo[0], x.context, mdl, 0, TOTAL,
					DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, FALSE, x.list,
					PAGE_SIZE, NULL, NULL, &list);
	KeLowerIrql(irql);
	driver_need(dev, list == x.list, "the list stands elsewhere");
	use(&x, buffer, list);
	x.ops->FreeAdapterObject(x.adapter, DeallocateObject);
	driver_chain_free(mdl);
	driver_pages_free(buffer, 3);
	ex_end(&x);
}
