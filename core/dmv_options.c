/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What is verified of a driver, changed while it runs. */
#include "dmv_int.h"

#define OPTIONS (DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW | DMV_ABI_D_NO_GUARDS | DMV_ABI_D_STRICT)
#define KINDS (DMV_ABI_FAULT_REGISTERS | DMV_ABI_FAULT_BUFFERS | DMV_ABI_FAULT_LISTS)

/* ---- asked by others ---- */

bool dmv_strict(const struct dmv *v, const struct dmv_adapter *a)
{
	return (v->flags & DMV_ABI_F_STRICT) ||
	       (a && (v->driver[a->driver].options & DMV_ABI_D_STRICT));
}

bool dmv_guarded(const struct dmv *v, const struct dmv_adapter *a)
{
	const struct dmv_driver_book *d = &v->driver[a->driver];

	return __atomic_load_n(&a->judged, __ATOMIC_RELAXED) &&
	       !(__atomic_load_n(&d->options, __ATOMIC_RELAXED) & DMV_ABI_D_NO_GUARDS);
}

/* ---- changing them ---- */

bool dmv_options_known(const struct dmv_driver_options *o)
{
	return !(o->options & ~OPTIONS) && !(o->fault.kinds & ~KINDS) &&
	       (!o->fault.kinds || o->fault.every);
}

static bool loaded(const struct dmv *v, uint32_t driver)
{
	return driver < v->cfg.rows[DMV_ABI_K_DRIVER] && v->driver[driver].known;
}

/*
 * Its adapters stay booked, so that what the driver frees is found; but the books prove nothing any
 * more: no guards are checked for them, and no copy is made.
 */
static void let_go(struct dmv_adapter *a)
{
	__atomic_store_n(&a->shadowed, false, __ATOMIC_RELAXED);
	__atomic_store_n(&a->judged, false, __ATOMIC_RELAXED);
	a->flags |= DMV_ABI_A_UNVERIFIED | DMV_ABI_A_LET_GO;
	st32(&a->row->flags, a->flags);
}

static void spread(struct dmv *v, uint32_t driver, uint32_t options)
{
	for (uint32_t i = 0; i < v->cfg.rows[DMV_ABI_K_ADAPTER]; i++) {
		struct dmv_adapter *a = &v->adapter[i];

		if (!a->known || a->released || !a->judged || a->driver != driver ||
		    (a->flags & DMV_ABI_A_MASTER))
			continue;
		if (options & DMV_ABI_D_VERIFY)
			__atomic_store_n(&a->shadowed, (options & DMV_ABI_D_SHADOW) != 0,
					 __ATOMIC_RELAXED);
		else
			let_go(a);
	}
}

void dmv_faults_start(struct dmv_driver_book *d, const struct dmv_fault *f)
{
	struct dmv_abi_driver *row = d->row;

	for (uint32_t k = 0; k < DMV_FAULTS; k++)
		d->asked[k] = 0;
	d->left = f->times;
	d->fault.every = f->every;
	d->fault.after = f->after;
	d->fault.times = f->times;
	__atomic_store_n(&d->fault.kinds, f->kinds, __ATOMIC_RELAXED);
	st32(&row->fault_kinds, f->kinds);
	st32(&row->fault_every, f->every);
	st32(&row->fault_after, f->after);
	st32(&row->fault_times, f->times);
}

static bool same(const struct dmv *v, const struct dmv_driver_book *d,
		 const struct dmv_driver_options *o)
{
	return d->options == o->options && memcmp(&d->fault, &o->fault, sizeof(d->fault)) == 0 &&
	       d->quota == (o->hook_quota ? o->hook_quota : v->cfg.hook_quota);
}

void dmv_options_set(struct dmv_call *c, uint32_t driver, const struct dmv_driver_options *o)
{
	struct dmv *v = c->v;
	struct dmv_driver_book *d = &v->driver[driver];

	if (same(v, d, o))
		return;
	dmv_working_on(c, DMV_ABI_K_DRIVER, driver, d->row->gen);
	d->quota = o->hook_quota ? o->hook_quota : v->cfg.hook_quota;
	__atomic_store_n(&d->options, o->options, __ATOMIC_RELAXED);
	st32(&d->row->hook_quota, d->quota);
	st32(&d->row->options, d->options);
	if (memcmp(&d->fault, &o->fault, sizeof(d->fault)) != 0)
		dmv_faults_start(d, &o->fault);
	spread(v, driver, o->options);
	dmv_event(c, DMV_ABI_OP_CONTROL, NULL, &(struct dmv_event_args){
		.kind = DMV_ABI_K_DRIVER, .row = driver, .gen = d->row->gen,
		.size = o->options });
}

/* What was asked for through the control block comes first. */
static __attribute__((noinline)) void set_own(struct dmv_call *c, uint32_t driver,
					      const struct dmv_driver_options *o)
{
	struct dmv_driver_options wanted;

	c->v->driver[driver].own = *o;
	wanted = dmv_control_of(c->v, driver);
	dmv_options_set(c, driver, &wanted);
}

int dmv_driver_set(struct dmv *v, uint32_t driver, const struct dmv_driver_options *o,
		   uint64_t caller)
{
	struct dmv_call c;
	int result = DMV_BAD_CONFIG;

	dmv_enter(&c, v, caller, DMV_ABI_OP_CONTROL, NULL);
	if (loaded(v, driver) && dmv_options_known(o)) {
		set_own(&c, driver, o);
		result = DMV_OK;
	}
	dmv_leave(&c);
	return result;
}
