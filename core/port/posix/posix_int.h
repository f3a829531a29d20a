/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Private to the posix port: what its files give each other. */
#ifndef DMV_POSIX_INT_H
#define DMV_POSIX_INT_H

#include <pthread.h>

#include "posix.h"

#define PAGE ((size_t)PAGE_SIZE)        /* the verifier's; a host page is a multiple of it */

/* ---- memory.c: mapped, locked, touched memory. Zeroed, a struct holds none. ---- */

struct memory {
	void *va;
	size_t bytes;
	void *head;                     /* two pages that memory_head moved there, or NULL */
	int pin;                        /* a descriptor that keeps the pages in place, or -1 */
	bool locked;
	struct dmv_memory *run;         /* physically contiguous pieces in order */
	uint32_t runs;
};

/* low: below 256 MiB if there is room. physical: pinned, and runs by pagemap; else, or where that
 * is not told, one run whose phys is the virtual address if `identity`, or unknown. */
bool memory_map(struct memory *m, size_t bytes, bool low, bool physical, bool identity);
void memory_unmap(struct memory *m);

/* ---- pieces.c: where it lies physically ---- */

/* Physical address of a mapped byte; false: not told. */
bool memory_phys(const void *va, uint64_t *phys);
/* Pins the pages, if the kernel lets us. */
void memory_pin(struct memory *m);
/* Fills the runs; false: they are not told. */
bool memory_split(struct memory *m);
/* Makes the first run one of two pages at least, by a move if need be. false: there are no two that
 * lie side by side; the memory is good for nothing then but memory_unmap. */
bool memory_head(struct memory *m);

/* ---- copy.c: copies that fail where a plain one would die of a signal ---- */

int copy_open(void);                    /* a descriptor for the three below, or -1 */
/* At most a page; one copy at a time per descriptor. false: not all of it can be reached. */
bool copy_to(int fd, void *va, const void *bytes, size_t n);
bool copy_from(int fd, const void *va, void *bytes, size_t n);
/* May that page be read? Any thread, at any time. */
bool copy_readable(int fd, const void *va);

/* ---- control.c: settings from a file and from others; the thread that looks for them ---- */

struct control {
	struct dmv_memory memory;       /* va NULL: none */
	int fd;                         /* the file behind it, or -1 */
	pid_t pid;                      /* who started: a child shares all of it */
	uint32_t scan_pages, tick_ms;
	bool ticks, end;                /* there is a thread; it shall end */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
};

/* Memory that processes of the same user can map by /proc/PID/fd; none: there is no control. */
void control_map(struct control *c);
void control_unmap(struct control *c);
/* Obeys the file of settings, if there is one; then the thread, if tick_ms. */
void control_start(struct control *c, struct dmv_posix *p);
void control_stop(struct control *c);
void control_tick(struct control *c, struct dmv *v);

/* ---- registry.c: bus page -> memory ---- */

struct registry;
struct registry *registry_new(void);
void registry_free(struct registry *r);
bool registry_add(struct registry *r, uint64_t frame, void *page);
void registry_remove(struct registry *r, uint64_t frame);
void *registry_find(struct registry *r, uint64_t frame);        /* the page, or NULL */

/* ---- arena.c: pages for common buffers, first fit ---- */

struct arena {
	struct memory memory;
	uint8_t *used;                  /* one a page */
	pthread_mutex_t lock;
};

bool arena_init(struct arena *a, size_t pages, bool physical);
void arena_deinit(struct arena *a);
void *arena_alloc(struct arena *a, size_t n, uint64_t max_phys, uint64_t *phys);
/* false: not from here. */
bool arena_free(struct arena *a, void *va, size_t n);

/* ---- controller.c ---- */

struct controller;
extern const struct wdm_controller posix_controller_ops;

struct controller *controller_new(struct dmv_posix *p, uint32_t lines, uint32_t scatter_gather);
void controller_free(struct controller *c);
struct controller *posix_controller(struct dmv_posix *p);       /* NULL: there is none */

/* ---- image.c ---- */

struct image_range { uintptr_t from, to; };

struct images {
	struct image_range *code;       /* executable segments */
	size_t n, size;
	uint8_t build_id[32];           /* of the program itself */
	uint32_t build_id_n;
	uint32_t told;                  /* images the verifier knows already */
};

/* Collects the executable ranges and, with a verifier, adds the images it does not know. */
void images_scan(struct images *im, struct dmv *v);
bool images_has(const struct images *im, uintptr_t pc);
void images_free(struct images *im);

/* ---- thread.c ---- */

uint32_t thread_number(void);           /* 0, 1, 2 ... in the order of the threads' first calls */
KIRQL thread_irql(void);
KIRQL thread_irql_set(KIRQL to);
uint32_t thread_stack(const struct images *im, uint64_t from, uint64_t *frame, uint32_t max);

/* ---- report.c ---- */

void report_violation(const struct dmv_posix_config *c, const struct dmv_report *r);

#endif
