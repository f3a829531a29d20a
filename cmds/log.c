/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "decode.h"
#include "paste_linux.h"

const char *dmv_log_time(const struct dmv_log_fact *l, char *buf, size_t size)
{
	snprintf(buf, size, "%" PRIu64 ".%06u", l->time.value / 1000000000,
		 (unsigned)(l->time.value % 1000000000 / 1000));
	return buf;
}

bool dmv_log_about_dma(const char *text)
{
	static const char *const words[] = { "dma", "iommu", "swiotlb", "io tlb", "amd-vi" };

	for (; *text; text++)
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (!strncasecmp(text, words[i], strlen(words[i])))
				return true;
	return false;
}

/* One text, a line a line. NULL: no memory. */
static char *whole(const struct dmv_facts *f)
{
	size_t n = 1, at = 0;
	char *text;

	for (size_t i = 0; i < f->nlog; i++)
		n += strlen(f->log[i].text) + 1;
	text = malloc(n);
	for (size_t i = 0; text && i < f->nlog; i++) {
		const size_t part = strlen(f->log[i].text);

		memcpy(text + at, f->log[i].text, part);
		for (char *p = text + at; p < text + at + part; p++)
			*p = *p == '\n' ? ' ' : *p;
		at += part;
		text[at++] = '\n';
	}
	if (text)
		text[at] = 0;
	return text;
}

bool dmv_log_decode(struct dmv_ses *s, size_t *n)
{
	struct dmv_linux_lines found = { 0 };
	char *text = whole(&s->facts);
	bool go = text && dmv_linux_find(text, &found);

	if (!go)
		dmv_no_memory(s);
	free(text);
	for (size_t i = 0; go && i < found.n; i++) {
		dmv_out_gap(s->out);
		go = dmv_decode_linux(s, &found.line[i], &s->facts.log[found.line[i].line - 1]);
	}
	if (go && found.left_off)
		dmv_out_note(s->out, "%zu more kinds of lines in the log are left off",
			     found.left_off);
	*n = found.n;
	free(found.line);
	return go;
}
