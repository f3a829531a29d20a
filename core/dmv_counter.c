/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The performance counter, held against the clock. */
#include "dmv_int.h"

uint64_t dmv_counter_hz(const struct dmv *v)
{
	return v->port.counter ? v->cfg.counter_hz : 0;
}

/* Most that the counter can have gone on by in so many ticks. */
static uint64_t most(const struct dmv *v, uint64_t ticks)
{
	const uint64_t hz = v->cfg.counter_hz, clock = v->cfg.tick_hz;
	const uint64_t n = ticks / clock * hz + ticks % clock * hz / clock;

	return n + n / 64 + hz / 1000;
}

static struct dmv_object last_reading(const struct dmv *v)
{
	return (struct dmv_object){ DMV_ABI_K_NONE, DMV_ABI_NONE, 0, v->counter_site,
				    v->counter_time };
}

static __attribute__((noinline)) void judge(struct dmv_call *c, uint64_t value)
{
	struct dmv *v = c->v;
	const struct dmv_object last = last_reading(v);
	uint64_t limit;

	if (value < v->counter) {
		dmv_raise(c, DMV_V_COUNTER_BACKWARDS, NULL, &last, NULL, v->counter, value, 0);
		return;
	}
	if (!v->port.now || !v->cfg.tick_hz || !v->cfg.counter_hz)
		return;
	limit = v->counter + most(v, c->now - v->counter_time);
	if (value > limit)
		dmv_raise(c, DMV_V_COUNTER_TOO_FAST, NULL, &last, NULL, value, limit, 0);
}

uint64_t dmv_counter(struct dmv *v, uint64_t caller)
{
	struct dmv_call c;
	uint64_t value, before;

	if (!v->port.counter)
		return 0;
	dmv_enter(&c, v, caller, DMV_ABI_OP_VIOLATION, NULL);
	before = c.now;
	value = v->port.counter(v->port.host);
	/* Both readings lie between the two moments, however long they took. */
	if (v->port.now)
		c.now = v->port.now(v->port.host);
	if (v->counter_read)
		judge(&c, value);
	v->counter = value;
	v->counter_time = before;
	v->counter_site = c.site;
	v->counter_read = true;
	dmv_leave(&c);
	return value;
}
