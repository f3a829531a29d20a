/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Files that nobody named one by one: the debug symbols of an image by its build-id, as they are
 * installed below /usr/lib/debug, the file it was mapped from, and what lies in a directory that
 * the user gave. All are held against the build-id in the target. Paths from a dump are hostile:
 * what is opened is a regular file, and nothing of it is shown.
 */
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mem_int.h"
#include "names_book.h"

enum {
	MAX_ENTRIES = 1 << 19,          /* of a directory, with all below it */
	MAX_LEVEL = 24,
	MAX_FOUND = 1 << 14,
	PATH = 4096,
};

static const char installed[] = "/usr/lib/debug";

struct found {
	char name[64];                  /* of the module */
	char *path;
};

struct dmv_names_found {
	struct found *v;
	size_t n;
	bool *asked;                    /* by module of the kernel */
	size_t nasked;
};

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

/* ---- programs and libraries ---- */

/* Without a build-id in the target nothing could tell the right file from another. */
static bool try_image(struct dmv_names *n, size_t image, const char *path)
{
	struct dmv_err e = { 0 };

	if (!is_file(path))
		return false;
	if (!dmv_names_take_file(n, path, image, &e))
		return true;
	dmv_prepend(&e, "no names");
	dmv_names_remark(n, e.msg);
	return false;
}

/* "DIR/.build-id/ab/cdef.debug" */
static bool by_build_id(struct dmv_names *n, size_t image, const char *dir)
{
	char id[2 * DMV_BUILD_ID_MAX + 1], path[PATH];

	dmv_build_id_text(&n->image[image].id, id);
	snprintf(path, sizeof(path), "%s/.build-id/%.2s/%s.debug", dir, id, id + 2);
	return try_image(n, image, path);
}

/* As in a copy of the machine's file system, or just there. */
static bool by_name(struct dmv_names *n, size_t image, const char *dir)
{
	const char *full = n->image[image].path ? n->image[image].path : n->image[image].module;
	const char *slash = strrchr(full, '/'), *base = slash ? slash + 1 : full;
	char path[PATH];

	snprintf(path, sizeof(path), "%s/%s.debug", dir, base);
	if (try_image(n, image, path))
		return true;
	snprintf(path, sizeof(path), "%s%s%s", dir, *full == '/' ? "" : "/", full);
	if (try_image(n, image, path))
		return true;
	snprintf(path, sizeof(path), "%s/%s", dir, base);
	return slash && try_image(n, image, path);
}

static bool has_file(const struct dmv_names *n, size_t image)
{
	for (size_t i = 0; i < n->nfile; i++)
		if (n->file[i].state == DMV_FILE_BOUND && n->file[i].image == image)
			return true;
	return false;
}

/* Debug symbols go beside the program's own file, which may have none. */
static void search_image(struct dmv_names *n, size_t image)
{
	bool any = false;

	for (size_t i = 0; i < n->ndir; i++) {
		if (!by_build_id(n, image, n->dir[i].path) && !by_name(n, image, n->dir[i].path))
			continue;
		any = n->dir[i].used = true;
	}
	any = any || by_build_id(n, image, installed) || has_file(n, image);
	if (!any && n->image[image].path)
		try_image(n, image, n->image[image].path);
}

/* ---- the kernel ---- */

static bool try_kernel(struct dmv_names *n, struct dmv_names_dir *d, const char *path)
{
	struct dmv_err e = { 0 };

	if (!is_file(path))
		return false;
	if (dmv_names_add_file(n, path, UINT64_MAX, d->force, &e)) {
		dmv_names_remark(n, e.msg);
		return false;
	}
	d->used = true;
	return true;
}

static void search_kernel(struct dmv_names *n, struct dmv_names_dir *d, const char *release)
{
	/* As Debian, Ubuntu, Fedora and SUSE install it, from / or from /usr/lib/debug on. */
	static const char *const before[] = {
		"/boot/vmlinux-", "/vmlinux-", "/usr/lib/debug/boot/vmlinux-",
		"/usr/lib/debug/lib/modules/", "/lib/modules/", "/vmlinux", "/boot/System.map-",
		"/System.map-", "/System.map",
	};
	char path[PATH];

	if (!*release || strchr(release, '/'))
		return;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		size_t len = strlen(before[i]);
		char last = before[i][len - 1];

		snprintf(path, sizeof(path), "%s%s%s%s", d->path, before[i],
			 strchr("-/", last) ? release : "", last == '/' ? "/vmlinux" : "");
		if (try_kernel(n, d, path))
			return;
	}
}

void dmv_names_search_kernel(struct dmv_names *n)
{
	const struct dmv_kernel *k = dmv_knames_kernel(n->kernel);

	for (size_t i = 0; i < n->ndir && k; i++)
		search_kernel(n, &n->dir[i], k->release);
}

/* ---- its modules ---- */

/* "virtio-blk.ko.debug" is of virtio_blk. */
static bool module_name(const char *file, char ret[64])
{
	const char *end = strstr(file, ".ko");
	size_t n = end ? (size_t)(end - file) : 0;

	if (!n || n >= 64 || (strcmp(end, ".ko") && strcmp(end, ".ko.debug")))
		return false;
	for (size_t i = 0; i < n; i++)
		ret[i] = file[i] == '-' ? '_' : file[i];
	ret[n] = 0;
	return true;
}

static void add_found(struct dmv_names_found *f, const char *name, const char *path)
{
	struct found *p;

	if (f->n == MAX_FOUND || !dmv_grow(&f->v, f->n, sizeof(*f->v)))
		return;
	p = &f->v[f->n];
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->path = strdup(path);
	f->n += p->path != NULL;
}

static void walk(struct dmv_names_found *f, char *dir)
{
	char *const roots[] = { dir, NULL };
	FTS *t = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT | FTS_XDEV, NULL);
	char name[64];
	FTSENT *p;

	for (size_t i = 0; t && i < MAX_ENTRIES && (p = fts_read(t)); i++) {
		if (p->fts_info == FTS_D &&
		    (p->fts_level > MAX_LEVEL || !strcmp(p->fts_name, ".build-id")))
			fts_set(t, p, FTS_SKIP);
		else if (p->fts_info != FTS_D && p->fts_info != FTS_DP &&
			 module_name(p->fts_name, name))
			add_found(f, name, p->fts_path);
	}
	if (t)
		fts_close(t);
}

/* The modules of that release, debug symbols first; else all that lie there. */
static void find_modules(struct dmv_names_found *f, const char *dir, const char *release)
{
	static const char *const below[] = { "/usr/lib/debug/lib/modules/", "/lib/modules/",
					     "/usr/lib/modules/" };
	size_t before = f->n;
	char path[PATH];

	for (size_t i = 0; *release && !strchr(release, '/') && i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s%s", dir, below[i], release);
		walk(f, path);
	}
	snprintf(path, sizeof(path), "%s", dir);
	if (f->n == before)
		walk(f, path);
}

static struct dmv_names_found *found(struct dmv_names *n)
{
	const struct dmv_kernel *k = dmv_knames_kernel(n->kernel);
	struct dmv_names_found *f;

	if (n->found || !k)
		return n->found;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	dmv_knames_modules(n->kernel, &f->nasked, NULL);
	f->asked = calloc(f->nasked + 1, sizeof(*f->asked));
	for (size_t i = 0; i < n->ndir; i++)
		find_modules(f, n->dir[i].path, k->release);
	n->found = f;
	return f;
}

/* Is it below a directory of the user's? Then that was of use. */
static void mark_used(struct dmv_names *n, const char *path)
{
	for (size_t i = 0; i < n->ndir; i++) {
		size_t len = strlen(n->dir[i].path);

		if (!strncmp(path, n->dir[i].path, len) &&
		    (path[len] == '/' || (len && path[len - 1] == '/')))
			n->dir[i].used = true;
	}
}

static void search_module(struct dmv_names *n, uint64_t addr)
{
	const struct dmv_kmod *k = dmv_knames_module_at(n->kernel, addr);
	struct dmv_names_found *f = k ? found(n) : NULL;
	size_t i = f ? (size_t)(k - dmv_knames_modules(n->kernel, &f->nasked, NULL)) : 0;
	struct dmv_err e = { 0 };

	if (!f || !f->asked || f->asked[i])
		return;
	f->asked[i] = true;
	for (size_t j = 0; j < f->n; j++) {
		if (strcmp(f->v[j].name, k->name))
			continue;
		if (!dmv_names_add_file(n, f->v[j].path, UINT64_MAX, n->dir[0].force, &e)) {
			mark_used(n, f->v[j].path);
			return;
		}
		dmv_names_remark(n, e.msg);
	}
}

void dmv_names_search(struct dmv_names *n, uint64_t addr)
{
	if (!n->reader)
		return;
	for (size_t i = 0; i < n->nimage; i++) {
		struct dmv_names_image *im = &n->image[i];

		if (addr - im->base >= im->bytes)
			continue;
		if (!im->asked && im->id.n) {
			im->asked = true;
			search_image(n, i);
		}
		return;
	}
	if (n->ndir && n->kernel)
		search_module(n, addr);
}

/* ---- directories ---- */

enum dmv_code dmv_names_add_dir(struct dmv_names *n, const char *path, bool force,
				struct dmv_err *e)
{
	struct dmv_names_dir *d;
	const struct dmv_kernel *k;

	if (!dmv_grow(&n->dir, n->ndir, sizeof(*n->dir)))
		return dmv_fail(e, DMV_E_MEMORY, "no memory for symbol files");
	d = &n->dir[n->ndir];
	*d = (struct dmv_names_dir){ .path = strdup(path), .force = force };
	if (!d->path)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for symbol files");
	n->ndir++;
	k = n->kernel ? dmv_knames_kernel(n->kernel) : NULL;
	if (k && n->kernel_known)
		search_kernel(n, d, k->release);
	return DMV_E_OK;
}

void dmv_names_search_free(struct dmv_names *n)
{
	for (size_t i = 0; i < n->ndir; i++)
		free(n->dir[i].path);
	free(n->dir);
	for (size_t i = 0; n->found && i < n->found->n; i++)
		free(n->found->v[i].path);
	if (n->found) {
		free(n->found->v);
		free(n->found->asked);
	}
	free(n->found);
}
