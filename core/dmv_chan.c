/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Adapter channels and the queue of requests: who may use the adapter, who waits for it. */
#include "dmv_int.h"

/* ---- channel rows ---- */

static void write_channel(struct dmv_call *c, const struct dmv_channel *ch)
{
	struct dmv_abi_channel *row = ch->row;

	dmv_ref_set(&row->adapter, ch->adapter->index, ch->adapter->row->gen);
	dmv_ref_set(&row->file, DMV_ABI_NONE, 0);
	st32(&row->status, ch->status);
	st32(&row->registers, ch->request.registers);
	st64(&row->device, ch->request.device);
	st64(&row->routine, ch->request.routine);
	st64(&row->context, ch->request.context);
	st64(&row->irp, ch->request.irp);
	st32(&row->owner, ch->site);
	st32(&row->releaser, DMV_ABI_NONE);
	st64(&row->time, c->now);
	st64(&row->freed_time, 0);
	st32(&row->transfer, DMV_ABI_T_NONE);
	st32(&row->transfer_flags, 0);
	st64(&row->transfer_bytes, 0);
	st64(&row->transfer_left, 0);
	st64(&row->completion, 0);
	st64(&row->completion_context, 0);
	st64(&row->transfer_time, 0);
}

static struct dmv_channel *channel_new(struct dmv_call *c, struct dmv_adapter *a,
				       const struct dmv_request *r,
				       enum dmv_abi_channel_status status)
{
	struct dmv *v = c->v;
	struct dmv_channel *ch;
	struct dmv_abi_channel *row;
	uint32_t index;

	row = dmv_take(v, DMV_ABI_K_CHANNEL, &index);
	if (!row)
		return NULL;
	ch = &v->channel[index];
	*ch = (struct dmv_channel){ .row = row, .adapter = a, .request = *r, .index = index,
				    .status = status, .file = DMV_ABI_NONE, .next = DMV_ABI_NONE,
				    .site = c->site };
	write_channel(c, ch);
	dmv_live(v, DMV_ABI_K_CHANNEL, row);
	return ch;
}

static void channel_end(struct dmv_call *c, struct dmv_channel *ch)
{
	st64(&ch->row->freed_time, c->now);
	st32(&ch->row->releaser, c->site);
	if (ch->transfer == DMV_ABI_T_RUNNING)
		st32(&ch->row->transfer, DMV_ABI_T_STOPPED);
	ch->transfer = DMV_ABI_T_NONE;
	ch->status = 0;
	dmv_retire(c->v, DMV_ABI_K_CHANNEL, ch->index, ch->row);
}

static enum dmv_abi_op op_of(const struct dmv_request *r)
{
	if (!r->list)
		return DMV_ABI_OP_ALLOC_CHANNEL;
	return r->caller_memory ? DMV_ABI_OP_BUILD_LIST : DMV_ABI_OP_GET_LIST;
}

/* Granted, or put into the queue. */
static void channel_event(struct dmv_call *c, const struct dmv_channel *ch)
{
	const struct dmv_transfer *t = &ch->request.transfer;

	dmv_event(c, op_of(&ch->request), ch->adapter, &(struct dmv_event_args){
		.kind = DMV_ABI_K_CHANNEL, .row = ch->index, .gen = ch->row->gen,
		.address = t->span.va, .size = dmv_transfer_bytes(t) });
}

/* ---- granting ---- */

/* One more channel, or object of a list. */
static void count_channel(struct dmv_adapter *a)
{
	a->channels_allocated++;
	if (++a->channels > a->channels_high)
		a->channels_high = a->channels;
	dmv_adapter_count(a);
}

static int list_start(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_request *r,
		      struct dmv_grant *ret)
{
	struct dmv_file *f;
	struct dmv_list *l = dmv_list_new(c, a, r);

	if (!l)
		return DMV_NO_MEMORY;
	f = dmv_file_new(c, a, r->registers, l->index);
	if (!f) {
		dmv_list_drop(c, l);
		return DMV_NO_MEMORY;
	}
	if (!dmv_transfer_map(c, f, &r->transfer, UINT64_MAX)) {
		dmv_list_drop(c, l);
		return DMV_VIOLATED;
	}
	ret->elements = dmv_list_start(c, l, f, r);
	ret->handle = r->memory;
	dmv_event(c, op_of(r), a, &(struct dmv_event_args){
		.kind = DMV_ABI_K_LIST, .row = l->index, .gen = l->row->gen,
		.direction = r->transfer.to_device ? 1 : 2,
		.address = r->transfer.span.va, .size = l->row->bytes,
		.bus = c->v->reg[f->first].row->bus });
	if (r->keeps_object) {
		a->objects++;
		count_channel(a);
	}
	return DMV_OK;
}

static uint64_t runner(const struct dmv_call *c)
{
	return c->v->port.self ? c->v->port.self(c->v->port.host) : dmv_cpu_number(c);
}

static int channel_start(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_request *r,
			 struct dmv_channel *ch, struct dmv_grant *ret)
{
	struct dmv_file *f;
	const bool waited = ch;

	if (!ch)
		ch = channel_new(c, a, r, DMV_ABI_CH_RUNNING);
	if (!ch)
		return DMV_NO_MEMORY;
	f = dmv_file_new(c, a, r->registers, DMV_ABI_NONE);
	if (!f) {
		if (!waited)
			channel_end(c, ch);
		return DMV_NO_MEMORY;
	}
	ch->status = DMV_ABI_CH_RUNNING;
	ch->runner = runner(c);
	ch->file = f->index;
	st32(&f->row->flags, DMV_ABI_FILE_HOLDS_CHANNEL);
	dmv_ref_set(&ch->row->file, f->index, f->gen);
	st32(&ch->row->status, ch->status);
	a->holder = ch->index;
	st64(&a->row->wait_block, (uintptr_t)ch->row);
	count_channel(a);
	ret->handle = dmv_file_handle(f);
	ret->channel = ch->index;
	channel_event(c, ch);
	return DMV_OK;
}

static int start(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_request *r,
		 struct dmv_channel *waiting, struct dmv_grant *ret)
{
	*ret = (struct dmv_grant){ .adapter = a, .request = *r, .channel = DMV_ABI_NONE };
	return r->list ? list_start(c, a, r, ret) : channel_start(c, a, r, waiting, ret);
}

/* ---- the queue ---- */

static int wait(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_request *r)
{
	struct dmv *v = c->v;
	struct dmv_channel *ch;

	if (r->now)
		return DMV_BUSY;
	ch = channel_new(c, a, r, DMV_ABI_CH_WAITING);
	if (!ch)
		return DMV_NO_MEMORY;
	/* dmv_next_grant looks at the head without the lock */
	if (v->wait_head == DMV_ABI_NONE)
		st32(&v->wait_head, ch->index);
	else
		v->channel[v->wait_tail].next = ch->index;
	v->wait_tail = ch->index;
	channel_event(c, ch);
	return DMV_QUEUED;
}

static void unwait(struct dmv *v, struct dmv_channel *ch, uint32_t before)
{
	if (before == DMV_ABI_NONE)
		st32(&v->wait_head, ch->next);
	else
		v->channel[before].next = ch->next;
	if (v->wait_tail == ch->index)
		v->wait_tail = before;
	ch->next = DMV_ABI_NONE;
}

/* The request that waits under a key; *before (opt): the one in front of it, or NONE. */
static struct dmv_channel *waiting_key(struct dmv *v, uint64_t key, uint32_t *before)
{
	uint32_t last = DMV_ABI_NONE, i = v->wait_head;

	for (; i != DMV_ABI_NONE && v->channel[i].request.key != key; i = v->channel[i].next)
		last = i;
	if (before)
		*before = last;
	return i == DMV_ABI_NONE ? NULL : &v->channel[i];
}

uint32_t dmv_waiting(struct dmv *v, const struct dmv_adapter *a, struct dmv_channel **first)
{
	uint32_t n = 0;

	for (uint32_t i = v->wait_head; i != DMV_ABI_NONE; i = v->channel[i].next)
		if (v->channel[i].adapter == a && n++ == 0 && first)
			*first = &v->channel[i];
	return n;
}

static bool can_run(struct dmv *v, const struct dmv_channel *ch)
{
	if (ch->adapter->cancelled)
		return false;
	if (!ch->request.list && dmv_line_holder(v, ch->adapter) != DMV_ABI_NONE)
		return false;
	if (v->fifo[DMV_ABI_K_FILE].head == DMV_ABI_NONE ||
	    (ch->request.list && v->fifo[DMV_ABI_K_LIST].head == DMV_ABI_NONE))
		return false;           /* it goes on waiting, and is not one that was not booked */
	return dmv_runs_find(&v->registers, ch->request.registers, NULL) != DMV_ABI_NONE;
}

/* Counts what is granted, not what waits. In strict mode the request is refused. */
static bool over_maximum(struct dmv_call *c, struct dmv_adapter *a, uint32_t registers)
{
	const struct dmv_object self = { DMV_ABI_K_ADAPTER, a->index, a->gen, DMV_ABI_NONE, 0 };

	return a->registers + registers > a->max_registers &&
	       dmv_raise(c, DMV_V_REGISTERS_OVER_MAXIMUM, a, &self, NULL, a->registers + registers,
			 a->max_registers, 0) && dmv_strict(c->v, a);
}

bool dmv_next_grant(struct dmv *v, struct dmv_grant *ret)
{
	struct dmv_call c;
	bool granted = false;

	/*
	 * Asked after everything that frees something. Who begins to wait later was refused after
	 * it.
	 */
	if (__atomic_load_n(&v->wait_head, __ATOMIC_RELAXED) == DMV_ABI_NONE)
		return false;
	dmv_enter(&c, v, (uintptr_t)__builtin_return_address(0), DMV_ABI_OP_ALLOC_CHANNEL, NULL);
	for (uint32_t i = v->wait_head, before = DMV_ABI_NONE; i != DMV_ABI_NONE && !granted;
	     before = i, i = v->channel[i].next) {
		struct dmv_channel *ch = &v->channel[i];
		const struct dmv_request r = ch->request;
		struct dmv_adapter *a = ch->adapter;

		if (!can_run(v, ch))
			continue;
		c.site = ch->site;
		/* What was right when asked for may clash by now; it is granted all the same. */
		over_maximum(&c, a, r.registers);
		if (r.list)
			dmv_transfer_clash(&c, a, &r.transfer);
		if (start(&c, a, &r, ch, ret) != DMV_OK)
			continue;
		unwait(v, ch, before);
		if (r.list)
			channel_end(&c, ch);
		granted = true;
	}
	dmv_leave(&c);
	return granted;
}

bool dmv_next_cancelled(struct dmv *v, struct dmv_request *ret)
{
	uint32_t before = DMV_ABI_NONE, i;
	struct dmv_channel *ch;
	struct dmv_call c;

	if (__atomic_load_n(&v->wait_head, __ATOMIC_RELAXED) == DMV_ABI_NONE)
		return false;
	dmv_enter(&c, v, 0, DMV_ABI_OP_PUT_ADAPTER, NULL);
	for (i = v->wait_head; i != DMV_ABI_NONE && !v->channel[i].adapter->cancelled;
	     i = v->channel[i].next)
		before = i;
	if (i != DMV_ABI_NONE) {
		ch = &v->channel[i];
		*ret = ch->request;
		c.site = ch->adapter->row->releaser;
		dmv_working_on(&c, DMV_ABI_K_CHANNEL, ch->index, ch->row->gen);
		unwait(v, ch, before);
		channel_end(&c, ch);
		dmv_adapter_settle(v, ch->adapter);
	}
	dmv_leave(&c);
	return i != DMV_ABI_NONE;
}

bool dmv_request_cancel(struct dmv *v, struct dmv_adapter *a, uint64_t key, uint64_t caller,
			struct dmv_request *ret)
{
	struct dmv_channel *ch;
	struct dmv_call c;
	uint32_t before;
	bool found;

	dmv_enter(&c, v, caller, DMV_ABI_OP_FREE_CHANNEL, a);
	ch = waiting_key(v, key, &before);
	found = key && ch && ch->adapter == a;
	if (found) {
		*ret = ch->request;
		dmv_working_on(&c, DMV_ABI_K_CHANNEL, ch->index, ch->row->gen);
		dmv_event(&c, DMV_ABI_OP_FREE_CHANNEL, a, &(struct dmv_event_args){
			.kind = DMV_ABI_K_CHANNEL, .row = ch->index, .gen = ch->row->gen });
		unwait(v, ch, before);
		channel_end(&c, ch);
	}
	dmv_leave(&c);
	return found;
}

/* ---- asking ---- */

/* A channel asked for inside the AdapterControl routine is never granted: it waits for itself. */
static bool inside_own_routine(const struct dmv_call *c, const struct dmv_adapter *a)
{
	const struct dmv_channel *ch;

	if (a->holder == DMV_ABI_NONE)
		return false;
	ch = &c->v->channel[a->holder];
	return ch->status == DMV_ABI_CH_RUNNING && ch->runner == runner(c);
}

static bool refused(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_request *r)
{
	const struct dmv_object self = { DMV_ABI_K_ADAPTER, a->index, a->row->gen,
					 DMV_ABI_NONE, 0 };

	if (r->registers > a->max_registers) {
		dmv_raise(c, DMV_V_TOO_MANY_REGISTERS, a, &self, NULL, r->registers,
			  a->max_registers, 0);
		return true;
	}
	if (!r->list && inside_own_routine(c, a)) {
		const struct dmv_channel *ch = &c->v->channel[a->holder];
		const struct dmv_object o = { DMV_ABI_K_CHANNEL, ch->index, ch->row->gen, ch->site,
					      ch->row->time };

		dmv_raise(c, DMV_V_TOO_MANY_CHANNELS, a, &o, NULL, a->channels, 0, 0);
		return true;
	}
	return r->list && dmv_transfer_clash(c, a, &r->transfer);
}

static int request(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_request *r,
		   struct dmv_grant *ret)
{
	struct dmv *v = c->v;
	uint32_t largest;

	if (r->list && !dmv_transfer_fits(v, &r->transfer, r->registers))
		return DMV_VIOLATED;
	if (r->key && waiting_key(v, r->key, NULL))
		return DMV_KEY_USED;
	if (refused(c, a, r))
		return DMV_VIOLATED;
	if (r->registers > v->registers.units)
		return DMV_NO_REGISTERS;
	if (dmv_fault(c, a, r->list ? DMV_ABI_FAULT_LISTS : DMV_ABI_FAULT_REGISTERS))
		return DMV_NO_MEMORY;
	if (!r->list && dmv_line_holder(v, a) != DMV_ABI_NONE)
		return wait(c, a, r);
	if (dmv_runs_find(&v->registers, r->registers, &largest) == DMV_ABI_NONE) {
		if (v->registers.free >= r->registers)
			dmv_raise(c, DMV_V_NO_CONTIGUOUS_REGISTERS, a, NULL, NULL, 0, r->registers,
				  largest);
		return wait(c, a, r);
	}
	if (over_maximum(c, a, r->registers))
		return DMV_VIOLATED;
	return start(c, a, r, NULL, ret);
}

int dmv_request(struct dmv *v, struct dmv_adapter *a, const struct dmv_request *r, uint64_t caller,
		struct dmv_grant *ret)
{
	struct dmv_call c;
	int result;

	dmv_enter(&c, v, caller, op_of(r), a);
	result = request(&c, a, r, ret);
	dmv_leave(&c);
	return result;
}

/* ---- giving back ---- */

/* Ends the channel that holds the adapter, and its registers unless they are kept. */
static void let_go(struct dmv_call *c, struct dmv_adapter *a, bool keep_registers)
{
	struct dmv *v = c->v;
	struct dmv_channel *ch = &v->channel[a->holder];
	struct dmv_file *f = ch->file == DMV_ABI_NONE ? NULL : &v->file[ch->file];

	dmv_working_on(c, DMV_ABI_K_CHANNEL, ch->index, ch->row->gen);
	if (f && keep_registers)
		st32(&f->row->flags, 0);
	if (f && !keep_registers) {
		dmv_file_freed(c, f);
		if (!dmv_file_end(c, f))
			return;
	}
	a->holder = DMV_ABI_NONE;
	a->channels--;
	a->channels_freed++;
	st64(&a->row->wait_block, 0);
	dmv_adapter_count(a);
	dmv_event(c, DMV_ABI_OP_FREE_CHANNEL, a, &(struct dmv_event_args){
		.kind = DMV_ABI_K_CHANNEL, .row = ch->index, .gen = ch->row->gen });
	channel_end(c, ch);
}

void dmv_channel_done(struct dmv *v, const struct dmv_grant *g, enum dmv_action action)
{
	struct dmv_channel *ch = &v->channel[g->channel];
	struct dmv_adapter *a = g->adapter;
	struct dmv_call c;

	dmv_enter(&c, v, g->request.routine, DMV_ABI_OP_FREE_CHANNEL, a);
	if (a->holder == g->channel && ch->status == DMV_ABI_CH_RUNNING) {
		if (action == DMV_KEEP) {
			ch->status = DMV_ABI_CH_HELD;
			st32(&ch->row->status, ch->status);
		} else {
			let_go(&c, a, action == DMV_KEEP_REGISTERS);
		}
	}
	dmv_leave(&c);
}

/* The object of a list that its driver has without a routine; its registers go with the list. */
static void let_object_go(struct dmv_call *c, struct dmv_adapter *a)
{
	a->objects--;
	a->channels--;
	a->channels_freed++;
	dmv_adapter_count(a);
	dmv_event(c, DMV_ABI_OP_FREE_CHANNEL, a, &(struct dmv_event_args){ 0 });
}

void dmv_channel_free(struct dmv *v, struct dmv_adapter *a, bool keep_registers, uint64_t caller)
{
	struct dmv_call c;

	dmv_enter(&c, v, caller, DMV_ABI_OP_FREE_CHANNEL, a);
	if (a->holder != DMV_ABI_NONE)
		let_go(&c, a, keep_registers);
	else if (a->objects)
		let_object_go(&c, a);
	else
		dmv_raise(&c, DMV_V_CHANNEL_EXTRA_FREE, a, NULL, NULL, ++a->channel_extra, 0, 0);
	dmv_leave(&c);
}
