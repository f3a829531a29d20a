/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A plain image of memory (JTAG, pmemsave, dd): only the user knows where it belongs, so it is
 * opened only with --base. Both spaces show the same bytes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"

struct raw {
	struct dmv_mem m;
	struct dmv_file *f;
	uint64_t base;
};

static enum dmv_code raw_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			      size_t n, struct dmv_err *e)
{
	struct raw *r = (struct raw *)m;
	uint64_t bad;
	size_t got = 0;
	int errnum = 0;

	if (addr >= r->base)
		got = dmv_file_read(r->f, addr - r->base, buf, n, &errnum);
	if (got == n)
		return DMV_E_OK;
	bad = addr + got;
	if (errnum)
		return dmv_fail_at(e, DMV_E_SYSTEM, bad,
				   "cannot read the file at 0x%" PRIx64 ": %s", bad - r->base,
				   strerror(errnum));
	return dmv_fail_at(e, DMV_E_ABSENT, bad,
			   "%s address 0x%" PRIx64 " is outside the image, 0x%" PRIx64
			   " to 0x%" PRIx64,
			   dmv_space_name(s), bad, r->base, r->base + dmv_file_size(r->f) - 1);
}

static uint64_t raw_skip_zeros(struct dmv_mem *m, enum dmv_space s, uint64_t addr, uint64_t end)
{
	struct raw *r = (struct raw *)m;

	(void)s;
	return r->base + dmv_file_skip_hole(r->f, addr - r->base, end - r->base);
}

static void raw_close(struct dmv_mem *m)
{
	struct raw *r = (struct raw *)m;

	dmv_file_close(r->f);
	dmv_mem_base_deinit(m);
	free(r);
}

static const struct dmv_mem_ops raw_ops = {
	.format = "raw image of memory",
	.read = raw_read,
	.close = raw_close,
	.skip_zeros = raw_skip_zeros,
};

static enum dmv_code set_up(struct raw *r, struct dmv_err *e)
{
	uint64_t size = dmv_file_size(r->f);

	if (size > UINT64_MAX - r->base)
		return dmv_fail(e, DMV_E_USAGE,
				"base 0x%" PRIx64 " plus %" PRIu64
				" bytes passes the end of the address space",
				r->base, size);
	for (int s = DMV_VIRT; s <= DMV_PHYS; s++) {
		struct dmv_range *v = malloc(sizeof(*v));

		if (!v)
			return dmv_fail(e, DMV_E_MEMORY, "out of memory");
		v->start = r->base;
		v->end = r->base + size;
		dmv_mem_set_ranges(&r->m, s, v, 1);
	}
	return DMV_E_OK;
}

enum dmv_code dmv_mem_open_raw(const char *target, const struct dmv_mem_opts *o,
			       struct dmv_mem **ret, struct dmv_err *e)
{
	enum dmv_code code;
	struct raw *r;

	if (!o->have_base)
		return dmv_fail(e, DMV_E_NOTFOUND, "a plain image of memory needs --base ADDR");
	r = calloc(1, sizeof(*r));
	if (!r)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	r->m.ops = &raw_ops;
	r->base = o->base;
	code = dmv_file_open(target, &r->f, e);
	if (!code)
		code = set_up(r, e);
	if (code) {
		raw_close(&r->m);
		return code;
	}
	*ret = &r->m;
	return DMV_E_OK;
}
