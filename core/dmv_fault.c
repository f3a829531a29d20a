/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Fault injection: allocations that fail on demand, so that a driver's error paths are walked. */
#include "dmv_int.h"

/* The number of the kind's bit. */
static uint32_t number(uint32_t kind)
{
	return kind == DMV_ABI_FAULT_REGISTERS ? 0 : kind == DMV_ABI_FAULT_BUFFERS ? 1 : 2;
}

static bool due(struct dmv_driver_book *d, uint32_t k)
{
	const struct dmv_fault *f = &d->fault;
	const uint32_t n = ++d->asked[k];

	if (n <= f->after || (n - f->after) % f->every)
		return false;
	if (f->times && !d->left)
		return false;
	d->left -= f->times != 0;
	return true;
}

/* So that nobody looks for a shortage that there never was. */
static void count(struct dmv *v, struct dmv_driver_book *d, struct dmv_adapter *a, uint32_t k)
{
	uint32_t *const of_adapter[] = { &a->row->injected_registers, &a->row->injected_buffers,
					 &a->row->injected_lists };
	uint32_t *const of_driver[] = { &d->row->injected_registers, &d->row->injected_buffers,
					&d->row->injected_lists };

	st32(of_adapter[k], ++a->injected[k]);
	st32(of_driver[k], ++d->injected[k]);
	st32(&v->header->injected, v->header->injected + 1);
}

bool dmv_fault(struct dmv_call *c, struct dmv_adapter *a, uint32_t kind)
{
	struct dmv *v = c->v;
	struct dmv_driver_book *d = &v->driver[a->driver];
	const uint32_t k = number(kind);

	if (!(d->fault.kinds & kind) || !a->judged || (v->flags & DMV_ABI_F_OFF) || !due(d, k))
		return false;
	count(v, d, a, k);
	dmv_event(c, DMV_ABI_OP_FAULT, a, &(struct dmv_event_args){
		.kind = DMV_ABI_K_ADAPTER, .row = a->index, .gen = a->row->gen, .size = kind,
		.address = DMV_ABI_UNKNOWN, .bus = DMV_ABI_UNKNOWN });
	return true;
}

bool dmv_fault_buffer(struct dmv *v, struct dmv_adapter *a, uint64_t caller)
{
	const struct dmv_driver_book *d = &v->driver[a->driver];
	struct dmv_call c;
	bool fails;

	if (!(__atomic_load_n(&d->fault.kinds, __ATOMIC_RELAXED) & DMV_ABI_FAULT_BUFFERS))
		return false;
	dmv_enter(&c, v, caller, DMV_ABI_OP_ALLOC_BUFFER, a);
	fails = dmv_fault(&c, a, DMV_ABI_FAULT_BUFFERS);
	dmv_leave(&c);
	return fails;
}
