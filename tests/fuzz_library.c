/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The entry of libdma-inspect: a host that tells any ranges, any map of QEMU's, any VMCOREINFO,
 * gives any bytes and lies about how many, answers questions with strings that do not end, and
 * types any line. The input is lines, the first character of each says what it is:
 *
 *	f FLAGS MACHINE BITS    opens, in hexadecimal; before the first f a host of physical memory
 *	r SPACE START END SURELY
 *	m LINE                  a line of the map, handed over with the next line that is none
 *	v LINE                  a line of VMCOREINFO, likewise
 *	c LINE                  completes it, wherever its words begin
 *	else                    runs the line, as text and as JSON
 *
 * Memory is the input itself over and over, with holes. Whatever happens the library answers, in
 * whole documents, and says why if it ends with 2, 3 or 4. The corpus is tests/corpus/fuzz_library.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ext/dma-inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { READS = 64, LINE = 5000, TEXT = 8192 };

struct host {
	struct dma_inspect *d;
	const uint8_t *data;
	size_t n;
	unsigned reads;                 /* of this command: then it is stopped */
	size_t written;
	char first, last;               /* characters */
	char map[TEXT], info[TEXT];
	size_t nmap, ninfo;
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Holes of a page, short reads, and counts that are too large, by the address. */
static size_t give(void *ctx, int space, uint64_t addr, void *buf, size_t n)
{
	struct host *h = ctx;
	const unsigned way = (addr >> 12) % 23;
	size_t k;

	must(n && (space == DMA_INSPECT_VIRTUAL || space == DMA_INSPECT_PHYSICAL));
	if (++h->reads > READS)
		dma_inspect_stop(h->d);
	if (way == 7)
		return 0;
	for (size_t i = 0; i < n; i += k) {
		const size_t at = (addr + i) % h->n;

		k = h->n - at < n - i ? h->n - at : n - i;
		memcpy((uint8_t *)buf + i, h->data + at, k);
	}
	return way == 11 ? n / 2 : way == 13 ? SIZE_MAX : n;
}

static int answer(void *ctx, struct dma_inspect_question *q)
{
	const struct host *h = ctx;
	const uint64_t x = q->addr + q->what + (q->name ? strlen(q->name) : 0);

	must(q->size >= sizeof(*q));
	memset(q->module, 'a' + (int)(x % 8), sizeof(q->module));
	memset(q->function, 'f', sizeof(q->function));
	memset(q->line, 1 + (int)(x % 127), sizeof(q->line));
	q->value = x * 0x9E3779B97F4A7C15u >> x % 50;
	q->bytes = h->n >> x % 8;
	return x % 3 != 0;
}

static int take(void *ctx, const char *text, size_t n)
{
	struct host *h = ctx;

	if (n && !h->written)
		h->first = text[0];
	if (n)
		h->last = text[n - 1];
	h->written += n;
	return h->written > (4 << 20);
}

static void seen(void *ctx, const char *what, int bytes, uint64_t done, uint64_t total)
{
	(void)ctx, (void)bytes;
	must(what && done <= total);
}

static void word(void *ctx, const char *text)
{
	(void)ctx;
	must(text && *text);
}

static void reopen(struct host *h, unsigned flags, unsigned machine, unsigned bits)
{
	const struct dma_inspect_host host = {
		.size = sizeof(host), .flags = flags, .machine = (uint16_t)machine,
		.bits = (uint16_t)bits, .name = "fuzz", .target = "input", .ctx = h,
		.read = give, .ask = answer, .write = take, .progress = seen,
	};
	struct dma_inspect *d;

	if (dma_inspect_open(&host, &d))
		return;
	dma_inspect_close(h->d);
	h->d = d;
}

static void run(struct host *h, const char *line, unsigned flags)
{
	int code;

	h->reads = 0;
	h->written = 0;
	code = dma_inspect_run(h->d, line, flags);
	must(code >= DMA_INSPECT_FINE && code <= DMA_INSPECT_INCOMPLETE);
	must(code < DMA_INSPECT_USAGE || *dma_inspect_error(h->d));
	/* cut off only by take() */
	if (flags & DMA_INSPECT_JSON && h->written && h->written <= 4 << 20)
		must(h->first == '{' && h->last == '\n');
}

/* What was collected is handed over. */
static void hand_over(struct host *h)
{
	if (h->nmap)
		dma_inspect_qemu_map(h->d, h->map);
	if (h->ninfo)
		dma_inspect_vmcoreinfo(h->d, h->info, h->ninfo);
	h->nmap = h->ninfo = 0;
}

static void collect(char *text, size_t *n, const char *line)
{
	const size_t len = strlen(line);

	if (len + 2 > TEXT - *n)
		return;
	memcpy(text + *n, line, len);
	*n += len;
	text[(*n)++] = '\n';
	text[*n] = 0;
}

static void complete(struct host *h, const char *line)
{
	for (size_t at = 0; at <= strlen(line) + 1 && at < 64; at++)
		dma_inspect_complete(h->d, line, at, word, NULL);
}

static void do_line(struct host *h, const char *line)
{
	const char *rest = line + (*line != 0);
	uint64_t v[4] = { 0 };

	rest += *rest == ' ';
	if (*line == 'm') {
		collect(h->map, &h->nmap, rest);
		return;
	}
	if (*line == 'v') {
		collect(h->info, &h->ninfo, rest);
		return;
	}
	hand_over(h);
	sscanf(rest, "%" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64, &v[0], &v[1], &v[2], &v[3]);
	if (*line == 'f')
		reopen(h, (unsigned)v[0], (unsigned)v[1], (unsigned)v[2]);
	else if (*line == 'r')
		dma_inspect_range(h->d, (int)v[0], v[1], v[2], v[3] & 1);
	else if (*line == 'c')
		complete(h, rest);
	/* it writes a file */
	else if (!strstr(line, "save"))
		run(h, line, 0), run(h, line, DMA_INSPECT_JSON);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct host h = { .data = data, .n = n };
	char line[LINE];

	if (!n)
		return 0;
	reopen(&h, DMA_INSPECT_HAS_PHYSICAL, 0, 0);
	must(h.d);
	for (const uint8_t *p = data, *end = data + n; p < end;) {
		const uint8_t *eol = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((eol ? eol : end) - p);

		snprintf(line, sizeof(line), "%.*s", (int)(len < LINE ? len : LINE - 1), p);
		do_line(&h, line);
		p += len + 1;
	}
	hand_over(&h);
	run(&h, "summary", 0);
	dma_inspect_close(h.d);
	return 0;
}
