/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Devices of a Linux kernel in the commands: alone, and beside the adapters of a region. */
#include "world.h"

static const struct dmv_adapter_fact nothing = {
	.region = DMV_NO_INDEX, .life = DMV_LIVE, .driver = DMV_NO_INDEX, .owner = DMV_NO_INDEX,
	.releaser = DMV_NO_INDEX, .max_address = DMV_NO_ADDR,
};

#define YES(v) { true, v }

struct machine {
	struct dmv_adapter_fact adapter[4];
	struct dmv_device_fact device[2];
};

static void make(struct machine *m, struct dmv_facts *f)
{
	*m = (struct machine){ .device = {
		{ .bus = "pci", .path = "pci0000:00/0000:00:02.0", .driver = YES(1), .module = "",
		  .mask = YES(UINT64_MAX), .coherent_mask = YES(0xffffffff), .bus_limit = YES(0),
		  .max_segment = YES(0x10000), .boundary = YES(0xffffffff), .min_align = YES(0),
		  .ops = "direct", .pool = 0xffffffff81000000, .pool_name = "default",
		  .vendor = YES(0x1b36), .device = YES(0x10), .class = YES(0x10802),
		  .bus_master = YES(1) },
		{ .adapter = 1, .driver = YES(0), .pool = DMV_NO_ADDR },
	} };
	m->adapter[0] = m->adapter[1] = nothing;
	m->adapter[0].handle = m->adapter[0].device = 0xffff888001000000;
	m->adapter[0].name = "0000:00:02.0";
	m->adapter[0].driver_name = "nvme";
	m->adapter[1].handle = 0xffff888002000000;
	m->adapter[1].linux_device = 1;
	*f = (struct dmv_facts){ .provider = "kernel", .adapter = m->adapter, .nadapter = 2,
				 .device = m->device, .ndevice = 2 };
}

static void alone(void)
{
	struct dmv_facts f;
	struct machine m;

	make(&m, &f);
	is(&f, "dma", 0, "Dumping all DMA adapters...\n\n"
	   "Adapter: ffff888001000000     Owner: nvme (0000:00:02.0)\n"
	   "Adapter: ffff888002000000     Owner: no driver\n", "the list");
	is(&f, "dma nvme", 0, "Adapter: ffff888001000000     Owner: nvme\n"
	   "   Device:      0000:00:02.0, bus pci\n"
	   "   Path:        pci0000:00/0000:00:02.0\n"
	   "   Driver:      nvme, built in\n"
	   "   Masks:       DMA 0xffffffffffffffff, coherent 0xffffffff\n"
	   "   Segments:    0x10000 bytes at most, within 0xffffffff\n"
	   "   Operations:  direct\n"
	   "   Bounce pool: default, ffffffff81000000\n"
	   "   PCI:         1b36:0010, class 010802\n"
	   "   Bus master:  on\n", "by the driver's name");
	is(&f, "dma 0xffff888002000000", 0, "Adapter: ffff888002000000     Owner: no driver\n"
	   "   Device:      unknown, bus unknown\n"
	   "   Masks:       DMA unknown, coherent unknown\n"
	   "   Segments:    unknown bytes at most, within unknown\n"
	   "   Operations:  unknown\n", "by address, and little known");
	has(DMV_JSON, &f, "dma 0000:00:02.0", 0, "\"mask\":\"0xffffffffffffffff\"", "all ones");
	has(DMV_JSON, &f, "dma 0000:00:02.0", 0, "\"bus_limit\":null", "no limit");
	has(DMV_TEXT, &f, "summary", 0, "Adapters:   2 live", "the summary");
}

static void beside(void)
{
	struct dmv_facts f, with;
	struct machine m;
	struct world w;

	world_make(&w, &f);
	make(&m, &with);
	memmove(m.adapter + 1, m.adapter, sizeof(m.adapter[0]));
	m.adapter[0] = w.adapter[0];
	m.adapter[0].linux_device = DMV_NO_INDEX;
	m.device[0].adapter = 1;
	f.adapter = m.adapter;
	f.nadapter = 2;
	f.device = m.device;
	f.ndevice = 1;
	has(DMV_TEXT, &f, "dma", 0, "The kernel's own devices:\nAdapter: ffff888001000000     "
	    "Owner: nvme (0000:00:02.0)\n", "behind those of a region");
	has(DMV_JSON, &f, "dma", 0, "\"region\":null,\"adapter\":\"0xffff888001000000\"",
	    "of no region");
	has(DMV_TEXT, &f, "dma 0", 0, "Owner: nvme\n   Device:", "in detail");
}

int main(void)
{
	alone();
	beside();
	return t_done();
}
