/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What is wrong with a call before anything is done: adapter, IRQL, MDL, address, length. */
#include "face.h"

/* On the paths that map and flush: a call would cost as much as what it does. */
#define HOT static inline __attribute__((always_inline))

/* Whether the rule that is broken counts. */
static bool irql_wrong(struct dmv_adapter *a, struct irql_rule rule, KIRQL now, uint64_t caller)
{
	struct dmv *v = wdm_verifier();

	if (rule.equal)
		return dmv_violate(v, DMV_V_IRQL_NOT_EQUAL, a, caller, 0, rule.level, now);
	return dmv_violate(v, DMV_V_IRQL_TOO_HIGH, a, caller, 0, rule.level, now);
}

bool wdm_irql_ok(struct dmv_adapter *a, struct irql_rule rule, uint64_t caller)
{
	const KIRQL now = KeGetCurrentIrql();

	if (now == rule.level || (now < rule.level && !rule.equal))
		return true;
	return !irql_wrong(a, rule, now, caller);
}

struct dmv_adapter *wdm_begin(PDMA_ADAPTER adapter, struct irql_rule rule, uint64_t caller)
{
	struct dmv_adapter *a = dmv_adapter_check(wdm_verifier(), adapter, caller);
	const struct wdm_host *h = wdm_host();
	KIRQL now;

	if (!a)
		return NULL;
	now = h->irql(h->host);
	if (now == rule.level || (now < rule.level && !rule.equal))
		return a;
	return irql_wrong(a, rule, now, caller) ? NULL : a;
}

/* ---- MDLs ---- */

static unsigned flags(const MDL *m)
{
	return (USHORT)m->MdlFlags;
}

bool wdm_chain_loops(const MDL *m)
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
HOT unsigned mangled(const MDL *m)
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
	return m->Next && wdm_chain_loops(m) ? MDL_NETWORK_HEADER : 0;
}

HOT bool mdl_ok(struct dmv_adapter *a, PMDL mdl, uint64_t caller)
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

/* MDL_IO_SPACE: the frames are of a device, all of them; without it, none is. */
static bool frames_ok(struct dmv_adapter *a, const MDL *mdl, const struct dmv_span *s,
		      uint64_t caller)
{
	const bool io = flags(mdl) & MDL_IO_SPACE;
	const struct wdm_host *h = wdm_host();

	const ULONG pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(s->va, s->bytes);

	for (ULONG i = 0; i < pages && i < s->frames; i++)
		if (h->io_frame(h->host, s->frame[i]) != io)
			return !dmv_violate(wdm_verifier(), DMV_V_MDL_MANGLED, a, caller, s->mdl,
					    flags(mdl), MDL_IO_SPACE);
	return true;
}

/* The face is where the book begins. */
HOT bool io_known(const struct dmv_adapter *a)
{
	return ((const struct wdm_adapter *)(const void *)a)->io_known;
}

/* Where the verifier itself reads the buffer, or NULL. */
static char *system_address(const MDL *m)
{
	if (flags(m) & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
		return m->MappedSystemVa;
	return NULL;
}

/* false: the rule counts. */
static bool no_address(struct dmv_adapter *a, const MDL *mdl, uint64_t caller)
{
	return !dmv_violate(wdm_verifier(), DMV_V_MDL_NO_SYSTEM_VA, a, caller, (uintptr_t)mdl, 0,
			    0);
}

static bool mapped(struct dmv_adapter *a, const MDL *mdl, uint64_t caller, char **ret)
{
	*ret = system_address(mdl);
	return *ret || no_address(a, mdl, caller);
}

HOT bool inside(struct dmv_adapter *a, const MDL *mdl, uint64_t va, uint64_t caller)
{
	const uint64_t start = (uintptr_t)MmGetMdlVirtualAddress(mdl);

	return (va >= start && va - start < mdl->ByteCount) ||
	       !dmv_violate(wdm_verifier(), DMV_V_VA_OUTSIDE_MDL, a, caller, va, (uintptr_t)mdl, 0);
}

HOT bool address_ok(struct dmv_adapter *a, enum wdm_kind kind, PMDL mdl, const struct wdm_range *r,
		    uint64_t caller)
{
	const uint64_t start = (uintptr_t)MmGetMdlVirtualAddress(mdl), end = start + mdl->ByteCount;
	const uint64_t va = r->va;
	struct dmv *v = wdm_verifier();

	if (kind != WDM_LIST && !inside(a, mdl, va, caller))
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

HOT bool span_of(struct dmv_adapter *a, enum wdm_kind kind, PMDL mdl, const struct wdm_range *r,
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
	if (!system && dmv_adapter_shadowed(a) && !no_address(a, mdl, caller))
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
		.flags = (uint32_t)flags(mdl) << 16,
	};
	if (at + length > locked && kind != WDM_FLUSH)
		ret->bytes = locked - at;
	return kind == WDM_FLUSH || !io_known(a) || frames_ok(a, mdl, ret, caller);
}

bool wdm_span(struct dmv_adapter *a, enum wdm_kind kind, PMDL mdl, PVOID va, ULONG length,
	      uint64_t caller, struct dmv_span *ret)
{
	const struct wdm_range r = { (uintptr_t)va, length, length };

	return span_of(a, kind, mdl, &r, caller, ret);
}

bool wdm_list_span(struct dmv_adapter *a, PMDL mdl, const struct wdm_range *r, uint64_t caller,
		   struct dmv_span *ret)
{
	return span_of(a, WDM_LIST, mdl, r, caller, ret);
}

bool wdm_mdl_ok(struct dmv_adapter *a, PMDL mdl, uint64_t caller)
{
	return mdl_ok(a, mdl, caller);
}

bool wdm_mdl_mapped(struct dmv_adapter *a, PMDL mdl, uint64_t caller, char **ret)
{
	return mdl_ok(a, mdl, caller) && mapped(a, mdl, caller, ret);
}

bool wdm_inside(struct dmv_adapter *a, const MDL *mdl, uint64_t va, uint64_t caller)
{
	return inside(a, mdl, va, caller);
}
