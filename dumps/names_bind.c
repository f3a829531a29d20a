/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Which file belongs to which image, and where its addresses are in the target. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names_book.h"

enum { COMPARED = 64 };                 /* functions, where build-ids are not known */

static bool same_id(const struct dmv_build_id *a, const struct dmv_build_id *b)
{
	return a->n && a->n == b->n && !memcmp(a->byte, b->byte, a->n);
}

static bool other_id(const struct dmv_build_id *a, const struct dmv_build_id *b)
{
	return a->n && b->n && !same_id(a, b);
}

/* what: "" or "the module ". */
static void refuse(struct dmv_names_file *f, const char *what, const char *module,
		   const struct dmv_build_id *id, const char *advice)
{
	char mine[2 * DMV_BUILD_ID_MAX + 1], theirs[2 * DMV_BUILD_ID_MAX + 1];

	dmv_build_id_text(&f->sym.id, mine);
	dmv_build_id_text(id, theirs);
	f->state = DMV_FILE_REFUSED;
	snprintf(f->why, sizeof(f->why), "%.200s: its build-id %s is not that of %s%s in the "
		 "target, %s%s", f->sym.path, mine, what, module, theirs, advice);
}

static bool image_overlaps(const struct dmv_names_image *im, uint64_t low, uint64_t high)
{
	return im->base < high && low < im->base + im->bytes;
}

/* By build-id, else by name, else (a file that runs at its own addresses) by place. */
static size_t image_of(const struct dmv_names *n, const struct dmv_names_file *f)
{
	for (size_t i = 0; i < n->nimage; i++)
		if (same_id(&n->image[i].id, &f->sym.id))
			return i;
	for (size_t i = 0; i < n->nimage; i++)
		if (!strcmp(n->image[i].module, f->module))
			return i;
	for (size_t i = 0; f->sym.fixed && i < n->nimage; i++)
		if (image_overlaps(&n->image[i], f->sym.low, f->sym.high))
			return i;
	return DMV_NO_IMAGE;
}

/* False: it is no file about the target's kernel. */
static bool bind_kernel(struct dmv_names *n, struct dmv_names_file *f)
{
	struct dmv_err why;
	uint64_t bias;
	enum dmv_code code;

	if (!n->kernel || !f->sym.fixed || f->base != UINT64_MAX)
		return false;
	code = dmv_knames_bind(n->kernel, &f->sym, f->force, &bias, &why);
	if (code == DMV_E_NOTFOUND)
		return false;
	f->kernel = true;
	f->image = DMV_NO_IMAGE;
	if (code == DMV_E_ABSENT) {
		f->state = DMV_FILE_TYPES;
		return true;
	}
	f->state = code ? DMV_FILE_REFUSED : DMV_FILE_BOUND;
	f->whole = (struct dmv_span){ f->sym.low, f->sym.high, f->sym.low + bias };
	strcpy(f->module, "vmlinux");
	if (code)
		snprintf(f->why, sizeof(f->why), "%s", why.msg);
	return true;
}

/* ---- kernel modules ---- */

/* Sections that the target no longer has, of what runs once, get no place. Of several with one name
 * the order tells which is which. */
static bool place_sections(struct dmv_names_file *f, struct dmv_kmod_section *v, size_t n)
{
	f->npart = 0;
	f->part = calloc(f->sym.nsection, sizeof(*f->part));
	for (size_t i = 0; f->part && i < f->sym.nsection; i++) {
		const struct dmv_section *s = &f->sym.section[i];
		size_t j = 0;

		while (j < n && strcmp(s->name, v[j].name))
			j++;
		if (j == n)
			continue;
		f->part[f->npart++] = (struct dmv_span){ s->low, s->low + s->bytes, v[j].addr };
		v[j].name[0] = 0;
	}
	return f->npart;
}

/* Do the functions of the file lie where the kernel's own table has them? */
static bool same_functions(struct dmv_names *n, const struct dmv_names_file *f,
			   const struct dmv_kmod *k)
{
	size_t good = 0, bad = 0;

	for (size_t i = 0; i < f->sym.nsym && good + bad < COMPARED; i++) {
		const struct dmv_sym *s = &f->sym.sym[i];
		uint64_t mine, theirs;

		if (!s->code || !s->size || !dmv_target_address(f, s->addr, &mine) ||
		    !dmv_knames_module_symbol(n->kernel, k, f->sym.strings + s->name, &theirs))
			continue;
		if (mine == theirs)
			good++;
		else
			bad++;
	}
	return good >= bad;
}

static void place_module(struct dmv_names *n, struct dmv_names_file *f, const struct dmv_kmod *k)
{
	struct dmv_err why = { 0 };
	struct dmv_kmod_section *v;
	struct dmv_build_id id;
	bool placed;
	size_t nv;

	if (dmv_knames_sections(n->kernel, k, &v, &nv, &id, &why)) {
		snprintf(f->why, sizeof(f->why), "%.200s: %.240s: its symbols are not used",
			 f->sym.path, why.msg);
		return;
	}
	placed = place_sections(f, v, nv);
	free(v);
	if (!placed) {
		snprintf(f->why, sizeof(f->why), "%.200s: none of its sections is in the module %s "
			 "of the target: its symbols are not used", f->sym.path, f->module);
		return;
	}
	f->state = DMV_FILE_BOUND;
	if (f->force)
		return;
	if (other_id(&f->sym.id, &id)) {
		refuse(f, "the module ", f->module, &id, "; --force to go on");
	} else if (!same_id(&f->sym.id, &id) && !same_functions(n, f, k)) {
		f->state = DMV_FILE_REFUSED;
		snprintf(f->why, sizeof(f->why), "%.200s: another build of the module %s is in the "
			 "target: functions lie elsewhere there; --force to go on", f->sym.path,
			 f->module);
	}
}

/* A name is written with '_', that of its file often with '-'. */
static bool same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
			return false;
	return *a == *b;
}

/* What it was built for is in it, as modprobe checks it; its types would mislead in another. */
static bool other_release(const struct dmv_names *n, const struct dmv_names_file *f)
{
	const struct dmv_kernel *k = n->kernel ? dmv_knames_kernel(n->kernel) : NULL;

	return k && k->release[0] && f->sym.release[0] && strcmp(k->release, f->sym.release);
}

static void bind_object(struct dmv_names *n, struct dmv_names_file *f)
{
	const struct dmv_kmod *k = NULL;
	struct dmv_err why = { 0 };
	size_t nk = 0;

	f->image = DMV_NO_IMAGE;
	if (f->state == DMV_FILE_BOUND)
		return;
	if (f->sym.module[0])
		strcpy(f->module, f->sym.module);
	if (n->kernel)
		k = dmv_knames_modules(n->kernel, &nk, &why);
	for (size_t i = 0; i < nk; i++) {
		if (!same_module(k[i].name, f->module))
			continue;
		strcpy(f->module, k[i].name);
		place_module(n, f, &k[i]);
		return;
	}
	if (!f->force && other_release(n, f)) {
		f->state = DMV_FILE_REFUSED;
		snprintf(f->why, sizeof(f->why), "%.200s: a module for Linux %s, the target is %s",
			 f->sym.path, f->sym.release, dmv_knames_kernel(n->kernel)->release);
		return;
	}
	snprintf(f->why, sizeof(f->why), "%.200s: no module %s is loaded in the target%s%.160s: "
		 "its symbols are not used", f->sym.path, f->module,
		 why.code ? ", as far as is known: " : "", why.code ? why.msg : "");
}

/* ---- programs ---- */

static void bind_whole(struct dmv_names *n, struct dmv_names_file *f)
{
	const struct dmv_names_image *im;
	uint64_t at;

	f->image = image_of(n, f);
	im = f->image != DMV_NO_IMAGE ? &n->image[f->image] : NULL;
	if (im && !f->force && other_id(&f->sym.id, &im->id)) {
		refuse(f, "", im->module, &im->id, "");
		return;
	}
	if (f->base != UINT64_MAX) {
		at = f->base;
	} else if (f->sym.fixed) {
		at = f->sym.low;
	} else if (im) {
		at = im->base;
	} else {
		snprintf(f->why, sizeof(f->why), "%.200s: no image in the target has its build-id "
			 "or name: its symbols are not used", f->sym.path);
		return;
	}
	f->whole = (struct dmv_span){ f->sym.low, f->sym.high, at };
	f->state = DMV_FILE_BOUND;
}

void dmv_names_bind_file(struct dmv_names *n, struct dmv_names_file *f)
{
	if (f->kernel || f->state == DMV_FILE_TYPES || f->state == DMV_FILE_REFUSED)
		return;
	if (f->sym.object)
		bind_object(n, f);
	else if (!bind_kernel(n, f))
		bind_whole(n, f);
}

/* Images that come later may be what a file waits for, or show that its name lied; a kernel that
 * says nothing of itself is found later. */
void dmv_names_bind(struct dmv_names *n)
{
	bool known = n->kernel && dmv_knames_kernel(n->kernel);

	if (!n->stale && known == n->kernel_known)
		return;
	n->stale = false;
	if (known && !n->kernel_known) {
		n->kernel_known = true;
		dmv_names_search_kernel(n);
	}
	for (size_t i = 0; i < n->nfile; i++)
		dmv_names_bind_file(n, &n->file[i]);
}

/* ---- addresses ---- */

static bool inward(const struct dmv_span *s, uint64_t addr, uint64_t *ret)
{
	*ret = addr - s->at + s->low;
	return addr - s->at < s->high - s->low;
}

bool dmv_file_address(const struct dmv_names_file *f, uint64_t addr, uint64_t *ret)
{
	if (f->state != DMV_FILE_BOUND)
		return false;
	if (!f->sym.object)
		return inward(&f->whole, addr, ret);
	for (size_t i = 0; i < f->npart; i++)
		if (inward(&f->part[i], addr, ret))
			return true;
	return false;
}

bool dmv_target_address(const struct dmv_names_file *f, uint64_t addr, uint64_t *ret)
{
	/* What a kernel has below its code are per-CPU variables: offsets, which do not move. */
	if (!f->sym.object) {
		*ret = f->kernel && addr < f->whole.low ? addr : addr - f->whole.low + f->whole.at;
		return true;
	}
	for (size_t i = 0; i < f->npart; i++) {
		*ret = addr - f->part[i].low + f->part[i].at;
		/* A label may stand at a section's end. */
		if (addr - f->part[i].low <= f->part[i].high - f->part[i].low)
			return true;
	}
	return false;
}
