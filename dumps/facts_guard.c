/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * An area of the dump that must hold a pattern: fill bytes or a tag. Bytes that are not there are
 * counted, never taken for equal or different.
 */
#include "facts_verify_int.h"

#define PAGE 4096u                      /* step in which unreadable bytes are told */

static bool read_in(struct dmv_check *c, enum dmv_space s, struct dmv_where w, void *buf, size_t n)
{
	uint64_t addr = s == DMV_PHYS ? w.phys : w.virt;

	if (addr == DMV_NO_ADDR || !dmv_mem_has(c->m, s) || (s == DMV_PHYS && c->g->bus_only))
		return false;
	return !dmv_mem_read(c->m, s, addr, buf, n, NULL);
}

bool dmv_verify_read(struct dmv_check *c, struct dmv_where w, void *buf, size_t n)
{
	const enum dmv_space own = c->g->space, other = own == DMV_PHYS ? DMV_VIRT : DMV_PHYS;

	return read_in(c, own, w, buf, n) || (c->g->both && read_in(c, other, w, buf, n));
}

bool dmv_verify_spend(struct dmv_check *c, uint64_t n)
{
	c->spent |= n > c->budget;
	if (!c->spent)
		c->budget -= n;
	return !c->spent;
}

/* ---- an area that must hold a pattern ---- */

static void keep_damage(struct dmv_damage *d, struct dmv_where w, const uint8_t *p, size_t n,
			size_t i, uint32_t expected)
{
	if (!d->any) {
		d->any = true;
		d->addr = dmv_plus(w, i);
		d->expected = expected;
		d->n = (uint32_t)(n - i < sizeof(d->bytes) ? n - i : sizeof(d->bytes));
		memcpy(d->bytes, p + i, d->n);
	}
	if (d->bad != UINT32_MAX)
		d->bad++;
}

static void compare_fill(struct dmv_damage *d, struct dmv_where w, const uint8_t *p, size_t n,
			 uint8_t fill)
{
	if (p[0] == fill && (n == 1 || !memcmp(p, p + 1, n - 1)))
		return;
	for (size_t i = 0; i < n; i++)
		if (p[i] != fill)
			keep_damage(d, w, p, n, i, fill);
}

static void lose(struct dmv_damage *d, struct dmv_where w)
{
	if (!d->lost)
		d->lost_at = dmv_where_name(w);
	d->lost = true;
}

/* Page by page where a larger piece cannot be read. */
static void check_piece(struct dmv_check *c, struct dmv_damage *d, struct dmv_where w, size_t n)
{
	size_t part;

	if (dmv_verify_read(c, w, c->buf, n)) {
		compare_fill(d, w, c->buf, n, c->g->guard_fill);
		return;
	}
	for (size_t i = 0; i < n; i += part) {
		part = PAGE - (size_t)((dmv_where_name(w) + i) & (PAGE - 1));
		part = part < n - i ? part : n - i;
		if (dmv_verify_read(c, dmv_plus(w, i), c->buf, part))
			compare_fill(d, dmv_plus(w, i), c->buf, part, c->g->guard_fill);
		else
			lose(d, dmv_plus(w, i));
	}
}

void dmv_verify_fill(struct dmv_check *c, struct dmv_damage *d, struct dmv_where w, uint64_t n)
{
	if (n && !dmv_verify_spend(c, n)) {
		lose(d, w);
		return;
	}
	for (uint64_t i = 0; i < n; i += DMV_PIECE)
		check_piece(c, d, dmv_plus(w, i), (size_t)(n - i < DMV_PIECE ? n - i : DMV_PIECE));
}

void dmv_verify_tag(struct dmv_check *c, struct dmv_damage *d, struct dmv_where w)
{
	uint8_t found[8];

	if (!dmv_verify_spend(c, 8) || !dmv_verify_read(c, w, found, sizeof(found))) {
		lose(d, w);
		return;
	}
	for (size_t i = 0; i < sizeof(found); i++)
		if (found[i] != (uint8_t)c->g->tag[i])
			keep_damage(d, w, found, sizeof(found), i, UINT32_MAX);
}

struct dmv_guard_fact *dmv_verify_guard(struct dmv_check *c, const struct dmv_damage *d,
				   enum dmv_guard_what what)
{
	struct dmv_guard_fact *x;

	if (d->lost) {
		if (!c->f->guards_unreadable++)
			c->lost_guard_at = d->lost_at;
	} else {
		c->f->guards_checked++;
	}
	if (!d->any)
		return NULL;
	x = DMV_PUSH(c->f->guard, c->f->nguard);
	if (!x) {
		c->spent = true;
		return NULL;
	}
	x->region = (uint32_t)(c->g - c->f->region);
	x->what = what;
	x->addr = dmv_where_name(d->addr);
	x->bad = d->bad;
	x->expected = d->expected;
	x->n = d->n;
	memcpy(x->bytes, d->bytes, d->n);
	return x;
}
