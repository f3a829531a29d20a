/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The posix port: everything a process needs to embed the verifier and its WDM face. Hosted C.
 * For test harnesses and user-space drivers; one struct dmv_posix a process.
 *
 * Bus addresses. A device addresses memory by page; a process has two numbers for a page, and a
 * registry (registry.c) translates whichever was chosen back to memory. Virtual ones, the default,
 * hold as long as the process lives. Physical ones (config.physical; needs CAP_SYS_ADMIN) are what
 * a dump of the whole machine shows, but the kernel may move even locked pages that are not the
 * port's own (compaction), and there is a limit to how many of them lie one behind the other.
 *
 * The region's own physical addresses are given where /proc/self/pagemap tells them
 * (CAP_SYS_ADMIN), so that it is found in a dump of the machine. Its pages are pinned then, by a
 * buffer registered with io_uring; where that is forbidden they are only locked. It may lie in as
 * many pieces as it has pages, but two must lie side by side, where it begins: a machine without
 * huge pages and without two such free pages gets a region that only a core of the process shows.
 */
#ifndef DMV_POSIX_H
#define DMV_POSIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dmv.h"
#include "wdm/wdm_host.h"

struct dmv_posix;

struct dmv_posix_config {
	struct dmv_config core;         /* rows, cpus, mode; memory and identity are filled in */
	size_t shadow_pages;            /* three for each map register that is hooked */
	size_t common_pages;            /* for common buffers and dmv_posix_pages */
	/* Lines of the system DMA controller, 0: there is none; bit n: line n takes lists. */
	uint32_t lines, scatter_gather_lines;
	bool physical;                  /* bus addresses are physical ones, if they can be known */
	/*
	 * A control block, by which dma-verifier(8) commands the process while it runs, and the
	 * settings that its file has for a start: of $DMA_VERIFIER_SETTINGS, which may be empty, or
	 * else /etc/dma-verifier.conf. They come before what stands here and what
	 * dmv_driver_load and dmv_driver_set are told.
	 */
	bool control;
	/*
	 * dmv_posix_tick by a thread of the port, every so many milliseconds; 0: there is none. It
	 * takes no signals; a violation that it finds is reported on it.
	 */
	uint32_t tick_ms;
	uint32_t scan_pages;            /* of guards, looked at by each tick; 0: none */
	/*
	 * opt: a performance counter of its own, and core.counter_hz says how often it counts;
	 * without it CLOCK_MONOTONIC_RAW. Called under the verifier's lock.
	 */
	uint64_t (*counter)(void *arg);
	/* opt: which page frames are a device's; without it X2 does not look at them. */
	bool (*io_frame)(void *arg, uint64_t frame);
	/* opt: told of each violation, before log, break or stop happens. */
	void (*on_report)(void *arg, const struct dmv_report *r);
	/* opt: told right before the process dies by a bugcheck: to write a dump by other means. */
	void (*on_stop)(void *arg, const struct dmv_report *r);
	void *arg;
};

/* Sensible values for a process with a few drivers. */
void dmv_posix_defaults(struct dmv_posix_config *c);

/* Maps and locks memory, builds the region, fills dmv_region_anchor, binds the WDM face. Returns
 * enum dmv_result; on failure nothing is left. c is copied, strings in it are not. */
int dmv_posix_start(const struct dmv_posix_config *c, struct dmv_posix **ret);
/* Calls dmv_fini, so leaks are raised here, then frees all. NULL is fine. */
void dmv_posix_stop(struct dmv_posix *p);

struct dmv *dmv_posix_verifier(struct dmv_posix *p);
bool dmv_posix_physical(const struct dmv_posix *p);     /* are bus addresses physical ones? */
bool dmv_posix_locked(const struct dmv_posix *p);       /* is the memory locked? RLIMIT_MEMLOCK */

/* Obeys what was asked through the control block, and looks at scan_pages pages of guards: for a
 * process with a loop of its own and tick_ms 0. Nothing in a child that it forked. */
void dmv_posix_tick(struct dmv_posix *p);

/* Tells the verifier of images loaded since the start (dlopen). */
void dmv_posix_images(struct dmv_posix *p);

/* For struct dmv_port: with the vector unit. */
size_t dmv_posix_fill_check(const void *p, size_t n, unsigned char fill);
void dmv_posix_copy_fill(void *to, void *from, size_t n, unsigned char fill);

/* n zeroed pages below 256 MiB where the process has room there, contiguous also on the bus and
 * registered for the device. NULL: none left. */
void *dmv_posix_pages(struct dmv_posix *p, size_t n);
void dmv_posix_pages_free(struct dmv_posix *p, void *va, size_t n);

/* Makes sure that a core dump is written and holds what the verifier needs. */
void dmv_posix_core_enable(void);

/* ---- registry: what the device can reach ---- */

/* Registers the page that va stands in; ret: its number on the bus. false: no such memory. */
bool dmv_posix_frame(struct dmv_posix *p, const void *va, uint64_t *ret);
/* The memory behind a bus address, or NULL: nobody registered that page. */
void *dmv_posix_bus_to_va(struct dmv_posix *p, uint64_t bus);

/* ---- the system DMA controller: config.lines of it, DMV_POSIX_LINES at most ---- */

#define DMV_POSIX_LINES 8u

/*
 * The device at that line wants up to n bytes moved, from or to `bytes` as the line was programmed.
 * Returns how many were: 0 if the line is masked; outside of demand mode one unit at most, whole
 * units always. The end of the transfer calls the driver's routine before it returns. Any thread.
 */
uint32_t dmv_posix_request(struct dmv_posix *p, uint32_t line, void *bytes, uint32_t n);

/* Its function for ConfigureAdapterChannel. Context: BOOLEAN *, TRUE: units change byte order. */
#define DMV_POSIX_SWAP 1

/* ---- a software device with a DMA engine of its own thread ---- */

struct dmv_device;

enum dmv_device_status {
	DMV_DEVICE_IDLE = 0,            /* not submitted yet */
	DMV_DEVICE_BUSY = 1,            /* queued or running */
	DMV_DEVICE_DONE = 2,
	DMV_DEVICE_BAD_ADDRESS = 3,     /* not registered; `moved` bytes were moved before */
	DMV_DEVICE_STOPPED = 4,         /* the device was stopped before this command's turn */
};

/* One command. It belongs to the caller, and to the device from submit until its status says so. */
struct dmv_device_command {
	uint64_t bus;                   /* used as it is: the device knows no buffers */
	uint32_t length;
	bool to_memory;                 /* the device writes; else it reads */
	const void *source;             /* to_memory: the bytes; NULL: seed, seed + 1 ... */
	uint8_t seed;
	void *sink;                     /* else: where the bytes arrive; may be NULL */
	/* results */
	enum dmv_device_status status;
	uint32_t moved;
	uint64_t fault;                 /* BAD_ADDRESS: the first address that failed */
	struct dmv_device_command *next;        /* the device's own */
};

/* NULL: no thread. */
struct dmv_device *dmv_device_new(struct dmv_posix *p);
/* Stops, then frees. NULL is fine. Before dmv_posix_stop. */
void dmv_device_free(struct dmv_device *d);
/* Rings the doorbell and returns. Commands run in order. */
void dmv_device_submit(struct dmv_device *d, struct dmv_device_command *c);
bool dmv_device_done(struct dmv_device *d, const struct dmv_device_command *c);
enum dmv_device_status dmv_device_wait(struct dmv_device *d, struct dmv_device_command *c);
/* Submits and waits. */
enum dmv_device_status dmv_device_run(struct dmv_device *d, struct dmv_device_command *c);
/* Lets the running command end, refuses the queued and all later ones. No DMA after it returns. */
void dmv_device_stop(struct dmv_device *d);

#endif
