/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Bounce pools of a Linux kernel in the commands. */
#include "world.h"

#define YES(v) { true, v }
#define NO UINT64_MAX

struct machine {
	struct dmv_adapter_fact adapter[2];
	struct dmv_device_fact device[2];
	struct dmv_pool_fact pool[2];
	struct dmv_bounce_fact bounce[2];
	struct dmv_slot_fact slot[4];
};

static const struct dmv_adapter_fact nothing = {
	.region = DMV_NO_INDEX, .life = DMV_LIVE, .driver = DMV_NO_INDEX, .owner = DMV_NO_INDEX,
	.releaser = DMV_NO_INDEX, .max_address = DMV_NO_ADDR,
};

static void make(struct machine *m, struct dmv_facts *f)
{
	*m = (struct machine){
		.device = { { .driver = YES(1), .bus_master = YES(1), .pool = 0xffffffff82000000 },
			    { .adapter = 1, .driver = YES(1), .pool = 0xffff888003000000,
			      .pool_name = "restricted", .bounce_pool = 1 } },
		.pool = { { .handle = 0xffffffff82000000, .name = "default", .users = 1,
			    .adapter = DMV_NO_INDEX, .slots = 64, .in_use = 4, .mappings = 2,
			    .used = YES(4), .high = YES(40), .force = YES(1) },
			  { .handle = 0xffff888003000000, .name = "restricted", .users = 1,
			    .adapter = 1, .slots = 16, .in_use = 3, .mappings = 2,
			    .restricted = YES(1) } },
		.bounce = { { .adapter = DMV_NO_INDEX, .record = 1, .start = 0x1000000,
			      .bytes = 0x20000, .slots = 64, .in_use = 4, .used = YES(4) },
			    { .pool = 1, .adapter = DMV_NO_INDEX, .start = 0x2000000,
			      .bytes = 0x8000, .slots = 16, .in_use = 3 } },
		.slot = { { .adapter = DMV_NO_INDEX, .first = 2, .count = 3, .addr = 0x1001000,
			    .original = 0x555000, .bytes = 0x1200, .exact = true },
			  { .adapter = DMV_NO_INDEX, .first = 9, .count = 1, .addr = 0x1004800,
			    .original = NO, .bytes = 512, .exact = true },
			  { .pool = 1, .bounce = 1, .adapter = 1, .said = DMV_SAID_POOL,
			    .first = 0, .count = 2, .addr = 0x2000000, .original = NO,
			    .bytes = 4096, .exact = true },
			  { .pool = 1, .bounce = 1, .adapter = 1, .said = DMV_SAID_POOL,
			    .first = 2, .count = 1, .addr = 0x2001100, .original = 0x9100,
			    .bytes = 64 } },
	};
	m->adapter[0] = m->adapter[1] = nothing;
	m->adapter[0].handle = 0xffff888001000000;
	m->adapter[0].name = "0000:00:02.0";
	m->adapter[0].driver_name = "nvme";
	m->adapter[1].handle = 0xffff888002000000;
	m->adapter[1].name = "0000:00:03.0";
	m->adapter[1].driver_name = "wlan";
	m->adapter[1].linux_device = 1;
	*f = (struct dmv_facts){ .provider = "kernel", .adapter = m->adapter, .nadapter = 2,
				 .device = m->device, .ndevice = 2, .pool = m->pool, .npool = 2,
				 .bounce = m->bounce, .nbounce = 2, .slot = m->slot, .nslot = 4 };
}

static void command(void)
{
	struct dmv_facts f;
	struct machine m;

	make(&m, &f);
	is(&f, "bounce", 0,
	   "POOL              KIND        SLOTS  IN USE  FULL  MOST  MAPPINGS  DEVICES  FORCED\n"
	   "ffffffff82000000  default        64       4  6 %     40         2        1  yes\n"
	   "ffff888003000000  restricted     16       3  18 %     -         2        1  -\n"
	   "\n"
	   "POOL              START    END      SLOTS  IN USE  MADE FOR\n"
	   "ffffffff82000000  1000000  1020000     64       4  -\n"
	   "ffff888003000000  2000000  2008000     16       3  -\n"
	   "\n"
	   "HOLDER        DRIVER  ADAPTER           MAPPINGS  SLOTS   BYTES  SHARE\n"
	   "unknown       -       -                        2      4  0x1400  57 %\n"
	   "0000:00:03.0  wlan    ffff888002000000         2      3  0x1040  42 %\n"
	   "\n"
	   "MAY HOLD      DRIVER  ADAPTER\n"
	   "0000:00:02.0  nvme    ffff888001000000\n",
	   "pools and who holds them");
	has(DMV_TEXT, &f, "bounce -a", 0,
	    "1001000  555000    0x1200      3  mapped         -", "a mapping");
	has(DMV_TEXT, &f, "bounce -a", 0,
	    "1004800  -          0x200      1  in transition  -", "one that is being made");
	has(DMV_TEXT, &f, "bounce wlan", 0,
	    "2000000  -         0x1000      2  common buffer  0000:00:03.0\n"
	    "2001100  9100        0x40      1  mapped         0000:00:03.0\n", "of one device");
	has(DMV_JSON, &f, "bounce wlan", 0, "\"bounce\":\"0x2001100\",\"exact\":false,"
	    "\"original\":\"0x9100\",\"length\":64,\"first\":2,\"slots\":1", "as JSON");
	has(DMV_JSON, &f, "bounce wlan", 0, "\"said\":\"the pool's only device\"", "who says so");
	m.pool[0].unread = 60;
	m.pool[0].used.value = 9;
	has(DMV_TEXT, &f, "bounce", 0, "64       4  14 %", "by the counters, if slots are lost");
	f.npool = f.nslot = f.nbounce = 0;
	is(&f, "bounce", 0, "No bounce pools: a Linux kernel has them, if it was built with "
	   "swiotlb.\n", "none");
}

static void elsewhere(void)
{
	struct dmv_facts f;
	struct machine m;

	make(&m, &f);
	has(DMV_TEXT, &f, "summary", 0, "Bounced:    4 of 64 slots in use (6 %), mappings 2, "
	    "pool: default\n            40 slots at most\nBounced:    3 of 16", "in the summary");
	has(DMV_TEXT, &f, "dma wlan", 0, "   Bounce pool: restricted, ", "a device's pool");
	has(DMV_TEXT, &f, "dma wlan", 0, "   Its slots:   3 of 16 in use\n", "and how full");
}

static void who(void)
{
	struct dmv_facts f;
	struct machine m;

	make(&m, &f);
	has(DMV_TEXT, &f, "who 1001010", 0, "bounce buffer  1001000  555000    0x1200   +0x10  "
	    "mapped  -\n", "who has a bounce buffer");
	has(DMV_TEXT, &f, "who 556000", 0, "bounced memory  1001000  555000    0x1200  +0x1000  "
	    "mapped  -\n", "who has memory that is bounced");
	has(DMV_TEXT, &f, "who 2001080", 0, "its slots  2001100  9100        0x40   +0x80  "
	    "mapped  0000:00:03.0\n", "in its slot, no matter where");
	has(DMV_TEXT, &f, "who 2002000", 0, "bounce pool  2000000  -         0x8000  +0x2000  "
	    "free   -\n", "a slot that is free");
	has(DMV_TEXT, &f, "who 9999999", 0, "No DMA object owns or owned 9999999", "none");
	m.slot[0].bytes = UINT64_MAX - 1;
	has(DMV_TEXT, &f, "who 5557ffff", 0, "No DMA object owns", "a length that is a lie");
}

static void findings(void)
{
	struct dmv_facts f;
	struct machine m;

	make(&m, &f);
	m.pool[1].in_use = 16;
	m.slot[2].count = 15;
	has(DMV_TEXT, &f, "bounce", 1, "the bounce pool is full (certain): ffff888003000000\n"
	    "Why: All its slots", "a full pool");
	has(DMV_TEXT, &f, "analyze", 1, "the bounce pool is full", "the verdict");
	has(DMV_TEXT, &f, "analyze", 1, "0000:00:03.0", "names the device");
	has(DMV_TEXT, &f, "analyze", 1, "wlan", "and its driver");
	has(DMV_TEXT, &f, "analyze", 1, "16 of 16 slots in use (100 %)", "and the slots");
	m.slot[2].adapter = m.slot[3].adapter = DMV_NO_INDEX;
	m.device[1].bus_master = (struct dmv_known)YES(1);
	has(DMV_TEXT, &f, "analyze", 1, "MAY HOLD      DRIVER  ADAPTER\n0000:00:03.0  wlan",
	    "who may hold them, where nobody knows");
	m.slot[2].adapter = m.slot[3].adapter = 1;
	has(DMV_JSON, &f, "analyze", 1, "\"mappings\":2,\"slots\":16", "as JSON");
	has(DMV_TEXT, &f, "summary", 0, "1  the bounce pool is full", "in the summary");
	m.pool[1].grows = (struct dmv_known)YES(1);
	has(DMV_TEXT, &f, "bounce", 0, "restricted     16      16  100 %", "a pool that grows");
	make(&m, &f);
	m.pool[0].in_use = 56;
	has(DMV_TEXT, &f, "bounce", 1, "nearly full (likely): ffffffff82000000", "nearly full");
	m.pool[0].in_use = 55;
	has(DMV_TEXT, &f, "bounce", 0, "default        64      55  85 %", "not so full");
	m.pool[0].high.value = 64;
	has(DMV_TEXT, &f, "bounce", 1, "the bounce pool was full once (certain)", "was full");
	make(&m, &f);
	m.slot[0].unbooked = true;
	has(DMV_TEXT, &f, "bounce -a", 0, "3  in transition  -", "not on dma-debug's books");
	has(DMV_TEXT, &f, "bounce", 0, "note: 1 mappings are in transition and no finding",
	    "which is said");
}

int main(void)
{
	who();
	findings();
	command();
	elsewhere();
	return t_done();
}
