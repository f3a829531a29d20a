/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A machine of 4 MiB with a kernel in it that is nothing but its tables: page tables, init_uts_ns,
 * linux_banner, kallsyms, VMCOREINFO in a page of memory. Everything can be spoilt by the test.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

#include "bytes_mem.h"

#define FK_RAM (4u << 20)
#define FK_IMAGE 0x200000u                      /* physical */
#define FK_OFFSET 0x4200000ull                  /* KASLR */
#define FK_VIRT (0xffffffff81000000ull + FK_OFFSET)
#define FK_RELEASE "6.1.0-fake"
#define FK_TEXT_PAGE 0x8000u                    /* physical: VMCOREINFO */
#define FK_PGD 0x10000u                         /* the kernel's; user mode's is a page above */

/* Offsets in the image. */
enum {
	FK_BANNER = 0x1000, FK_UTS = 0x2000, FK_NUM = 0x3000, FK_BASE = 0x3008, FK_OFFSETS = 0x3100,
	FK_NAMES = 0x4000, FK_TOKENS = 0x6000, FK_INDEX = 0x6800, FK_BTF = 0x8000,
	FK_BTF_END = 0x9000, FK_LAST = 0x1f0000,
};

struct fake_symbol {
	const char *name;               /* with its type in front */
	uint64_t off;                   /* in the image; per-CPU ones: the address */
	bool percpu;
};

struct fake_kernel {
	struct bytes_mem b;
	struct dmv_cpu cpu;
	uint8_t ram[FK_RAM];
	char text[4096];                /* VMCOREINFO, as it is put into memory */
};

static inline void fk_put(struct fake_kernel *k, uint64_t at, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		k->ram[at + i] = (uint8_t)(v >> 8 * i);
}

static inline void fk_string(struct fake_kernel *k, uint64_t at, const char *s)
{
	memcpy(k->ram + at, s, strlen(s) + 1);
}

static inline void fk_tables(struct fake_kernel *k)
{
	fk_put(k, FK_PGD + 511 * 8, 0x12063, 8);
	fk_put(k, 0x12000 + 510 * 8, 0x13063, 8);
	fk_put(k, 0x13000 + ((FK_VIRT >> 21) & 511) * 8, FK_IMAGE | 0xe3, 8);
	/* User mode's table has its own half, and of the kernel one page of no interest. */
	fk_put(k, FK_PGD + 0x1000, 0x14067, 8);
	fk_put(k, FK_PGD + 0x1000 + 511 * 8, 0x15063, 8);
	fk_put(k, 0x15000 + 510 * 8, 0x16063, 8);
	fk_put(k, 0x16000 + 100 * 8, 0x17063, 8);
	fk_put(k, 0x17000, 0x18063, 8);
}

static inline void fk_kallsyms(struct fake_kernel *k, const struct fake_symbol *s, size_t n)
{
	uint64_t at = FK_IMAGE + FK_NAMES, token = 0;

	fk_put(k, FK_IMAGE + FK_NUM, n, 4);
	fk_put(k, FK_IMAGE + FK_BASE, FK_VIRT, 8);
	/* Token 1 is a word, the others are themselves. */
	for (unsigned i = 0; i < 256; i++) {
		fk_put(k, FK_IMAGE + FK_INDEX + 2 * i, token, 2);
		if (i == 1)
			fk_string(k, FK_IMAGE + FK_TOKENS + token, "init_");
		else
			k->ram[FK_IMAGE + FK_TOKENS + token] = (uint8_t)i;
		token += i == 0 ? 1 : i == 1 ? 6 : 2;
	}
	for (size_t i = 0; i < n; i++) {
		const char *p = s[i].name;
		uint64_t first = at++;

		fk_put(k, FK_IMAGE + FK_OFFSETS + 4 * i,
		       s[i].percpu ? s[i].off : (uint32_t)(-1 - (int64_t)s[i].off), 4);
		while (*p) {
			bool word = !strncmp(p, "init_", 5);

			k->ram[at++] = (uint8_t)(word ? 1 : *p);
			p += word ? 5 : 1;
		}
		k->ram[first] = (uint8_t)(at - first - 1);
	}
}

static inline void fk_line(struct fake_kernel *k, const char *fmt, uint64_t v)
{
	size_t n = strlen(k->text);

	snprintf(k->text + n, sizeof(k->text) - n, fmt, (unsigned long long)v);
}

static inline void fk_text(struct fake_kernel *k)
{
	strcpy(k->text, "OSRELEASE=" FK_RELEASE "\n"
			"BUILD-ID=00112233445566778899aabbccddeeff00112233\nPAGESIZE=4096\n");
	fk_line(k, "SYMBOL(init_uts_ns)=%llx\n", FK_VIRT + FK_UTS);
	fk_line(k, "OFFSET(uts_namespace.name)=%llu\n", 4);
	fk_line(k, "SYMBOL(swapper_pg_dir)=%llx\n", 0xffffffff80000000ull + FK_PGD - FK_IMAGE +
						    (FK_VIRT - 0xffffffff80000000ull));
	fk_line(k, "SYMBOL(_stext)=%llx\n", FK_VIRT);
	fk_line(k, "SYMBOL(kallsyms_names)=%llx\n", FK_VIRT + FK_NAMES);
	fk_line(k, "SYMBOL(kallsyms_num_syms)=%llx\n", FK_VIRT + FK_NUM);
	fk_line(k, "SYMBOL(kallsyms_token_table)=%llx\n", FK_VIRT + FK_TOKENS);
	fk_line(k, "SYMBOL(kallsyms_token_index)=%llx\n", FK_VIRT + FK_INDEX);
	fk_line(k, "SYMBOL(kallsyms_offsets)=%llx\n", FK_VIRT + FK_OFFSETS);
	fk_line(k, "SYMBOL(kallsyms_relative_base)=%llx\n", FK_VIRT + FK_BASE);
	fk_line(k, "NUMBER(phys_base)=%lld\n", FK_IMAGE - (FK_VIRT - 0xffffffff80000000ull));
	fk_line(k, "NUMBER(pgtable_l5_enabled)=%llu\nNUMBER(sme_mask)=0\n", 0);
	fk_line(k, "KERNELOFFSET=%llx\n", FK_OFFSET);
	memcpy(k->ram + FK_TEXT_PAGE, k->text, strlen(k->text) + 1);
}

static const struct fake_symbol fk_symbols[] = {
	{ "Afixed_percpu_data", 0, true }, { "Acpu_number", 0x1a000, true },
	{ "T_stext", 0, false }, { "Tinit_one", 0x100, false }, { "tinit_alias", 0x100, false },
	{ "Tlast_function", 0x800, false }, { "Dlinux_banner", FK_BANNER, false },
	{ "Dinit_uts_ns", FK_UTS, false }, { "R__start_BTF", FK_BTF, false },
	{ "R__stop_BTF", FK_BTF_END, false }, { "B_end", FK_LAST, false },
};

/* Whole, as a dump without VMCOREINFO or registers. To be freed. */
static inline struct fake_kernel *fk_new(void)
{
	struct fake_kernel *k = calloc(1, sizeof(*k));

	bytes_mem_init(&k->b, k->ram, FK_RAM, UINT64_MAX, 0);
	k->b.base.machine = EM_X86_64;
	k->b.base.bits = 64;
	fk_tables(k);
	fk_string(k, FK_IMAGE + FK_BANNER, "Linux version " FK_RELEASE " (somebody@somewhere)\n");
	fk_string(k, FK_IMAGE + FK_UTS + 4, "Linux");
	fk_string(k, FK_IMAGE + FK_UTS + 4 + 2 * 65, FK_RELEASE);
	fk_kallsyms(k, fk_symbols, sizeof(fk_symbols) / sizeof(fk_symbols[0]));
	fk_text(k);
	return k;
}

#endif
