/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A Linux kernel's page tables from VMCOREINFO, and the test that they must pass. What a text in
 * somebody's memory says is believed only if the kernel it leads to says the same.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_kernel_int.h"
#include "vmcoreinfo.h"

/* What a target keeps, found or not. */
struct dmv_kernel_kept {
	struct dmv_kernel k;
	bool found, asked, searched;
	struct dmv_err why;             /* not found */
};

void dmv_kernel_try_deinit(struct dmv_kernel_try *t)
{
	dmv_pagewalk_free(t->walk);
	free(t->vmcoreinfo);
	memset(t, 0, sizeof(*t));
}

/* ---- page tables from VMCOREINFO ---- */

static bool root_symbol(const char *text, uint64_t *ret)
{
	static const char *const names[] = { "init_top_pgt", "swapper_pg_dir", "init_level4_pgt" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (dmv_vmci_symbol(text, names[i], ret))
			return true;
	return false;
}

static enum dmv_code lacks(struct dmv_err *e, const char *what)
{
	return dmv_fail(e, DMV_E_NOTFOUND, "VMCOREINFO has no %s: no way to the page tables", what);
}

static enum dmv_code paging_x86_64(const char *text, struct dmv_paging *p, struct dmv_kernel *k,
				   struct dmv_err *e)
{
	uint64_t root;
	int64_t base, l5 = 0, sme = 0;

	if (!root_symbol(text, &root))
		return lacks(e, "SYMBOL(swapper_pg_dir)");
	if (!dmv_vmci_number(text, "phys_base", &base))
		return lacks(e, "NUMBER(phys_base)");
	dmv_vmci_number(text, "pgtable_l5_enabled", &l5);
	dmv_vmci_number(text, "sme_mask", &sme);
	k->have_phys_base = true;
	k->phys_base = base;
	*p = (struct dmv_paging){
		.mode = l5 == 1 ? DMV_PAGING_X86_64_LA57 : DMV_PAGING_X86_64,
		.root = root - DMV_START_KERNEL_MAP + (uint64_t)base,
		.ignore = (uint64_t)sme,
	};
	return DMV_E_OK;
}

/* The kernel of 32 bits is mapped at PAGE_OFFSET, which VMCOREINFO does not tell: by far the most
 * have it at 3 GiB. */
static enum dmv_code paging_x86_32(const char *text, struct dmv_paging *p, struct dmv_kernel *k,
				   struct dmv_err *e)
{
	char pae[4];
	uint64_t root;

	(void)k;
	if (!root_symbol(text, &root))
		return lacks(e, "SYMBOL(swapper_pg_dir)");
	*p = (struct dmv_paging){
		.mode = dmv_vmci_text(text, "CONFIG_X86_PAE", pae, sizeof(pae)) ?
				DMV_PAGING_X86_PAE : DMV_PAGING_X86_32,
		.root = (root - UINT64_C(0xc0000000)) & UINT32_MAX,
	};
	return DMV_E_OK;
}

/*
 * A kernel built for 52-bit addresses on a machine of 48 (arch/arm64/kernel/head.S,
 * TTBR1_BADDR_4852_OFFSET): with pages of 64 KiB its top table has 1024 entries, of which the
 * processor is shown the last 64.
 */
static uint64_t top_table_skip(int64_t built, int64_t real, unsigned page_shift)
{
	return built == 52 && real == 48 && page_shift == 16 ? (1024 - 64) * 8 : 0;
}

static enum dmv_code paging_arm64(const char *text, struct dmv_paging *p, struct dmv_kernel *k,
				  struct dmv_err *e)
{
	int64_t voffset, built, bits, t1sz;
	uint64_t root, page = 4096;
	unsigned shift;

	(void)k;
	if (!root_symbol(text, &root))
		return lacks(e, "SYMBOL(swapper_pg_dir)");
	if (!dmv_vmci_number(text, "kimage_voffset", &voffset))
		return lacks(e, "NUMBER(kimage_voffset)");
	if (!dmv_vmci_number(text, "VA_BITS", &built))
		return lacks(e, "NUMBER(VA_BITS)");
	bits = dmv_vmci_number(text, "TCR_EL1_T1SZ", &t1sz) ? 64 - t1sz : built;
	dmv_vmci_decimal(text, "PAGESIZE", &page);
	shift = page == 65536 ? 16 : page == 16384 ? 14 : 12;
	if (bits < 25 || bits > 52)
		return dmv_fail(e, DMV_E_CORRUPT, "VMCOREINFO: addresses of %" PRId64 " bits",
				bits);
	*p = (struct dmv_paging){
		.mode = DMV_PAGING_ARM64,
		.root = root - (uint64_t)voffset + top_table_skip(built, bits, shift),
		.va_bits = (uint8_t)bits,
		.page_shift = (uint8_t)shift,
	};
	return DMV_E_OK;
}

static const struct arch {
	uint32_t machine;
	const char *number;             /* a line that only this one writes, where m knows none */
	enum dmv_code (*paging)(const char *text, struct dmv_paging *p, struct dmv_kernel *k,
				struct dmv_err *e);
} archs[] = {
	{ EM_X86_64, "phys_base", paging_x86_64 },
	{ EM_AARCH64, "kimage_voffset", paging_arm64 },
	{ EM_386, NULL, paging_x86_32 },
};

static const struct arch *arch_of(const struct dmv_mem *m, const char *text)
{
	int64_t v;

	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++) {
		if (m->machine ? m->machine == archs[i].machine :
				 archs[i].number && dmv_vmci_number(text, archs[i].number, &v))
			return &archs[i];
	}
	return NULL;
}

/* ---- the test ---- */

/* init_uts_ns.name holds, 65 bytes each: "Linux", the host's name, the release. */
static enum dmv_code check_release(struct dmv_pagewalk *w, const char *text, const char *release,
				   struct dmv_err *e)
{
	enum { FIELD = 65 };
	uint64_t at, off = 4;
	char name[3 * FIELD];
	enum dmv_code code;

	if (!dmv_vmci_symbol(text, "init_uts_ns", &at))
		return dmv_fail(e, DMV_E_CORRUPT, "VMCOREINFO has no SYMBOL(init_uts_ns)");
	dmv_vmci_size(text, "OFFSET", "uts_namespace.name", &off);
	code = dmv_pagewalk_read(w, at + off, name, sizeof(name), e);
	if (code)
		return dmv_prepend(e, "init_uts_ns");
	if (strncmp(name + 2 * FIELD, release, FIELD))
		return dmv_fail_at(e, DMV_E_CORRUPT, at,
				   "init_uts_ns at 0x%" PRIx64 " does not hold the release %s", at,
				   release);
	return DMV_E_OK;
}

enum dmv_code dmv_kernel_by_text(struct dmv_mem *m, const char *text, struct dmv_kernel_try *t,
				 struct dmv_err *e)
{
	const struct arch *a = arch_of(m, text);
	struct dmv_paging p = { 0 };
	enum dmv_code code;

	if (!dmv_vmci_text(text, "OSRELEASE", t->k.release, sizeof(t->k.release)))
		return lacks(e, "OSRELEASE");
	if (!a)
		return dmv_fail(e, DMV_E_NOTFOUND,
				"page tables of this processor (ELF machine %" PRIu32
				") are not known",
				m->machine);
	code = a->paging(text, &p, &t->k, e);
	if (!code)
		code = dmv_pagewalk_new(&p, m, &t->walk, e);
	if (!code)
		code = check_release(t->walk, text, t->k.release, e);
	if (code)
		return code;
	t->k.have_offset = dmv_vmci_hex(text, "KERNELOFFSET", &t->k.offset);
	return DMV_E_OK;
}

/* ---- what a target keeps ---- */

static struct dmv_kernel_kept *keeper(struct dmv_mem *m)
{
	if (!m->kernel)
		m->kernel = calloc(1, sizeof(*m->kernel));
	return m->kernel;
}

void dmv_mem_kernel_free(struct dmv_mem *m)
{
	free(m->kernel);
	m->kernel = NULL;
}

static void accept(struct dmv_mem *m, struct dmv_kernel_try *t)
{
	m->kernel->k = t->k;
	m->kernel->found = true;
	dmv_pagewalk_free(m->walk);
	m->walk = t->walk;
	t->walk = NULL;
	/* linux_kernel stays what the dump itself says: whether a region is scanned for must not
	 * depend on who asked for the kernel before. */
	/* What led to the kernel is better than what the dump had and did not. */
	if (t->vmcoreinfo) {
		free(m->vmcoreinfo);
		m->vmcoreinfo = t->vmcoreinfo;
		t->vmcoreinfo = NULL;
	}
	if (!m->machine)
		m->machine = dmv_pagewalk_paging(m->walk)->mode == DMV_PAGING_ARM64 ? EM_AARCH64 :
										      EM_X86_64;
	if (!m->bits)
		m->bits = 64;
}

static enum dmv_code by_own_text(struct dmv_mem *m, struct dmv_kernel_try *t, struct dmv_err *e)
{
	if (!m->vmcoreinfo)
		return dmv_fail(e, DMV_E_NOTFOUND, "the dump has no VMCOREINFO");
	snprintf(t->k.how, sizeof(t->k.how), "VMCOREINFO");
	return dmv_kernel_by_text(m, m->vmcoreinfo, t, e);
}

void dmv_mem_kernel_retrace(struct dmv_mem *m)
{
	struct dmv_kernel_try t = { 0 };

	by_own_text(m, &t, NULL);
	dmv_kernel_try_deinit(&t);
}

/* A process has no kernel of its own; a target with a walk already has another one's. */
static bool may_have_kernel(const struct dmv_mem *m)
{
	return m->nrange[DMV_PHYS] && !(m->walk && !m->linux_kernel);
}

const struct dmv_kernel *dmv_mem_kernel(struct dmv_mem *m, struct dmv_err *e)
{
	struct dmv_kernel_kept *mk;
	struct dmv_kernel_try t = { 0 };

	if (!m->kernel && !may_have_kernel(m)) {
		dmv_fail(e, DMV_E_NOTFOUND, "it holds no physical memory of a kernel");
		return NULL;
	}
	mk = keeper(m);
	if (!mk) {
		dmv_fail(e, DMV_E_MEMORY, "out of memory");
		return NULL;
	}
	if (!mk->asked) {
		mk->asked = true;
		if (!by_own_text(m, &t, &mk->why))
			accept(m, &t);
		dmv_kernel_try_deinit(&t);
	}
	if (!mk->found && e)
		*e = mk->why;
	return mk->found ? &mk->k : NULL;
}

static enum dmv_code search(struct dmv_mem *m, const bool *stop, struct dmv_err *e)
{
	static dmv_kernel_way *const ways[] = {
		dmv_kernel_by_text_in_memory, dmv_kernel_by_registers, dmv_kernel_by_tables,
		dmv_kernel_by_arm64_tables,
	};
	enum dmv_code code = DMV_E_NOTFOUND;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct dmv_kernel_try t = { 0 };

		code = ways[i](m, stop, &t, e);
		if (!code)
			accept(m, &t);
		dmv_kernel_try_deinit(&t);
		if (!code || code == DMV_E_STOPPED || code == DMV_E_MEMORY)
			return code;
	}
	return dmv_fail(e, DMV_E_NOTFOUND,
			"no Linux kernel: no VMCOREINFO in memory, no registers that lead to one, "
			"no page tables that map one");
}

enum dmv_code dmv_mem_kernel_search(struct dmv_mem *m, const bool *stop,
				    const struct dmv_kernel **ret, struct dmv_err *e)
{
	struct dmv_err none = { 0 }, why = { .addr = UINT64_MAX };
	const struct dmv_kernel *k = dmv_mem_kernel(m, &none);
	enum dmv_code code;

	if (!k && !m->kernel) {
		if (e)
			*e = none;
		return none.code;
	}
	/* All memory of a live target through a debugger's wire takes minutes. */
	if (!k && !m->kernel->searched && !m->live && !m->slow) {
		code = search(m, stop, &why);
		if (code == DMV_E_STOPPED)
			return dmv_fail(e, code, "stopped while looking for the kernel");
		m->kernel->searched = true;
		/* With VMCOREINFO at hand, what was wrong with it tells more. */
		if (code && !m->vmcoreinfo)
			m->kernel->why = why;
	}
	k = dmv_mem_kernel(m, e);
	if (!k)
		return m->kernel->why.code;
	*ret = k;
	return DMV_E_OK;
}
