/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * kallsyms that nobody points to: the tables in the orders in which kernels have them, laid out by
 * hand somewhere in an image, and some that only look like them.
 */
#include "t.h"
#include "kallsyms_made.h"
#include "names.h"

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
