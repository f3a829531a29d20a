/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * MDLs that contradict themselves, one way each. Each driver spoils one good MDL, maps it, and has
 * it repaired afterwards.
 */
#include "driver.h"

struct spoilt {
	PDMA_ADAPTER adapter;
	uint8_t *buffer;
	PMDL mdl;
};

static struct spoilt good(struct test_device *dev, PDMA_ADAPTER adapter)
{
	struct spoilt s = { .adapter = adapter, .buffer = driver_pages(2) };

	s.mdl = driver_mdl(dev, s.buffer, PAGE_SIZE);
	return s;
}

/* Inlined: the driver's own function is blamed. `wrong`: the flags that are wrong or missing. */
DRIVER_INLINE void map(struct test_device *dev, struct spoilt *s, unsigned int wrong,
		       const char *function)
{
	const MDL before = *s->mdl;
	PSCATTER_GATHER_LIST list;

	driver_blame(s->adapter, function);
	driver_expect(2, (uintptr_t)s->mdl);
	driver_expect(3, (uint16_t)s->mdl->MdlFlags);
	driver_expect(4, wrong);
	list = driver_list(dev, s->adapter, s->mdl, MmGetMdlVirtualAddress(s->mdl), 0x100, TRUE);
	driver_list_put(s->adapter, list, TRUE);
	*s->mdl = before;
	s->mdl->Next = NULL;
	IoFreeMdl(s->mdl);
	driver_pages_free(s->buffer, 2);
	s->adapter->DmaOperations->PutDmaAdapter(s->adapter);
}

void drive_x2_no_system_address(struct test_device *dev)
{
	ULONG granted;
	struct spoilt s = good(dev, driver_adapter(dev, PAGE_SIZE, TRUE, &granted));

	s.mdl->MappedSystemVa = NULL;
	s.mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
	map(dev, &s, MDL_MAPPED_TO_SYSTEM_VA, __func__);
}

void drive_x2_not_partial(struct test_device *dev)
{
	ULONG granted;
	struct spoilt s = good(dev, driver_adapter(dev, PAGE_SIZE, TRUE, &granted));

	s.mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
	map(dev, &s, MDL_PARTIAL, __func__);
}

void drive_x2_offset(struct test_device *dev)
{
	ULONG granted;
	struct spoilt s = good(dev, driver_adapter(dev, PAGE_SIZE, TRUE, &granted));

	s.mdl->ByteOffset += PAGE_SIZE;
	map(dev, &s, MDL_ALLOCATED_FIXED_SIZE, __func__);
}

void drive_x2_start(struct test_device *dev)
{
	ULONG granted;
	struct spoilt s = good(dev, driver_adapter(dev, PAGE_SIZE, TRUE, &granted));

	s.mdl->StartVa = s.buffer + 0x10;
	map(dev, &s, MDL_ALLOCATED_FIXED_SIZE, __func__);
}

void drive_x2_size(struct test_device *dev)
{
	ULONG granted;
	struct spoilt s = good(dev, driver_adapter(dev, PAGE_SIZE, TRUE, &granted));

	s.mdl->ByteCount += PAGE_SIZE;
	map(dev, &s, MDL_ALLOCATED_FIXED_SIZE, __func__);
}

void drive_x2_chain_loops(struct test_device *dev)
{
	ULONG granted;
	struct spoilt s = good(dev, driver_adapter(dev, PAGE_SIZE, TRUE, &granted));

	s.mdl->Next = s.mdl;
	map(dev, &s, MDL_NETWORK_HEADER, __func__);
}
