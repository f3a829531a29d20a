/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Recognisers of Linux's lines. Formats: drivers/iommu/intel/dmar.c (dmar_fault_do_one; kernels
 * before 5.13 print the reason in decimal, the oldest on a line of its own),
 * drivers/iommu/amd/iommu.c (iommu_print_event), kernel/dma/debug.c (err_printk), swiotlb.c,
 * direct.c. Mail programs and people wrap them, so a line may go on in the next.
 */
#include "paste_linux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iommu_faults.h"
#include "paste_int.h"

enum { WINDOW = 300 };          /* from the begin of a message to its last word */

static const struct {
	const char *text, *title, *cause, *fix;
} messages[] = {
#define DMV_DMA_DEBUG(text, title, cause, fix) { text, title, cause, fix },
#include "dma_debug.def"
#undef DMV_DMA_DEBUG
};

/* ---- parts of a line ---- */

static const char *limit(const char *p)
{
	return p + strnlen(p, WINDOW);
}

static const char *line_begin(const char *text, const char *p)
{
	const char *least = p - text > WINDOW ? p - WINDOW : text;

	while (p > least && p[-1] != '\n')
		p--;
	return p;
}

/* Characters of "0000:03:00.0", "00:02.0", "48210000.crypto". */
static bool device_char(char c)
{
	return c > ' ' && c < 0x7F && !strchr("[](){}<>,;\"'=", c);
}

static void copy(char *to, size_t size, const char *from, size_t n)
{
	snprintf(to, size, "%.*s", (int)(n < size ? n : size - 1), from);
}

/* The last words in front of p on its line: "... xhci_hcd 0000:02:00.0: " */
static void owner_before(const char *begin, const char *p, struct dmv_linux_line *l)
{
	const char *end, *word;

	while (p > begin && (p[-1] == ' ' || p[-1] == ':'))
		p--;
	for (end = p; p > begin && device_char(p[-1]);)
		p--;
	/* "driver" alone is no device */
	if (!memchr(p, ':', (size_t)(end - p)) && !memchr(p, '.', (size_t)(end - p)))
		return;
	copy(l->device, sizeof(l->device), p, (size_t)(end - p));
	while (p > begin && p[-1] == ' ')
		p--;
	for (word = p; word > begin && device_char(word[-1]);)
		word--;
	copy(l->driver, sizeof(l->driver), word, (size_t)(p - word));
}

/* What stands behind a key in front of `end`; NULL: the key does not. */
static const char *behind(const char *p, const char *end, const char *key)
{
	p = dmv_find_key(p, end, key);
	return p ? p + strlen(key) : NULL;
}

static bool number_behind(const char *p, const char *end, const char *key, struct dmv_word *w)
{
	p = behind(p, end, key);
	return p && dmv_word_next(&p, end, w) && w->number;
}

static void address(struct dmv_linux_line *l, const struct dmv_word *w)
{
	l->low = l->high = w->v;
}

static void fault(struct dmv_linux_line *l, const struct dmv_iommu_fault *f)
{
	if (!f)
		return;
	l->code = f->code;
	l->name = f->name;
	l->title = f->text;
	l->cause = dmv_fault_cause(f->class);
	l->fix = dmv_fault_fix(f->class);
}

/* ---- [DMA Write] Request device [00:02.0] fault addr 0x... [fault reason 0x05] ... ---- */

static const char *parse_dmar(const char *text, const char *p, struct dmv_linux_line *l)
{
	const char *begin = line_begin(text, p), *end = limit(p), *close = strchr(p, ']');
	const char *device = p + strlen("Request device [");
	struct dmv_word w;
	uint64_t reason;

	if (!close || close >= end)
		return NULL;
	device += *device == '[';
	copy(l->device, sizeof(l->device), device, (size_t)(close - device));
	l->access = behind(begin, p, "DMA Write") ? "write"
		    : behind(begin, p, "DMA Read") ? "read"
		    : behind(begin, p, "INTR-REMAP") ? "interrupt" : NULL;
	if (!l->access)
		return NULL;
	if (number_behind(close, end, "fault addr", &w))
		address(l, &w);
	p = behind(close, end, "fault reason");
	if (!p || !dmv_word_next(&p, end, &w))
		return close;
	if (w.prefixed && w.number)
		reason = w.v;
	else if (!dmv_word_decimal(&w, &reason))
		return close;
	l->code = reason;
	fault(l, dmv_vtd_reason(reason));
	return p;
}

/* ---- AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0007 address=0x... flags=0x0000] ---- */

enum {                          /* of IO_PAGE_FAULT, AMD's specification 48882, 2.5.3 */
	AMD_I = 0x008, AMD_PR = 0x010, AMD_RW = 0x020,
};

/* Whether it wrote is told only where a page was present. */
static const char *amd_access(uint64_t flags)
{
	if (flags & AMD_I)
		return "interrupt";
	if (!(flags & AMD_PR))
		return NULL;
	return flags & AMD_RW ? "write" : "read";
}

static const char *parse_amdvi(const char *text, const char *p, struct dmv_linux_line *l)
{
	const char *end = limit(p), *q = p + strlen("AMD-Vi: Event logged ["), *at, *close;
	struct dmv_word w;

	close = memchr(q, ']', (size_t)(end > q ? end - q : 0));
	if (!close || !dmv_word_next(&q, close, &w))
		return NULL;
	fault(l, dmv_amdvi_named(w.at, w.n));
	at = behind(q, close, "device=");
	if (at)
		copy(l->device, sizeof(l->device), at, strcspn(at, " ,]"));
	else
		owner_before(line_begin(text, p), p, l);
	if (number_behind(q, close, "address=", &w) || number_behind(q, close, "gpa=", &w) ||
	    number_behind(q, close, "spa=", &w))
		address(l, &w);
	if (l->name && !strcmp(l->name, "IO_PAGE_FAULT") &&
	    number_behind(q, close, "flags=", &w)) {
		l->access = amd_access(w.v);
		l->title = w.v & AMD_PR ? "page is mapped, but not for this access"
					: "address is not mapped";
	}
	return close;
}

/* ---- DMA-API: xhci_hcd 0000:02:00.0: device driver frees ... [device address=0x...] ... ---- */

static const char *parse_dma_api(const char *text, const char *p, struct dmv_linux_line *l)
{
	const char *q = p + strlen("DMA-API: "), *end = limit(q), *said = NULL;
	struct dmv_word w;

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]) && !said; i++) {
		said = dmv_find_key(q, end, messages[i].text);
		if (!said || memchr(q, '\n', (size_t)(said - q))) {
			said = NULL;
			continue;
		}
		l->title = messages[i].title;
		l->cause = messages[i].cause;
		l->fix = messages[i].fix;
	}
	if (!said)
		return NULL;
	if (said - q > 2)               /* newer kernels name the device here, older in front */
		owner_before(q, said, l);
	else
		owner_before(line_begin(text, p), p, l);
	if (number_behind(said, end, "device address=", &w) ||
	    number_behind(said, end, "addr=", &w))
		address(l, &w);
	return said + 1;
}

/* ---- nvme 0000:00:02.0: swiotlb buffer is full (sz: 4096 bytes), total 32768 (slots), ... ---- */

static const char *parse_full(const char *text, const char *p, struct dmv_linux_line *l)
{
	owner_before(line_begin(text, p), p, l);
	l->title = "no room in the bounce buffers";
	l->cause = "Slots of the pool are all in use, or lie apart: mappings that are never "
		   "unmapped keep theirs, and so do more transfers at a time than there is room for.";
	l->fix = "See who holds the slots. If nobody leaks them: swiotlb=N on the command line, or "
		 "a device that need not bounce (IOMMU, a wider DMA mask).";
	return p + 1;
}

/* ---- edu 0000:00:06.0: DMA addr 0x00000000fea00000+4096 overflow (mask fffffff, bus limit 0). */

static const char *parse_overflow(const char *text, const char *p, struct dmv_linux_line *l)
{
	const char *end = p + strcspn(p, "\n");
	struct dmv_word w;

	if (!dmv_find_key(p, end, "overflow (mask"))
		return NULL;
	owner_before(line_begin(text, p), p, l);
	if (number_behind(p, end, "DMA addr", &w))
		address(l, &w);
	l->title = "memory lies beyond what the device can address";
	l->cause = "The address is greater than the device's DMA mask or the limit of its bus, and "
		   "nothing bounces it: no swiotlb, or a resource that cannot be copied.";
	l->fix = "Set the mask that the hardware has (dma_set_mask_and_coherent), check the result "
		 "of the map; a device that is really that narrow needs swiotlb or an IOMMU.";
	return end;
}

static const struct {
	const char *source, *starts;
	const char *(*parse)(const char *text, const char *p, struct dmv_linux_line *l);
} forms[] = {
	{ "vt-d", "Request device [", parse_dmar },
	{ "amd-vi", "AMD-Vi: Event logged [", parse_amdvi },
	{ "dma-debug", "DMA-API: ", parse_dma_api },
	{ "swiotlb", "swiotlb buffer is full", parse_full },
	{ "dma-direct", "DMA addr ", parse_overflow },
};

/* ---- the walk ---- */

static bool equal(const struct dmv_linux_line *a, const struct dmv_linux_line *b)
{
	return a->source == b->source && a->title == b->title && a->code == b->code &&
	       a->access == b->access && !strcmp(a->device, b->device) &&
	       !strcmp(a->driver, b->driver);
}

/* Counts it with those that differ in the address only. */
static bool count(struct dmv_linux_lines *all, const struct dmv_linux_line *l)
{
	for (size_t i = 0; i < all->n; i++) {
		struct dmv_linux_line *a = &all->line[i];

		if (!equal(a, l))
			continue;
		a->count++;
		if (l->low != UINT64_MAX) {
			a->low = l->low < a->low ? l->low : a->low;
			a->high = a->high == UINT64_MAX || l->high > a->high ? l->high : a->high;
		}
		return true;
	}
	return false;
}

static bool keep(struct dmv_linux_lines *all, const struct dmv_linux_line *l)
{
	if (count(all, l))
		return true;
	if (all->n == DMV_LINUX_SEEN) {
		all->left_off++;
		return true;
	}
	if (!all->line)
		all->line = calloc(DMV_LINUX_SEEN, sizeof(*all->line));
	if (!all->line)
		return false;
	all->line[all->n++] = *l;
	return true;
}

static const char *recognise(const char *text, const char *p, struct dmv_linux_line *l)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (*p != *forms[i].starts || strncmp(p, forms[i].starts, strlen(forms[i].starts)))
			continue;
		*l = (struct dmv_linux_line){ .source = forms[i].source, .count = 1,
			.low = UINT64_MAX, .high = UINT64_MAX, .code = UINT64_MAX };
		return forms[i].parse(text, p, l);
	}
	return NULL;
}

bool dmv_linux_find(const char *text, struct dmv_linux_lines *ret)
{
	struct dmv_linux_line l;
	uint32_t line = 1;

	*ret = (struct dmv_linux_lines){ 0 };
	for (const char *p = text; *p; p++) {
		line += *p == '\n';
		if (!recognise(text, p, &l))
			continue;
		l.line = line;
		if (!keep(ret, &l))
			return false;
	}
	return true;
}
