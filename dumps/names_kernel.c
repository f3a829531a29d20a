/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Names of a Linux kernel from its own memory, and where files about it belong. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names_advice.h"
#include "names_kernel.h"
#include "vmcoreinfo.h"

#define MAX_BTF (32u << 20)             /* Debian's kernels: 4 to 6 MB */
#define MODULE_ROOM (64u << 20)         /* for the symbols of all; a hundred modules: 10 MB */

struct dmv_knames {
	struct dmv_mem *m;
	bool asked_kallsyms, asked_btf, asked_modules, asked_module_btf;
	struct dmv_kallsyms *kallsyms;
	struct dmv_btf *btf, **module_btf;
	size_t nmodule_btf;
	struct dmv_kmod *mod;
	size_t nmod, module_room;
	struct dmv_err no_kallsyms, no_btf, no_modules;         /* why */
	struct dmv_kmore more;          /* functions may be NULL */
};

struct dmv_knames *dmv_knames_new(struct dmv_mem *m)
{
	struct dmv_knames *kn = calloc(1, sizeof(*kn));

	if (kn)
		*kn = (struct dmv_knames){ .m = m, .module_room = MODULE_ROOM };
	return kn;
}

void dmv_knames_free(struct dmv_knames *kn)
{
	if (!kn)
		return;
	dmv_kallsyms_free(kn->kallsyms);
	for (size_t i = 0; i < kn->nmodule_btf; i++)
		dmv_btf_free(kn->module_btf[i]);
	free(kn->module_btf);
	dmv_btf_free(kn->btf);
	dmv_kmods_free(kn->mod, kn->nmod);
	free(kn);
}

const struct dmv_kernel *dmv_knames_kernel(struct dmv_knames *kn)
{
	return dmv_mem_kernel(kn->m, NULL);
}

/* False: no kernel is known yet, ask again later. */
static bool first_time(struct dmv_knames *kn, bool *asked, struct dmv_err *e)
{
	if (*asked || !dmv_mem_kernel(kn->m, *asked ? NULL : e))
		return false;
	*asked = true;
	return true;
}

const struct dmv_kallsyms *dmv_knames_kallsyms(struct dmv_knames *kn, struct dmv_err *e)
{
	if (first_time(kn, &kn->asked_kallsyms, e))
		dmv_kallsyms_load(kn->m, &kn->kallsyms, &kn->no_kallsyms);
	if (!kn->kallsyms && kn->asked_kallsyms && e)
		*e = kn->no_kallsyms;
	return kn->kallsyms;
}

bool dmv_knames_address(struct dmv_knames *kn, const char *name, uint64_t *ret)
{
	const struct dmv_kallsyms *k = dmv_knames_kallsyms(kn, NULL);

	if (k)
		return dmv_kallsyms_symbol(k, name, ret);
	return kn->more.symbol && kn->more.symbol(kn->more.ctx, name, ret);
}

/* ---- types ---- */

static bool btf_range(struct dmv_knames *kn, const struct dmv_kallsyms *k, struct dmv_range *ret)
{
	if (dmv_knames_address(kn, "__start_BTF", &ret->start) &&
	    dmv_knames_address(kn, "__stop_BTF", &ret->end) && ret->end > ret->start)
		return true;
	return k && dmv_image_find_btf(kn->m, k, ret);
}

static enum dmv_code load_btf(struct dmv_knames *kn, struct dmv_err *e)
{
	const struct dmv_kallsyms *k = dmv_knames_kallsyms(kn, e);
	struct dmv_range at;
	uint64_t start, stop;
	uint8_t *data;
	enum dmv_code code;

	if (!btf_range(kn, k, &at)) {
		if (k)          /* else *e says already why there are no symbols */
			dmv_fail(e, DMV_E_NOTFOUND, "the kernel was built without BTF");
		return DMV_E_NOTFOUND;
	}
	start = at.start;
	stop = at.end;
	if (stop - start > MAX_BTF)
		return dmv_fail_at(e, DMV_E_CORRUPT, start,
				   "BTF from 0x%" PRIx64 " to 0x%" PRIx64 " is not believable",
				   start, stop);
	data = malloc((size_t)(stop - start));
	if (!data)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for types");
	code = dmv_mem_read(kn->m, DMV_VIRT, start, data, (size_t)(stop - start), e);
	if (code) {
		free(data);
		return dmv_prepend(e, "BTF");
	}
	return dmv_btf_new(data, (size_t)(stop - start), &kn->btf, e);
}

const struct dmv_btf *dmv_knames_btf(struct dmv_knames *kn, struct dmv_err *e)
{
	if (first_time(kn, &kn->asked_btf, e))
		load_btf(kn, &kn->no_btf);
	if (!kn->btf && kn->asked_btf && e)
		*e = kn->no_btf;
	return kn->btf;
}

const struct dmv_btf *dmv_knames_module_btf(struct dmv_knames *kn, size_t i)
{
	uint64_t head;

	if (dmv_knames_btf(kn, NULL) && first_time(kn, &kn->asked_module_btf, NULL) &&
	    dmv_knames_address(kn, "btf_modules", &head))
		kn->nmodule_btf = dmv_kmods_btf(kn->m, kn->btf, head, &kn->module_btf);
	return i < kn->nmodule_btf ? kn->module_btf[i] : NULL;
}

void dmv_knames_more(struct dmv_knames *kn, const struct dmv_kmore *more)
{
	kn->more = *more;
}

void dmv_knames_again(struct dmv_knames *kn)
{
	if (!kn->btf)
		kn->asked_btf = kn->asked_module_btf = false;
	if (!kn->mod) {
		kn->asked_modules = false;
		memset(&kn->no_modules, 0, sizeof(kn->no_modules));
	}
}

const struct dmv_types *dmv_knames_types(struct dmv_knames *kn, struct dmv_err *e)
{
	const struct dmv_btf *b = dmv_knames_btf(kn, e);

	if (b)
		return dmv_btf_types(b);
	return kn->more.types ? kn->more.types(kn->more.ctx) : NULL;
}

/* ---- look-ups ---- */

const struct dmv_kmod *dmv_knames_modules(struct dmv_knames *kn, size_t *n, struct dmv_err *why)
{
	struct dmv_err cut = { 0 };

	if (first_time(kn, &kn->asked_modules, &kn->no_modules) &&
	    !dmv_kmods_load(kn, kn->m, &kn->mod, &kn->nmod, &cut, &kn->no_modules))
		kn->no_modules = cut;
	if (why)
		*why = kn->no_modules;
	*n = kn->nmod;
	return kn->mod;
}

enum dmv_code dmv_knames_sections(struct dmv_knames *kn, const struct dmv_kmod *k,
				  struct dmv_kmod_section **ret, size_t *n,
				  struct dmv_build_id *id, struct dmv_err *e)
{
	const struct dmv_types *t = dmv_knames_types(kn, e);
	enum dmv_code code = t ? dmv_kmod_sections(k, t, kn->m, ret, n, e) : DMV_E_NOTFOUND;

	if (!code)
		dmv_kmod_build_id(k, kn->m, *ret, *n, id);
	return code;
}

static struct dmv_kmod *module_at(struct dmv_knames *kn, uint64_t addr)
{
	size_t n;

	dmv_knames_modules(kn, &n, NULL);
	for (size_t i = 0; i < n; i++)
		if (dmv_kmod_has(&kn->mod[i], addr))
			return &kn->mod[i];
	return NULL;
}

const struct dmv_kmod *dmv_knames_module_at(struct dmv_knames *kn, uint64_t addr)
{
	return module_at(kn, addr);
}

/* k is one of ours. */
bool dmv_knames_module_symbol(struct dmv_knames *kn, const struct dmv_kmod *k, const char *name,
			      uint64_t *ret)
{
	struct dmv_kmod *own = &kn->mod[k - kn->mod];

	dmv_kmod_symbols(own, kn->m, &kn->module_room);
	return dmv_symfile_symbol(&own->sym, name, ret);
}

static bool place_in_module(struct dmv_knames *kn, uint64_t addr, struct dmv_place *ret)
{
	struct dmv_kmod *k = module_at(kn, addr);
	const struct dmv_sym *s;

	if (!k)
		return false;
	dmv_kmod_symbols(k, kn->m, &kn->module_room);
	s = dmv_symfile_find(&k->sym, addr, true);
	memset(ret, 0, sizeof(*ret));
	snprintf(ret->module, sizeof(ret->module), "%s", k->name);
	if (s)
		snprintf(ret->function, sizeof(ret->function), "%s", k->sym.strings + s->name);
	ret->offset = addr - (s ? s->addr : k->base);
	return true;
}

bool dmv_knames_place(struct dmv_knames *kn, uint64_t addr, struct dmv_place *ret)
{
	const struct dmv_kallsyms *k = dmv_knames_kallsyms(kn, NULL);
	struct dmv_ksym s;

	if (!k || !dmv_kallsyms_find(k, addr, &s))
		return place_in_module(kn, addr, ret);
	memset(ret, 0, sizeof(*ret));
	strcpy(ret->module, "vmlinux");
	snprintf(ret->function, sizeof(ret->function), "%.*s", (int)sizeof(ret->function) - 1,
		 s.name);
	ret->offset = addr - s.start;
	return true;
}

bool dmv_knames_symbol(struct dmv_knames *kn, const char *name, uint64_t *ret)
{
	const struct dmv_kallsyms *k = dmv_knames_kallsyms(kn, NULL);
	size_t n;

	if (k && dmv_kallsyms_symbol(k, name, ret))
		return true;
	dmv_knames_modules(kn, &n, NULL);
	for (size_t i = 0; i < n; i++) {
		dmv_kmod_symbols(&kn->mod[i], kn->m, &kn->module_room);
		if (dmv_symfile_symbol(&kn->mod[i].sym, name, ret))
			return true;
	}
	return false;
}

/* ---- files about the kernel ---- */

/* Its addresses are the kernel's as linked: both are in every vmlinux and every System.map. */
static bool is_kernel_file(const struct dmv_symfile *f, uint64_t *stext, uint64_t *banner)
{
	return dmv_symfile_symbol(f, "linux_banner", banner) &&
	       (dmv_symfile_symbol(f, "_stext", stext) || dmv_symfile_symbol(f, "_text", stext));
}

static bool kernel_id(struct dmv_knames *kn, char *buf, size_t size)
{
	return dmv_vmci_text(kn->m->vmcoreinfo, "BUILD-ID", buf, size) && *buf;
}

static enum dmv_code check_id(struct dmv_knames *kn, const struct dmv_symfile *f,
			      struct dmv_err *e)
{
	char theirs[2 * DMV_BUILD_ID_MAX + 1], mine[2 * DMV_BUILD_ID_MAX + 1];
	char package[160];

	if (!f->id.n || !kernel_id(kn, theirs, sizeof(theirs)))
		return DMV_E_OK;
	dmv_build_id_text(&f->id, mine);
	if (!strcmp(mine, theirs))
		return DMV_E_OK;
	dmv_debug_package(dmv_knames_kernel(kn)->release, package, sizeof(package));
	return dmv_fail(e, DMV_E_USAGE, "%.200s: its build-id %s is not that of the kernel in the "
			"target, %s; --force to go on%s%s", f->path, mine, theirs,
			*package ? "; the right one: " : "", package);
}

/* With the file's addresses moved, the kernel's banner must be where the file says. Memory that is
 * not in the dump proves nothing. */
static enum dmv_code check_banner(struct dmv_knames *kn, const struct dmv_symfile *f, uint64_t at,
				  struct dmv_err *e)
{
	static const char words[] = "Linux version ";
	const struct dmv_kernel *k = dmv_knames_kernel(kn);
	char text[sizeof(words) + sizeof(k->release)] = "", package[160];
	size_t n = strlen(words), len = strlen(k->release);

	if (dmv_mem_read(kn->m, DMV_VIRT, at, text, n + len + 1, NULL))
		return DMV_E_OK;
	if (!strncmp(text, words, n) && !strncmp(text + n, k->release, len) && text[n + len] == ' ')
		return DMV_E_OK;
	dmv_debug_package(k->release, package, sizeof(package));
	return dmv_fail_at(e, DMV_E_USAGE, at,
			   "%.200s: not of the kernel in the target, %s: no linux_banner at 0x%" PRIx64
			   ", where it says; --force to go on%s%s", f->path, k->release, at,
			   *package ? "; the right one: " : "", package);
}

enum dmv_code dmv_knames_bind(struct dmv_knames *kn, struct dmv_symfile *f, bool force,
			      uint64_t *bias, struct dmv_err *e)
{
	const struct dmv_kernel *k = dmv_knames_kernel(kn);
	uint64_t stext, banner, real, end;
	enum dmv_code code;

	if (k && !f->nsym && f->high >> 63) {
		code = force ? DMV_E_OK : check_id(kn, f, e);
		return code ? code : dmv_fail(e, DMV_E_ABSENT, "%.200s: no symbols", f->path);
	}
	if (!k || !is_kernel_file(f, &stext, &banner))
		return dmv_fail(e, DMV_E_NOTFOUND, "%s: no kernel's file", f->path);
	if (dmv_vmci_symbol(kn->m->vmcoreinfo, "_stext", &real))
		*bias = real - stext;
	else
		*bias = k->have_offset ? k->offset : 0;
	code = force ? DMV_E_OK : check_id(kn, f, e);
	if (!code && !force)
		code = check_banner(kn, f, banner + *bias, e);
	if (code)
		return code;
	/* Per-CPU variables are linked at 0: what is below the code has no place of its own. */
	f->low = stext;
	if (dmv_symfile_symbol(f, "_end", &end) && end > stext)
		f->high = end;
	return DMV_E_OK;
}
