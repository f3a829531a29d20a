/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Transfers over chained MDLs: which bytes of which MDL they are. */
#include "face.h"

/* The next one that describes anything. The chain does not loop. */
static PMDL behind(const MDL *m)
{
	PMDL next = m->Next;

	while (next && next->ByteCount == 0)
		next = next->Next;
	return next;
}

/* How much of `left` bytes an MDL takes that has room for some: the last one, all of them. */
static ULONG share(const MDL *m, uint64_t room, ULONG left)
{
	return room < left && behind(m) ? (ULONG)room : left;
}

/* Where va is none of its bytes, it takes all, and an address rule is broken. */
static ULONG first_share(const MDL *m, uint64_t va, ULONG length)
{
	const uint64_t start = (uintptr_t)MmGetMdlVirtualAddress(m), end = start + m->ByteCount;

	return share(m, va >= start && va < end ? end - va : UINT64_MAX, length);
}

static uint32_t count_behind(const MDL *m, ULONG left)
{
	uint32_t n = 0;

	for (m = behind(m); left; m = behind(m), n++)
		left -= share(m, m->ByteCount, left);
	return n;
}

static bool spans_behind(struct dmv_adapter *a, PMDL m, struct wdm_range r, ULONG left,
			 uint64_t caller, struct dmv_span *to)
{
	for (m = behind(m); left; m = behind(m), left -= r.length) {
		r.va = (uintptr_t)MmGetMdlVirtualAddress(m);
		r.length = share(m, m->ByteCount, left);
		if (!wdm_list_span(a, m, &r, caller, to++))
			return false;
	}
	return true;
}

static uint32_t registers_of(const struct dmv_request *r)
{
	uint32_t n = ADDRESS_AND_SIZE_TO_SPAN_PAGES(r->span.va, r->span.bytes);

	for (uint32_t i = 0; i < r->chained; i++)
		n += ADDRESS_AND_SIZE_TO_SPAN_PAGES(r->chain[i].va, r->chain[i].bytes);
	return n;
}

NTSTATUS wdm_list_spans(struct dmv_adapter *a, PMDL mdl, PVOID va, ULONG length, uint64_t caller,
			struct dmv_request *ret)
{
	const struct wdm_host *h = wdm_host();
	struct wdm_range r = { (uintptr_t)va, length, length };
	struct dmv_span *chain;

	if (mdl && wdm_chain_loops(mdl)) {
		wdm_mdl_ok(a, mdl, caller);
		return STATUS_INVALID_PARAMETER;        /* whether that counts or not */
	}
	if (mdl)
		r.length = first_share(mdl, r.va, length);
	if (!wdm_list_span(a, mdl, &r, caller, &ret->span))
		return STATUS_INVALID_PARAMETER;
	ret->chained = count_behind(mdl, length - r.length);
	if (ret->chained) {
		chain = h->alloc(h->host, ret->chained * sizeof(*chain));
		ret->chain = chain;
		if (!chain)
			return STATUS_INSUFFICIENT_RESOURCES;
		if (!spans_behind(a, mdl, r, length - r.length, caller, chain)) {
			wdm_list_spans_free(ret);
			return STATUS_INVALID_PARAMETER;
		}
	}
	ret->registers = registers_of(ret);
	return STATUS_SUCCESS;
}

void wdm_list_spans_free(const struct dmv_request *r)
{
	const struct wdm_host *h = wdm_host();

	if (r->chain)
		h->free(h->host, (void *)(uintptr_t)r->chain, r->chained * sizeof(*r->chain));
}

NTSTATUS wdm_list_size(const MDL *mdl, uint64_t va, ULONG length, uint32_t *ret)
{
	ULONG part, left;

	if (mdl && wdm_chain_loops(mdl))
		return STATUS_INVALID_PARAMETER;
	part = mdl ? first_share(mdl, va, length) : length;
	left = length - part;
	*ret = ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, part);
	while (left) {
		mdl = behind(mdl);
		va = (uintptr_t)MmGetMdlVirtualAddress(mdl);
		part = share(mdl, mdl->ByteCount, left);
		*ret += ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, part);
		left -= part;
	}
	/* Bytes behind the last MDL on its page are locked all the same. */
	if (mdl && va + part > ROUND_TO_PAGES((uintptr_t)MmGetMdlVirtualAddress(mdl) +
					      mdl->ByteCount))
		return STATUS_BUFFER_TOO_SMALL;
	return STATUS_SUCCESS;
}
