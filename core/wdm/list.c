/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Scatter/gather lists: Get, Calculate, Build, Put, and the MDLs of what the device uses. */
#include "face.h"

/* The driver may write to its list as it likes, so what frees it stands in front of it. */
union block {
	size_t bytes;
	char room[16];
};

size_t wdm_list_bytes(uint32_t elements)
{
	return offsetof(SCATTER_GATHER_LIST, Elements) +
	       elements * sizeof(SCATTER_GATHER_ELEMENT);
}

uint32_t wdm_list_elements(ULONG bytes)
{
	if (bytes < wdm_list_bytes(0))
		return 0;
	return (uint32_t)((bytes - wdm_list_bytes(0)) / sizeof(SCATTER_GATHER_ELEMENT));
}

static PSCATTER_GATHER_LIST list_alloc(uint32_t elements)
{
	const struct wdm_host *h = wdm_host();
	const size_t bytes = sizeof(union block) + wdm_list_bytes(elements);
	union block *b = h->alloc(h->host, bytes);

	if (!b)
		return NULL;
	b->bytes = bytes;
	return (PSCATTER_GATHER_LIST)(void *)(b + 1);
}

static void list_free(PSCATTER_GATHER_LIST list)
{
	const struct wdm_host *h = wdm_host();
	union block *b = (union block *)(void *)list - 1;

	h->free(h->host, b, b->bytes);
}

void wdm_list_cancelled(const struct dmv_request *r)
{
	wdm_transfer_free(&r->transfer);
	if (!r->caller_memory)
		list_free(r->memory);
}

/*
 * The elements are laid into the list itself: a smaller struct at its end, read before it is
 * overwritten.
 */
struct dmv_element *wdm_list_room(PSCATTER_GATHER_LIST list, uint32_t max)
{
	_Static_assert(sizeof(struct dmv_element) <= sizeof(SCATTER_GATHER_ELEMENT),
		       "elements fit the list");
	return (struct dmv_element *)(void *)(list->Elements + max) - max;
}

void wdm_list_fill(PSCATTER_GATHER_LIST list, const struct dmv_element *e, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct dmv_element one = e[i];

		list->Elements[i].Address.QuadPart = (LONGLONG)one.bus;
		list->Elements[i].Length = one.bytes;
		list->Elements[i].Reserved = 0;
	}
	list->NumberOfElements = n;
	list->Reserved = 0;
}

void wdm_list_run(const struct dmv_grant *g)
{
	const struct dmv_request *r = &g->request;
	const PDRIVER_LIST_CONTROL routine = (PDRIVER_LIST_CONTROL)(uintptr_t)r->routine;
	PSCATTER_GATHER_LIST list = r->memory;
	struct dmv_element *e = wdm_list_room(list, g->elements);

	wdm_transfer_free(&r->transfer);
	dmv_grant_elements(wdm_verifier(), g, e);
	wdm_list_fill(list, e, g->elements);
	if (routine)
		routine((PDEVICE_OBJECT)(uintptr_t)r->device, (PIRP)(uintptr_t)r->irp, list,
			(PVOID)(uintptr_t)r->context);
}

/* Spans and memory are there: asks, and calls the routine if it can be now. */
static NTSTATUS ask(struct dmv_adapter *a, const struct dmv_request *r, uint64_t caller)
{
	struct dmv_grant g;
	const int result = dmv_request(wdm_verifier(), a, r, caller, &g);

	if (result == DMV_OK) {
		wdm_run(&g);
		wdm_run_waiting();
	} else if (result != DMV_QUEUED) {
		wdm_list_cancelled(r);
	}
	return wdm_status(result);
}

static struct dmv_request request_of(PDEVICE_OBJECT device, PDRIVER_LIST_CONTROL routine,
				     PVOID context, BOOLEAN to_device)
{
	struct dmv_request r = wdm_request(device, (uintptr_t)routine, context);

	r.list = true;
	r.transfer.to_device = to_device;
	return r;
}

/* The transfer is there: gets memory for the list. */
static NTSTATUS get(struct dmv_adapter *a, struct dmv_request *r, uint64_t caller)
{
	r->registers = wdm_transfer_registers(&r->transfer);
	r->memory = list_alloc(r->registers);
	if (r->memory)
		return ask(a, r, caller);
	wdm_transfer_free(&r->transfer);
	return STATUS_INSUFFICIENT_RESOURCES;
}

/* The transfer is there: the driver gives the memory. */
static NTSTATUS build(struct dmv_adapter *a, struct dmv_request *r, PVOID buffer, ULONG bytes,
		      uint64_t caller)
{
	r->registers = wdm_transfer_registers(&r->transfer);
	r->memory = buffer;
	r->caller_memory = true;
	if (bytes >= wdm_list_bytes(r->registers))
		return ask(a, r, caller);
	wdm_transfer_free(&r->transfer);
	return STATUS_BUFFER_TOO_SMALL;
}

NTSTATUS NTAPI wdm_get_scatter_gather_list(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PMDL mdl,
					   PVOID va, ULONG length, PDRIVER_LIST_CONTROL routine,
					   PVOID context, BOOLEAN to_device)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_DISPATCH, CALLER);
	struct dmv_request r = request_of(device, routine, context, to_device);
	NTSTATUS status;

	if (!a)
		return STATUS_INVALID_PARAMETER;
	status = wdm_transfer(a, mdl, va, length, CALLER, &r.transfer);
	return status ? status : get(a, &r, CALLER);
}

NTSTATUS NTAPI wdm_build_scatter_gather_list(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PMDL mdl,
					     PVOID va, ULONG length, PDRIVER_LIST_CONTROL routine,
					     PVOID context, BOOLEAN to_device, PVOID buffer,
					     ULONG bytes)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_DISPATCH, CALLER);
	struct dmv_request r = request_of(device, routine, context, to_device);
	NTSTATUS status;

	if (!a || !buffer)
		return STATUS_INVALID_PARAMETER;
	status = wdm_transfer(a, mdl, va, length, CALLER, &r.transfer);
	return status ? status : build(a, &r, buffer, bytes, CALLER);
}

/* ---- version 3 ---- */

/* What is wrong with a request before its transfer is looked at; else it is filled in. */
static NTSTATUS begin_ex(struct dmv_adapter *a, PDMA_ADAPTER adapter, struct dmv_request *r,
			 PVOID context, ULONG flags, bool has_out)
{
	r->now = flags & DMA_SYNCHRONOUS_CALLBACK;
	r->keeps_object = !r->routine;
	r->key = (uintptr_t)context;
	if (!r->routine && !(r->now && has_out))
		return STATUS_INVALID_PARAMETER;
	if (!(dmv_adapter_flags(a) & DMV_ABI_A_BUS_MASTER))
		return STATUS_INVALID_PARAMETER;
	return wdm_context_begin(adapter, context);
}

NTSTATUS NTAPI wdm_get_scatter_gather_list_ex(PDMA_ADAPTER adapter, PDEVICE_OBJECT device,
					      PVOID context, PMDL mdl, ULONGLONG offset,
					      ULONG length, ULONG flags,
					      PDRIVER_LIST_CONTROL routine, PVOID routine_context,
					      BOOLEAN to_device,
					      PDMA_COMPLETION_ROUTINE completion,
					      PVOID completion_context, PSCATTER_GATHER_LIST *list)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	struct dmv_request r = request_of(device, routine, routine_context, to_device);
	const struct wdm_bytes b = { mdl, offset, length, true };
	NTSTATUS status = STATUS_INVALID_PARAMETER;

	UNREFERENCED_PARAMETER(completion);
	UNREFERENCED_PARAMETER(completion_context);
	if (a)
		status = begin_ex(a, adapter, &r, context, flags, list);
	if (!status)
		status = wdm_transfer_ex(a, &b, CALLER, &r.transfer, NULL);
	if (!status)
		status = get(a, &r, CALLER);
	if (!status && list)
		*list = r.now ? r.memory : NULL;
	return status;
}

NTSTATUS NTAPI wdm_build_scatter_gather_list_ex(PDMA_ADAPTER adapter, PDEVICE_OBJECT device,
						PVOID context, PMDL mdl, ULONGLONG offset,
						ULONG length, ULONG flags,
						PDRIVER_LIST_CONTROL routine,
						PVOID routine_context, BOOLEAN to_device,
						PVOID buffer, ULONG bytes,
						PDMA_COMPLETION_ROUTINE completion,
						PVOID completion_context, PVOID list)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_DISPATCH, CALLER);
	struct dmv_request r = request_of(device, routine, routine_context, to_device);
	const struct wdm_bytes b = { mdl, offset, length, true };
	NTSTATUS status = STATUS_INVALID_PARAMETER;

	UNREFERENCED_PARAMETER(completion);
	UNREFERENCED_PARAMETER(completion_context);
	if (a && buffer)
		status = begin_ex(a, adapter, &r, context, flags, list);
	if (!status)
		status = wdm_transfer_ex(a, &b, CALLER, &r.transfer, NULL);
	if (!status)
		status = build(a, &r, buffer, bytes, CALLER);
	if (!status && list)
		*(PSCATTER_GATHER_LIST *)list = r.now ? buffer : NULL;
	return status;
}

/* ---- how large a list is ---- */

NTSTATUS NTAPI wdm_calculate_scatter_gather_list(PDMA_ADAPTER adapter, PMDL mdl, PVOID va,
						 ULONG length, PULONG bytes, PULONG registers)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_ANY_LEVEL, CALLER);
	NTSTATUS status;
	uint32_t n;

	if (!a || (mdl && !wdm_inside(a, mdl, (uintptr_t)va, CALLER)))
		return STATUS_INVALID_PARAMETER;
	status = wdm_list_size(mdl, (uintptr_t)va, length, &n);
	if (status)
		return status;
	if (n > dmv_adapter_registers(a))
		return STATUS_INSUFFICIENT_RESOURCES;
	*bytes = (ULONG)wdm_list_bytes(n);
	if (registers)
		*registers = n;
	return STATUS_SUCCESS;
}

/* ---- what the device uses ---- */

static NTSTATUS build_mdl(struct dmv_adapter *a, PSCATTER_GATHER_LIST list, PMDL original,
			  PMDL *target)
{
	const struct wdm_host *h = wdm_host();
	struct dmv *v = wdm_verifier();
	bool copied;
	const uint32_t n = dmv_list_parts(v, a, list, NULL, 0, &copied);
	struct dmv_part *part;
	PMDL mdl;

	if (!n)
		return STATUS_INVALID_PARAMETER;
	part = h->alloc(h->host, n * sizeof(*part));
	if (!part)
		return STATUS_INSUFFICIENT_RESOURCES;
	/* A list that was put meanwhile cannot be told from one that never was. */
	if (dmv_list_parts(v, a, list, part, n, &copied) != n) {
		h->free(h->host, part, n * sizeof(*part));
		return STATUS_INVALID_PARAMETER;
	}
	mdl = copied ? wdm_mdl_of_parts(part, n) : original;
	h->free(h->host, part, n * sizeof(*part));
	if (!mdl)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (copied && !dmv_list_attach(v, a, list, mdl)) {
		wdm_mdl_chain_free(mdl);
		return STATUS_NONE_MAPPED;
	}
	*target = mdl;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI wdm_build_mdl_from_scatter_gather_list(PDMA_ADAPTER adapter,
						      PSCATTER_GATHER_LIST list, PMDL original,
						      PMDL *target)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);

	return a && original ? build_mdl(a, list, original, target) : STATUS_INVALID_PARAMETER;
}

/* ---- ending ---- */

VOID NTAPI wdm_put_scatter_gather_list(PDMA_ADAPTER adapter, PSCATTER_GATHER_LIST list,
				       BOOLEAN to_device)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_DISPATCH, CALLER);
	void *mdl;

	if (!a)
		return;
	if (dmv_list_put(wdm_verifier(), a, list, to_device, CALLER, &mdl))
		list_free(list);
	wdm_mdl_chain_free(mdl);
	wdm_run_waiting();
}
