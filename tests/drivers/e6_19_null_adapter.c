/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Stop clears the pointer to the adapter; the clean-up uses it once more. */
#include "driver.h"

struct disk {
	PDMA_ADAPTER adapter;
	const DMA_OPERATIONS *operations;
	PVOID table;
	PHYSICAL_ADDRESS table_bus;
};

static void free_table(struct disk *disk)
{
	driver_blame(NULL, __func__);
	disk->operations->FreeCommonBuffer(disk->adapter, PAGE_SIZE, disk->table_bus, disk->table,
					   TRUE);
}

static void stop(struct disk *disk)
{
	disk->operations->PutDmaAdapter(disk->adapter);
	disk->adapter = NULL;
}

void drive_e6_19_null_adapter(struct test_device *dev)
{
	ULONG granted;
	struct disk disk = { .adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted) };

	disk.operations = disk.adapter->DmaOperations;
	device_stop(dev);
	stop(&disk);
	free_table(&disk);
}
