/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* GetScatterGatherList and PutScatterGatherList. */
#include "face.h"

/* The driver may write to its list as it likes, so what frees it stands in front of it. */
union block {
	size_t bytes;
	char room[16];
};

static PSCATTER_GATHER_LIST list_alloc(ULONG elements)
{
	const struct wdm_host *h = wdm_host();
	const size_t bytes = sizeof(union block) + offsetof(SCATTER_GATHER_LIST, Elements) +
			     elements * sizeof(SCATTER_GATHER_ELEMENT);
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

NTSTATUS NTAPI wdm_get_scatter_gather_list(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PMDL mdl,
					   PVOID va, ULONG length, PDRIVER_LIST_CONTROL routine,
					   PVOID context, BOOLEAN to_device)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_DISPATCH, CALLER);
	struct dmv_request r = {
		.device = (uintptr_t)device, .routine = (uintptr_t)routine,
		.context = (uintptr_t)context, .irp = device ? (uintptr_t)device->CurrentIrp : 0,
		.list = true, .to_device = to_device,
	};
	struct dmv_grant g;
	int result;

	if (!a || !wdm_span(a, WDM_LIST, mdl, va, length, CALLER, &r.span))
		return STATUS_INVALID_PARAMETER;
	r.registers = ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, r.span.bytes);
	r.memory = list_alloc(r.registers);
	if (!r.memory)
		return STATUS_INSUFFICIENT_RESOURCES;
	result = dmv_request(wdm_verifier(), a, &r, CALLER, &g);
	if (result == DMV_OK) {
		wdm_run(&g);
		wdm_run_waiting();
	}
	if (result == DMV_OK || result == DMV_QUEUED)
		return STATUS_SUCCESS;
	list_free(r.memory);
	return STATUS_INSUFFICIENT_RESOURCES;
}

VOID NTAPI wdm_put_scatter_gather_list(PDMA_ADAPTER adapter, PSCATTER_GATHER_LIST list,
				       BOOLEAN to_device)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_DISPATCH, CALLER);

	if (!a)
		return;
	if (dmv_list_put(wdm_verifier(), a, list, to_device, CALLER))
		list_free(list);
	wdm_run_waiting();
}
