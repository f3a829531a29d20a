/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* 100,000 entries of dma-debug: each is read once, judged once, and the cost grows as they do. */
#define DEBUG_ENTRIES 100000

#include <time.h>

#include "debug_kernel.h"
#include "finding.h"
#include "t.h"

enum { SOME = 10000, ALL = DEBUG_ENTRIES, ROUNDS = 5, STACKS = 40 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Entries with a few stacks, in memory that overlaps, by pairs. */
static struct small *many(unsigned n)
{
	struct small *k = make();

	make_lists(k);
	k->range.end = UINT64_MAX;
	k->ram.total = n;
	k->ram.free = 0;
	for (unsigned i = 0; i < n; i++) {
		const uint64_t frame = TEXT + 37 + 0x100 * (i * 7919 % STACKS);

		k->ram.entry[i] = (struct entry){ .depth = 1, .direction = 2, .error = i & 1,
			.bytes = 0x1000, .bus = 0x100000000 + 0x1000 * (uint64_t)i,
			.pfn = n - i, .offset = i % 2 ? 0x800 : 0, .frame = { frame },
			.dev = at(k, &k->ram.dev[i % 2]) };
		add_tail(k, node(k, i), head(k, i * 31 % BUCKETS));
	}
	return k;
}

static bool count(void *ctx, const struct dmv_finding *x)
{
	(void)x;
	++*(size_t *)ctx;
	return true;
}

/* Seconds of processor time, the least of some rounds. */
static double cost(unsigned n)
{
	struct small *k = many(n);
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		struct dmv_facts f = { 0 };
		struct dmv_err e = { 0 };
		struct dmv_judge *j;
		size_t found = 0;
		double start = now(), t;

		k->reads = 0;
		look(k, &f, &e);
		j = dmv_judge_new(&f);
		if (j)
			dmv_findings(j, DMV_FIND_LEAKS | DMV_FIND_MAPPINGS, count, &found);
		t = now() - start;
		best = t < best ? t : best;
		if (!i) {
			T_CHECKF(f.nmapping == n && f.nstack == STACKS, "all are there",
				 "%zu of %u, %zu stacks, %s", f.nmapping, n, f.nstack,
				 f.nnote ? f.note[0].text : "");
			T_CHECKF(k->reads < n + 200, "each is read once", "%u reads", k->reads);
			T_CHECKF(found >= n / 2, "all are judged", "%zu findings", found);
		}
		dmv_judge_free(j);
		dmv_facts_free(&f);
	}
	free(k);
	return best;
}

int main(void)
{
	const double some = cost(SOME), all = cost(ALL);

	printf("%d entries in %.3f s of CPU time\n", ALL, all);
	/* caches and page faults are not linear; a square would be 100 */
	T_CHECKF(all < 30 * some, "ten times as many", "%.1f times as long", all / some);
	return t_done();
}
