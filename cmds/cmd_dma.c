/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * dma: the adapters, and one adapter in detail, in the manner of WinDbg's !dma.
 * On 64-bit targets addresses have 16 digits; labels and order are those of the published screens.
 */
#include "cmd_dma.h"

#include <stdio.h>

static const struct section {
	uint32_t flag;
	const char *what;               /* NULL: the same as the one before */
	uint32_t topics;                /* what it rests on beside the adapters themselves */
	dmv_dma_section *say;
} sections[] = {
	{ 0x01, "generic information", DMV_TOPIC_BOUNCE, dmv_dma_generic },
	{ 0x02, "map registers",
	  DMV_TOPIC(DMV_K_FILE) | DMV_TOPIC(DMV_K_REGISTER) | DMV_TOPIC(DMV_K_MAPPING),
	  dmv_dma_registers },
	{ 0x04, "common buffers",
	  DMV_TOPIC(DMV_K_BUFFER) | DMV_TOPIC(DMV_K_VECTOR) | DMV_TOPIC(DMV_K_MAPPING),
	  dmv_dma_buffers },
	{ 0x04, NULL, DMV_TOPIC(DMV_K_BUFFER), dmv_dma_pools },
	{ 0x08, "scatter/gather lists", DMV_TOPIC(DMV_K_LIST) | DMV_TOPIC(DMV_K_REGISTER),
	  dmv_dma_lists },
	{ 0x10, "device description", 0, dmv_dma_description },
	{ 0x20, "wait context block", DMV_TOPIC(DMV_K_CHANNEL), dmv_dma_channels },
};

enum { SECTIONS = sizeof(sections) / sizeof(sections[0]), GENERIC = 1, MAPPED = 2 | 4,
       EVERYTHING = 0x3F };

static void sorted_free(struct dmv_dma_sorted *g)
{
	dmv_group_free(&g->files);
	dmv_group_free(&g->regs);
	dmv_group_free(&g->buffers);
	dmv_group_free(&g->lists);
	dmv_group_free(&g->channels);
	dmv_group_free(&g->mappings);
}

static bool sorted_make(const struct dmv_facts *f, struct dmv_dma_sorted *g)
{
#define GROUP(to, rows, type, field, owners)                                                       \
	dmv_group_make(&g->to, f->rows, f->n##rows, sizeof(struct type),                           \
		       offsetof(struct type, field), owners)
	*g = (struct dmv_dma_sorted){ 0 };
	if (GROUP(files, file, dmv_file_fact, adapter, f->nadapter) &&
	    GROUP(regs, reg, dmv_register_fact, file, f->nfile) &&
	    GROUP(buffers, buffer, dmv_buffer_fact, adapter, f->nadapter) &&
	    GROUP(lists, list, dmv_list_fact, adapter, f->nadapter) &&
	    GROUP(channels, channel, dmv_channel_fact, adapter, f->nadapter) &&
	    GROUP(mappings, mapping, dmv_mapping_fact, adapter, f->nadapter))
		return true;
#undef GROUP
	sorted_free(g);
	return false;
}

static bool say_adapter(struct dmv_ses *s, uint32_t i, uint32_t flags,
			const struct dmv_dma_sorted *g)
{
	if (!(flags & GENERIC) && !dmv_dma_head(s, i))
		return false;
	for (size_t k = 0; k < SECTIONS; k++)
		if ((flags & sections[k].flag) && !sections[k].say(s, i, g))
			return false;
	return true;
}

static enum dmv_code say_all(struct dmv_ses *s, uint32_t only, uint32_t flags)
{
	struct dmv_dma_sorted g;
	struct dmv_stacks stacks;
	bool go = true;

	if (!sorted_make(&s->facts, &g))
		return dmv_no_memory(s);
	g.stacks = &stacks;
	if (!dmv_stacks_init(&stacks, &s->facts)) {
		sorted_free(&g);
		return dmv_no_memory(s);
	}
	/* the master adapter last, as in the list */
	for (int master = 0; go && master < 2; master++) {
		for (uint32_t i = 0; go && i < s->facts.nadapter; i++) {
			const struct dmv_adapter_fact *a = &s->facts.adapter[i];

			if (a->master != master ||
			    (only != DMV_NO_INDEX ? i != only : a->life == DMV_GONE))
				continue;
			dmv_about(s, a->handle, DMV_NO_ADDR);
			dmv_out_gap(s->out);
			go = say_adapter(s, i, flags, &g);
		}
	}
	if (go && only == DMV_NO_INDEX && flags & MAPPED)
		go = dmv_dma_strays(s, &g);
	if (go && dmv_out_format(s->out) == DMV_JSON && s->facts.nmapping)
		go = dmv_stacks_say(s, &stacks);
	dmv_stacks_deinit(&stacks);
	sorted_free(&g);
	if (go && !s->facts.nadapter)
		dmv_out_line(s->out, "No driver has asked for an adapter.");
	return go ? DMV_E_OK : DMV_E_STOPPED;
}

static void short_help(struct dmv_ses *s)
{
	dmv_out_line(s->out, "dma                          lists the adapters\n"
			     "dma ADAPTER|NAME|0 [FLAGS]   shows one, or all (0); FLAGS, a sum:");
	for (size_t i = 0; i < SECTIONS; i++)
		if (sections[i].what)
			dmv_out_line(s->out, "  %2x  %s%s", sections[i].flag, sections[i].what,
				     sections[i].flag == GENERIC ? " (the default)" : "");
	dmv_out_line(s->out, "   0  everything");
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	uint64_t zero = 1, flags = av->v[1].set ? av->v[1].num : GENERIC;
	uint32_t only = DMV_NO_INDEX;
	enum dmv_code code;

	if (!av->v[0].set)
		return dmv_dma_list(s, av->v[2].set);
	if (flags & ~(uint64_t)EVERYTHING) {
		short_help(s);
		return dmv_fail(&s->err, DMV_E_USAGE,
				"flags are 1, 2, 4, 8, 10, 20 or a sum of them");
	}
	if (!(dmv_number(av->v[0].word, &zero) && !zero)) {
		code = dmv_find_adapter(s, &av->v[0], &only);
		if (code) {
			short_help(s);
			return code;
		}
	}
	flags = flags ? flags : EVERYTHING;
	for (size_t i = 0; i < SECTIONS; i++)
		s->topics |= flags & sections[i].flag ? sections[i].topics : 0;
	return say_all(s, only, (uint32_t)flags);
}

static const struct dmv_arg args[] = {
	{ "ADAPTER", DMV_ARG_ADAPTER, false,
	  "address or name of an adapter, device or driver; 0: all" },
	{ "FLAGS", DMV_ARG_NUMBER, false, "what to show, a sum; default 1, 0: everything" },
	{ "-a", DMV_ARG_FLAG, false, "list released adapters too" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_dma = {
	.name = "dma",
	.summary = "adapters, and one adapter in detail",
	.help = "Without an argument: every adapter with the function that asked for it, then\n"
		"the master adapter. With an adapter: its counters and, by FLAGS,\n"
		"   1  generic information and what the verifier counted\n"
		"   2  map register files and their registers; of a Linux device its mappings\n"
		"   4  common buffers\n"
		"   8  scatter/gather lists\n"
		"  10  device description\n"
		"  20  wait context block\n"
		"Numbers are hexadecimal. A word that is a number and a name is refused; 0x...\n"
		"and name:... decide.",
	.examples = "dma  lists the adapters\n"
		    "dma 7f3a1c002010 7  one adapter, its map registers and common buffers\n"
		    "dma edu 0  all about the adapter of device or driver edu\n"
		    "dma 0 2  map registers of all adapters",
	.args = args,
	.next = "dma {a} f, events {a}, summary",
	.needs_facts = true,
	.topics = DMV_TOPICS_NAMES,
	.run = run,
};
