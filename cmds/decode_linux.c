/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A line of Linux about DMA in words, for `bugcheck`. */
#include <stdio.h>
#include <string.h>

#include "decode.h"
#include "log.h"
#include "next.h"
#include "paste_linux.h"

struct row {
	uint32_t line, count;
	uint64_t low, high, code;
	const char *source, *device, *driver, *access, *name, *title, *cause, *fix;
	const char *what, *where, *who, *range;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct row, source, "", DMV_S_STR, "vt-d, amd-vi, dma-debug, swiotlb, dma-direct"),
	DMV_COL(struct row, line, "", DMV_S_U32, "of the paste, the first"),
	DMV_COL(struct row, count, "", DMV_S_U32, "lines that differ in the address only"),
	DMV_COL(struct row, device, "", DMV_S_STR, "device"),
	DMV_COL(struct row, driver, "", DMV_S_STR, "its driver"),
	DMV_COL(struct row, access, "", DMV_S_STR, "read, write or interrupt"),
	DMV_COL_AS(struct row, low, "address", "", DMV_S_BARE, "least address"),
	DMV_COL_AS(struct row, high, "last_address", "", DMV_S_BARE, "greatest address"),
	DMV_COL(struct row, code, "", DMV_S_HEX, "fault reason, or code of the event"),
	DMV_COL(struct row, name, "", DMV_S_STR, "of the event"),
	DMV_COL(struct row, title, "", DMV_S_STR, "what is wrong"),
	DMV_COL(struct row, cause, "", DMV_S_STR, "cause"),
	DMV_COL(struct row, fix, "", DMV_S_STR, "fix"),
	DMV_COL(struct row, what, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct row, where, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct row, who, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct row, range, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table table = {
	"linux", cols,
	"{what}\n"
	"{title|unknown to this program}\n"
	"Seen as: {where}\n"
	"\n"
	"?who|Device:  {who}\n"
	"?access|Access:  {access}\n"
	"?range|Address: {range}\n"
	"?cause|\n"
	"?cause|Cause: {cause}\n"
	"?fix|Fix:   {fix}\n"
};

static bool elsewhere(struct dmv_ses *s, const struct dmv_linux_line *l)
{
	char command[64];

	snprintf(command, sizeof(command), "lspci -nnks %s", l->device);
	if (strchr(l->device, ':') && !dmv_next(s, command, "the device and its driver"))
		return false;
	if (l->low != UINT64_MAX &&
	    !dmv_next_at(s, "dma who", l->low, "",
			 "on a dump of that kernel: whose address it is, or was"))
		return false;
	return dmv_next(s, "dma leaks", "on that dump: what is mapped, and for whom");
}

static bool here(struct dmv_ses *s, const struct dmv_linux_line *l)
{
	const struct dmv_facts *f = &s->facts;

	for (uint32_t i = 0; i < f->nadapter; i++) {
		if (!f->adapter[i].name || strcmp(f->adapter[i].name, l->device))
			continue;
		if (!dmv_next_at(s, "dma", f->adapter[i].handle, " 3", "the device, and what is "
				 "mapped for it"))
			return false;
	}
	return l->low == UINT64_MAX ||
	       dmv_next_at(s, "who", l->low, "", "whose address it is, or was");
}

static bool next_steps(struct dmv_ses *s, const struct dmv_linux_line *l, bool logged)
{
	dmv_next_head(s);
	return logged ? here(s, l) : elsewhere(s, l);
}

static const char *maker(const char *source)
{
	static const char *const makers[][2] = {
		{ "vt-d", "Intel's IOMMU (VT-d)" }, { "amd-vi", "AMD's IOMMU (AMD-Vi)" },
		{ "swiotlb", "bounce buffers (swiotlb)" }, { "dma-direct", "a map without IOMMU" },
	};

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (!strcmp(source, makers[i][0]))
			return makers[i][1];
	return source;
}

/* "line 3", of a paste; of a log the time. */
static void say_where(const struct dmv_linux_line *l, const struct dmv_log_fact *logged, char *buf,
		      size_t size)
{
	char when[24] = "", more[40] = "";

	if (l->count > 1)
		snprintf(more, sizeof(more), ", and %u more like it", l->count - 1);
	if (logged)
		snprintf(buf, size, "in the log%s%s%s", logged->time.known ? " at " : "",
			 logged->time.known ? dmv_log_time(logged, when, sizeof(when)) : "", more);
	else
		snprintf(buf, size, "line %u%s", l->line, more);
}

bool dmv_decode_linux(struct dmv_ses *s, const struct dmv_linux_line *l,
		      const struct dmv_log_fact *logged)
{
	struct row r = { .line = l->line, .count = l->count, .low = l->low, .high = l->high,
			 .code = l->code, .source = l->source, .device = l->device,
			 .driver = l->driver, .access = l->access, .name = l->name,
			 .title = l->title, .cause = l->cause, .fix = l->fix };
	char what[96], where[96], who[72], range[48];

	if (l->name)
		snprintf(what, sizeof(what), "%s: %s", maker(l->source), l->name);
	else if (l->code != UINT64_MAX)
		snprintf(what, sizeof(what), "%s: fault reason %llx", maker(l->source),
			 (unsigned long long)l->code);
	else
		snprintf(what, sizeof(what), "%s", maker(l->source));
	say_where(l, logged, where, sizeof(where));
	snprintf(who, sizeof(who), *l->driver ? "%s, driver %s" : "%s", l->device, l->driver);
	r.what = what;
	r.where = where;
	r.who = *l->device ? who : NULL;
	snprintf(range, sizeof(range), l->high > l->low ? "%llx to %llx" : "%llx",
		 (unsigned long long)l->low, (unsigned long long)l->high);
	r.range = l->low != UINT64_MAX ? range : NULL;
	return dmv_out_row(s->out, &table, &r) && next_steps(s, l, logged);
}
