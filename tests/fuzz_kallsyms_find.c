/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The search for kallsyms that nobody points to, in tables that are whole but for some bytes. The
 * first byte says in which order the tables are; then follow changes of four bytes: which place,
 * two bytes; how many bytes there; their value.
 */
#include "kallsyms_made.h"
#include "names_kallsyms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MADE = 0xa000 };                 /* bytes of all tables: 700 short names and their lists */

static struct fake_kernel *k;
static uint8_t whole[4][MADE];

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void make(void)
{
	k = machine();
	for (unsigned order = 0; order < 4; order++) {
		memset(k->ram + FK_IMAGE + TABLES, 0, MADE);
		put_tables(k, (enum order)order, 0);
		memcpy(whole[order], k->ram + FK_IMAGE + TABLES, MADE);
	}
}

static void ask(const struct dmv_kallsyms *s)
{
	struct dmv_ksym sym;
	uint64_t addr;
	size_t lost;

	must(dmv_kallsyms_count(s, &lost));
	dmv_kallsyms_symbol(s, "linux_banner", &addr);
	dmv_kallsyms_symbol(s, "no_such_symbol", &addr);
	for (uint64_t at = FK_VIRT; at < FK_VIRT + 0x200000; at += 0x3fff)
		if (dmv_kallsyms_find(s, at, &sym))
			must(sym.start <= at && at < sym.end && strlen(sym.name) < DMV_KSYM_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dmv_err e = { 0 };
	struct dmv_kallsyms *s;
	uint8_t *tables;

	if (!n)
		return 0;
	if (!k)
		make();
	tables = k->ram + FK_IMAGE + TABLES;
	memcpy(tables, whole[data[0] & 3], MADE);
	for (size_t i = 1; i + 4 <= n; i += 4) {
		size_t at = (size_t)(data[i] | data[i + 1] << 8) % MADE, len = data[i + 2];

		memset(tables + at, data[i + 3], len < MADE - at ? len : MADE - at);
	}
	if (dmv_kallsyms_load(&k->b.base, &s, &e)) {
		must(e.msg[0]);
		return 0;
	}
	ask(s);
	dmv_kallsyms_free(s);
	return 0;
}
