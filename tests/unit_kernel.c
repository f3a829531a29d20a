/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A kernel in physical memory: each way to its page tables alone, what must not be taken for a
 * kernel, and what is read by virtual addresses then.
 */
#include "t.h"
#include "fake_kernel.h"
#include "mem_int.h"
#include "mem_kernel.h"
#include "names.h"

static void drop(struct fake_kernel *k)
{
	bytes_mem_deinit(&k->b);
	free(k->b.base.vmcoreinfo);
	free(k);
}

static void has_text(struct fake_kernel *k)
{
	dmv_mem_set_vmcoreinfo(&k->b.base, k->text, strlen(k->text));
}

static void wipe_text(struct fake_kernel *k)
{
	memset(k->ram + FK_TEXT_PAGE, 0, 4096);
}

/* Is the kernel found, and the right one? */
static void found(struct fake_kernel *k, const char *how, const char *name)
{
	const struct dmv_kernel *f = NULL;
	struct dmv_err e = { 0 };
	uint64_t v = 0;
	enum dmv_code c = dmv_mem_kernel_search(&k->b.base, NULL, &f, &e);
	char read[6] = "";

	dmv_mem_read(&k->b.base, DMV_VIRT, FK_VIRT + FK_BANNER, read, 5, NULL);
	T_CHECKF(!c && !strcmp(f->release, FK_RELEASE) && strstr(f->how, how) &&
		 f->have_offset && f->offset == FK_OFFSET && f->have_phys_base &&
		 f->phys_base == (int64_t)FK_IMAGE - (int64_t)(FK_VIRT - 0xffffffff80000000ull) &&
		 !strcmp(read, "Linux"), name, "code %d: %s; %s", c, e.msg, f ? f->how : "-");
	T_CHECK(dmv_mem_read(&k->b.base, DMV_VIRT, 0x1000, &v, 8, NULL),
		"the lower half is no kernel's");
	drop(k);
}

static void not_found(struct fake_kernel *k, const char *why, const char *name)
{
	const struct dmv_kernel *f;
	struct dmv_err e = { 0 };
	enum dmv_code c = dmv_mem_kernel_search(&k->b.base, NULL, &f, &e);
	uint8_t b;

	T_CHECKF(c && strstr(e.msg, why), name, "code %d: %s", c, e.msg);
	c = dmv_mem_read(&k->b.base, DMV_VIRT, FK_VIRT, &b, 1, &e);
	T_CHECKF(c == DMV_E_ABSENT && strstr(e.msg, why) && e.addr == FK_VIRT,
		 "and a read by virtual address says so", "code %d: %s", c, e.msg);
	drop(k);
}

static void by_vmcoreinfo(void)
{
	struct fake_kernel *k = fk_new();
	struct dmv_err e = { 0 };
	unsigned long reads;

	wipe_text(k);
	has_text(k);
	T_CHECK(dmv_mem_kernel(&k->b.base, &e) != NULL, "VMCOREINFO is enough without a search");
	reads = k->b.reads;
	T_CHECKF(reads < 10, "and costs a few pages", "%lu reads", reads);
	found(k, "VMCOREINFO", "by VMCOREINFO of the dump");

	k = fk_new();
	T_CHECK(!dmv_mem_kernel(&k->b.base, &e) && strstr(e.msg, "no VMCOREINFO"),
		"without it nothing is known at first");
	found(k, "found in memory at physical 0x8000", "by VMCOREINFO's text in memory");
}

/* Damaged in the dump, whole in memory; or moved by a line that lies. */
static void bad_vmcoreinfo(void)
{
	const struct dmv_kernel *f;
	struct fake_kernel *k = fk_new();

	has_text(k);
	*strchr(strstr(k->b.base.vmcoreinfo, "phys_base"), '=') = '-';
	found(k, "found in memory", "VMCOREINFO without phys_base: another way is found");

	k = fk_new();
	has_text(k);
	memset(k->b.base.vmcoreinfo, 0, strlen(k->text));
	T_CHECK(!dmv_mem_kernel_search(&k->b.base, NULL, &f, NULL) &&
		strstr(k->b.base.vmcoreinfo, FK_RELEASE),
		"VMCOREINFO of zeros gives way to memory's");
	drop(k);

	k = fk_new();
	wipe_text(k);
	has_text(k);
	memcpy(strstr(k->b.base.vmcoreinfo, FK_RELEASE), "6.1.0-evil", 10);
	memset(k->ram + FK_IMAGE + FK_BANNER, 0, 64);
	not_found(k, "does not hold the release 6.1.0-evil", "a release that is not the kernel's");
}

static void planted(void)
{
	struct fake_kernel *k = fk_new();
	char *p;

	/* Below the kernel's own: the same text, but its page tables are somewhere else. */
	memcpy(k->ram + 0x4000, k->text, 4096);
	p = strstr((char *)k->ram + 0x4000, "phys_base)=-");
	p[12] = '7';
	memcpy(k->ram + 0x5000, "OSRELEASE=", 10);
	memset(k->ram + 0x500a, 'x', 4096 - 10);
	found(k, "physical 0x8000", "a text that leads nowhere does not win");
}

static void by_registers(void)
{
	struct fake_kernel *k = fk_new();

	wipe_text(k);
	k->cpu = (struct dmv_cpu){ { 0x80050033, 0, 0, FK_PGD | 6, 0x370ee0 } };
	k->b.base.cpu = &k->cpu;
	k->b.base.ncpu = 1;
	found(k, "CR3 of CPU 0", "by CR3");

	k = fk_new();
	wipe_text(k);
	k->cpu = (struct dmv_cpu){ { 0x80050033, 0, 0, FK_PGD | 0x1806, 0x370ee0 } };
	k->b.base.cpu = &k->cpu;
	k->b.base.ncpu = 1;
	found(k, "CR3 of CPU 0", "by CR3 of user mode with isolated page tables");
}

static void by_tables(void)
{
	struct fake_kernel *k = fk_new();

	wipe_text(k);
	found(k, "a page table found in memory", "by a page that maps a kernel");

	k = fk_new();
	wipe_text(k);
	memset(k->ram + FK_IMAGE + FK_BANNER, 0, 64);
	not_found(k, "no Linux kernel", "an image without a banner is none");

	k = fk_new();
	wipe_text(k);
	fk_string(k, FK_IMAGE + FK_BANNER, "Linux version %s (%s)");
	not_found(k, "no Linux kernel", "the format of the banner is no banner");
}

static void not_one(void)
{
	struct fake_kernel *k = fk_new();
	const struct dmv_kernel *f;
	bool stop = true;

	T_EQ(dmv_mem_kernel_search(&k->b.base, &stop, &f, NULL), DMV_E_STOPPED, "^C stops it");
	stop = false;
	T_EQ(dmv_mem_kernel_search(&k->b.base, &stop, &f, NULL), DMV_E_OK, "and it can go on");
	drop(k);

	k = fk_new();
	k->b.base.machine = EM_S390;
	has_text(k);
	wipe_text(k);
	not_found(k, "not known", "page tables of an unknown processor");

	k = fk_new();
	k->b.base.nrange[DMV_PHYS] = 0;
	not_found(k, "no physical memory", "a target without physical memory");

	k = fk_new();
	k->b.base.live = true;
	T_CHECK(dmv_mem_kernel_search(&k->b.base, NULL, &f, NULL) == DMV_E_NOTFOUND &&
		k->b.reads == 0, "live memory is not searched");
	drop(k);
}

/* aarch64: kimage_voffset and the real width, which may be less than the kernel was built for. */
static void arm64(void)
{
	const uint64_t voffset = 0xffff7fffc0000000ull, pgd = 0x20000, image = 0x200000;
	const uint64_t virt = image + voffset;
	struct fake_kernel *k = fk_new();
	const struct dmv_kernel *f;
	struct dmv_err e = { 0 };
	char text[600];

	k->b.base.machine = EM_AARCH64;
	memset(k->ram, 0, FK_IMAGE);
	fk_put(k, pgd + (virt >> 39 & 511) * 8, 0x21003, 8);
	fk_put(k, 0x21000 + (virt >> 30 & 511) * 8, 0x22003, 8);
	fk_put(k, 0x22000 + (virt >> 21 & 511) * 8, image | 0x701, 8);
	snprintf(text, sizeof(text),
		 "OSRELEASE=" FK_RELEASE "\nPAGESIZE=4096\nSYMBOL(init_uts_ns)=%llx\n"
		 "OFFSET(uts_namespace.name)=4\nSYMBOL(swapper_pg_dir)=%llx\nNUMBER(VA_BITS)=52\n"
		 "NUMBER(kimage_voffset)=0x%llx\nNUMBER(TCR_EL1_T1SZ)=0x10\nKERNELOFFSET=0\n",
		 (unsigned long long)virt + FK_UTS, (unsigned long long)(pgd + voffset),
		 (unsigned long long)voffset);
	dmv_mem_set_vmcoreinfo(&k->b.base, text, strlen(text));
	f = dmv_mem_kernel(&k->b.base, &e);
	T_CHECKF(f && !strcmp(f->release, FK_RELEASE) && !f->have_phys_base, "aarch64", "%s",
		 e.msg);
	drop(k);
}

/* ---- names ---- */

static struct dmv_names *names_of(struct fake_kernel *k)
{
	struct dmv_names *n;

	dmv_names_new(&n, NULL);
	dmv_names_set_target(n, &k->b.base, NULL);
	return n;
}

static void symbols(void)
{
	struct fake_kernel *k = fk_new();
	struct dmv_names *n = names_of(k);
	struct dmv_names_kernel info;
	uint64_t v = 0;
	char text[100];

	T_CHECK(!dmv_names_symbol(n, "init_one", &v) && !dmv_names_kernel(n, &info),
		"no names before a kernel is known");
	has_text(k);
	dmv_names_free(n);
	dmv_mem_kernel_free(&k->b.base);
	n = names_of(k);
	T_CHECK(dmv_names_symbol(n, "init_one", &v) && v == FK_VIRT + 0x100, "a symbol");
	T_CHECK(dmv_names_symbol(n, "cpu_number", &v) && v == 0x1a000, "a per-CPU variable");
	T_CHECK(!dmv_names_symbol(n, "init_", &v) && !dmv_names_symbol(n, "init_one2", &v) &&
		!dmv_names_symbol(n, "Tinit_one", &v) && !dmv_names_symbol(n, "", &v),
		"names that are nearly there");
	T_STREQ(dmv_names_text(n, FK_VIRT + 0x123, text, sizeof(text)), "vmlinux!init_one+0x23",
		"an address; of two names the first");
	T_STREQ(dmv_names_text(n, FK_VIRT + FK_UTS, text, sizeof(text)),
		"vmlinux!init_uts_ns+0x0", "a variable");
	T_STREQ(dmv_names_text(n, FK_VIRT + FK_LAST, text, sizeof(text)), "0xffffffff853f0000",
		"behind the last symbol");
	T_STREQ(dmv_names_text(n, 0x1a008, text, sizeof(text)), "0x000000000001a008",
		"per-CPU variables have no place");
	T_CHECK(dmv_names_kernel(n, &info) && info.symbols == 11 && !info.lost && !info.types &&
		strstr(info.types_why.msg, "BTF"), "what is known of the kernel");
	dmv_names_free(n);
	drop(k);
}

/* As Linux 7.0 has them: no base, each offset from its own place. */
static void from_places(void)
{
	struct fake_kernel *k = fk_new();
	struct dmv_names *n = names_of(k);
	size_t nsym = sizeof(fk_symbols) / sizeof(fk_symbols[0]) - 2;
	uint64_t v = 0;
	char text[80];

	/* Per-CPU variables have addresses of their own there. */
	memset(k->ram + FK_IMAGE + FK_NAMES, 0, FK_TOKENS - FK_NAMES);
	fk_kallsyms(k, fk_symbols + 2, nsym);
	fk_put(k, FK_IMAGE + FK_BASE, 0, 8);
	for (size_t i = 0; i < nsym; i++)
		fk_put(k, FK_IMAGE + FK_OFFSETS + 4 * i,
		       fk_symbols[2 + i].off - (FK_OFFSETS + 4 * i), 4);
	has_text(k);
	*strstr(k->b.base.vmcoreinfo, "kallsyms_relative_base") = '-';
	T_CHECK(dmv_names_symbol(n, "init_uts_ns", &v) && v == FK_VIRT + FK_UTS,
		"an offset from its own place");
	T_STREQ(dmv_names_text(n, FK_VIRT + 0x123, text, sizeof(text)), "vmlinux!init_one+0x23",
		"and an address");
	T_CHECK(!dmv_names_place(n, FK_VIRT - 1, &(struct dmv_place){ .offset = 0 }),
		"below the first symbol is no kernel");
	dmv_names_free(n);
	drop(k);
}

/* Each is one thing wrong; the message must name it, or what is left must be right. */
static void spoilt_symbols(void)
{
	static const struct {
		uint64_t at, value;
		unsigned n;
		const char *why, *name;
	} v[] = {
		{ FK_NUM, 0, 4, "0 symbols", "kallsyms: no symbols" },
		{ FK_NUM, 0xffffffff, 4, "4294967295 symbols", "kallsyms: too many" },
		{ FK_INDEX + 400, 0xffff, 2, "token 200", "kallsyms: a token beyond the table" },
		{ FK_BASE, 0xffffffff80000000, 8, "_stext", "kallsyms: a base that is not so" },
		{ FK_NAMES, 0, 1, "no name can be read", "kallsyms: a name without a length" },
		{ FK_NAMES, 0xffff, 2, "no name can be read", "kallsyms: a name beyond the table" },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct fake_kernel *k = fk_new();
		struct dmv_names *n = names_of(k);
		struct dmv_names_kernel info = { 0 };
		uint64_t addr;

		has_text(k);
		fk_put(k, FK_IMAGE + v[i].at, v[i].value, v[i].n);
		dmv_names_kernel(n, &info);
		T_CHECKF(!info.symbols && strstr(info.symbols_why.msg, v[i].why) &&
			 !dmv_names_symbol(n, "_stext", &addr), v[i].name, "%zu symbols, \"%s\"",
			 info.symbols, info.symbols_why.msg);
		dmv_names_free(n);
		drop(k);
	}
}

static void cut_symbols(void)
{
	struct fake_kernel *k = fk_new();
	struct dmv_names *n = names_of(k);
	struct dmv_names_kernel info = { 0 };
	uint64_t addr;

	/* The eighth name has no length. */
	has_text(k);
	for (unsigned i = 0, at = FK_IMAGE + FK_NAMES; i < 8; i++) {
		if (i == 7)
			k->ram[at] = 0;
		at += k->ram[at] + 1u;
	}
	dmv_names_kernel(n, &info);
	T_CHECKF(info.symbols == 7 && info.lost == 4, "kallsyms: cut, and it is told",
		 "%zu and %zu lost", info.symbols, info.lost);
	T_CHECK(dmv_names_symbol(n, "linux_banner", &addr) &&
		!dmv_names_symbol(n, "init_uts_ns", &addr), "what is before the cut is there");
	dmv_names_free(n);
	drop(k);
}

int main(void)
{
	by_vmcoreinfo();
	bad_vmcoreinfo();
	planted();
	by_registers();
	by_tables();
	not_one();
	arm64();
	symbols();
	from_places();
	spoilt_symbols();
	cut_symbols();
	return T_DONE();
}
