/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Compares the bytes of the dump: tags and padding of common buffers, guards and fill of map
 * registers, shadows against the driver's own buffers; this file says of which objects. What is in
 * transition is not judged.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "facts_verify_int.h"
#include "group.h"

enum { STEP = 256 };                    /* objects between two words about how far it has come */

static bool judged(const struct dmv_facts *f, uint32_t adapter)
{
	return adapter == DMV_NO_INDEX || !f->adapter[adapter].unverified;
}

bool dmv_verify_stopped(struct dmv_check *c)
{
	const struct dmv_step s = { "check", false, c->done, c->total };

	if (c->done % STEP == 0)
		dmv_mem_step(c->m, &s);
	return c->spent || (c->stop && *(const volatile bool *)c->stop);
}

/* Pages of a writer that is gone are anybody's by now. */
static bool is_gone(const struct dmv_region_fact *r)
{
	return r->ended || r->freed;
}

static bool wants_buffer(const struct dmv_facts *f, const struct dmv_buffer_fact *b)
{
	return b->life == DMV_LIVE && !b->from_mdl && !is_gone(&f->region[b->region]) &&
	       judged(f, b->adapter);
}

static bool wants_file(const struct dmv_facts *f, const struct dmv_file_fact *x)
{
	return x->life == DMV_LIVE && x->hooked && !is_gone(&f->region[x->region]) &&
	       judged(f, x->adapter) &&
	       (x->shadow_virt != DMV_NO_ADDR || x->shadow_phys != DMV_NO_ADDR);
}

static uint64_t objects(const struct dmv_facts *f)
{
	uint64_t n = f->nbuffer;

	for (size_t i = 0; i < f->nfile; i++)
		if (wants_file(f, &f->file[i]))
			n += f->file[i].hooked;
	return n;
}

static void check_all(struct dmv_check *c, const struct dmv_group *regs)
{
	const struct dmv_facts *f = c->f;

	c->total = objects(f);
	for (size_t i = 0; i < f->nbuffer && !dmv_verify_stopped(c); i++, c->done++) {
		c->g = &f->region[f->buffer[i].region];
		if (wants_buffer(f, &f->buffer[i]))
			dmv_verify_buffer(c, &f->buffer[i]);
	}
	for (size_t i = 0; i < f->nfile && !dmv_verify_stopped(c); i++) {
		c->g = &f->region[f->file[i].region];
		if (wants_file(f, &f->file[i]))
			dmv_verify_file(c, &f->file[i], regs->item + regs->start[i],
					regs->start[i + 1] - regs->start[i]);
	}
}

static void summarise_one(struct dmv_facts *f, const char *what, uint64_t unreadable, uint64_t all,
			  uint64_t at)
{
	if (unreadable)
		dmv_note_add(f, DMV_TOPIC_VERIFY, at,
			     "%" PRIu64 " of %" PRIu64 " %s, first at 0x%" PRIx64, unreadable, all,
			     what, at);
}

static void summarise(struct dmv_check *c)
{
	struct dmv_facts *f = c->f;

	summarise_one(f, "guards cannot be read", f->guards_unreadable,
		      f->guards_unreadable + f->guards_checked, c->lost_guard_at);
	summarise_one(f, "double buffers cannot be compared", f->shadows_unreadable,
		      f->shadows_unreadable + f->shadows_compared, c->lost_shadow_at);
	if (c->spent)
		dmv_note_add(f, DMV_TOPIC_VERIFY, DMV_NO_ADDR,
			     "the region's objects are larger than the target: "
			     "not all guards were checked");
}

static uint64_t size_of_target(const struct dmv_mem *m)
{
	uint64_t n = 64 << 20;

	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < m->nrange[s]; i++) {
			uint64_t more = m->range[s][i].end - m->range[s][i].start;

			n = more > UINT64_MAX / 4 - n ? UINT64_MAX / 4 : n + more;
		}
	return 3 * n;
}

/* Half a comparison is none: the next one begins anew. */
static enum dmv_code forget(struct dmv_facts *f, size_t notes, struct dmv_err *e)
{
	f->nguard = f->nstale = 0;
	f->guards_checked = f->guards_unreadable = 0;
	f->shadows_compared = f->shadows_unreadable = 0;
	f->nnote = notes;
	return dmv_fail(e, DMV_E_STOPPED, "stopped while checking guards");
}

enum dmv_code dmv_facts_verify(struct dmv_facts *f, struct dmv_mem *m, const bool *stop,
			       struct dmv_err *e)
{
	size_t notes = f->nnote;
	struct dmv_group regs;
	struct dmv_check *c;

	if (f->verified)
		return DMV_E_OK;
	c = calloc(1, sizeof(*c));
	if (!c || !dmv_group_make(&regs, f->reg, f->nreg, sizeof(*f->reg),
				  offsetof(struct dmv_register_fact, file), f->nfile)) {
		free(c);
		return dmv_fail(e, DMV_E_MEMORY, "no memory to check guards");
	}
	c->f = f;
	c->m = m;
	c->stop = stop;
	c->budget = size_of_target(m);
	check_all(c, &regs);
	summarise(c);
	dmv_group_free(&regs);
	free(c);
	if (stop && *stop)
		return forget(f, notes, e);
	f->verified = true;
	return DMV_E_OK;
}
