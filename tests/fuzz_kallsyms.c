/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Any bytes as the tables of kallsyms, at the places that VMCOREINFO names. */
#include "fake_kernel.h"
#include "names_kallsyms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { TABLES = FK_BTF - FK_NUM };

static struct fake_kernel *k;
static uint8_t whole[TABLES];

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void ask(const struct dmv_kallsyms *s)
{
	static const char *const names[] = { "_stext", "init_one", "", "_", "no_such_symbol" };
	struct dmv_ksym sym;
	uint64_t addr;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		dmv_kallsyms_symbol(s, names[i], &addr);
	for (uint64_t at = FK_VIRT; at < FK_VIRT + 0x200000; at += 0x3fff)
		if (dmv_kallsyms_find(s, at, &sym))
			must(sym.start <= at && at < sym.end && strlen(sym.name) < DMV_KSYM_MAX);
	for (unsigned bit = 0; bit < 64; bit++)
		dmv_kallsyms_find(s, 1ull << bit, &sym);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dmv_kallsyms *s;
	struct dmv_err e = { 0 };
	size_t lost;

	if (!k) {
		k = fk_new();
		memcpy(whole, k->ram + FK_IMAGE + FK_NUM, TABLES);
		dmv_mem_set_vmcoreinfo(&k->b.base, k->text, strlen(k->text));
	}
	if (n > TABLES)
		n = TABLES;
	memcpy(k->ram + FK_IMAGE + FK_NUM, whole, TABLES);
	memcpy(k->ram + FK_IMAGE + FK_NUM, data, n);
	if (dmv_kallsyms_load(&k->b.base, &s, &e)) {
		must(e.msg[0]);
		return 0;
	}
	must(dmv_kallsyms_count(s, &lost));
	ask(s);
	dmv_kallsyms_free(s);
	return 0;
}
