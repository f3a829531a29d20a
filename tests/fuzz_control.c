/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any bytes as a control block: the verifier obeys or refuses them, and never does half of it. The
 * first byte says what is made right afterwards, so that not all ends at the checksum: bit 0 the
 * checksum, bit 1 the form; bit 2: the block is as small as it may be.
 */
#include <stdlib.h>
#include <string.h>

#include "dmv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { PAGE = 4096, BLOCK = 2 * PAGE, ASKED = 0xC0, CALLER = 0x401000 };

static struct world {
	_Alignas(PAGE) char region[64 * PAGE];
	_Alignas(64) char books[64 * PAGE];
	_Alignas(8) char block[BLOCK];
} w;

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* ---- the host ---- */

static void nothing(void *h)
{
	(void)h;
}

static void *pages_alloc(void *h, size_t n, uint64_t max, uint64_t *phys)
{
	(void)h, (void)n, (void)max, (void)phys;
	return NULL;
}

static void pages_free(void *h, void *va, size_t n)
{
	(void)h, (void)va, (void)n;
}

static void violation(void *h, const struct dmv_report *r)
{
	(void)h, (void)r;
	abort();                        /* settings break no rule */
}

static struct dmv *verifier(size_t block)
{
	static const struct dmv_port port = {
		.lock = nothing, .unlock = nothing, .pages_alloc = pages_alloc,
		.pages_free = pages_free, .violation = violation };
	static struct dmv_memory segment = { w.region, DMV_ABI_UNKNOWN, sizeof(w.region) };
	static struct dmv_memory control = { w.block, DMV_ABI_UNKNOWN, BLOCK };
	struct dmv_config c = { .cpus = 1, .stack_depth = 1, .page_bytes = PAGE, .hook_quota = 64,
				.region_id = 7, .segment = &segment, .segments = 1,
				.books = w.books, .control = &control };
	struct dmv *v = NULL;

	for (int k = 1; k < DMV_ABI_K_COUNT; k++)
		c.rows[k] = 8;
	control.bytes = block;
	c.books_bytes = dmv_books_bytes(&c);
	must(c.books_bytes <= sizeof(w.books) && dmv_init(&port, &c, &v) == DMV_OK);
	return v;
}

/* ---- the block ---- */

/* What is given stands at the start, or, where the form is to be right, at the asked fields. */
static void spoil(const uint8_t *data, size_t n, size_t block)
{
	struct dmv_abi_control *b = (void *)w.block;
	const size_t at = data[0] & 2 ? ASKED : 0;
	const uint32_t offset = b->state_offset;

	n--;
	memcpy(w.block + at, data + 1, n < block - at ? n : block - at);
	if (data[0] & 1)
		b->checksum = dmv_crc32((const unsigned char *)w.block + ASKED, offset - ASKED);
	b->sequence |= 2;
	b->sequence &= ~1u;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const size_t block = n && data[0] & 4 ? PAGE : BLOCK;
	const struct dmv_abi_control *b = (const void *)w.block;
	struct dmv_abi_header before;
	uint32_t driver, later;
	struct dmv *v;
	bool obeyed;

	if (n == 0)
		return 0;
	v = verifier(block);
	must(dmv_driver_load(v, "disk", 0, 0, DMV_ABI_D_VERIFY, 0, &driver) == DMV_OK);
	before = *dmv_header(v);
	spoil(data, n, block);
	obeyed = dmv_control_poll(v);
	must(b->answered == b->sequence);
	must(obeyed == (b->verdict == DMV_ABI_VERDICT_OBEYED));
	if (!obeyed)
		must(dmv_header(v)->mode == before.mode && dmv_header(v)->flags == before.flags &&
		     !memcmp(dmv_header(v)->rules_off, before.rules_off, 16) &&
		     !memcmp(dmv_header(v)->rule_modes, before.rule_modes, 32) && b->where < block);
	must(dmv_header(v)->mode <= DMV_ABI_MODE_STOP);
	must(!(dmv_header(v)->flags & ~(DMV_ABI_F_OFF | DMV_ABI_F_STRICT)));
	must(dmv_driver_load(v, "tape", 0, 0, DMV_ABI_D_VERIFY, 0, &later) == DMV_OK);
	must(!dmv_control_poll(v));
	return 0;
}
