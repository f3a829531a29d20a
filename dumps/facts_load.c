/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* All that is known about DMA in a target: the verifier's regions, the kernel's own books. */
#include "facts_int.h"

static bool hopeless(enum dmv_code c)
{
	return c == DMV_E_MEMORY || c == DMV_E_STOPPED;
}

static void note_names(struct dmv_facts *f, struct dmv_names *n)
{
	const char *const *text;
	const size_t count = n ? dmv_names_notes(n, &text) : 0;

	for (size_t i = 0; i < count; i++)
		dmv_note_add(f, 0, DMV_NO_ADDR, "%s", text[i]);
}

enum dmv_code dmv_facts_load(struct dmv_mem *m, struct dmv_names *n,
			     const struct dmv_facts_opts *o, struct dmv_facts *ret,
			     struct dmv_err *region_why, struct dmv_err *e)
{
	struct dmv_err kernel = { .addr = DMV_NO_ADDR };
	struct dmv_facts f = { 0 };
	enum dmv_code code;

	*region_why = (struct dmv_err){ .addr = DMV_NO_ADDR };
	if (hopeless(dmv_facts_region(m, n, o, &f, region_why))) {
		*e = *region_why;
		return e->code;
	}
	/* who names a region wants that one or none */
	if (region_why->code && o && o->region != DMV_NO_ADDR) {
		*e = *region_why;
		return e->code;
	}
	code = dmv_facts_linux(m, n, o, &f, &kernel);
	if (hopeless(code)) {
		dmv_facts_free(&f);
		*e = kernel;
		return code;
	}
	if (region_why->code && code) {
		*e = *region_why;
		if (m->linux_kernel)
			dmv_fail_at(e, region_why->code, region_why->addr,
				    "%s; nor does the kernel itself tell: %s", region_why->msg,
				    kernel.msg);
		dmv_facts_free(&f);
		return e->code;
	}
	f.provider = region_why->code ? "kernel" : code ? "region" : "region, kernel";
	if (region_why->code && region_why->code != DMV_E_NOTFOUND)
		dmv_note_add(&f, DMV_TOPIC_ALL, region_why->addr, "%s", region_why->msg);
	note_names(&f, n);
	*ret = f;
	return DMV_E_OK;
}
