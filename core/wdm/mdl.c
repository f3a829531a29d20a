/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Memory descriptor lists and IRQL: the Io, Mm and Ke routines of wdm.h on top of what the host
 * gives. They check nothing that Windows does not check: bad MDLs are found by the DMA routines.
 */
#include "face.h"

_Static_assert(sizeof(MDL) == (sizeof(void *) == 8 ? 0x30 : 0x1C), "frame numbers follow the MDL");

/* An MDL's flags are a signed short in the true layout. */
static unsigned flags(const MDL *m)
{
	return (USHORT)m->MdlFlags;
}

static void set_flags(PMDL m, unsigned on, unsigned off)
{
	m->MdlFlags = (CSHORT)(USHORT)((flags(m) & ~off) | on);
}

static ULONG span(const MDL *m)
{
	return ADDRESS_AND_SIZE_TO_SPAN_PAGES((ULONG_PTR)m->StartVa + m->ByteOffset, m->ByteCount);
}

static void init(PMDL m, PVOID va, ULONG length, SIZE_T bytes)
{
	RtlZeroMemory(m, sizeof(*m));
	m->Size = (CSHORT)(bytes < 0x7FF8 ? bytes : 0x7FF8);
	m->StartVa = PAGE_ALIGN(va);
	m->ByteOffset = BYTE_OFFSET(va);
	m->ByteCount = length;
}

static void chain(PIRP irp, PMDL m, BOOLEAN secondary)
{
	PMDL *at = &irp->MdlAddress;

	while (secondary && *at)
		at = &(*at)->Next;
	*at = m;
}

static bool fill_frames(PMDL m)
{
	const struct wdm_host *h = wdm_host();
	PPFN_NUMBER frame = MmGetMdlPfnArray(m);
	const char *va = m->StartVa;
	ULONG n = span(m);

	for (ULONG i = 0; i < n; i++, va += PAGE_SIZE) {
		uint64_t pfn;

		if (!h->frame(h->host, va, &pfn))
			return false;
		frame[i] = (PFN_NUMBER)pfn;
	}
	return true;
}

SIZE_T NTAPI MmSizeOfMdl(IN PVOID Base, IN SIZE_T Length)
{
	return sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(Base, Length);
}

/*
 * The driver may change Size and ByteCount of its MDL as it likes, so the size for the host's free
 * stands in front of the MDL.
 */
union block {
	size_t bytes;
	char room[16];
};

PMDL NTAPI IoAllocateMdl(IN PVOID VirtualAddress OPTIONAL, IN ULONG Length,
			 IN BOOLEAN SecondaryBuffer, IN BOOLEAN ChargeQuota,
			 IN OUT PIRP Irp OPTIONAL)
{
	const struct wdm_host *h = wdm_host();
	SIZE_T bytes = MmSizeOfMdl(VirtualAddress, Length);
	union block *b = h->alloc(h->host, sizeof(*b) + bytes);
	PMDL m;

	UNREFERENCED_PARAMETER(ChargeQuota);
	if (!b)
		return NULL;
	b->bytes = sizeof(*b) + bytes;
	m = (PMDL)(void *)(b + 1);
	init(m, VirtualAddress, Length, bytes);
	set_flags(m, MDL_ALLOCATED_FIXED_SIZE, 0);
	if (Irp)
		chain(Irp, m, SecondaryBuffer);
	return m;
}

/* ---- MDLs of what the device uses for a list ---- */

/* The one begins with the page behind the other's. */
static bool together(const struct dmv_part *a, const struct dmv_part *b)
{
	return a->at && a->at + a->bytes == b->at && a->bus + a->bytes == b->bus &&
	       b->bus % PAGE_SIZE == 0;
}

/* One for parts [0, n), which lie together. */
static PMDL mdl_of_run(const struct dmv_part *part, uint32_t n)
{
	PVOID va = part->at ? part->at : (PVOID)(uintptr_t)part->va;
	ULONG length = 0;
	PMDL m;

	for (uint32_t i = 0; i < n; i++)
		length += part[i].bytes;
	m = IoAllocateMdl(va, length, FALSE, FALSE, NULL);
	if (!m)
		return NULL;
	for (uint32_t i = 0; i < n; i++)
		MmGetMdlPfnArray(m)[i] = (PFN_NUMBER)(part[i].bus >> PAGE_SHIFT);
	m->MappedSystemVa = part->at;
	set_flags(m, part->at ? MDL_SOURCE_IS_NONPAGED_POOL : MDL_PAGES_LOCKED, 0);
	return m;
}

PMDL wdm_mdl_of_parts(const struct dmv_part *part, uint32_t n)
{
	PMDL first = NULL, *to = &first;

	for (uint32_t i = 0, k; i < n; i += k) {
		for (k = 1; i + k < n && together(&part[i + k - 1], &part[i + k]); k++)
			;
		*to = mdl_of_run(part + i, k);
		if (!*to) {
			wdm_mdl_chain_free(first);
			return NULL;
		}
		to = &(*to)->Next;
	}
	return first;
}

void wdm_mdl_chain_free(PMDL mdl)
{
	while (mdl) {
		const PMDL next = mdl->Next;

		IoFreeMdl(mdl);
		mdl = next;
	}
}

VOID NTAPI IoFreeMdl(IN PMDL Mdl)
{
	const struct wdm_host *h = wdm_host();
	union block *b;

	if (!Mdl)
		return;
	if (flags(Mdl) & MDL_PARTIAL_HAS_BEEN_MAPPED)
		MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
	/* Who uses it still shall see an MDL that is neither locked nor of any size. */
	init(Mdl, NULL, 0, 0);
	b = (union block *)(void *)Mdl - 1;
	h->free(h->host, b, b->bytes);
}

VOID NTAPI IoBuildPartialMdl(IN PMDL SourceMdl, IN OUT PMDL TargetMdl, IN PVOID VirtualAddress,
			     IN ULONG Length)
{
	ULONG_PTR start = (ULONG_PTR)SourceMdl->StartVa;
	ULONG_PTR offset = (ULONG_PTR)VirtualAddress - (start + SourceMdl->ByteOffset);
	unsigned keep = flags(TargetMdl) & MDL_ALLOCATED_FIXED_SIZE;
	unsigned from = flags(SourceMdl);
	PPFN_NUMBER frame = MmGetMdlPfnArray(SourceMdl);
	CSHORT size = TargetMdl->Size;

	if (!Length)
		Length = (ULONG)(SourceMdl->ByteCount - offset);
	init(TargetMdl, VirtualAddress, Length, 0);
	TargetMdl->Size = size;
	TargetMdl->Process = SourceMdl->Process;
	set_flags(TargetMdl, keep | MDL_PARTIAL | (from & (MDL_SOURCE_IS_NONPAGED_POOL |
							   MDL_WRITE_OPERATION | MDL_IO_SPACE |
							   MDL_PAGES_LOCKED)), 0);
	if (from & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) {
		TargetMdl->MappedSystemVa = (PCHAR)SourceMdl->MappedSystemVa + offset;
		if (!(from & MDL_SOURCE_IS_NONPAGED_POOL))
			set_flags(TargetMdl,
				  MDL_PARENT_MAPPED_SYSTEM_VA | MDL_MAPPED_TO_SYSTEM_VA, 0);
	}
	RtlMoveMemory(MmGetMdlPfnArray(TargetMdl),
		      frame + (((ULONG_PTR)TargetMdl->StartVa - start) >> PAGE_SHIFT),
		      span(TargetMdl) * sizeof(*frame));
}

VOID NTAPI MmBuildMdlForNonPagedPool(IN OUT PMDLX MemoryDescriptorList)
{
	/* Memory the host knows no frame of is not nonpaged: the map of such an MDL raises 0x0E. */
	if (!fill_frames(MemoryDescriptorList))
		return;
	MemoryDescriptorList->MappedSystemVa = MmGetMdlVirtualAddress(MemoryDescriptorList);
	set_flags(MemoryDescriptorList, MDL_SOURCE_IS_NONPAGED_POOL, 0);
}

VOID NTAPI MmProbeAndLockPages(IN OUT PMDL MemoryDescriptorList, IN KPROCESSOR_MODE AccessMode,
			       IN LOCK_OPERATION Operation)
{
	UNREFERENCED_PARAMETER(AccessMode);
	if (!fill_frames(MemoryDescriptorList))
		return;
	set_flags(MemoryDescriptorList,
		  MDL_PAGES_LOCKED | (Operation == IoReadAccess ? 0 : MDL_WRITE_OPERATION),
		  MDL_WRITE_OPERATION);
}

VOID NTAPI MmUnlockPages(IN OUT PMDL MemoryDescriptorList)
{
	if (flags(MemoryDescriptorList) & MDL_MAPPED_TO_SYSTEM_VA)
		MmUnmapLockedPages(MemoryDescriptorList->MappedSystemVa, MemoryDescriptorList);
	set_flags(MemoryDescriptorList, 0, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
}

/* One address space: the system reads the buffer where the driver does. */
PVOID NTAPI MmMapLockedPagesSpecifyCache(IN PMDLX MemoryDescriptorList,
					 IN KPROCESSOR_MODE AccessMode,
					 IN MEMORY_CACHING_TYPE CacheType,
					 IN PVOID BaseAddress OPTIONAL, IN ULONG BugCheckOnFailure,
					 IN MM_PAGE_PRIORITY Priority)
{
	unsigned f = flags(MemoryDescriptorList);

	UNREFERENCED_PARAMETER(AccessMode);
	UNREFERENCED_PARAMETER(CacheType);
	UNREFERENCED_PARAMETER(BaseAddress);
	UNREFERENCED_PARAMETER(BugCheckOnFailure);
	UNREFERENCED_PARAMETER(Priority);
	if (!(f & (MDL_PAGES_LOCKED | MDL_PARTIAL)))
		return NULL;
	MemoryDescriptorList->MappedSystemVa = MmGetMdlVirtualAddress(MemoryDescriptorList);
	set_flags(MemoryDescriptorList,
		  MDL_MAPPED_TO_SYSTEM_VA | (f & MDL_PARTIAL ? MDL_PARTIAL_HAS_BEEN_MAPPED : 0), 0);
	return MemoryDescriptorList->MappedSystemVa;
}

VOID NTAPI MmUnmapLockedPages(IN PVOID BaseAddress, IN PMDL MemoryDescriptorList)
{
	UNREFERENCED_PARAMETER(BaseAddress);
	MemoryDescriptorList->MappedSystemVa = NULL;
	set_flags(MemoryDescriptorList, 0, MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED |
					   MDL_PARENT_MAPPED_SYSTEM_VA);
}

KIRQL NTAPI KeGetCurrentIrql(VOID)
{
	return wdm_host()->irql(wdm_host()->host);
}

VOID NTAPI KeRaiseIrql(IN KIRQL NewIrql, OUT PKIRQL OldIrql)
{
	*OldIrql = wdm_host()->irql_set(wdm_host()->host, NewIrql);
}

VOID NTAPI KeLowerIrql(IN KIRQL NewIrql)
{
	wdm_host()->irql_set(wdm_host()->host, NewIrql);
}

KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID)
{
	return wdm_host()->irql_set(wdm_host()->host, DISPATCH_LEVEL);
}
