/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Tables of kallsyms that nobody points to, laid out by hand in the image of a fake kernel, in the
 * orders in which kernels have them.
 */
#ifndef KALLSYMS_MADE_H
#define KALLSYMS_MADE_H

#include "fake_kernel.h"

enum { SYMBOLS = 700, TABLES = 0x20000 };

enum order { OLD, WITH_SEQS, NEW, PLACES };

static inline uint64_t aligned(enum order order, uint64_t at)
{
	uint64_t align = order == PLACES ? 4 : 8;

	return (at + align - 1) & ~(align - 1);
}

/* Names that differ, of varying length; two of them are real ones. */
static inline void name_of(unsigned i, char name[40])
{
	if (i == 0)
		strcpy(name, "T_stext");
	else if (i == 300)
		strcpy(name, "Dlinux_banner");
	else
		snprintf(name, 40, "tfunction_%u%.*s", i, (int)(i % 9), "_and_more");
}

static inline uint64_t value_of(unsigned i)
{
	return i == 0 ? 0 : i <= 300 ? FK_BANNER - (300 - i) * 8 : FK_BANNER + (i - 300) * 0x100;
}

/* From FK_VIRT, or each from its own place. */
static inline uint64_t put_addresses(struct fake_kernel *k, uint64_t at, enum order order)
{
	uint64_t base = aligned(order, at + 4 * SYMBOLS);

	for (unsigned i = 0; i < SYMBOLS; i++)
		fk_put(k, at + 4 * i, order == PLACES ? FK_IMAGE + value_of(i) - (at + 4 * i) :
							value_of(i), 4);
	if (order == PLACES)
		return at + 4 * SYMBOLS;
	fk_put(k, base, FK_VIRT, 8);
	return base + 8;
}

static inline uint64_t put_names(struct fake_kernel *k, uint64_t at, uint32_t *marker,
				 enum order order)
{
	uint64_t start = at;
	char name[40];

	for (unsigned i = 0; i < SYMBOLS; i++) {
		if (i % 256 == 0)
			marker[i / 256] = (uint32_t)(at - start);
		name_of(i, name);
		k->ram[at++] = (uint8_t)strlen(name);
		memcpy(k->ram + at, name, strlen(name));
		at += strlen(name);
	}
	return aligned(order, at);
}

/* Printable characters are themselves, the others words that nobody uses. */
static inline uint64_t put_tokens(struct fake_kernel *k, uint64_t at, enum order order)
{
	uint64_t start = at;
	uint16_t index[256];

	for (unsigned i = 0; i < 256; i++) {
		char token[8];

		snprintf(token, sizeof(token), i > 32 && i < 127 ? "%c" : "w%u", i);
		index[i] = (uint16_t)(at - start);
		fk_string(k, at, token);
		at += strlen(token) + 1;
	}
	at = aligned(order, at);
	for (unsigned i = 0; i < 256; i++)
		fk_put(k, at + 2 * i, index[i], 2);
	return aligned(order, at + 512);
}

static inline void put_tables(struct fake_kernel *k, enum order order, unsigned shift)
{
	uint64_t at = FK_IMAGE + TABLES + shift;
	uint32_t marker[3];

	if (order < NEW)
		at = put_addresses(k, at, order);
	fk_put(k, at, SYMBOLS, 4);
	at = put_names(k, aligned(order, at + 4), marker, order);
	for (unsigned i = 0; i < 3; i++)
		fk_put(k, at + 4 * i, marker[i], 4);
	at = aligned(order, at + 12);
	if (order == WITH_SEQS) {
		memset(k->ram + at, 0x11, 3 * SYMBOLS);
		at = aligned(order, at + 3 * SYMBOLS);
	}
	at = put_tokens(k, at, order);
	if (order < NEW)
		return;
	at = put_addresses(k, at, order);
	memset(k->ram + at, 0x11, 3 * SYMBOLS);         /* seqs_of_names */
}

/* VMCOREINFO as Linux 5.10 has it. */
static inline struct fake_kernel *machine(void)
{
	struct fake_kernel *k = fk_new();
	char *p;

	memset(k->ram + FK_IMAGE + FK_NUM, 0, FK_BTF - FK_NUM);
	memset(k->ram + FK_TEXT_PAGE, 0, 4096);
	dmv_mem_set_vmcoreinfo(&k->b.base, k->text, strlen(k->text));
	while ((p = strstr(k->b.base.vmcoreinfo, "kallsyms")))
		*p = 'K';
	return k;
}

#endif
