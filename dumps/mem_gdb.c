/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Memory behind a GDB stub, "gdb:HOST:PORT" or "gdb:unix:/path": a process under gdbserver, a guest
 * of QEMU, a board behind a probe. What is served stands still while we are connected (the stub
 * stops it) and goes on when the target is closed, unless it stood still before or the user wants
 * it so. Nothing is written but two switches of the server's own: no acknowledgements, and QEMU's
 * physical mode, which is put back.
 *
 * QEMU answers reads beyond its RAM with zeros, and reads of a device with what the device does
 * then. So there every address, virtual ones after their translation, is held against the map of
 * the machine, and without that map nothing physical is read.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_gdb_int.h"

enum {
	CHUNK_MOST = 16 << 10,
	CLOSE_SECONDS = 2,
};

/* ---- reading ---- */

/* The range that holds addr; NULL: none. */
static const struct dmv_range *range_at(const struct dmv_mem *m, enum dmv_space s, uint64_t addr)
{
	const size_t i = dmv_range_after(m, s, addr);

	return i < m->nrange[s] && m->range[s][i].start <= addr ? &m->range[s][i] : NULL;
}

/* The bytes of a reply to `m` or `x`. False: it is none. */
static bool decode(const struct dmv_gdb *g, struct dmv_reply *a, void *buf, size_t n, size_t *got)
{
	size_t k = a->n;

	if (g->binary) {
		if (!k || a->p[0] != 'b')
			return false;
		k--;
		if (!dmv_rsp_unescape(a->p + 1, &k) || k > n)
			return false;
		memcpy(buf, a->p + 1, k);
	} else {
		if (k / 2 > n || !dmv_rsp_unhex(a->p, k, buf))
			return false;
		k /= 2;
	}
	*got = k;
	return true;
}

/* One request. *got of the n bytes, at least one; ABSENT: the server refuses the first. */
static enum dmv_code fetch(struct dmv_gdb *g, uint64_t addr, void *buf, size_t n, size_t *got,
			   struct dmv_err *e)
{
	struct dmv_reply a;
	enum dmv_code code = dmv_rsp_ask(g->rsp, &a, e, "%c%" PRIx64 ",%zx", g->binary ? 'x' : 'm',
					 addr, n);

	if (code) {
		e->addr = addr;
		return code;
	}
	if (dmv_reply_is_error(&a) || !a.n)
		return dmv_fail_at(e, DMV_E_ABSENT, addr,
				   "the server refuses to read 0x%" PRIx64 " (%.20s)", addr,
				   a.n ? (char *)a.p : "no such request");
	if (!decode(g, &a, buf, n, got))
		return dmv_fail_at(e, DMV_E_CORRUPT, addr,
				   "the server's answer to a read of 0x%" PRIx64
				   " is no memory of at most %zu bytes", addr, n);
	if (!*got)
		return dmv_fail_at(e, DMV_E_ABSENT, addr, "the server has no byte at 0x%" PRIx64,
				   addr);
	return DMV_E_OK;
}

/* How many of the n bytes at addr to ask for at once: as many as fit a reply, but rather whole
 * pages than a part of one that will be asked for again. */
static size_t piece(uint64_t addr, size_t n, size_t most)
{
	size_t over = (addr + most) & (DMV_GDB_PAGE - 1);

	if (n <= most)
		return n;
	return over < most ? most - over : most;
}

/* All n bytes by as many requests as it takes. A piece that is refused as a whole is asked for page
 * by page, so that the first bad address is the right one. */
static enum dmv_code fetch_all(struct dmv_gdb *g, uint64_t addr, uint8_t *buf, size_t n,
			       struct dmv_err *e)
{
	size_t most = g->chunk;

	while (n) {
		size_t page = DMV_GDB_PAGE - (addr & (DMV_GDB_PAGE - 1)), got;
		size_t k = piece(addr, n, most);
		enum dmv_code code = fetch(g, addr, buf, k, &got, e);

		if (code == DMV_E_ABSENT && k > page) {
			most = page;
			continue;
		}
		if (code)
			return code;
		most = g->chunk;
		addr += got;
		buf += got;
		n -= got;
	}
	return DMV_E_OK;
}

static enum dmv_code no_memory(struct dmv_gdb *g, enum dmv_space s, uint64_t addr,
			       struct dmv_err *e)
{
	if (s == DMV_PHYS && !g->m.nrange[s])
		return dmv_fail_at(e, DMV_E_ABSENT, addr, "%s (asked for 0x%" PRIx64 ")",
				   g->no_phys, addr);
	return dmv_fail_at(e, DMV_E_ABSENT, addr,
			   "%s address 0x%" PRIx64 " is no memory of the target",
			   dmv_space_name(s), addr);
}

/* Within the ranges the target told. */
static enum dmv_code read_known(struct dmv_gdb *g, enum dmv_space s, uint64_t addr, uint8_t *buf,
				size_t n, struct dmv_err *e)
{
	while (n) {
		const struct dmv_range *r = range_at(&g->m, s, addr);
		enum dmv_code code;
		size_t k;

		if (!r)
			return no_memory(g, s, addr, e);
		k = r->end - addr < n ? (size_t)(r->end - addr) : n;
		code = fetch_all(g, addr, buf, k, e);
		if (code)
			return code;
		addr += k;
		buf += k;
		n -= k;
	}
	return DMV_E_OK;
}

static enum dmv_code read_phys(struct dmv_gdb *g, uint64_t addr, uint8_t *buf, size_t n,
			       struct dmv_err *e)
{
	enum dmv_code code;

	if (!g->m.nrange[DMV_PHYS])
		return no_memory(g, DMV_PHYS, addr, e);
	code = dmv_gdb_qemu_mode(g, true, e);
	return code ? code : read_known(g, DMV_PHYS, addr, buf, n, e);
}

/* A guest's virtual addresses: page by page through its page tables. */
static enum dmv_code read_guest(struct dmv_gdb *g, uint64_t addr, uint8_t *buf, size_t n,
				struct dmv_err *e)
{
	while (n) {
		size_t k = DMV_GDB_PAGE - (addr & (DMV_GDB_PAGE - 1));
		uint64_t phys;
		enum dmv_code code = dmv_gdb_qemu_translate(g, addr, &phys, e);

		if (k > n)
			k = n;
		if (!code)
			code = read_phys(g, phys, buf, k, e);
		if (code) {     /* the caller's address, not the one behind it */
			if (code != DMV_E_ABSENT || e->addr < phys || e->addr - phys >= k)
				e->addr = addr;
			else
				e->addr = addr + (e->addr - phys);
			return code;
		}
		addr += k;
		buf += k;
		n -= k;
	}
	return DMV_E_OK;
}

static enum dmv_code gdb_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			      size_t n, struct dmv_err *e)
{
	struct dmv_gdb *g = (struct dmv_gdb *)m;
	struct dmv_err own;

	if (!e)
		e = &own;
	if (s == DMV_PHYS)
		return read_phys(g, addr, buf, n, e);
	if (g->qemu)
		return read_guest(g, addr, buf, n, e);
	if (m->nrange[s])
		return read_known(g, s, addr, buf, n, e);
	return fetch_all(g, addr, buf, n, e);
}

/* ---- closing ---- */

/* A server that does not answer is left as it is: there is nothing more to do. */
static void gdb_close(struct dmv_mem *m)
{
	struct dmv_gdb *g = (struct dmv_gdb *)m;
	struct dmv_reply a;

	if (g->rsp && !dmv_rsp_dead(g->rsp)) {
		dmv_rsp_last(g->rsp, CLOSE_SECONDS);
		if (g->qemu)
			dmv_gdb_qemu_mode(g, g->phys_before, NULL);
		if (g->resume)
			dmv_rsp_ask(g->rsp, &a, NULL, "D");
	}
	dmv_rsp_close(g->rsp);
	dmv_maps_deinit(&g->maps);
	dmv_mem_base_deinit(m);
	free(g);
}

/* ---- opening ---- */

static const struct dmv_mem_ops stub_ops = {
	.format = "GDB stub",
	.read = gdb_read,
	.close = gdb_close,
};

static const struct dmv_mem_ops process_ops = {
	.format = "process under gdbserver",
	.read = gdb_read,
	.close = gdb_close,
};

static const struct dmv_mem_ops guest_ops = {
	.format = "guest of QEMU, by its GDB stub",
	.read = gdb_read,
	.close = gdb_close,
};

static void measure(struct dmv_gdb *g)
{
	size_t half = dmv_rsp_packet_size(g->rsp) / 2;

	g->binary = dmv_rsp_offers(g->rsp, "binary-upload");
	g->chunk = half > CHUNK_MOST ? CHUNK_MOST : half;
	/* Whole pages, or a power of two that divides one: a hole then costs one refusal. */
	if (g->chunk > DMV_GDB_PAGE)
		g->chunk &= ~(size_t)(DMV_GDB_PAGE - 1);
}

static enum dmv_code learn(struct dmv_gdb *g, struct dmv_err *e)
{
	enum dmv_code code = dmv_gdb_qemu_learn(g, e);

	if (!code && !g->qemu)
		code = dmv_gdb_stub_learn(g, e);
	if (g->qemu)
		g->m.ops = &guest_ops;
	else if (g->m.nmapped)
		g->m.ops = &process_ops;
	return code;
}

enum dmv_code dmv_gdb_open_link(struct dmv_link *l, bool hold, struct dmv_mem **ret,
				struct dmv_err *e)
{
	struct dmv_gdb *g = calloc(1, sizeof(*g));
	enum dmv_code code;

	if (!g) {
		dmv_link_close(l);
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	}
	g->m.ops = &stub_ops;
	g->m.live = true;
	g->no_phys = "this target has no physical addresses";
	code = dmv_rsp_open(l, &g->rsp, e);
	if (!code) {
		g->resume = true;
		measure(g);
		code = learn(g, e);
	}
	if (hold)
		g->resume = false;
	if (code) {
		gdb_close(&g->m);
		return code;
	}
	*ret = &g->m;
	return DMV_E_OK;
}

enum dmv_code dmv_mem_open_gdb(const char *target, const struct dmv_mem_opts *o,
			       struct dmv_mem **ret, struct dmv_err *e)
{
	struct dmv_link *l;
	enum dmv_code code;

	if (strncmp(target, "gdb:", 4))
		return dmv_fail(e, DMV_E_NOTFOUND, "no GDB server");
	code = dmv_link_open(target + 4, o->stop, &l, e);
	if (!code)
		code = dmv_gdb_open_link(l, o->hold, ret, e);
	/* "Not mine" would send the name to the readers of files. */
	if (code == DMV_E_NOTFOUND)
		code = e->code = DMV_E_SYSTEM;
	return code ? dmv_prepend(e, "%.120s", target) : DMV_E_OK;
}
