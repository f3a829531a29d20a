/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Devices of a Linux kernel that can do DMA, as adapters: all that devices_kset lists and that are
 * on a bus and have a dma_mask (drivers/base/core.c). A device that is being made or removed may
 * lack anything.
 */
#include <inttypes.h>
#include <stdio.h>

#include "linux.h"
#include "mem_int.h"

enum {
	PARENTS_MAX = 32,
	PATH_MAX_BYTES = 256,
	COMMAND_MASTER = 4,             /* PCI_COMMAND_MASTER, include/uapi/linux/pci_regs.h */
};

struct work {
	struct dmv_linux *l;
	uint64_t top;                   /* kobject of /sys/devices */
	uint64_t default_pool, machine_ops;
	bool no_memory;
};

/* ---- where it hangs ---- */

/* As below /sys/devices, which is the kobject at `top`. NULL: not all of it is known. */
static const char *path(struct dmv_linux *l, uint64_t kobj, uint64_t top)
{
	char buf[PATH_MAX_BYTES];
	size_t at = sizeof(buf);

	for (unsigned i = 0; kobj && kobj != top && i < PARENTS_MAX; i++) {
		const char *name = dmv_linux_text(l, kobj, DMV_L_KOBJ_NAME);
		const size_t n = name ? strlen(name) : 0;

		if (!n || n + 1 > at || !dmv_linux_get(l, kobj, DMV_L_KOBJ_PARENT, &kobj))
			return NULL;
		at -= n;
		memcpy(buf + at, name, n);
		buf[--at] = '/';
	}
	return kobj == top ? dmv_arena_text(l->f, buf + at + 1, sizeof(buf) - at - 1) : NULL;
}

static void driver(struct dmv_linux *l, uint64_t dev, struct dmv_adapter_fact *a,
		   struct dmv_device_fact *d)
{
	uint64_t drv, module;

	if (!dmv_linux_get(l, dev, DMV_L_DEV_DRIVER, &drv))
		return;
	d->driver = (struct dmv_known){ true, drv };
	if (!drv)
		return;
	a->driver_name = dmv_linux_text(l, drv, DMV_L_DRIVER_NAME);
	if (dmv_linux_get(l, drv, DMV_L_DRIVER_OWNER, &module))
		d->module = module ? dmv_linux_text(l, module, DMV_L_MODULE_NAME) : "";
}

/* ---- what it may ---- */

static void limits(struct dmv_linux *l, uint64_t dev, struct dmv_device_fact *d)
{
	uint64_t parms;

	d->coherent_mask = dmv_linux_know(l, dev, DMV_L_DEV_COHERENT_MASK);
	d->bus_limit = dmv_linux_know(l, dev, DMV_L_DEV_BUS_LIMIT);
	if (!dmv_linux_get(l, dev, DMV_L_DEV_PARMS, &parms))
		return;
	if (!parms) {                   /* dma_get_max_seg_size() and its like say so then */
		d->max_segment = (struct dmv_known){ true, 65536 };
		d->boundary = (struct dmv_known){ true, UINT32_MAX };
		d->min_align = (struct dmv_known){ true, 0 };
		return;
	}
	d->max_segment = dmv_linux_know(l, parms, DMV_L_PARMS_SEGMENT);
	if (d->max_segment.known && !d->max_segment.value)
		d->max_segment.value = 65536;
	d->boundary = dmv_linux_know(l, parms, DMV_L_PARMS_BOUNDARY);
	if (d->boundary.known && !d->boundary.value)
		d->boundary.value = UINT32_MAX;
	d->min_align = dmv_linux_know(l, parms, DMV_L_PARMS_ALIGN);
}

/* ---- who maps for it ---- */

static const char *symbol_at(struct dmv_linux *l, uint64_t at)
{
	struct dmv_place p;
	char text[24];

	if (dmv_names_place(l->n, at, &p) && !p.offset && p.function[0])
		return dmv_arena_text(l->f, p.function, strlen(p.function));
	snprintf(text, sizeof(text), "0x%" PRIx64, at);
	return dmv_arena_text(l->f, text, strlen(text));
}

/* get_dma_ops() of include/linux/dma-map-ops.h: its own, else the machine's, else none. */
static const char *operations(const struct work *w, uint64_t dev)
{
	struct dmv_member m;
	uint64_t bit, ops;

	if (dmv_linux_get(w->l, dev, DMV_L_DEV_IOMMU_BIT, &bit) && bit)
		return "iommu";
	if (!dmv_linux_field(w->l, DMV_L_DEV_OPS, &m))
		return w->l->field[DMV_L_DEV_IOMMU_BIT].has ? "direct" : NULL;
	if (!dmv_linux_get(w->l, dev, DMV_L_DEV_OPS, &ops))
		return NULL;
	if (!ops)
		ops = w->machine_ops;
	return ops ? symbol_at(w->l, ops) : "direct";
}

/* Flags of include/linux/iommu.h; each since Linux 4.0 or when it was made. */
static const char *domain_word(struct dmv_facts *f, uint64_t type)
{
	static const char *const words[] = {
		[0] = "blocked", [1] = "unmanaged", [3] = "DMA", [4] = "identity",
		[11] = "DMA-FQ", [16] = "SVA", [32] = "platform", [64] = "nested",
	};
	char text[24];

	if (type < sizeof(words) / sizeof(words[0]) && words[type])
		return words[type];
	snprintf(text, sizeof(text), "type 0x%" PRIx64, type);
	return dmv_arena_text(f, text, strlen(text));
}

static void iommu(struct dmv_linux *l, uint64_t dev, struct dmv_device_fact *d)
{
	uint64_t group, domain, type;

	if (!dmv_linux_get(l, dev, DMV_L_DEV_GROUP, &group) || !group)
		return;
	d->group = dmv_linux_know(l, group, DMV_L_GROUP_ID);
	if (!dmv_linux_get(l, group, DMV_L_GROUP_DOMAIN, &domain) || !domain)
		return;
	if (dmv_linux_get(l, domain, DMV_L_DOMAIN_TYPE, &type))
		d->domain = domain_word(l->f, type);
	d->aperture = dmv_linux_know(l, domain, DMV_L_DOMAIN_START);
	d->aperture_end = dmv_linux_know(l, domain, DMV_L_DOMAIN_END);
}

static void pool(const struct work *w, uint64_t dev, struct dmv_device_fact *d)
{
	uint64_t at, restricted;

	if (!dmv_linux_get(w->l, dev, DMV_L_DEV_POOL, &at) || !at)
		return;
	d->pool = at;
	if (at == w->default_pool)
		d->pool_name = "default";
	else if (dmv_linux_get(w->l, at, DMV_L_POOL_RESTRICTED, &restricted) && restricted)
		d->pool_name = "restricted";
	else
		d->pool_name = "its own";
}

static void pci(struct dmv_linux *l, uint64_t dev, struct dmv_device_fact *d)
{
	uint64_t at, saved, command;

	if (!dmv_linux_around(l, dev, DMV_L_PCI_DEV, &at))
		return;
	d->vendor = dmv_linux_know(l, at, DMV_L_PCI_VENDOR);
	d->device = dmv_linux_know(l, at, DMV_L_PCI_DEVICE);
	d->class = dmv_linux_know(l, at, DMV_L_PCI_CLASS);
	d->bus_master = dmv_linux_know(l, at, DMV_L_PCI_MASTER);
	if (!dmv_linux_get(l, at, DMV_L_PCI_SAVED, &saved) || !saved)
		return;
	if (dmv_linux_get(l, at, DMV_L_PCI_COMMAND, &command))
		d->saved_master = (struct dmv_known){ true, (command & COMMAND_MASTER) != 0 };
}

/* ---- all of them ---- */

static bool add(struct work *w, uint64_t dev, uint64_t kobj, uint64_t bus, uint64_t mask)
{
	struct dmv_linux *l = w->l;
	struct dmv_facts *f = l->f;
	struct dmv_adapter_fact *a = DMV_PUSH(f->adapter, f->nadapter);
	struct dmv_device_fact *d = a ? DMV_PUSH(f->device, f->ndevice) : NULL;

	if (!d)
		return false;
	*a = (struct dmv_adapter_fact){
		.region = DMV_NO_INDEX, .life = DMV_LIVE, .handle = dev, .record = dev,
		.device = dev, .linux_device = (uint32_t)(f->ndevice - 1), .driver = DMV_NO_INDEX,
		.owner = DMV_NO_INDEX, .releaser = DMV_NO_INDEX, .register_base = DMV_NO_ADDR,
		.wait_block = DMV_NO_ADDR, .max_address = DMV_NO_ADDR,
	};
	*d = (struct dmv_device_fact){ .adapter = (uint32_t)(f->nadapter - 1),
				       .pool = DMV_NO_ADDR, .bounce_pool = DMV_NO_INDEX };
	a->name = dmv_linux_text(l, kobj, DMV_L_KOBJ_NAME);
	d->bus = dmv_linux_text(l, bus, DMV_L_BUS_NAME);
	d->path = path(l, kobj, w->top);
	driver(l, dev, a, d);
	d->mask.known = !dmv_mem_number(l->m, DMV_VIRT, mask, 8, &d->mask.value, NULL);
	if (!d->mask.known)
		dmv_note_add(f, DMV_TOPIC(DMV_K_ADAPTER), mask, "device %s: its DMA mask at "
			     "0x%" PRIx64 " cannot be read", a->name ? a->name : "?", mask);
	limits(l, dev, d);
	d->ops = operations(w, dev);
	iommu(l, dev, d);
	pool(w, dev, d);
	if (d->bus && !strcmp(d->bus, "pci"))
		pci(l, dev, d);
	return true;
}

static bool look(void *ctx, uint64_t node)
{
	struct work *w = ctx;
	uint64_t kobj, dev, bus, mask;

	if (!dmv_linux_around(w->l, node, DMV_L_KOBJ_ENTRY, &kobj) ||
	    !dmv_linux_around(w->l, kobj, DMV_L_DEV_KOBJ, &dev))
		return false;
	if (!dmv_linux_get(w->l, dev, DMV_L_DEV_DMA_MASK, &mask) || !mask ||
	    !dmv_linux_get(w->l, dev, DMV_L_DEV_BUS, &bus) || !bus)
		return true;
	w->no_memory = !add(w, dev, kobj, bus, mask);
	return !w->no_memory;
}

enum dmv_code dmv_linux_devices(struct dmv_linux *l, struct dmv_err *e)
{
	struct work w = { .l = l };
	enum dmv_code code;
	uint64_t at, head;

	code = dmv_linux_pointer(l, "devices_kset", &at, e);
	if (code)
		return code;
	if (!dmv_linux_in(l, at, DMV_L_KSET_KOBJ, &w.top))
		w.top = DMV_NO_ADDR;
	if (!dmv_linux_symbol(l, "io_tlb_default_mem", &w.default_pool))
		w.default_pool = 0;
	if (dmv_linux_pointer(l, "dma_ops", &w.machine_ops, NULL))
		w.machine_ops = 0;
	if (!dmv_linux_in(l, at, DMV_L_KSET_LIST, &head))
		return dmv_fail(e, DMV_E_NOTFOUND, "the types of its structures are not "
				"known: its vmlinux has them (-s)");
	l->all_devices = dmv_linux_list(l, head, DMV_TOPIC(DMV_K_ADAPTER), "devices", look, &w);
	if (w.no_memory)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for %zu devices", l->f->ndevice);
	if (dmv_linux_stopped(l))
		return dmv_fail(e, DMV_E_STOPPED, "stopped");
	return DMV_E_OK;
}
