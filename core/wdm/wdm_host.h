/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What a host gives to the WDM face (core/wdm/) and how it ties the face to a verifier. Drivers do
 * not include this.
 *
 * WDM's routines have no parameter that names a machine: KeGetCurrentIrql(), IoGetDmaAdapter(PDO,
 * ...). So the face keeps one pair {verifier, host} in a file-static variable, set by wdm_bind and
 * read by the two functions below: the only state in core/ that is not in a caller's hands.
 */
#ifndef DMV_WDM_HOST_H
#define DMV_WDM_HOST_H

#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>

#include "dmv.h"
#include "wdm.h"

/* A line of a system DMA controller: what a device is at that cannot make its own transfers. */
struct wdm_line {
	uint32_t controller, line;
	uint64_t base;          /* address of the controller's registers; DMV_ABI_UNKNOWN: none */
	uint64_t reach;         /* highest bus address that the controller reaches */
	uint32_t max_bytes;     /* of one transfer */
	bool scatter_gather;    /* it takes a list of more than one element */
	bool counts;            /* its counter tells how much is left */
};

/* One transfer. The list is gone when program() returns. */
struct wdm_system_transfer {
	uint32_t controller, line;
	uint32_t serial;        /* for wdm_transfer_done */
	const SCATTER_GATHER_LIST *list;
	bool to_device, demand, auto_initialize;
	DMA_WIDTH width;
	DMA_SPEED speed;
	uint64_t device;        /* version 3: address of its register, DeviceOffset added */
};

/* System DMA controllers. `host` is that of struct wdm_host. */
struct wdm_controller {
	/* The line that the description of a slave names; false: no such one. */
	bool (*find)(void *host, const DEVICE_DESCRIPTION *d, struct wdm_line *ret);
	/*
	 * The device may have its transfer from now on; wdm_transfer_done() says when it is over.
	 * false: the controller cannot make it. IRQL <= DISPATCH, as the others.
	 */
	bool (*program)(void *host, const struct wdm_system_transfer *t);
	/* Nothing is moved after it returns; what is left can still be asked for. */
	void (*stop)(void *host, uint32_t controller, uint32_t line);
	uint32_t (*left)(void *host, uint32_t controller, uint32_t line);
	/* opt: ConfigureAdapterChannel. STATUS_NOT_IMPLEMENTED: no such function. */
	NTSTATUS (*configure)(void *host, uint32_t controller, uint32_t line, ULONG function,
			      PVOID context);
};

/*
 * The controller's interrupt: all is moved, or, not DmaComplete, it cannot go on. Not for a
 * transfer that begins again by itself, nor for one that was stopped. Calls the driver's routine,
 * so without a lock of the host's, in any thread.
 */
void wdm_transfer_done(uint32_t serial, DMA_COMPLETION_STATUS status);

/* Routines not marked opt are needed. All are called without any lock of the verifier. */
struct wdm_host {
	void *host;             /* passed back as first argument of every member */
	KIRQL (*irql)(void *host);
	KIRQL (*irql_set)(void *host, KIRQL to);        /* returns the old one */
	/* Nonpaged, 16-byte aligned; IRQL <= DISPATCH. */
	void *(*alloc)(void *host, size_t bytes);
	void (*free)(void *host, void *va, size_t bytes);       /* bytes: as at the allocation */
	/* Page frame behind va, which stays there from now on: phys / PAGE_SIZE. false: none. */
	bool (*frame)(void *host, const void *va, uint64_t *pfn);
	/* opt: is it a page of a device, and no memory? X2: an MDL says so by MDL_IO_SPACE. */
	bool (*io_frame)(void *host, uint64_t pfn);
	/* opt: without it no adapter is a slave's, IoGetDmaAdapter returns NULL. */
	const struct wdm_controller *controller;
	/* Highest bus address that every device of this host reaches, however narrow its
	 * description: for simulated devices and behind a remapping bus. 0: devices reach what
	 * they describe. */
	uint64_t reach;
};

/* Before any WDM routine is called; neither is copied. NULL, NULL: unbinds. */
void wdm_bind(struct dmv *v, const struct wdm_host *h);
struct dmv *wdm_verifier(void);
const struct wdm_host *wdm_host(void);

/* Registers the driver with the bound verifier: what a kernel does when it loads it.
 * options DMV_ABI_D_*; hook_quota 0: the configured one. Returns enum dmv_result. */
int wdm_driver_load(PDRIVER_OBJECT d, uint32_t options, uint32_t hook_quota);
/* Raises the leak rule for each adapter the driver left. */
void wdm_driver_unload(PDRIVER_OBJECT d);

/* UTF-8 of the part behind the last backslash, terminated, cut to fit n >= 1 bytes; returns its
 * length. What is no UTF-16 becomes '?'. */
size_t wdm_name(PCUNICODE_STRING s, char *out, size_t n);

#endif
