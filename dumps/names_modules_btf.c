/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Types of a kernel's modules, in memory: the section they came in is gone after loading, a list of
 * struct btf_module (kernel/bpf/btf.c) has what the kernel made of it, whose numbers go on from the
 * kernel's own even where the section's did not (out-of-tree modules since 6.11).
 */
#include <stdlib.h>

#include "mem_int.h"
#include "names_kernel.h"

enum {
	MAX_MODULES = 4096,
	MAX_ONE = 16 << 20,             /* Debian's largest: 1 MB */
	MAX_ALL = 64 << 20,
};

struct layout {
	struct dmv_member list, btf;    /* in struct btf_module */
	struct dmv_member data, data_size, start_id, start_str_off;     /* in struct btf */
};

struct walk {
	struct dmv_mem *m;
	const struct dmv_btf *base;
	struct layout l;
	struct dmv_btf **v;
	size_t n, bytes;                /* bytes: of all, so far */
};

static bool read_layout(const struct dmv_types *t, struct layout *l)
{
	return !dmv_types_member(t, "btf_module", "list", &l->list, NULL) &&
	       !dmv_types_member(t, "btf_module", "btf", &l->btf, NULL) &&
	       !dmv_types_member(t, "btf", "data", &l->data, NULL) &&
	       !dmv_types_member(t, "btf", "data_size", &l->data_size, NULL) &&
	       !dmv_types_member(t, "btf", "start_id", &l->start_id, NULL) &&
	       !dmv_types_member(t, "btf", "start_str_off", &l->start_str_off, NULL);
}

/* One that is not whole, or goes on from other types, is left out. */
static void take(struct walk *w, uint64_t btf)
{
	const struct layout *l = &w->l;
	uint64_t data, size, id, off;
	struct dmv_btf *b;
	bool cut;
	uint8_t *p;

	if (!dmv_kernel_field(w->m, btf, &l->data, &data) ||
	    !dmv_kernel_field(w->m, btf, &l->data_size, &size) ||
	    !dmv_kernel_field(w->m, btf, &l->start_id, &id) ||
	    !dmv_kernel_field(w->m, btf, &l->start_str_off, &off) ||
	    id != dmv_btf_count(w->base, &cut) + 1 || off != dmv_btf_strings(w->base) ||
	    !size || size > MAX_ONE || size > MAX_ALL - w->bytes)
		return;
	p = malloc((size_t)size);
	if (!p)
		return;
	if (dmv_mem_read(w->m, DMV_VIRT, data, p, (size_t)size, NULL)) {
		free(p);
		return;
	}
	if (dmv_btf_new_split(p, (size_t)size, w->base, &b, NULL))
		return;
	if (!dmv_grow(&w->v, w->n, sizeof(*w->v))) {
		dmv_btf_free(b);
		return;
	}
	w->v[w->n++] = b;
	w->bytes += (size_t)size;
}

size_t dmv_kmods_btf(struct dmv_mem *m, const struct dmv_btf *base, uint64_t head,
		     struct dmv_btf ***ret)
{
	struct walk w = { .m = m, .base = base };
	struct dmv_member next = { .size = m->bits == 32 ? 4 : 8 };
	uint64_t at = head, btf;

	*ret = NULL;
	if (!read_layout(dmv_btf_types(base), &w.l))
		return 0;
	for (unsigned i = 0; i < MAX_MODULES; i++) {
		if (!dmv_kernel_field(m, at, &next, &at) || at == head)
			break;
		if (dmv_kernel_field(m, at - w.l.list.offset, &w.l.btf, &btf))
			take(&w, btf);
	}
	*ret = w.v;
	return w.n;
}
