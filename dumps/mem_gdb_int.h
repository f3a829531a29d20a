/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Private to mem_gdb*.c: a target behind a GDB stub. mem_gdb.c opens, reads and closes; what a stub
 * says of itself is learnt by mem_gdb_stub.c (gdbserver, firmware debuggers) and mem_gdb_qemu.c (a
 * whole machine).
 */
#ifndef DMV_MEM_GDB_INT_H
#define DMV_MEM_GDB_INT_H

#include "mem_int.h"
#include "rsp.h"

enum { DMV_GDB_PAGE = 4096, DMV_GDB_PAGES = 256 };

/* A page that the guest's page tables were asked for. The guest stands still: it stays true. */
struct dmv_gdb_page {
	bool known, mapped;
	uint64_t virt, phys;
};

struct dmv_gdb {
	struct dmv_mem m;
	struct dmv_rsp *rsp;
	bool qemu;                      /* physical mode and a monitor: QEMU's system emulation */
	bool phys_now, phys_before;     /* what `m` reads: physical addresses? And when we came? */
	bool order_guessed;
	bool resume;                    /* on close what is served goes on */
	bool binary;                    /* the server takes `x` */
	size_t chunk;                   /* bytes of memory one reply holds */
	const char *no_phys;            /* why there are no physical addresses */
	struct dmv_maps maps;
	struct dmv_gdb_page page[DMV_GDB_PAGES];
};

/* OK also if the server says nothing of itself; other codes only when the connection is lost. */
enum dmv_code dmv_gdb_stub_learn(struct dmv_gdb *g, struct dmv_err *e);
/* Sets g->qemu if it is one. */
enum dmv_code dmv_gdb_qemu_learn(struct dmv_gdb *g, struct dmv_err *e);
/* Where a virtual address is in physical memory now. */
enum dmv_code dmv_gdb_qemu_translate(struct dmv_gdb *g, uint64_t virt, uint64_t *phys,
				     struct dmv_err *e);
/* Makes `m` read physical (or virtual) addresses. */
enum dmv_code dmv_gdb_qemu_mode(struct dmv_gdb *g, bool phys, struct dmv_err *e);

/* Ranges of memory from a stub's memory-map document. NOTFOUND: it names none. */
enum dmv_code dmv_gdb_parse_memory_map(const char *xml, struct dmv_range **ret, size_t *n,
				       struct dmv_err *e);
/* Machine, width and byte order from a target description; what it does not say stays 0. False: a
 * machine of either order, and little-endian is a guess. */
bool dmv_gdb_parse_features(const char *xml, struct dmv_mem *m);
void dmv_gdb_note_order(struct dmv_gdb *g);

/* Everything behind a connection: takes the link, also on failure. */
enum dmv_code dmv_gdb_open_link(struct dmv_link *l, bool hold, struct dmv_mem **ret,
				struct dmv_err *e);

#endif
