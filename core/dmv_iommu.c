/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What the IOMMU refused. Its fault may come at any moment, in the middle of a call that holds the
 * lock, too: so it is kept where no lock is needed, and said later.
 */
#include "dmv_int.h"

enum { FREE = 0, FILLING = 1, FULL = 2 };

bool dmv_iommu_fault(struct dmv *v, const struct dmv_iommu_fault *f)
{
	for (uint32_t i = 0; i < DMV_IOMMU_FAULTS; i++) {
		struct dmv_iommu_slot *slot = &v->iommu[i];
		uint32_t was = FREE;

		if (!__atomic_compare_exchange_n(&slot->state, &was, FILLING, false,
						 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			continue;
		slot->fault = *f;
		slot->ticket = __atomic_fetch_add(&v->iommu_ticket, 1, __ATOMIC_RELAXED);
		publish(&slot->state, FULL);
		return true;
	}
	__atomic_fetch_add(&v->iommu_lost, 1, __ATOMIC_RELAXED);
	return false;
}

/* The oldest that is kept whole; NULL: none. */
static struct dmv_iommu_slot *oldest(struct dmv *v)
{
	struct dmv_iommu_slot *found = NULL;

	for (uint32_t i = 0; i < DMV_IOMMU_FAULTS; i++) {
		struct dmv_iommu_slot *slot = &v->iommu[i];

		if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) != FULL)
			continue;
		if (!found || (int32_t)(slot->ticket - found->ticket) < 0)
			found = slot;
	}
	return found;
}

/* ---- whose it was ---- */

/* How near a piece of memory is to an address, of which hardware may tell the page only. */
enum near { FAR = 0, BEFORE = 1, SAME_PAGE = 2, THERE = 3 };

struct match {
	struct dmv_object object;
	enum near near;
	bool live;
	uint64_t time;                  /* of what happened to it last */
};

static bool better(const struct match *a, const struct match *b)
{
	if (a->near != b->near)
		return a->near > b->near;
	if (a->live != b->live)
		return a->live;
	return a->time >= b->time;
}

/* BEFORE: it ends less than a page before the page, as if the device had gone on too far. */
static enum near nearness(const struct dmv *v, uint64_t bus, uint64_t bytes, uint64_t address)
{
	const uint64_t page = address & ~(uint64_t)(v->page - 1), end = bus + bytes;

	if (address - bus < bytes)
		return THERE;
	if (bus < page + v->page && end > page)
		return SAME_PAGE;
	return page >= end && page - end < v->page ? BEFORE : FAR;
}

static void consider(const struct dmv *v, struct match *best, struct match m, uint64_t bus,
		     uint64_t bytes, uint64_t address)
{
	m.near = nearness(v, bus, bytes, address);
	if (m.near != FAR && better(&m, best))
		*best = m;
}

static bool is_of(const struct dmv_abi_ref *ref, const struct dmv_adapter *a)
{
	return ref->row == a->index && ref->gen == a->gen;
}

static bool was_used(const struct row_head *row)
{
	return row->state == DMV_ABI_LIVE || row->state == DMV_ABI_HISTORY;
}

static void among_buffers(const struct dmv *v, const struct dmv_adapter *a, uint64_t address,
			  struct match *best)
{
	for (uint32_t i = 0; i < v->cfg.rows[DMV_ABI_K_BUFFER]; i++) {
		const struct dmv_abi_buffer *row = dmv_row(&v->tab[DMV_ABI_K_BUFFER], i);
		const bool live = row->state == DMV_ABI_LIVE;
		const uint64_t time = live ? row->time : row->freed_time;
		const struct dmv_object o = { DMV_ABI_K_BUFFER, i, row->gen,
					      live ? row->owner : row->releaser, time };

		if (was_used((const struct row_head *)row) && is_of(&row->adapter, a))
			consider(v, best, (struct match){ .object = o, .live = live, .time = time },
				 row->bus, row->bytes, address);
	}
}

/* Who freed the registers of a file that is gone; who mapped the register, if it is not. */
static void among_registers(const struct dmv *v, const struct dmv_adapter *a, uint64_t address,
			    struct match *best)
{
	for (uint32_t i = 0; i < v->cfg.rows[DMV_ABI_K_REGISTER]; i++) {
		const struct dmv_abi_register *row = dmv_row(&v->tab[DMV_ABI_K_REGISTER], i);
		const struct dmv_abi_file *file;
		struct dmv_object o = { DMV_ABI_K_REGISTER, i, row->gen, row->owner, row->time };

		if (!was_used((const struct row_head *)row) ||
		    row->file.row >= v->cfg.rows[DMV_ABI_K_FILE])
			continue;
		file = dmv_row(&v->tab[DMV_ABI_K_FILE], row->file.row);
		if (file->gen != row->file.gen || !is_of(&file->adapter, a))
			continue;
		if (file->state == DMV_ABI_HISTORY) {
			o.prior_site = file->releaser;
			o.prior_time = file->freed_time;
		}
		consider(v, best, (struct match){ .object = o, .time = o.prior_time,
						  .live = row->state == DMV_ABI_LIVE },
			 row->bus, row->bytes, address);
	}
}

/* Of a device with several adapters, the one that had something there. */
static struct dmv_adapter *adapter_of(const struct dmv *v, const struct dmv_iommu_fault *f,
				      struct match *best)
{
	struct dmv_adapter *found = NULL;

	for (uint32_t i = 0; f->device && i < v->cfg.rows[DMV_ABI_K_ADAPTER]; i++) {
		struct dmv_adapter *a = &v->adapter[i];
		struct match m = { .near = FAR };

		if (!a->known || a->row->device != f->device)
			continue;
		among_buffers(v, a, f->address, &m);
		among_registers(v, a, f->address, &m);
		if (!found || (m.near != FAR && better(&m, best)) ||
		    (best->near == FAR && found->released && !a->released)) {
			found = a;
			*best = m;
		}
	}
	return found;
}

/* The hardware found it, not the verifier: a driver that is not verified is told of, too. */
static void raise(struct dmv_call *c, const struct dmv_iommu_fault *f)
{
	struct match best = { .near = FAR };
	struct dmv_adapter *a = adapter_of(c->v, f, &best);
	const struct dmv_object *o = best.near == FAR ? NULL : &best.object;

	dmv_raise(c, DMV_V_IOMMU_FAULT, a && a->judged ? a : NULL, o, NULL, f->device, f->address,
		  f->reason);
}

/* As many as there is room for: a device that never stops must not keep a CPU here. */
void dmv_iommu_report(struct dmv *v)
{
	for (uint32_t i = 0; i < DMV_IOMMU_FAULTS && oldest(v); i++) {
		struct dmv_call c;
		struct dmv_iommu_slot *slot;
		uint32_t lost;

		dmv_enter(&c, v, 0, DMV_ABI_OP_VIOLATION, NULL);
		slot = oldest(v);       /* another CPU may have been faster */
		lost = __atomic_exchange_n(&v->iommu_lost, 0, __ATOMIC_RELAXED);
		if (lost)
			st32(&v->header->not_booked[DMV_ABI_K_VIOLATION],
			     v->header->not_booked[DMV_ABI_K_VIOLATION] + lost);
		if (slot) {
			const struct dmv_iommu_fault f = slot->fault;

			publish(&slot->state, FREE);
			raise(&c, &f);
		}
		dmv_leave(&c);
	}
}
