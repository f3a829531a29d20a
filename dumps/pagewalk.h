/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Virtual addresses by the target's own page tables, read from its physical memory: x86 with two
 * (PSE), three (PAE), four and five levels, aarch64 with pages of 4, 16 and 64 KiB.
 * The tables are hostile: a walk is as long as the paging mode is deep, whatever they say.
 */
#ifndef DMV_PAGEWALK_H
#define DMV_PAGEWALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct dmv_mem;

enum dmv_paging_mode {
	DMV_PAGING_X86_32,      /* two levels; 4 MiB pages as PSE and PSE-36 have them */
	DMV_PAGING_X86_PAE,     /* three levels */
	DMV_PAGING_X86_64,      /* four levels */
	DMV_PAGING_X86_64_LA57, /* five levels */
	DMV_PAGING_ARM64,       /* va_bits and page_shift say the rest */
};

struct dmv_paging {
	enum dmv_paging_mode mode;
	uint64_t root;          /* physical address of the top table, or CR3 or TTBRx as it is: bits
				 * that are no address do not count */
	uint64_t ignore;        /* x86: address bits that mean something else (AMD's encryption
				 * bit, VMCOREINFO sme_mask), in entries and root; else 0 */
	uint8_t phys_bits;      /* x86: width of physical addresses; 0: 52 */
	uint8_t va_bits;        /* aarch64: 64 - TCR_EL1.TxSZ: 25 to 52 */
	uint8_t page_shift;     /* aarch64: 12, 14 or 16 */
	bool big_endian;        /* aarch64: byte order of the entries */
};

/* One address space. Keeps the table pages it read last; not for several threads. */
struct dmv_pagewalk;

/* m is borrowed and read by physical address. USAGE: no such paging mode. */
enum dmv_code dmv_pagewalk_new(const struct dmv_paging *p, struct dmv_mem *m,
			       struct dmv_pagewalk **ret, struct dmv_err *e);
void dmv_pagewalk_free(struct dmv_pagewalk *w);         /* NULL allowed */
const struct dmv_paging *dmv_pagewalk_paging(const struct dmv_pagewalk *w);
/* "4-level page tables at 0x6c09000"; returns buf. */
const char *dmv_pagewalk_text(const struct dmv_pagewalk *w, char *buf, size_t size);

/*
 * Physical address of virt, and how many bytes from there lie in the same page of whatever size;
 * that the dump holds them is not said.
 * NOTFOUND: nothing is mapped there (no entry, or an address that the mode cannot have). ABSENT: a
 * table page is not in the dump. CORRUPT: reserved bits set. The message names level, table and
 * entry; e->addr is virt.
 */
enum dmv_code dmv_pagewalk_find(struct dmv_pagewalk *w, uint64_t virt, uint64_t *phys,
				uint64_t *bytes, struct dmv_err *e);

/* What one entry maps, from virt on. */
struct dmv_mapping {
	uint64_t virt, phys, bytes;
};

/* The first one at or above virt that starts before `last`. *steps: tables that may yet be walked
 * through, counted down. False: there is none, or no step is left. */
bool dmv_pagewalk_next(struct dmv_pagewalk *w, uint64_t virt, uint64_t last, unsigned *steps,
		       struct dmv_mapping *ret);

/* All n bytes, or an error with the first virtual address that cannot be read. */
enum dmv_code dmv_pagewalk_read(struct dmv_pagewalk *w, uint64_t virt, void *buf, size_t n,
				struct dmv_err *e);

/* Forgets the table pages: for a live target before each command. */
void dmv_pagewalk_forget(struct dmv_pagewalk *w);

#endif
