/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* region: where the facts came from. */
#include "cmd.h"

#include <stdio.h>
#include <string.h>

#include "rules.h"
#include "words.h"

struct region {
	uint32_t region, page_bytes, address_bits, ncpu, segments, extents, violations,
		shadow_short;
	uint64_t id, virt, phys, bytes, pid, tick_hz, uptime, control, scan_pages, scans;
	uint32_t scan_rounds, injected;
	const char *how, *space, *trust, *abi, *writer, *version, *release, *machine, *order,
		*build_id;
	const char *boot_id, *started, *mode, *flags, *rules_off, *rule_modes, *tag, *fill, *ended;
	bool authentic, off;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct region, region, "", DMV_S_U32, "index"),
	DMV_COL(struct region, id, "", DMV_S_WORD, "unique per writer"),
	DMV_COL(struct region, virt, "", DMV_S_ADDR, "virtual address of the header"),
	DMV_COL(struct region, phys, "", DMV_S_ADDR, "physical address of the header"),
	DMV_COL(struct region, space, "", DMV_S_STR, "how it was read"),
	DMV_COL(struct region, how, "", DMV_S_STR, "how it was found"),
	DMV_COL(struct region, authentic, "", DMV_S_BOOL, "something vouches for it"),
	DMV_COL(struct region, trust, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct region, abi, "", DMV_S_STR, "version of the layout"),
	DMV_COL(struct region, writer, "", DMV_S_STR, "what embeds the verifier"),
	DMV_COL(struct region, version, "", DMV_S_STR, "its version"),
	DMV_COL(struct region, build_id, "", DMV_S_STR, "its build-id"),
	DMV_COL(struct region, release, "", DMV_S_STR, "release of its host"),
	DMV_COL(struct region, boot_id, "", DMV_S_STR, "boot it belongs to"),
	DMV_COL(struct region, pid, "", DMV_S_U64, "its process"),
	DMV_COL(struct region, machine, "", DMV_S_STR, "processor"),
	DMV_COL(struct region, address_bits, "", DMV_S_U32, "width of its addresses"),
	DMV_COL(struct region, order, "", DMV_S_STR, "byte order"),
	DMV_COL(struct region, page_bytes, "", DMV_S_U32, "its page size"),
	DMV_COL(struct region, ncpu, "", DMV_S_U32, "CPUs"),
	DMV_COL(struct region, bytes, "", DMV_S_SIZE, "of all segments"),
	DMV_COL(struct region, segments, "", DMV_S_U32, "segments"),
	DMV_COL(struct region, extents, "", DMV_S_U32, "extents"),
	DMV_COL(struct region, started, "", DMV_S_STR, "when it started"),
	DMV_COL(struct region, uptime, "", DMV_S_AGE, "from its start to its last operation"),
	DMV_COL(struct region, tick_hz, "", DMV_S_U64, "ticks a second"),
	DMV_COL(struct region, mode, "", DMV_S_STR, "what a violation leads to"),
	DMV_COL(struct region, off, "", DMV_S_BOOL, "verification is switched off"),
	DMV_COL(struct region, flags, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct region, rules_off, "", DMV_S_STR, "rules that are switched off"),
	DMV_COL(struct region, rule_modes, "", DMV_S_STR, "rules that lead to something else"),
	DMV_COL(struct region, control, "", DMV_S_ADDR, "virtual address of the control block"),
	DMV_COL(struct region, scan_rounds, "", DMV_S_U32, "times the periodic scan came round"),
	DMV_COL(struct region, scan_pages, "", DMV_S_U64, "pages it has looked at"),
	DMV_COL(struct region, scans, NULL, DMV_S_MARK, ""),
	DMV_COL(struct region, injected, "", DMV_S_U32, "allocations that were made to fail"),
	DMV_COL(struct region, tag, "", DMV_S_STR, "tag around common buffers"),
	DMV_COL(struct region, fill, "", DMV_S_STR, "fill of guards"),
	DMV_COL(struct region, violations, "", DMV_S_U32, "raised so far"),
	DMV_COL(struct region, shadow_short, "", DMV_S_U32, "map registers without a shadow page"),
	DMV_COL(struct region, ended, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table table = {
	"regions", cols,
	"Region {region}: id {id}, layout {abi}{ended}\n"
	"  Header:   virtual {virt|unknown}, physical {phys|unknown}, read as {space}\n"
	"  Found by: {how}{trust}\n"
	"  Writer:   {writer|unknown} {version}\n"
	"?build_id|  Build-id: {build_id}\n"
	"?release|  Host:     {release}\n"
	"?boot_id|  Boot:     {boot_id}\n"
	"?pid|  Process:  {pid}\n"
	"  Machine:  {machine|unknown}, {address_bits} bits, {order}, pages of {page_bytes}, "
	"CPUs: {ncpu}\n"
	"  Size:     {bytes} bytes, segments: {segments}, extents: {extents}\n"
	"?started|  Started:  {started}\n"
	"?uptime|  Ran for:  {uptime}\n"
	"  Mode:     {mode}{flags}\n"
	"?rules_off|  Off:      {rules_off}\n"
	"?rule_modes|  Rules:    {rule_modes}\n"
	"?control|  Control:  {control}\n"
	"?scans|  Scan:     {scan_rounds} rounds, {scan_pages} pages\n"
	"  Guards:   tag \"{tag}\", fill {fill}\n"
};

struct count {
	uint32_t region, rows, live, not_booked;
	const char *kind;
};

static const struct dmv_col count_cols[] = {
	DMV_COL(struct count, region, "REGION", DMV_S_REGION, "index of the region"),
	DMV_COL(struct count, kind, "TABLE", DMV_S_STR, "kind of its rows"),
	DMV_COL(struct count, rows, "ROWS", DMV_S_U32, "room"),
	DMV_COL(struct count, live, "LIVE", DMV_S_U32, "live by the writer's own count"),
	DMV_COL(struct count, not_booked, "NOT BOOKED", DMV_S_U32, "objects that found no row"),
	{ 0 }
};

static const struct dmv_table count_table = { "rows", count_cols, NULL };

struct driver {
	uint32_t region, hooked, quota, adapters, injected;
	const char *name, *state, *verified, *faults;
	uint64_t base, bytes;
};

static const struct dmv_col driver_cols[] = {
	DMV_COL(struct driver, region, "REGION", DMV_S_REGION, "index of the region"),
	DMV_COL(struct driver, name, "DRIVER", DMV_S_STR, "name"),
	DMV_COL(struct driver, state, "STATE", DMV_S_STR, "live, gone"),
	DMV_COL(struct driver, verified, "OPTIONS", DMV_S_STR, "what is verified"),
	DMV_COL(struct driver, adapters, "ADAPTERS", DMV_S_U32, "live adapters"),
	DMV_COL(struct driver, hooked, "HOOKED", DMV_S_U32, "map registers double-buffered now"),
	DMV_COL(struct driver, quota, "QUOTA", DMV_S_U32, "most that may be"),
	DMV_COL(struct driver, base, "BASE", DMV_S_ADDR, "of its image"),
	DMV_COL(struct driver, bytes, "SIZE", DMV_S_SIZE, "of its image"),
	DMV_COL(struct driver, injected, NULL, DMV_S_U32, "allocations that were made to fail"),
	DMV_COL(struct driver, faults, NULL, DMV_S_STR, "which are made to fail"),
	{ 0 }
};

static const struct dmv_table driver_table = { "drivers", driver_cols, NULL };

struct busy {
	uint32_t region, cpu;
	const char *op, *object_kind;
	uint64_t adapter, object, age;
};

static const struct dmv_col busy_cols[] = {
	DMV_COL(struct busy, region, "REGION", DMV_S_REGION, "index of the region"),
	DMV_COL(struct busy, cpu, "CPU", DMV_S_U32, "CPU"),
	DMV_COL(struct busy, op, "IN THE MIDDLE OF", DMV_S_STR, "operation in progress"),
	DMV_COL(struct busy, adapter, "ADAPTER", DMV_S_ADDR, "adapter"),
	DMV_COL(struct busy, object_kind, "KIND", DMV_S_STR, "kind of the object"),
	DMV_COL(struct busy, object, "OBJECT", DMV_S_ADDR, "its handle"),
	DMV_COL(struct busy, age, "SINCE", DMV_S_AGE, "nanoseconds"),
	{ 0 }
};

static const struct dmv_table busy_table = { "cpus", busy_cols, NULL };

static const char *how_word(enum dmv_how how)
{
	static const char *const words[] = { "unknown", "the address given",
					     "symbol dmv_region_anchor", "vmcoreinfo", "scan" };

	return (unsigned)how < 5 ? words[how] : words[0];
}

static const char *rules_off(const struct dmv_region_fact *x, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = 0;
	for (uint32_t id = 1; id < 128; id++) {
		const struct dmv_rule_text *r = dmv_rule_by_id(id);

		if (!(x->rules_off[id / 32] >> id % 32 & 1) || at >= size)
			continue;
		if (r)
			at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? ", " : "",
					       r->name);
		else
			at += (size_t)snprintf(buf + at, size - at, "%srule %u", at ? ", " : "",
					       id);
	}
	return buf;
}

/* What single rules lead to. */
static const char *rule_modes(const struct dmv_region_fact *x, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = 0;
	for (uint32_t id = 1; id < 128; id++) {
		const struct dmv_rule_text *r = dmv_rule_by_id(id);
		const uint32_t mode = x->rule_modes[id / 16] >> id % 16 * 2 & 3;
		char number[16];

		if (!mode || at >= size)
			continue;
		snprintf(number, sizeof(number), "rule %u", id);
		at += (size_t)snprintf(buf + at, size - at, "%s%s %s", at ? ", " : "",
				       r ? r->name : number, dmv_mode_word(mode - 1));
	}
	return buf;
}

static bool say_region(struct dmv_ses *s, uint32_t i)
{
	const struct dmv_facts *f = &s->facts;
	const struct dmv_region_fact *x = &f->region[i];
	char abi[16], started[40], fill[4], off[512], modes[512];
	struct region d = {
		.region = i,
		.page_bytes = x->page_bytes,
		.address_bits = x->address_bits,
		.ncpu = x->ncpu,
		.segments = x->segments,
		.extents = x->extents,
		.violations = x->violations,
		.shadow_short = x->shadow_short,
		.id = x->id,
		.virt = x->virt,
		.phys = x->phys,
		.bytes = x->bytes,
		.pid = x->pid ? x->pid : UINT64_MAX,
		.tick_hz = x->tick_hz ? x->tick_hz : UINT64_MAX,
		.uptime = x->last_ticks > x->start_ticks
				  ? dmv_ticks_ns(f, i, x->last_ticks - x->start_ticks)
				  : UINT64_MAX,
		.how = how_word(x->how),
		.space = dmv_space_name(x->space),
		.trust = x->authentic ? "" : " (nothing vouches for it)",
		.abi = abi,
		.writer = x->writer,
		.version = x->version,
		.release = x->release,
		.machine = dmv_machine_word(x->machine),
		.order = x->big_endian ? "big-endian" : "little-endian",
		.build_id = x->build_id,
		.boot_id = strspn(x->boot_id, "0") == strlen(x->boot_id) ? NULL : x->boot_id,
		.started = dmv_date_text(x->start_unix_ns / 1000000000, started, sizeof(started)),
		.mode = dmv_mode_word(x->mode),
		.flags = x->off ? ", verification is off" : x->strict ? ", strict" : "",
		.rules_off = rules_off(x, off, sizeof(off)),
		.rule_modes = rule_modes(x, modes, sizeof(modes)),
		.control = x->control_virt,
		.scan_rounds = x->scan_rounds,
		.scan_pages = x->scan_pages,
		.scans = x->scan_pages || x->scan_rounds ? 1 : UINT64_MAX,
		.injected = x->injected,
		.tag = x->tag,
		.fill = fill,
		.ended = dmv_end_word(x),
		.authentic = x->authentic,
		.off = x->off,
	};

	snprintf(abi, sizeof(abi), "%u.%u", x->major, x->minor);
	snprintf(fill, sizeof(fill), "%02x", x->guard_fill);
	dmv_out_gap(s->out);
	return dmv_out_row(s->out, &table, &d);
}

static bool say_counts(struct dmv_ses *s, uint32_t i)
{
	const struct dmv_region_fact *x = &s->facts.region[i];

	for (uint32_t k = 1; k < DMV_K_COUNT; k++) {
		struct count c = { i, x->rows[k], x->live[k], x->not_booked[k], dmv_kind_word(k) };

		if ((c.rows || c.not_booked) && !dmv_out_row(s->out, &count_table, &c))
			return false;
	}
	return true;
}

static const char *options_text(uint32_t options, char *buf, size_t size)
{
	static const char *const words[] = { "none", "books", "shadow only", "books, shadow" };

	snprintf(buf, size, "%s%s%s", words[options & 3], options & 4 ? ", no guards" : "",
		 options & 8 ? ", strict" : "");
	return buf;
}

/* NULL: none are. */
static const char *faults_text(const struct dmv_driver *x, char *buf, size_t size)
{
	if (!x->fault_kinds)
		return NULL;
	snprintf(buf, size, "%s%s%s: every %u after %u, times %u",
		 x->fault_kinds & 1 ? "channels " : "", x->fault_kinds & 2 ? "buffers " : "",
		 x->fault_kinds & 4 ? "lists" : "", x->fault_every, x->fault_after,
		 x->fault_times);
	return buf;
}

static bool say_drivers(struct dmv_ses *s)
{
	char options[48], faults[96];

	for (size_t i = 0; i < s->facts.ndriver; i++) {
		const struct dmv_driver *x = &s->facts.driver[i];
		struct driver d = { x->region,
				    x->hooked,
				    x->hook_quota,
				    x->adapters,
				    x->injected_registers + x->injected_buffers +
					    x->injected_lists,
				    x->name,
				    dmv_life_word(x->life),
				    options_text(x->options, options, sizeof(options)),
				    faults_text(x, faults, sizeof(faults)),
				    x->base ? x->base : DMV_NO_ADDR,
				    x->bytes ? x->bytes : UINT64_MAX };

		if (!dmv_out_row(s->out, &driver_table, &d))
			return false;
	}
	return true;
}

static bool say_busy(struct dmv_ses *s)
{
	const struct dmv_facts *f = &s->facts;

	for (size_t i = 0; i < f->ncpu; i++) {
		const struct dmv_cpu_fact *c = &f->cpu[i];
		struct busy d = { c->region, c->cpu, dmv_op_word(c->op),
				  c->object_kind ? dmv_kind_word(c->object_kind) : NULL,
				  dmv_adapter_handle(f, c->adapter),
				  dmv_object_addr(f, c->object_kind, c->object),
				  dmv_age(f, c->region, c->time) };

		if (c->op && !dmv_out_row(s->out, &busy_table, &d))
			return false;
	}
	return true;
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	(void)av;
	dmv_out_table(s->out, &table);
	dmv_out_table(s->out, &count_table);
	dmv_out_table(s->out, &driver_table);
	dmv_out_table(s->out, &busy_table);
	for (uint32_t i = 0; i < s->facts.nregion; i++)
		if (!say_region(s, i))
			return DMV_E_STOPPED;
	for (uint32_t i = 0; i < s->facts.nregion; i++)
		if (!say_counts(s, i))
			return DMV_E_STOPPED;
	return say_drivers(s) && say_busy(s) ? DMV_E_OK : DMV_E_STOPPED;
}

const struct dmv_cmd dmv_cmd_region = {
	.name = "region",
	.summary = "the verifier's region: where, whose, how full",
	.help = "Every region that was found in the target: how it was found and whether\n"
		"anything vouches for it, who wrote it, its tables and how full they are, the\n"
		"drivers it verifies, and what each CPU was in the middle of.",
	.examples = "region  all regions",
	.next = "target, summary",
	.needs_facts = true,
	.needs_region = true,
	.topics = DMV_TOPIC_ALL & ~DMV_TOPIC_VERIFY,
	.run = run,
};
