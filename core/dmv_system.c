/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* System DMA: what a controller of the host was told to move for the holder of a channel. */
#include "dmv_int.h"

/* ---- who shares a line ---- */

static bool shares(const struct dmv_adapter *a, const struct dmv_adapter *b)
{
	return b->known && !b->released && b->line == a->line && b->controller == a->controller;
}

uint32_t dmv_line_holder(const struct dmv *v, const struct dmv_adapter *a)
{
	if (a->holder != DMV_ABI_NONE || a->line == DMV_ABI_NONE)
		return a->holder;
	for (uint32_t i = 0; i < v->cfg.rows[DMV_ABI_K_ADAPTER]; i++)
		if (v->adapter[i].holder != DMV_ABI_NONE && shares(a, &v->adapter[i]))
			return v->adapter[i].holder;
	return DMV_ABI_NONE;
}

/* ---- the transfer of a channel ---- */

static struct dmv_channel *held_by(struct dmv *v, const struct dmv_adapter *a)
{
	return a->holder == DMV_ABI_NONE ? NULL : &v->channel[a->holder];
}

static struct dmv_channel *running(struct dmv_channel *ch)
{
	return ch && ch->transfer == DMV_ABI_T_RUNNING ? ch : NULL;
}

static void set_state(struct dmv_channel *ch, enum dmv_abi_transfer to)
{
	ch->transfer = to;
	publish(&ch->row->transfer, to);
}

static void write_transfer(struct dmv_call *c, struct dmv_channel *ch, const struct dmv_system *s)
{
	struct dmv_abi_channel *row = ch->row;

	st32(&row->transfer_flags, s->flags);
	st64(&row->transfer_bytes, s->bytes);
	st64(&row->transfer_left, s->bytes);
	st64(&row->completion, s->routine);
	st64(&row->completion_context, s->context);
	st64(&row->transfer_time, c->now);
}

static int begin(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_system *s,
		 uint32_t *serial)
{
	struct dmv *v = c->v;
	struct dmv_channel *ch = held_by(v, a);

	if (!ch)
		return DMV_NO_CHANNEL;
	if (ch->cancelled)
		return DMV_CANCELLED;
	if (running(ch))
		return DMV_BUSY;
	dmv_working_on(c, DMV_ABI_K_CHANNEL, ch->index, ch->row->gen);
	set_state(ch, DMV_ABI_T_NONE);
	write_transfer(c, ch, s);
	ch->serial = ++v->transfers;
	set_state(ch, DMV_ABI_T_RUNNING);
	*serial = ch->serial;
	return DMV_OK;
}

int dmv_system_begin(struct dmv *v, struct dmv_adapter *a, const struct dmv_system *s,
		     uint64_t caller, uint32_t *serial)
{
	struct dmv_call c;
	int result;

	dmv_enter(&c, v, caller, DMV_ABI_OP_MAP, a);
	result = begin(&c, a, s, serial);
	dmv_leave(&c);
	return result;
}

enum dmv_abi_transfer dmv_system_state(struct dmv *v, const struct dmv_adapter *a)
{
	const struct dmv_channel *ch;
	uint32_t state;

	v->port.lock(v->port.host);
	ch = held_by(v, a);
	state = ch ? ch->transfer : DMV_ABI_T_NONE;
	v->port.unlock(v->port.host);
	return (enum dmv_abi_transfer)state;
}

static bool end(struct dmv_call *c, struct dmv_channel *ch, enum dmv_abi_transfer how,
		uint64_t left, struct dmv_ended *ret)
{
	if (!running(ch))
		return false;
	dmv_working_on(c, DMV_ABI_K_CHANNEL, ch->index, ch->row->gen);
	st64(&ch->row->transfer_left, left);
	set_state(ch, how);
	*ret = (struct dmv_ended){ ch->adapter, ch->adapter->row->device, ch->row->completion,
				   ch->row->completion_context };
	return true;
}

bool dmv_system_end(struct dmv *v, struct dmv_adapter *a, enum dmv_abi_transfer how, uint64_t left,
		    uint64_t caller, struct dmv_ended *ret)
{
	struct dmv_call c;
	bool ended;

	dmv_enter(&c, v, caller, DMV_ABI_OP_FLUSH, a);
	ended = end(&c, held_by(v, a), how, left, ret);
	dmv_leave(&c);
	return ended;
}

/* Of a channel that is held: rows of others have no transfer that runs. */
static struct dmv_channel *by_serial(struct dmv *v, uint32_t serial)
{
	for (uint32_t i = 0; i < v->cfg.rows[DMV_ABI_K_CHANNEL]; i++)
		if (running(&v->channel[i]) && v->channel[i].serial == serial)
			return &v->channel[i];
	return NULL;
}

bool dmv_system_runs(struct dmv *v, uint32_t serial)
{
	bool found;

	v->port.lock(v->port.host);
	found = by_serial(v, serial);
	v->port.unlock(v->port.host);
	return found;
}

bool dmv_system_done(struct dmv *v, uint32_t serial, enum dmv_abi_transfer how,
		     struct dmv_ended *ret)
{
	struct dmv_channel *ch;
	struct dmv_call c;
	uint64_t left = 0;
	bool ended;

	dmv_enter(&c, v, 0, DMV_ABI_OP_FLUSH, NULL);
	ch = by_serial(v, serial);
	if (ch && how != DMV_ABI_T_COMPLETE)
		left = ch->row->transfer_left;
	ended = end(&c, ch, how, left, ret);
	dmv_leave(&c);
	return ended;
}

void dmv_system_left(struct dmv *v, struct dmv_adapter *a, uint64_t left)
{
	const struct dmv_channel *ch;

	v->port.lock(v->port.host);
	ch = held_by(v, a);
	if (ch)
		st64(&ch->row->transfer_left, left);
	v->port.unlock(v->port.host);
}

int dmv_system_cancel(struct dmv *v, struct dmv_adapter *a, uint64_t key, uint64_t caller)
{
	struct dmv_channel *ch;
	struct dmv_call c;
	bool found;

	dmv_enter(&c, v, caller, DMV_ABI_OP_FREE_CHANNEL, a);
	ch = held_by(v, a);
	found = ch && key && ch->request.key == key;
	if (found)
		ch->cancelled = true;
	dmv_leave(&c);
	return found ? DMV_OK : DMV_NO_CHANNEL;
}

/* ---- memory that both sides use all the time ---- */

bool dmv_buffer_holds(struct dmv *v, const struct dmv_adapter *a, uint64_t va, uint64_t bytes)
{
	bool found = false;

	v->port.lock(v->port.host);
	for (uint32_t i = 0; a->buffers && i < v->cfg.rows[DMV_ABI_K_BUFFER] && !found; i++) {
		const struct dmv_buffer *b = &v->buffer[i];
		const uint64_t start = (uintptr_t)b->va;

		found = b->live && b->adapter == a && va >= start && va - start < b->bytes &&
			bytes <= b->bytes - (va - start);
	}
	v->port.unlock(v->port.host);
	return found;
}
