/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * System DMA: adapters of devices that are no bus masters. What such a device moves goes through
 * one line of a controller that the host has; a map tells the controller, a flush stops it. The
 * exclusive right to a line, and what became of its transfer, are in the books.
 */
#include "face.h"

static const struct wdm_controller *controller(void)
{
	return wdm_host()->controller;
}

/* ---- getting one ---- */

bool wdm_slave_find(const DEVICE_DESCRIPTION *d, struct wdm_line *ret)
{
	const struct wdm_host *h = wdm_host();

	if (!h->controller || (ULONG)d->DmaWidth > Width64Bits)
		return false;
	return h->controller->find(h->host, d, ret);
}

/*
 * DDI wdm/ns-wdm-_device_description.md: demand mode counts in version 2 alone, the speed up to
 * there; version 0 knows no IgnoreCount.
 */
void wdm_slave_init(struct wdm_adapter *face, const DEVICE_DESCRIPTION *d,
		    const struct wdm_line *line)
{
	const bool v3 = d->Version == DEVICE_DESCRIPTION_VERSION3;

	face->slave = true;
	face->controller = line->controller;
	face->request = line->line;
	face->width = (uint8_t)d->DmaWidth;
	face->speed = v3 ? Compatible : (uint8_t)d->DmaSpeed;
	face->demand = d->Version == DEVICE_DESCRIPTION_VERSION2 && d->DemandMode;
	face->auto_initialize = d->AutoInitialize;
	face->counts = line->counts &&
		       !(d->Version != DEVICE_DESCRIPTION_VERSION && d->IgnoreCount);
	face->device = v3 ? (uint64_t)d->DeviceAddress.QuadPart : 0;
}

/* ---- its transfer ---- */

static const struct wdm_adapter *face_of(struct dmv_adapter *a)
{
	return dmv_adapter_face(a);
}

static uint32_t ask_left(struct dmv_adapter *a)
{
	const struct wdm_adapter *f = face_of(a);
	const uint32_t left = controller()->left(wdm_host()->host, f->controller, f->request);

	dmv_system_left(wdm_verifier(), a, left);
	return left;
}

static void tell_driver(const struct dmv_ended *e, DMA_COMPLETION_STATUS status)
{
	const PDMA_COMPLETION_ROUTINE routine = (PDMA_COMPLETION_ROUTINE)(uintptr_t)e->routine;
	KIRQL old;

	if (!routine)
		return;
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	routine(dmv_adapter_face(e->adapter), (PDEVICE_OBJECT)(uintptr_t)e->device,
		(PVOID)(uintptr_t)e->context, status);
	KeLowerIrql(old);
}

void wdm_transfer_done(uint32_t serial, DMA_COMPLETION_STATUS status)
{
	const bool complete = status == DmaComplete;
	const enum dmv_abi_transfer how = complete ? DMV_ABI_T_COMPLETE : DMV_ABI_T_FAILED;
	struct dmv_ended e;

	if (dmv_system_done(wdm_verifier(), serial, how, &e))
		tell_driver(&e, status);
}

static bool runs(struct dmv_adapter *a)
{
	return dmv_system_state(wdm_verifier(), a) == DMV_ABI_T_RUNNING;
}

/* The controller first, so that nothing is moved by the time the books say so. true: it ran. */
static bool halt(struct dmv_adapter *a, enum dmv_abi_transfer how, uint64_t caller,
		 struct dmv_ended *ret)
{
	const struct wdm_adapter *f = face_of(a);

	if (!runs(a))
		return false;
	controller()->stop(wdm_host()->host, f->controller, f->request);
	return dmv_system_end(wdm_verifier(), a, how, ask_left(a), caller, ret);
}

void wdm_slave_stop(struct dmv_adapter *a, uint64_t caller)
{
	struct dmv_ended e;

	if (face_of(a)->slave)
		halt(a, DMV_ABI_T_STOPPED, caller, &e);
}

/* What a map asks for. */
struct wanted {
	const SCATTER_GATHER_LIST *list;
	uint64_t bytes;
	bool to_device;
	ULONG device_offset;
	PDMA_COMPLETION_ROUTINE routine;
	PVOID context;
};

static NTSTATUS start(struct dmv_adapter *a, const struct wanted *w, uint64_t caller)
{
	const struct wdm_adapter *f = face_of(a);
	const struct dmv_system s = {
		.bytes = w->bytes,
		.flags = (w->to_device ? DMV_ABI_T_TO_DEVICE : 0) |
			 (f->auto_initialize ? DMV_ABI_T_AUTO_INITIALIZE : 0) |
			 (f->demand ? DMV_ABI_T_DEMAND : 0),
		.routine = (uintptr_t)w->routine, .context = (uintptr_t)w->context,
	};
	struct wdm_system_transfer t = {
		.controller = f->controller, .line = f->request, .list = w->list,
		.to_device = w->to_device, .demand = f->demand,
		.auto_initialize = f->auto_initialize, .width = (DMA_WIDTH)f->width,
		.speed = (DMA_SPEED)f->speed, .device = f->device + w->device_offset,
	};
	struct dmv_ended e;

	switch (dmv_system_begin(wdm_verifier(), a, &s, caller, &t.serial)) {
	case DMV_OK:
		break;
	case DMV_CANCELLED:
		return STATUS_CANCELLED;
	default:
		return STATUS_INVALID_DEVICE_STATE;
	}
	if (controller()->program(wdm_host()->host, &t)) {
		/* Who cancelled meanwhile stopped it before it was told anything. */
		if (!dmv_system_runs(wdm_verifier(), t.serial))
			controller()->stop(wdm_host()->host, f->controller, f->request);
		return STATUS_SUCCESS;
	}
	dmv_system_end(wdm_verifier(), a, DMV_ABI_T_FAILED, w->bytes, caller, &e);
	return STATUS_INVALID_PARAMETER;
}

/* Common buffers are not copied: controller and driver use them at the same time. */
static void no_copy(struct dmv_adapter *a, struct dmv_span *s)
{
	if (dmv_buffer_holds(wdm_verifier(), a, s->va, s->bytes))
		s->original = NULL;
}

/* ---- packets ---- */

/* No address: the driver of a slave can do nothing with it. DDI wdm/nc-wdm-pmap_transfer.md */
PHYSICAL_ADDRESS NTAPI wdm_slave_map_transfer(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, PVOID va,
					      PULONG length, BOOLEAN to_device)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	const PHYSICAL_ADDRESS none = { .QuadPart = 0 };
	SCATTER_GATHER_LIST one = { .NumberOfElements = 1 };
	struct dmv *v = wdm_verifier();
	struct dmv_span span;
	uint64_t mapped, bus;
	struct wanted w;

	if (!a || !wdm_span(a, WDM_PACKET, mdl, va, *length, CALLER, &span))
		goto failed;
	no_copy(a, &span);
	if (dmv_map(v, a, base, &span, to_device, CALLER, &mapped, &bus) != DMV_OK)
		goto failed;
	one.Elements[0].Address.QuadPart = (LONGLONG)bus;
	one.Elements[0].Length = (ULONG)mapped;
	w = (struct wanted){ .list = &one, .bytes = mapped, .to_device = to_device };
	if (start(a, &w, CALLER) == STATUS_SUCCESS) {
		*length = (ULONG)mapped;
		return none;
	}
	span.bytes = mapped;
	dmv_flush(v, a, base, &span, to_device, mapped, CALLER);
failed:
	*length = 0;
	return none;
}

/* A device may end before its counter does: the flush stops the controller. */
BOOLEAN NTAPI wdm_slave_flush_adapter_buffers(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, PVOID va,
					      ULONG length, BOOLEAN to_device)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	struct dmv_span span;
	uint64_t left;

	if (!a || !wdm_span(a, WDM_FLUSH, mdl, va, length, CALLER, &span))
		return FALSE;
	wdm_slave_stop(a, CALLER);
	left = (uintptr_t)MmGetMdlVirtualAddress(mdl) + mdl->ByteCount - span.va;
	return dmv_flush(wdm_verifier(), a, base, &span, to_device, left, CALLER) == DMV_OK;
}

ULONG NTAPI wdm_slave_read_dma_counter(PDMA_ADAPTER adapter)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);

	if (!a || dmv_system_state(wdm_verifier(), a) == DMV_ABI_T_NONE)
		return 0;
	return ask_left(a);
}

VOID NTAPI wdm_slave_free_adapter_channel(PDMA_ADAPTER adapter)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_DISPATCH, CALLER);

	if (!a)
		return;
	wdm_slave_stop(a, CALLER);
	dmv_channel_free(wdm_verifier(), a, false, CALLER);
	wdm_run_waiting();
}

VOID NTAPI wdm_slave_free_map_registers(PDMA_ADAPTER adapter, PVOID base, ULONG registers)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_DISPATCH, CALLER);

	if (!a)
		return;
	wdm_slave_stop(a, CALLER);
	dmv_registers_free(wdm_verifier(), a, base, registers, CALLER);
	wdm_run_waiting();
}

VOID NTAPI wdm_slave_put_dma_adapter(PDMA_ADAPTER adapter)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);

	if (!a)
		return;
	wdm_slave_stop(a, CALLER);
	dmv_adapter_put(wdm_verifier(), a, CALLER);
	wdm_run_waiting();
}

/* ---- version 3 ---- */

static void no_copies(struct dmv_adapter *a, struct dmv_transfer *t)
{
	struct dmv_span *chain = (struct dmv_span *)(uintptr_t)t->chain;

	no_copy(a, &t->span);
	for (uint32_t i = 0; i < t->chained; i++)
		no_copy(a, &chain[i]);
}

/* Into the driver's list, or one of one element that is the verifier's. */
static NTSTATUS map(struct dmv_adapter *a, PVOID base, const struct dmv_transfer *t, uint32_t max,
		    struct wanted *w, uint64_t caller)
{
	const PSCATTER_GATHER_LIST list = (PSCATTER_GATHER_LIST)(uintptr_t)w->list;
	struct dmv_element *e = wdm_list_room(list, max);
	struct dmv_map_reach m;

	if (dmv_map_transfer(wdm_verifier(), a, base, t, caller, e, max, &m) != DMV_OK)
		return STATUS_INSUFFICIENT_RESOURCES;
	wdm_list_fill(list, e, m.elements);
	w->bytes = m.bytes;
	return STATUS_SUCCESS;
}

/* The length is known before the driver's routine can run. */
static NTSTATUS map_and_start(struct dmv_adapter *a, PVOID base, struct wdm_bytes b, PULONG length,
			      struct wanted *w, uint32_t max, uint64_t caller)
{
	struct dmv_transfer t;
	NTSTATUS status = wdm_transfer_ex(a, &b, caller, &t, NULL);

	if (status)
		return status;
	no_copies(a, &t);
	t.to_device = w->to_device;
	status = map(a, base, &t, max, w, caller);
	wdm_transfer_free(&t);
	if (status)
		return status;
	*length = (ULONG)w->bytes;
	status = start(a, w, caller);
	if (!status)
		return status;
	b.length = (ULONG)w->bytes;
	b.map = false;
	if (wdm_transfer_ex(a, &b, caller, &t, NULL))
		return status;
	t.to_device = w->to_device;
	dmv_flush_transfer(wdm_verifier(), a, base, &t, w->bytes, caller);
	wdm_transfer_free(&t);
	return status;
}

NTSTATUS NTAPI wdm_slave_map_transfer_ex(PDMA_ADAPTER adapter, PMDL mdl, PVOID base,
					 ULONGLONG offset, ULONG device_offset, PULONG length,
					 BOOLEAN to_device, PSCATTER_GATHER_LIST list,
					 ULONG list_bytes, PDMA_COMPLETION_ROUTINE completion,
					 PVOID completion_context)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	const struct wdm_bytes b = { mdl, offset, length ? *length : 0, true };
	const uint32_t max = list ? wdm_list_elements(list_bytes) : 1;
	SCATTER_GATHER_LIST one;
	struct wanted w = { .list = list ? list : &one, .to_device = to_device,
			    .device_offset = device_offset, .routine = completion,
			    .context = completion_context };

	if (!a || !length || !max)
		return STATUS_INVALID_PARAMETER;
	return map_and_start(a, base, b, length, &w, max, CALLER);
}

/* Rule 0x23: whoever flushes what still runs gets a part of it, and the controller goes on. */
static bool is_over(struct dmv_adapter *a, uint64_t caller)
{
	const struct wdm_adapter *f = face_of(a);

	if (runs(a) && dmv_violate(wdm_verifier(), DMV_V_FLUSH_NOT_COMPLETE, a, caller, 0,
				   f->controller, f->request))
		return false;
	wdm_slave_stop(a, caller);
	return true;
}

NTSTATUS NTAPI wdm_slave_flush_adapter_buffers_ex(PDMA_ADAPTER adapter, PMDL mdl, PVOID base,
						  ULONGLONG offset, ULONG length,
						  BOOLEAN to_device)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	const struct wdm_bytes b = { mdl, offset, length, false };

	return wdm_flush_ex(a, &b, base, to_device, is_over, CALLER);
}

VOID NTAPI wdm_slave_free_adapter_object(PDMA_ADAPTER adapter, IO_ALLOCATION_ACTION action)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);

	if (!a || action == KeepObject)
		return;
	wdm_slave_stop(a, CALLER);
	dmv_channel_free(wdm_verifier(), a, action == DeallocateObjectKeepRegisters, CALLER);
	wdm_run_waiting();
}

NTSTATUS NTAPI wdm_slave_cancel_mapped_transfer(PDMA_ADAPTER adapter, PVOID context)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	const uint64_t key = a ? wdm_context_key(adapter, context) : 0;
	struct dmv_ended e;

	if (!key || dmv_system_cancel(wdm_verifier(), a, key, CALLER) != DMV_OK)
		return STATUS_INVALID_PARAMETER;
	if (halt(a, DMV_ABI_T_CANCELLED, CALLER, &e))
		tell_driver(&e, DmaCancelled);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI wdm_slave_configure_adapter_channel(PDMA_ADAPTER adapter, ULONG function,
						   PVOID context)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	const struct wdm_adapter *f;

	if (!a)
		return STATUS_INVALID_PARAMETER;
	if (!controller()->configure)
		return STATUS_NOT_IMPLEMENTED;
	f = face_of(a);
	return controller()->configure(wdm_host()->host, f->controller, f->request, function,
				       context);
}
