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
#define AT_ANY_LEVEL ((struct irql_rule){ false, HIGH_LEVEL })

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

/* Which bytes of an MDL are meant; `whole`: of how many in all, where MDLs are chained. */
struct wdm_range {
	uint64_t va;
	ULONG length, whole;
};

/* wdm_span for an MDL of a list's chain; and what it says of the MDL alone. */
bool wdm_list_span(struct dmv_adapter *a, PMDL mdl, const struct wdm_range *r, uint64_t caller,
		   struct dmv_span *ret);
bool wdm_mdl_ok(struct dmv_adapter *a, PMDL mdl, uint64_t caller);
bool wdm_chain_loops(const MDL *m);
/* The rule of packet routines alone, 0x1B: is va one of the MDL's bytes? false: broken. */
bool wdm_inside(struct dmv_adapter *a, const MDL *mdl, uint64_t va, uint64_t caller);
/*
 * wdm_span for a list, whose MDLs may be chained: sets the request's spans and how many registers
 * they need. On success only, wdm_list_spans_free is due.
 */
NTSTATUS wdm_list_spans(struct dmv_adapter *a, PMDL mdl, PVOID va, ULONG length, uint64_t caller,
			struct dmv_request *ret);
/* Once its bytes are mapped, or will never be. */
void wdm_list_spans_free(const struct dmv_request *r);
/* Registers that `length` bytes at va need; mdl NULL: wherever they lie. Judges nothing. */
NTSTATUS wdm_list_size(const MDL *mdl, uint64_t va, ULONG length, uint32_t *ret);

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
NTSTATUS NTAPI wdm_calculate_scatter_gather_list(PDMA_ADAPTER adapter, PMDL mdl, PVOID va,
						 ULONG length, PULONG bytes, PULONG registers);
NTSTATUS NTAPI wdm_build_scatter_gather_list(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PMDL mdl,
					     PVOID va, ULONG length, PDRIVER_LIST_CONTROL routine,
					     PVOID context, BOOLEAN to_device, PVOID buffer,
					     ULONG bytes);
NTSTATUS NTAPI wdm_build_mdl_from_scatter_gather_list(PDMA_ADAPTER adapter,
						      PSCATTER_GATHER_LIST list, PMDL original,
						      PMDL *target);

/* The driver's routine for a granted list. */
void wdm_list_run(const struct dmv_grant *g);
void wdm_list_cancelled(const struct dmv_request *r);

/*
 * A chain of MDLs for the parts of a list, one for those that lie together. NULL: no memory. Freed
 * with its MDLs.
 */
PMDL wdm_mdl_of_parts(const struct dmv_part *part, uint32_t n);
void wdm_mdl_chain_free(PMDL mdl);

#endif
