/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Devices out of a Linux kernel's memory: a small kernel whose structures are laid out as no real
 * one lays them out, so that nothing but the names of members can lead to them. Real kernels:
 * tests/vm/linux_check.py.
 */
#include <stddef.h>
#include <stdlib.h>

#include "small_kernel.h"
#include "t.h"

struct list { uint64_t prev, next; };
struct kobj { uint64_t parent; struct list entry; uint64_t name; };
struct kset { uint64_t lock; struct list list; struct kobj kobj; };
struct parms { uint32_t align, segment; uint64_t boundary; };
struct driver { uint64_t owner, name; };
struct bus { uint64_t x, name; };
struct module { uint32_t state; char name[24]; };
struct pool { uint8_t pad[2], force, for_alloc; uint32_t start, end, slabs; };  /* empty */
struct group { uint64_t domain; uint32_t id; };
struct domain { uint64_t start, end; uint32_t type; };
struct device {
	uint64_t dma_mask, coherent;
	struct kobj kobj;
	uint64_t driver, bus, limit, parms, ops, pool, group;
	uint8_t bits;
};
struct pci { uint16_t vendor, device; uint32_t class; uint32_t flags; uint32_t saved[16];
	struct device dev; };

struct ram {
	struct kset kset;
	uint64_t devices_kset, masks[4], dma_ops;
	struct bus pci_bus, platform_bus;
	struct driver nvme, virtio;
	struct module module;
	struct parms parms;
	struct pool pools[2];
	struct group group;
	struct domain domain;
	struct pci pci[2];
	struct device platform, root, class;
	char text[16][24];
};

struct small {
	struct small_kernel k;
	struct ram ram;
	size_t texts;
};

static uint64_t at(const struct small *k, const void *p)
{
	return small_at(&k->k, p);
}

/* ---- what a debugger would tell ---- */

static const struct small_member members[] = {
	SMALL_MEMBER("list_head", "next", list, next),
	SMALL_MEMBER("kset", "list", kset, list),
	SMALL_MEMBER("kobject", "entry", kobj, entry),
	SMALL_MEMBER("kobject", "name", kobj, name),
	SMALL_MEMBER("device", "kobj", device, kobj),
	SMALL_MEMBER("kset", "kobj", kset, kobj),
	SMALL_MEMBER("kobject", "parent", kobj, parent),
	SMALL_MEMBER("device", "bus", device, bus),
	SMALL_MEMBER("bus_type", "name", bus, name),
	SMALL_MEMBER("device", "driver", device, driver),
	SMALL_MEMBER("device_driver", "name", driver, name),
	SMALL_MEMBER("device_driver", "owner", driver, owner),
	SMALL_MEMBER("module", "name", module, name),
	SMALL_MEMBER("device", "dma_mask", device, dma_mask),
	SMALL_MEMBER("device", "coherent_dma_mask", device, coherent),
	SMALL_MEMBER("device", "bus_dma_limit", device, limit),
	SMALL_MEMBER("device", "dma_parms", device, parms),
	SMALL_MEMBER("device_dma_parameters", "max_segment_size", parms, segment),
	SMALL_MEMBER("device_dma_parameters", "segment_boundary_mask", parms, boundary),
	SMALL_MEMBER("device_dma_parameters", "min_align_mask", parms, align),
	SMALL_MEMBER("device", "dma_ops", device, ops),
	SMALL_MEMBER("device", "dma_io_tlb_mem", device, pool),
	SMALL_MEMBER("io_tlb_mem", "for_alloc", pool, for_alloc),
	SMALL_MEMBER("io_tlb_mem", "force_bounce", pool, force),
	SMALL_MEMBER("io_tlb_mem", "start", pool, start),
	SMALL_MEMBER("io_tlb_mem", "end", pool, end),
	SMALL_MEMBER("io_tlb_mem", "nslabs", pool, slabs),
	SMALL_MEMBER("device", "iommu_group", device, group),
	SMALL_MEMBER("iommu_group", "id", group, id),
	SMALL_MEMBER("iommu_group", "domain", group, domain),
	SMALL_MEMBER("iommu_domain", "type", domain, type),
	SMALL_MEMBER("iommu_domain", "geometry.aperture_start", domain, start),
	SMALL_MEMBER("iommu_domain", "geometry.aperture_end", domain, end),
	SMALL_MEMBER("pci_dev", "dev", pci, dev),
	SMALL_MEMBER("pci_dev", "vendor", pci, vendor),
	SMALL_MEMBER("pci_dev", "device", pci, device),
	SMALL_MEMBER("pci_dev", "class", pci, class),
	{ "pci_dev", "is_busmaster", offsetof(struct pci, flags), 4, 5, 1 },
	{ "pci_dev", "state_saved", offsetof(struct pci, flags), 4, 31, 1 },
	{ "pci_dev", "saved_config_space[1]", offsetof(struct pci, saved) + 4, 4, 0, 0 },
};

static const struct small_symbol symbols[] = {
	{ "devices_kset", offsetof(struct ram, devices_kset) },
	{ "dma_ops", offsetof(struct ram, dma_ops) },
	{ "io_tlb_default_mem", offsetof(struct ram, pools) },
	{ "dma_dummy_ops", offsetof(struct ram, text) },
	{ "swiotlb_tbl_map_single", offsetof(struct ram, text) },
	{ "iommu_group_get", offsetof(struct ram, text) },
	{ "rmem_swiotlb_setup", offsetof(struct ram, text) },
	{ "pci_bus_type", offsetof(struct ram, pci_bus) },
};

/* ---- the kernel ---- */

static uint64_t text(struct small *k, const char *s)
{
	char *p = k->ram.text[k->texts++];

	snprintf(p, sizeof(k->ram.text[0]), "%s", s);
	return at(k, p);
}

static void link(struct small *k, struct device *const *dev, size_t n)
{
	uint64_t next = at(k, &k->ram.kset.list);

	while (n--) {
		dev[n]->kobj.entry.next = next;
		next = at(k, &dev[n]->kobj.entry);
	}
	k->ram.kset.list.next = next;
}

static struct small *make(void)
{
	struct small *k = calloc(1, sizeof(*k));
	struct ram *r = &k->ram;
	struct device *all[] = { &r->root, &r->pci[0].dev, &r->class, &r->platform,
				 &r->pci[1].dev };

	small_init(&k->k, r, sizeof(*r));
	k->k.member = members;
	k->k.nmember = sizeof(members) / sizeof(members[0]);
	k->k.symbol = symbols;
	k->k.nsymbol = sizeof(symbols) / sizeof(symbols[0]);
	r->devices_kset = at(k, &r->kset);
	r->pci_bus.name = text(k, "pci");
	r->platform_bus.name = text(k, "platform");
	r->nvme = (struct driver){ 0, text(k, "nvme") };
	memcpy(r->module.name, "virtio_pci", 11);
	r->virtio = (struct driver){ at(k, &r->module), text(k, "virtio-pci") };
	r->parms = (struct parms){ 0xfff, 0x20000, 0 };
	r->pools[1].for_alloc = 1;
	r->group = (struct group){ at(k, &r->domain), 7 };
	r->domain = (struct domain){ 0x1000, 0xffffffffff, 11 };
	r->kset.kobj.name = text(k, "devices");
	r->root.kobj.parent = at(k, &r->kset.kobj);
	r->root.kobj.name = text(k, "pci0000:00");
	r->pci[0] = (struct pci){ .vendor = 0x1b36, .device = 0x10, .class = 0x10802,
		.flags = 1u << 5 | 1u << 31, .saved = { 0, 0x100003 },
		.dev = { .bus = at(k, &r->pci_bus), .kobj.parent = at(k, &r->root.kobj),
			 .driver = at(k, &r->nvme), .parms = at(k, &r->parms),
			 .dma_mask = at(k, &r->masks[0]), .coherent = UINT64_MAX,
			 .pool = at(k, &r->pools[0]), .group = at(k, &r->group),
			 .kobj.name = text(k, "0000:00:02.0") } };
	r->masks[0] = UINT64_MAX;
	r->pci[1] = (struct pci){ .vendor = 0x1af4, .flags = 1u << 31, .saved = { 0, 4 },
		.dev = { .bus = at(k, &r->pci_bus), .kobj.parent = at(k, &r->root.kobj),
			 .driver = at(k, &r->virtio), .dma_mask = at(k, &r->masks[1]),
			 .limit = 0x7fffffff, .pool = at(k, &r->pools[1]),
			 .ops = SMALL_OPS, .kobj.name = text(k, "0000:00:04.0") } };
	r->masks[1] = 0xffffffff;
	r->platform = (struct device){ .bus = at(k, &r->platform_bus),
				       .dma_mask = at(k, &r->masks[2]),
				       .kobj.parent = at(k, &r->kset.kobj),
				       .kobj.name = text(k, "pcspkr") };
	r->class.kobj.name = text(k, "tty0");
	link(k, all, 5);
	return k;
}

static bool same(const char *got, const char *want)
{
	return got == want || (got && want && !strcmp(got, want));
}

#define KNOWN(k, v) ((k).known && (k).value == (v))

static void all(void)
{
	struct small *k = make();
	const struct dmv_adapter_fact *a;
	const struct dmv_device_fact *d;
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };

	T_CHECKF(!small_facts(&k->k, &f, &e) && f.nadapter == 3 && f.ndevice == 3 && !f.nnote,
		 "all devices", "%zu, %zu notes, %s", f.nadapter, f.nnote, f.nnote ? f.note[0].text : e.msg);
	a = f.adapter;
	d = f.device;
	T_CHECK(a[0].handle == at(k, &k->ram.pci[0].dev) && a[0].region == DMV_NO_INDEX &&
		a[0].linux_device == 0 && same(a[0].name, "0000:00:02.0"), "an adapter");
	T_CHECK(same(d[0].bus, "pci") && same(d[0].path, "pci0000:00/0000:00:02.0"), "its place");
	T_CHECK(same(a[0].driver_name, "nvme") && same(d[0].module, ""), "a driver built in");
	T_CHECK(same(d[2].module, "virtio_pci"), "a driver in a module");
	T_CHECK(KNOWN(d[0].mask, UINT64_MAX) && KNOWN(d[0].coherent_mask, UINT64_MAX) &&
		KNOWN(d[2].mask, 0xffffffff) && KNOWN(d[2].coherent_mask, 0) &&
		KNOWN(d[2].bus_limit, 0x7fffffff), "masks");
	T_CHECK(KNOWN(d[0].max_segment, 0x20000) && KNOWN(d[0].boundary, UINT32_MAX) &&
		KNOWN(d[0].min_align, 0xfff) && KNOWN(d[1].max_segment, 65536), "segments");
	T_CHECK(same(d[0].ops, "direct") && same(d[2].ops, "some_ops"), "operations");
	T_CHECK(KNOWN(d[0].group, 7) && same(d[0].domain, "DMA-FQ") &&
		KNOWN(d[0].aperture, 0x1000) && KNOWN(d[0].aperture_end, 0xffffffffff) &&
		!d[1].group.known && !d[1].domain, "IOMMU");
	T_CHECK(same(d[0].pool_name, "default") && same(d[2].pool_name, "restricted") &&
		d[1].pool == DMV_NO_ADDR, "bounce pools");
	T_CHECK(KNOWN(d[0].vendor, 0x1b36) && KNOWN(d[0].class, 0x10802) && !d[1].vendor.known,
		"PCI");
	T_CHECK(KNOWN(d[0].bus_master, 1) && KNOWN(d[0].saved_master, 0) &&
		KNOWN(d[2].bus_master, 0) && KNOWN(d[2].saved_master, 1), "bus mastering");
	dmv_facts_free(&f);
	k->ram.dma_ops = SMALL_OPS;
	small_facts(&k->k, &f, &e);
	T_CHECK(same(f.device[0].ops, "some_ops"), "the machine's operations");
	dmv_facts_free(&f);
	free(k);
}

/* Each member under another name: what it tells is lost, and that is said; the rest is there. */
static void renamed(void)
{
	char without[80], name[120];
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		struct small *k = make();
		bool said = false;

		snprintf(without, sizeof(without), "%s.%s", members[i].type, members[i].path);
		snprintf(name, sizeof(name), "without %s", without);
		k->k.without = without;
		small_facts(&k->k, &f, &e);
		for (size_t j = 0; j < f.nnote; j++)
			said |= strstr(f.note[j].text, "not known") != NULL;
		T_CHECKF(said || strstr(e.msg, "not known"), name, "not a word; %zu devices",
			 f.nadapter);
		T_CHECKF(f.nnote <= 1 || !said, name, "%zu notes: %s", f.nnote, f.note[1].text);
		dmv_facts_free(&f);
		free(k);
	}
}

static void broken(const char *name, struct small *k, size_t devices, const char *note)
{
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };
	bool said = false;

	small_facts(&k->k, &f, &e);
	for (size_t i = 0; i < f.nnote; i++)
		said |= strstr(f.note[i].text, note) && f.note[i].topic;
	T_CHECKF(said && f.nadapter == devices, name, "%zu devices, %zu notes: %s", f.nadapter,
		 f.nnote, f.nnote ? f.note[0].text : e.msg);
	dmv_facts_free(&f);
	free(k);
}

static void damage(void)
{
	struct small *k = make();

	k->ram.platform.kobj.entry.next = at(k, &k->ram.pci[0].dev.kobj.entry);
	broken("a list that loops", k, 3, "leads back into itself");
	k = make();
	k->ram.platform.kobj.entry.next = 0x10;
	broken("a list that leads nowhere", k, 2, "next cannot be read");
	k = make();
	k->ram.platform.kobj.name = 0xdead0000;
	broken("a name that is not there", k, 3, "name cannot be read");
	k = make();
	k->k.hole = at(k, &k->ram.masks[1]);
	broken("a mask that is not there", k, 3, "its DMA mask");
	k = make();
	k->ram.root.kobj.parent = at(k, &k->ram.pci[0].dev.kobj);
	k->k.hole = at(k, &k->ram.group);
	broken("a parent that is its own child", k, 3, "domain cannot be read");
}

int main(void)
{
	all();
	renamed();
	damage();
	return t_done();
}
