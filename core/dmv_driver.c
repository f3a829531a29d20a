/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Drivers and images: whose code asks, and what a driver left behind when it goes. */
#include "dmv_int.h"

/* One step of the search for what a driver, or everybody, left behind. */
static struct dmv_adapter *left_behind(struct dmv *v, uint32_t driver, uint32_t from)
{
	for (uint32_t i = from; i < v->cfg.rows[DMV_ABI_K_ADAPTER]; i++) {
		struct dmv_adapter *a = &v->adapter[i];

		if (a->known && !a->released && !(a->flags & DMV_ABI_A_MASTER) &&
		    (driver == DMV_ABI_NONE || a->driver == driver))
			return a;
	}
	return NULL;
}

/* One call an adapter, so that no report is lost and the lock is held for short. */
void dmv_report_left(struct dmv *v, uint32_t driver, uint64_t caller)
{
	struct dmv_adapter *a;

	for (uint32_t from = 0; (a = left_behind(v, driver, from)) != NULL; from = a->index + 1) {
		struct dmv_call c;
		const struct dmv_object obj = { DMV_ABI_K_ADAPTER, a->index, a->row->gen, a->owner,
						a->row->time };

		dmv_enter(&c, v, caller, DMV_ABI_OP_DRIVER_UNLOAD, a);
		dmv_raise(&c, DMV_V_ADAPTER_LEAK, a, &obj, NULL, (uintptr_t)a, a->owner_address,
			  (uintptr_t)a->row);
		dmv_leave(&c);
	}
}

static void set_string(struct dmv *v, struct dmv_abi_ref *to, const char *s)
{
	const uint32_t row = s ? dmv_string(v, s) : DMV_ABI_NONE;

	dmv_ref_set(to, row, row == DMV_ABI_NONE ? 0 : 1);
}

int dmv_image_add(struct dmv *v, const char *name, uint64_t base, uint64_t bytes,
		  const uint8_t *build_id, uint32_t build_id_n)
{
	struct dmv_abi_image *row;
	uint32_t index;

	if (build_id_n > sizeof(row->build_id))
		build_id_n = sizeof(row->build_id);
	v->port.lock(v->port.host);
	row = dmv_take(v, DMV_ABI_K_IMAGE, &index);
	if (row) {
		st64(&row->base, base);
		st64(&row->bytes, bytes);
		set_string(v, &row->name, name);
		st32(&row->build_id_n, build_id ? build_id_n : 0);
		if (build_id)
			dmv_store_bytes(row->build_id, build_id, build_id_n);
		dmv_live(v, DMV_ABI_K_IMAGE, row);
	}
	v->port.unlock(v->port.host);
	return row ? DMV_OK : DMV_NO_MEMORY;
}

/* No allocation of it has failed. */
static void write_counts(struct dmv_abi_driver *row)
{
	st32(&row->injected_registers, 0);
	st32(&row->injected_buffers, 0);
	st32(&row->injected_lists, 0);
}

static void write_options(struct dmv *v, struct dmv_driver_book *d, uint32_t index)
{
	const struct dmv_driver_options o = dmv_control_of(v, index);

	d->options = o.options;
	d->quota = o.hook_quota ? o.hook_quota : v->cfg.hook_quota;
	st32(&d->row->options, d->options);
	st32(&d->row->hook_quota, d->quota);
	dmv_faults_start(d, &o.fault);
}

int dmv_driver_load(struct dmv *v, const char *name, uint64_t base, uint64_t bytes,
		    uint32_t options, uint32_t hook_quota, uint32_t *ret)
{
	struct dmv_abi_driver *row;
	uint32_t index;

	v->port.lock(v->port.host);
	row = dmv_take(v, DMV_ABI_K_DRIVER, &index);
	if (row) {
		v->driver[index] = (struct dmv_driver_book){
			.row = row, .own = { .options = options, .hook_quota = hook_quota },
			.known = true };
		set_string(v, &row->name, name);
		write_options(v, &v->driver[index], index);
		write_counts(row);
		st32(&row->hooked, 0);
		st32(&row->adapters, 0);
		st64(&row->base, base);
		st64(&row->bytes, bytes);
		st64(&row->time, v->port.now ? v->port.now(v->port.host) : 0);
		st64(&row->unload_time, 0);
		dmv_live(v, DMV_ABI_K_DRIVER, row);
		*ret = index;
	}
	v->port.unlock(v->port.host);
	return row ? DMV_OK : DMV_NO_MEMORY;
}

void dmv_driver_unload(struct dmv *v, uint32_t driver, uint64_t caller)
{
	if (driver == 0 || driver >= v->cfg.rows[DMV_ABI_K_DRIVER] || !v->driver[driver].known)
		return;
	dmv_report_left(v, driver, caller);
	v->port.lock(v->port.host);
	st64(&v->driver[driver].row->unload_time, v->port.now ? v->port.now(v->port.host) : 0);
	v->driver[driver].known = false;
	for (uint32_t i = 0; i < v->cfg.rows[DMV_ABI_K_ADAPTER]; i++)
		if (v->adapter[i].known && v->adapter[i].driver == driver)
			v->adapter[i].cancelled = true; /* the routines are gone with the driver */
	/* Adapters it left still refer to this book: the last of them gives it back. */
	if (v->driver[driver].adapters)
		dmv_row_history(v, DMV_ABI_K_DRIVER, v->driver[driver].row);
	else
		dmv_retire(v, DMV_ABI_K_DRIVER, driver, v->driver[driver].row);
	v->port.unlock(v->port.host);
}
