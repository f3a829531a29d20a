/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What a GDB stub says of what it serves: processor from the target description, addresses from the
 * memory map (a board) or from /proc on the server's side (gdbserver), the program from exec-file.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_gdb_int.h"

enum {
	XML_MAX = 1 << 20,
	PATH_MOST = 4096,
	MAPS_MAX = 64 << 20,            /* of smaps: 100,000 mappings */
	LINE_MAX = 8 << 10,
};

/* ---- documents ---- */

/* The value of an attribute of the tag at p, into out. */
static bool attribute(const char *p, const char *name, char *out, size_t size)
{
	const char *end = p + strcspn(p, ">"), *at = p;
	size_t n = strlen(name), k;

	while ((at = strstr(at, name)) && at < end) {
		char quote = at[n] == '=' ? at[n + 1] : 0;

		if ((at[-1] == ' ' || at[-1] == '\n' || at[-1] == '\t') &&
		    (quote == '"' || quote == '\'')) {
			at += n + 2;
			for (k = 0; at[k] && at[k] != quote && k < size - 1; k++)
				out[k] = at[k];
			out[k] = 0;
			return at[k] == quote;
		}
		at += n;
	}
	return false;
}

static bool number(const char *p, const char *name, uint64_t *ret)
{
	char text[24], *end;

	if (!attribute(p, name, text, sizeof(text)))
		return false;
	*ret = strtoull(text, &end, 0);
	return end != text && !*end;
}

/* `<memory type="ram" start="0x20000000" length="0x10000"/>`: memory if reading it has no effect,
 * which of these three kinds is true (gdb manual, "Memory Map Format"). */
static bool parse_region(const char *tag, struct dmv_piece *ret)
{
	uint64_t length;
	char type[8];

	if (!attribute(tag, "type", type, sizeof(type)) ||
	    (strcmp(type, "ram") && strcmp(type, "rom") && strcmp(type, "flash")))
		return false;
	if (!number(tag, "start", &ret->start) || !number(tag, "length", &length) ||
	    length > UINT64_MAX - ret->start)
		return false;
	ret->end = ret->start + length;
	ret->off = ret->start;
	return length;
}

static enum dmv_code gather_regions(const char *xml, struct dmv_piece **v, size_t *n,
				    struct dmv_err *e)
{
	for (const char *p = xml; (p = strstr(p, "<memory")); p += 7) {
		struct dmv_piece r;

		if ((p[7] != ' ' && p[7] != '\n' && p[7] != '\t') || !parse_region(p, &r))
			continue;
		if (!dmv_grow(v, *n, sizeof(**v)))
			return dmv_fail(e, DMV_E_MEMORY, "out of memory");
		(*v)[(*n)++] = r;
	}
	return DMV_E_OK;
}

enum dmv_code dmv_gdb_parse_memory_map(const char *xml, struct dmv_range **ret, size_t *n,
				       struct dmv_err *e)
{
	struct dmv_piece *v = NULL, *pieces = NULL;
	size_t nv = 0, npieces = 0;
	enum dmv_code code = gather_regions(xml, &v, &nv, e);
	struct dmv_range *r;

	if (!code)
		code = dmv_pieces_resolve(v, nv, &pieces, &npieces, e);
	free(v);
	if (code)
		return code;
	r = npieces ? calloc(npieces, sizeof(*r)) : NULL;
	for (size_t i = 0; r && i < npieces; i++)
		r[i] = (struct dmv_range){ pieces[i].start, pieces[i].end };
	free(pieces);
	if (!npieces)
		return dmv_fail(e, DMV_E_NOTFOUND, "the memory map names no memory");
	if (!r)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	*ret = r;
	*n = npieces;
	return DMV_E_OK;
}

/* Names of bfd. Byte order 2: either, the name does not tell. */
static const struct arch {
	const char *name;
	uint16_t machine;
	uint8_t bits, order;
} archs[] = {
	{ "i386", EM_386, 32, 0 },
	{ "i386:x86-64", EM_X86_64, 64, 0 },
	{ "i386:x64-32", EM_X86_64, 32, 0 },
	{ "aarch64", EM_AARCH64, 64, 0 },
	{ "arm", EM_ARM, 32, 2 },
	{ "riscv:rv32", EM_RISCV, 32, 0 },
	{ "riscv:rv64", EM_RISCV, 64, 0 },
	{ "s390:31-bit", EM_S390, 32, 1 },
	{ "s390:64-bit", EM_S390, 64, 1 },
	{ "powerpc:common", EM_PPC, 32, 2 },
	{ "powerpc:common64", EM_PPC64, 64, 2 },
	{ "m68k", EM_68K, 32, 1 },
	{ "sparc", EM_SPARC, 32, 1 },
	{ "sparc:v9", EM_SPARCV9, 64, 1 },
};

bool dmv_gdb_parse_features(const char *xml, struct dmv_mem *m)
{
	const char *at = strstr(xml, "<architecture>");
	size_t n;

	if (!at)
		return true;
	at += 14;
	n = strcspn(at, "<");
	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++) {
		const struct arch *a = &archs[i];

		if (strlen(a->name) != n || strncmp(a->name, at, n))
			continue;
		m->machine = a->machine;
		m->bits = a->bits;
		m->big_endian = a->order == 1;
		return a->order != 2;
	}
	return true;
}

void dmv_gdb_note_order(struct dmv_gdb *g)
{
	dmv_mem_note(&g->m, "the server does not tell the byte order: little-endian is assumed");
}

/* ---- files on the server's side ---- */

struct lines {
	struct dmv_maps *maps;
	size_t n;
	bool skip;                      /* the rest of a line that is too long */
	char line[LINE_MAX];
};

static bool take_bytes(struct lines *l, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n') {
			l->line[l->n] = 0;
			if (!l->skip && !dmv_maps_line(l->maps, l->line))
				return false;
			l->n = 0;
			l->skip = false;
		} else if (l->n < sizeof(l->line) - 1) {
			l->line[l->n++] = (char)p[i];
		} else {
			l->skip = true;
		}
	}
	return true;
}

static enum dmv_code read_maps(struct dmv_gdb *g, int fd, struct dmv_err *e)
{
	struct lines *l = calloc(1, sizeof(*l));
	enum dmv_code code = DMV_E_OK;
	uint8_t buf[4096];
	uint64_t off = 0;
	size_t n = 1;

	if (!l)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	l->maps = &g->maps;
	while (n && !code && off < MAPS_MAX) {
		code = dmv_rsp_file_read(g->rsp, fd, off, buf, sizeof(buf), &n, e);
		if (!code && !take_bytes(l, buf, n))
			code = dmv_fail(e, DMV_E_MEMORY, "out of memory for the mappings");
		off += n;
	}
	if (off >= MAPS_MAX)
		dmv_mem_note(&g->m, "the list of mappings is longer than %d bytes: the rest is "
			     "missing", MAPS_MAX);
	free(l);
	return code;
}

/* The number of the process or of a thread of it: the same memory. 0: not told. */
static enum dmv_code ask_pid(struct dmv_gdb *g, uint64_t *ret, struct dmv_err *e)
{
	struct dmv_reply a;
	enum dmv_code code = dmv_rsp_ask(g->rsp, &a, e, "qC");
	size_t at = 2;

	*ret = 0;
	if (code || a.n < 3 || memcmp(a.p, "QC", 2))
		return code;
	if (a.p[at] == 'p')             /* pPID.TID */
		at++;
	if (!dmv_rsp_number(a.p + at, a.n - at, ret, NULL) || *ret > INT32_MAX)
		*ret = 0;
	return DMV_E_OK;
}

/* OK with *fd -1: there is no such file there. */
static enum dmv_code open_proc(struct dmv_gdb *g, uint64_t pid, const char *what, int *fd,
			       struct dmv_err *e)
{
	char path[64];
	enum dmv_code code;

	*fd = -1;
	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/%s", pid, what);
	code = dmv_rsp_file_open(g->rsp, path, fd, e);
	return code == DMV_E_NOTFOUND ? DMV_E_OK : code;
}

static enum dmv_code learn_maps(struct dmv_gdb *g, uint64_t pid, struct dmv_err *e)
{
	enum dmv_code code;
	int fd;

	code = open_proc(g, pid, "smaps", &fd, e);
	if (!code && fd < 0)            /* a kernel without smaps */
		code = open_proc(g, pid, "maps", &fd, e);
	if (code || fd < 0)
		return code;
	code = read_maps(g, fd, e);
	if (!dmv_rsp_dead(g->rsp))
		dmv_rsp_file_close(g->rsp, fd);
	if (code == DMV_E_CORRUPT) {
		dmv_mem_note(&g->m, "the mappings of the process: %s", e->msg);
		code = DMV_E_OK;
	}
	dmv_maps_give(&g->maps, &g->m);
	return code;
}

/* Class, byte order and machine as the program's own header has them. */
static enum dmv_code learn_program(struct dmv_gdb *g, uint64_t pid, struct dmv_err *e)
{
	uint8_t h[20];
	enum dmv_code code;
	size_t n = 0;
	int fd;

	code = open_proc(g, pid, "exe", &fd, e);
	if (code || fd < 0)
		return code;
	code = dmv_rsp_file_read(g->rsp, fd, 0, h, sizeof(h), &n, e);
	if (!dmv_rsp_dead(g->rsp))
		dmv_rsp_file_close(g->rsp, fd);
	if (code)
		return code == DMV_E_CORRUPT ? DMV_E_OK : code;
	if (n < sizeof(h) || memcmp(h, ELFMAG, SELFMAG))
		return DMV_E_OK;
	g->order_guessed = false;
	g->m.big_endian = h[EI_DATA] == ELFDATA2MSB;
	g->m.bits = h[EI_CLASS] == ELFCLASS32 ? 32 : 64;
	g->m.machine = (uint32_t)dmv_get(h + 18, 2, g->m.big_endian);
	return DMV_E_OK;
}

/* ---- all of it ---- */

/* Codes that mean "it does not say": the target opens without. */
static bool lost(enum dmv_code code)
{
	return code && code != DMV_E_NOTFOUND && code != DMV_E_CORRUPT;
}

static enum dmv_code learn_documents(struct dmv_gdb *g, struct dmv_err *e)
{
	char *text = NULL;
	struct dmv_range *v;
	size_t n;
	enum dmv_code code;

	code = dmv_rsp_object(g->rsp, "features", "target.xml", XML_MAX, &text, &n, e);
	if (!code)
		g->order_guessed = !dmv_gdb_parse_features(text, &g->m);
	free(text);
	text = NULL;
	if (lost(code))
		return code;
	code = dmv_rsp_object(g->rsp, "memory-map", "", XML_MAX, &text, &n, e);
	if (!code)
		code = dmv_gdb_parse_memory_map(text, &v, &n, e);
	free(text);
	if (!code)
		dmv_mem_set_ranges(&g->m, DMV_VIRT, v, n);
	return lost(code) ? code : DMV_E_OK;
}

static enum dmv_code learn_process(struct dmv_gdb *g, struct dmv_err *e)
{
	char *path = NULL;
	uint64_t pid;
	size_t n = 0;
	enum dmv_code code = dmv_rsp_object(g->rsp, "exec-file", "", PATH_MOST, &path, &n, e);

	if (!code && n && strlen(path) == n)
		g->m.executable = path;
	else
		free(path);
	if (lost(code))
		return code;
	code = ask_pid(g, &pid, e);
	if (code || !pid)
		return code;
	code = learn_program(g, pid, e);
	return code ? code : learn_maps(g, pid, e);
}

/* Stopped, and the thread that `m` goes by chosen. */
static enum dmv_code ask_state(struct dmv_gdb *g, struct dmv_err *e)
{
	struct dmv_reply a;
	enum dmv_code code = dmv_rsp_ask(g->rsp, &a, e, "?");

	if (code)
		return code;
	if (a.n && (a.p[0] == 'W' || a.p[0] == 'X')) {
		g->resume = false;
		return dmv_fail(e, DMV_E_SYSTEM,
				"the server runs no process: start it with one, or with --attach");
	}
	return dmv_rsp_ask(g->rsp, &a, e, "Hg0");
}

enum dmv_code dmv_gdb_stub_learn(struct dmv_gdb *g, struct dmv_err *e)
{
	enum dmv_code code = ask_state(g, e);

	if (!code)
		code = learn_documents(g, e);
	if (!code && !g->m.nrange[DMV_VIRT])
		code = learn_process(g, e);
	if (!code && g->order_guessed)
		dmv_gdb_note_order(g);
	if (!code && !g->m.nrange[DMV_VIRT])
		dmv_mem_note(&g->m, "the server does not say where memory is: it cannot be "
			     "searched (--region ADDR), and zeros may stand for what is not there");
	return code;
}
