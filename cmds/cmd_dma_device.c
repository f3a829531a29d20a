/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* dma ADAPTER 1 of a Linux device: what its kernel keeps about it. */
#include "cmd_dma.h"

#include <inttypes.h>
#include <stdio.h>

#include "bounce.h"
#include "words.h"

enum { MASK_TEXT = 20 };                /* "0x" and 16 digits */

struct device {
	uint64_t adapter, pool, pool_slots, pool_used, bus_limit, aperture, aperture_end,
		max_segment, min_align;
	uint32_t group;
	const char *owner, *name, *driver, *module, *bus, *path, *mask, *coherent_mask, *boundary,
		*ops, *domain, *pool_name, *pci_id, *pci_class, *bus_master, *saved_master, *from;
};

static const struct dmv_col device_cols[] = {
	DMV_COL(struct device, adapter, "", DMV_S_ADDR, "its struct device"),
	DMV_COL(struct device, name, "", DMV_S_STR, "name of the device"),
	DMV_COL(struct device, bus, "", DMV_S_STR, "its bus"),
	DMV_COL(struct device, path, "", DMV_S_STR, "where it is below /sys/devices"),
	DMV_COL(struct device, driver, "", DMV_S_STR, "name of the driver that is bound to it"),
	DMV_COL(struct device, module, "", DMV_S_STR, "the driver's module; none if built in"),
	DMV_COL(struct device, owner, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct device, from, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct device, mask, "", DMV_S_STR, "highest address of streaming mappings"),
	DMV_COL(struct device, coherent_mask, "", DMV_S_STR, "highest of coherent buffers"),
	DMV_COL(struct device, bus_limit, "", DMV_S_SIZE, "highest that the bus lets through"),
	DMV_COL(struct device, max_segment, "", DMV_S_SIZE, "largest segment, bytes"),
	DMV_COL(struct device, boundary, "", DMV_S_STR, "mask that no segment may cross"),
	DMV_COL(struct device, min_align, "", DMV_S_SIZE,
		"bits of an address that bouncing keeps"),
	DMV_COL(struct device, ops, "", DMV_S_STR, "who maps for it"),
	DMV_COL(struct device, group, "", DMV_S_U32, "IOMMU group"),
	DMV_COL(struct device, domain, "", DMV_S_STR, "type of the IOMMU domain"),
	DMV_COL(struct device, aperture, "", DMV_S_SIZE, "lowest bus address of the domain"),
	DMV_COL(struct device, aperture_end, "", DMV_S_SIZE, "highest"),
	DMV_COL(struct device, pool, "", DMV_S_ADDR, "struct io_tlb_mem that it bounces in"),
	DMV_COL(struct device, pool_name, "", DMV_S_STR, "default, restricted, its own"),
	DMV_COL(struct device, pool_slots, "", DMV_S_U64, "slots in it"),
	DMV_COL(struct device, pool_used, "", DMV_S_U64, "of them, in use, by whomever"),
	DMV_COL(struct device, pci_id, "", DMV_S_STR, "PCI vendor and device"),
	DMV_COL(struct device, pci_class, "", DMV_S_STR, "PCI class"),
	DMV_COL(struct device, bus_master, "", DMV_S_STR, "whether it may master the bus"),
	DMV_COL(struct device, saved_master, "", DMV_S_STR, "the same in its saved PCI state"),
	{ 0 }
};

static const struct dmv_table device_table = {
	"device", device_cols,
	"Adapter: {adapter}     Owner: {owner}\n"
	"   Device:      {name|unknown}, bus {bus|unknown}\n"
	"?path|   Path:        {path}\n"
	"?driver|   Driver:      {driver}, {from}\n"
	"   Masks:       DMA {mask|unknown}, coherent {coherent_mask|unknown}\n"
	"?bus_limit|   Bus limit:   {bus_limit}\n"
	"   Segments:    {max_segment|unknown} bytes at most, within {boundary|unknown}\n"
	"?min_align|   Alignment:   {min_align} kept by bouncing\n"
	"   Operations:  {ops|unknown}\n"
	"?group|   IOMMU:       group {group}, domain {domain|unknown}\n"
	"?aperture_end|   Aperture:    {aperture|unknown} to {aperture_end}\n"
	"?pool_name|   Bounce pool: {pool_name}, {pool}\n"
	"?pool_slots|   Its slots:   {pool_used} of {pool_slots} in use\n"
	"?pci_id|   PCI:         {pci_id}, class {pci_class|unknown}\n"
	"?bus_master|   Bus master:  {bus_master}\n"
	"?saved_master|   When saved:  bus master {saved_master}\n"
};

static const char *mask_text(const struct dmv_known *k, char *buf)
{
	if (!k->known)
		return NULL;
	snprintf(buf, MASK_TEXT, "0x%" PRIx64, k->value);
	return buf;
}

static const char *on_off(const struct dmv_known *k)
{
	return !k->known ? NULL : k->value ? "on" : "off";
}

/* Of limits that are none if they are 0. */
static uint64_t not_zero(const struct dmv_known *k)
{
	return k->known && k->value ? k->value : UINT64_MAX;
}

bool dmv_dma_device(struct dmv_ses *s, uint32_t adapter)
{
	const struct dmv_adapter_fact *a = &s->facts.adapter[adapter];
	const struct dmv_device_fact *x = dmv_device_of(&s->facts, adapter);
	const struct dmv_pool_fact *pool = x->bounce_pool < s->facts.npool ?
		&s->facts.pool[x->bounce_pool] : NULL;
	char mask[MASK_TEXT], coherent[MASK_TEXT], boundary[MASK_TEXT], id[16], class[16],
		from[96];
	struct device d = {
		.adapter = a->handle, .name = a->name, .driver = a->driver_name,
		.owner = dmv_adapter_owner(&s->facts, adapter), .from = from,
		.module = x->module, .bus = x->bus, .path = x->path, .ops = x->ops,
		.mask = mask_text(&x->mask, mask),
		.coherent_mask = mask_text(&x->coherent_mask, coherent),
		.boundary = mask_text(&x->boundary, boundary),
		.bus_limit = not_zero(&x->bus_limit),
		.max_segment = dmv_or_none(&x->max_segment),
		.min_align = not_zero(&x->min_align),
		.group = x->group.known ? (uint32_t)x->group.value : UINT32_MAX,
		.domain = x->domain, .aperture = dmv_or_none(&x->aperture),
		.aperture_end = dmv_or_none(&x->aperture_end),
		.pool = x->pool, .pool_name = x->pool_name,
		.pool_slots = pool ? pool->slots : UINT64_MAX,
		.pool_used = pool ? dmv_bounce_used(pool) : UINT64_MAX,
		.bus_master = on_off(&x->bus_master), .saved_master = on_off(&x->saved_master),
	};

	snprintf(from, sizeof(from), "%s%s", !x->module ? "its module is not known" :
		 *x->module ? "module " : "built in", x->module ? x->module : "");
	if (x->vendor.known && x->device.known) {
		snprintf(id, sizeof(id), "%04x:%04x", (unsigned)x->vendor.value & 0xFFFF,
			 (unsigned)x->device.value & 0xFFFF);
		d.pci_id = id;
	}
	if (x->class.known) {
		snprintf(class, sizeof(class), "%06x", (unsigned)x->class.value & 0xFFFFFF);
		d.pci_class = class;
	}
	return dmv_out_row(s->out, &device_table, &d);
}
