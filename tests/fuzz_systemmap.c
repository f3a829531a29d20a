/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Any bytes as a System.map or a copy of /proc/kallsyms, and what is then looked up in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "names_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void ask(const struct dmv_symfile *f, size_t n)
{
	uint64_t addr;

	must(f->nsym && f->low < f->high && f->nsym <= n / 12 + 1);
	for (size_t i = 0; i < f->nsym; i++) {
		const struct dmv_sym *s = &f->sym[i], *found;

		must(!i || f->sym[i - 1].addr <= s->addr);
		must(f->strings[s->name]);
		found = dmv_symfile_find(f, s->addr + 1, i & 1);
		must(!found || found->addr <= s->addr + 1);
		if (i < 16)
			must(dmv_symfile_symbol(f, f->strings + s->name, &addr));
	}
	must(!dmv_symfile_symbol(f, "no such symbol", &addr));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dmv_symfile f;
	struct dmv_err e = { 0 };
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, data, n) == (ssize_t)n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (dmv_symfile_load_map(path, &f, &e)) {
		must(e.code && e.msg[0]);
	} else {
		ask(&f, n);
		dmv_symfile_free(&f);
	}
	close(fd);
	return 0;
}
