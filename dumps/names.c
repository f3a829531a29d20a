/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Names of a target: which image is where, which symbol file belongs to it, and what stands at an
 * address. What an ELF file says is names_dwarf.c's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names_kernel.h"
#include "types_file.h"

#define NO_IMAGE SIZE_MAX

struct image {
	char module[64];
	uint64_t base, bytes;
	struct dmv_build_id id;
};

enum file_state {
	FILE_WAITING,
	FILE_BOUND,
	FILE_REFUSED,
	FILE_TYPES,             /* has no symbols */
};

struct file {
	struct dmv_symfile sym;
	char module[64];
	uint64_t base;          /* given by the user; UINT64_MAX: none */
	bool force;
	enum file_state state;
	uint64_t bias;          /* address in the target less the one in the file */
	size_t image;           /* NO_IMAGE: none known, stands for itself */
	bool kernel;            /* the target's own kernel, vmlinux or System.map */
	char why[512];          /* refused: for notes */
	bool asked_types;
	struct dmv_file_types types;
};

struct dmv_names {
	struct image *image;
	size_t nimage;
	struct file *file;
	size_t nfile;
	bool stale;             /* images or files came since the last binding */
	struct dmv_knames *kernel;      /* NULL: no target was given */
	char **note;
	size_t nnote;
};

enum dmv_code dmv_names_new(struct dmv_names **ret, struct dmv_err *e)
{
	struct dmv_names *n = calloc(1, sizeof(*n));

	if (!n)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for symbols");
	*ret = n;
	return DMV_E_OK;
}

/* What a file has is looked at only now: vmlinux's DWARF is large. */
static const struct dmv_types *types_of(struct dmv_names *n, size_t i)
{
	struct file *f = &n->file[i];

	if (f->state == FILE_REFUSED)
		return NULL;
	if (!f->asked_types) {
		f->asked_types = true;
		dmv_file_types_open(f->sym.path, &f->types, NULL);
	}
	return dmv_file_types(&f->types);
}

/* For a kernel that has none of its own: of the first file that has some. */
static const struct dmv_types *types_of_files(void *ctx)
{
	struct dmv_names *n = ctx;
	const struct dmv_types *t = NULL;

	for (size_t i = 0; i < n->nfile && !t; i++)
		t = types_of(n, i);
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
		dmv_file_types_close(&n->file[i].types);
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
static bool merge_image(struct dmv_names *n, const struct image *new)
{
	for (size_t i = 0; i < n->nimage; i++) {
		struct image *old = &n->image[i];

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
	struct image new = { .base = base, .bytes = bytes }, *p;

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

static void refuse(struct file *f, const struct image *im)
{
	char mine[2 * DMV_BUILD_ID_MAX + 1], theirs[2 * DMV_BUILD_ID_MAX + 1];

	dmv_build_id_text(&f->sym.id, mine);
	dmv_build_id_text(&im->id, theirs);
	f->state = FILE_REFUSED;
	snprintf(f->why, sizeof(f->why), "%s: its build-id %s is not that of %s in the target, %s",
		 f->sym.path, mine, im->module, theirs);
}

static bool image_overlaps(const struct image *im, uint64_t low, uint64_t high)
{
	return im->base < high && low < im->base + im->bytes;
}

/* By build-id, else by name, else (a file that runs at its own addresses) by place. */
static size_t image_of(const struct dmv_names *n, const struct file *f)
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
	return NO_IMAGE;
}

/* False: it is no file about the target's kernel. */
static bool bind_kernel(struct dmv_names *n, struct file *f)
{
	struct dmv_err why;
	enum dmv_code code;

	if (!n->kernel || !f->sym.fixed || f->base != UINT64_MAX)
		return false;
	code = dmv_knames_bind(n->kernel, &f->sym, f->force, &f->bias, &why);
	if (code == DMV_E_NOTFOUND)
		return false;
	f->kernel = true;
	f->image = NO_IMAGE;
	f->state = code ? FILE_REFUSED : FILE_BOUND;
	if (code)
		snprintf(f->why, sizeof(f->why), "%s", why.msg);
	else
		strcpy(f->module, "vmlinux");
	return true;
}

static void bind_file(struct dmv_names *n, struct file *f)
{
	if (f->kernel || f->state == FILE_TYPES || bind_kernel(n, f))
		return;
	f->image = image_of(n, f);
	if (f->image != NO_IMAGE && !f->force && other_id(&f->sym.id, &n->image[f->image].id)) {
		refuse(f, &n->image[f->image]);
		return;
	}
	if (f->base != UINT64_MAX)
		f->bias = f->base - f->sym.low;
	else if (f->sym.fixed)
		f->bias = 0;
	else if (f->image != NO_IMAGE)
		f->bias = n->image[f->image].base - f->sym.low;
	else
		return;
	f->state = FILE_BOUND;
}

/* Images that come later may be what a file waits for, or show that its name lied. */
static void bind_all(struct dmv_names *n)
{
	if (!n->stale)
		return;
	n->stale = false;
	for (size_t i = 0; i < n->nfile; i++)
		if (n->file[i].state != FILE_REFUSED)
			bind_file(n, &n->file[i]);
}

/* By content. */
static enum dmv_code load_file(const char *path, struct file *f, struct dmv_err *e)
{
	enum dmv_code c = dmv_symfile_load(path, &f->sym, e);

	if (c != DMV_E_NOTFOUND)
		return c;
	c = dmv_symfile_load_map(path, &f->sym, e);
	if (c != DMV_E_NOTFOUND)
		return c;
	if (dmv_file_types_open(path, &f->types, NULL))
		return dmv_fail(e, c, "%s: neither an ELF file nor System.map nor BTF", path);
	f->asked_types = true;
	f->state = FILE_TYPES;
	f->sym.path = strdup(path);
	return f->sym.path ? DMV_E_OK : dmv_fail(e, DMV_E_MEMORY, "no memory for symbol files");
}

enum dmv_code dmv_names_add_file(struct dmv_names *n, const char *path, uint64_t base, bool force,
				 struct dmv_err *e)
{
	struct file *p = realloc(n->file, (n->nfile + 1) * sizeof(*p)), *f;
	enum dmv_code c;

	if (!p)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for symbol files");
	n->file = p;
	f = &p[n->nfile];
	memset(f, 0, sizeof(*f));
	f->base = base;
	f->force = force;
	c = load_file(path, f, e);
	if (c)
		return c;
	module_of(path, f->module);
	bind_file(n, f);
	if (f->state == FILE_REFUSED) {
		c = dmv_fail(e, DMV_E_USAGE, "%s", f->why);
		dmv_symfile_free(&f->sym);
		return c;
	}
	n->nfile++;
	return DMV_E_OK;
}

/* ---- look-ups ---- */

static const struct image *image_at(const struct dmv_names *n, uint64_t addr)
{
	for (size_t i = 0; i < n->nimage; i++)
		if (addr - n->image[i].base < n->image[i].bytes)
			return &n->image[i];
	return NULL;
}

static bool in_file(const struct file *f, uint64_t addr)
{
	return f->state == FILE_BOUND && addr - f->bias - f->sym.low < f->sym.high - f->sym.low;
}

static bool place_in_file(const struct dmv_names *n, const struct file *f, uint64_t addr,
			  struct dmv_place *ret)
{
	const struct dmv_sym *s = dmv_symfile_find(&f->sym, addr - f->bias, f->kernel);

	if (!s)
		return false;
	memset(ret, 0, sizeof(*ret));
	strcpy(ret->module, f->image != NO_IMAGE ? n->image[f->image].module : f->module);
	snprintf(ret->function, sizeof(ret->function), "%s", f->sym.strings + s->name);
	ret->offset = addr - f->bias - s->addr;
	return true;
}

bool dmv_names_place(struct dmv_names *n, uint64_t addr, struct dmv_place *ret)
{
	const struct file *bare = NULL;
	const struct image *im;

	if (!n)
		return false;
	bind_all(n);
	for (size_t i = 0; i < n->nfile; i++) {
		if (!in_file(&n->file[i], addr))
			continue;
		if (place_in_file(n, &n->file[i], addr, ret))
			return true;
		bare = &n->file[i];
	}
	if (n->kernel && dmv_knames_place(n->kernel, addr, ret))
		return true;
	im = image_at(n, addr);
	if (!im && !bare)
		return false;
	memset(ret, 0, sizeof(*ret));
	strcpy(ret->module, im ? im->module : bare->module);
	ret->offset = addr - (im ? im->base : bare->sym.low + bare->bias);
	return true;
}

bool dmv_names_symbol(struct dmv_names *n, const char *symbol, uint64_t *ret)
{
	if (!n)
		return false;
	bind_all(n);
	for (size_t i = 0; i < n->nfile; i++) {
		const struct file *f = &n->file[i];

		if (f->state != FILE_BOUND || !dmv_symfile_symbol(&f->sym, symbol, ret))
			continue;
		*ret += f->bias;
		return true;
	}
	return n->kernel && dmv_knames_symbol(n->kernel, symbol, ret);
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

/* The kernel's own types first; the first answer of the others counts. What the kernel lacked is
 * told if nobody knows better. */
static enum dmv_code ask_all(struct dmv_names *n, const struct question *q, struct dmv_err *e)
{
	struct dmv_err why = { .code = DMV_E_NOTFOUND, .addr = UINT64_MAX };
	const struct dmv_btf *b;

	if (!n)
		return dmv_fail(e, DMV_E_NOTFOUND, "no types are known");
	bind_all(n);
	b = n->kernel ? dmv_knames_btf(n->kernel, &why) : NULL;
	if (b && !ask(dmv_btf_types(b), q, &why))
		return DMV_E_OK;
	for (size_t i = 0; i < n->nfile; i++) {
		const struct dmv_types *t = types_of(n, i);

		if (t && !ask(t, q, why.msg[0] ? NULL : &why))
			return DMV_E_OK;
	}
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
	dmv_knames_modules(n->kernel, &k.modules, &k.modules_why);
	*ret = k;
	return true;
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

	bind_all(n);
	drop_notes(n);
	for (size_t i = 0; i < n->nfile; i++) {
		const struct file *f = &n->file[i];

		if (f->state == FILE_REFUSED) {
			add_note(n, f->why);
		} else if (f->state == FILE_WAITING) {
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
