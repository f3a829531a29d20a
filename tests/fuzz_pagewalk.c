/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any bytes as the memory that page tables lie in, in any mode: the first bytes say mode, root and
 * the address to look for. What is found must be an address that the entries could hold.
 */
#include <stdlib.h>

#include "bytes_mem.h"
#include "pagewalk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { HEAD = 20 };

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void look(struct dmv_pagewalk *w, uint64_t virt)
{
	uint64_t phys = 0, bytes = 0;
	struct dmv_err e = { 0 };
	uint8_t buf[5000];

	if (dmv_pagewalk_find(w, virt, &phys, &bytes, &e)) {
		must(e.code && e.msg[0] && e.addr == virt);
	} else {
		must(bytes && phys >> 52 == 0 && (phys & 0xfff) == (virt & 0xfff));
		must(!((phys + bytes) & 0xfff));
	}
	memset(&e, 0, sizeof(e));
	if (dmv_pagewalk_read(w, virt, buf, sizeof(buf), &e))
		must(e.msg[0] && e.addr - virt < sizeof(buf));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dmv_paging p = { 0 };
	struct bytes_mem b;
	struct dmv_pagewalk *w;
	uint64_t virt;

	if (n < HEAD)
		return 0;
	p.mode = (enum dmv_paging_mode)(data[0] % 5);
	p.big_endian = data[0] & 0x80;
	p.phys_bits = data[1];
	p.va_bits = data[2];
	p.page_shift = data[3];
	memcpy(&virt, data + 4, 8);
	memcpy(&p.root, data + 12, 8);
	bytes_mem_init(&b, (uint8_t *)data + HEAD, n - HEAD, UINT64_MAX, 0);
	if (dmv_pagewalk_new(&p, &b.base, &w, NULL))
		return 0;
	look(w, virt);
	look(w, ~virt);
	look(w, virt ^ 0x1000);
	dmv_pagewalk_free(w);
	return 0;
}
