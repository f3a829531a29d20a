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

uint32_t wdm_transfer_registers(const struct dmv_transfer *t)
{
	uint32_t n = ADDRESS_AND_SIZE_TO_SPAN_PAGES(t->span.va, t->span.bytes);

	for (uint32_t i = 0; i < t->chained; i++)
		n += ADDRESS_AND_SIZE_TO_SPAN_PAGES(t->chain[i].va, t->chain[i].bytes);
	return n;
}

/* A chain that loops cannot be walked, whether rule X2 counts here or not. */
static bool ends(struct dmv_adapter *a, PMDL mdl, uint64_t caller)
{
	if (!mdl || !wdm_chain_loops(mdl))
		return true;
	wdm_mdl_ok(a, mdl, caller);
	return false;
}

NTSTATUS wdm_transfer(struct dmv_adapter *a, PMDL mdl, PVOID va, ULONG length, uint64_t caller,
		      struct dmv_transfer *ret)
{
	const struct wdm_host *h = wdm_host();
	struct wdm_range r = { (uintptr_t)va, length, length };
	struct dmv_span *chain;

	if (!ends(a, mdl, caller))
		return STATUS_INVALID_PARAMETER;
	if (mdl)
		r.length = first_share(mdl, r.va, length);
	if (!wdm_list_span(a, mdl, &r, caller, &ret->span))
		return STATUS_INVALID_PARAMETER;
	ret->chain = NULL;
	ret->chained = count_behind(mdl, length - r.length);
	if (!ret->chained)
		return STATUS_SUCCESS;
	chain = h->alloc(h->host, ret->chained * sizeof(*chain));
	ret->chain = chain;
	if (!chain)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (spans_behind(a, mdl, r, length - r.length, caller, chain))
		return STATUS_SUCCESS;
	wdm_transfer_free(ret);
	return STATUS_INVALID_PARAMETER;
}

void wdm_transfer_free(const struct dmv_transfer *t)
{
	const struct wdm_host *h = wdm_host();

	if (t->chain)
		h->free(h->host, (void *)(uintptr_t)t->chain, t->chained * sizeof(*t->chain));
}

/* ---- by offset ---- */

/* The chain does not loop. */
static uint64_t chain_bytes(const MDL *m)
{
	uint64_t n = 0;

	for (; m; m = m->Next)
		n += m->ByteCount;
	return n;
}

NTSTATUS wdm_chain_reaches(struct dmv_adapter *a, const struct wdm_bytes *b, uint64_t caller)
{
	uint64_t room;

	if (!b->mdl)
		return STATUS_INVALID_PARAMETER;
	if (!ends(a, b->mdl, caller))
		return STATUS_INVALID_PARAMETER;
	room = chain_bytes(b->mdl);
	room = room > b->offset ? room - b->offset : 0;
	if (b->length > room &&
	    dmv_violate(wdm_verifier(), DMV_V_CHAIN_TOO_SHORT, a, caller, b->length - room, 0, 0))
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

/* The MDL that a transfer begins in, and *ret, where; NULL: behind the chain. */
static PMDL seek(const struct wdm_bytes *b, char **ret)
{
	uint64_t offset = b->offset;
	PMDL m = b->mdl;

	for (; m && offset >= m->ByteCount; m = m->Next)
		offset -= m->ByteCount;
	if (m)
		*ret = (char *)MmGetMdlVirtualAddress(m) + offset;
	return m;
}

/* A line of the cache that the transfer shares with others is lost for one of them. */
static bool lines_ok(struct dmv_adapter *a, const MDL *m, uint64_t va, ULONG length,
		     uint64_t caller)
{
	const uint32_t line = ((struct wdm_adapter *)dmv_adapter_face(a))->line;
	struct dmv *v = wdm_verifier();

	if (line && va % line &&
	    dmv_violate(v, DMV_V_VA_NOT_ALIGNED, a, caller, 0, va, (uintptr_t)m))
		return false;
	return !line || !(length % line) ||
	       !dmv_violate(v, DMV_V_LENGTH_NOT_ALIGNED, a, caller, 0, length, (uintptr_t)m);
}

NTSTATUS wdm_transfer_ex(struct dmv_adapter *a, const struct wdm_bytes *b, uint64_t caller,
			 struct dmv_transfer *ret, uint64_t *left)
{
	const NTSTATUS status = wdm_chain_reaches(a, b, caller);
	char *va;
	PMDL m;

	if (status)
		return status;
	if (left)
		*left = chain_bytes(b->mdl) - b->offset;
	m = seek(b, &va);
	if (!m)
		return STATUS_INVALID_PARAMETER;
	if (b->map && !lines_ok(a, m, (uintptr_t)va, b->length, caller))
		return STATUS_INVALID_PARAMETER;
	return wdm_transfer(a, m, va, b->length, caller, ret);
}

/* ---- judging nothing ---- */

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

NTSTATUS wdm_chain_size(const struct wdm_bytes *b, uint32_t *ret)
{
	char *va;
	const MDL *m = seek(b, &va);

	return m ? wdm_list_size(m, (uintptr_t)va, b->length, ret) : STATUS_INVALID_PARAMETER;
}
