/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* log: what the target's kernel logged about DMA. */
#include "log.h"

struct line {
	const char *time, *text;
	uint32_t level;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct line, time, "TIME", DMV_S_STR, "seconds since the kernel booted"),
	DMV_COL(struct line, level, "LEVEL", DMV_S_U32, "0, emergency, to 7, debug"),
	DMV_COL(struct line, text, "TEXT", DMV_S_STR, "as it was logged"),
	{ 0 }
};

static const struct dmv_table table = { "log", cols, NULL };

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	const struct dmv_facts *f = &s->facts;
	char time[24];

	dmv_out_table(s->out, &table);
	for (size_t i = 0; i < f->nlog; i++) {
		const struct dmv_log_fact *x = &f->log[i];
		struct line l = {
			.time = x->time.known ? dmv_log_time(x, time, sizeof(time)) : NULL,
			.text = x->text,
			.level = x->level.known ? (uint32_t)x->level.value : UINT32_MAX,
		};

		if (!av->v[0].set && !dmv_log_about_dma(x->text))
			continue;
		if (!dmv_out_row(s->out, &table, &l))
			return DMV_E_STOPPED;
	}
	if (!f->nlog)
		dmv_out_line(s->out, "No log of a Linux kernel was found.");
	return DMV_E_OK;
}

static const struct dmv_arg args[] = {
	{ "-a", DMV_ARG_FLAG, false, "all lines, whatever they are about" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_log = {
	.name = "log",
	.summary = "what the target's kernel logged about DMA",
	.help = "Lines of the log of a Linux kernel, out of its memory, that speak of DMA, an\n"
		"IOMMU or bounce buffers. What those mean that report a mistake of a driver or\n"
		"a fault of a device, analyze says.",
	.examples = "log  lines about DMA\n"
		    "log -a  the whole log",
	.args = args,
	.next = "analyze, dma, log -a",
	.needs_facts = true,
	.topics = DMV_TOPIC_LOG,
	.run = run,
};
