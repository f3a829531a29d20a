/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The DMA part of the Windows Driver Model as a driver sees it: true names, layouts, constants and
 * IRQL rules, so that the DMA code of an existing WDM driver compiles against this one header.
 * Freestanding. tests/unit_wdm_layout.c compares it with mingw-w64's wdm.h, member by member.
 *
 * Sources named in the comments: WDD = MicrosoftDocs/windows-driver-docs, DDI =
 * MicrosoftDocs/windows-driver-docs-ddi (paths below wdk-ddi-src/content/).
 * "IRQL" is what the reference page allows; another one raises rule 0x13 (core/dmv_violation.def).
 * An ownership rule that holds for all: what a routine returns belongs to the caller until he gives
 * it to the freeing routine named with it; no routine keeps an MDL after it was flushed or put.
 *
 * Whatever is not Microsoft's is marked "ours".
 */
#ifndef DMV_WDM_H
#define DMV_WDM_H

#include <stdint.h>
#include <stddef.h>

/* ---- annotations: say what a parameter is for, compile to nothing ---- */

#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifndef NTAPI
#define NTAPI
#endif
#ifndef NTKERNELAPI
#define NTKERNELAPI
#endif
#ifndef NTHALAPI
#define NTHALAPI
#endif
#ifndef FORCEINLINE
#define FORCEINLINE static inline __attribute__((always_inline))
#endif
#ifndef _In_
#define _In_
#define _In_opt_
#define _Out_
#define _Out_opt_
#define _Inout_
#define _Inout_opt_
#define _In_reads_bytes_(n)
#define _Out_writes_bytes_(n)
#define _Outptr_
#define _Use_decl_annotations_
#define _Must_inspect_result_
#define _Function_class_(name)
#define _IRQL_requires_(level)
#define _IRQL_requires_max_(level)
#define _IRQL_requires_min_(level)
#define _IRQL_requires_same_
#define _IRQL_raises_(level)
#define _IRQL_saves_
#define _IRQL_restores_
#endif
#define UNREFERENCED_PARAMETER(p) ((void)(p))

/* ---- simple types: LONG and ULONG are 32 bits wide on every machine ---- */

#define VOID void
#define CONST const

typedef void *PVOID;
typedef char CHAR, CCHAR, *PCHAR;
typedef const char *PCSTR;
typedef unsigned char UCHAR, *PUCHAR;
typedef int16_t SHORT, CSHORT, *PSHORT;
typedef uint16_t USHORT, *PUSHORT;
typedef int32_t LONG, *PLONG;
typedef uint32_t ULONG, *PULONG;
/* 8-byte aligned as on Windows, on 32-bit machines too. */
typedef __attribute__((aligned(8))) int64_t LONGLONG, *PLONGLONG, LONG64;
typedef __attribute__((aligned(8))) uint64_t ULONGLONG, *PULONGLONG, ULONG64, *PULONG64;
typedef intptr_t LONG_PTR;
typedef uintptr_t ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR SIZE_T, *PSIZE_T;
typedef UCHAR BOOLEAN, *PBOOLEAN;
typedef __CHAR16_TYPE__ WCHAR, *PWSTR;          /* u"text" is a literal of it */
typedef const WCHAR *PCWSTR;
typedef ULONG_PTR PFN_NUMBER, *PPFN_NUMBER;     /* number of a page frame: address / PAGE_SIZE */
typedef CCHAR KPROCESSOR_MODE;
typedef UCHAR KIRQL, *PKIRQL;
typedef LONG NTSTATUS, *PNTSTATUS;

#ifndef TRUE
#define FALSE 0
#define TRUE 1
#endif

typedef union _LARGE_INTEGER {
	struct {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		LONG HighPart;
		ULONG LowPart;
#else
		ULONG LowPart;
		LONG HighPart;
#endif
	};
	struct {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		LONG HighPart;
		ULONG LowPart;
#else
		ULONG LowPart;
		LONG HighPart;
#endif
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef struct _LIST_ENTRY {
	struct _LIST_ENTRY *Flink;
	struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

/* Length and MaximumLength count bytes; Buffer need not be terminated. */
typedef struct _UNICODE_STRING {
	USHORT Length;
	USHORT MaximumLength;
	PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

/* For static initialisation from a literal: RTL_CONSTANT_STRING(u"\\Driver\\name"). */
#define RTL_CONSTANT_STRING(s) { sizeof(s) - sizeof((s)[0]), sizeof(s), (PWSTR)(s) }

#define RtlZeroMemory(d, n) ((void)__builtin_memset((d), 0, (n)))
#define RtlFillMemory(d, n, b) ((void)__builtin_memset((d), (b), (n)))
#define RtlCopyMemory(d, s, n) ((void)__builtin_memcpy((d), (s), (n)))
#define RtlMoveMemory(d, s, n) ((void)__builtin_memmove((d), (s), (n)))
#ifndef FIELD_OFFSET
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#endif
#ifndef CONTAINING_RECORD
#define CONTAINING_RECORD(address, type, field) \
	((type *)(void *)((PCHAR)(address) - offsetof(type, field)))
#endif

/* ---- status codes ---- */

#define NT_SUCCESS(status) (((NTSTATUS)(status)) >= 0)

#define STATUS_SUCCESS ((NTSTATUS)0x00000000)
#define STATUS_TIMEOUT ((NTSTATUS)0x00000102)
#define STATUS_PENDING ((NTSTATUS)0x00000103)
#define STATUS_DEVICE_BUSY ((NTSTATUS)0x80000011)
#define STATUS_UNSUCCESSFUL ((NTSTATUS)0xC0000001)
#define STATUS_NOT_IMPLEMENTED ((NTSTATUS)0xC0000002)
#define STATUS_ACCESS_VIOLATION ((NTSTATUS)0xC0000005)
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000D)
#define STATUS_NO_SUCH_DEVICE ((NTSTATUS)0xC000000E)
#define STATUS_INVALID_DEVICE_REQUEST ((NTSTATUS)0xC0000010)
#define STATUS_NO_MEMORY ((NTSTATUS)0xC0000017)
#define STATUS_BUFFER_TOO_SMALL ((NTSTATUS)0xC0000023)
#define STATUS_DATA_OVERRUN ((NTSTATUS)0xC000003C)
#define STATUS_NONE_MAPPED ((NTSTATUS)0xC0000073)
#define STATUS_INSUFFICIENT_RESOURCES ((NTSTATUS)0xC000009A)
#define STATUS_DEVICE_DATA_ERROR ((NTSTATUS)0xC000009C)
#define STATUS_DEVICE_NOT_READY ((NTSTATUS)0xC00000A3)
#define STATUS_NOT_SUPPORTED ((NTSTATUS)0xC00000BB)
#define STATUS_CANCELLED ((NTSTATUS)0xC0000120)
#define STATUS_DEVICE_CONFIGURATION_ERROR ((NTSTATUS)0xC0000182)
#define STATUS_INVALID_DEVICE_STATE ((NTSTATUS)0xC0000184)
#define STATUS_IO_DEVICE_ERROR ((NTSTATUS)0xC0000185)

/* ---- IRQL: how urgent the running code is (WDD kernel/managing-hardware-priorities.md) ---- */

#define PASSIVE_LEVEL 0
#define LOW_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2
#if UINTPTR_MAX > 0xFFFFFFFFu
#define CMCI_LEVEL 5
#define CLOCK_LEVEL 13
#define IPI_LEVEL 14
#define POWER_LEVEL 14
#define PROFILE_LEVEL 15
#define HIGH_LEVEL 15
#else
#define CMCI_LEVEL 5
#define PROFILE_LEVEL 27
#define CLOCK1_LEVEL 28
#define CLOCK2_LEVEL 28
#define CLOCK_LEVEL CLOCK2_LEVEL
#define IPI_LEVEL 29
#define POWER_LEVEL 30
#define HIGH_LEVEL 31
#endif

/* Any IRQL. DDI wdm/nf-wdm-kegetcurrentirql.md */
NTKERNELAPI KIRQL NTAPI KeGetCurrentIrql(VOID);
/* NewIrql >= the current one. *OldIrql: what KeLowerIrql gets later.
 * DDI wdm/nf-wdm-keraiseirql.md */
NTKERNELAPI VOID NTAPI KeRaiseIrql(IN KIRQL NewIrql, OUT PKIRQL OldIrql);
/* NewIrql: what KeRaiseIrql stored. DDI wdm/nf-wdm-kelowerirql.md */
NTKERNELAPI VOID NTAPI KeLowerIrql(IN KIRQL NewIrql);
/* To DISPATCH_LEVEL; returns the old one. IRQL <= DISPATCH.
 * DDI wdm/nf-wdm-keraiseirqltodpclevel.md */
NTKERNELAPI KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID);

/* The performance counter, and how often it counts a second; 0: the host has none. Raises rules
 * 0x01 and 0x02. Any IRQL. DDI wdm/nf-wdm-kequeryperformancecounter.md */
NTKERNELAPI LARGE_INTEGER NTAPI KeQueryPerformanceCounter(OUT PLARGE_INTEGER PerformanceFrequency
							  OPTIONAL);

/* ---- objects of the driver and of its device ---- */

struct _DEVICE_OBJECT;
struct _DRIVER_OBJECT;
struct _MDL;
typedef struct _KDPC KDPC, *PKDPC;              /* opaque here */

typedef struct _IO_STATUS_BLOCK {
	union {
		NTSTATUS Status;
		PVOID Pointer;
	};
	ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

/* Only what DMA code touches, in a layout of ours. The verifier books its address alone. */
typedef struct _IRP {
	CSHORT Type;
	USHORT Size;
	struct _MDL *MdlAddress;
	ULONG Flags;
	IO_STATUS_BLOCK IoStatus;
} IRP, *PIRP;

typedef struct _KDEVICE_QUEUE_ENTRY {
	LIST_ENTRY DeviceListEntry;
	ULONG SortKey;
	BOOLEAN Inserted;
} KDEVICE_QUEUE_ENTRY, *PKDEVICE_QUEUE_ENTRY;

/* Only what DMA code touches, in a layout of ours: true member names, not true offsets. */
typedef struct _DEVICE_OBJECT {
	CSHORT Type;
	USHORT Size;
	LONG ReferenceCount;
	struct _DRIVER_OBJECT *DriverObject;
	struct _DEVICE_OBJECT *NextDevice;
	struct _DEVICE_OBJECT *AttachedDevice;
	struct _IRP *CurrentIrp;                /* what the driver's control routines get */
	ULONG Flags;
	ULONG Characteristics;
	PVOID DeviceExtension;
	ULONG DeviceType;
	CCHAR StackSize;
	ULONG AlignmentRequirement;             /* bytes - 1 */
	PCSTR DmvName;                          /* ours: name of the device in reports, or NULL */
	ULONG DmvCacheLine;                     /* ours: of a PDO whose device does not see the
						 * caches: bytes of a line; 0: it sees them */
} DEVICE_OBJECT, *PDEVICE_OBJECT;

/* As above. DriverName is "\Driver\name"; reports show the part after the last backslash. */
typedef struct _DRIVER_OBJECT {
	CSHORT Type;
	CSHORT Size;
	PDEVICE_OBJECT DeviceObject;
	ULONG Flags;
	PVOID DriverStart;                      /* of its image; NULL: unknown */
	ULONG DriverSize;
	UNICODE_STRING DriverName;
	ULONG DmvNumber;                        /* ours: of wdm_driver_load, plus 1; 0: none */
} DRIVER_OBJECT, *PDRIVER_OBJECT;

/* ---- memory descriptor lists ---- */

#ifndef PAGE_SIZE
#define PAGE_SIZE 4096
#endif
#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#endif

#define BYTE_OFFSET(Va) ((ULONG)((ULONG_PTR)(Va) & (PAGE_SIZE - 1)))
#define PAGE_ALIGN(Va) ((PVOID)((ULONG_PTR)(Va) & ~(ULONG_PTR)(PAGE_SIZE - 1)))
#define ROUND_TO_PAGES(Size) (((ULONG_PTR)(Size) + PAGE_SIZE - 1) & ~(ULONG_PTR)(PAGE_SIZE - 1))
#define BYTES_TO_PAGES(Size) \
	((ULONG)(((ULONG_PTR)(Size) >> PAGE_SHIFT) + (((ULONG_PTR)(Size) & (PAGE_SIZE - 1)) != 0)))
/* Pages, so map registers, that Size bytes at Va touch.
 * DDI wdm/nf-wdm-address_and_size_to_span_pages.md */
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(Va, Size) \
	((ULONG)((((ULONG_PTR)(Va) & (PAGE_SIZE - 1)) + (ULONG_PTR)(Size) + PAGE_SIZE - 1) \
		 >> PAGE_SHIFT))

#define MDL_MAPPED_TO_SYSTEM_VA 0x0001
#define MDL_PAGES_LOCKED 0x0002
#define MDL_SOURCE_IS_NONPAGED_POOL 0x0004
#define MDL_ALLOCATED_FIXED_SIZE 0x0008
#define MDL_PARTIAL 0x0010
#define MDL_PARTIAL_HAS_BEEN_MAPPED 0x0020
#define MDL_IO_PAGE_READ 0x0040
#define MDL_WRITE_OPERATION 0x0080
#define MDL_PARENT_MAPPED_SYSTEM_VA 0x0100
#define MDL_FREE_EXTRA_PTES 0x0200
#define MDL_DESCRIBES_AWE 0x0400
#define MDL_IO_SPACE 0x0800
#define MDL_NETWORK_HEADER 0x1000
#define MDL_MAPPING_CAN_FAIL 0x2000
#define MDL_ALLOCATED_MUST_SUCCEED 0x4000
#define MDL_INTERNAL 0x8000

/* Page frame numbers follow: one for each page that the buffer touches. */
typedef struct _MDL {
	struct _MDL *Next;
	CSHORT Size;                            /* bytes with the frame numbers, at most 0x7FF8 */
	CSHORT MdlFlags;
	struct _EPROCESS *Process;
	PVOID MappedSystemVa;
	PVOID StartVa;                          /* page-aligned */
	ULONG ByteCount;
	ULONG ByteOffset;
} MDL, *PMDL;
typedef MDL *PMDLX;

typedef enum _MEMORY_CACHING_TYPE_ORIG { MmFrameBufferCached = 2 } MEMORY_CACHING_TYPE_ORIG;

typedef enum _MEMORY_CACHING_TYPE {
	MmNonCached = FALSE,
	MmCached = TRUE,
	MmWriteCombined = MmFrameBufferCached,
	MmHardwareCoherentCached,
	MmNonCachedUnordered,
	MmUSWCCached,
	MmMaximumCacheType,
	MmNotMapped = -1
} MEMORY_CACHING_TYPE;

typedef enum _MM_PAGE_PRIORITY {
	LowPagePriority,
	NormalPagePriority = 16,
	HighPagePriority = 32
} MM_PAGE_PRIORITY;

typedef enum _LOCK_OPERATION { IoReadAccess, IoWriteAccess, IoModifyAccess } LOCK_OPERATION;
typedef enum _MODE { KernelMode, UserMode, MaximumMode } MODE;

#define MmGetMdlByteCount(Mdl) ((Mdl)->ByteCount)
#define MmGetMdlByteOffset(Mdl) ((Mdl)->ByteOffset)
#define MmGetMdlBaseVa(Mdl) ((Mdl)->StartVa)
#define MmGetMdlPfnArray(Mdl) ((PPFN_NUMBER)((Mdl) + 1))
#define MmGetMdlVirtualAddress(Mdl) ((PVOID)((PCHAR)((Mdl)->StartVa) + (Mdl)->ByteOffset))

/* Address by which the system reads the buffer, or NULL. Pages locked. IRQL <= DISPATCH. Goes away
 * with MmUnlockPages. DDI wdm/nf-wdm-mmgetsystemaddressformdlsafe.md */
#define MmGetSystemAddressForMdlSafe(Mdl, Priority) \
	(((Mdl)->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) \
		 ? (Mdl)->MappedSystemVa \
		 : MmMapLockedPagesSpecifyCache((Mdl), KernelMode, MmCached, NULL, FALSE, Priority))
#define MmGetSystemAddressForMdl(Mdl) MmGetSystemAddressForMdlSafe((Mdl), NormalPagePriority)

/*
 * An MDL for Length bytes at VirtualAddress, no frames known yet; NULL: no memory. With an Irp it
 * becomes Irp->MdlAddress, or the end of that chain if SecondaryBuffer. Free with IoFreeMdl.
 * IRQL <= DISPATCH. DDI wdm/nf-wdm-ioallocatemdl.md
 */
NTKERNELAPI PMDL NTAPI IoAllocateMdl(IN PVOID VirtualAddress OPTIONAL, IN ULONG Length,
				     IN BOOLEAN SecondaryBuffer, IN BOOLEAN ChargeQuota,
				     IN OUT PIRP Irp OPTIONAL);
/* Frees that one MDL, not its chain. Pages unlocked before. IRQL <= DISPATCH.
 * DDI wdm/nf-wdm-iofreemdl.md */
NTKERNELAPI VOID NTAPI IoFreeMdl(IN PMDL Mdl);
/*
 * Makes TargetMdl, from IoAllocateMdl, describe Length bytes of SourceMdl at VirtualAddress;
 * Length 0: to the end. Frames are shared: SourceMdl stays locked meanwhile. IRQL <= DISPATCH.
 * DDI wdm/nf-wdm-iobuildpartialmdl.md
 */
NTKERNELAPI VOID NTAPI IoBuildPartialMdl(IN PMDL SourceMdl, IN OUT PMDL TargetMdl,
					 IN PVOID VirtualAddress, IN ULONG Length);
/* The buffer is nonpaged memory: fills in frames and MappedSystemVa. IRQL <= DISPATCH.
 * DDI wdm/nf-wdm-mmbuildmdlfornonpagedpool.md */
NTKERNELAPI VOID NTAPI MmBuildMdlForNonPagedPool(IN OUT PMDLX MemoryDescriptorList);
/*
 * Locks the pages and fills in their frames. Operation IoWriteAccess or IoModifyAccess: the device
 * writes. There are no exceptions here: after a failure MDL_PAGES_LOCKED is not set.
 * IRQL <= APC for pageable memory, <= DISPATCH for nonpaged. DDI wdm/nf-wdm-mmprobeandlockpages.md
 */
NTKERNELAPI VOID NTAPI MmProbeAndLockPages(IN OUT PMDL MemoryDescriptorList,
					   IN KPROCESSOR_MODE AccessMode,
					   IN LOCK_OPERATION Operation);
/* Also takes back the system address. IRQL <= DISPATCH. DDI wdm/nf-wdm-mmunlockpages.md */
NTKERNELAPI VOID NTAPI MmUnlockPages(IN OUT PMDL MemoryDescriptorList);
/* Called by MmGetSystemAddressForMdlSafe. NULL if the pages are not locked. IRQL <= DISPATCH in
 * KernelMode. DDI wdm/nf-wdm-mmmaplockedpagesspecifycache.md */
NTKERNELAPI PVOID NTAPI MmMapLockedPagesSpecifyCache(IN PMDLX MemoryDescriptorList,
						     IN KPROCESSOR_MODE AccessMode,
						     IN MEMORY_CACHING_TYPE CacheType,
						     IN PVOID BaseAddress OPTIONAL,
						     IN ULONG BugCheckOnFailure,
						     IN MM_PAGE_PRIORITY Priority);
/* BaseAddress: what the map returned. IRQL <= DISPATCH. DDI wdm/nf-wdm-mmunmaplockedpages.md */
NTKERNELAPI VOID NTAPI MmUnmapLockedPages(IN PVOID BaseAddress, IN PMDL MemoryDescriptorList);
/* Bytes of an MDL for that buffer. Any IRQL. DDI wdm/nf-wdm-mmsizeofmdl.md */
NTKERNELAPI SIZE_T NTAPI MmSizeOfMdl(IN PVOID Base, IN SIZE_T Length);

/* For a caller's own storage of MmSizeOfMdl bytes. Any IRQL. DDI wdm/nf-wdm-mminitializemdl.md */
#define MmInitializeMdl(Mdl, BaseVa, Length) \
	do { \
		(Mdl)->Next = NULL; \
		(Mdl)->Size = (CSHORT)(sizeof(MDL) + sizeof(PFN_NUMBER) * \
				       ADDRESS_AND_SIZE_TO_SPAN_PAGES((BaseVa), (Length))); \
		(Mdl)->MdlFlags = 0; \
		(Mdl)->StartVa = PAGE_ALIGN(BaseVa); \
		(Mdl)->ByteOffset = BYTE_OFFSET(BaseVa); \
		(Mdl)->ByteCount = (ULONG)(Length); \
	} while (0)

/* Machines whose caches do not see DMA need it before the map; those we run on do not.
 * IRQL <= DISPATCH. DDI wdm/nf-wdm-keflushiobuffers.md */
#define KeFlushIoBuffers(Mdl, ReadOperation, DmaOperation) \
	((void)(Mdl), (void)(ReadOperation), (void)(DmaOperation))

#include "wdm_dma.h"

#endif
