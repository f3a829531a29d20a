/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Common buffers, one at a time. */
#include "face.h"

static PVOID allocate(struct dmv_adapter *a, const struct dmv_buffer_request *r, uint64_t caller,
		      PPHYSICAL_ADDRESS logical)
{
	uint64_t bus;
	void *va = dmv_buffer_alloc(wdm_verifier(), a, r, caller, &bus);

	if (va)
		logical->QuadPart = (LONGLONG)bus;
	return va;
}

PVOID NTAPI wdm_allocate_common_buffer(PDMA_ADAPTER adapter, ULONG length,
				       PPHYSICAL_ADDRESS logical, BOOLEAN cached)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);
	const struct dmv_buffer_request r = { .bytes = length, .max_bus = UINT64_MAX,
					      .cached = cached };

	return a ? allocate(a, &r, CALLER, logical) : NULL;
}

VOID NTAPI wdm_free_common_buffer(PDMA_ADAPTER adapter, ULONG length, PHYSICAL_ADDRESS logical,
				  PVOID va, BOOLEAN cached)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);

	if (a)
		dmv_buffer_free(wdm_verifier(), a, va, length, (uint64_t)logical.QuadPart, cached,
				CALLER);
}

/* ---- version 3 ---- */

static uint64_t above(const PHYSICAL_ADDRESS *maximum)
{
	return maximum ? (uint64_t)maximum->QuadPart : UINT64_MAX;
}

/* Two of the cache types can be had. */
static bool cache_type(const MEMORY_CACHING_TYPE *type, struct dmv_buffer_request *r)
{
	r->cached = !type || *type == MmCached;
	return !type || *type == MmCached || *type == MmNonCached;
}

PVOID NTAPI wdm_allocate_common_buffer_ex(PDMA_ADAPTER adapter, PPHYSICAL_ADDRESS maximum,
					  ULONG length, PPHYSICAL_ADDRESS logical, BOOLEAN cached,
					  NODE_REQUIREMENT node)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);
	const struct dmv_buffer_request r = { .bytes = length, .max_bus = above(maximum),
					      .cached = cached };

	UNREFERENCED_PARAMETER(node);
	return a ? allocate(a, &r, CALLER, logical) : NULL;
}

PVOID NTAPI wdm_allocate_common_buffer_with_bounds(PDMA_ADAPTER adapter, PPHYSICAL_ADDRESS minimum,
						   PPHYSICAL_ADDRESS maximum, ULONG length,
						   ULONG flags, MEMORY_CACHING_TYPE *cache,
						   NODE_REQUIREMENT node,
						   PPHYSICAL_ADDRESS logical)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);
	struct dmv_buffer_request r = {
		.bytes = length, .min_bus = minimum ? (uint64_t)minimum->QuadPart : 0,
		.max_bus = above(maximum),
	};

	UNREFERENCED_PARAMETER(flags);
	UNREFERENCED_PARAMETER(node);
	return a && cache_type(cache, &r) ? allocate(a, &r, CALLER, logical) : NULL;
}

NTSTATUS NTAPI wdm_allocate_domain_common_buffer(PDMA_ADAPTER adapter, HANDLE domain,
						 PPHYSICAL_ADDRESS maximum, ULONG length,
						 ULONG flags, MEMORY_CACHING_TYPE *cache,
						 NODE_REQUIREMENT node,
						 PPHYSICAL_ADDRESS logical, PVOID *va)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);
	struct dmv_buffer_request r = { .bytes = length, .max_bus = above(maximum) };
	PVOID got;

	UNREFERENCED_PARAMETER(flags);
	UNREFERENCED_PARAMETER(node);
	if (!a || !domain || !cache_type(cache, &r))
		return STATUS_INVALID_PARAMETER;
	got = allocate(a, &r, CALLER, logical);
	if (!got)
		return STATUS_INSUFFICIENT_RESOURCES;
	*va = got;
	return STATUS_SUCCESS;
}

/* ---- of the driver's own pages ---- */

/* What the extended configurations ask for. */
struct wanted {
	uint64_t min_bus, max_bus, offset, length;
	bool part;
};

static bool take_config(const DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION *c, struct wanted *w)
{
	switch (c->ConfigType) {
	case CommonBufferConfigTypeLogicalAddressLimits:
		w->min_bus = (uint64_t)c->LogicalAddressLimits.MinimumAddress.QuadPart;
		w->max_bus = (uint64_t)c->LogicalAddressLimits.MaximumAddress.QuadPart;
		return true;
	case CommonBufferConfigTypeSubSection:
		w->offset = c->SubSection.Offset;
		w->length = c->SubSection.Length;
		w->part = true;
		return true;
	case CommonBufferConfigTypeHardwareAccessPermissions:
		/* Less than both takes an IOMMU. */
		return c->HardwareAccessType == CommonBufferHardwareAccessReadWrite;
	default:
		return false;
	}
}

/* false: one of them is unknown, or there twice, or cannot be had. */
static bool take_configs(const DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION *c, ULONG n,
			 struct wanted *w)
{
	ULONG seen = 0;

	*w = (struct wanted){ .max_bus = UINT64_MAX };
	for (ULONG i = 0; i < n; i++) {
		const ULONG bit = 1u << ((ULONG)c[i].ConfigType & 31);

		if (!take_config(&c[i], w) || (seen & bit))
			return false;
		seen |= bit;
	}
	return true;
}

/* The MDL that holds the wanted part, and its offset there. NULL: it is in none, or in several. */
static PMDL backing(PMDL m, struct wanted *w)
{
	if (wdm_chain_loops(m) || (m->Next && !w->part))
		return NULL;
	if (!w->part)
		w->length = m->ByteCount;
	while (m && w->offset >= m->ByteCount) {
		w->offset -= m->ByteCount;
		m = m->Next;
	}
	return m && w->length && w->length <= m->ByteCount - w->offset ? m : NULL;
}

static bool contiguous(const MDL *m, uint64_t first, uint64_t pages)
{
	const PFN_NUMBER *frame = MmGetMdlPfnArray(m) + first;

	for (uint64_t i = 1; i < pages; i++)
		if (frame[i] != frame[0] + i)
			return false;
	return true;
}

/* Bus address of the part, or DMV_ABI_UNKNOWN: it cannot be a common buffer. */
static uint64_t bus_of(const struct dmv_adapter *a, const MDL *m, const struct wanted *w)
{
	const uint64_t pages = w->length >> PAGE_SHIFT, first = w->offset >> PAGE_SHIFT;
	uint64_t bus;

	if (m->ByteOffset || w->offset % PAGE_SIZE || w->length % PAGE_SIZE ||
	    !contiguous(m, first, pages))
		return DMV_ABI_UNKNOWN;
	bus = (uint64_t)MmGetMdlPfnArray(m)[first] << PAGE_SHIFT;
	if (bus < w->min_bus || bus + w->length - 1 > w->max_bus ||
	    bus + w->length - 1 > dmv_adapter_reach(a))
		return DMV_ABI_UNKNOWN;
	return bus;
}

NTSTATUS NTAPI wdm_create_common_buffer_from_mdl(PDMA_ADAPTER adapter, PMDL mdl,
						 PDMA_COMMON_BUFFER_EXTENDED_CONFIGURATION config,
						 ULONG configs, PPHYSICAL_ADDRESS logical)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);
	struct wanted w;
	uint64_t bus;
	char *system;
	PMDL m;

	if (!a || !mdl || (configs && !config) || !take_configs(config, configs, &w))
		return STATUS_INVALID_PARAMETER;
	m = backing(mdl, &w);
	if (!m || !wdm_mdl_mapped(a, m, CALLER, &system) || !system)
		return STATUS_INVALID_PARAMETER;
	bus = bus_of(a, m, &w);
	if (bus == DMV_ABI_UNKNOWN)
		return STATUS_INVALID_PARAMETER;
	if (dmv_buffer_adopt(wdm_verifier(), a, system + w.offset, w.length, bus, CALLER) != DMV_OK)
		return STATUS_INSUFFICIENT_RESOURCES;
	logical->QuadPart = (LONGLONG)bus;
	return STATUS_SUCCESS;
}
