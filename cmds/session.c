/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What a session knows: the facts of its target, found once, compared once, judged. */
#include "cmd.h"

#include <stdio.h>

#include "books.h"
#include "finding.h"

bool dmv_stopped(const struct dmv_ses *s)
{
	return s->stop && *(const volatile bool *)s->stop;
}

static void widths(struct dmv_ses *s)
{
	unsigned digits = 8;

	for (size_t i = 0; i < s->facts.nregion; i++)
		if (s->facts.region[i].address_bits != 32)
			digits = 16;
	if (!s->facts.nregion)
		digits = 16;
	dmv_out_width(s->out, digits, s->facts.nregion > 1);
}

enum dmv_code dmv_need_facts(struct dmv_ses *s)
{
	if (s->paste)
		return dmv_fail(&s->err, DMV_E_USAGE,
				"pasted text has no adapters: only `bugcheck` reads it");
	if (!s->loaded) {
		if (!s->mem)
			return dmv_fail(&s->err, DMV_E_USAGE,
					"this needs a target: name one when starting");
		s->load_err = (struct dmv_err){ .addr = DMV_NO_ADDR };
		s->opts.stop = s->stop;
		/* what a success leaves in the error does not count */
		if (!dmv_facts_load(s->mem, s->names, &s->opts, &s->facts, &s->region_err,
				    &s->load_err))
			s->load_err = (struct dmv_err){ .addr = DMV_NO_ADDR };
		if (s->load_err.code == DMV_E_STOPPED) {
			s->err = s->load_err;
			return s->err.code;
		}
		s->loaded = true;
		s->load_notes = s->facts.nnote;
	}
	if (s->load_err.code) {
		s->err = s->load_err;
		return s->err.code;
	}
	s->used_facts = true;
	dmv_out_provider(s->out, s->facts.provider);
	widths(s);
	return DMV_E_OK;
}

enum dmv_code dmv_need_region(struct dmv_ses *s)
{
	const enum dmv_code code = dmv_need_facts(s);

	if (code || s->facts.nregion)
		return code;
	s->err = s->region_err;
	return s->err.code;
}

enum dmv_code dmv_need_books(struct dmv_ses *s)
{
	const enum dmv_code code = dmv_need_facts(s);

	if (code || dmv_has_books(&s->facts))
		return code;
	dmv_fail_at(&s->err, s->region_err.code, s->region_err.addr, "%s; nor does its kernel keep "
		    "books of mappings: %s", s->region_err.msg, s->facts.debug.there ?
		    "dma-debug is off" : "it has no dma-debug (CONFIG_DMA_API_DEBUG)");
	return s->err.code;
}

enum dmv_code dmv_verify(struct dmv_ses *s)
{
	struct dmv_err e = { .addr = DMV_NO_ADDR };

	s->needs_verify = true;
	s->topics |= DMV_TOPIC_VERIFY;
	if (s->facts.verified)
		return DMV_E_OK;
	if (!s->mem)
		return dmv_fail(&s->err, DMV_E_USAGE, "comparing bytes needs a target");
	if (dmv_facts_verify(&s->facts, s->mem, s->stop, &e))
		s->err = e;
	return e.code;
}

enum dmv_code dmv_verify_findings(struct dmv_ses *s, unsigned what, dmv_finding_fn *fn, void *ctx)
{
	enum dmv_code code = dmv_verify(s);
	struct dmv_judge *j;
	bool go;

	if (code)
		return code;
	j = dmv_judge_new(&s->facts);
	if (!j)
		return dmv_no_memory(s);
	go = dmv_findings(j, what, fn, ctx);
	dmv_judge_free(j);
	return go ? DMV_E_OK : DMV_E_STOPPED;
}

enum dmv_code dmv_no_memory(struct dmv_ses *s)
{
	return dmv_fail(&s->err, DMV_E_MEMORY, "not enough memory for the answer");
}

void dmv_region_head(struct dmv_ses *s, uint32_t region)
{
	const struct dmv_region_fact *x = &s->facts.region[region];
	char process[40] = "";

	if (s->facts.nregion < 2)
		return;
	if (x->pid)
		snprintf(process, sizeof(process), ", process %llu", (unsigned long long)x->pid);
	dmv_out_gap(s->out);
	dmv_out_line(s->out, "Region %u, id %llx: %s%s", region, (unsigned long long)x->id,
		     x->writer ? x->writer : "unknown writer", process);
}
