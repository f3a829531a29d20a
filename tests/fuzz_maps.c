/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Any bytes as /proc/PID/smaps, which a gdbserver reads out where nobody need be honest. */
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Line by line, as mem_pid.c and mem_gdb.c have it. */
static void take(struct dmv_maps *v, char *text, size_t n)
{
	for (char *p = text, *eol; p < text + n; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(text + n - p));
		if (!eol)
			eol = text + n;
		*eol = 0;
		must(dmv_maps_line(v, p));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dmv_maps v = { 0 };
	struct dmv_mem m = { 0 };
	char *text = malloc(n + 1);
	size_t length = 0;

	must(text);
	memcpy(text, data, n);
	text[n] = 0;
	take(&v, text, n);
	free(text);
	dmv_maps_give(&v, &m);
	for (size_t i = 0; i < m.nrange[DMV_VIRT]; i++) {
		must(m.range[DMV_VIRT][i].start < m.range[DMV_VIRT][i].end);
		must(!i || m.range[DMV_VIRT][i - 1].end < m.range[DMV_VIRT][i].start);
	}
	for (size_t i = 0; i < m.nmapped; i++) {
		must(m.mapped[i].start < m.mapped[i].end && m.mapped[i].path[0] == '/');
		length += strlen(m.mapped[i].path);
	}
	must(length <= n);
	free((void *)m.range[DMV_VIRT]);
	dmv_maps_deinit(&v);
	return 0;
}
