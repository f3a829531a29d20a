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

/* ---- what the driver says of its device (DDI wdm/ns-wdm-_device_description.md) ---- */

typedef enum _INTERFACE_TYPE {
	InterfaceTypeUndefined = -1,
	Internal,
	Isa,
	Eisa,
	MicroChannel,
	TurboChannel,
	PCIBus,
	VMEBus,
	NuBus,
	PCMCIABus,
	CBus,
	MPIBus,
	MPSABus,
	ProcessorInternal,
	InternalPowerBus,
	PNPISABus,
	PNPBus,
	Vmcs,
	ACPIBus,
	MaximumInterfaceType
} INTERFACE_TYPE, *PINTERFACE_TYPE;

typedef enum _DMA_WIDTH {
	Width8Bits,
	Width16Bits,
	Width32Bits,
	Width64Bits,
	WidthNoWrap,
	MaximumDmaWidth
} DMA_WIDTH, *PDMA_WIDTH;

typedef enum _DMA_SPEED {
	Compatible,
	TypeA,
	TypeB,
	TypeC,
	TypeF,
	MaximumDmaSpeed
} DMA_SPEED, *PDMA_SPEED;

#define DEVICE_DESCRIPTION_VERSION 0x0000
#define DEVICE_DESCRIPTION_VERSION1 0x0001
#define DEVICE_DESCRIPTION_VERSION2 0x0002
#define DEVICE_DESCRIPTION_VERSION3 0x0003      /* the members behind DmaPort count */

/* Zero-fill it first. */
typedef struct _DEVICE_DESCRIPTION {
	ULONG Version;
	BOOLEAN Master;
	BOOLEAN ScatterGather;
	BOOLEAN DemandMode;
	BOOLEAN AutoInitialize;
	BOOLEAN Dma32BitAddresses;
	BOOLEAN IgnoreCount;
	BOOLEAN Reserved1;                      /* must be FALSE */
	BOOLEAN Dma64BitAddresses;
	ULONG BusNumber;
	ULONG DmaChannel;
	INTERFACE_TYPE InterfaceType;
	DMA_WIDTH DmaWidth;
	DMA_SPEED DmaSpeed;
	ULONG MaximumLength;                    /* bytes of the largest transfer */
	ULONG DmaPort;
	ULONG DmaAddressWidth;                  /* version 3 from here: bits, 1 to 64 */
	ULONG DmaControllerInstance;
	ULONG DmaRequestLine;
	PHYSICAL_ADDRESS DeviceAddress;
} DEVICE_DESCRIPTION, *PDEVICE_DESCRIPTION;

/* ---- adapters ---- */

typedef struct _DMA_ADAPTER {
	USHORT Version;                         /* always 1 */
	USHORT Size;
	struct _DMA_OPERATIONS *DmaOperations;
} DMA_ADAPTER, *PDMA_ADAPTER;
typedef struct _DMA_ADAPTER *PADAPTER_OBJECT;

typedef struct _SCATTER_GATHER_ELEMENT {
	PHYSICAL_ADDRESS Address;               /* what the device is told */
	ULONG Length;                           /* bytes */
	ULONG_PTR Reserved;
} SCATTER_GATHER_ELEMENT, *PSCATTER_GATHER_ELEMENT;

typedef struct _SCATTER_GATHER_LIST {
	ULONG NumberOfElements;
	ULONG_PTR Reserved;                     /* the verifier's handle */
	SCATTER_GATHER_ELEMENT Elements[1];     /* NumberOfElements of them */
} SCATTER_GATHER_LIST, *PSCATTER_GATHER_LIST;

typedef enum _IO_ALLOCATION_ACTION {
	KeepObject = 1,                         /* until FreeAdapterChannel: slave devices */
	DeallocateObject,                       /* channel and map registers go */
	DeallocateObjectKeepRegisters           /* until FreeMapRegisters: bus masters */
} IO_ALLOCATION_ACTION, *PIO_ALLOCATION_ACTION;

/* AdapterControl: called at DISPATCH_LEVEL with the map registers it may use.
 * DDI wdm/nc-wdm-driver_control.md */
typedef IO_ALLOCATION_ACTION (NTAPI DRIVER_CONTROL)(IN struct _DEVICE_OBJECT *DeviceObject,
						    IN struct _IRP *Irp, IN PVOID MapRegisterBase,
						    IN PVOID Context);
typedef DRIVER_CONTROL *PDRIVER_CONTROL;

/* AdapterListControl: called at DISPATCH_LEVEL; the list is the driver's until it puts it.
 * DDI wdm/nc-wdm-driver_list_control.md */
typedef VOID (NTAPI DRIVER_LIST_CONTROL)(IN struct _DEVICE_OBJECT *DeviceObject,
					 IN struct _IRP *Irp,
					 IN struct _SCATTER_GATHER_LIST *ScatterGather,
					 IN PVOID Context);
typedef DRIVER_LIST_CONTROL *PDRIVER_LIST_CONTROL;

/* A queued request for a channel. */
typedef struct _WAIT_CONTEXT_BLOCK {
	KDEVICE_QUEUE_ENTRY WaitQueueEntry;
	PDRIVER_CONTROL DeviceRoutine;
	PVOID DeviceContext;
	ULONG NumberOfMapRegisters;
	PVOID DeviceObject;
	PVOID CurrentIrp;
	PKDPC BufferChainingDpc;
} WAIT_CONTEXT_BLOCK, *PWAIT_CONTEXT_BLOCK;

/*
 * The routines of an adapter. All raise 0x18 (adapter released), 0x19 (no adapter) and 0x13 (IRQL).
 */

/* The last call to an adapter: everything taken from it is freed before. IRQL <= DISPATCH.
 * DDI wdm/nc-wdm-pput_dma_adapter.md */
typedef VOID (NTAPI *PPUT_DMA_ADAPTER)(IN PDMA_ADAPTER DmaAdapter);

/* Memory both sides use all the time: Length bytes, address for the device in *LogicalAddress;
 * NULL: no memory. IRQL PASSIVE. DDI wdm/nc-wdm-pallocate_common_buffer.md */
typedef PVOID (NTAPI *PALLOCATE_COMMON_BUFFER)(IN PDMA_ADAPTER DmaAdapter, IN ULONG Length,
					       OUT PPHYSICAL_ADDRESS LogicalAddress,
					       IN BOOLEAN CacheEnabled);

/* All arguments exactly as at the allocation. IRQL PASSIVE.
 * DDI wdm/nc-wdm-pfree_common_buffer.md */
typedef VOID (NTAPI *PFREE_COMMON_BUFFER)(IN PDMA_ADAPTER DmaAdapter, IN ULONG Length,
					  IN PHYSICAL_ADDRESS LogicalAddress,
					  IN PVOID VirtualAddress, IN BOOLEAN CacheEnabled);

/* Calls ExecutionRoutine now or when channel and map registers are free. IRQL = DISPATCH.
 * DDI wdm/nc-wdm-pallocate_adapter_channel.md */
typedef NTSTATUS (NTAPI *PALLOCATE_ADAPTER_CHANNEL)(IN PDMA_ADAPTER DmaAdapter,
						    IN PDEVICE_OBJECT DeviceObject,
						    IN ULONG NumberOfMapRegisters,
						    IN PDRIVER_CONTROL ExecutionRoutine,
						    IN PVOID Context);

/* Ends what MapTransfer began: CurrentVa of the first map, Length bytes of all of them. The data is
 * the driver's again. IRQL <= DISPATCH. DDI wdm/nc-wdm-pflush_adapter_buffers.md */
typedef BOOLEAN (NTAPI *PFLUSH_ADAPTER_BUFFERS)(IN PDMA_ADAPTER DmaAdapter, IN PMDL Mdl,
						IN PVOID MapRegisterBase, IN PVOID CurrentVa,
						IN ULONG Length, IN BOOLEAN WriteToDevice);

/* After KeepObject: frees channel and map registers. IRQL = DISPATCH.
 * DDI wdm/nc-wdm-pfree_adapter_channel.md */
typedef VOID (NTAPI *PFREE_ADAPTER_CHANNEL)(IN PDMA_ADAPTER DmaAdapter);

/* After DeallocateObjectKeepRegisters and the flush; the number that was allocated.
 * IRQL = DISPATCH. DDI wdm/nc-wdm-pfree_map_registers.md */
typedef VOID (NTAPI *PFREE_MAP_REGISTERS)(IN PDMA_ADAPTER DmaAdapter, IN PVOID MapRegisterBase,
					  IN ULONG NumberOfMapRegisters);

/* Returns the address for the device. *Length: bytes wanted, then bytes that are contiguous there;
 * a scatter/gather device calls again for the rest. IRQL <= DISPATCH.
 * DDI wdm/nc-wdm-pmap_transfer.md */
typedef PHYSICAL_ADDRESS (NTAPI *PMAP_TRANSFER)(IN PDMA_ADAPTER DmaAdapter, IN PMDL Mdl,
						IN PVOID MapRegisterBase, IN PVOID CurrentVa,
						IN OUT PULONG Length, IN BOOLEAN WriteToDevice);

/* Bytes: start and length of a buffer must be multiples. IRQL PASSIVE.
 * DDI wdm/nc-wdm-pget_dma_alignment.md */
typedef ULONG (NTAPI *PGET_DMA_ALIGNMENT)(IN PDMA_ADAPTER DmaAdapter);

/* Bytes left of a slave's transfer. IRQL <= DISPATCH. DDI wdm/nc-wdm-pread_dma_counter.md */
typedef ULONG (NTAPI *PREAD_DMA_COUNTER)(IN PDMA_ADAPTER DmaAdapter);

/* Channel, map registers, maps and list in one: calls ExecutionRoutine now or later.
 * IRQL = DISPATCH. DDI wdm/nc-wdm-pget_scatter_gather_list.md */
typedef NTSTATUS (NTAPI *PGET_SCATTER_GATHER_LIST)(IN PDMA_ADAPTER DmaAdapter,
						   IN PDEVICE_OBJECT DeviceObject, IN PMDL Mdl,
						   IN PVOID CurrentVa, IN ULONG Length,
						   IN PDRIVER_LIST_CONTROL ExecutionRoutine,
						   IN PVOID Context, IN BOOLEAN WriteToDevice);

/* Flushes and frees it all; only now the data is the driver's. IRQL = DISPATCH.
 * DDI wdm/nc-wdm-pput_scatter_gather_list.md */
typedef VOID (NTAPI *PPUT_SCATTER_GATHER_LIST)(IN PDMA_ADAPTER DmaAdapter,
					       IN PSCATTER_GATHER_LIST ScatterGather,
					       IN BOOLEAN WriteToDevice);

/*
 * Version 1 (DDI wdm/ns-wdm-_dma_operations.md). Size tells how far the table goes: later versions
 * add slots at the end, beginning with CalculateScatterGatherList.
 */
typedef struct _DMA_OPERATIONS {
	ULONG Size;                             /* bytes */
	PPUT_DMA_ADAPTER PutDmaAdapter;
	PALLOCATE_COMMON_BUFFER AllocateCommonBuffer;
	PFREE_COMMON_BUFFER FreeCommonBuffer;
	PALLOCATE_ADAPTER_CHANNEL AllocateAdapterChannel;
	PFLUSH_ADAPTER_BUFFERS FlushAdapterBuffers;
	PFREE_ADAPTER_CHANNEL FreeAdapterChannel;
	PFREE_MAP_REGISTERS FreeMapRegisters;
	PMAP_TRANSFER MapTransfer;
	PGET_DMA_ALIGNMENT GetDmaAlignment;
	PREAD_DMA_COUNTER ReadDmaCounter;
	PGET_SCATTER_GATHER_LIST GetScatterGatherList;
	PPUT_SCATTER_GATHER_LIST PutScatterGatherList;
} DMA_OPERATIONS, *PDMA_OPERATIONS;

/*
 * An adapter for the device; NULL: no memory, or a description that makes no sense.
 * *NumberOfMapRegisters: how many one request may ask for. Give back with PutDmaAdapter.
 * IRQL PASSIVE. DDI wdm/nf-wdm-iogetdmaadapter.md
 */
NTKERNELAPI PDMA_ADAPTER NTAPI IoGetDmaAdapter(IN PDEVICE_OBJECT PhysicalDeviceObject OPTIONAL,
					       IN PDEVICE_DESCRIPTION DeviceDescription,
					       IN OUT PULONG NumberOfMapRegisters);
/* Obsolete: every call raises 0x1E. IRQL PASSIVE. */
NTHALAPI PADAPTER_OBJECT NTAPI HalGetAdapter(IN PDEVICE_DESCRIPTION DeviceDescription,
					     IN OUT PULONG NumberOfMapRegisters);

/* Ours: somebody else keeps the adapter, too. Left at the last PutDmaAdapter they raise 0x11.
 * IRQL <= DISPATCH. */
VOID DmvReferenceAdapter(PDMA_ADAPTER DmaAdapter);
VOID DmvDereferenceAdapter(PDMA_ADAPTER DmaAdapter);

/* ---- the older names of the routines, as wdm.h has them where USE_DMA_MACROS holds ---- */

FORCEINLINE NTSTATUS IoAllocateAdapterChannel(IN PDMA_ADAPTER DmaAdapter,
					      IN PDEVICE_OBJECT DeviceObject,
					      IN ULONG NumberOfMapRegisters,
					      IN PDRIVER_CONTROL ExecutionRoutine, IN PVOID Context)
{
	return DmaAdapter->DmaOperations->AllocateAdapterChannel(
		DmaAdapter, DeviceObject, NumberOfMapRegisters, ExecutionRoutine, Context);
}

FORCEINLINE BOOLEAN IoFlushAdapterBuffers(IN PDMA_ADAPTER DmaAdapter, IN PMDL Mdl,
					  IN PVOID MapRegisterBase, IN PVOID CurrentVa,
					  IN ULONG Length, IN BOOLEAN WriteToDevice)
{
	return DmaAdapter->DmaOperations->FlushAdapterBuffers(DmaAdapter, Mdl, MapRegisterBase,
							      CurrentVa, Length, WriteToDevice);
}

FORCEINLINE VOID IoFreeAdapterChannel(IN PDMA_ADAPTER DmaAdapter)
{
	DmaAdapter->DmaOperations->FreeAdapterChannel(DmaAdapter);
}

FORCEINLINE VOID IoFreeMapRegisters(IN PDMA_ADAPTER DmaAdapter, IN PVOID MapRegisterBase,
				    IN ULONG NumberOfMapRegisters)
{
	DmaAdapter->DmaOperations->FreeMapRegisters(DmaAdapter, MapRegisterBase,
						    NumberOfMapRegisters);
}

FORCEINLINE PHYSICAL_ADDRESS IoMapTransfer(IN PDMA_ADAPTER DmaAdapter, IN PMDL Mdl,
					   IN PVOID MapRegisterBase, IN PVOID CurrentVa,
					   IN OUT PULONG Length, IN BOOLEAN WriteToDevice)
{
	return DmaAdapter->DmaOperations->MapTransfer(DmaAdapter, Mdl, MapRegisterBase, CurrentVa,
						      Length, WriteToDevice);
}

FORCEINLINE PVOID HalAllocateCommonBuffer(IN PDMA_ADAPTER DmaAdapter, IN ULONG Length,
					  OUT PPHYSICAL_ADDRESS LogicalAddress,
					  IN BOOLEAN CacheEnabled)
{
	return DmaAdapter->DmaOperations->AllocateCommonBuffer(DmaAdapter, Length, LogicalAddress,
							       CacheEnabled);
}

FORCEINLINE VOID HalFreeCommonBuffer(IN PDMA_ADAPTER DmaAdapter, IN ULONG Length,
				     IN PHYSICAL_ADDRESS LogicalAddress, IN PVOID VirtualAddress,
				     IN BOOLEAN CacheEnabled)
{
	DmaAdapter->DmaOperations->FreeCommonBuffer(DmaAdapter, Length, LogicalAddress,
						    VirtualAddress, CacheEnabled);
}

FORCEINLINE ULONG HalReadDmaCounter(IN PDMA_ADAPTER DmaAdapter)
{
	return DmaAdapter->DmaOperations->ReadDmaCounter(DmaAdapter);
}

FORCEINLINE ULONG HalGetDmaAlignment(IN PDMA_ADAPTER DmaAdapter)
{
	return DmaAdapter->DmaOperations->GetDmaAlignment(DmaAdapter);
}

#endif
