/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The images of a target and the symbol files given, and which file belongs to which image. Files
 * are read by names_files.c, questions are answered in names_ask.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names_book.h"

enum dmv_code dmv_names_new_bare(struct dmv_names **ret, struct dmv_err *e)
{
	struct dmv_names *n = calloc(1, sizeof(*n));

	if (!n)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for symbols");
	*ret = n;
	return DMV_E_OK;
}

const struct dmv_types *dmv_names_file_types(struct dmv_names *n, size_t i)
{
	struct dmv_names_file *f = &n->file[i];

	return f->state == DMV_FILE_REFUSED ? NULL : n->reader->types(f);
}

/* For a kernel that has none of its own: of the first file that has some. */
static const struct dmv_types *types_of_files(void *ctx)
{
	struct dmv_names *n = ctx;
	const struct dmv_types *t = NULL;

	for (size_t i = 0; i < n->nfile && !t; i++)
		t = dmv_names_file_types(n, i);
	return t;
}

enum dmv_code dmv_names_set_target(struct dmv_names *n, struct dmv_mem *m, struct dmv_err *e)
{
	struct dmv_knames *kn = dmv_knames_new(m);

	if (!kn)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for symbols");
	dmv_knames_free(n->kernel);
	n->kernel = kn;
	dmv_knames_more(kn, types_of_files, n);
	n->stale = true;
	return DMV_E_OK;
}

static void drop_notes(struct dmv_names *n)
{
	for (size_t i = 0; i < n->nnote; i++)
		free(n->note[i]);
	free(n->note);
	n->note = NULL;
	n->nnote = 0;
}

void dmv_names_free(struct dmv_names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->nfile; i++) {
		dmv_symfile_free(&n->file[i].sym);
		n->reader->close(&n->file[i]);
	}
	drop_notes(n);
	dmv_knames_free(n->kernel);
	free(n->file);
	free(n->image);
	free(n);
}

/* "/lib/modules/foo.ko" -> "foo": what people call it. */
static void module_of(const char *name, char ret[64])
{
	const char *slash = strrchr(name, '/');
	size_t len;

	if (slash && slash[1])
		name = slash + 1;
	len = strnlen(name, 63);
	memcpy(ret, name, len);
	ret[len] = 0;
	if (len > 4 && !strcmp(ret + len - 4, ".elf"))
		ret[len - 4] = 0;
	else if (len > 3 && !strcmp(ret + len - 3, ".ko"))
		ret[len - 3] = 0;
}

static bool same_id(const struct dmv_build_id *a, const struct dmv_build_id *b)
{
	return a->n && a->n == b->n && !memcmp(a->byte, b->byte, a->n);
}

static bool other_id(const struct dmv_build_id *a, const struct dmv_build_id *b)
{
	return a->n && b->n && !same_id(a, b);
}

/* An image told twice (by the region and by the core file) is one image. */
static bool merge_image(struct dmv_names *n, const struct dmv_names_image *new)
{
	for (size_t i = 0; i < n->nimage; i++) {
		struct dmv_names_image *old = &n->image[i];

		if (old->base != new->base || strcmp(old->module, new->module))
			continue;
		if (old->bytes < new->bytes)
			old->bytes = new->bytes;
		if (!old->id.n)
			old->id = new->id;
		return true;
	}
	return false;
}

enum dmv_code dmv_names_add_image(struct dmv_names *n, const char *name, uint64_t base,
				  uint64_t bytes, const uint8_t *build_id, size_t build_id_n,
				  struct dmv_err *e)
{
	struct dmv_names_image new = { .base = base, .bytes = bytes }, *p;

	if (!bytes || bytes > UINT64_MAX - base)
		return dmv_fail(e, DMV_E_CORRUPT, "image at 0x%" PRIx64 ": size 0x%" PRIx64
				" runs past the address space", base, bytes);
	module_of(name, new.module);
	if (build_id && build_id_n <= DMV_BUILD_ID_MAX) {
		memcpy(new.id.byte, build_id, build_id_n);
		new.id.n = build_id_n;
	}
	n->stale = true;
	if (merge_image(n, &new))
		return DMV_E_OK;
	p = realloc(n->image, (n->nimage + 1) * sizeof(*p));
	if (!p)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for images");
	n->image = p;
	p[n->nimage++] = new;
	return DMV_E_OK;
}

/* ---- which file belongs to which image ---- */

static void refuse(struct dmv_names_file *f, const struct dmv_names_image *im)
{
	char mine[2 * DMV_BUILD_ID_MAX + 1], theirs[2 * DMV_BUILD_ID_MAX + 1];

	dmv_build_id_text(&f->sym.id, mine);
	dmv_build_id_text(&im->id, theirs);
	f->state = DMV_FILE_REFUSED;
	snprintf(f->why, sizeof(f->why), "%s: its build-id %s is not that of %s in the target, %s",
		 f->sym.path, mine, im->module, theirs);
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
	enum dmv_code code;

	if (!n->kernel || !f->sym.fixed || f->base != UINT64_MAX)
		return false;
	code = dmv_knames_bind(n->kernel, &f->sym, f->force, &f->bias, &why);
	if (code == DMV_E_NOTFOUND)
		return false;
	f->kernel = true;
	f->image = DMV_NO_IMAGE;
	f->state = code ? DMV_FILE_REFUSED : DMV_FILE_BOUND;
	if (code)
		snprintf(f->why, sizeof(f->why), "%s", why.msg);
	else
		strcpy(f->module, "vmlinux");
	return true;
}

static void bind_file(struct dmv_names *n, struct dmv_names_file *f)
{
	if (f->kernel || f->state == DMV_FILE_TYPES || bind_kernel(n, f))
		return;
	f->image = image_of(n, f);
	if (f->image != DMV_NO_IMAGE && !f->force && other_id(&f->sym.id, &n->image[f->image].id)) {
		refuse(f, &n->image[f->image]);
		return;
	}
	if (f->base != UINT64_MAX)
		f->bias = f->base - f->sym.low;
	else if (f->sym.fixed)
		f->bias = 0;
	else if (f->image != DMV_NO_IMAGE)
		f->bias = n->image[f->image].base - f->sym.low;
	else
		return;
	f->state = DMV_FILE_BOUND;
}

/* Images that come later may be what a file waits for, or show that its name lied. */
void dmv_names_bind(struct dmv_names *n)
{
	if (!n->stale)
		return;
	n->stale = false;
	for (size_t i = 0; i < n->nfile; i++)
		if (n->file[i].state != DMV_FILE_REFUSED)
			bind_file(n, &n->file[i]);
}

enum dmv_code dmv_names_add_file(struct dmv_names *n, const char *path, uint64_t base, bool force,
				 struct dmv_err *e)
{
	struct dmv_names_file *p, *f;
	enum dmv_code c;

	if (!n->reader)
		return dmv_fail(e, DMV_E_USAGE, "%s: files are not read here: names come from the "
				"host", path);
	p = realloc(n->file, (n->nfile + 1) * sizeof(*p));
	if (!p)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for symbol files");
	n->file = p;
	f = &p[n->nfile];
	memset(f, 0, sizeof(*f));
	f->base = base;
	f->force = force;
	c = n->reader->load(path, f, e);
	if (c)
		return c;
	module_of(path, f->module);
	bind_file(n, f);
	if (f->state == DMV_FILE_REFUSED) {
		c = dmv_fail(e, DMV_E_USAGE, "%s", f->why);
		dmv_symfile_free(&f->sym);
		return c;
	}
	n->nfile++;
	return DMV_E_OK;
}

/* ---- notes ---- */

static void add_note(struct dmv_names *n, const char *text)
{
	char **p = realloc(n->note, (n->nnote + 1) * sizeof(*p));
	char *copy = strdup(text);

	if (p)
		n->note = p;
	if (p && copy)
		p[n->nnote++] = copy;
	else
		free(copy);
}

size_t dmv_names_notes(struct dmv_names *n, const char *const **ret)
{
	char text[300];

	dmv_names_bind(n);
	drop_notes(n);
	for (size_t i = 0; i < n->nfile; i++) {
		const struct dmv_names_file *f = &n->file[i];

		if (f->state == DMV_FILE_REFUSED) {
			add_note(n, f->why);
		} else if (f->state == DMV_FILE_WAITING) {
			snprintf(text, sizeof(text),
				 "%.200s: no image in the target has its build-id or "
				 "name: its symbols are not used",
				 f->sym.path);
			add_note(n, text);
		}
	}
	*ret = (const char *const *)n->note;
	return n->nnote;
}
