/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Opening a target by the first opener that calls it its own. Apart from mem.c, because every
 * format with its libraries hangs on the list: what is loaded into a debugger has none of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"

/* In this order: what the user said in so many words, then by content. */
static const struct opener {
	const char *name;
	dmv_mem_opener *open;
	bool by_content;
	bool sets;                      /* may be in several files */
} openers[] = {
	{ "pid:N", dmv_mem_open_pid, false, false },
	{ "gdb:HOST:PORT", dmv_mem_open_gdb, false, false },
	{ "kcore", dmv_mem_open_kcore, false, false },
	{ "raw", dmv_mem_open_raw, false, false },
	{ "ELF core", dmv_mem_open_elf, true, false },
	{ "kdump-compressed", dmv_mem_open_kdump, true, true },
	{ "Windows dump", dmv_mem_open_windmp, true, false },
	{ "firmware Raw_Dmp!", dmv_mem_open_rawdmp, true, false },
	{ "others (libkdumpfile)", dmv_mem_open_kdumpfile, true, false },
};

/* Several targets are one dump in parts, not several dumps. */
static enum dmv_code refuse_more(const struct dmv_mem_opts *o, struct dmv_mem *m, struct dmv_err *e)
{
	enum dmv_code code = dmv_fail(e, DMV_E_USAGE, "%zu targets: only the parts of a split "
				      "kdump-compressed dump go together, and the first is: %s",
				      o->nmore + 1, m->ops->format);

	dmv_mem_close(m);
	return code;
}

static enum dmv_code open_any(const char *target, const struct dmv_mem_opts *o,
			      struct dmv_mem **ret, struct dmv_err *e)
{
	char tried[160] = "";
	bool checked = false;

	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
		enum dmv_code code = DMV_E_OK;
		size_t used = strlen(tried);

		if (openers[i].by_content && !checked)
			code = dmv_wrapper_check(target, e);
		if (code)
			return code;
		checked = openers[i].by_content;
		code = openers[i].open(target, o, ret, e);
		if (!code && o->nmore && !openers[i].sets)
			code = refuse_more(o, *ret, e);
		if (code != DMV_E_NOTFOUND)
			return code;
		if (openers[i].by_content)
			snprintf(tried + used, sizeof(tried) - used, "%s%s", used ? ", " : "",
				 openers[i].name);
	}
	if (dmv_text_check(target, e))
		return e->code;
	return dmv_fail(
		e, DMV_E_NOTFOUND,
		"no format recognised it (tried: %s); a plain image of memory needs --base ADDR",
		tried);
}

enum dmv_code dmv_mem_open(const char *target, const struct dmv_mem_opts *o, struct dmv_mem **ret,
			   struct dmv_err *e)
{
	static const struct dmv_mem_opts none;
	struct dmv_err own;
	struct dmv_mem *m = NULL;
	enum dmv_code code = open_any(target, o ? o : &none, &m, e ? e : &own);

	if (code)
		return code;
	m->name = strdup(target);
	if (!m->name) {
		dmv_mem_close(m);
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	}
	*ret = m;
	return DMV_E_OK;
}
