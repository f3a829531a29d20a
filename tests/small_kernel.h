/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A Linux kernel of a few structures, which a test lays out as no real one does, so that nothing
 * but the names of members can lead to them. What a debugger would tell of it are two tables.
 */
#ifndef DMV_TEST_SMALL_KERNEL_H
#define DMV_TEST_SMALL_KERNEL_H

#include "facts.h"
#include "mem.h"

#define SMALL_BASE 0xffff888000000000ull        /* where its memory begins */
#define SMALL_OPS 0xffffffff81000000ull         /* a function of it: some_ops */

struct small_member {
	const char *type, *path;        /* path NULL: the type's size */
	size_t offset, size;
	uint8_t bit, bits;
};

#define SMALL_MEMBER(type, path, in, field)                                                       \
	{ type, path, offsetof(struct in, field), sizeof(((struct in *)0)->field), 0, 0 }
#define SMALL_SIZE(type, in) { type, NULL, 0, sizeof(struct in), 0, 0 }

struct small_symbol {
	const char *name;
	size_t offset;                  /* in its memory */
};

struct small_kernel {
	struct dmv_mem mem;
	const char *ram;                /* borrowed */
	size_t bytes;
	const struct small_member *member;
	size_t nmember;
	const struct small_symbol *symbol;
	size_t nsymbol;
	const char *without;            /* "device.driver": a member that is not known */
	uint64_t hole;                  /* an address that cannot be read; 0: none */
};

void small_init(struct small_kernel *k, const void *ram, size_t bytes);
uint64_t small_at(const struct small_kernel *k, const void *p); /* address of what is at p in ram */
/* What is known of it; *f and *e are made anew. */
enum dmv_code small_facts(struct small_kernel *k, struct dmv_facts *f, struct dmv_err *e);

#endif
