/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Starting and ending a verifier, and its switches. */
#include "dmv_int.h"

/* ---- start and end ---- */

static bool power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

static bool usable(const struct dmv_port *port, const struct dmv_config *c)
{
	if (!port->lock || !port->unlock || !port->violation ||
	    !port->pages_alloc || !port->pages_free)
		return false;
	if (c->cpus == 0 || c->cpus > 65536 || c->stack_depth == 0 || c->stack_depth > 32)
		return false;
	if (!power_of_two(c->page_bytes) || c->page_bytes < 4096 || c->string_bytes % 8)
		return false;
	if (c->rows[DMV_ABI_K_EVENT] && !power_of_two(c->rows[DMV_ABI_K_EVENT]))
		return false;
	if (!c->rows[DMV_ABI_K_ADAPTER] || !c->rows[DMV_ABI_K_DRIVER])
		return false;           /* the master adapter and the nameless driver */
	for (uint32_t i = 0; i < c->segments; i++)
		if (!c->segment[i].va || c->segment[i].bytes % DMV_ABI_PAGE ||
		    (uintptr_t)c->segment[i].va % DMV_ABI_PAGE)
			return false;
	if (c->control && (!c->control->va || (uintptr_t)c->control->va % 8 ||
			   c->control->bytes % 8 || c->control->bytes < DMV_ABI_PAGE ||
			   c->control->bytes > UINT32_MAX))
		return false;
	/* the header and the first directory page stand in segment 0 */
	return c->segments && c->segment[0].bytes >= 2 * DMV_ABI_PAGE &&
	       c->books && c->books_bytes >= dmv_books_bytes(c);
}

/* What the tables hold from the start: CPUs, the nameless driver, the master adapter. */
static int first_rows(struct dmv *v)
{
	const struct dmv_config *c = &v->cfg;
	struct dmv_adapter *master;
	uint32_t nameless;
	int err;

	for (uint32_t i = 0; i < c->rows[DMV_ABI_K_REGISTER]; i++)
		v->reg[i].row = dmv_row(&v->tab[DMV_ABI_K_REGISTER], i);
	for (uint32_t i = 0; i < c->cpus; i++)
		((struct row_head *)dmv_row(&v->tab[DMV_ABI_K_CPU], i))->state = DMV_ABI_LIVE;
	err = dmv_driver_load(v, NULL, 0, 0, DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW, 0, &nameless);
	return err ? err : dmv_adapter_new(v, NULL, 0, &master);
}

int dmv_init(const struct dmv_port *port, const struct dmv_config *cfg, struct dmv **ret)
{
	struct dmv *v = cfg->books;
	int err;

	if (!usable(port, cfg))
		return DMV_BAD_CONFIG;
	memset(cfg->books, 0, cfg->books_bytes);
	for (uint32_t i = 0; i < cfg->segments; i++)
		memset(cfg->segment[i].va, 0, cfg->segment[i].bytes);
	v->port = *port;
	v->cfg = *cfg;
	v->page = cfg->page_bytes;
	v->page_shift = dmv_log2_above(cfg->page_bytes);
	v->mode = cfg->mode;
	v->flags = cfg->flags;
	v->header = cfg->segment[0].va;
	dmv_books_start(v);
	err = dmv_region_lay(v);
	if (err)
		return err;
	dmv_cpus_start(v);
	dmv_header_write(v);
	dmv_control_start(v);
	err = first_rows(v);
	if (err)
		return err;
	dmv_header_open(v->header);
	*ret = v;
	return DMV_OK;
}

void dmv_fini(struct dmv *v)
{
	uint32_t end;

	dmv_iommu_report(v);
	dmv_report_left(v, DMV_ABI_NONE, (uintptr_t)__builtin_return_address(0));
	memcpy(&end, &DMV_ABI_TOMBSTONE[4], sizeof(end));
	v->port.lock(v->port.host);
	publish((uint32_t *)(void *)&v->header->magic[4], end);
	v->port.unlock(v->port.host);
}

struct dmv_abi_header *dmv_header(struct dmv *v)
{
	return v->header;
}

/* ---- switches ---- */

void dmv_set_mode(struct dmv *v, enum dmv_abi_mode mode)
{
	v->port.lock(v->port.host);
	v->mode = mode;
	st32(&v->header->mode, mode);
	v->port.unlock(v->port.host);
}

void dmv_set_flags(struct dmv *v, uint32_t flags)
{
	v->port.lock(v->port.host);
	v->flags = (flags & ~DMV_ABI_F_BUS) | (v->flags & DMV_ABI_F_BUS);
	st32(&v->header->flags, v->flags);
	v->port.unlock(v->port.host);
}

void dmv_set_stale(struct dmv *v, uint64_t ticks)
{
	v->port.lock(v->port.host);
	v->stale = ticks;
	v->port.unlock(v->port.host);
}

void dmv_rule_mode(struct dmv *v, enum dmv_rule rule, enum dmv_abi_rule_mode mode)
{
	const uint32_t word = (uint32_t)rule / 16, at = (uint32_t)rule % 16 * 2;

	v->port.lock(v->port.host);
	v->rule_modes[word] &= ~(UINT32_C(3) << at);
	v->rule_modes[word] |= (uint32_t)mode << at;
	st32(&v->header->rule_modes[word], v->rule_modes[word]);
	v->port.unlock(v->port.host);
}

void dmv_rule_set(struct dmv *v, enum dmv_rule rule, bool on)
{
	const uint32_t word = (uint32_t)rule / 32, bit = UINT32_C(1) << (rule % 32);

	v->port.lock(v->port.host);
	v->rules_off[word] = on ? v->rules_off[word] & ~bit : v->rules_off[word] | bit;
	st32(&v->header->rules_off[word], v->rules_off[word]);
	v->port.unlock(v->port.host);
}
