/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* bugcheck: a code and its four parameters in words; without them those of the target. */
#include "cmd.h"

#include "decode.h"
#include "dump_info.h"
#include "paste.h"

static enum dmv_code own(struct dmv_ses *s)
{
	const struct dmv_facts *f = &s->facts;
	bool any = false;

	if (dmv_need_facts(s))
		return dmv_dump_instead(s);
	for (uint32_t r = 0; r < f->nregion; r++) {
		if (!f->region[r].bug_code)
			continue;
		any = true;
		dmv_region_head(s, r);
		if (!dmv_decode(s, r, f->region[r].bug_code, f->region[r].bug_p))
			return DMV_E_STOPPED;
	}
	if (dmv_dump_bugcheck(s))
		return dmv_dump_bugcheck_say(s) ? DMV_E_OK : DMV_E_STOPPED;
	if (!any)
		dmv_out_line(s->out, "No bugcheck: the verifier did not stop this target.");
	return DMV_E_OK;
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	uint64_t v[5] = { 0 };

	if (!av->v[0].set)
		return own(s);
	if (dmv_paste_bugcheck(av->v[0].word, v, &s->err))
		return s->err.code;
	return dmv_decode(s, 0, (uint32_t)v[0], v + 1) ? DMV_E_OK : DMV_E_STOPPED;
}

static const struct dmv_arg args[] = {
	{ "CODE P1 P2 P3 P4", DMV_ARG_REST, false,
	  "typed: parameters left out are 0; pasted: whole" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_bugcheck = {
	.name = "bugcheck",
	.summary = "what a bugcheck and its parameters mean",
	.help = "Decodes 0xE6 (DRIVER_VERIFIER_DMA_VIOLATION) and 0x1DC in full, and names their\n"
		"neighbours. A paste is understood: `BugCheck E6, {F, 5, ...}`, a STOP screen,\n"
		"a line of the event log, the arguments that !analyze printed; it must be whole.\n"
		"Rules that were never documented are not guessed at. Without numbers the\n"
		"target's own bugcheck.",
	.examples = "bugcheck  the target's own\n"
		    "bugcheck e6 f 5 ffffd08bb1435060 ffffd08bb1435860  decode these",
	.args = args,
	.topics = DMV_TOPIC(DMV_K_VIOLATION),
	.run = run,
};
