/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Common buffers of version 3, between bounds and of a domain that two adapters are in. */
#include "ex.h"

#define BYTES 0x2000

static void use(const struct ex *x, uint8_t *va, PHYSICAL_ADDRESS bus, BOOLEAN cached)
{
	driver_need(x->dev, va != NULL, "no buffer");
	device_fill(x->dev, (uint64_t)bus.QuadPart, 0x5A, BYTES);
	driver_need(x->dev, driver_all(va, 0x5A, BYTES), "the data did not arrive");
	x->ops->FreeCommonBuffer(x->adapter, BYTES, bus, va, cached);
}

static void bounds(const struct ex *x)
{
	PHYSICAL_ADDRESS low = { .QuadPart = 0x1000 }, high = { .QuadPart = 0x7FFFFFFF }, bus;
	MEMORY_CACHING_TYPE cache = MmNonCached;

	use(x, x->ops->AllocateCommonBufferEx(x->adapter, &high, BYTES, &bus, TRUE, MM_ANY_NODE_OK),
	    bus, TRUE);
	use(x, x->ops->AllocateCommonBufferWithBounds(x->adapter, &low, &high, BYTES, 0, &cache,
						      MM_ANY_NODE_OK, &bus), bus, FALSE);
	driver_need(x->dev, !x->ops->AllocateCommonBufferEx(x->adapter, &low, BYTES, &bus, TRUE,
							    MM_ANY_NODE_OK), "below 4096");
	low.QuadPart = 0x7FFFFFFFFFFFF000;
	driver_need(x->dev, !x->ops->AllocateCommonBufferWithBounds(x->adapter, &low, NULL, BYTES,
								    0, NULL, MM_ANY_NODE_OK, &bus),
		    "above all memory");
	cache = MmWriteCombined;
	driver_need(x->dev, !x->ops->AllocateCommonBufferWithBounds(x->adapter, NULL, NULL, BYTES,
								    0, &cache, MM_ANY_NODE_OK,
								    &bus),
		    "of a cache type that cannot be had");
}

void drive_clean_bounds(struct test_device *dev)
{
	struct ex x = ex_begin(dev, BYTES, TRUE), y = ex_begin(dev, BYTES, TRUE);
	const HANDLE domain = x.ops->GetDmaDomain(x.adapter);
	PHYSICAL_ADDRESS bus;
	PVOID va = NULL;

	bounds(&x);
	driver_need(dev, y.ops->GetDmaDomain(y.adapter) != domain, "both in one domain");
	driver_need(dev, y.ops->LeaveDmaDomain(y.adapter) == STATUS_INVALID_DEVICE_STATE,
		    "left its own domain");
	driver_need(dev, NT_SUCCESS(y.ops->JoinDmaDomain(y.adapter, domain)) &&
		    y.ops->GetDmaDomain(y.adapter) == domain, "not in the domain");
	driver_need(dev, y.ops->JoinDmaDomain(y.adapter, domain) == STATUS_INVALID_DEVICE_STATE,
		    "joined twice");
	driver_need(dev, NT_SUCCESS(y.ops->AllocateDomainCommonBuffer(
			y.adapter, domain, NULL, BYTES, 0, NULL, MM_ANY_NODE_OK, &bus, &va)),
		    "no buffer of the domain");
	use(&y, va, bus, TRUE);
	driver_need(dev, NT_SUCCESS(y.ops->LeaveDmaDomain(y.adapter)), "still in the domain");
	ex_end(&y);
	ex_end(&x);
}
