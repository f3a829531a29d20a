/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Packet DMA of version 3: transfer contexts, channels, maps by offset, what a transfer takes. */
#include "face.h"

/* ---- transfer contexts ---- */

/*
 * What the verifier keeps in the driver's memory. The requests themselves are found by the
 * context's address; the state is for what happens before there is one.
 */
struct context {
	ULONG magic;
	ULONG state;
	PDMA_ADAPTER adapter;
};

enum { READY, USED, CANCELLED };

#define CONTEXT_MAGIC 0x58544D44u               /* "DMTX" */

_Static_assert(sizeof(struct context) <= DMA_TRANSFER_CONTEXT_SIZE_V1, "it fits the context");

/* Moves from one state to another, unless somebody was there first. */
static bool move(struct context *c, ULONG from, ULONG to)
{
	return __atomic_compare_exchange_n(&c->state, &from, to, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

static struct context *context_of(PDMA_ADAPTER adapter, PVOID context)
{
	struct context *c = context;

	return c && c->magic == CONTEXT_MAGIC && c->adapter == adapter ? c : NULL;
}

uint64_t wdm_context_key(PDMA_ADAPTER adapter, PVOID context)
{
	return (uintptr_t)context_of(adapter, context);
}

NTSTATUS NTAPI wdm_initialize_dma_transfer_context(PDMA_ADAPTER adapter, PVOID context)
{
	struct context *c = context;

	if (!wdm_begin(adapter, UP_TO_DISPATCH, CALLER) || !c)
		return STATUS_INVALID_PARAMETER;
	RtlZeroMemory(c, DMA_TRANSFER_CONTEXT_SIZE_V1);
	*c = (struct context){ .magic = CONTEXT_MAGIC, .state = READY, .adapter = adapter };
	return STATUS_SUCCESS;
}

NTSTATUS wdm_context_begin(PDMA_ADAPTER adapter, PVOID context)
{
	struct context *c = context_of(adapter, context);

	if (!c)
		return STATUS_INVALID_PARAMETER;
	if (move(c, CANCELLED, READY))
		return STATUS_CANCELLED;
	move(c, READY, USED);
	return STATUS_SUCCESS;
}

BOOLEAN NTAPI wdm_cancel_adapter_channel(PDMA_ADAPTER adapter, PDEVICE_OBJECT device,
					 PVOID context)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	struct context *c = a ? context_of(adapter, context) : NULL;
	struct dmv_request r;

	UNREFERENCED_PARAMETER(device);
	if (!c)
		return FALSE;
	if (!dmv_request_cancel(wdm_verifier(), a, (uintptr_t)c, CALLER, &r))
		return move(c, READY, CANCELLED);
	move(c, USED, READY);
	if (r.list)
		wdm_list_cancelled(&r);
	return TRUE;
}

/* ---- channels ---- */

NTSTATUS NTAPI wdm_allocate_adapter_channel_ex(PDMA_ADAPTER adapter, PDEVICE_OBJECT device,
					       PVOID context, ULONG registers, ULONG flags,
					       PDRIVER_CONTROL routine, PVOID routine_context,
					       PVOID *base)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_DISPATCH, CALLER);
	struct dmv_request r = wdm_request(device, (uintptr_t)routine, routine_context);
	struct dmv_grant g;
	NTSTATUS status;
	int result;

	r.now = flags & DMA_SYNCHRONOUS_CALLBACK;
	if (!a || (base != NULL) == (routine != NULL) || (!routine && !r.now))
		return STATUS_INVALID_PARAMETER;
	status = wdm_context_begin(adapter, context);
	if (status)
		return status;
	r.registers = registers;
	r.key = (uintptr_t)context;
	result = dmv_request(wdm_verifier(), a, &r, CALLER, &g);
	if (result == DMV_OK && routine) {
		wdm_run(&g);
		wdm_run_waiting();
	} else if (result == DMV_OK) {
		dmv_channel_done(wdm_verifier(), &g, DMV_KEEP);
		*base = g.handle;
	}
	return wdm_status(result);
}

VOID NTAPI wdm_free_adapter_object(PDMA_ADAPTER adapter, IO_ALLOCATION_ACTION action)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);

	if (!a || action == KeepObject)
		return;
	dmv_channel_free(wdm_verifier(), a, action == DeallocateObjectKeepRegisters, CALLER);
	wdm_run_waiting();
}

/* ---- transfers ---- */

static bool bus_master(const struct dmv_adapter *a)
{
	return dmv_adapter_flags(a) & DMV_ABI_A_BUS_MASTER;
}

static NTSTATUS map(struct dmv_adapter *a, PVOID base, const struct dmv_transfer *t, PULONG length,
		    PSCATTER_GATHER_LIST list, uint32_t max, uint64_t caller)
{
	struct dmv_element one, *e = list ? wdm_list_room(list, max) : &one;
	struct dmv_map_reach m;

	if (dmv_map_transfer(wdm_verifier(), a, base, t, caller, e, max, &m) != DMV_OK)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (list)
		wdm_list_fill(list, e, m.elements);
	*length = (ULONG)m.bytes;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI wdm_map_transfer_ex(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, ULONGLONG offset,
				   ULONG device_offset, PULONG length, BOOLEAN to_device,
				   PSCATTER_GATHER_LIST list, ULONG list_bytes,
				   PDMA_COMPLETION_ROUTINE completion, PVOID completion_context)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	const struct wdm_bytes b = { mdl, offset, length ? *length : 0, true };
	const uint32_t max = list ? wdm_list_elements(list_bytes) : 1;
	struct dmv_transfer t;
	NTSTATUS status;

	UNREFERENCED_PARAMETER(device_offset);
	UNREFERENCED_PARAMETER(completion_context);
	if (!a || !length || !max || (bus_master(a) && (!list || completion)))
		return STATUS_INVALID_PARAMETER;
	status = wdm_transfer_ex(a, &b, CALLER, &t, NULL);
	if (status)
		return status;
	t.to_device = to_device;
	status = map(a, base, &t, length, list, max, CALLER);
	wdm_transfer_free(&t);
	return status;
}

NTSTATUS wdm_flush_ex(struct dmv_adapter *a, const struct wdm_bytes *b, PVOID base, bool to_device,
		      wdm_before_flush *before, uint64_t caller)
{
	struct dmv_transfer t;
	uint64_t left;
	NTSTATUS status;

	if (!a)
		return STATUS_INVALID_PARAMETER;
	status = wdm_transfer_ex(a, b, caller, &t, &left);
	if (status)
		return status;
	t.to_device = to_device;
	if ((before && !before(a, caller)) ||
	    dmv_flush_transfer(wdm_verifier(), a, base, &t, left, caller) != DMV_OK)
		status = STATUS_INVALID_PARAMETER;
	wdm_transfer_free(&t);
	return status;
}

NTSTATUS NTAPI wdm_flush_adapter_buffers_ex(PDMA_ADAPTER adapter, PMDL mdl, PVOID base,
					    ULONGLONG offset, ULONG length, BOOLEAN to_device)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	const struct wdm_bytes b = { mdl, offset, length, false };

	return wdm_flush_ex(a, &b, base, to_device, NULL, CALLER);
}

/* ---- of the system's DMA controller, which bus masters do without ---- */

NTSTATUS NTAPI wdm_configure_adapter_channel(PDMA_ADAPTER adapter, ULONG function, PVOID context)
{
	UNREFERENCED_PARAMETER(function);
	UNREFERENCED_PARAMETER(context);
	return wdm_begin(adapter, UP_TO_DISPATCH, CALLER) ? STATUS_NOT_IMPLEMENTED :
		STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI wdm_cancel_mapped_transfer(PDMA_ADAPTER adapter, PVOID context)
{
	UNREFERENCED_PARAMETER(context);
	wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	return STATUS_INVALID_PARAMETER;
}

/* ---- what there is, and what a transfer takes ---- */

NTSTATUS NTAPI wdm_get_dma_adapter_info(PDMA_ADAPTER adapter, PDMA_ADAPTER_INFO info)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	const struct wdm_adapter *face;
	ULONG width = 64;

	if (!a || !info)
		return STATUS_INVALID_PARAMETER;
	face = dmv_adapter_face(a);
	if (info->Version != DMA_ADAPTER_INFO_VERSION1)
		return STATUS_NOT_SUPPORTED;
	while (width > 1 && !(dmv_adapter_reach(a) >> (width - 1)))
		width--;
	info->V1 = (DMA_ADAPTER_INFO_V1){
		.ReadDmaCounterAvailable = face->slave && face->counts,
		.ScatterGatherLimit = dmv_adapter_flags(a) & DMV_ABI_A_SCATTER_GATHER ?
			dmv_adapter_registers(a) : 1,
		.DmaAddressWidth = width,
		.MinimumTransferUnit = face->slave ? UINT32_C(1) << face->width : 1,
	};
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI wdm_get_dma_transfer_info(PDMA_ADAPTER adapter, PMDL mdl, ULONGLONG offset,
					 ULONG length, BOOLEAN write_only, PDMA_TRANSFER_INFO info)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	const struct wdm_bytes b = { mdl, offset, length, false };
	NTSTATUS status;
	uint32_t n;

	UNREFERENCED_PARAMETER(write_only);
	if (!a || !info)
		return STATUS_INVALID_PARAMETER;
	if (info->Version != DMA_TRANSFER_INFO_VERSION1 &&
	    info->Version != DMA_TRANSFER_INFO_VERSION2)
		return STATUS_NOT_SUPPORTED;
	status = wdm_chain_reaches(a, &b, CALLER);
	if (!status)
		status = wdm_chain_size(&b, &n);
	if (status)
		return status;
	info->V1 = (DMA_TRANSFER_INFO_V1){ n, n, (ULONG)wdm_list_bytes(n) };
	if (info->Version == DMA_TRANSFER_INFO_VERSION2)
		info->V2.LogicalPageCount = n;
	return STATUS_SUCCESS;
}
