/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any text as VMCOREINFO: asked for every kind of value, then believed or not by the search for a
 * kernel, as the dump's own and as a page of its memory.
 */
#include "fake_kernel.h"
#include "mem_kernel.h"
#include "vmcoreinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct fake_kernel *k;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void ask(const char *text)
{
	uint64_t u = 1;
	int64_t v = 1;
	char buf[16];

	dmv_vmci_symbol(text, "init_uts_ns", &u);
	dmv_vmci_size(text, "OFFSET", "uts_namespace.name", &u);
	dmv_vmci_hex(text, "KERNELOFFSET", &u);
	dmv_vmci_decimal(text, "PAGESIZE", &u);
	dmv_vmci_number(text, "phys_base", &v);
	if (dmv_vmci_text(text, "OSRELEASE", buf, sizeof(buf)))
		must(strlen(buf) < sizeof(buf) && !strchr(buf, '\n'));
}

static void search(char *own)
{
	const struct dmv_kernel *f;
	struct dmv_err e = { 0 };
	uint8_t b;

	k->b.base.vmcoreinfo = own;
	k->b.base.linux_kernel = own;
	if (dmv_mem_kernel_search(&k->b.base, NULL, &f, &e))
		must(e.msg[0]);
	else
		must(!strncmp(f->release, FK_RELEASE, strlen(f->release)) && f->how[0]);
	dmv_mem_read(&k->b.base, DMV_VIRT, FK_VIRT, &b, 1, &e);
	/* One that was found is the target's to free. */
	if (k->b.base.vmcoreinfo != own)
		free(k->b.base.vmcoreinfo);
	k->b.base.vmcoreinfo = NULL;
	bytes_mem_deinit(&k->b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char text[4096] = "";

	if (!k)
		k = fk_new();
	if (n > sizeof(text) - 1)
		n = sizeof(text) - 1;
	memcpy(text, data, n);
	ask(text);
	memset(k->ram + FK_TEXT_PAGE, 0, 4096);
	k->b.base.machine = n & 1 ? EM_X86_64 : n & 2 ? EM_AARCH64 : n & 4 ? EM_386 : 0;
	search(text);
	memcpy(k->ram + FK_TEXT_PAGE, text, n);
	search(NULL);
	return 0;
}
