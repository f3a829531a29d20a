/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Stop and remove both free the command ring; stop forgets to say that it did. */
#include "driver.h"

#define RING 0x1000

struct nic {
	PDMA_ADAPTER adapter;
	PVOID ring;
	PHYSICAL_ADDRESS ring_bus;
};

static void free_ring(struct nic *nic)
{
	nic->adapter->DmaOperations->FreeCommonBuffer(nic->adapter, RING, nic->ring_bus, nic->ring,
						      TRUE);
}

void drive_e6_03_double_free(struct test_device *dev)
{
	ULONG granted;
	struct nic nic = { .adapter = driver_adapter(dev, RING, TRUE, &granted) };

	nic.ring = nic.adapter->DmaOperations->AllocateCommonBuffer(nic.adapter, RING,
								    &nic.ring_bus, TRUE);
	driver_need(dev, nic.ring != NULL, "no common buffer");
	device_stop(dev);
	free_ring(&nic);
	driver_blame(nic.adapter, "free_ring");
	driver_expect(2, 1);
	free_ring(&nic);
	nic.adapter->DmaOperations->PutDmaAdapter(nic.adapter);
}
