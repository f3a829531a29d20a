/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Scatter/gather lists: Get, Calculate, Build, Put, and the MDLs of what the device uses. */
#include "face.h"

/* The driver may write to its list as it likes, so what frees it stands in front of it. */
union block {
	size_t bytes;
	char room[16];
};

static size_t list_bytes(uint32_t elements)
{
	return offsetof(SCATTER_GATHER_LIST, Elements) +
	       elements * sizeof(SCATTER_GATHER_ELEMENT);
}

static PSCATTER_GATHER_LIST list_alloc(uint32_t elements)
{
	const struct wdm_host *h = wdm_host();
	const size_t bytes = sizeof(union block) + list_bytes(elements);
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
	wdm_list_spans_free(r);
	if (!r->caller_memory)
		list_free(r->memory);
}

/*
 * The elements are laid into the list itself: a smaller struct at its end, read before it is
 * overwritten.
 */
void wdm_list_run(const struct dmv_grant *g)
{
	const struct dmv_request *r = &g->request;
	const PDRIVER_LIST_CONTROL routine = (PDRIVER_LIST_CONTROL)(uintptr_t)r->routine;
	PSCATTER_GATHER_LIST list = r->memory;
	struct dmv_element *e;

	_Static_assert(sizeof(*e) <= sizeof(SCATTER_GATHER_ELEMENT), "elements fit the list");
	wdm_list_spans_free(r);
	e = (struct dmv_element *)(void *)(list->Elements + g->elements) - g->elements;
	dmv_grant_elements(wdm_verifier(), g, e);
	for (uint32_t i = 0; i < g->elements; i++) {
		const struct dmv_element one = e[i];

		list->Elements[i].Address.QuadPart = (LONGLONG)one.bus;
		list->Elements[i].Length = one.bytes;
		list->Elements[i].Reserved = 0;
	}
	list->NumberOfElements = g->elements;
	list->Reserved = 0;
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
	}
	if (result == DMV_OK || result == DMV_QUEUED)
		return STATUS_SUCCESS;
	wdm_list_cancelled(r);
	return STATUS_INSUFFICIENT_RESOURCES;
}

static struct dmv_request request_of(PDEVICE_OBJECT device, PDRIVER_LIST_CONTROL routine,
				     PVOID context, BOOLEAN to_device)
{
	return (struct dmv_request){
		.device = (uintptr_t)device, .routine = (uintptr_t)routine,
		.context = (uintptr_t)context, .irp = device ? (uintptr_t)device->CurrentIrp : 0,
		.list = true, .to_device = to_device,
	};
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
	status = wdm_list_spans(a, mdl, va, length, CALLER, &r);
	if (status)
		return status;
	r.memory = list_alloc(r.registers);
	if (!r.memory) {
		wdm_list_spans_free(&r);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	return ask(a, &r, CALLER);
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
	status = wdm_list_spans(a, mdl, va, length, CALLER, &r);
	if (status)
		return status;
	if (bytes < list_bytes(r.registers)) {
		wdm_list_spans_free(&r);
		return STATUS_BUFFER_TOO_SMALL;
	}
	r.memory = buffer;
	r.caller_memory = true;
	return ask(a, &r, CALLER);
}

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
	*bytes = (ULONG)list_bytes(n);
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
