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

/* The face's part of an adapter's book. */
struct wdm_adapter {
	DMA_ADAPTER public;
	uint32_t line;          /* bytes that start and length of its transfers are multiples of */
	bool io_known;          /* the host tells pages of devices from memory */
	HANDLE domain;          /* it is in; its own is named by the adapter itself */
	/* Of a slave: */
	uint64_t device;        /* version 3: address of its register */
	uint32_t controller, request;           /* the line that it is at */
	uint8_t width, speed;
	bool slave, demand, auto_initialize, counts;
};

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
/* The same, and rule 0x22 whether anything is copied or not. *ret: its system address or NULL. */
bool wdm_mdl_mapped(struct dmv_adapter *a, PMDL mdl, uint64_t caller, char **ret);
bool wdm_chain_loops(const MDL *m);
/* The rule of packet routines alone, 0x1B: is va one of the MDL's bytes? false: broken. */
bool wdm_inside(struct dmv_adapter *a, const MDL *mdl, uint64_t va, uint64_t caller);
/*
 * wdm_span for a transfer whose MDLs may be chained, but for its direction. On success only,
 * wdm_transfer_free is due, once it is mapped or flushed, or will never be.
 */
NTSTATUS wdm_transfer(struct dmv_adapter *a, PMDL mdl, PVOID va, ULONG length, uint64_t caller,
		      struct dmv_transfer *ret);
void wdm_transfer_free(const struct dmv_transfer *t);
uint32_t wdm_transfer_registers(const struct dmv_transfer *t);  /* that it needs */
/*
 * The same by an offset into the chain: rule 0x24 as well, and, if it is to be mapped, the rules of
 * cache lines, 0x1F/4 and 5. *left (opt): bytes of the chain from the offset on.
 */
struct wdm_bytes {
	PMDL mdl;
	ULONGLONG offset;
	ULONG length;
	bool map;
};
NTSTATUS wdm_transfer_ex(struct dmv_adapter *a, const struct wdm_bytes *b, uint64_t caller,
			 struct dmv_transfer *ret, uint64_t *left);
/* FlushAdapterBuffersEx once the adapter is checked (NULL: it failed). `before` (opt) comes first,
 * when the transfer is known to be good; false: a rule was broken. */
typedef bool wdm_before_flush(struct dmv_adapter *a, uint64_t caller);
NTSTATUS wdm_flush_ex(struct dmv_adapter *a, const struct wdm_bytes *b, PVOID base, bool to_device,
		      wdm_before_flush *before, uint64_t caller);
/* Rule 0x24 alone. */
NTSTATUS wdm_chain_reaches(struct dmv_adapter *a, const struct wdm_bytes *b, uint64_t caller);
/* Registers that `length` bytes at va need; mdl NULL: of whatever MDL. Judges nothing. */
NTSTATUS wdm_list_size(const MDL *mdl, uint64_t va, ULONG length, uint32_t *ret);
/* The same by an offset into a chain that is long enough. */
NTSTATUS wdm_chain_size(const struct wdm_bytes *b, uint32_t *ret);

/* What a request says of the driver that makes it; `routine`: the one to call. */
struct dmv_request wdm_request(PDEVICE_OBJECT device, uint64_t routine, PVOID context);
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

/* ---- version 3 ---- */

NTSTATUS NTAPI wdm_get_dma_adapter_info(PDMA_ADAPTER adapter, PDMA_ADAPTER_INFO info);
NTSTATUS NTAPI wdm_get_dma_transfer_info(PDMA_ADAPTER adapter, PMDL mdl, ULONGLONG offset,
					 ULONG length, BOOLEAN write_only, PDMA_TRANSFER_INFO info);
NTSTATUS NTAPI wdm_initialize_dma_transfer_context(PDMA_ADAPTER adapter, PVOID context);
PVOID NTAPI wdm_allocate_common_buffer_ex(PDMA_ADAPTER adapter, PPHYSICAL_ADDRESS maximum,
					  ULONG length, PPHYSICAL_ADDRESS logical, BOOLEAN cached,
					  NODE_REQUIREMENT node);
NTSTATUS NTAPI wdm_allocate_adapter_channel_ex(PDMA_ADAPTER adapter, PDEVICE_OBJECT device,
					       PVOID context, ULONG registers, ULONG flags,
					       PDRIVER_CONTROL routine, PVOID routine_context,
					       PVOID *base);
NTSTATUS NTAPI wdm_configure_adapter_channel(PDMA_ADAPTER adapter, ULONG function, PVOID context);
BOOLEAN NTAPI wdm_cancel_adapter_channel(PDMA_ADAPTER adapter, PDEVICE_OBJECT device,
					 PVOID context);
NTSTATUS NTAPI wdm_map_transfer_ex(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, ULONGLONG offset,
				   ULONG device_offset, PULONG length, BOOLEAN to_device,
				   PSCATTER_GATHER_LIST list, ULONG list_bytes,
				   PDMA_COMPLETION_ROUTINE completion, PVOID completion_context);
NTSTATUS NTAPI wdm_get_scatter_gather_list_ex(PDMA_ADAPTER adapter, PDEVICE_OBJECT device,
					      PVOID context, PMDL mdl, ULONGLONG offset,
					      ULONG length, ULONG flags,
					      PDRIVER_LIST_CONTROL routine, PVOID routine_context,
					      BOOLEAN to_device,
					      PDMA_COMPLETION_ROUTINE completion,
					      PVOID completion_context, PSCATTER_GATHER_LIST *list);
NTSTATUS NTAPI wdm_build_scatter_gather_list_ex(PDMA_ADAPTER adapter, PDEVICE_OBJECT device,
						PVOID context, PMDL mdl, ULONGLONG offset,
						ULONG length, ULONG flags,
						PDRIVER_LIST_CONTROL routine,
						PVOID routine_context, BOOLEAN to_device,
						PVOID buffer, ULONG bytes,
						PDMA_COMPLETION_ROUTINE completion,
						PVOID completion_context, PVOID list);
NTSTATUS NTAPI wdm_flush_adapter_buffers_ex(PDMA_ADAPTER adapter, PMDL mdl, PVOID base,
					    ULONGLONG offset, ULONG length, BOOLEAN to_device);
VOID NTAPI wdm_free_adapter_object(PDMA_ADAPTER adapter, IO_ALLOCATION_ACTION action);
NTSTATUS NTAPI wdm_cancel_mapped_transfer(PDMA_ADAPTER adapter, PVOID context);

/* ---- the same for slaves, where a controller of the system makes the transfer ---- */

VOID NTAPI wdm_slave_put_dma_adapter(PDMA_ADAPTER adapter);
VOID NTAPI wdm_slave_free_adapter_channel(PDMA_ADAPTER adapter);
VOID NTAPI wdm_slave_free_map_registers(PDMA_ADAPTER adapter, PVOID base, ULONG registers);
PHYSICAL_ADDRESS NTAPI wdm_slave_map_transfer(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, PVOID va,
					      PULONG length, BOOLEAN to_device);
BOOLEAN NTAPI wdm_slave_flush_adapter_buffers(PDMA_ADAPTER adapter, PMDL mdl, PVOID base, PVOID va,
					      ULONG length, BOOLEAN to_device);
ULONG NTAPI wdm_slave_read_dma_counter(PDMA_ADAPTER adapter);
NTSTATUS NTAPI wdm_slave_map_transfer_ex(PDMA_ADAPTER adapter, PMDL mdl, PVOID base,
					 ULONGLONG offset, ULONG device_offset, PULONG length,
					 BOOLEAN to_device, PSCATTER_GATHER_LIST list,
					 ULONG list_bytes, PDMA_COMPLETION_ROUTINE completion,
					 PVOID completion_context);
NTSTATUS NTAPI wdm_slave_flush_adapter_buffers_ex(PDMA_ADAPTER adapter, PMDL mdl, PVOID base,
						  ULONGLONG offset, ULONG length,
						  BOOLEAN to_device);
VOID NTAPI wdm_slave_free_adapter_object(PDMA_ADAPTER adapter, IO_ALLOCATION_ACTION action);
NTSTATUS NTAPI wdm_slave_cancel_mapped_transfer(PDMA_ADAPTER adapter, PVOID context);
NTSTATUS NTAPI wdm_slave_configure_adapter_channel(PDMA_ADAPTER adapter, ULONG function,
						   PVOID context);

/* What a description of a slave says counts by its version. false: no controller has that line. */
bool wdm_slave_find(const DEVICE_DESCRIPTION *d, struct wdm_line *ret);
void wdm_slave_init(struct wdm_adapter *face, const DEVICE_DESCRIPTION *d,
		    const struct wdm_line *line);
/* Ends a transfer of the adapter that still runs; of a slave only there is one. */
void wdm_slave_stop(struct dmv_adapter *a, uint64_t caller);
/* The key of a transfer context that was initialized for this adapter; 0: it was not. */
uint64_t wdm_context_key(PDMA_ADAPTER adapter, PVOID context);

NTSTATUS NTAPI wdm_allocate_domain_common_buffer(PDMA_ADAPTER adapter, HANDLE domain,
						 PPHYSICAL_ADDRESS maximum, ULONG length,
						 ULONG flags, MEMORY_CACHING_TYPE *cache,
						 NODE_REQUIREMENT node,
						 PPHYSICAL_ADDRESS logical, PVOID *va);
NTSTATUS NTAPI wdm_flush_dma_buffer(PDMA_ADAPTER adapter, PMDL mdl, BOOLEAN read);
NTSTATUS NTAPI wdm_join_dma_domain(PDMA_ADAPTER adapter, HANDLE domain);
NTSTATUS NTAPI wdm_leave_dma_domain(PDMA_ADAPTER adapter);
HANDLE NTAPI wdm_get_dma_domain(PDMA_ADAPTER adapter);
PVOID NTAPI wdm_allocate_common_buffer_with_bounds(PDMA_ADAPTER adapter, PPHYSICAL_ADDRESS minimum,
						   PPHYSICAL_ADDRESS maximum, ULONG length,
						   ULONG flags, MEMORY_CACHING_TYPE *cache,
						   NODE_REQUIREMENT node,
						   PPHYSICAL_ADDRESS logical);
NTSTATUS NTAPI wdm_allocate_common_buffer_vector(PDMA_ADAPTER adapter, PHYSICAL_ADDRESS low,
						 PHYSICAL_ADDRESS high, MEMORY_CACHING_TYPE cache,
						 ULONG node, ULONG flags, ULONG count,
						 ULONGLONG bytes, PDMA_COMMON_BUFFER_VECTOR *ret);
VOID NTAPI wdm_get_common_buffer_from_vector(PDMA_ADAPTER adapter,
					     PDMA_COMMON_BUFFER_VECTOR vector, ULONG index,
					     PVOID *va, PPHYSICAL_ADDRESS logical);
VOID NTAPI wdm_free_common_buffer_from_vector(PDMA_ADAPTER adapter,
					      PDMA_COMMON_BUFFER_VECTOR vector, ULONG index);
VOID NTAPI wdm_free_common_buffer_vector(PDMA_ADAPTER adapter, PDMA_COMMON_BUFFER_VECTOR vector);
NTSTATUS NTAPI wdm_create_common_buffer_from_mdl(PDMA_ADAPTER adapter, PMDL mdl,
						 PDMA_COMMON_BUFFER_EXTENDED_CONFIGURATION config,
						 ULONG configs, PPHYSICAL_ADDRESS logical);

/*
 * A transfer context begins a request: INVALID_PARAMETER if it was not initialized for this
 * adapter, CANCELLED if the request was cancelled before it was made.
 */
NTSTATUS wdm_context_begin(PDMA_ADAPTER adapter, PVOID context);
NTSTATUS wdm_status(int result);                /* of an enum dmv_result */

/* ---- lists ---- */

size_t wdm_list_bytes(uint32_t elements);       /* that a list of so many needs */
uint32_t wdm_list_elements(ULONG bytes);        /* that fit a list of so many bytes */
/* Room for `max` elements in their bare form inside the list; and the list made of n of them. */
struct dmv_element *wdm_list_room(PSCATTER_GATHER_LIST list, uint32_t max);
void wdm_list_fill(PSCATTER_GATHER_LIST list, const struct dmv_element *e, uint32_t n);
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
