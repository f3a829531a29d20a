/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The parts of `dma`: the list of adapters, and for one adapter a section a bit of FLAGS. Each is a
 * file with its own tables; cmd_dma.c holds the list of the sections.
 */
#ifndef DMV_CMD_DMA_H
#define DMV_CMD_DMA_H

#include "cmd.h"
#include "group.h"
#include "stacks.h"

struct dmv_dma_sorted {         /* what belongs to whom, made once a command */
	struct dmv_group files, regs, buffers, lists, channels, mappings;
	struct dmv_stacks *stacks;      /* those that rows refer to are marked here */
};

/* All adapters; `all`: released ones, too. */
enum dmv_code dmv_dma_list(struct dmv_ses *s, bool all);

/* Only the line that begins every answer about an adapter. false, here and below: stop. */
bool dmv_dma_head(struct dmv_ses *s, uint32_t adapter);

/* All about an adapter that is a Linux device (dmv_device_of). */
bool dmv_dma_device(struct dmv_ses *s, uint32_t adapter);

typedef bool dmv_dma_section(struct dmv_ses *s, uint32_t adapter, const struct dmv_dma_sorted *g);

dmv_dma_section dmv_dma_generic, dmv_dma_registers, dmv_dma_buffers, dmv_dma_lists,
	dmv_dma_description, dmv_dma_channels, dmv_dma_pools;
/* Of a Linux device they stand for map registers and for common buffers. */
dmv_dma_section dmv_dma_mappings, dmv_dma_coherent;
/* And those of devices that are gone, or on no bus. */
bool dmv_dma_strays(struct dmv_ses *s, const struct dmv_dma_sorted *g);

#endif
