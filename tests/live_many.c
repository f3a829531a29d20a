/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A process with N live mappings that aborts, so that the kernel writes its core: bench_read.py. */
#include <stdio.h>
#include <stdlib.h>

#include "port/posix/posix.h"

static uint64_t key(uint64_t i)
{
	return (i * UINT64_C(0xD4C957F2D)) & UINT64_C(0xFFFFFFFFF);
}

static void need(int result, const char *what)
{
	if (result == DMV_OK)
		return;
	fprintf(stderr, "live_many: %s: %d\n", what, result);
	exit(1);
}

int main(int argc, char **argv)
{
	const uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1u << 20;
	const struct dmv_adapter_request ar = {
		.driver = DMV_ABI_NONE, .max_registers = n, .version = 1,
		.max_address = UINT64_MAX, .flags = DMV_ABI_A_SCATTER_GATHER };
	const struct dmv_request r = { .registers = n };
	struct dmv_posix_config c;
	struct dmv_posix *p;
	struct dmv_adapter *a;
	struct dmv_grant g;

	dmv_posix_defaults(&c);
	c.core.rows[DMV_ABI_K_REGISTER] = n;
	c.shadow_pages = 0;
	need(dmv_posix_start(&c, &p), "start");
	need(dmv_adapter_new(dmv_posix_verifier(p), &ar, (uintptr_t)main + 8, &a), "adapter");
	need(dmv_request(dmv_posix_verifier(p), a, &r, (uintptr_t)main + 8, &g), "map registers");
	dmv_channel_done(dmv_posix_verifier(p), &g, DMV_KEEP_REGISTERS);
	for (uint32_t i = 0; i < n; i++) {
		const uintptr_t frame = key(i);
		const struct dmv_span s = { .va = (uint64_t)frame << 12, .bytes = 4096,
					    .frame = &frame, .frames = 1 };
		uint64_t bytes, bus;

		need(dmv_map(dmv_posix_verifier(p), a, g.handle, &s, i & 1, (uintptr_t)main + 8,
			     &bytes, &bus), "map");
	}
	dmv_posix_core_enable();
	abort();
}
