/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Common buffers. */
#include "face.h"

static PVOID allocate(struct dmv_adapter *a, ULONG length, uint64_t max_bus, bool cached,
		      uint64_t caller, PPHYSICAL_ADDRESS logical)
{
	uint64_t bus;
	void *va = dmv_buffer_alloc(wdm_verifier(), a, length, max_bus, cached, caller, &bus);

	if (va)
		logical->QuadPart = (LONGLONG)bus;
	return va;
}

PVOID NTAPI wdm_allocate_common_buffer(PDMA_ADAPTER adapter, ULONG length,
				       PPHYSICAL_ADDRESS logical, BOOLEAN cached)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);

	return a ? allocate(a, length, UINT64_MAX, cached, CALLER, logical) : NULL;
}

PVOID NTAPI wdm_allocate_common_buffer_ex(PDMA_ADAPTER adapter, PPHYSICAL_ADDRESS maximum,
					  ULONG length, PPHYSICAL_ADDRESS logical, BOOLEAN cached,
					  NODE_REQUIREMENT node)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);

	UNREFERENCED_PARAMETER(node);
	return a ? allocate(a, length, maximum ? (uint64_t)maximum->QuadPart : UINT64_MAX, cached,
			    CALLER, logical) : NULL;
}

VOID NTAPI wdm_free_common_buffer(PDMA_ADAPTER adapter, ULONG length, PHYSICAL_ADDRESS logical,
				  PVOID va, BOOLEAN cached)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);

	if (a)
		dmv_buffer_free(wdm_verifier(), a, va, length, (uint64_t)logical.QuadPart, cached,
				CALLER);
}
