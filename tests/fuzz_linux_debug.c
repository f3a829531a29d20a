/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * dma-debug's books with changes of four characters each: where, two of them; what is written there
 * ('!': nothing can be read there); of which number.
 */
#include "debug_kernel.h"
#include "finding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { READS = 2000 };                  /* for all that is there: lists do not lead round */

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void change(struct small *k, const uint8_t *c)
{
	const size_t at = (size_t)(c[0] * 95 + c[1]) * 4 % (sizeof(k->ram) - 8);
	const uint64_t values[] = {
		node(k, c[3] % ENTRIES), head(k, c[3] % BUCKETS), c[3], UINT64_MAX - c[3],
		node(k, 0) + c[3], (uint64_t)c[3] << 56 | 0xffff88,
		UINT64_C(0x0101010101010101) * c[3],
	};

	if (c[2] == '!')
		k->hole = BASE + at;
	else
		memcpy((char *)&k->ram + at, &values[c[2] % (sizeof(values) / sizeof(*values))], 8);
}

static int by_address(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* No entry twice, no index of nothing. */
static void look_at(const struct dmv_facts *f)
{
	uint64_t *entry = calloc(f->nmapping + 1, sizeof(*entry));

	must(entry);
	for (size_t i = 0; i < f->nmapping; i++) {
		const struct dmv_mapping_fact *x = &f->mapping[i];

		must(x->adapter == DMV_NO_INDEX || x->adapter < f->nadapter);
		must(x->owner == DMV_NO_INDEX || x->owner < f->nstack);
		must((unsigned)x->type < DMV_MAP_TYPES && x->bucket < f->debug.buckets);
		must(x->phys != DMV_NO_ADDR || !x->phys_bytes);
		entry[i] = x->entry;
	}
	qsort(entry, f->nmapping, sizeof(*entry), by_address);
	for (size_t i = 1; i < f->nmapping; i++)
		must(entry[i] != entry[i - 1]);
	for (size_t i = 0; i < f->nstack; i++)
		must(f->stack[i].text && f->stack[i].first < f->stack[i].depth);
	free(entry);
}

static bool count(void *ctx, const struct dmv_finding *x)
{
	++*(size_t *)ctx;
	must(x->id && x->id < DMV_F_COUNT);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct small *k = make();
	struct dmv_facts f = { 0 };
	struct dmv_judge *j;
	struct dmv_err e = { 0 };
	size_t found = 0;

	k->paddr = n && data[0] & 1;
	for (size_t i = 1; i + 4 <= n; i += 4)
		change(k, data + i);
	if (look(k, &f, &e))
		must(e.msg[0]);
	must(k->reads < READS);
	look_at(&f);
	j = dmv_judge_new(&f);
	must(j && dmv_findings(j, DMV_FIND_LEAKS | DMV_FIND_MAPPINGS, count, &found));
	must(found <= 3 * (f.nmapping + f.nadapter));
	dmv_judge_free(j);
	dmv_facts_free(&f);
	free(k);
	return 0;
}
