/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The header that all Windows dumps share: what it says of the machine, its bugcheck, and the lines
 * of it that `target` shows. Fields that the writer left alone are absent, not zero.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mem_windmp_int.h"

/* Where a field is, by class; size 0: that class has none. */
struct field {
	uint16_t off32, size32, off64, size64;
};

static const struct field
	f_major = { 0x08, 4, 0x08, 4 }, f_build = { 0x0C, 4, 0x0C, 4 },
	f_root = { 0x10, 4, 0x10, 8 }, f_modules = { 0x18, 4, 0x20, 8 },
	f_machine = { 0x20, 4, 0x30, 4 }, f_processors = { 0x24, 4, 0x34, 4 },
	f_code = { 0x28, 4, 0x38, 4 }, f_param = { 0x2C, 4, 0x40, 8 },
	f_user = { 0x3C, 32, 0x60, 32 }, f_pae = { 0x5C, 1, 0, 0 },
	f_debugger = { 0x60, 4, 0x80, 8 }, f_exception = { 0x7D0, 4, 0xF00, 4 },
	f_exception_at = { 0x7DC, 4, 0xF10, 8 }, f_comment = { 0x820, 128, 0xFB0, 128 },
	f_product = { 0xF94, 4, 0x1040, 4 }, f_uptime = { 0xFB8, 8, 0x1030, 8 },
	f_time = { 0xFC0, 8, 0xFA8, 8 };

static const uint8_t *at(const struct dmv_windmp *w, const struct field *f)
{
	return w->header + (w->is64 ? f->off64 : f->off32);
}

/* False: the class lacks the field, or nobody filled it in. */
static bool get(const struct dmv_windmp *w, const struct field *f, uint64_t *ret)
{
	unsigned size = w->is64 ? f->size64 : f->size32;

	if (!size || (size >= 4 && dmv_win_unused(at(w, f), size)))
		return false;
	*ret = dmv_win_get(at(w, f), size);
	return true;
}

uint64_t dmv_win_root(const struct dmv_windmp *w)
{
	uint64_t v;

	return get(w, &f_root, &v) && v ? v : UINT64_MAX;
}

uint64_t dmv_win_modules_head(const struct dmv_windmp *w)
{
	uint64_t v;

	return get(w, &f_modules, &v) ? v : 0;
}

uint64_t dmv_win_stack(const struct dmv_windmp *w)
{
	static const struct field amd64 = { 0, 0, 0x348 + 0x98, 8 };    /* CONTEXT.Rsp */
	static const struct field arm64 = { 0, 0, 0x348 + 0x100, 8 };   /* CONTEXT.Sp */
	static const struct field i386 = { 0x320 + 0xC4, 4, 0, 0 };     /* CONTEXT.Esp */
	const struct field *f = w->m.machine == EM_386 ? &i386
				: w->m.machine == EM_X86_64 ? &amd64
				: w->m.machine == EM_AARCH64 ? &arm64 : NULL;
	uint64_t v;

	return f && get(w, f, &v) ? v : 0;
}

bool dmv_win_pae(const struct dmv_windmp *w)
{
	return !w->is64 && w->header[f_pae.off32] == 1;
}

/* IMAGE_FILE_MACHINE_* as ELF names it. */
static uint32_t elf_machine(uint64_t machine)
{
	static const struct {
		uint16_t win, elf;
	} known[] = {
		{ 0x14C, EM_386 }, { 0x8664, EM_X86_64 }, { 0xAA64, EM_AARCH64 },
		{ 0x1C0, EM_ARM }, { 0x1C4, EM_ARM }, { 0x200, EM_IA_64 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].win == machine)
			return known[i].elf;
	return EM_NONE;
}

static void say_machine(struct dmv_windmp *w)
{
	uint64_t major, build, n;

	if (get(w, &f_machine, &n)) {
		w->m.machine = elf_machine(n);
		if (!w->m.machine)
			dmv_mem_note(&w->m, "machine 0x%" PRIx64 " in the header is unknown", n);
	}
	if (get(w, &f_build, &build) && get(w, &f_major, &major))
		dmv_dump_line_add(&w->info, "build", "Windows %" PRIu64 "%s", build,
			     major == 0xF ? ", free" : major == 0xC ? ", checked" : "");
	if (get(w, &f_product, &n) && n >= 1 && n <= 3)
		dmv_dump_line_add(&w->info, "product", "%s",
			     n == 1 ? "workstation" : n == 2 ? "domain controller" : "server");
	if (get(w, &f_processors, &n))
		dmv_dump_line_add(&w->info, "cpus", "%" PRIu64, n);
}

static void say_bugcheck(struct dmv_windmp *w)
{
	unsigned size = w->is64 ? f_param.size64 : f_param.size32;
	uint64_t code, *p = w->info.bug_p;

	if (!get(w, &f_code, &code)) {
		dmv_mem_note(&w->m, "the header has no bugcheck code");
		return;
	}
	if (!code)
		return;
	for (unsigned i = 0; i < 4; i++)
		p[i] = dmv_win_get(at(w, &f_param) + i * size, size);
	if (dmv_win_unused(at(w, &f_param), 4 * size)) {
		memset(p, 0, sizeof(w->info.bug_p));
		dmv_mem_note(&w->m, "the header has bugcheck 0x%" PRIx64 " without its parameters",
			     code);
		return;
	}
	w->info.bug_code = (uint32_t)code;
	w->info.has_bugcheck = true;
	dmv_dump_line_add(&w->info, "bugcheck",
		     "0x%08" PRIX64 " (0x%0*" PRIX64 ",0x%0*" PRIX64 ",0x%0*" PRIX64
		     ",0x%0*" PRIX64 ")", code, 2 * size, p[0], 2 * size, p[1], 2 * size, p[2],
		     2 * size, p[3]);
}

/* Windows counts 100 ns from 1601 on. */
static void say_time(struct dmv_windmp *w)
{
	const uint64_t second = 10000000, epoch = UINT64_C(11644473600);
	uint64_t v;
	time_t t;
	struct tm tm;
	char text[40];

	if (!get(w, &f_time, &v) || !v)
		return;
	t = (time_t)(v / second - epoch);
	if (v / second < epoch || v >> 63 || !gmtime_r(&t, &tm) || tm.tm_year > 9999 - 1900) {
		dmv_mem_note(&w->m, "the header's time, 0x%" PRIx64 ", is no date since 1970", v);
		return;
	}
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
	dmv_dump_line_add(&w->info, "time", "%s", text);
}

static void say_uptime(struct dmv_windmp *w)
{
	uint64_t v, s;

	if (!get(w, &f_uptime, &v) || !v || v >> 63)
		return;
	s = v / 10000000;
	dmv_dump_line_add(&w->info, "uptime", "%" PRIu64 " d %02u:%02u:%02u", s / 86400,
		     (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60), (unsigned)(s % 60));
}

/* Text that may fill its field without an end. */
static void say_text(struct dmv_windmp *w, const char *key, const struct field *f)
{
	const char *p = (const char *)at(w, f);
	size_t n = strnlen(p, f->size64);

	if (n && (n < 4 || !dmv_win_unused((const uint8_t *)p, n)))
		dmv_dump_line_add(&w->info, key, "%.*s", (int)n, p);
}

static void say_addresses(struct dmv_windmp *w)
{
	uint64_t v, where;

	if (get(w, &f_exception, &v) && v && get(w, &f_exception_at, &where))
		dmv_dump_line_add(&w->info, "trap", "0x%08" PRIx64 " at 0x%" PRIx64, v, where);
	if (get(w, &f_modules, &v) && v)
		dmv_dump_line_add(&w->info, "modules", "PsLoadedModuleList 0x%" PRIx64, v);
	if (get(w, &f_debugger, &v) && v)
		dmv_dump_line_add(&w->info, "debugger", "KdDebuggerDataBlock 0x%" PRIx64, v);
}

void dmv_win_header(struct dmv_windmp *w)
{
	say_machine(w);
	say_bugcheck(w);
	say_time(w);
	say_uptime(w);
	say_text(w, "comment", &f_comment);
	say_text(w, "version", &f_user);
	say_addresses(w);
}
