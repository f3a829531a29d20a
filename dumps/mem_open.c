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

/* Files that are a dump in a wrapper: named with the command that takes it off. */
static const struct wrapper {
	const char *magic;
	size_t n;
	const char *what;
} wrappers[] = {
	{ "\x1f\x8b", 2, "compressed with gzip: run `gzip -dc FILE > OUT` and open OUT" },
	{ "\xfd" "7zXZ\0", 6, "compressed with xz: run `xz -dc FILE > OUT` and open OUT" },
	{ "\x28\xb5\x2f\xfd", 4, "compressed with zstd: run `zstd -dc FILE > OUT` and open OUT" },
	{ "BZh", 3, "compressed with bzip2: run `bzip2 -dc FILE > OUT` and open OUT" },
	{ "\x04\x22\x4d\x18", 4, "compressed with lz4: run `lz4 -dc FILE > OUT` and open OUT" },
	/* As Windows and its users pack dumps. */
	{ "PK\3\4", 4, "a zip archive: run `unzip -p FILE > OUT` and open OUT" },
	{ "MSCF", 4, "a cabinet: run `cabextract -p FILE > OUT` and open OUT" },
	{ "7z\xbc\xaf\x27\x1c", 6, "a 7z archive: run `7z e -so FILE > OUT` and open OUT" },
	{ "MDMP", 4, "a minidump of one Windows process: drivers and their DMA are not in it" },
};

/* A wrapper is told before any reader tries its luck on the outside of it. */
static enum dmv_code check_wrapper(const char *target, struct dmv_err *e)
{
	struct dmv_file *f;
	char head[16] = "";
	enum dmv_code code = dmv_file_open(target, &f, e);
	size_t got;
	int errnum;

	if (code)
		return code;
	got = dmv_file_read(f, 0, head, sizeof(head), &errnum);
	dmv_file_close(f);
	if (!got && errnum)
		return dmv_fail(e, DMV_E_SYSTEM, "cannot read %s: %s", target, strerror(errnum));
	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++)
		if (got >= wrappers[i].n && !memcmp(head, wrappers[i].magic, wrappers[i].n))
			return dmv_fail(e, DMV_E_NOTFOUND, "%s", wrappers[i].what);
	return DMV_E_OK;
}

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
			code = check_wrapper(target, e);
		if (code)
			return code;
		checked = openers[i].by_content;
		code = openers[i].open(target, o, ret, e);
		if (!code && o->nmore && !openers[i].sets)
			code = refuse_more(o, *ret, e);
		if (code != DMV_E_NOTFOUND)
			return code;
		snprintf(tried + used, sizeof(tried) - used, "%s%s", used ? ", " : "",
			 openers[i].name);
	}
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
