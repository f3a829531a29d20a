/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "small_kernel.h"

#include <stdio.h>
#include <string.h>

uint64_t small_at(const struct small_kernel *k, const void *p)
{
	return SMALL_BASE + (uint64_t)((const char *)p - k->ram);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool member(void *ctx, const char *type, const char *path, struct dmv_member *ret)
{
	const struct small_kernel *k = ctx;
	char both[80];

	snprintf(both, sizeof(both), "%s.%s", type, path ? path : "");
	if (k->without && !strcmp(both, k->without))
		return false;
	for (size_t i = 0; i < k->nmember; i++) {
		const struct small_member *m = &k->member[i];

		if (strcmp(m->type, type) || !same(m->path, path))
			continue;
		*ret = (struct dmv_member){ m->offset, m->size, m->bit, m->bits };
		return true;
	}
	return false;
}

static bool symbol(void *ctx, const char *name, uint64_t *ret)
{
	const struct small_kernel *k = ctx;

	for (size_t i = 0; i < k->nsymbol; i++) {
		if (strcmp(k->symbol[i].name, name))
			continue;
		*ret = SMALL_BASE + k->symbol[i].offset;
		return true;
	}
	return false;
}

static bool place(void *ctx, uint64_t addr, struct dmv_place *ret)
{
	(void)ctx;
	*ret = (struct dmv_place){ .module = "vmlinux", .function = "some_ops" };
	return addr == SMALL_OPS;
}

static enum dmv_code read_ram(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			      size_t n, struct dmv_err *e)
{
	const struct small_kernel *k = (const struct small_kernel *)m;

	if (s != DMV_VIRT || addr < SMALL_BASE || addr - SMALL_BASE > k->bytes ||
	    n > k->bytes - (addr - SMALL_BASE) || (k->hole >= addr && k->hole < addr + n))
		return dmv_fail_at(e, DMV_E_ABSENT, addr, "nothing there");
	memcpy(buf, k->ram + (addr - SMALL_BASE), n);
	return DMV_E_OK;
}

void small_init(struct small_kernel *k, const void *ram, size_t bytes)
{
	static const struct dmv_mem_ops ops = { .format = "test", .read = read_ram };

	*k = (struct small_kernel){ .ram = ram, .bytes = bytes };
	k->mem = (struct dmv_mem){ .ops = &ops, .name = (char *)"test", .linux_kernel = true,
				   .bits = 64, .translates = true };
}

enum dmv_code small_facts(struct small_kernel *k, struct dmv_facts *f, struct dmv_err *e)
{
	const struct dmv_names_host host = { .ctx = k, .place = place, .symbol = symbol,
					     .member = member };
	struct dmv_names *n = NULL;
	enum dmv_code code;

	*f = (struct dmv_facts){ 0 };
	*e = (struct dmv_err){ .addr = DMV_NO_ADDR };
	dmv_names_new_bare(&n, NULL);
	dmv_names_set_host(n, &host);
	code = dmv_facts_linux(&k->mem, n, NULL, f, e);
	dmv_names_free(n);
	return code;
}
