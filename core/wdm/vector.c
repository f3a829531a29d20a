/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Common buffer vectors; and DMA domains, which an IOMMU would give a meaning. */
#include "face.h"

/* Vectors have an IRQL rule of their own. */
static struct dmv_adapter *begin(PDMA_ADAPTER adapter, uint64_t caller)
{
	struct dmv_adapter *a = dmv_adapter_check(wdm_verifier(), adapter, caller);
	const KIRQL now = KeGetCurrentIrql();

	if (a && now > PASSIVE_LEVEL &&
	    dmv_violate(wdm_verifier(), DMV_V_VECTOR_IRQL, a, caller, now, 0, 0))
		return NULL;
	return a;
}

NTSTATUS NTAPI wdm_allocate_common_buffer_vector(PDMA_ADAPTER adapter, PHYSICAL_ADDRESS low,
						 PHYSICAL_ADDRESS high, MEMORY_CACHING_TYPE cache,
						 ULONG node, ULONG flags, ULONG count,
						 ULONGLONG bytes, PDMA_COMMON_BUFFER_VECTOR *ret)
{
	struct dmv_adapter *a = begin(adapter, CALLER);
	const struct dmv_buffer_request r = {
		.bytes = bytes, .min_bus = (uint64_t)low.QuadPart,
		.max_bus = (uint64_t)high.QuadPart, .cached = cache == MmCached,
	};
	void *vector;

	UNREFERENCED_PARAMETER(node);
	UNREFERENCED_PARAMETER(flags);
	if (!a || !count || !bytes || (cache != MmCached && cache != MmNonCached))
		return STATUS_INVALID_PARAMETER;
	if (dmv_vector_alloc(wdm_verifier(), a, count, &r, CALLER, &vector) != DMV_OK)
		return STATUS_INSUFFICIENT_RESOURCES;
	*ret = vector;
	return STATUS_SUCCESS;
}

VOID NTAPI wdm_get_common_buffer_from_vector(PDMA_ADAPTER adapter,
					     PDMA_COMMON_BUFFER_VECTOR vector, ULONG index,
					     PVOID *va, PPHYSICAL_ADDRESS logical)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_ANY_LEVEL, CALLER);
	uint64_t bus;

	if (a && dmv_vector_get(wdm_verifier(), a, vector, index, CALLER, va, &bus))
		logical->QuadPart = (LONGLONG)bus;
}

VOID NTAPI wdm_free_common_buffer_from_vector(PDMA_ADAPTER adapter,
					      PDMA_COMMON_BUFFER_VECTOR vector, ULONG index)
{
	struct dmv_adapter *a = begin(adapter, CALLER);

	if (a)
		dmv_vector_free_entry(wdm_verifier(), a, vector, index, CALLER);
}

VOID NTAPI wdm_free_common_buffer_vector(PDMA_ADAPTER adapter, PDMA_COMMON_BUFFER_VECTOR vector)
{
	struct dmv_adapter *a = begin(adapter, CALLER);

	if (a)
		dmv_vector_free(wdm_verifier(), a, vector, CALLER);
}

/* ---- domains and caches ---- */

static struct wdm_adapter *face_of(struct dmv_adapter *a)
{
	return dmv_adapter_face(a);
}

NTSTATUS NTAPI wdm_join_dma_domain(PDMA_ADAPTER adapter, HANDLE domain)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);
	HANDLE own = a ? dmv_adapter_face(a) : NULL;

	if (!a || !domain || domain == own)
		return STATUS_INVALID_PARAMETER;
	return __atomic_compare_exchange_n(&face_of(a)->domain, &own, domain, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ?
		STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE;
}

NTSTATUS NTAPI wdm_leave_dma_domain(PDMA_ADAPTER adapter)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);

	if (!a)
		return STATUS_INVALID_PARAMETER;
	return __atomic_exchange_n(&face_of(a)->domain, dmv_adapter_face(a), __ATOMIC_ACQ_REL) ==
		dmv_adapter_face(a) ? STATUS_INVALID_DEVICE_STATE : STATUS_SUCCESS;
}

HANDLE NTAPI wdm_get_dma_domain(PDMA_ADAPTER adapter)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);

	return a ? __atomic_load_n(&face_of(a)->domain, __ATOMIC_ACQUIRE) : NULL;
}

NTSTATUS NTAPI wdm_flush_dma_buffer(PDMA_ADAPTER adapter, PMDL mdl, BOOLEAN read)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_ANY_LEVEL, CALLER);
	const KIRQL now = KeGetCurrentIrql();

	UNREFERENCED_PARAMETER(read);
	if (!a || !mdl)
		return STATUS_INVALID_PARAMETER;
	if (now > DISPATCH_LEVEL)
		dmv_violate(wdm_verifier(), DMV_V_IRQL_ADVISED, a, CALLER, DISPATCH_LEVEL, now, 0);
	return STATUS_SUCCESS;
}
