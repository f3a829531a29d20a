/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Adapters: what a driver describes, what it is given, and giving it back. */
#include "face.h"

static VOID NTAPI wdm_put_dma_adapter(PDMA_ADAPTER adapter)
{
	struct dmv_adapter *a = wdm_begin(adapter, UP_TO_DISPATCH, CALLER);

	if (!a)
		return;
	dmv_adapter_put(wdm_verifier(), a, CALLER);
	wdm_run_waiting();
}

static ULONG NTAPI get_dma_alignment(PDMA_ADAPTER adapter)
{
	struct dmv_adapter *a = wdm_begin(adapter, AT_PASSIVE, CALLER);

	return a ? dmv_adapter_alignment(a) : 0;
}

/* Only system DMA counts: of a bus master nothing is left. */
static ULONG NTAPI wdm_read_dma_counter(PDMA_ADAPTER adapter)
{
	wdm_begin(adapter, UP_TO_DISPATCH, CALLER);
	return 0;
}

/* ---- the operations, by version ---- */

/* own: what a slave's controller makes another routine of. */
#define VERSION1(own)						\
	.PutDmaAdapter = own##_put_dma_adapter,			\
	.AllocateCommonBuffer = wdm_allocate_common_buffer,	\
	.FreeCommonBuffer = wdm_free_common_buffer,		\
	.AllocateAdapterChannel = wdm_allocate_adapter_channel,	\
	.FlushAdapterBuffers = own##_flush_adapter_buffers,	\
	.FreeAdapterChannel = own##_free_adapter_channel,	\
	.FreeMapRegisters = own##_free_map_registers,		\
	.MapTransfer = own##_map_transfer,			\
	.GetDmaAlignment = get_dma_alignment,			\
	.ReadDmaCounter = own##_read_dma_counter,		\
	.GetScatterGatherList = wdm_get_scatter_gather_list,	\
	.PutScatterGatherList = wdm_put_scatter_gather_list

#define VERSION2									\
	.CalculateScatterGatherList = wdm_calculate_scatter_gather_list,		\
	.BuildScatterGatherList = wdm_build_scatter_gather_list,			\
	.BuildMdlFromScatterGatherList = wdm_build_mdl_from_scatter_gather_list

#define VERSION3(own)									\
	.GetDmaAdapterInfo = wdm_get_dma_adapter_info,					\
	.GetDmaTransferInfo = wdm_get_dma_transfer_info,				\
	.InitializeDmaTransferContext = wdm_initialize_dma_transfer_context,		\
	.AllocateCommonBufferEx = wdm_allocate_common_buffer_ex,			\
	.AllocateAdapterChannelEx = wdm_allocate_adapter_channel_ex,			\
	.ConfigureAdapterChannel = own##_configure_adapter_channel,			\
	.CancelAdapterChannel = wdm_cancel_adapter_channel,				\
	.MapTransferEx = own##_map_transfer_ex,						\
	.GetScatterGatherListEx = wdm_get_scatter_gather_list_ex,			\
	.BuildScatterGatherListEx = wdm_build_scatter_gather_list_ex,			\
	.FlushAdapterBuffersEx = own##_flush_adapter_buffers_ex,			\
	.FreeAdapterObject = own##_free_adapter_object,					\
	.CancelMappedTransfer = own##_cancel_mapped_transfer,				\
	.AllocateDomainCommonBuffer = wdm_allocate_domain_common_buffer,		\
	.FlushDmaBuffer = wdm_flush_dma_buffer,						\
	.JoinDmaDomain = wdm_join_dma_domain,						\
	.LeaveDmaDomain = wdm_leave_dma_domain,						\
	.GetDmaDomain = wdm_get_dma_domain,						\
	.AllocateCommonBufferWithBounds = wdm_allocate_common_buffer_with_bounds,	\
	.AllocateCommonBufferVector = wdm_allocate_common_buffer_vector,		\
	.GetCommonBufferFromVectorByIndex = wdm_get_common_buffer_from_vector,		\
	.FreeCommonBufferFromVector = wdm_free_common_buffer_from_vector,		\
	.FreeCommonBufferVector = wdm_free_common_buffer_vector,			\
	.CreateCommonBufferFromMdl = wdm_create_common_buffer_from_mdl

/* What lies behind Size is NULL: a driver that calls it dies in the call. */
#define OPERATIONS(own)								\
	{									\
		{								\
			.Size = offsetof(DMA_OPERATIONS, CalculateScatterGatherList),	\
			VERSION1(own)						\
		},								\
		{								\
			.Size = offsetof(DMA_OPERATIONS, GetDmaAdapterInfo),	\
			VERSION1(own), VERSION2					\
		},								\
		{								\
			.Size = sizeof(DMA_OPERATIONS),				\
			VERSION1(own), VERSION2, VERSION3(own)			\
		},								\
	}

static const DMA_OPERATIONS master_operations[] = OPERATIONS(wdm);
static const DMA_OPERATIONS slave_operations[] = OPERATIONS(wdm_slave);

/* DDI wdm/ns-wdm-_dma_operations.md; one of a version that is no version has the oldest. */
static uint32_t version_of(const DEVICE_DESCRIPTION *d)
{
	const bool known = d->Version <= DEVICE_DESCRIPTION_VERSION3;

	return known && d->Version > DEVICE_DESCRIPTION_VERSION1 ? d->Version : 1;
}

/* Version 3 says how wide a bus master's addresses are, 1 to 64 bits. */
static bool makes_sense(const DEVICE_DESCRIPTION *d)
{
	return d->Version != DEVICE_DESCRIPTION_VERSION3 || !d->Master ||
	       d->DmaAddressWidth - 1 < 64;
}

/* ---- getting one ---- */

_Static_assert(sizeof(struct wdm_adapter) <= DMV_FACE_BYTES,
	       "the adapter's book has room for DMA_ADAPTER");

/* WDD kernel/getting-an-adapter-object.md: pages of MaximumLength, one for an unaligned start. */
static uint32_t registers_of(ULONG bytes)
{
	return (uint32_t)(((uint64_t)bytes + PAGE_SIZE - 1) / PAGE_SIZE + 1);
}

/* DDI wdm/ns-wdm-_device_description.md: 64 overrides 32, version 3 says a width instead. */
static uint64_t reach_of(const DEVICE_DESCRIPTION *d)
{
	uint64_t reach = UINT64_C(0xFFFFFF);            /* the ISA bus */

	if (d->Version == DEVICE_DESCRIPTION_VERSION3)
		reach = d->DmaAddressWidth - 1 < 63 ? (UINT64_C(1) << d->DmaAddressWidth) - 1 :
			UINT64_MAX;
	else if (d->Dma64BitAddresses)
		reach = UINT64_MAX;
	else if (d->Dma32BitAddresses || (d->ScatterGather && d->InterfaceType == PCIBus))
		reach = UINT32_MAX;
	return reach > wdm_host()->reach ? reach : wdm_host()->reach;
}

static void describe(struct dmv_abi_description *to, const DEVICE_DESCRIPTION *d)
{
	const bool v3 = d->Version == DEVICE_DESCRIPTION_VERSION3;

	*to = (struct dmv_abi_description){
		.version = d->Version, .master = d->Master, .scatter_gather = d->ScatterGather,
		.demand_mode = d->DemandMode, .auto_initialize = d->AutoInitialize,
		.dma32 = d->Dma32BitAddresses, .ignore_count = d->IgnoreCount,
		.reserved1 = d->Reserved1, .dma64 = d->Dma64BitAddresses,
		.bus_number = d->BusNumber, .channel = d->DmaChannel,
		.interface_type = (uint32_t)d->InterfaceType, .width = d->DmaWidth,
		.speed = d->DmaSpeed, .maximum_length = d->MaximumLength, .port = d->DmaPort,
		.address_width = v3 ? d->DmaAddressWidth : 0,
		.controller = v3 ? d->DmaControllerInstance : 0,
		.request_line = v3 ? d->DmaRequestLine : 0,
		.device_address = v3 ? (uint64_t)d->DeviceAddress.QuadPart : 0,
	};
}

static struct dmv_adapter_request request_of(PDEVICE_OBJECT pdo, const DEVICE_DESCRIPTION *d)
{
	const PDRIVER_OBJECT driver = pdo ? pdo->DriverObject : NULL;
	struct dmv_adapter_request r = {
		.driver = driver && driver->DmvNumber ? driver->DmvNumber - 1 : DMV_ABI_NONE,
		.device = (uintptr_t)pdo,
		.name = pdo ? pdo->DmvName : NULL,
		.version = version_of(d),
		.alignment = pdo ? pdo->DmvCacheLine : 0,
		.max_registers = registers_of(d->MaximumLength),
	};

	describe(&r.description, d);
	return r;
}

static void bus_master(struct dmv_adapter_request *r, const DEVICE_DESCRIPTION *d)
{
	r->flags = DMV_ABI_A_BUS_MASTER | (d->ScatterGather ? DMV_ABI_A_SCATTER_GATHER : 0);
	r->max_address = reach_of(d);
}

/* Whether it does scatter/gather, and what it reaches, is the controller's. */
static void slave(struct dmv_adapter_request *r, const struct wdm_line *line)
{
	const uint32_t most = registers_of(line->max_bytes);

	r->flags = DMV_ABI_A_SYSTEM_DMA | (line->scatter_gather ? DMV_ABI_A_SCATTER_GATHER : 0);
	r->max_address = line->reach > wdm_host()->reach ? line->reach : wdm_host()->reach;
	r->max_registers = r->max_registers < most ? r->max_registers : most;
	r->controller = line->controller;
	r->line = line->line;
	r->controller_base = line->base;
}

static PDMA_ADAPTER get_adapter(PDEVICE_OBJECT pdo, PDEVICE_DESCRIPTION d, PULONG registers,
				uint64_t caller)
{
	struct dmv_adapter_request r = request_of(pdo, d);
	const DMA_OPERATIONS *ops = d->Master ? master_operations : slave_operations;
	struct wdm_adapter *face;
	struct dmv_adapter *a;
	struct wdm_line line;

	if (d->Version > DEVICE_DESCRIPTION_VERSION3 &&
	    dmv_violate(wdm_verifier(), DMV_V_DESCRIPTION_VERSION, NULL, caller, d->Version, 0, 0))
		return NULL;
	if (!makes_sense(d) || (!d->Master && !wdm_slave_find(d, &line)))
		return NULL;
	if (d->Master)
		bus_master(&r, d);
	else
		slave(&r, &line);
	if (dmv_adapter_new(wdm_verifier(), &r, caller, &a) != DMV_OK)
		return NULL;
	face = dmv_adapter_face(a);
	face->line = r.alignment;
	face->io_known = wdm_host()->io_frame;
	face->domain = face;
	if (!d->Master)
		wdm_slave_init(face, d, &line);
	face->public = (DMA_ADAPTER){
		.Version = 1, .Size = sizeof(DMA_ADAPTER),
		.DmaOperations = (PDMA_OPERATIONS)(uintptr_t)&ops[r.version - 1],
	};
	*registers = r.max_registers;
	return &face->public;
}

PDMA_ADAPTER NTAPI IoGetDmaAdapter(PDEVICE_OBJECT PhysicalDeviceObject,
				   PDEVICE_DESCRIPTION DeviceDescription,
				   PULONG NumberOfMapRegisters)
{
	if (!wdm_irql_ok(NULL, AT_PASSIVE, CALLER))
		return NULL;
	return get_adapter(PhysicalDeviceObject, DeviceDescription, NumberOfMapRegisters, CALLER);
}

PADAPTER_OBJECT NTAPI HalGetAdapter(PDEVICE_DESCRIPTION DeviceDescription,
				    PULONG NumberOfMapRegisters)
{
	dmv_violate(wdm_verifier(), DMV_V_OBSOLETE_ROUTINE, NULL, CALLER, 0, 0, 0);
	return get_adapter(NULL, DeviceDescription, NumberOfMapRegisters, CALLER);
}

VOID DmvReferenceAdapter(PDMA_ADAPTER DmaAdapter)
{
	struct dmv_adapter *a = wdm_begin(DmaAdapter, UP_TO_DISPATCH, CALLER);

	if (a)
		dmv_adapter_reference(wdm_verifier(), a, 1, CALLER);
}

VOID DmvDereferenceAdapter(PDMA_ADAPTER DmaAdapter)
{
	struct dmv_adapter *a = wdm_begin(DmaAdapter, UP_TO_DISPATCH, CALLER);

	if (a)
		dmv_adapter_reference(wdm_verifier(), a, -1, CALLER);
}
