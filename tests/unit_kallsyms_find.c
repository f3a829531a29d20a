/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * kallsyms that nobody points to: the tables in the orders in which kernels have them, laid out by
 * hand somewhere in an image, and some that only look like them.
 */
#include "t.h"
#include "fake_kernel.h"
#include "names.h"

enum { SYMBOLS = 700, TABLES = 0x20000 };

enum order { OLD, WITH_SEQS, NEW, PLACES };

static uint64_t aligned(enum order order, uint64_t at)
{
	uint64_t align = order == PLACES ? 4 : 8;

	return (at + align - 1) & ~(align - 1);
}

/* Names that differ, of varying length; two of them are real ones. */
static void name_of(unsigned i, char name[40])
{
	if (i == 0)
		strcpy(name, "T_stext");
	else if (i == 300)
		strcpy(name, "Dlinux_banner");
	else
		snprintf(name, 40, "tfunction_%u%.*s", i, (int)(i % 9), "_and_more");
}

static uint64_t value_of(unsigned i)
{
	return i == 0 ? 0 : i <= 300 ? FK_BANNER - (300 - i) * 8 : FK_BANNER + (i - 300) * 0x100;
}

/* From FK_VIRT, or each from its own place. */
static uint64_t put_addresses(struct fake_kernel *k, uint64_t at, enum order order)
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

static uint64_t put_names(struct fake_kernel *k, uint64_t at, uint32_t *marker, enum order order)
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
static uint64_t put_tokens(struct fake_kernel *k, uint64_t at, enum order order)
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

static void put_tables(struct fake_kernel *k, enum order order, unsigned shift)
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
static struct fake_kernel *machine(void)
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

static void drop(struct fake_kernel *k)
{
	bytes_mem_deinit(&k->b);
	free(k->b.base.vmcoreinfo);
	free(k);
}

static struct dmv_names *names_of(struct fake_kernel *k, struct dmv_names_kernel *info)
{
	struct dmv_names *n = NULL;

	memset(info, 0, sizeof(*info));
	dmv_names_new(&n, NULL);
	dmv_names_set_target(n, &k->b.base, NULL);
	dmv_names_kernel(n, info);
	return n;
}

static void finds(enum order order, unsigned shift, const char *name)
{
	struct fake_kernel *k = machine();
	struct dmv_names_kernel info;
	struct dmv_names *n;
	uint64_t addr = 0;
	char text[80];

	put_tables(k, order, shift);
	n = names_of(k, &info);
	T_CHECKF(info.symbols == SYMBOLS && dmv_names_symbol(n, "linux_banner", &addr) &&
		 addr == FK_VIRT + FK_BANNER, name, "%zu symbols, %s", info.symbols,
		 info.symbols_why.msg);
	T_STREQ(dmv_names_text(n, FK_VIRT + FK_BANNER + 0x105, text, sizeof(text)),
		"vmlinux!function_301_and+0x5", name);
	dmv_names_free(n);
	drop(k);
}

static void refuses(struct fake_kernel *k, const char *why)
{
	struct dmv_names_kernel info;
	struct dmv_names *n = names_of(k, &info);

	T_CHECKF(!info.symbols && strstr(info.symbols_why.msg, why), why, "%zu symbols, %s",
		 info.symbols, info.symbols_why.msg);
	dmv_names_free(n);
	drop(k);
}

static void wrong(void)
{
	static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";
	struct fake_kernel *k = machine();

	refuses(k, "no tokens");

	k = machine();
	for (unsigned at = 0x9000; at < 0x1e0000; at += sizeof(digits))
		memcpy(k->ram + FK_IMAGE + at, digits, sizeof(digits));
	refuses(k, "no tokens");

	k = machine();
	put_tokens(k, FK_IMAGE + TABLES, NEW);
	refuses(k, "no markers");

	k = machine();
	put_tables(k, NEW, 0);
	fk_put(k, FK_IMAGE + TABLES, SYMBOLS + 256, 4);
	refuses(k, "no names");

	k = machine();
	put_tables(k, NEW, 0);
	memset(k->ram + FK_IMAGE + FK_BANNER, 0, 64);
	refuses(k, "linux_banner");
}

int main(void)
{
	finds(OLD, 0, "as Linux 5.10 has them");
	finds(WITH_SEQS, 0, "as Linux 6.2 has them");
	finds(NEW, 0, "as Linux 6.4 has them");
	finds(PLACES, 0, "as Linux 7.0 has them");
	finds(PLACES, 4, "the same, aligned to four bytes alone");
	wrong();
	return T_DONE();
}
