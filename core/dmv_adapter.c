/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Adapters: made, referenced, released with a look at what they leave behind. */
#include "dmv_int.h"

void *dmv_adapter_face(struct dmv_adapter *a)
{
	return a->face;
}

uint32_t dmv_adapter_alignment(const struct dmv_adapter *a)
{
	return a->alignment;
}

uint32_t dmv_adapter_registers(const struct dmv_adapter *a)
{
	return a->max_registers;
}

uint64_t dmv_adapter_reach(const struct dmv_adapter *a)
{
	return a->max_address;
}

uint32_t dmv_adapter_flags(const struct dmv_adapter *a)
{
	return a->flags;
}

bool dmv_adapter_shadowed(const struct dmv_adapter *a)
{
	return __atomic_load_n(&a->shadowed, __ATOMIC_RELAXED);
}

uint64_t dmv_adapter_record(const struct dmv_adapter *a)
{
	return (uintptr_t)a->row;
}

void dmv_adapter_count(struct dmv_adapter *a)
{
	struct dmv_abi_adapter *row = a->row;

	st64(&row->registers_allocated, a->registers_allocated);
	st64(&row->registers_freed, a->registers_freed);
	st64(&row->lists_allocated, a->lists_allocated);
	st64(&row->lists_freed, a->lists_freed);
	st64(&row->buffers_allocated, a->buffers_allocated);
	st64(&row->buffers_freed, a->buffers_freed);
	st64(&row->channels_allocated, a->channels_allocated);
	st64(&row->channels_freed, a->channels_freed);
	st32(&row->registers_high, a->registers_high);
	st32(&row->lists_high, a->lists_high);
	st32(&row->buffers_high, a->buffers_high);
	st32(&row->channels_high, a->channels_high);
}

struct dmv_adapter *dmv_adapter_check(struct dmv *v, void *handle, uint64_t caller)
{
	const uintptr_t at = (uintptr_t)handle, first = (uintptr_t)v->adapter;
	const size_t rows = v->cfg.rows[DMV_ABI_K_ADAPTER];
	struct dmv_adapter *a;

	if (!handle) {
		dmv_violate(v, DMV_V_ADAPTER_NULL, NULL, caller, 0, 0, 0);
		return NULL;
	}
	if (at < first || at - first >= rows * sizeof(*a) || (at - first) % sizeof(*a))
		return NULL;
	a = handle;
	if (!a->known)
		return NULL;
	if (a->released) {
		dmv_violate(v, DMV_V_ADAPTER_RELEASED, a, caller, at, (uintptr_t)a->row, 0);
		return NULL;
	}
	return a;
}

static void write_description(struct dmv_abi_description *to, const struct dmv_abi_description *d)
{
	st32(&to->version, d->version);
	dmv_store_bytes(&to->master, &d->master, 8);
	st32(&to->bus_number, d->bus_number);
	st32(&to->channel, d->channel);
	st32(&to->interface_type, d->interface_type);
	st32(&to->width, d->width);
	st32(&to->speed, d->speed);
	st32(&to->maximum_length, d->maximum_length);
	st32(&to->port, d->port);
	st32(&to->address_width, d->address_width);
	st32(&to->controller, d->controller);
	st32(&to->request_line, d->request_line);
	st64(&to->device_address, d->device_address);
}

/* Without a request: the master adapter, which owns the pool of map registers. */
static const struct dmv_adapter_request master = {
	.driver = DMV_ABI_NONE,
	.flags = DMV_ABI_A_MASTER,
	.max_address = DMV_ABI_UNKNOWN,
};

static void write_adapter(struct dmv_call *c, struct dmv_adapter *a,
			  const struct dmv_adapter_request *r)
{
	struct dmv_abi_adapter *row = a->row;
	struct dmv *v = c->v;
	const uint32_t name = r->name ? dmv_string(v, r->name) : DMV_ABI_NONE;

	st32(&row->flags, a->flags);
	st32(&row->refs, a->refs);
	st64(&row->handle, (uintptr_t)a);
	st64(&row->device, r->device);
	dmv_ref_set(&row->driver, a->driver, v->driver[a->driver].row->gen);
	dmv_ref_set(&row->name, name, name == DMV_ABI_NONE ? 0 : 1);
	st32(&row->owner, c->site);
	st32(&row->releaser, DMV_ABI_NONE);
	st64(&row->time, c->now);
	st64(&row->released_time, 0);
	st32(&row->max_registers, a->max_registers);
	st32(&row->version, r->version);
	st64(&row->bytes_mapped, 0);
	st32(&row->registers_mapped, 0);
	st32(&row->alignment, a->alignment);
	st64(&row->max_address, r->max_address);
	st64(&row->register_base, 0);
	st64(&row->wait_block, 0);
	write_description(&row->description, &r->description);
	st32(&row->injected_registers, 0);
	st32(&row->injected_buffers, 0);
	st32(&row->injected_lists, 0);
	st64(&row->controller_base, a->line == DMV_ABI_NONE ? DMV_ABI_UNKNOWN : r->controller_base);
	st32(&row->controller, a->controller);
	st32(&row->line, a->line);
	dmv_adapter_count(a);
}

int dmv_adapter_new(struct dmv *v, const struct dmv_adapter_request *r, uint64_t caller,
		    struct dmv_adapter **ret)
{
	struct dmv_call c;
	struct dmv_adapter *a;
	struct dmv_abi_adapter *row;
	uint32_t index;
	struct dmv_driver_book *d;

	if (!r)
		r = &master;
	dmv_enter(&c, v, caller, DMV_ABI_OP_GET_ADAPTER, NULL);
	row = dmv_take(v, DMV_ABI_K_ADAPTER, &index);
	if (!row) {
		dmv_leave(&c);
		return DMV_NO_MEMORY;
	}
	a = &v->adapter[index];
	memset(a, 0, sizeof(*a));
	if (r->driver < v->cfg.rows[DMV_ABI_K_DRIVER] && v->driver[r->driver].known)
		a->driver = r->driver;
	d = &v->driver[a->driver];
	a->row = row;
	a->index = index;
	a->gen = row->gen;
	a->known = true;
	a->judged = (d->options & DMV_ABI_D_VERIFY) && !(v->flags & DMV_ABI_F_OFF);
	a->shadowed = a->judged && (d->options & DMV_ABI_D_SHADOW);
	a->flags = r->flags | (a->judged ? 0 : DMV_ABI_A_UNVERIFIED);
	a->refs = 1;
	a->max_registers = r == &master ? v->registers.units : r->max_registers;
	a->alignment = r->alignment > 8 ? r->alignment : 8;
	a->max_address = r->max_address;
	a->holder = DMV_ABI_NONE;
	a->controller = r->flags & DMV_ABI_A_SYSTEM_DMA ? r->controller : DMV_ABI_NONE;
	a->line = r->flags & DMV_ABI_A_SYSTEM_DMA ? r->line : DMV_ABI_NONE;
	a->owner = c.site;
	a->owner_address = caller;
	write_adapter(&c, a, r);
	dmv_live(v, DMV_ABI_K_ADAPTER, row);
	if (r != &master)
		st32(&d->row->adapters, ++d->adapters);
	dmv_event(&c, DMV_ABI_OP_GET_ADAPTER, a, &(struct dmv_event_args){
		.kind = DMV_ABI_K_ADAPTER, .row = index, .gen = row->gen,
		.address = (uintptr_t)a });
	dmv_leave(&c);
	*ret = a;
	return DMV_OK;
}

void dmv_adapter_reference(struct dmv *v, struct dmv_adapter *a, int delta, uint64_t caller)
{
	struct dmv_call c;
	const enum dmv_abi_op op = delta > 0 ? DMV_ABI_OP_REFERENCE : DMV_ABI_OP_DEREFERENCE;

	dmv_enter(&c, v, caller, op, a);
	dmv_working_on(&c, DMV_ABI_K_ADAPTER, a->index, a->gen);
	if (delta > 0 || a->refs > 1)
		a->refs += (uint32_t)delta;
	st32(&a->row->refs, a->refs);
	dmv_event(&c, op, a, &(struct dmv_event_args){ .kind = DMV_ABI_K_ADAPTER, .row = a->index,
						       .gen = a->row->gen, .size = a->refs });
	dmv_leave(&c);
}

/* The oldest object that leaks, for the second stack. */
static struct dmv_object first_left(struct dmv *v, const struct dmv_adapter *a,
				    enum dmv_abi_kind kind)
{
	const uint32_t n = v->cfg.rows[kind];

	if (kind == DMV_ABI_K_BUFFER) {
		for (const struct dmv_buffer *b = v->buffer; b < v->buffer + n; b++)
			if (b->live && b->adapter == a && b->vector == DMV_ABI_NONE)
				return dmv_buffer_object(b);
	} else if (kind == DMV_ABI_K_VECTOR) {
		for (const struct dmv_vector *x = v->vector; x < v->vector + n; x++)
			if (x->live && x->adapter == a)
				return (struct dmv_object){ kind, x->index, x->row->gen,
							    x->row->owner, x->row->time };
	} else if (kind == DMV_ABI_K_FILE) {
		for (const struct dmv_file *f = v->file; f < v->file + n; f++)
			if (f->live && f->adapter == a && f->list == DMV_ABI_NONE && f->count)
				return dmv_file_object(f);
	} else if (kind == DMV_ABI_K_LIST) {
		for (const struct dmv_list *l = v->list; l < v->list + n; l++)
			if (l->live && l->adapter == a)
				return (struct dmv_object){ kind, l->index, l->row->gen,
							    l->row->owner, l->row->time };
	} else if (kind == DMV_ABI_K_CHANNEL && a->holder != DMV_ABI_NONE) {
		const struct dmv_channel *ch = &v->channel[a->holder];

		return (struct dmv_object){ kind, ch->index, ch->row->gen, ch->site,
					    ch->row->time };
	}
	return (struct dmv_object){ DMV_ABI_K_ADAPTER, a->index, a->row->gen, a->owner,
				    a->row->time };
}

static void check_left(struct dmv_call *c, struct dmv_adapter *a, enum dmv_rule rule,
		       enum dmv_abi_kind kind, uint32_t n)
{
	struct dmv_object o;

	if (n == 0)
		return;
	o = first_left(c->v, a, kind);
	dmv_raise(c, rule, a, &o, NULL, (uintptr_t)a, n, (uintptr_t)a->row);
}

/*
 * Registers of a list are the list's, registers of a held channel the channel's: each object is
 * named once, by the rule for what the driver has to free.
 */
static uint32_t own_registers(const struct dmv *v, const struct dmv_adapter *a)
{
	uint32_t n = 0;

	if (!a->registers)
		return 0;
	for (uint32_t i = 0; i < v->cfg.rows[DMV_ABI_K_FILE]; i++) {
		const struct dmv_file *f = &v->file[i];

		if (f->live && f->adapter == a && f->list == DMV_ABI_NONE &&
		    !(a->holder != DMV_ABI_NONE && v->channel[a->holder].file == i))
			n += f->count;
	}
	return n;
}

static void check_guards(struct dmv_call *c, struct dmv_adapter *a)
{
	struct dmv *v = c->v;

	for (uint32_t i = 0; a->buffers && i < v->cfg.rows[DMV_ABI_K_BUFFER]; i++)
		if (v->buffer[i].live && v->buffer[i].adapter == a)
			dmv_check_buffer(c, &v->buffer[i]);
	for (uint32_t i = 0; a->registers && i < v->cfg.rows[DMV_ABI_K_FILE]; i++)
		if (v->file[i].live && v->file[i].adapter == a)
			dmv_check_file(c, &v->file[i]);
}

static void check_waiting(struct dmv_call *c, struct dmv_adapter *a)
{
	struct dmv_channel *first;
	const uint32_t n = dmv_waiting(c->v, a, &first);

	if (n == 0)
		return;
	const struct dmv_object o = { DMV_ABI_K_CHANNEL, first->index, first->row->gen, first->site,
				      first->row->time };

	dmv_raise(c, DMV_V_REQUEST_LEFT, a, &o, NULL, (uintptr_t)a, n, (uintptr_t)a->row);
}

/* Its buffers are not named one by one. */
static void check_vectors(struct dmv_call *c, struct dmv_adapter *a)
{
	const struct dmv_object o = first_left(c->v, a, DMV_ABI_K_VECTOR);

	if (a->vectors)
		dmv_raise(c, DMV_V_VECTOR_LEAK, a, &o, NULL, 0, 0, 0);
}

/* What it left behind still refers to its book. */
static bool referred_to(struct dmv *v, const struct dmv_adapter *a)
{
	return a->buffers || a->vectors || a->registers || a->lists || a->channels ||
	       dmv_waiting(v, a, NULL);
}

void dmv_adapter_settle(struct dmv *v, struct dmv_adapter *a)
{
	if (a->released && !referred_to(v, a))
		dmv_fifo_give(&v->fifo[DMV_ABI_K_ADAPTER], a->index);
}

void dmv_adapter_put(struct dmv *v, struct dmv_adapter *a, uint64_t caller)
{
	struct dmv_call c;
	struct dmv_driver_book *d = &v->driver[a->driver];

	dmv_iommu_report(v);            /* while its adapter is there to be named */
	dmv_enter(&c, v, caller, DMV_ABI_OP_PUT_ADAPTER, a);
	dmv_working_on(&c, DMV_ABI_K_ADAPTER, a->index, a->gen);
	check_guards(&c, a);
	if (c.stopping)
		goto out;
	check_left(&c, a, DMV_V_BUFFER_LEAK, DMV_ABI_K_BUFFER, a->buffers - a->entries);
	check_vectors(&c, a);
	check_left(&c, a, DMV_V_CHANNEL_LEAK, DMV_ABI_K_CHANNEL, a->channels);
	a->channels -= a->objects;              /* of those nothing else is left */
	a->objects = 0;
	check_left(&c, a, DMV_V_REGISTER_LEAK, DMV_ABI_K_FILE, own_registers(v, a));
	check_left(&c, a, DMV_V_LIST_LEAK, DMV_ABI_K_LIST, a->lists);
	check_waiting(&c, a);
	if (a->refs > 1) {
		const struct dmv_object o = first_left(v, a, DMV_ABI_K_ADAPTER);

		dmv_raise(&c, DMV_V_TOO_MANY_REFERENCES, a, &o, NULL, a->refs, (uintptr_t)a,
			  (uintptr_t)a->row);
	}
	a->released = a->cancelled = true;
	a->flags |= DMV_ABI_A_RELEASED;
	st64(&a->row->released_time, c.now);
	st32(&a->row->releaser, c.site);
	st32(&a->row->refs, a->refs - 1);
	st32(&a->row->flags, a->flags);
	st32(&d->row->adapters, --d->adapters);
	if (!d->known && !d->adapters)
		dmv_fifo_give(&v->fifo[DMV_ABI_K_DRIVER], a->driver);
	dmv_event(&c, DMV_ABI_OP_PUT_ADAPTER, a,
		  &(struct dmv_event_args){ .kind = DMV_ABI_K_ADAPTER, .row = a->index,
					    .gen = a->row->gen, .address = (uintptr_t)a });
	dmv_row_history(v, DMV_ABI_K_ADAPTER, a->row);
	dmv_adapter_settle(v, a);
out:
	dmv_leave(&c);
}
