/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What goes into a saved file: all that is read when the facts are read again. */
#include <stdlib.h>
#include <string.h>

#include "dmv_abi.h"
#include "pagewalk.h"
#include "save_int.h"

struct blanks {
	struct dmv_blank *v;
	size_t n;
	bool short_of_memory;
};

static void add_blank(struct blanks *b, const struct dmv_evidence *ev, uint64_t off, uint64_t n)
{
	if (!dmv_grow(&b->v, b->n, sizeof(*b->v))) {
		b->short_of_memory = true;
		return;
	}
	b->v[b->n++] = (struct dmv_blank){ ev->kept_space, ev->kept_at + off, n };
}

/* Number, digests and bytes: without the number a reader takes the zeros for evidence. */
#define BLANK(b, ev, type) do {                                                              \
		if ((ev)->kept_at == DMV_NO_ADDR)                                             \
			break;                                                                \
		add_blank(b, ev, offsetof(struct type, evidence_n), 4);                       \
		add_blank(b, ev, offsetof(struct type, digest_shadow), 8);                    \
		add_blank(b, ev, offsetof(struct type, digest_original), 8);                  \
		add_blank(b, ev, offsetof(struct type, evidence), 32);                        \
	} while (0)

static void blank_evidence(const struct dmv_facts *f, struct blanks *b)
{
	for (size_t i = 0; i < f->nregion; i++)
		BLANK(b, &f->region[i].bug_evidence, dmv_abi_bugcheck);
	for (size_t i = 0; i < f->nviolation; i++)
		BLANK(b, &f->violation[i].evidence, dmv_abi_violation);
}

static int by_place(const void *a, const void *b)
{
	const struct dmv_blank *x = a, *y = b;

	if (x->space != y->space)
		return x->space < y->space ? -1 : 1;
	return (x->addr > y->addr) - (x->addr < y->addr);
}

static enum dmv_code read_region(struct dmv_mem *m, const struct dmv_region_fact *g,
				 const struct dmv_save_opts *o, struct blanks *b, struct dmv_err *e)
{
	const struct dmv_facts_opts fo = { .region = g->space == DMV_VIRT ? g->virt : g->phys,
					   .stop = o->stop };
	struct dmv_facts again = { 0 };
	struct dmv_names *names;
	enum dmv_code code = dmv_names_new_bare(&names, e);

	if (code)
		return code;
	code = dmv_facts_region(m, names, &fo, &again, e);
	if (!code && o->redact)
		blank_evidence(&again, b);
	else if (!code)
		code = dmv_facts_verify(&again, m, o->stop, e);
	dmv_facts_free(&again);
	dmv_names_free(names);
	return code;
}

/* The page of it holds the program's own data as well, so it is not for everybody's eyes. */
static void read_anchor(struct dmv_mem *m, struct dmv_names *n, const struct dmv_save_opts *o)
{
	struct dmv_abi_anchor a;
	uint64_t addr;

	if (!o->redact && n && dmv_names_symbol(n, "dmv_region_anchor", &addr))
		dmv_mem_read(m, DMV_VIRT, addr, &a, sizeof(a), NULL);
}

static enum dmv_code read_again(struct dmv_mem *m, struct dmv_names *n, const struct dmv_facts *f,
				const struct dmv_save_opts *o, struct blanks *b, struct dmv_err *e)
{
	enum dmv_code code = DMV_E_OK;

	/* page tables that are kept are not read, and would be missing in the file */
	if (m->walk)
		dmv_pagewalk_forget(m->walk);
	dmv_mem_kernel_retrace(m);
	read_anchor(m, n, o);
	for (size_t i = 0; i < f->nregion && !code; i++)
		code = read_region(m, &f->region[i], o, b, e);
	return code;
}

enum dmv_code dmv_save(struct dmv_mem *m, struct dmv_names *n, const struct dmv_facts *f,
		       const char *path, const struct dmv_save_opts *o, struct dmv_saved *ret,
		       struct dmv_err *e)
{
	struct dmv_record r = { 0 };
	struct blanks b = { 0 };
	struct dmv_saved done = { .regions = f->nregion };
	enum dmv_code code;

	m->record = &r;
	code = read_again(m, n, f, o, &b, e);
	m->record = NULL;
	dmv_record_settle(&r);
	if (!code && (r.short_of_memory || b.short_of_memory))
		code = dmv_fail(e, DMV_E_MEMORY, "no memory for the list of pages");
	if (b.n)
		qsort(b.v, b.n, sizeof(*b.v), by_place);
	if (!code)
		code = dmv_save_elf(m, &r, b.v, b.n, path, o, &done, e);
	if (!code)
		*ret = done;
	dmv_record_deinit(&r);
	free(b.v);
	return code;
}
