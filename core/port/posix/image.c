/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The program and its libraries: names and build-ids for the reader, code ranges for the stacks. */
#include <elf.h>
#include <link.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "posix_int.h"

struct scan {
	struct images *im;
	struct dmv *v;
	uint32_t index;
};

struct build_id {
	const uint8_t *at;
	uint32_t n;
};

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static bool note_find(const char *note, size_t left, struct build_id *ret)
{
	while (left >= sizeof(ElfW(Nhdr))) {
		ElfW(Nhdr) n;
		size_t name = sizeof(n), desc;

		memcpy(&n, note, sizeof(n));
		desc = name + align4(n.n_namesz);
		if (n.n_namesz > left || n.n_descsz > left || desc + align4(n.n_descsz) > left)
			return false;
		if (n.n_type == NT_GNU_BUILD_ID && n.n_namesz == 4 &&
		    !memcmp(note + name, "GNU", 4)) {
			*ret = (struct build_id){
				.at = (const uint8_t *)note + desc,
				.n = n.n_descsz < 32 ? n.n_descsz : 32,
			};
			return true;
		}
		note += desc + align4(n.n_descsz);
		left -= desc + align4(n.n_descsz);
	}
	return false;
}

static void build_id_find(const struct dl_phdr_info *info, struct build_id *ret)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type == PT_NOTE &&
		    note_find((const char *)info->dlpi_addr + ph->p_vaddr, ph->p_memsz, ret))
			return;
	}
}

static bool code_add(struct images *im, uintptr_t from, uintptr_t to)
{
	if (im->n == im->size) {
		size_t size = im->size ? im->size * 2 : 16;
		struct image_range *p = realloc(im->code, size * sizeof(*p));

		if (!p)
			return false;
		im->code = p;
		im->size = size;
	}
	im->code[im->n++] = (struct image_range){ from, to };
	return true;
}

static void ranges(struct images *im, const struct dl_phdr_info *info, uintptr_t *from,
		   uintptr_t *to)
{
	*from = UINTPTR_MAX;
	*to = 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + ph->p_vaddr, end = at + ph->p_memsz;

		if (ph->p_type != PT_LOAD)
			continue;
		*from = at < *from ? at : *from;
		*to = end > *to ? end : *to;
		if (ph->p_flags & PF_X)
			code_add(im, at, end);
	}
	*from &= ~(uintptr_t)(PAGE - 1);
}

/* The last part of a path; the program itself comes without a name. */
static const char *base_name(const char *path, char *buf, size_t size)
{
	const char *slash;

	if (!*path) {
		ssize_t n = readlink("/proc/self/exe", buf, size - 1);

		if (n <= 0)
			return "program";
		buf[n] = 0;
		path = buf;
	}
	slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static int one(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct scan *s = arg;
	struct build_id id = { 0 };
	char path[PATH_MAX];
	uintptr_t from, to;

	(void)size;
	ranges(s->im, info, &from, &to);
	if (from >= to)
		return 0;
	build_id_find(info, &id);
	if (!s->index && id.n) {
		memcpy(s->im->build_id, id.at, id.n);
		s->im->build_id_n = id.n;
	}
	if (s->v && s->index >= s->im->told) {
		dmv_image_add(s->v, base_name(info->dlpi_name, path, sizeof(path)), from, to - from,
			      id.at, id.n);
		s->im->told = s->index + 1;
	}
	s->index++;
	return 0;
}

/* The loader appends to its list, so the first `told` images are those that were told before. */
void images_scan(struct images *im, struct dmv *v)
{
	struct scan s = { .im = im, .v = v };

	im->n = 0;
	dl_iterate_phdr(one, &s);
}

bool images_has(const struct images *im, uintptr_t pc)
{
	for (size_t i = 0; i < im->n; i++)
		if (pc >= im->code[i].from && pc < im->code[i].to)
			return true;
	return false;
}

void images_free(struct images *im)
{
	free(im->code);
	*im = (struct images){ 0 };
}
