/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What stands at an address, where a symbol is, what a type looks like. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "names_book.h"

/* ---- look-ups ---- */

static const struct dmv_names_image *image_at(const struct dmv_names *n, uint64_t addr)
{
	for (size_t i = 0; i < n->nimage; i++)
		if (addr - n->image[i].base < n->image[i].bytes)
			return &n->image[i];
	return NULL;
}

/* An image that the target itself names has that name, whatever file the host has for it. */
static bool place_by_host(const struct dmv_names *n, bool last, uint64_t addr,
			  struct dmv_place *ret)
{
	const struct dmv_names_image *im = image_at(n, addr);

	if (!n->host.place || n->host.last != last || !n->host.place(n->host.ctx, addr, ret))
		return false;
	if (im)
		strcpy(ret->module, im->module);
	return true;
}

static bool symbol_by_host(const struct dmv_names *n, bool last, const char *symbol, uint64_t *ret)
{
	return n->host.symbol && n->host.last == last &&
	       n->host.symbol(n->host.ctx, symbol, ret);
}

static bool line_by_host(const struct dmv_names *n, bool last, uint64_t addr, char *buf,
			 size_t size)
{
	return n->host.line && n->host.last == last && n->host.line(n->host.ctx, addr, buf, size);
}

/* addr: as in the file. */
static bool place_in_file(const struct dmv_names *n, const struct dmv_names_file *f, uint64_t addr,
			  struct dmv_place *ret)
{
	const struct dmv_sym *s = dmv_symfile_find(&f->sym, addr, f->kernel || f->part);

	if (!s)
		return false;
	memset(ret, 0, sizeof(*ret));
	strcpy(ret->module, f->image != DMV_NO_IMAGE ? n->image[f->image].module : f->module);
	snprintf(ret->function, sizeof(ret->function), "%s", f->sym.strings + s->name);
	ret->offset = addr - s->addr;
	return true;
}

bool dmv_names_place(struct dmv_names *n, uint64_t addr, struct dmv_place *ret)
{
	const struct dmv_names_file *bare = NULL;
	const struct dmv_names_image *im;
	uint64_t at;

	if (!n)
		return false;
	if (place_by_host(n, false, addr, ret))
		return true;
	dmv_names_bind(n);
	dmv_names_search(n, addr);
	for (size_t i = 0; i < n->nfile; i++) {
		if (!dmv_file_address(&n->file[i], addr, &at))
			continue;
		if (place_in_file(n, &n->file[i], at, ret))
			return true;
		bare = &n->file[i];
	}
	if (n->kernel && dmv_knames_place(n->kernel, addr, ret))
		return true;
	if (place_by_host(n, true, addr, ret))
		return true;
	im = image_at(n, addr);
	if (!im && !bare)
		return false;
	memset(ret, 0, sizeof(*ret));
	strcpy(ret->module, im ? im->module : bare->module);
	ret->offset = addr - (im ? im->base : bare->part ? bare->part[0].at : bare->whole.at);
	return true;
}

bool dmv_names_symbol(struct dmv_names *n, const char *symbol, uint64_t *ret)
{
	uint64_t addr;

	if (!n)
		return false;
	if (symbol_by_host(n, false, symbol, ret))
		return true;
	dmv_names_bind(n);
	for (size_t i = 0; i < n->nfile; i++) {
		const struct dmv_names_file *f = &n->file[i];

		if (f->state == DMV_FILE_BOUND && dmv_symfile_symbol(&f->sym, symbol, &addr) &&
		    dmv_target_address(f, addr, ret))
			return true;
	}
	return (n->kernel && dmv_knames_symbol(n->kernel, symbol, ret)) ||
	       symbol_by_host(n, true, symbol, ret);
}

const char *dmv_names_text(struct dmv_names *n, uint64_t addr, char *buf, size_t size)
{
	struct dmv_place p;

	if (!dmv_names_place(n, addr, &p))
		snprintf(buf, size, "0x%016" PRIx64, addr);
	else if (p.function[0])
		snprintf(buf, size, "%s!%s+0x%" PRIx64, p.module, p.function, p.offset);
	else
		snprintf(buf, size, "%s+0x%" PRIx64, p.module, p.offset);
	return buf;
}

bool dmv_names_line(struct dmv_names *n, uint64_t addr, char *buf, size_t size)
{
	uint64_t at;

	if (!n)
		return false;
	if (line_by_host(n, false, addr, buf, size))
		return true;
	dmv_names_bind(n);
	dmv_names_search(n, addr);
	for (size_t i = 0; i < n->nfile; i++) {
		struct dmv_names_file *f = &n->file[i];

		if (dmv_file_address(f, addr, &at) && n->reader->line(f, at, buf, size))
			return true;
	}
	return line_by_host(n, true, addr, buf, size);
}

/* ---- types ---- */

/* One question, put to each origin of types in turn. */
struct question {
	const char *type, *path;        /* path NULL: the size; type NULL: path is an enumerator */
	struct dmv_member *member;
	uint64_t *size;
	int64_t *value;
};

static enum dmv_code ask(const struct dmv_types *t, const struct question *q, struct dmv_err *e)
{
	if (!q->type)
		return dmv_types_enumerator(t, q->path, q->value, e);
	if (!q->path)
		return dmv_types_size(t, q->type, q->size, e);
	return dmv_types_member(t, q->type, q->path, q->member, e);
}

/* Of the alternatives the first that the host knows. */
static bool ask_host(const struct dmv_names_host *h, bool last, const struct question *q)
{
	struct dmv_member m = { 0 };
	char path[128];

	if (!h->member || h->last != last || !q->type)
		return false;
	if (!q->path) {
		if (!h->member(h->ctx, q->type, NULL, &m))
			return false;
		*q->size = m.size;
		return true;
	}
	for (const char *p = q->path; *p; p += strspn(p, "|")) {
		size_t len = strcspn(p, "|");

		if (len < sizeof(path)) {
			memcpy(path, p, len);
			path[len] = 0;
			if (h->member(h->ctx, q->type, path, q->member))
				return true;
		}
		p += len;
	}
	return false;
}

/* The host's and the kernel's own types first, its modules' then; the first answer of the others
 * counts. What the kernel lacked is told if nobody knows better. */
static enum dmv_code ask_all(struct dmv_names *n, const struct question *q, struct dmv_err *e)
{
	struct dmv_err why = { .code = DMV_E_NOTFOUND, .addr = UINT64_MAX };
	const struct dmv_btf *b;

	if (!n)
		return dmv_fail(e, DMV_E_NOTFOUND, "no types are known");
	if (ask_host(&n->host, false, q))
		return DMV_E_OK;
	dmv_names_bind(n);
	b = n->kernel ? dmv_knames_btf(n->kernel, &why) : NULL;
	if (b && !ask(dmv_btf_types(b), q, &why))
		return DMV_E_OK;
	for (size_t i = 0; b && (b = dmv_knames_module_btf(n->kernel, i)); i++)
		if (!ask(dmv_btf_types(b), q, NULL))
			return DMV_E_OK;
	for (size_t i = 0; i < n->nfile; i++) {
		const struct dmv_types *t = dmv_names_file_types(n, i);

		if (t && !ask(t, q, why.msg[0] ? NULL : &why))
			return DMV_E_OK;
	}
	if (ask_host(&n->host, true, q))
		return DMV_E_OK;
	if (!why.msg[0])
		return dmv_fail(e, DMV_E_NOTFOUND, "no types are known: the target has none of its "
				"own, and no file with types was given");
	if (e)
		*e = why;
	return why.code;
}

enum dmv_code dmv_names_member(struct dmv_names *n, const char *type, const char *path,
			       struct dmv_member *ret, struct dmv_err *e)
{
	return ask_all(n, &(struct question){ .type = type, .path = path, .member = ret }, e);
}

enum dmv_code dmv_names_size(struct dmv_names *n, const char *type, uint64_t *ret,
			     struct dmv_err *e)
{
	return ask_all(n, &(struct question){ .type = type, .size = ret }, e);
}

enum dmv_code dmv_names_enumerator(struct dmv_names *n, const char *name, int64_t *ret,
				   struct dmv_err *e)
{
	return ask_all(n, &(struct question){ .path = name, .value = ret }, e);
}

static void take_files(struct dmv_names *n, struct dmv_names_kernel *k)
{
	dmv_names_bind(n);
	for (size_t i = 0; i < n->nfile && !k->symbols_file; i++) {
		if (!n->file[i].kernel || n->file[i].state != DMV_FILE_BOUND)
			continue;
		k->symbols_file = n->file[i].sym.path;
		k->file_symbols = n->file[i].sym.nsym;
	}
	/* Which file has types is looked at only where the kernel has none. */
	for (size_t i = 0; i < n->nfile && !k->types && !k->types_file; i++)
		if (dmv_names_file_types(n, i))
			k->types_file = n->file[i].sym.path;
}

bool dmv_names_kernel(struct dmv_names *n, struct dmv_names_kernel *ret)
{
	struct dmv_names_kernel k = { 0 };
	const struct dmv_kallsyms *sym;
	const struct dmv_btf *btf;

	if (!n || !n->kernel || !dmv_knames_kernel(n->kernel))
		return false;
	sym = dmv_knames_kallsyms(n->kernel, &k.symbols_why);
	k.symbols = sym ? dmv_kallsyms_count(sym, &k.lost) : 0;
	btf = dmv_knames_btf(n->kernel, &k.types_why);
	k.types = btf ? dmv_btf_count(btf, &k.types_cut) : 0;
	take_files(n, &k);
	dmv_knames_modules(n->kernel, &k.modules, &k.modules_why);
	*ret = k;
	return true;
}
