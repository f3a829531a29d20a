/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The public face of the library: a host's callbacks become a memory and names as the commands know
 * them, a line of the host's becomes a line of theirs. What it opens files with stays outside: a
 * debugger has its dump open already, and its own copies of the libraries that it takes to do so.
 */
#include "dma-inspect.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "line.h"
#include "mem_host.h"
#include "mem_mtree.h"
#include "version.h"

_Static_assert((int)DMA_INSPECT_VIRTUAL == (int)DMV_VIRT, "spaces have the same numbers");
_Static_assert((int)DMA_INSPECT_PHYSICAL == (int)DMV_PHYS, "spaces have the same numbers");

enum {
	HOST_FLAGS = 2 * DMA_INSPECT_NAMES_LAST - 1,
	/* What the first header had of struct dma_inspect_host. */
	HOST_LEAST = offsetof(struct dma_inspect_host, progress),
	VMCOREINFO_MOST = 64 << 10,
};

struct told {
	int space, surely;
	uint64_t start, end;
};

struct dma_inspect {
	struct dma_inspect_host host;   /* its strings are ours */
	struct dmv_ses ses;
	struct dmv_mem *mem;            /* NULL: not opened yet, or forgotten */
	struct dmv_progress progress;
	struct told *told;
	size_t ntold;
	char *vmcoreinfo;               /* as it was handed over; NULL: it was not */
	size_t nvmcoreinfo;
	bool stop;
};

const char *dma_inspect_version(void)
{
	return DMV_INSPECT_VERSION;
}

/* ---- callbacks ---- */

static size_t host_read(void *ctx, enum dmv_space s, uint64_t addr, void *buf, size_t n)
{
	const struct dma_inspect_host *h = &((struct dma_inspect *)ctx)->host;

	return h->read(h->ctx, (int)s, addr, buf, n);
}

static bool host_write(void *ctx, const char *text, size_t n)
{
	const struct dma_inspect_host *h = &((struct dma_inspect *)ctx)->host;

	return !h->write(h->ctx, text, n);
}

static bool ask(struct dma_inspect *d, struct dma_inspect_question *q)
{
	q->size = sizeof(*q);
	if (!d->host.ask || !d->host.ask(d->host.ctx, q))
		return false;
	q->module[sizeof(q->module) - 1] = 0;
	q->function[sizeof(q->function) - 1] = 0;
	q->line[sizeof(q->line) - 1] = 0;
	return true;
}

static void host_progress(void *ctx, const struct dmv_step *s)
{
	const struct dma_inspect_host *h = &((struct dma_inspect *)ctx)->host;

	h->progress(h->ctx, s->what, s->bytes, s->done, s->total);
}

static bool ask_place(void *ctx, uint64_t addr, struct dmv_place *ret)
{
	struct dma_inspect_question q = { .what = DMA_INSPECT_PLACE, .addr = addr };

	if (!ask(ctx, &q) || (!q.module[0] && !q.function[0]))
		return false;
	*ret = (struct dmv_place){ .offset = q.value };
	snprintf(ret->module, sizeof(ret->module), "%s", q.module);
	snprintf(ret->function, sizeof(ret->function), "%s", q.function);
	return true;
}

static bool ask_symbol(void *ctx, const char *name, uint64_t *ret)
{
	struct dma_inspect_question q = { .what = DMA_INSPECT_SYMBOL, .name = name };

	if (!ask(ctx, &q))
		return false;
	*ret = q.value;
	return true;
}

static bool ask_line(void *ctx, uint64_t addr, char *buf, size_t size)
{
	struct dma_inspect_question q = { .what = DMA_INSPECT_LINE, .addr = addr };

	if (!ask(ctx, &q) || !q.line[0])
		return false;
	snprintf(buf, size, "%s", q.line);
	return true;
}

static bool ask_member(void *ctx, const char *type, const char *path, struct dmv_member *ret)
{
	struct dma_inspect_question q = { .what = path ? DMA_INSPECT_MEMBER : DMA_INSPECT_SIZE,
					  .name = type, .member = path };

	if (!ask(ctx, &q))
		return false;
	*ret = (struct dmv_member){ .offset = path ? q.value : 0, .size = q.bytes };
	return true;
}

static bool ask_physical(void *ctx, uint64_t virt, uint64_t *phys)
{
	struct dma_inspect_question q = { .what = DMA_INSPECT_PHYSICAL_OF, .addr = virt };

	if (!ask(ctx, &q))
		return false;
	*phys = q.value;
	return true;
}

/* ---- what a handle has open ---- */

/* The facts may be found again; what was read stays. */
static void drop_facts(struct dma_inspect *d)
{
	dmv_facts_free(&d->ses.facts);
	d->ses.facts = (struct dmv_facts){ 0 };
	d->ses.loaded = false;
	d->ses.load_err = (struct dmv_err){ .addr = DMV_NO_ADDR };
	d->ses.load_notes = 0;
}

static void drop_target(struct dma_inspect *d)
{
	drop_facts(d);
	dmv_names_free(d->ses.names);
	dmv_mem_close(d->mem);
	d->ses.names = NULL;
	d->ses.mem = d->mem = NULL;
}

static enum dmv_code open_memory(struct dma_inspect *d)
{
	const struct dmv_host h = {
		.name = d->host.name,
		.ctx = d,
		.read = host_read,
		.has = { d->host.flags & DMA_INSPECT_HAS_VIRTUAL,
			 d->host.flags & DMA_INSPECT_HAS_PHYSICAL },
		.translate = d->host.flags & DMA_INSPECT_TRANSLATES ? ask_physical : NULL,
		.live = d->host.flags & DMA_INSPECT_LIVE,
		.linux_kernel = d->host.flags & DMA_INSPECT_LINUX,
		.slow = d->host.flags & DMA_INSPECT_SLOW,
		.searched = d->ses.opts.scan,
		.machine = d->host.machine,
		.bits = (uint8_t)d->host.bits,
		.big_endian = !!(d->host.flags & DMA_INSPECT_BIG_ENDIAN),
		.stop = &d->stop,
	};
	enum dmv_code code = dmv_mem_host_open(&h, &d->mem, &d->ses.err);

	if (!code && d->host.progress) {
		d->progress = (struct dmv_progress){ host_progress, d };
		d->mem->progress = &d->progress;
	}
	for (size_t i = 0; i < d->ntold && !code; i++)
		code = dmv_mem_host_range(d->mem, (enum dmv_space)d->told[i].space,
					  d->told[i].start, d->told[i].end, !d->told[i].surely,
					  &d->ses.err);
	return code;
}

static void learn_vmcoreinfo(struct dma_inspect *d)
{
	uint64_t data, size;

	if (d->vmcoreinfo)
		dmv_mem_host_vmcoreinfo_text(d->mem, d->vmcoreinfo, d->nvmcoreinfo);
	else if (d->host.flags & DMA_INSPECT_LINUX && ask_symbol(d, "vmcoreinfo_data", &data) &&
	    ask_symbol(d, "vmcoreinfo_size", &size))
		dmv_mem_host_vmcoreinfo(d->mem, data, size);
}

static enum dmv_code open_target(struct dma_inspect *d)
{
	const struct dmv_names_host n = { d, ask_place, ask_symbol, ask_line, ask_member,
					  d->host.flags & DMA_INSPECT_NAMES_LAST };
	enum dmv_code code;

	if (d->mem)
		return DMV_E_OK;
	code = open_memory(d);
	if (!code)
		code = dmv_names_new_bare(&d->ses.names, &d->ses.err);
	if (!code) {
		learn_vmcoreinfo(d);
		dmv_names_set_host(d->ses.names, &n);
		code = dmv_names_set_target(d->ses.names, d->mem, &d->ses.err);
	}
	if (code)
		drop_target(d);
	d->ses.mem = d->mem;
	return code;
}

/* ---- handles ---- */

static bool is_good(const struct dma_inspect_host *h)
{
	if (!h || h->size < HOST_LEAST || h->reserved || h->flags & ~(uint32_t)HOST_FLAGS)
		return false;
	if (!(h->flags & (DMA_INSPECT_HAS_VIRTUAL | DMA_INSPECT_HAS_PHYSICAL)))
		return false;
	return (!h->bits || h->bits == 32 || h->bits == 64) && h->name && h->target && h->read &&
	       h->write;
}

int dma_inspect_open(const struct dma_inspect_host *host, struct dma_inspect **ret)
{
	struct dma_inspect *d;

	if (!ret)
		return DMA_INSPECT_USAGE;
	*ret = NULL;
	if (!is_good(host))
		return DMA_INSPECT_USAGE;
	d = calloc(1, sizeof(*d));
	if (!d)
		return DMA_INSPECT_INCOMPLETE;
	memcpy(&d->host, host, host->size < sizeof(*host) ? host->size : sizeof(*host));
	d->host.name = strdup(host->name);
	d->host.target = strdup(host->target);
	if (!d->host.name || !d->host.target) {
		dma_inspect_close(d);
		return DMA_INSPECT_INCOMPLETE;
	}
	d->ses.target = d->host.target;
	d->ses.stop = &d->stop;
	d->ses.opts.region = DMV_NO_ADDR;
	*ret = d;
	return DMA_INSPECT_FINE;
}

void dma_inspect_close(struct dma_inspect *d)
{
	if (!d)
		return;
	drop_target(d);
	free(d->told);
	free(d->vmcoreinfo);
	free((char *)d->host.name);
	free((char *)d->host.target);
	free(d);
}

int dma_inspect_range(struct dma_inspect *d, int space, uint64_t start, uint64_t end, int surely)
{
	struct told *p;

	_Static_assert(DMA_INSPECT_HAS_PHYSICAL == 1 << DMA_INSPECT_PHYSICAL, "a bit a space");
	if ((space != DMA_INSPECT_VIRTUAL && space != DMA_INSPECT_PHYSICAL) || start >= end ||
	    !(d->host.flags & 1u << space))
		return DMA_INSPECT_USAGE;
	for (size_t i = 0; i < d->ntold; i++)
		if (d->told[i].space == space && d->told[i].end > start)
			return DMA_INSPECT_USAGE;
	p = realloc(d->told, (d->ntold + 1) * sizeof(*p));
	if (!p)
		return DMA_INSPECT_INCOMPLETE;
	d->told = p;
	p[d->ntold++] = (struct told){ space, surely, start, end };
	drop_target(d);
	return DMA_INSPECT_FINE;
}

int dma_inspect_qemu_map(struct dma_inspect *d, const char *mtree)
{
	struct dmv_range *v;
	enum dmv_code code;
	int ret = DMA_INSPECT_FINE;
	size_t n;

	if (!(d->host.flags & DMA_INSPECT_HAS_PHYSICAL))
		return DMA_INSPECT_USAGE;
	code = dmv_mtree_parse(mtree, &v, &n, NULL);
	if (code)
		return code == DMV_E_MEMORY ? DMA_INSPECT_INCOMPLETE : DMA_INSPECT_USAGE;
	for (size_t i = 0; i < n && !ret; i++)
		ret = dma_inspect_range(d, DMA_INSPECT_PHYSICAL, v[i].start, v[i].end, 1);
	free(v);
	return ret;
}

int dma_inspect_vmcoreinfo(struct dma_inspect *d, const char *text, size_t n)
{
	char *copy;

	if (!n || n > VMCOREINFO_MOST)
		return DMA_INSPECT_USAGE;
	copy = strndup(text, n);
	if (!copy)
		return DMA_INSPECT_INCOMPLETE;
	free(d->vmcoreinfo);
	d->vmcoreinfo = copy;
	d->nvmcoreinfo = strlen(copy);
	drop_target(d);
	return DMA_INSPECT_FINE;
}

void dma_inspect_forget(struct dma_inspect *d)
{
	drop_target(d);
}

void dma_inspect_stop(struct dma_inspect *d)
{
	*(volatile bool *)&d->stop = true;
}

const char *dma_inspect_error(const struct dma_inspect *d)
{
	return d->ses.err.code ? d->ses.err.msg : "";
}

/* ---- lines ---- */

/* What stands in front of a command, taken off. */
struct head {
	bool json, scan, have_region;
	uint64_t region;
	bool dma, options;              /* seen */
	const char *rest;               /* of the line */
};

static const char *const options[] = { "-j", "--scan", "--region" };

static const char *skip(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

static bool is_word(const char *p, size_t n, const char *word)
{
	return n == strlen(word) && !memcmp(p, word, n);
}

static enum dmv_code take_region(struct head *h, struct dmv_err *e)
{
	char word[32];
	size_t n = strcspn(h->rest, " \t\r\n");

	snprintf(word, sizeof(word), "%.*s", (int)(n < sizeof(word) ? n : sizeof(word) - 1),
		 h->rest);
	if (n >= sizeof(word) || !dmv_number(word, &h->region))
		return dmv_fail(e, DMV_E_USAGE, "--region needs a hexadecimal address");
	h->have_region = true;
	h->rest = skip(h->rest + n);
	return DMV_E_OK;
}

static enum dmv_code take_head(const char *line, struct head *h, struct dmv_err *e)
{
	const char *p = skip(line);
	size_t n = strcspn(p, " \t\r\n");

	*h = (struct head){ .rest = p };
	h->dma = is_word(p, n, "dma") || is_word(p, n, "!dma");
	if (h->dma)
		h->rest = skip(p + n);
	for (;;) {
		bool region;

		n = strcspn(h->rest, " \t\r\n");
		region = is_word(h->rest, n, "--region");
		if (is_word(h->rest, n, "-j"))
			h->json = true;
		else if (is_word(h->rest, n, "--scan"))
			h->scan = true;
		else if (!region)
			return DMV_E_OK;
		h->options = true;
		h->rest = skip(h->rest + n);
		if (region && take_region(h, e))
			return e->code;
	}
}

/* --scan and --region hold from now on: what was found without them is found again. */
static void apply(struct dma_inspect *d, const struct head *h)
{
	struct dmv_facts_opts o = d->ses.opts;

	o.scan |= h->scan;
	if (h->have_region)
		o.region = h->region ? h->region : DMV_NO_ADDR;
	if (o.scan != d->ses.opts.scan || o.region != d->ses.opts.region)
		drop_facts(d);
	d->ses.opts.scan = o.scan;
	if (d->mem && o.scan)
		d->mem->slow = false;
	d->ses.opts.region = o.region;
}

/* The line without the options: as it would be typed without them. */
static const char *command_of(const char *line, const struct head *h, char *buf, size_t size)
{
	if (!h->options)
		return line;
	if (!*h->rest)
		return "dma";
	snprintf(buf, size, "%s%s", h->dma ? "dma " : "", h->rest);
	return buf;
}

static int run(struct dma_inspect *d, const char *line, bool json, bool color)
{
	int code;

	if (open_target(d))
		return DMA_INSPECT_INCOMPLETE;
	d->ses.out = dmv_out_new(json ? DMV_JSON : DMV_TEXT, host_write, d);
	if (!d->ses.out) {
		dmv_no_memory(&d->ses);
		return DMA_INSPECT_INCOMPLETE;
	}
	dmv_out_color(d->ses.out, color && !json);
	code = dmv_run(&d->ses, line);
	dmv_out_free(d->ses.out);
	d->ses.out = NULL;
	return code;
}

int dma_inspect_run(struct dma_inspect *d, const char *line, unsigned flags)
{
	char buf[DMV_LINE];
	struct head h;

	*(volatile bool *)&d->stop = false;
	d->ses.err = (struct dmv_err){ .addr = DMV_NO_ADDR };
	if (strlen(line) >= DMV_LINE) {
		dmv_fail(&d->ses.err, DMV_E_USAGE, "line is longer than %d characters",
			 DMV_LINE - 1);
		return DMA_INSPECT_USAGE;
	}
	if (take_head(line, &h, &d->ses.err))
		return DMA_INSPECT_USAGE;
	if (d->host.flags & DMA_INSPECT_LIVE)
		drop_target(d);
	apply(d, &h);
	return run(d, command_of(line, &h, buf, sizeof(buf)),
		   h.json || flags & DMA_INSPECT_JSON, flags & DMA_INSPECT_COLOR);
}

/* ---- completion ---- */

/* Only options stand in front of the word: it may be one, too. */
static void complete_option(const struct head *h, const char *prefix,
			    void (*fn)(void *, const char *), void *ctx)
{
	if (*h->rest)
		return;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (*prefix && !strncmp(options[i], prefix, strlen(prefix)))
			fn(ctx, options[i]);
}

void dma_inspect_complete(struct dma_inspect *d, const char *line, size_t at,
			  void (*fn)(void *ctx, const char *word), void *ctx)
{
	char front[DMV_LINE], buf[DMV_LINE];
	struct dmv_err e;
	struct head h;
	size_t n = strlen(line);
	const char *prefix = line + at;

	if (at > n || n >= DMV_LINE)
		return;
	memcpy(front, line, at);
	front[at] = 0;
	if (take_head(front, &h, &e))
		return;
	complete_option(&h, prefix, fn, ctx);
	snprintf(buf, sizeof(buf), "%s%s", h.dma ? "dma " : "", h.rest);
	dmv_complete(&d->ses, buf, strlen(buf), prefix, fn, ctx);
}
