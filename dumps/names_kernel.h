/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Names and types that a Linux kernel carries in its own memory: kallsyms, the symbols of its
 * modules, BTF. Each is read when it is first asked for. Private to dumps/names*.c.
 */
#ifndef DMV_NAMES_KERNEL_H
#define DMV_NAMES_KERNEL_H

#include "btf.h"
#include "mem_kernel.h"
#include "names.h"
#include "names_int.h"
#include "names_kallsyms.h"

struct dmv_knames;

/* m is borrowed. Nothing is read. NULL: no memory. */
struct dmv_knames *dmv_knames_new(struct dmv_mem *m);
void dmv_knames_free(struct dmv_knames *kn);    /* NULL allowed */

/* All of these answer "no" while no kernel is known in the target (dmv_mem_kernel). */
const struct dmv_kernel *dmv_knames_kernel(struct dmv_knames *kn);
bool dmv_knames_place(struct dmv_knames *kn, uint64_t addr, struct dmv_place *ret);
bool dmv_knames_symbol(struct dmv_knames *kn, const char *name, uint64_t *ret);
/* Of the kernel itself: by kallsyms, else by more. */
bool dmv_knames_address(struct dmv_knames *kn, const char *name, uint64_t *ret);
/* NULL: *e (may be NULL) says why. Borrowed. */
const struct dmv_kallsyms *dmv_knames_kallsyms(struct dmv_knames *kn, struct dmv_err *e);
const struct dmv_btf *dmv_knames_btf(struct dmv_knames *kn, struct dmv_err *e);

/* Types of the kernel's modules, the i-th; NULL: there are no more. Borrowed. */
const struct dmv_btf *dmv_knames_module_btf(struct dmv_knames *kn, size_t i);

/* Where else to look, if the kernel has no types, or no symbols: asked when they are needed. */
struct dmv_kmore {
	void *ctx;
	const struct dmv_types *(*types)(void *ctx);            /* NULL: there are none */
	bool (*symbol)(void *ctx, const char *name, uint64_t *ret);     /* address in the target */
};

void dmv_knames_more(struct dmv_knames *kn, const struct dmv_kmore *more);
/* There is more now: what was asked in vain is asked again. */
void dmv_knames_again(struct dmv_knames *kn);
/* BTF's, else those. NULL: *e says why BTF has none. */
const struct dmv_types *dmv_knames_types(struct dmv_knames *kn, struct dmv_err *e);

/* A loaded module. */
struct dmv_kmod {
	char name[64];
	struct dmv_range piece[8];      /* its memory; empty ones are 0 to 0 */
	uint64_t base;                  /* of its code */
	uint64_t symtab, strtab;        /* virtual addresses; 0: none */
	uint64_t sect_attrs;            /* the same: what sysfs tells of its sections */
	struct dmv_build_id id;         /* of struct module, in some kernels */
	uint32_t nsym;
	bool asked;                     /* sym was read, or cannot be */
	struct dmv_symfile sym;
};

/* The modules of a kernel: symbols and types of it are asked of kn. *cut: why the list ends early,
 * code OK if it does not. NULL: there is none (*e says why) or no memory. */
enum dmv_code dmv_kmods_load(struct dmv_knames *kn, struct dmv_mem *m, struct dmv_kmod **ret,
			     size_t *n, struct dmv_err *cut, struct dmv_err *e);
void dmv_kmods_free(struct dmv_kmod *v, size_t n);
/* Is the address in its memory? */
bool dmv_kmod_has(const struct dmv_kmod *k, uint64_t addr);
/* A member of a structure at `at`, a word or an int: BTF says which, and may lie. */
bool dmv_kernel_field(struct dmv_mem *m, uint64_t at, const struct dmv_member *f, uint64_t *ret);
/* Reads the symbols of a module, once. *room: bytes that the symbols of all modules may yet take,
 * since many modules of a damaged list may claim the same large table. */
void dmv_kmod_symbols(struct dmv_kmod *k, struct dmv_mem *m, size_t *room);

/* Types of the modules, which go on from those of the kernel: as many as can be read, each from
 * dmv_btf_new_split; the array is from malloc. head: the kernel's btf_modules. */
size_t dmv_kmods_btf(struct dmv_mem *m, const struct dmv_btf *base, uint64_t head,
		     struct dmv_btf ***ret);

/* Where a section of it lies. */
struct dmv_kmod_section {
	char name[64];
	uint64_t addr;
};

/* Those that are still loaded, from malloc. NOTFOUND: the kernel does not keep them. */
enum dmv_code dmv_kmod_sections(const struct dmv_kmod *k, const struct dmv_types *t,
				struct dmv_mem *m, struct dmv_kmod_section **ret, size_t *n,
				struct dmv_err *e);
/* The build-id as it stands in the module's memory; n is 0: none. */
void dmv_kmod_build_id(const struct dmv_kmod *k, struct dmv_mem *m,
		       const struct dmv_kmod_section *v, size_t n, struct dmv_build_id *ret);

/* names_image.c: what kallsyms that name no data leave out. */

/* vmlinux's BTF; false: kallsyms do name data, or there is none. */
bool dmv_image_find_btf(struct dmv_mem *m, const struct dmv_kallsyms *k, struct dmv_range *ret);

/* What a struct module is known by. */
struct dmv_module_marks {
	uint64_t list;                  /* offset of its place in the list */
	uint64_t self;                  /* offset of mkobj.mod, which leads back to it */
	unsigned word;                  /* bytes of a pointer */
};

/* The head of the list of modules, if there are any. */
bool dmv_image_find_modules(struct dmv_mem *m, const struct dmv_module_marks *marks,
			    uint64_t *ret);

/* The modules, read now if they were not. */
const struct dmv_kmod *dmv_knames_modules(struct dmv_knames *kn, size_t *n, struct dmv_err *why);

/* The one that covers addr; NULL: none does. */
const struct dmv_kmod *dmv_knames_module_at(struct dmv_knames *kn, uint64_t addr);
/* Address of the first of that name in one of them. */
bool dmv_knames_module_symbol(struct dmv_knames *kn, const struct dmv_kmod *k, const char *name,
			      uint64_t *ret);
/* Where the sections of one of them lie, from malloc, and its build-id, which may be unknown. */
enum dmv_code dmv_knames_sections(struct dmv_knames *kn, const struct dmv_kmod *k,
				  struct dmv_kmod_section **ret, size_t *n,
				  struct dmv_build_id *id, struct dmv_err *e);

/* Where the kernel's own file, vmlinux or System.map, belongs: *bias is what is added to its
 * addresses. NOTFOUND: it is no kernel's file, or no kernel is known. USAGE: another kernel's; the
 * message has both ids. ABSENT: the kernel's, but stripped of symbols; it may have types. */
enum dmv_code dmv_knames_bind(struct dmv_knames *kn, struct dmv_symfile *f, bool force,
			      uint64_t *bias, struct dmv_err *e);

#endif
