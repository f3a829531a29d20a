/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any bytes as a kernel's list of modules, with whatever it leads to in the same bytes: structures,
 * tables of symbols, strings. The first byte says which layout struct module has. The corpus is
 * made by tests/fuzz_modules_seeds.py.
 */
#include "fake_kernel.h"
#include "names_kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { LIST = 0x10000, MOST = 0x20000 };        /* of the image */
enum { MODULE = 1, KALLSYMS, LAYOUT, PIECES, NAME, LINK, WORD, HALF };
enum { OLD = 1 };                               /* bit of the first byte: before Linux 6.4 */

static struct fake_kernel *k;

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* ---- types ---- */

static const uint64_t sizes[] = {
	[MODULE] = 256, [KALLSYMS] = 24, [LAYOUT] = 16, [PIECES] = 7 * 16, [NAME] = 56,
	[LINK] = 16, [WORD] = 8, [HALF] = 4,
};

static const struct {
	unsigned of;
	const char *name;
	unsigned offset, type;
	bool old, new;
} members[] = {
	{ MODULE, "list", 8, LINK, true, true }, { MODULE, "name", 24, NAME, true, true },
	{ MODULE, "mem", 80, PIECES, false, true }, { MODULE, "kallsyms", 200, WORD, true, true },
	{ MODULE, "core_layout", 80, LAYOUT, true, false },
	{ MODULE, "init_layout", 96, LAYOUT, true, false },
	{ LAYOUT, "base", 0, WORD, true, true }, { LAYOUT, "size", 8, HALF, true, true },
	{ KALLSYMS, "symtab", 0, WORD, true, true }, { KALLSYMS, "strtab", 16, WORD, true, true },
	{ KALLSYMS, "num_symtab", 8, HALF, true, true },
};

struct layout {
	struct dmv_types base;
	bool old;
};

static bool find(const struct dmv_types *t, const char *name, uint64_t *type)
{
	(void)t;
	*type = !strcmp(name, "module") ? MODULE : !strcmp(name, "mod_kallsyms") ? KALLSYMS : 0;
	return *type;
}

static bool member(const struct dmv_types *t, uint64_t type, const char *name, size_t n,
		   uint64_t *bits, uint64_t *ret, uint32_t *width)
{
	bool old = ((const struct layout *)t)->old;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (members[i].of != type || strlen(members[i].name) != n ||
		    memcmp(members[i].name, name, n) || !(old ? members[i].old : members[i].new))
			continue;
		*bits += 8 * members[i].offset;
		*ret = members[i].type;
		*width = 0;
		return true;
	}
	return false;
}

static bool element(const struct dmv_types *t, uint64_t type, uint64_t i, uint64_t *bytes,
		    uint64_t *ret)
{
	(void)t;
	*bytes = i * sizes[LAYOUT];
	*ret = LAYOUT;
	return type == PIECES && i < 7;
}

static bool size(const struct dmv_types *t, uint64_t type, uint64_t *ret)
{
	(void)t;
	*ret = sizes[type];
	return true;
}

static bool enumerator(const struct dmv_types *t, const char *name, int64_t *ret)
{
	(void)t;
	(void)name;
	(void)ret;
	return false;
}

static const struct dmv_types_ops ops = {
	.find = find, .member = member, .element = element, .size = size, .enumerator = enumerator,
};

static const struct dmv_types *types(void *ctx)
{
	return ctx;
}

/* ---- the kernel ---- */

static struct fake_kernel *without_btf(void)
{
	static const struct fake_symbol symbols[] = {
		{ "T_stext", 0, false }, { "Dlinux_banner", FK_BANNER, false },
		{ "Dinit_uts_ns", FK_UTS, false }, { "Dmodules", LIST, false },
		{ "B_end", LIST + MOST, false },
	};
	struct fake_kernel *new = fk_new();

	fk_kallsyms(new, symbols, sizeof(symbols) / sizeof(symbols[0]));
	dmv_mem_set_vmcoreinfo(&new->b.base, new->text, strlen(new->text));
	return new;
}

static void check(const struct dmv_kmod *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		must(memchr(v[i].name, 0, sizeof(v[i].name)));
		for (size_t p = 0; p < sizeof(v[i].piece) / sizeof(v[i].piece[0]); p++)
			must(v[i].piece[p].start <= v[i].piece[p].end);
		for (size_t s = 1; s < v[i].sym.nsym; s++)
			must(v[i].sym.sym[s - 1].addr <= v[i].sym.sym[s].addr);
	}
}

static void ask(struct dmv_knames *kn)
{
	struct dmv_err why = { 0 };
	struct dmv_place place;
	uint64_t addr;
	size_t n;
	const struct dmv_kmod *v = dmv_knames_modules(kn, &n, &why);

	must(n || why.msg[0] || !why.code);
	for (size_t i = 0; i < n && i < 8; i++)
		for (unsigned at = 0; at < 0x400; at += 0x7f)
			if (dmv_knames_place(kn, v[i].base + at, &place))
				must(memchr(place.module, 0, sizeof(place.module)) &&
				     memchr(place.function, 0, sizeof(place.function)));
	dmv_knames_symbol(kn, "init_module", &addr);
	dmv_knames_symbol(kn, "no_such_symbol", &addr);
	check(v, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct layout l = { .base = { &ops } };
	struct dmv_knames *kn;

	if (!n)
		return 0;
	if (!k)
		k = without_btf();
	l.old = data[0] & OLD;
	n = n - 1 < MOST ? n - 1 : MOST;
	memset(k->ram + FK_IMAGE + LIST, 0, MOST);
	memcpy(k->ram + FK_IMAGE + LIST, data + 1, n);
	kn = dmv_knames_new(&k->b.base);
	must(kn);
	dmv_knames_more(kn, &(struct dmv_kmore){ &l, types, NULL });
	ask(kn);
	dmv_knames_free(kn);
	return 0;
}
