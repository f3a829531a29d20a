/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What is wrong with a call before anything is done: adapter, IRQL, MDL, address, length. */
#include "face.h"

bool wdm_irql_ok(struct dmv_adapter *a, struct irql_rule rule, uint64_t caller)
{
	struct dmv *v = wdm_verifier();
	const KIRQL now = KeGetCurrentIrql();

	if (rule.equal && now != rule.level)
		return !dmv_violate(v, DMV_V_IRQL_NOT_EQUAL, a, caller, 0, rule.level, now);
	if (!rule.equal && now > rule.level)
		return !dmv_violate(v, DMV_V_IRQL_TOO_HIGH, a, caller, 0, rule.level, now);
	return true;
}

struct dmv_adapter *wdm_begin(PDMA_ADAPTER adapter, struct irql_rule rule, uint64_t caller)
{
	struct dmv_adapter *a = dmv_adapter_check(wdm_verifier(), adapter, caller);

	return a && wdm_irql_ok(a, rule, caller) ? a : NULL;
}

/* ---- MDLs ---- */

static unsigned flags(const MDL *m)
{
	return (USHORT)m->MdlFlags;
}

static bool chain_loops(const MDL *m)
{
	const MDL *slow = m, *fast = m;

	while (fast && fast->Next) {
		slow = slow->Next;
		fast = fast->Next->Next;
		if (slow == fast && slow)
			return true;
	}
	return false;
}

/* Flags that contradict each other, or what the other fields say. 0: none. */
static unsigned mangled(const MDL *m)
{
	const unsigned f = flags(m);
	const ULONG pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES((ULONG_PTR)m->StartVa + m->ByteOffset,
							   m->ByteCount);
	const uint64_t need = sizeof(MDL) + (uint64_t)pages * sizeof(PFN_NUMBER);

	if (!(f & MDL_PARTIAL)) {
		if ((f & MDL_PAGES_LOCKED) && (f & MDL_SOURCE_IS_NONPAGED_POOL))
			return MDL_PAGES_LOCKED;
		if (f & (MDL_PARTIAL_HAS_BEEN_MAPPED | MDL_PARENT_MAPPED_SYSTEM_VA))
			return MDL_PARTIAL;
	}
	if ((f & MDL_MAPPED_TO_SYSTEM_VA) && !m->MappedSystemVa)
		return MDL_MAPPED_TO_SYSTEM_VA;
	if (m->ByteOffset >= PAGE_SIZE || ((ULONG_PTR)m->StartVa & (PAGE_SIZE - 1)))
		return MDL_ALLOCATED_FIXED_SIZE;
	if ((USHORT)m->Size < 0x7FF8 && (USHORT)m->Size < need)
		return MDL_ALLOCATED_FIXED_SIZE;
	return chain_loops(m) ? MDL_NETWORK_HEADER : 0;
}

static bool mdl_ok(struct dmv_adapter *a, PMDL mdl, uint64_t caller)
{
	struct dmv *v = wdm_verifier();
	const unsigned wrong = mangled(mdl);

	if (!(flags(mdl) & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL)) &&
	    dmv_violate(v, DMV_V_MDL_NOT_LOCKED, a, caller, (uintptr_t)mdl, 0, 0))
		return false;
	if (wrong && dmv_violate(v, DMV_V_MDL_MANGLED, a, caller, (uintptr_t)mdl, flags(mdl),
				 wrong))
		return false;
	return true;
}

/* Where the verifier itself reads the buffer, or NULL. */
static char *system_address(const MDL *m)
{
	if (flags(m) & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
		return m->MappedSystemVa;
	return NULL;
}

/* Which bytes of a transfer are meant. `whole`: of how many in all, where MDLs are chained. */
struct range {
	uint64_t va;
	ULONG length, whole;
};

static bool address_ok(struct dmv_adapter *a, enum wdm_kind kind, PMDL mdl, const struct range *r,
		       uint64_t caller)
{
	const uint64_t va = r->va;

	struct dmv *v = wdm_verifier();
	const uint64_t start = (uintptr_t)MmGetMdlVirtualAddress(mdl), end = start + mdl->ByteCount;

	if (kind != WDM_LIST && !wdm_inside(a, mdl, va, caller))
		return false;
	if (kind == WDM_LIST && va < start)
		return !dmv_violate(v, DMV_V_VA_BEFORE_MDL, a, caller, 0, va, (uintptr_t)mdl);
	if (kind == WDM_LIST && va >= end)
		return !dmv_violate(v, DMV_V_VA_AFTER_MDL, a, caller, 0, va, (uintptr_t)mdl);
	if (r->length == 0)
		return !dmv_violate(v, DMV_V_ZERO_LENGTH, a, caller, dmv_adapter_record(a), 0, 0);
	/* Bytes behind the MDL on its last page are locked all the same. */
	if (kind != WDM_FLUSH && va + r->length > ROUND_TO_PAGES(end))
		return !dmv_violate(v, DMV_V_LENGTH_PAST_MDL, a, caller, 0, (uintptr_t)mdl,
				    r->whole);
	return true;
}

static bool span_of(struct dmv_adapter *a, enum wdm_kind kind, PMDL mdl, const struct range *r,
		    uint64_t caller, struct dmv_span *ret)
{
	const uint64_t at = r->va;
	const ULONG length = r->length;
	uint64_t start, locked;
	char *system;

	if (!mdl || !mdl_ok(a, mdl, caller))
		return false;
	start = (uintptr_t)MmGetMdlVirtualAddress(mdl);
	system = system_address(mdl);
	if (!system && dmv_adapter_shadowed(a) &&
	    dmv_violate(wdm_verifier(), DMV_V_MDL_NO_SYSTEM_VA, a, caller, (uintptr_t)mdl, 0, 0))
		return false;
	if (!address_ok(a, kind, mdl, r, caller))
		return false;
	/* Unjudged, the address may still be wild: stay inside the frames that are there. */
	locked = ROUND_TO_PAGES(start + mdl->ByteCount);
	if (at < (start & ~(uint64_t)(PAGE_SIZE - 1)) || at >= locked || length == 0)
		return false;
	*ret = (struct dmv_span){
		.va = at, .bytes = length, .mdl = (uintptr_t)mdl,
		.frame = MmGetMdlPfnArray(mdl) + ((at - (uintptr_t)mdl->StartVa) >> PAGE_SHIFT),
		.frames = (locked - (at & ~(uint64_t)(PAGE_SIZE - 1))) >> PAGE_SHIFT,
		.original = system ? system + (at - start) : NULL,
	};
	if (at + length > locked && kind != WDM_FLUSH)
		ret->bytes = locked - at;
	return true;
}

bool wdm_span(struct dmv_adapter *a, enum wdm_kind kind, PMDL mdl, PVOID va, ULONG length,
	      uint64_t caller, struct dmv_span *ret)
{
	const struct range r = { (uintptr_t)va, length, length };

	return span_of(a, kind, mdl, &r, caller, ret);
}

/* ---- chained MDLs ---- */

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

static bool spans_behind(struct dmv_adapter *a, PMDL m, struct range r, ULONG left,
			 uint64_t caller, struct dmv_span *to)
{
	for (m = behind(m); left; m = behind(m), left -= r.length) {
		r.va = (uintptr_t)MmGetMdlVirtualAddress(m);
		r.length = share(m, m->ByteCount, left);
		if (!span_of(a, WDM_LIST, m, &r, caller, to++))
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
	struct range r = { (uintptr_t)va, length, length };
	struct dmv_span *chain;

	if (mdl && chain_loops(mdl)) {
		mdl_ok(a, mdl, caller);
		return STATUS_INVALID_PARAMETER;        /* whether that counts or not */
	}
	if (mdl)
		r.length = first_share(mdl, r.va, length);
	if (!span_of(a, WDM_LIST, mdl, &r, caller, &ret->span))
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

	if (mdl && chain_loops(mdl))
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

bool wdm_inside(struct dmv_adapter *a, const MDL *mdl, uint64_t va, uint64_t caller)
{
	const uint64_t start = (uintptr_t)MmGetMdlVirtualAddress(mdl);

	return (va >= start && va - start < mdl->ByteCount) ||
	       !dmv_violate(wdm_verifier(), DMV_V_VA_OUTSIDE_MDL, a, caller, va, (uintptr_t)mdl, 0);
}
