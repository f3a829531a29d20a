/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * One life of a verifier, call by call, with a host of its own that needs no operating system: the
 * same calls in the same order give the same region on every machine. For tests that look at the
 * region between two calls (tear.c) or from another machine (many_writer.c).
 */
#ifndef SCENE_H
#define SCENE_H

#include "dmv.h"

#define SCENE_PAGE 4096u
#define SCENE_SEGMENT_PAGES 7u          /* of each segment but the last: no table fits in one */
#define SCENE_SEGMENTS 3u
#define SCENE_LAST_PAGES 12u
#define SCENE_REGION_PAGES (SCENE_SEGMENT_PAGES * (SCENE_SEGMENTS - 1) + SCENE_LAST_PAGES)
#define SCENE_SHADOW_PAGES 24u
#define SCENE_BUFFER_PAGES 16u
#define SCENE_DRIVER_PAGES 8u
#define SCENE_BOOK_PAGES 32u

/* Zeroed by its owner. A machine's physical addresses may be its virtual ones less phys_bias. */
struct scene {
	_Alignas(4096) char region[SCENE_REGION_PAGES * SCENE_PAGE];
	char shadow[SCENE_SHADOW_PAGES * SCENE_PAGE];
	char buffers[SCENE_BUFFER_PAGES * SCENE_PAGE];
	char memory[SCENE_DRIVER_PAGES * SCENE_PAGE];   /* the driver's */
	char books[SCENE_BOOK_PAGES * SCENE_PAGE];
	struct dmv *v;
	struct dmv_memory segment[SCENE_SEGMENTS], pool;
	uint64_t region_id, pid, clock, phys_bias;
	uint32_t machine, pages_used;
	uint32_t violations;            /* the host was told */
	uint32_t last_rule;
	uint32_t last_code;
	uint64_t last_p[4];
	uint32_t driver;
	struct dmv_adapter *sg, *packet, *third;
	struct dmv_grant grant, second;
	struct dmv_element element[4];
	uint64_t bus, buffer_bus[4];
	void *buffer[4];
	char elements[64], more_elements[64];
	uint32_t failed;                /* steps whose result was not the one due */
	const char *failure;
};

struct scene_step {
	const char *name;
	void (*run)(struct scene *s);
};

/* The first makes the verifier, the last ends it. Ends with a name of NULL. */
extern const struct scene_step scene_steps[];

/* Step in which everything the scene has is live at once: what a dump should be taken after. */
extern const char scene_full[];

#endif
