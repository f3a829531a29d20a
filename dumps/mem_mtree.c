/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* QEMU's map of a machine's memory, `info mtree -f` of its monitor, for whoever reads a guest. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"
#include "mem_mtree.h"

/* "  0000000000000000-000000000009ffff (prio 0, ram): pc.ram": the range if it is memory whose
 * reading has no effect. */
static bool parse_section(const char *line, struct dmv_range *ret)
{
	static const char *const kinds[] = { "ram", "rom", "romd", "nv-ram", "nv-rom", "nv-romd" };
	char copy[128], kind[16];      /* a copy: sscanf measures all that follows the line */
	uint64_t last;

	snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(line, "\n"), line);
	if (sscanf(copy, " %" SCNx64 "-%" SCNx64 " (prio %*d, %15[^)])", &ret->start, &last,
		   kind) != 3 ||
	    last < ret->start || last == UINT64_MAX)
		return false;
	ret->end = last + 1;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return false;
}

static bool add_range(struct dmv_range **v, size_t *n, struct dmv_range r)
{
	if (!dmv_grow(v, *n, sizeof(**v)))
		return false;
	(*v)[(*n)++] = r;
	return true;
}

/* Sections of the view that `memory`, which the CPUs see, is shown by. */
static enum dmv_code take_view(const char *text, struct dmv_range **v, size_t *n,
			       struct dmv_err *e)
{
	bool mine = false;

	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		struct dmv_range r;

		if (!strncmp(p, "FlatView #", 10)) {
			if (mine)
				break;
		} else if (!strncmp(p, " AS \"memory\",", 13)) {
			mine = true;
		} else if (mine && parse_section(p, &r)) {
			if (*n && r.start < (*v)[*n - 1].end)
				return dmv_fail(e, DMV_E_CORRUPT,
						"the map of the machine is out of order at 0x%"
						PRIx64, r.start);
			if (!add_range(v, n, r))
				return dmv_fail(e, DMV_E_MEMORY, "out of memory");
		}
	}
	return *n ? DMV_E_OK : dmv_fail(e, DMV_E_CORRUPT, "the map of the machine names no RAM");
}

enum dmv_code dmv_mtree_parse(const char *text, struct dmv_range **ret, size_t *n,
			      struct dmv_err *e)
{
	struct dmv_range *v = NULL;
	enum dmv_code code;

	*n = 0;
	code = take_view(text, &v, n, e);
	if (code) {
		free(v);
		return code;
	}
	*ret = v;
	return DMV_E_OK;
}
