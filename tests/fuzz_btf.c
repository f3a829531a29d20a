/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any bytes as BTF. Types and members are asked for by its own strings, the last ones in the input,
 * so that names that are there are found.
 */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "btf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { NAMES = 6 };

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* The last strings before the end; data ends with a NUL. */
static size_t names_of(const char *p, size_t n, const char **ret)
{
	size_t k = 0;

	for (size_t i = n - 1; i && k < NAMES; i--)
		if (!p[i - 1] && p[i])
			ret[k++] = p + i;
	return k;
}

static void ask(const struct dmv_types *t, const char *type, const char *member)
{
	struct dmv_member m = { 0 };
	struct dmv_err e = { 0 };
	char path[200];
	uint64_t size;
	int64_t v;

	if (dmv_types_member(t, type, member, &m, &e))
		must(e.msg[0]);
	else
		must(!m.bits || m.bit + m.bits <= 8 * m.size);
	snprintf(path, sizeof(path), "nosuch|%.60s[1].%.60s", member, type);
	dmv_types_member(t, type, path, &m, &e);
	dmv_types_size(t, type, &size, &e);
	dmv_types_enumerator(t, member, &v, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *name[NAMES];
	struct dmv_err e = { 0 };
	struct dmv_btf *b;
	uint8_t *copy = malloc(n + 1);
	size_t k;
	bool cut;

	if (!copy)
		return 0;
	memcpy(copy, data, n);
	if (dmv_btf_new(copy, n, &b, &e)) {
		must(e.code && e.msg[0]);
		return 0;
	}
	must(dmv_btf_count(b, &cut) <= n / 12);
	copy = malloc(n + 1);
	memcpy(copy, data, n);
	copy[n] = 0;
	k = names_of((const char *)copy, n, name);
	for (size_t i = 0; i < k; i++)
		for (size_t j = 0; j < k; j++)
			ask(dmv_btf_types(b), name[i], name[j]);
	free(copy);
	dmv_btf_free(b);
	return 0;
}
