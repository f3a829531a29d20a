/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What wdm.h says of DMA: how a driver describes its device, what an adapter can do for it. A part
 * of wdm.h, which includes it: drivers include that one.
 */
#ifndef DMV_WDM_DMA_H
#define DMV_WDM_DMA_H

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

/* ---- version 2: lists in memory of the driver ---- */

/*
 * Bytes that a list for Length bytes at CurrentVa needs, and map registers. Mdl NULL: at most.
 * INSUFFICIENT_RESOURCES: more map registers than the adapter has; BUFFER_TOO_SMALL: the MDLs end
 * before Length. Any IRQL. DDI wdm/nc-wdm-pcalculate_scatter_gather_list_size.md
 */
typedef NTSTATUS (NTAPI *PCALCULATE_SCATTER_GATHER_LIST_SIZE)(
	IN PDMA_ADAPTER DmaAdapter, IN PMDL Mdl OPTIONAL, IN PVOID CurrentVa, IN ULONG Length,
	OUT PULONG ScatterGatherListSize, OUT PULONG pNumberOfMapRegisters OPTIONAL);

/* As GetScatterGatherList, in ScatterGatherLength bytes of the driver's at ScatterGatherBuffer:
 * they stay its own, and may go after PutScatterGatherList. BUFFER_TOO_SMALL: nothing was done.
 * IRQL = DISPATCH. DDI wdm/nc-wdm-pbuild_scatter_gather_list.md */
typedef NTSTATUS (NTAPI *PBUILD_SCATTER_GATHER_LIST)(
	IN PDMA_ADAPTER DmaAdapter, IN PDEVICE_OBJECT DeviceObject, IN PMDL Mdl, IN PVOID CurrentVa,
	IN ULONG Length, IN PDRIVER_LIST_CONTROL ExecutionRoutine, IN PVOID Context,
	IN BOOLEAN WriteToDevice, IN PVOID ScatterGatherBuffer, IN ULONG ScatterGatherLength);

/*
 * MDLs of the memory that the device uses for this list, copy or not: OriginalMdl itself where
 * there is no copy, else a chain with an MDL for each element. They go with PutScatterGatherList.
 * NONE_MAPPED: the list has them already. IRQL <= DISPATCH.
 * DDI wdm/nc-wdm-pbuild_mdl_from_scatter_gather_list.md
 */
typedef NTSTATUS (NTAPI *PBUILD_MDL_FROM_SCATTER_GATHER_LIST)(IN PDMA_ADAPTER DmaAdapter,
							      IN PSCATTER_GATHER_LIST ScatterGather,
							      IN PMDL OriginalMdl,
							      OUT PMDL *TargetMdl);

/* ---- version 3: MDL chains by offset, requests that can be cancelled, system DMA ---- */

typedef ULONG NODE_REQUIREMENT;
#define MM_ANY_NODE_OK 0x80000000

#define DMA_ADAPTER_INFO_VERSION1 1

typedef struct _DMA_ADAPTER_INFO_V1 {
	ULONG ReadDmaCounterAvailable;          /* ReadDmaCounter tells something */
	ULONG ScatterGatherLimit;               /* elements of a transfer, at most */
	ULONG DmaAddressWidth;                  /* bits */
	ULONG Flags;                            /* 0 */
	ULONG MinimumTransferUnit;              /* bytes */
} DMA_ADAPTER_INFO_V1, *PDMA_ADAPTER_INFO_V1;

typedef struct _DMA_ADAPTER_INFO {
	ULONG Version;
	union {
		DMA_ADAPTER_INFO_V1 V1;
	};
} DMA_ADAPTER_INFO, *PDMA_ADAPTER_INFO;

#define DMA_TRANSFER_INFO_VERSION1 1
#define DMA_TRANSFER_INFO_VERSION2 2

typedef struct _DMA_TRANSFER_INFO_V1 {
	ULONG MapRegisterCount;
	ULONG ScatterGatherElementCount;        /* at most */
	ULONG ScatterGatherListSize;            /* bytes of a list of so many */
} DMA_TRANSFER_INFO_V1, *PDMA_TRANSFER_INFO_V1;

typedef struct _DMA_TRANSFER_INFO_V2 {
	ULONG MapRegisterCount;
	ULONG ScatterGatherElementCount;
	ULONG ScatterGatherListSize;
	ULONG LogicalPageCount;                 /* pages of the bus */
} DMA_TRANSFER_INFO_V2, *PDMA_TRANSFER_INFO_V2;

typedef struct _DMA_TRANSFER_INFO {
	ULONG Version;
	union {
		DMA_TRANSFER_INFO_V1 V1;
		DMA_TRANSFER_INFO_V2 V2;
	};
} DMA_TRANSFER_INFO, *PDMA_TRANSFER_INFO;

/* Bytes of a transfer context, which is the driver's memory and not for it to look into. */
#define DMA_TRANSFER_CONTEXT_VERSION1 1
#if UINTPTR_MAX > 0xFFFFFFFFu
#define DMA_TRANSFER_CONTEXT_SIZE_V1 128
#else
#define DMA_TRANSFER_CONTEXT_SIZE_V1 64
#endif

/* Flags of a request: fails instead of waiting, and its routine may be NULL. */
#define DMA_SYNCHRONOUS_CALLBACK 0x01

typedef enum {
	DmaComplete,
	DmaAborted,                             /* not in use */
	DmaError,
	DmaCancelled
} DMA_COMPLETION_STATUS;

/* Called at DISPATCH_LEVEL when the system's DMA controller is done.
 * DDI wdm/nc-wdm-dma_completion_routine.md */
typedef VOID (NTAPI DMA_COMPLETION_ROUTINE)(IN PDMA_ADAPTER DmaAdapter,
					    IN PDEVICE_OBJECT DeviceObject,
					    IN PVOID CompletionContext,
					    IN DMA_COMPLETION_STATUS Status);
typedef DMA_COMPLETION_ROUTINE *PDMA_COMPLETION_ROUTINE;

/* The caller sets Version; NOT_SUPPORTED: another than 1. IRQL <= DISPATCH.
 * DDI wdm/nc-wdm-pget_dma_adapter_info.md */
typedef NTSTATUS (NTAPI *PGET_DMA_ADAPTER_INFO)(IN PDMA_ADAPTER DmaAdapter,
						IN OUT PDMA_ADAPTER_INFO AdapterInfo);

/* What a transfer of Length bytes takes that begins Offset bytes into the chain. The caller sets
 * Version; NOT_SUPPORTED: neither 1 nor 2. IRQL <= DISPATCH.
 * DDI wdm/nc-wdm-pget_dma_transfer_info.md */
typedef NTSTATUS (NTAPI *PGET_DMA_TRANSFER_INFO)(IN PDMA_ADAPTER DmaAdapter, IN PMDL Mdl,
						 IN ULONGLONG Offset, IN ULONG Length,
						 IN BOOLEAN WriteOnly,
						 IN OUT PDMA_TRANSFER_INFO TransferInfo);

/* Makes DMA_TRANSFER_CONTEXT_SIZE_V1 bytes of the driver's a context: one for each request.
 * IRQL <= DISPATCH. DDI wdm/nc-wdm-pinitialize_dma_transfer_context.md */
typedef NTSTATUS (NTAPI *PINITIALIZE_DMA_TRANSFER_CONTEXT)(IN PDMA_ADAPTER DmaAdapter,
							   OUT PVOID DmaTransferContext);

/* As AllocateCommonBuffer, not above MaximumAddress; the node is a wish. IRQL PASSIVE.
 * DDI wdm/nc-wdm-pallocate_common_buffer_ex.md */
typedef PVOID (NTAPI *PALLOCATE_COMMON_BUFFER_EX)(IN PDMA_ADAPTER DmaAdapter,
						  IN PPHYSICAL_ADDRESS MaximumAddress OPTIONAL,
						  IN ULONG Length,
						  OUT PPHYSICAL_ADDRESS LogicalAddress,
						  IN BOOLEAN CacheEnabled,
						  IN NODE_REQUIREMENT PreferredNode);

/*
 * As AllocateAdapterChannel, with a context by which it can be cancelled. Without a routine, which
 * takes DMA_SYNCHRONOUS_CALLBACK, *MapRegisterBase is set and FreeAdapterObject ends it; with one
 * MapRegisterBase is NULL. CANCELLED: CancelAdapterChannel came first. IRQL = DISPATCH.
 * DDI wdm/nc-wdm-pallocate_adapter_channel_ex.md
 */
typedef NTSTATUS (NTAPI *PALLOCATE_ADAPTER_CHANNEL_EX)(
	IN PDMA_ADAPTER DmaAdapter, IN PDEVICE_OBJECT DeviceObject, IN PVOID DmaTransferContext,
	IN ULONG NumberOfMapRegisters, IN ULONG Flags, IN PDRIVER_CONTROL ExecutionRoutine OPTIONAL,
	IN PVOID ExecutionContext OPTIONAL, OUT PVOID *MapRegisterBase OPTIONAL);

/* A function of the system's DMA controller itself; NOT_IMPLEMENTED: it has no such one.
 * IRQL <= DISPATCH. DDI wdm/nc-wdm-pconfigure_adapter_channel.md */
typedef NTSTATUS (NTAPI *PCONFIGURE_ADAPTER_CHANNEL)(IN PDMA_ADAPTER DmaAdapter,
						     IN ULONG FunctionNumber, IN PVOID Context);

/* TRUE: the request with this context waited and never runs, or the next one with it does not.
 * FALSE: too late. IRQL <= DISPATCH. DDI wdm/nc-wdm-pcancel_adapter_channel.md */
typedef BOOLEAN (NTAPI *PCANCEL_ADAPTER_CHANNEL)(IN PDMA_ADAPTER DmaAdapter,
						 IN PDEVICE_OBJECT DeviceObject,
						 IN PVOID DmaTransferContext);

/*
 * Maps *Length bytes that begin Offset bytes into the chain, or as many as registers and list hold:
 * *Length says how many. FlushAdapterBuffersEx comes before the next map. Bus masters give memory
 * for the list and no completion routine; system DMA begins at once. IRQL <= DISPATCH.
 * DDI wdm/nc-wdm-pmap_transfer_ex.md
 */
typedef NTSTATUS (NTAPI *PMAP_TRANSFER_EX)(
	IN PDMA_ADAPTER DmaAdapter, IN PMDL Mdl, IN PVOID MapRegisterBase, IN ULONGLONG Offset,
	IN ULONG DeviceOffset, IN OUT PULONG Length, IN BOOLEAN WriteToDevice,
	OUT PSCATTER_GATHER_LIST ScatterGatherBuffer OPTIONAL, IN ULONG ScatterGatherBufferLength,
	IN PDMA_COMPLETION_ROUTINE DmaCompletionRoutine OPTIONAL,
	IN PVOID CompletionContext OPTIONAL);

/*
 * As GetScatterGatherList, by offset and with a context. Without a routine, which takes
 * DMA_SYNCHRONOUS_CALLBACK, *ScatterGatherList is set, and FreeAdapterObject is due beside
 * PutScatterGatherList. Bus masters only. The completion routine is not called. IRQL <= DISPATCH.
 * DDI wdm/nc-wdm-pget_scatter_gather_list_ex.md
 */
typedef NTSTATUS (NTAPI *PGET_SCATTER_GATHER_LIST_EX)(
	IN PDMA_ADAPTER DmaAdapter, IN PDEVICE_OBJECT DeviceObject, IN PVOID DmaTransferContext,
	IN PMDL Mdl, IN ULONGLONG Offset, IN ULONG Length, IN ULONG Flags,
	IN PDRIVER_LIST_CONTROL ExecutionRoutine OPTIONAL, IN PVOID Context OPTIONAL,
	IN BOOLEAN WriteToDevice, IN PDMA_COMPLETION_ROUTINE DmaCompletionRoutine OPTIONAL,
	IN PVOID CompletionContext OPTIONAL, OUT PSCATTER_GATHER_LIST *ScatterGatherList OPTIONAL);

/* The same in memory of the driver's, as BuildScatterGatherList. IRQL = DISPATCH.
 * DDI wdm/nc-wdm-pbuild_scatter_gather_list_ex.md */
typedef NTSTATUS (NTAPI *PBUILD_SCATTER_GATHER_LIST_EX)(
	IN PDMA_ADAPTER DmaAdapter, IN PDEVICE_OBJECT DeviceObject, IN PVOID DmaTransferContext,
	IN PMDL Mdl, IN ULONGLONG Offset, IN ULONG Length, IN ULONG Flags,
	IN PDRIVER_LIST_CONTROL ExecutionRoutine OPTIONAL, IN PVOID Context OPTIONAL,
	IN BOOLEAN WriteToDevice, IN PVOID ScatterGatherBuffer, IN ULONG ScatterGatherLength,
	IN PDMA_COMPLETION_ROUTINE DmaCompletionRoutine OPTIONAL,
	IN PVOID CompletionContext OPTIONAL, OUT PVOID ScatterGatherList OPTIONAL);

/* Ends a MapTransferEx, with its values. IRQL <= DISPATCH.
 * DDI wdm/nc-wdm-pflush_adapter_buffers_ex.md */
typedef NTSTATUS (NTAPI *PFLUSH_ADAPTER_BUFFERS_EX)(IN PDMA_ADAPTER DmaAdapter, IN PMDL Mdl,
						    IN PVOID MapRegisterBase, IN ULONGLONG Offset,
						    IN ULONG Length, IN BOOLEAN WriteToDevice);

/* Ends what a request without a routine, or KeepObject, left to the driver. KeepObject: nothing;
 * the registers of a list stay until it is put. IRQL <= DISPATCH.
 * DDI wdm/nc-wdm-pfree_adapter_object.md */
typedef VOID (NTAPI *PFREE_ADAPTER_OBJECT)(IN PDMA_ADAPTER DmaAdapter,
					   IN IO_ALLOCATION_ACTION AllocationAction);

/* Stops the transfer of a system DMA channel; it is flushed all the same. IRQL <= DISPATCH.
 * DDI wdm/nc-wdm-pcancel_mapped_transfer.md */
typedef NTSTATUS (NTAPI *PCANCEL_MAPPED_TRANSFER)(IN PDMA_ADAPTER DmaAdapter,
						  IN PVOID DmaTransferContext);

/* ---- version 3, later: bounds, domains, vectors ---- */

/* An address space of devices, as an IOMMU gives it; what it is is the system's. */
#ifndef _HANDLE_DEFINED
#define _HANDLE_DEFINED
typedef PVOID HANDLE;
#endif

/* A wish for large pages. Buffers here are contiguous whatever their pages are. */
#define DOMAIN_COMMON_BUFFER_LARGE_PAGE 1

/* As AllocateCommonBufferEx for all devices of a domain. CacheType NULL: cached; else MmCached or
 * MmNonCached. IRQL PASSIVE. DDI wdm/nc-wdm-pallocate_domain_common_buffer.md */
typedef NTSTATUS (NTAPI *PALLOCATE_DOMAIN_COMMON_BUFFER)(
	IN PDMA_ADAPTER DmaAdapter, IN HANDLE DomainHandle,
	IN PPHYSICAL_ADDRESS MaximumAddress OPTIONAL, IN ULONG Length, IN ULONG Flags,
	IN MEMORY_CACHING_TYPE *CacheType OPTIONAL, IN NODE_REQUIREMENT PreferredNode,
	OUT PPHYSICAL_ADDRESS LogicalAddress, OUT PVOID *VirtualAddress);

/* Machines whose caches do not see DMA need it; those we run on do not. The page names no IRQL:
 * above DISPATCH it is only advised against, rule 0x14. DDI wdm/nc-wdm-pflush_dma_buffer.md */
typedef NTSTATUS (NTAPI *PFLUSH_DMA_BUFFER)(IN PDMA_ADAPTER DmaAdapter, IN PMDL Mdl,
					    IN BOOLEAN ReadOperation);

/* To another adapter's domain, which GetDmaDomain gave; INVALID_DEVICE_STATE: it is in one that is
 * not its own. IRQL PASSIVE. DDI wdm/nc-wdm-pjoin_dma_domain.md */
typedef NTSTATUS (NTAPI *PJOIN_DMA_DOMAIN)(IN PDMA_ADAPTER DmaAdapter, IN HANDLE DomainHandle);
/* Back to its own; INVALID_DEVICE_STATE: it is there. IRQL PASSIVE.
 * DDI wdm/nc-wdm-pleave_dma_domain.md */
typedef NTSTATUS (NTAPI *PLEAVE_DMA_DOMAIN)(IN PDMA_ADAPTER DmaAdapter);
/* The one it is in. IRQL PASSIVE. DDI wdm/nc-wdm-pget_dma_domain.md */
typedef HANDLE (NTAPI *PGET_DMA_DOMAIN)(IN PDMA_ADAPTER DmaAdapter);

/* As AllocateCommonBufferEx, between two addresses, both included. IRQL PASSIVE.
 * DDI wdm/nc-wdm-pallocate_common_buffer_with_bounds.md */
typedef PVOID (NTAPI *PALLOCATE_COMMON_BUFFER_WITH_BOUNDS)(
	IN PDMA_ADAPTER DmaAdapter, IN PPHYSICAL_ADDRESS MinimumAddress OPTIONAL,
	IN PPHYSICAL_ADDRESS MaximumAddress OPTIONAL, IN ULONG Length, IN ULONG Flags,
	IN MEMORY_CACHING_TYPE *CacheType OPTIONAL, IN NODE_REQUIREMENT PreferredNode,
	OUT PPHYSICAL_ADDRESS LogicalAddress);

typedef struct _DMA_COMMON_BUFFER_VECTOR DMA_COMMON_BUFFER_VECTOR, *PDMA_COMMON_BUFFER_VECTOR;

/* NumberOfElements common buffers of SizeOfElements bytes. IRQL PASSIVE, else 0x1DC/1.
 * DDI wdm/nc-wdm-pallocate_common_buffer_vector.md */
typedef NTSTATUS (NTAPI *PALLOCATE_COMMON_BUFFER_VECTOR)(
	IN PDMA_ADAPTER DmaAdapter, IN PHYSICAL_ADDRESS LowAddress, IN PHYSICAL_ADDRESS HighAddress,
	IN MEMORY_CACHING_TYPE CacheType, IN ULONG IdealNode, IN ULONG Flags,
	IN ULONG NumberOfElements, IN ULONGLONG SizeOfElements,
	OUT PDMA_COMMON_BUFFER_VECTOR *VectorOut);

/* Any IRQL. DDI wdm/nc-wdm-pget_common_buffer_from_vector_by_index.md */
typedef VOID (NTAPI *PGET_COMMON_BUFFER_FROM_VECTOR_BY_INDEX)(
	IN PDMA_ADAPTER DmaAdapter, IN PDMA_COMMON_BUFFER_VECTOR Vector, IN ULONG Index,
	OUT PVOID *VirtualAddressOut, OUT PPHYSICAL_ADDRESS LogicalAddressOut);

/* IRQL PASSIVE, else 0x1DC/1. DDI wdm/nc-wdm-pfree_common_buffer_from_vector.md */
typedef VOID (NTAPI *PFREE_COMMON_BUFFER_FROM_VECTOR)(IN PDMA_ADAPTER DmaAdapter,
						      IN PDMA_COMMON_BUFFER_VECTOR Vector,
						      IN ULONG Index);

/* Once each of its buffers is freed. IRQL PASSIVE, else 0x1DC/1.
 * DDI wdm/nc-wdm-pfree_common_buffer_vector.md */
typedef VOID (NTAPI *PFREE_COMMON_BUFFER_VECTOR)(IN PDMA_ADAPTER DmaAdapter,
						 IN PDMA_COMMON_BUFFER_VECTOR Vector);

/* DDI wdm/ne-wdm-_dma_common_buffer_extended_configuration_type.md */
typedef enum _DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION_TYPE {
	CommonBufferConfigTypeLogicalAddressLimits,
	CommonBufferConfigTypeSubSection,
	CommonBufferConfigTypeHardwareAccessPermissions,
	CommonBufferConfigTypeMax
} DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION_TYPE;

typedef enum _DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION_ACCESS_TYPE {
	CommonBufferHardwareAccessReadOnly,
	CommonBufferHardwareAccessWriteOnly,
	CommonBufferHardwareAccessReadWrite,
	CommonBufferHardwareAccessMax
} DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION_ACCESS_TYPE;

/* DDI wdm/ns-wdm-dma_common_buffer_extended_configuration.md */
typedef struct _DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION {
	DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION_TYPE ConfigType;
	union {
		struct {
			PHYSICAL_ADDRESS MinimumAddress;
			PHYSICAL_ADDRESS MaximumAddress;
		} LogicalAddressLimits;         /* both included */
		struct {
			ULONGLONG Offset;       /* into the chain, whole pages, as the length */
			ULONG Length;
		} SubSection;                   /* lies in one MDL */
		DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION_ACCESS_TYPE HardwareAccessType;
		ULONGLONG Reserved[4];
	};
} DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION, *PDMA_COMMON_BUFFER_EXTENDED_CONFIGURATION;

/*
 * A common buffer of the driver's own pages: one MDL, or a part of one, of whole pages that are
 * contiguous, reachable, and mapped in system space. FreeCommonBuffer ends it, by its system
 * address and as cached; the pages stay the driver's. IRQL PASSIVE.
 * DDI wdm/nc-wdm-pcreate-common-buffer-from-mdl.md
 */
typedef NTSTATUS (NTAPI *PCREATE_COMMON_BUFFER_FROM_MDL)(
	IN PDMA_ADAPTER DmaAdapter, IN PMDL Mdl,
	IN PDMA_COMMON_BUFFER_EXTENDED_CONFIGURATION ExtendedConfigs OPTIONAL,
	IN ULONG ExtendedConfigsCount, OUT PPHYSICAL_ADDRESS LogicalAddress);

/*
 * DDI wdm/ns-wdm-_dma_operations.md. Size tells how far the table of an adapter goes: versions 0
 * and 1 of its description end before CalculateScatterGatherList, version 2 before
 * GetDmaAdapterInfo.
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
	PCALCULATE_SCATTER_GATHER_LIST_SIZE CalculateScatterGatherList;
	PBUILD_SCATTER_GATHER_LIST BuildScatterGatherList;
	PBUILD_MDL_FROM_SCATTER_GATHER_LIST BuildMdlFromScatterGatherList;
	PGET_DMA_ADAPTER_INFO GetDmaAdapterInfo;
	PGET_DMA_TRANSFER_INFO GetDmaTransferInfo;
	PINITIALIZE_DMA_TRANSFER_CONTEXT InitializeDmaTransferContext;
	PALLOCATE_COMMON_BUFFER_EX AllocateCommonBufferEx;
	PALLOCATE_ADAPTER_CHANNEL_EX AllocateAdapterChannelEx;
	PCONFIGURE_ADAPTER_CHANNEL ConfigureAdapterChannel;
	PCANCEL_ADAPTER_CHANNEL CancelAdapterChannel;
	PMAP_TRANSFER_EX MapTransferEx;
	PGET_SCATTER_GATHER_LIST_EX GetScatterGatherListEx;
	PBUILD_SCATTER_GATHER_LIST_EX BuildScatterGatherListEx;
	PFLUSH_ADAPTER_BUFFERS_EX FlushAdapterBuffersEx;
	PFREE_ADAPTER_OBJECT FreeAdapterObject;
	PCANCEL_MAPPED_TRANSFER CancelMappedTransfer;
	PALLOCATE_DOMAIN_COMMON_BUFFER AllocateDomainCommonBuffer;
	PFLUSH_DMA_BUFFER FlushDmaBuffer;
	PJOIN_DMA_DOMAIN JoinDmaDomain;
	PLEAVE_DMA_DOMAIN LeaveDmaDomain;
	PGET_DMA_DOMAIN GetDmaDomain;
	PALLOCATE_COMMON_BUFFER_WITH_BOUNDS AllocateCommonBufferWithBounds;
	PALLOCATE_COMMON_BUFFER_VECTOR AllocateCommonBufferVector;
	PGET_COMMON_BUFFER_FROM_VECTOR_BY_INDEX GetCommonBufferFromVectorByIndex;
	PFREE_COMMON_BUFFER_FROM_VECTOR FreeCommonBufferFromVector;
	PFREE_COMMON_BUFFER_VECTOR FreeCommonBufferVector;
	PCREATE_COMMON_BUFFER_FROM_MDL CreateCommonBufferFromMdl;
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
