/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A Linux kernel's own structures, read by the names of their members: for the providers
 * dumps/linux_*.c, each of which turns some of them into facts. What they read is listed in
 * linux_fields.def.
 *
 * The kernel may have been stopped anywhere, and its memory may be damaged or a lie: every pointer
 * is followed by a checked read, every list has an end or is cut where it leads back into itself,
 * and what could not be read is a note with the topics that lack it, never a zero.
 */
#ifndef DMV_LINUX_H
#define DMV_LINUX_H

#include "facts_int.h"

enum dmv_linux_field {
#define DMV_FIELD(id, type, path, witness, topic, what) DMV_L_##id,
#include "linux_fields.def"
	DMV_L_COUNT
};

struct dmv_linux {
	struct dmv_mem *m;
	struct dmv_names *n;
	struct dmv_facts *f;
	const bool *stop;
	bool all_devices;               /* the list of devices was read to its end */
	struct {
		bool asked, has;
		struct dmv_member at;
	} field[DMV_L_COUNT];
};

/* Where a member is; false: this kernel has none. If it should, that was noted, once. */
bool dmv_linux_field(struct dmv_linux *l, enum dmv_linux_field id, struct dmv_member *ret);
/* Address of the member in the structure at `at`. */
bool dmv_linux_in(struct dmv_linux *l, uint64_t at, enum dmv_linux_field id, uint64_t *ret);
/* Address of the structure around the member at `at`. */
bool dmv_linux_around(struct dmv_linux *l, uint64_t at, enum dmv_linux_field id, uint64_t *ret);
/* Value of the member, a number, a pointer or a bit-field, of the structure at `at`. Unreadable:
 * noted. */
bool dmv_linux_get(struct dmv_linux *l, uint64_t at, enum dmv_linux_field id, uint64_t *ret);
/* The same of a structure whose first n bytes were read already. */
bool dmv_linux_pick(struct dmv_linux *l, const uint8_t *block, size_t n, enum dmv_linux_field id,
		    uint64_t *ret);
/* The same where the answer is a fact by itself. */
struct dmv_known dmv_linux_know(struct dmv_linux *l, uint64_t at, enum dmv_linux_field id);
/* The text that the member points to, or has in itself if it is an array; NULL: a null pointer,
 * or unreadable, which is noted. Cut behind 255 characters. In the facts' arena. */
const char *dmv_linux_text(struct dmv_linux *l, uint64_t at, enum dmv_linux_field id);

/* A symbol of the kernel or one of its modules; and the pointer that stands there. */
bool dmv_linux_symbol(struct dmv_linux *l, const char *name, uint64_t *ret);
enum dmv_code dmv_linux_pointer(struct dmv_linux *l, const char *name, uint64_t *ret,
				struct dmv_err *e);

/* Calls fn with the address of each struct list_head in the list that begins at head, which is not
 * one of them. fn: false ends it. `what`: of what, for the note if it breaks off. False: it broke
 * off, or fn ended it. */
typedef bool dmv_linux_node_fn(void *ctx, uint64_t node);
bool dmv_linux_list(struct dmv_linux *l, uint64_t head, uint32_t topic, const char *what,
		    dmv_linux_node_fn *fn, void *ctx);

bool dmv_linux_stopped(const struct dmv_linux *l);

/* ---- the providers ---- */

/* Devices that can do DMA, as adapters. MEMORY or STOPPED, else OK, whatever is there. */
enum dmv_code dmv_linux_devices(struct dmv_linux *l, struct dmv_err *e);
/* Bounce pools, and what is mapped in them; after the devices. Errors likewise. */
enum dmv_code dmv_linux_swiotlb(struct dmv_linux *l, struct dmv_err *e);

/* Mappings that dma-debug has on record, and its state; after the devices. The same. */
enum dmv_code dmv_linux_debug(struct dmv_linux *l, struct dmv_err *e);

/* DMA pools of the devices, after these. The same. */
enum dmv_code dmv_linux_pools(struct dmv_linux *l, struct dmv_err *e);
/* Lines of the kernel's log. The same. */
enum dmv_code dmv_linux_log(struct dmv_linux *l, struct dmv_err *e);

#endif
