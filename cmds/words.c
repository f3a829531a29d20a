/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define WORD(table, i) \
	((i) < sizeof(table) / sizeof((table)[0]) && (table)[i] ? (table)[i] : "unknown")

static const char *const kinds[] = {
	[DMV_K_NONE] = "nothing",
	[DMV_K_ADAPTER] = "adapter",
	[DMV_K_FILE] = "map register file",
	[DMV_K_REGISTER] = "mapping",
	[DMV_K_LIST] = "scatter/gather list",
	[DMV_K_BUFFER] = "common buffer",
	[DMV_K_VECTOR] = "common buffer vector",
	[DMV_K_CHANNEL] = "adapter channel",
	[DMV_K_VIOLATION] = "violation",
	[DMV_K_EVENT] = "event",
	[DMV_K_SITE] = "call site",
	[DMV_K_STRING] = "string",
	[DMV_K_IMAGE] = "image",
	[DMV_K_DRIVER] = "driver",
	[DMV_K_CPU] = "CPU",
	[DMV_K_MAPPING] = "mapping",
};

static const char *const ops[] = {
	[DMV_OP_NONE] = "nothing",
	[DMV_OP_GET_ADAPTER] = "IoGetDmaAdapter",
	[DMV_OP_PUT_ADAPTER] = "PutDmaAdapter",
	[DMV_OP_ALLOC_BUFFER] = "AllocateCommonBuffer",
	[DMV_OP_FREE_BUFFER] = "FreeCommonBuffer",
	[DMV_OP_ALLOC_CHANNEL] = "AllocateAdapterChannel",
	[DMV_OP_FREE_CHANNEL] = "FreeAdapterChannel",
	[DMV_OP_FREE_REGISTERS] = "FreeMapRegisters",
	[DMV_OP_MAP] = "MapTransfer",
	[DMV_OP_FLUSH] = "FlushAdapterBuffers",
	[DMV_OP_GET_LIST] = "GetScatterGatherList",
	[DMV_OP_PUT_LIST] = "PutScatterGatherList",
	[DMV_OP_BUILD_LIST] = "BuildScatterGatherList",
	[DMV_OP_REFERENCE] = "reference adapter",
	[DMV_OP_DEREFERENCE] = "dereference adapter",
	[DMV_OP_CHECK] = "check guards",
	[DMV_OP_VIOLATION] = "violation",
	[DMV_OP_DRIVER_LOAD] = "driver load",
	[DMV_OP_DRIVER_UNLOAD] = "driver unload",
	[DMV_OP_FAULT] = "failure injected",
	[DMV_OP_CONTROL] = "settings changed",
};

static const char *const lives[] = {
	[DMV_LIVE] = "live",
	[DMV_GONE] = "gone",
	[DMV_TRANSITION] = "in transition",
};

static const char *const transfers[] = {
	"none", "running", "complete", "cancelled", "failed", "stopped",
};

static const char *const modes[] = { "log", "break", "stop" };

static const char *const guards[] = {
	[DMV_G_TAG_BEFORE] = "tag in front",
	[DMV_G_TAG_AFTER] = "tag behind",
	[DMV_G_FREE] = "free map register",
	[DMV_G_BEFORE] = "guard in front",
	[DMV_G_AFTER] = "guard behind",
};

static const char *const interfaces[] = {
	"Internal", "Isa", "Eisa", "MicroChannel", "TurboChannel", "PCIBus", "VMEBus", "NuBus",
	"PCMCIABus", "CBus", "MPIBus", "MPSABus", "ProcessorInternal", "InternalPowerBus",
	"PNPISABus",
	"PNPBus", "Vmcs", "ACPIBus",
};

static const struct {
	uint32_t machine;
	const char *name;
} machines[] = {
	{ 3, "i386" }, { 8, "MIPS" }, { 20, "PowerPC" }, { 21, "PowerPC64" }, { 22, "S/390" },
	{ 40, "Arm" }, { 62, "x86-64" }, { 183, "AArch64" }, { 243, "RISC-V" },
};

const char *dmv_kind_word(uint32_t kind)
{
	return WORD(kinds, kind);
}

/* Of a kernel's mappings: as people call what it is, as dma-debug does. */
static const struct {
	const char *object, *type;
} map_types[DMV_MAP_TYPES] = {
	[DMV_MAP_OTHER] = { "mapping", NULL },
	[DMV_MAP_SINGLE] = { "mapping", "single" },
	[DMV_MAP_PAGE] = { "mapping", "page" },
	[DMV_MAP_SG] = { "list segment", "sg" },
	[DMV_MAP_COHERENT] = { "coherent buffer", "coherent" },
	[DMV_MAP_RESOURCE] = { "resource", "resource" },
	[DMV_MAP_NONCOHERENT] = { "noncoherent buffer", "noncoherent" },
	[DMV_MAP_PHYS] = { "mapping", "phys" },
};

static const char *const directions[] = {
	[DMV_DIR_BOTH] = "both ways",
	[DMV_DIR_TO_DEVICE] = "to device",
	[DMV_DIR_FROM_DEVICE] = "from device",
	[DMV_DIR_NONE] = "none",
};

static const char *const errors[] = {
	[DMV_ERR_NOT_APPLICABLE] = "check not applicable",
	[DMV_ERR_NOT_CHECKED] = "not checked",
	[DMV_ERR_CHECKED] = "checked",
};

const char *dmv_object_word(const struct dmv_facts *f, uint32_t kind, uint32_t index)
{
	if (kind != DMV_K_MAPPING || index >= f->nmapping ||
	    (unsigned)f->mapping[index].type >= DMV_MAP_TYPES)
		return dmv_kind_word(kind);
	return map_types[f->mapping[index].type].object;
}

const char *dmv_map_type_word(enum dmv_map_type type)
{
	return (unsigned)type < DMV_MAP_TYPES ? map_types[type].type : NULL;
}

uint64_t dmv_or_none(const struct dmv_known *k)
{
	return k->known ? k->value : UINT64_MAX;
}

const char *dmv_map_direction_word(const struct dmv_known *k)
{
	return k->known && k->value <= DMV_DIR_NONE ? directions[k->value] : NULL;
}

const char *dmv_map_error_word(const struct dmv_known *k)
{
	return k->known && k->value <= DMV_ERR_CHECKED ? errors[k->value] : NULL;
}

bool dmv_map_is_buffer(enum dmv_map_type type)
{
	return type == DMV_MAP_COHERENT || type == DMV_MAP_NONCOHERENT;
}

const char *dmv_op_word(uint32_t op)
{
	return WORD(ops, op);
}

const char *dmv_transfer_word(uint32_t transfer)
{
	return WORD(transfers, transfer);
}

const char *dmv_life_word(enum dmv_life life)
{
	return WORD(lives, (unsigned)life);
}

const char *dmv_mode_word(uint32_t mode)
{
	return WORD(modes, mode);
}

const char *dmv_guard_word(enum dmv_guard_what what)
{
	return WORD(guards, (unsigned)what);
}

const char *dmv_interface_word(uint32_t type)
{
	return WORD(interfaces, type);
}

const char *dmv_machine_word(uint32_t machine)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].machine == machine)
			return machines[i].name;
	return NULL;
}

const struct dmv_stack *dmv_site(const struct dmv_facts *f, uint32_t stack)
{
	return stack < f->nstack ? &f->stack[stack] : NULL;
}

const char *dmv_site_text(const struct dmv_facts *f, uint32_t stack)
{
	return stack < f->nstack ? f->stack[stack].text : NULL;
}

const char *dmv_site_owner(const struct dmv_facts *f, uint32_t stack)
{
	return stack < f->nstack ? f->stack[stack].owner : NULL;
}

uint64_t dmv_site_addr(const struct dmv_facts *f, uint32_t stack)
{
	const struct dmv_stack *k = dmv_site(f, stack);

	return k && k->first < k->depth ? k->frame[k->first] : DMV_NO_ADDR;
}

const struct dmv_adapter_fact *dmv_adapter_at(const struct dmv_facts *f, uint32_t index)
{
	return index < f->nadapter ? &f->adapter[index] : NULL;
}

uint64_t dmv_adapter_handle(const struct dmv_facts *f, uint32_t index)
{
	return index < f->nadapter ? f->adapter[index].handle : DMV_NO_ADDR;
}

const char *dmv_adapter_name(const struct dmv_facts *f, uint32_t index)
{
	const struct dmv_adapter_fact *a = dmv_adapter_at(f, index);

	if (!a)
		return NULL;
	if (a->name && *a->name)
		return a->name;
	return a->driver_name && *a->driver_name ? a->driver_name : NULL;
}

const struct dmv_device_fact *dmv_device_of(const struct dmv_facts *f, uint32_t adapter)
{
	const struct dmv_adapter_fact *a = dmv_adapter_at(f, adapter);

	return a && a->linux_device < f->ndevice ? &f->device[a->linux_device] : NULL;
}

const char *dmv_adapter_owner(const struct dmv_facts *f, uint32_t index)
{
	const struct dmv_device_fact *d = dmv_device_of(f, index);
	const struct dmv_adapter_fact *a = dmv_adapter_at(f, index);

	if (!d)
		return a ? dmv_site_owner(f, a->owner) : NULL;
	return d->driver.known && !d->driver.value ? "no driver" : a->driver_name;
}

uint32_t dmv_file_adapter(const struct dmv_facts *f, uint32_t file)
{
	return file < f->nfile ? f->file[file].adapter : DMV_NO_INDEX;
}

uint64_t dmv_object_addr(const struct dmv_facts *f, uint32_t kind, uint32_t i)
{
	switch (kind) {
	case DMV_K_ADAPTER:
		return dmv_adapter_handle(f, i);
	case DMV_K_FILE:
		return i < f->nfile ? f->file[i].handle : DMV_NO_ADDR;
	case DMV_K_REGISTER:
		return i < f->nreg ? f->reg[i].va : DMV_NO_ADDR;
	case DMV_K_LIST:
		return i < f->nlist ? f->list[i].handle : DMV_NO_ADDR;
	case DMV_K_VECTOR:
		return i < f->nvector ? f->vector[i].handle : DMV_NO_ADDR;
	case DMV_K_BUFFER:
		return i < f->nbuffer ? f->buffer[i].va : DMV_NO_ADDR;
	case DMV_K_CHANNEL:
		return i < f->nchannel ? f->channel[i].record : DMV_NO_ADDR;
	case DMV_K_MAPPING:
		return i < f->nmapping && f->mapping[i].bus.known ? f->mapping[i].bus.value :
		       DMV_NO_ADDR;
	case DMV_K_DRIVER:
		return i < f->ndriver && f->driver[i].base ? f->driver[i].base : DMV_NO_ADDR;
	default:
		return DMV_NO_ADDR;
	}
}

uint64_t dmv_ticks_ns(const struct dmv_facts *f, uint32_t region, uint64_t ticks)
{
	uint64_t hz = region < f->nregion ? f->region[region].tick_hz : 0;
	uint64_t s;

	if (!hz)
		return UINT64_MAX;
	if (hz == 1000000000)
		return ticks;
	s = ticks / hz;
	if (s >= UINT64_MAX / 1000000000)
		return UINT64_MAX;
	return s * 1000000000 + (uint64_t)((unsigned __int128)(ticks % hz) * 1000000000 / hz);
}

const char *dmv_end_word(const struct dmv_region_fact *r)
{
	return r->ended ? ", ended in order" : r->freed ? ", killed: its memory is free" : "";
}

uint64_t dmv_age(const struct dmv_facts *f, uint32_t region, uint64_t time)
{
	const struct dmv_region_fact *r;
	uint64_t now;

	if (region >= f->nregion || !time)
		return UINT64_MAX;
	r = &f->region[region];
	now = r->bug_code && r->bug_time > r->last_ticks ? r->bug_time : r->last_ticks;
	return dmv_ticks_ns(f, region, now > time ? now - time : 0);
}

const char *dmv_date_text(uint64_t seconds, char *buf, size_t size)
{
	const uint64_t end = UINT64_C(253402300800);    /* of the year 9999 */
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!seconds || seconds >= end || !gmtime_r(&t, &tm))
		return NULL;
	return strftime(buf, size, "%Y-%m-%d %H:%M:%S UTC", &tm) ? buf : NULL;
}

const char *dmv_size_text(uint64_t bytes, char *buf, size_t size)
{
	static const char *const unit[] = { "KiB", "MiB", "GiB" };
	unsigned i = 0;

	for (; bytes >> 20 && i < 2; i++)
		bytes >>= 10;
	snprintf(buf, size, "%" PRIu64 ".%u %s", bytes >> 10, (unsigned)(bytes & 1023) * 10 / 1024,
		 unit[i]);
	return buf;
}
