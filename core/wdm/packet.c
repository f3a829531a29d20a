/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Packet DMA: adapter channels, MapTransfer, FlushAdapterBuffers; and running what waits. */
#include "face.h"

NTSTATUS wdm_status(int result)
{
	if (result == DMV_OK || result == DMV_QUEUED)
		return STATUS_SUCCESS;
	return result == DMV_KEY_USED ? STATUS_INVALID_PARAMETER : STATUS_INSUFFICIENT_RESOURCES;
}

struct dmv_request wdm_request(PDEVICE_OBJECT device, uint64_t routine, PVOID context)
{
	return (struct dmv_request){
		.device = (uintptr_t)device, .routine = routine, .context = (uintptr_t)context,
		.irp = device ? (uintptr_t)device->CurrentIrp : 0,
	};
}

/* ---- calling drivers back ---- */

static void channel_run(const struct dmv_grant *g)
{
	const struct dmv_request *r = &g->request;
	const PDRIVER_CONTROL routine = (PDRIVER_CONTROL)(uintptr_t)r->routine;
	IO_ALLOCATION_ACTION action;

	action = routine((PDEVICE_OBJECT)(uintptr_t)r->device, (PIRP)(uintptr_t)r->irp, g->handle,
			 (PVOID)(uintptr_t)r->context);
	if (action != KeepObject)
		wdm_slave_stop(g->adapter, r->routine);
	dmv_channel_done(wdm_verifier(), g,
			 action == KeepObject ? DMV_KEEP :
			 action == DeallocateObjectKeepRegisters ? DMV_KEEP_REGISTERS :
			 DMV_FREE_ALL);
}

void wdm_run(const struct dmv_grant *g)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	if (g->request.list)
		wdm_list_run(g);
	else
		channel_run(g);
	KeLowerIrql(old);
}

void wdm_run_waiting(void)
{
	struct dmv_request r;
	struct dmv_grant g;

	while (dmv_next_cancelled(wdm_verifier(), &r))
		if (r.list)
			wdm_list_cancelled(&r);
	while (dmv_next_grant(wdm_verifier(), &g))
		wdm_run(&g);
}

/* ---- channels and map registers ---- */

NTSTATUS NTAPI wdm_allocate_adapter_channel(PDMA_ADAPTER adapter, PDEVICE_OBJECT device,
					    ULONG registers, PDRIVER_CONTROL routine, PVOID context)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_DISPATCH, CALLER);
	struct dmv_request r = wdm_request(device, (uintptr_t)routine, context);
	struct dmv_grant g;
	int result;

	if (!a)
		return STATUS_INVALID_PARAMETER;
	r.registers = registers;
	result = dmv_request(wdm_verifier(), a, &r, CALLER, &g);
	if (result == DMV_OK) {
		wdm_run(&g);
		wdm_run_waiting();
	}
	return wdm_status(result);
}

VOID NTAPI wdm_free_adapter_channel(PDMA_ADAPTER adapter)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_DISPATCH, CALLER);

	if (!a)
		return;
	dmv_channel_free(wdm_verifier(), a, false, CALLER);
	wdm_run_waiting();
}

VOID NTAPI wdm_free_map_registers(PDMA_ADAPTER adapter, PVOID base, ULONG registers)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_DISPATCH, CALLER);

	if (!a)
		return;
	dmv_registers_free(wdm_verifier(), a, base, registers, CALLER);
	wdm_run_waiting();
}

/* ---- transfers ---- */

PHYSICAL_ADDRESS NTAPI wdm_map_transfer(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, PVOID va,
					PULONG length, BOOLEAN to_device)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	PHYSICAL_ADDRESS ret = { .QuadPart = 0 };
	struct dmv_span span;
	uint64_t mapped, bus;

	if (!a || !wdm_span(a, WDM_PACKET, mdl, va, *length, CALLER, &span) ||
	    dmv_map(wdm_verifier(), a, base, &span, to_device, CALLER, &mapped, &bus) != DMV_OK) {
		*length = 0;
		return ret;
	}
	*length = (ULONG)mapped;
	ret.QuadPart = (LONGLONG)bus;
	return ret;
}

BOOLEAN NTAPI wdm_flush_adapter_buffers(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, PVOID va,
					ULONG length, BOOLEAN to_device)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	struct dmv_span span;
	uint64_t left;

	if (!a || !wdm_span(a, WDM_FLUSH, mdl, va, length, CALLER, &span))
		return FALSE;
	left = (uintptr_t)MmGetMdlVirtualAddress(mdl) + mdl->ByteCount - span.va;
	return dmv_flush(wdm_verifier(), a, base, &span, to_device, left, CALLER) == DMV_OK;
}
