/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * /proc/PID/smaps (or maps), of this machine or as a gdbserver reads it out on another: which
 * addresses of a process can be read, and which files are mapped where. What the kernel would not
 * put into a core (device memory, MADV_DONTDUMP) is left out: sanitizers map terabytes that way.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"

struct mapping {
	uint64_t start, end, offset;
	char perms[5];
	char *path;                     /* into the line; "" for none */
};

/* "start-end perms offset dev inode   path"; false: not such a line. */
static bool parse_mapping(char *line, struct mapping *v)
{
	int at = 0;

	line[strcspn(line, "\n")] = 0;
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n", &v->start, &v->end,
		   v->perms, &v->offset, &at) != 4 ||
	    !at)
		return false;
	v->path = line + at;
	dmv_path_deleted(v->path);
	return v->start < v->end;
}

static bool add_range(struct dmv_maps *m, const struct mapping *v)
{
	m->before = m->nrange;
	if (v->perms[0] != 'r' || (m->nrange && m->range[m->nrange - 1].end > v->start))
		return true;
	if (!dmv_grow(&m->range, m->nrange, sizeof(*m->range)))
		return false;
	m->range[m->nrange++] = (struct dmv_range){ v->start, v->end };
	return true;
}

void dmv_path_deleted(char *path)
{
	static const char mark[] = " (deleted)";
	size_t n = strlen(path), k = strlen(mark);

	if (n > k && !strcmp(path + n - k, mark))
		path[n - k] = 0;
}

static bool add_file(struct dmv_maps *m, const struct mapping *v)
{
	struct dmv_mapped *f;

	if (!dmv_grow(&m->mapped, m->nmapped, sizeof(*m->mapped)))
		return false;
	f = &m->mapped[m->nmapped];
	*f = (struct dmv_mapped){ v->start, v->end, v->offset, strdup(v->path) };
	if (!f->path)
		return false;
	m->nmapped++;
	return true;
}

static bool add_mapping(struct dmv_maps *m, const struct mapping *v)
{
	static const char *const kernels[] = { "[vvar]", "[vvar_vclock]", "[vsyscall]" };

	m->before = m->nrange;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		if (!strcmp(v->path, kernels[i]))
			return true;
	return add_range(m, v) && (v->path[0] != '/' || add_file(m, v));
}

/* "VmFlags: rd wr mr ..." of the mapping added last: io and pf are device memory, dd is not to be
 * dumped. */
static bool not_dumped(const char *line)
{
	static const char *const flags[] = { " io", " pf", " dd" };

	if (strncmp(line, "VmFlags:", 8))
		return false;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		const char *at = strstr(line + 8, flags[i]);

		if (at && (!at[3] || isspace((unsigned char)at[3])))
			return true;
	}
	return false;
}

bool dmv_maps_line(struct dmv_maps *m, char *line)
{
	struct mapping v;

	if (parse_mapping(line, &v))
		return add_mapping(m, &v);
	if (not_dumped(line))
		m->nrange = m->before;
	return true;
}

void dmv_maps_give(struct dmv_maps *v, struct dmv_mem *m)
{
	dmv_mem_set_ranges(m, DMV_VIRT, v->range, v->nrange);
	v->range = NULL;
	m->mapped = v->mapped;
	m->nmapped = v->nmapped;
}

void dmv_maps_deinit(struct dmv_maps *v)
{
	for (size_t i = 0; i < v->nmapped; i++)
		free((char *)v->mapped[i].path);
	free(v->mapped);
	free(v->range);
}
