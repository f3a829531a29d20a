/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The routines of version 3 at an IRQL that their reference pages forbid. */
#include "ex.h"

#define LENGTH 0x100

struct call {
	struct ex x;
	uint8_t *buffer;
	PMDL mdl;
	PVOID base;
};

DRIVER_INLINE struct call prepare(struct test_device *dev, bool registers)
{
	struct call c = { .x = ex_begin(dev, PAGE_SIZE, TRUE), .buffer = driver_pages(1) };

	c.mdl = driver_mdl(dev, c.buffer, LENGTH);
	if (registers)
		c.base = ex_registers(&c.x, 1);
	return c;
}

DRIVER_INLINE void finish(struct call *c)
{
	if (c->base)
		ex_free(&c->x);
	IoFreeMdl(c->mdl);
	driver_pages_free(c->buffer, 1);
	ex_end(&c->x);
}

static void expect(const struct call *c, KIRQL required, KIRQL current, const char *function)
{
	driver_blame(c->x.adapter, function);
	driver_expect(3, required);
	driver_expect(4, current);
}

/* A driver that makes one call at HIGH_LEVEL; c: what is prepared. */
#define TOO_HIGH(name, registers, most, body)				\
	void drive_##name(struct test_device *dev)			\
	{								\
		struct call c = prepare(dev, registers);		\
		KIRQL irql;						\
									\
		expect(&c, most, HIGH_LEVEL, __func__);			\
		KeRaiseIrql(HIGH_LEVEL, &irql);				\
		body;							\
		KeLowerIrql(irql);					\
		finish(&c);						\
	}

TOO_HIGH(e6_13_2_info, false, DISPATCH_LEVEL,
	 DMA_ADAPTER_INFO info = { .Version = DMA_ADAPTER_INFO_VERSION1 };
	 c.x.ops->GetDmaAdapterInfo(c.x.adapter, &info))
TOO_HIGH(e6_13_2_transfer_info, false, DISPATCH_LEVEL,
	 DMA_TRANSFER_INFO info = { .Version = DMA_TRANSFER_INFO_VERSION1 };
	 c.x.ops->GetDmaTransferInfo(c.x.adapter, c.mdl, 0, LENGTH, TRUE, &info))
TOO_HIGH(e6_13_2_context, false, DISPATCH_LEVEL,
	 c.x.ops->InitializeDmaTransferContext(c.x.adapter, c.x.context))
TOO_HIGH(e6_13_2_allocate_ex, false, PASSIVE_LEVEL,
	 PHYSICAL_ADDRESS bus;
	 c.x.ops->AllocateCommonBufferEx(c.x.adapter, NULL, LENGTH, &bus, TRUE, MM_ANY_NODE_OK))
TOO_HIGH(e6_13_2_configure, true, DISPATCH_LEVEL,
	 c.x.ops->ConfigureAdapterChannel(c.x.adapter, 1, NULL))
TOO_HIGH(e6_13_2_cancel, false, DISPATCH_LEVEL,
	 c.x.ops->CancelAdapterChannel(c.x.adapter, dev->fdo[0], c.x.context))
TOO_HIGH(e6_13_2_map_ex, true, DISPATCH_LEVEL,
	 ex_map(&c.x, c.mdl, c.base, 0, LENGTH, TRUE))
TOO_HIGH(e6_13_2_get_ex, false, DISPATCH_LEVEL,
	 PSCATTER_GATHER_LIST list = NULL;
	 c.x.ops->GetScatterGatherListEx(c.x.adapter, dev->fdo[0], c.x.context, c.mdl, 0, LENGTH, 0,
					 driver_keep_list, &list, TRUE, NULL, NULL, NULL))
TOO_HIGH(e6_13_2_flush_ex, true, DISPATCH_LEVEL,
	 ex_flush(&c.x, c.mdl, c.base, 0, LENGTH, TRUE))
TOO_HIGH(e6_13_2_free_object, true, DISPATCH_LEVEL, ex_free(&c.x))
TOO_HIGH(e6_13_2_cancel_mapped, true, DISPATCH_LEVEL,
	 c.x.ops->CancelMappedTransfer(c.x.adapter, c.x.context))

TOO_HIGH(e6_13_2_bounds, false, PASSIVE_LEVEL,
	 PHYSICAL_ADDRESS bus;
	 c.x.ops->AllocateCommonBufferWithBounds(c.x.adapter, NULL, NULL, LENGTH, 0, NULL,
						 MM_ANY_NODE_OK, &bus))
TOO_HIGH(e6_13_2_domain_buffer, false, PASSIVE_LEVEL,
	 PHYSICAL_ADDRESS bus;
	 PVOID va;
	 c.x.ops->AllocateDomainCommonBuffer(c.x.adapter, dev, NULL, LENGTH, 0, NULL,
					     MM_ANY_NODE_OK, &bus, &va))
TOO_HIGH(e6_13_2_buffer_of_mdl, false, PASSIVE_LEVEL,
	 PHYSICAL_ADDRESS bus;
	 c.x.ops->CreateCommonBufferFromMdl(c.x.adapter, c.mdl, NULL, 0, &bus))
TOO_HIGH(e6_13_2_join, false, PASSIVE_LEVEL, c.x.ops->JoinDmaDomain(c.x.adapter, dev))
TOO_HIGH(e6_13_2_leave, false, PASSIVE_LEVEL, c.x.ops->LeaveDmaDomain(c.x.adapter))
TOO_HIGH(e6_13_2_domain, false, PASSIVE_LEVEL, c.x.ops->GetDmaDomain(c.x.adapter))

void drive_e6_13_1_channel_ex(struct test_device *dev)
{
	struct call c = prepare(dev, false);

	expect(&c, DISPATCH_LEVEL, PASSIVE_LEVEL, __func__);
	c.x.ops->AllocateAdapterChannelEx(c.x.adapter, dev->fdo[0], c.x.context, 1,
					  DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, &c.base);
	finish(&c);
}

void drive_e6_13_1_build_ex(struct test_device *dev)
{
	struct call c = prepare(dev, false);
	PSCATTER_GATHER_LIST list = NULL;

	expect(&c, DISPATCH_LEVEL, PASSIVE_LEVEL, __func__);
	c.x.ops->BuildScatterGatherListEx(c.x.adapter, dev->fdo[0], c.x.context, c.mdl, 0, LENGTH,
					  0, driver_keep_list, &list, TRUE, c.x.list, PAGE_SIZE,
					  NULL, NULL, NULL);
	finish(&c);
}
