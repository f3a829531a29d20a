/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A kernel whose kallsyms name no data: BTF and the list of modules are found in its image. */
#include "fake_kernel.h"
#include "mem_kernel.h"
#include "names_kernel.h"
#include "t.h"

enum { LIST = 8, SELF = 0x58, FIRST = 0x101000, LAST_MODULE = 0x102040, HEAD = 0x20010 };

static const struct fake_symbol code_only[] = {
	{ "T_stext", 0, false }, { "Tinit_one", 0x100, false }, { "t_einittext", 0x80000, false },
	{ "t_end", FK_LAST, false },
};

static struct fake_kernel *code_kernel(const struct fake_symbol *s, size_t n,
				       struct dmv_kallsyms **names)
{
	struct fake_kernel *k = fk_new();
	struct dmv_err e = { 0 };

	memset(k->ram + FK_IMAGE + FK_NAMES, 0, FK_TOKENS - FK_NAMES);
	fk_kallsyms(k, s, n);
	dmv_mem_set_vmcoreinfo(&k->b.base, k->text, strlen(k->text));
	T_CHECKF(dmv_mem_kernel(&k->b.base, &e) && !dmv_kallsyms_load(&k->b.base, names, &e),
		 "the kernel and its names", "%s", e.msg);
	return k;
}

static void drop(struct fake_kernel *k, struct dmv_kallsyms *names)
{
	dmv_kallsyms_free(names);
	bytes_mem_deinit(&k->b);
	free(k->b.base.vmcoreinfo);
	free(k);
}

/* A BTF header in the image, and an end for its strings. */
static void put_btf(struct fake_kernel *k, uint32_t at, uint32_t types, uint32_t strings)
{
	uint64_t p = FK_IMAGE + at;

	fk_put(k, p, 0x1eb9f, 4);
	fk_put(k, p + 4, 24, 4);
	fk_put(k, p + 8, 0, 4);
	fk_put(k, p + 12, types, 4);
	fk_put(k, p + 16, types, 4);
	fk_put(k, p + 20, strings, 4);
}

static void btf(void)
{
	struct dmv_kallsyms *names = NULL;
	struct fake_kernel *k = code_kernel(code_only, 4, &names);
	struct dmv_range r;

	T_CHECK(!dmv_image_find_btf(&k->b.base, names, &r), "BTF: there is none");
	put_btf(k, 0x10000, 0xfffffff0, 0x20);          /* longer than any */
	put_btf(k, 0x10100, 0, 0x20);                   /* no types */
	put_btf(k, 0x10200, 0x1000000, 0x20);           /* passes the end of the image */
	put_btf(k, 0x10300, 0x20000, 0x20);
	k->ram[FK_IMAGE + 0x10300 + 24 + 0x20000 + 0x1f] = 'x'; /* its last string has no end */
	put_btf(k, 0x11004, 0x100, 0x40);               /* another's */
	put_btf(k, 0x12344, 0x2000, 0x400);
	T_CHECKF(dmv_image_find_btf(&k->b.base, names, &r) && r.start == FK_VIRT + 0x12344 &&
		 r.end == r.start + 24 + 0x2400, "BTF: the largest that is whole",
		 "0x%llx to 0x%llx", (unsigned long long)r.start, (unsigned long long)r.end);
	put_btf(k, 0x80010, 0x4000, 0x400);
	T_CHECK(dmv_image_find_btf(&k->b.base, names, &r) && r.start == FK_VIRT + 0x12344,
		"BTF: none behind the init code");
	drop(k, names);

	k = code_kernel(fk_symbols, sizeof(fk_symbols) / sizeof(fk_symbols[0]), &names);
	put_btf(k, 0x12344, 0x2000, 0x400);
	T_CHECK(!dmv_image_find_btf(&k->b.base, names, &r),
		"BTF: not looked for where kallsyms name data");
	drop(k, names);
}

static void put_list(struct fake_kernel *k, uint32_t at, uint32_t next, uint32_t prev)
{
	fk_put(k, FK_IMAGE + at, FK_VIRT + next, 8);
	fk_put(k, FK_IMAGE + at + 8, FK_VIRT + prev, 8);
}

static void put_module(struct fake_kernel *k, uint32_t at, uint32_t next, uint32_t prev)
{
	put_list(k, at + LIST, next, prev);
	fk_put(k, FK_IMAGE + at + SELF, FK_VIRT + at, 8);
}

static void modules(void)
{
	static const struct dmv_module_marks marks = { .list = LIST, .self = SELF, .word = 8 };
	struct dmv_kallsyms *names = NULL;
	struct fake_kernel *k = code_kernel(code_only, 4, &names);
	struct dmv_mem *m = &k->b.base;
	uint64_t at = 0;

	put_list(k, 0x18000, 0x18000, 0x18000);                         /* an empty list */
	put_list(k, 0x18100, 0x108000 + LIST, 0x108000 + LIST);         /* no module there */
	put_list(k, 0x108000 + LIST, 0x18100, 0x18100);
	put_list(k, 0x18200, FIRST + LIST, LAST_MODULE + LIST);         /* they lead elsewhere */
	put_list(k, 0x18300, FIRST + LIST + 1, LAST_MODULE + LIST);
	put_module(k, FIRST, LAST_MODULE + LIST, HEAD);
	put_module(k, LAST_MODULE, HEAD, FIRST + LIST);
	T_CHECK(!dmv_image_find_modules(m, &marks, &at) && !at, "modules: no head");
	put_list(k, HEAD, FIRST + LIST, LAST_MODULE + LIST);
	T_CHECK(dmv_image_find_modules(m, &marks, &at) && at == FK_VIRT + HEAD,
		"modules: the head");
	fk_put(k, FK_IMAGE + LAST_MODULE + SELF, FK_VIRT + FIRST, 8);
	T_CHECK(!dmv_image_find_modules(m, &marks, &at), "modules: one that is not itself");
	put_module(k, FIRST, HEAD, HEAD);
	put_list(k, HEAD, FIRST + LIST, FIRST + LIST);
	T_CHECK(dmv_image_find_modules(m, &marks, &at) && at == FK_VIRT + HEAD, "modules: but one");
	drop(k, names);
}

int main(void)
{
	btf();
	modules();
	return T_DONE();
}
