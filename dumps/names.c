/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The images of a target and the symbol files given. Files are read by names_files.c, which file
 * belongs to which image names_bind.c knows, questions are answered in names_ask.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mem_int.h"
#include "names_advice.h"
#include "names_book.h"

enum { REMARKS = 32 };

enum dmv_code dmv_names_new_bare(struct dmv_names **ret, struct dmv_err *e)
{
	struct dmv_names *n = calloc(1, sizeof(*n));

	if (!n)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for symbols");
	*ret = n;
	return DMV_E_OK;
}

void dmv_names_set_host(struct dmv_names *n, const struct dmv_names_host *h)
{
	n->host = *h;
}

/* The kernel's own types: a module's go on from them. NULL: not known. */
static const struct dmv_btf *base_of(struct dmv_names *n, size_t but)
{
	const struct dmv_btf *base = n->kernel ? dmv_knames_btf(n->kernel, NULL) : NULL;

	for (size_t i = 0; i < n->nfile && !base; i++)
		if (i != but && !n->file[i].sym.object && n->file[i].state != DMV_FILE_REFUSED &&
		    n->reader->types(&n->file[i], NULL))
			base = n->file[i].types.btf;
	return base;
}

const struct dmv_types *dmv_names_file_types(struct dmv_names *n, size_t i)
{
	struct dmv_names_file *f = &n->file[i];

	if (f->state == DMV_FILE_REFUSED)
		return NULL;
	return n->reader->types(f, f->asked_types ? NULL : base_of(n, i));
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

/* Of the kernel's own files. */
static bool symbol_of_files(void *ctx, const char *name, uint64_t *ret)
{
	const struct dmv_names *n = ctx;
	uint64_t addr;

	for (size_t i = 0; i < n->nfile; i++) {
		const struct dmv_names_file *f = &n->file[i];

		if (f->kernel && f->state == DMV_FILE_BOUND &&
		    dmv_symfile_symbol(&f->sym, name, &addr) && dmv_target_address(f, addr, ret))
			return true;
	}
	return false;
}

enum dmv_code dmv_names_set_target(struct dmv_names *n, struct dmv_mem *m, struct dmv_err *e)
{
	struct dmv_knames *kn = dmv_knames_new(m);

	if (!kn)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for symbols");
	dmv_knames_free(n->kernel);
	n->kernel = kn;
	dmv_knames_more(kn, &(struct dmv_kmore){ n, types_of_files, symbol_of_files });
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

static void unload_file(struct dmv_names *n, struct dmv_names_file *f)
{
	dmv_symfile_free(&f->sym);
	free(f->part);
	n->reader->close(f);
}

void dmv_names_free(struct dmv_names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->nfile; i++)
		unload_file(n, &n->file[i]);
	for (size_t i = 0; i < n->nimage; i++)
		free(n->image[i].path);
	for (size_t i = 0; i < n->nlate; i++)
		free(n->late[i]);
	dmv_names_search_free(n);
	drop_notes(n);
	dmv_knames_free(n->kernel);
	free(n->late);
	free(n->file);
	free(n->image);
	free(n);
}

/* "/lib/modules/foo.ko.debug" -> "foo": what people call it. */
static void module_of(const char *name, char ret[64])
{
	static const char *const end[] = { ".debug", ".elf", ".ko" };
	const char *slash = strrchr(name, '/');
	size_t len, n;

	if (slash && slash[1])
		name = slash + 1;
	len = strnlen(name, 63);
	memcpy(ret, name, len);
	ret[len] = 0;
	for (size_t i = 0; i < sizeof(end) / sizeof(end[0]); i++) {
		n = strlen(end[i]);
		if (len > n && !strcmp(ret + len - n, end[i]))
			ret[len -= n] = 0;
	}
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

/* ---- files ---- */

/* No reader knows it. */
static enum dmv_code unfit(struct dmv_names *n, const char *path, struct dmv_err *e)
{
	const struct dmv_kernel *k = n->kernel ? dmv_knames_kernel(n->kernel) : NULL;

	return dmv_names_unfit(path, k ? k->release : "", e);
}

/* Appended, but not counted yet. id: of that build alone; NULL: any file. */
static enum dmv_code load_file(struct dmv_names *n, const char *path, const struct dmv_build_id *id,
			       struct dmv_names_file **ret, struct dmv_err *e)
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
	f->base = UINT64_MAX;
	c = id ? n->reader->load_build(path, id, f, e) : n->reader->load(path, f, e);
	if (c == DMV_E_NOTFOUND)
		c = unfit(n, path, e);
	if (c)
		return c;
	module_of(path, f->module);
	*ret = f;
	return DMV_E_OK;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

enum dmv_code dmv_names_add_file(struct dmv_names *n, const char *path, uint64_t base, bool force,
				 struct dmv_err *e)
{
	struct dmv_names_file *f;
	enum dmv_code c;

	if (n->reader && is_directory(path))
		return dmv_names_add_dir(n, path, force, e);
	c = load_file(n, path, NULL, &f, e);
	if (c)
		return c;
	f->base = base;
	f->force = force;
	dmv_names_bind_file(n, f);
	if (f->state == DMV_FILE_REFUSED) {
		c = dmv_fail(e, DMV_E_USAGE, "%s%s", f->why,
			     strstr(f->why, "--force") ? "" : "; --force to go on");
		unload_file(n, f);
		return c;
	}
	n->nfile++;
	/* It may be what others wait for. */
	n->stale = true;
	if (n->kernel)
		dmv_knames_again(n->kernel);
	return DMV_E_OK;
}

enum dmv_code dmv_names_take_file(struct dmv_names *n, const char *path, size_t image,
				  struct dmv_err *e)
{
	struct dmv_names_file *f;
	enum dmv_code c = load_file(n, path, &n->image[image].id, &f, e);

	if (c)
		return c;
	dmv_names_bind_file(n, f);
	if (f->state == DMV_FILE_BOUND) {
		n->nfile++;
		return DMV_E_OK;
	}
	c = dmv_fail(e, DMV_E_USAGE, "%.200s: of the right build, but no program or library", path);
	unload_file(n, f);
	return c;
}

bool dmv_names_has_file(struct dmv_names *n, uint64_t base)
{
	dmv_names_bind(n);
	for (size_t i = 0; i < n->nfile; i++) {
		const struct dmv_names_file *f = &n->file[i];

		if (base == UINT64_MAX || (f->state == DMV_FILE_BOUND && f->image != DMV_NO_IMAGE &&
					   n->image[f->image].base == base))
			return true;
	}
	return false;
}

void dmv_names_offer_file(struct dmv_names *n, uint64_t base, const char *path)
{
	for (size_t i = 0; i < n->nimage; i++)
		if (n->image[i].base == base && !n->image[i].path)
			n->image[i].path = strdup(path);
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

void dmv_names_remark(struct dmv_names *n, const char *text)
{
	if (n->nlate < REMARKS && dmv_grow(&n->late, n->nlate, sizeof(*n->late)) &&
	    (n->late[n->nlate] = strdup(text)) != NULL)
		n->nlate++;
}

size_t dmv_names_notes(struct dmv_names *n, const char *const **ret)
{
	char text[300];

	dmv_names_bind(n);
	drop_notes(n);
	for (size_t i = 0; i < n->nfile; i++) {
		const struct dmv_names_file *f = &n->file[i];

		if (f->state == DMV_FILE_REFUSED || f->state == DMV_FILE_WAITING)
			add_note(n, f->why);
	}
	for (size_t i = 0; i < n->nlate; i++)
		add_note(n, n->late[i]);
	for (size_t i = 0; i < n->ndir; i++) {
		if (n->dir[i].used)
			continue;
		snprintf(text, sizeof(text), "%.200s: nothing in it was used so far",
			 n->dir[i].path);
		add_note(n, text);
	}
	*ret = (const char *const *)n->note;
	return n->nnote;
}
