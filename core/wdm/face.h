/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Private to core/wdm: the checks every routine of the face begins with, the routines' names. */
#ifndef DMV_WDM_FACE_H
#define DMV_WDM_FACE_H

#include "wdm_host.h"

/* Who called the driver-visible routine this stands in: the verifier blames that address. */
#define CALLER ((uint64_t)(uintptr_t)__builtin_return_address(0))

/* What a routine demands of the IRQL: rules 0x13/1 and 0x13/2. */
struct irql_rule {
	bool equal;             /* else: at most */
	KIRQL level;
};

#define AT_PASSIVE ((struct irql_rule){ false, PASSIVE_LEVEL })
#define AT_DISPATCH ((struct irql_rule){ true, DISPATCH_LEVEL })
#define UP_TO_DISPATCH ((struct irql_rule){ false, DISPATCH_LEVEL })

/*
 * The checks common to all routines, in their order: adapter null, released, IRQL. NULL: a rule was
 * broken.
 */
struct dmv_adapter *wdm_begin(PDMA_ADAPTER adapter, struct irql_rule rule, uint64_t caller);
/* The IRQL rule alone, for routines without an adapter. false: broken. */
bool wdm_irql_ok(struct dmv_adapter *a, struct irql_rule rule, uint64_t caller);

/*
 * Looks at the MDL of a transfer (rules 0x0E, X2, 0x22, then the address rules of packet or list
 * routines, then 0x21) and describes its bytes. false: a rule was broken.
 */
enum wdm_kind { WDM_PACKET, WDM_LIST, WDM_FLUSH };
bool wdm_span(struct dmv_adapter *a, enum wdm_kind kind, PMDL mdl, PVOID va, ULONG length,
	      uint64_t caller, struct dmv_span *ret);

/* Lets requests run that were waiting for what was just freed: calls their drivers' routines. */
void wdm_run_waiting(void);
/* Calls the routine of a granted request, at DISPATCH_LEVEL, and heeds its answer. */
void wdm_run(const struct dmv_grant *g);

PVOID NTAPI wdm_allocate_common_buffer(PDMA_ADAPTER adapter, ULONG length,
				       PPHYSICAL_ADDRESS logical, BOOLEAN cached);
VOID NTAPI wdm_free_common_buffer(PDMA_ADAPTER adapter, ULONG length, PHYSICAL_ADDRESS logical,
				  PVOID va, BOOLEAN cached);
NTSTATUS NTAPI wdm_allocate_adapter_channel(PDMA_ADAPTER adapter, PDEVICE_OBJECT device,
					    ULONG registers, PDRIVER_CONTROL routine,
					    PVOID context);
VOID NTAPI wdm_free_adapter_channel(PDMA_ADAPTER adapter);
VOID NTAPI wdm_free_map_registers(PDMA_ADAPTER adapter, PVOID base, ULONG registers);
PHYSICAL_ADDRESS NTAPI wdm_map_transfer(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, PVOID va,
					PULONG length, BOOLEAN to_device);
BOOLEAN NTAPI wdm_flush_adapter_buffers(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, PVOID va,
					ULONG length, BOOLEAN to_device);
NTSTATUS NTAPI wdm_get_scatter_gather_list(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PMDL mdl,
					   PVOID va, ULONG length, PDRIVER_LIST_CONTROL routine,
					   PVOID context, BOOLEAN to_device);
VOID NTAPI wdm_put_scatter_gather_list(PDMA_ADAPTER adapter, PSCATTER_GATHER_LIST list,
				       BOOLEAN to_device);

/* The driver's routine for a granted list. */
void wdm_list_run(const struct dmv_grant *g);
void wdm_list_cancelled(const struct dmv_request *r);

#endif
