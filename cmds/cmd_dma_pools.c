/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* dma ADAPTER 4 of a Linux device: its DMA pools. */
#include "cmd_dma.h"

#include "words.h"

struct pool {
	uint64_t adapter, pool, size, allocation, boundary, pages, blocks, used;
	const char *name;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct pool, adapter, "", DMV_S_ADDR, "its device, the struct device"),
	DMV_COL(struct pool, pool, "", DMV_S_ADDR, "its struct dma_pool"),
	DMV_COL(struct pool, name, "", DMV_S_STR, "name that the driver gave it"),
	DMV_COL(struct pool, size, "", DMV_S_HEX, "bytes of a block"),
	DMV_COL(struct pool, allocation, "", DMV_S_HEX, "bytes of a page of blocks"),
	DMV_COL(struct pool, boundary, "", DMV_S_HEX, "bytes; no block lies across a multiple"),
	DMV_COL(struct pool, pages, "", DMV_S_U64, "pages"),
	DMV_COL(struct pool, blocks, "", DMV_S_U64, "blocks in them"),
	DMV_COL(struct pool, used, "", DMV_S_U64, "blocks that the driver has"),
	{ 0 }
};

static const struct dmv_table table = {
	"dma_pools", cols,
	"\n"
	"   DMA pool \"{name|?}\" at {pool}:\n"
	"      Blocks:           {used|?} of {blocks|?} in use, {size|?} bytes each\n"
	"      Pages:            {pages|?} of {allocation|?} bytes, boundary {boundary|?}\n"
};

bool dmv_dma_pools(struct dmv_ses *s, uint32_t adapter, const struct dmv_dma_sorted *g)
{
	const struct dmv_facts *f = &s->facts;

	(void)g;
	if (f->ndma_pool)
		dmv_out_table(s->out, &table);
	for (size_t i = 0; i < f->ndma_pool; i++) {
		const struct dmv_dma_pool_fact *x = &f->dma_pool[i];
		struct pool d = {
			.adapter = f->adapter[adapter].handle, .pool = x->addr, .name = x->name,
			.size = dmv_or_none(&x->size), .allocation = dmv_or_none(&x->allocation),
			.boundary = dmv_or_none(&x->boundary), .pages = dmv_or_none(&x->pages),
			.blocks = dmv_or_none(&x->blocks), .used = dmv_or_none(&x->used),
		};

		if (x->adapter == adapter && !dmv_out_row(s->out, &table, &d))
			return false;
	}
	return true;
}
