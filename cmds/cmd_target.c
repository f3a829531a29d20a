/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* target: the dump or process itself, and what could not be read of it. */
#include "cmd.h"

#include "dump_info.h"
#include "kernel.h"
#include "words.h"

struct target {
	const char *target, *format, *machine, *order, *executable, *live, *kernel;
	const char *virtual_size, *physical_size;
	uint32_t bits;
	uint64_t virtual_bytes, physical_bytes, virtual_ranges, physical_ranges;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct target, target, "", DMV_S_STR, "as it was given"),
	DMV_COL(struct target, format, "", DMV_S_STR, "format"),
	DMV_COL(struct target, machine, "", DMV_S_STR, "processor"),
	DMV_COL(struct target, bits, "", DMV_S_U32, "width of its addresses"),
	DMV_COL(struct target, order, "", DMV_S_STR, "byte order"),
	DMV_COL(struct target, executable, "", DMV_S_STR, "program of a process"),
	DMV_COL(struct target, virtual_bytes, "", DMV_S_SIZE, "bytes by virtual address"),
	DMV_COL(struct target, virtual_ranges, "", DMV_S_U64, "in so many ranges"),
	DMV_COL(struct target, physical_bytes, "", DMV_S_SIZE, "bytes by physical address"),
	DMV_COL(struct target, physical_ranges, "", DMV_S_U64, "in so many ranges"),
	DMV_COL(struct target, virtual_size, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct target, physical_size, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct target, live, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct target, kernel, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table table = {
	"target", cols,
	"Target:   {target}\n"
	"Format:   {format}{live}{kernel}\n"
	"?machine|Machine:  {machine}, {bits} bits, {order}\n"
	"?executable|Program:  {executable}\n"
	"?virtual_ranges|Virtual:  {virtual_bytes} bytes ({virtual_size}), ranges: {virtual_ranges}\n"
	"?physical_ranges|Physical: {physical_bytes} bytes ({physical_size}), ranges: "
	"{physical_ranges}\n"
};

struct image {
	uint32_t region;
	const char *name, *build_id;
	uint64_t base, bytes;
};

static const struct dmv_col image_cols[] = {
	DMV_COL(struct image, region, "REGION", DMV_S_REGION, "index of the region"),
	DMV_COL(struct image, base, "BASE", DMV_S_ADDR, "where it is loaded"),
	DMV_COL(struct image, bytes, "SIZE", DMV_S_SIZE, "bytes"),
	DMV_COL(struct image, name, "IMAGE", DMV_S_STR, "name"),
	DMV_COL(struct image, build_id, "BUILD-ID", DMV_S_STR, "its build-id"),
	{ 0 }
};

static const struct dmv_table image_table = { "images", image_cols, NULL };

static uint64_t sum(const struct dmv_mem *m, enum dmv_space space)
{
	uint64_t n = 0;

	if (m->unlisted[space])
		return UINT64_MAX;
	for (size_t i = 0; i < m->nrange[space]; i++)
		n += m->range[space][i].end - m->range[space][i].start;
	return n;
}

/* UINT64_MAX: there is nothing to say. */
static uint64_t ranges(const struct dmv_mem *m, enum dmv_space space)
{
	return m->nrange[space] && !m->unlisted[space] ? m->nrange[space] : UINT64_MAX;
}

static bool say_target(struct dmv_ses *s)
{
	const struct dmv_mem *m = s->mem;
	const uint64_t virt = sum(m, DMV_VIRT), phys = sum(m, DMV_PHYS);
	char size[2][32];
	struct target t = {
		.target = s->target,
		.format = m->ops->format,
		.machine = dmv_machine_word(m->machine),
		.order = m->big_endian ? "big-endian" : "little-endian",
		.executable = m->executable,
		.live = m->live ? ", live" : "",
		.kernel = m->linux_kernel ? ", a Linux kernel" : "",
		.bits = m->bits ? m->bits : UINT32_MAX,
		.virtual_bytes = virt,
		.physical_bytes = phys,
		.virtual_size = dmv_size_text(virt, size[0], sizeof(size[0])),
		.physical_size = dmv_size_text(phys, size[1], sizeof(size[1])),
		.virtual_ranges = ranges(m, DMV_VIRT),
		.physical_ranges = ranges(m, DMV_PHYS),
	};

	return dmv_out_row(s->out, &table, &t);
}

bool dmv_target_say(struct dmv_ses *s)
{
	return say_target(s) && dmv_dump_lines_say(s) && dmv_kernel_say(s);
}

static bool say_images(struct dmv_ses *s)
{
	dmv_out_table(s->out, &image_table);
	for (size_t i = 0; i < s->facts.nimage; i++) {
		const struct dmv_image_fact *x = &s->facts.image[i];
		struct image d = { x->region, x->name, x->build_id, x->base, x->bytes };

		if (!dmv_out_row(s->out, &image_table, &d))
			return false;
	}
	return true;
}

/* Was there a scan? dumps/facts_find.c leaves it out for a Linux kernel unless it was asked for. */
static bool searched(const struct dmv_ses *s)
{
	return s->err.code != DMV_E_NOTFOUND ||
	       (!s->mem->slow && (!s->mem->linux_kernel || s->mem->saved || s->opts.scan));
}

/* A target without a region is still a target: why there is none is the error of the command. */
static enum dmv_code say_regions(struct dmv_ses *s)
{
	const char *const *note = NULL;
	size_t n;

	if (dmv_need_region(s)) {
		if (s->err.code == DMV_E_STOPPED)
			return s->err.code;
		dmv_out_line(s->out, "Region:   %s", searched(s) ? "none" :
			     "none known; memory was not searched: --scan");
		n = s->names && s->load_err.code ? dmv_names_notes(s->names, &note) : 0;
		for (size_t i = 0; i < n; i++)
			dmv_out_note(s->out, "%s", note[i]);
		return s->err.code;
	}
	dmv_out_line(s->out, "Region:   %zu found", s->facts.nregion);
	return say_images(s) ? DMV_E_OK : DMV_E_STOPPED;
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	enum dmv_code code;

	(void)av;
	if (!s->mem)
		return dmv_fail(&s->err, DMV_E_USAGE, "there is no target");
	if (!dmv_target_say(s))
		return DMV_E_STOPPED;
	code = say_regions(s);
	if (code != DMV_E_STOPPED && !dmv_dump_images_say(s))
		return DMV_E_STOPPED;
	for (size_t i = 0; i < s->mem->nnote; i++)
		dmv_out_note(s->out, "%s", s->mem->note[i]);
	if (code != DMV_E_NOTFOUND || !dmv_dump_about_dma(s))
		return code;
	/* without a region, but its header has something to say about DMA */
	dmv_out_note(s->out, "%s", s->err.msg);
	s->err = (struct dmv_err){ .addr = DMV_NO_ADDR };
	return DMV_E_OK;
}

const struct dmv_cmd dmv_cmd_target = {
	.name = "target",
	.summary = "the target itself and what of it is unreadable",
	.help = "Format, machine and size of the target, what the header of a dump says of the\n"
		"machine that died; of a Linux kernel the release, how virtual addresses are\n"
		"translated, and where symbols and types come from; images whose code appears\n"
		"in stacks, and everything odd or missing that was met while reading it.",
	.examples = "target  what was opened",
	.next = "?analyze, summary, region",
	.topics = DMV_TOPIC(DMV_K_IMAGE),
	.run = run,
};
