/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* save: what the answers rest on, in a small file of its own. */
#include "cmd.h"

#include "save.h"

struct saved {
	const char *file, *redacted;
	uint64_t bytes, memory, regions, lost;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct saved, file, "", DMV_S_STR, "the new file"),
	DMV_COL(struct saved, bytes, "", DMV_S_SIZE, "its size"),
	DMV_COL(struct saved, memory, "", DMV_S_SIZE, "bytes of the target in it"),
	DMV_COL(struct saved, regions, "", DMV_S_U64, "regions in it"),
	DMV_COL(struct saved, lost, "", DMV_S_U64, "pages needed that cannot be read"),
	DMV_COL(struct saved, redacted, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table table = {
	"saved", cols,
	"{file}: {bytes} bytes, {memory} of the target, regions: {regions}{redacted}\n"
};

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	const struct dmv_save_opts o = { .redact = av->v[0].set, .stop = s->stop };
	struct dmv_saved done;
	struct dmv_err e;
	struct saved d = { .file = av->v[1].word,
			   .redacted = o.redact ? ", without buffers and evidence" : "" };

	if (!s->mem)
		return dmv_fail(&s->err, DMV_E_USAGE, "there is no target to save");
	if (dmv_save(s->mem, s->names, &s->facts, d.file, &o, &done, &e)) {
		s->err = e;
		return e.code == DMV_E_SYSTEM ? dmv_fail(&s->err, DMV_E_USAGE, "%s", e.msg) :
						e.code;
	}
	d.bytes = done.bytes;
	d.memory = done.memory;
	d.regions = done.regions;
	d.lost = done.lost;
	dmv_out_table(s->out, &table);
	if (!dmv_out_row(s->out, &table, &d))
		return DMV_E_STOPPED;
	if (done.lost)
		dmv_out_note(s->out, "%llu pages that the answers need are not in the target, so "
			     "they are not in the file", (unsigned long long)done.lost);
	return DMV_E_OK;
}

static const struct dmv_arg args[] = {
	{ "--redact", DMV_ARG_FLAG, false, "leave out buffers and the bytes kept as evidence" },
	{ "FILE", DMV_ARG_FILE, true, "the file to make; one that exists is not touched" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_save = {
	.name = "save",
	.summary = "write what the answers rest on to a small file",
	.help = "Writes the verifier's regions, the guards, shadows and buffers that are\n"
		"compared, and what leads to them, to a new ELF core that opens like any\n"
		"target and gives the same answers. With --redact buffers, shadows and command\n"
		"lines stay out and the evidence in the regions is blanked: names, addresses\n"
		"and call stacks are all that is left.",
	.examples = "save small.core  to send instead of the whole dump\n"
		    "save --redact public.core  without any buffer's bytes",
	.args = args,
	.needs_facts = true,
	.needs_region = true,
	.topics = 0,
	.run = run,
};
