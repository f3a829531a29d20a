/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Version 2: asks how large a list will be, builds it in memory of its own, uses all of what was
 * granted; what does not fit is refused without a word.
 */
#include "driver.h"

#define OFFSET 0x234
#define LENGTH 0x3000                   /* touches four pages: the five registers leave one */

struct list {
	struct test_device *dev;
	PDMA_ADAPTER adapter;
	PMDL mdl;
	void *memory;
	ULONG bytes;
};

static NTSTATUS build(const struct list *l, PVOID va, ULONG length, ULONG bytes, BOOLEAN to_device,
		      PSCATTER_GATHER_LIST *ret)
{
	NTSTATUS status;
	KIRQL irql;

	*ret = NULL;
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	status = l->adapter->DmaOperations->BuildScatterGatherList(
		l->adapter, l->dev->fdo[0], l->mdl, va, length, driver_keep_list, ret, to_device,
		l->memory, bytes);
	KeLowerIrql(irql);
	return status;
}

static void calculate(struct list *l, PVOID va)
{
	const PDMA_OPERATIONS ops = l->adapter->DmaOperations;
	ULONG most, registers;

	driver_need(l->dev, NT_SUCCESS(ops->CalculateScatterGatherList(
			l->adapter, l->mdl, va, LENGTH, &l->bytes, &registers)), "no size");
	driver_need(l->dev, registers == 4, "another number of registers");
	driver_need(l->dev, NT_SUCCESS(ops->CalculateScatterGatherList(
			l->adapter, NULL, va, LENGTH, &most, NULL)), "no size without an MDL");
	driver_need(l->dev, most >= l->bytes, "the most is less than the size");
	driver_need(l->dev, ops->CalculateScatterGatherList(l->adapter, NULL, va, 6 * PAGE_SIZE,
							    &most, NULL) ==
		    STATUS_INSUFFICIENT_RESOURCES, "more registers than there are");
	driver_need(l->dev, ops->CalculateScatterGatherList(l->adapter, l->mdl, va, LENGTH + 0xE00,
							    &most, NULL) ==
		    STATUS_BUFFER_TOO_SMALL, "more bytes than the MDL has");
}

static void use(const struct list *l, uint8_t *va, BOOLEAN to_device, uint8_t byte)
{
	PSCATTER_GATHER_LIST list;
	uint8_t first = 0;

	driver_set(va, to_device ? byte : 0, LENGTH);
	driver_need(l->dev, build(l, va, LENGTH, l->bytes - 1, to_device, &list) ==
		    STATUS_BUFFER_TOO_SMALL && !list, "a list in too little memory");
	driver_need(l->dev, NT_SUCCESS(build(l, va, LENGTH, l->bytes, to_device, &list)),
		    "no list");
	driver_need(l->dev, list == l->memory, "the list stands elsewhere");
	if (to_device) {
		device_read(l->dev, driver_list_bus(list, LENGTH - 1), &first, 1);
		driver_need(l->dev, first == byte, "the device reads something else");
	} else {
		driver_need(l->dev, driver_list_fill(l->dev, list, byte) == LENGTH,
			    "the list has another length");
	}
	driver_list_put(l->adapter, list, to_device);
	driver_need(l->dev, driver_all(va, byte, LENGTH), "the data did not arrive");
}

void drive_clean_build_list(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter_of(dev, DEVICE_DESCRIPTION_VERSION2, 4 * PAGE_SIZE,
						 TRUE, &granted);
	uint8_t *buffer = driver_pages(4);
	struct list l = { .dev = dev, .adapter = adapter, .memory = driver_pages(1) };

	l.mdl = driver_mdl(dev, buffer + OFFSET, LENGTH);
	calculate(&l, buffer + OFFSET);
	use(&l, buffer + OFFSET, FALSE, 0x5A);
	use(&l, buffer + OFFSET, TRUE, 0xA5);
	IoFreeMdl(l.mdl);
	driver_pages_free(l.memory, 1);
	driver_pages_free(buffer, 4);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
