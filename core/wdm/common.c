/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* AllocateCommonBuffer and FreeCommonBuffer. */
#include "face.h"

PVOID NTAPI wdm_allocate_common_buffer(PDMA_ADAPTER adapter, ULONG length,
				       PPHYSICAL_ADDRESS logical, BOOLEAN cached)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);
	uint64_t bus;
	void *va;

	if (!a)
		return NULL;
	va = dmv_buffer_alloc(wdm_verifier(), a, length, cached, CALLER, &bus);
	if (va)
		logical->QuadPart = (LONGLONG)bus;
	return va;
}

VOID NTAPI wdm_free_common_buffer(PDMA_ADAPTER adapter, ULONG length, PHYSICAL_ADDRESS logical,
				  PVOID va, BOOLEAN cached)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);

	if (a)
		dmv_buffer_free(wdm_verifier(), a, va, length, (uint64_t)logical.QuadPart, cached,
				CALLER);
}
