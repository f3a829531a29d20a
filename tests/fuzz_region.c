/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Fuzzes the reader: the input is a target's memory, its first byte at 0x10000000 in both spaces.
 * Built with -DFUZZ_REPLAY it is a plain program that replays its corpus: every recipe of
 * tests/regions, read in every way, then spoiled at places that are the same in each run.
 *
 * A mutated header would hardly ever have a right checksum, so it is made right before decoding:
 * what is tested is what comes behind.
 */
#include <stdlib.h>

#include "bytes_mem.h"
#include "dmv_abi.h"
#include "facts.h"
#include "mkregion.h"

#define BASE 0x10000000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t touched;         /* so that nothing is optimised away */

/* Follows every index and pointer of the facts. */
static size_t touch(const struct dmv_facts *f)
{
	size_t sum = 0;

	for (size_t i = 0; i < f->nreg; i++)
		sum += f->reg[i].file == DMV_NO_INDEX ? 0 : f->file[f->reg[i].file].handle;
	for (size_t i = 0; i < f->nadapter; i++)
		sum += strlen(f->adapter[i].name) + strlen(f->adapter[i].driver_name) +
		       (f->adapter[i].owner == DMV_NO_INDEX ? 0
							    : f->stack[f->adapter[i].owner].depth);
	for (size_t i = 0; i < f->nstack; i++)
		for (uint32_t k = 0; k < f->stack[i].depth; k++)
			sum += f->stack[i].frame[k];
	for (size_t i = 0; i < f->nnote; i++)
		sum += strlen(f->note[i].text);
	for (size_t i = 0; i < f->nviolation; i++)
		sum += f->violation[i].evidence.n > 32 ? abort(), 0 : 1;
	for (size_t i = 0; i < f->nregion; i++)
		if (f->region[i].bug_violation != DMV_NO_INDEX)
			sum += f->violation[f->region[i].bug_violation].rule;
	return sum;
}

static void decode(uint8_t *bytes, size_t size, int spaces, bool live)
{
	struct bytes_mem m;
	struct dmv_facts f;
	struct dmv_names *n = NULL;
	struct dmv_err e;

	bytes_mem_init(&m, bytes, size, spaces & 1 ? BASE : UINT64_MAX,
		       spaces & 2 ? BASE : UINT64_MAX);
	m.base.live = live;
	if (dmv_names_new(&n, &e))
		return;
	if (!dmv_facts_region(&m.base, n, NULL, &f, &e)) {
		dmv_facts_verify(&f, &m.base, NULL, &e);
		touched += touch(&f);
		dmv_facts_free(&f);
	}
	dmv_names_free(n);
	bytes_mem_deinit(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mkregion seal = { 0 };
	static const uint8_t big[4] = { 0x0A, 0x0B, 0x0C, 0x0D };

	if (size < 4096)
		return 0;
	seal.bytes = malloc(size);
	if (!seal.bytes)
		return 0;
	memcpy(seal.bytes, data, size);
	seal.big = !memcmp(data + offsetof(struct dmv_abi_header, bom), big, 4);
	/* The last byte is how it is read, so that one input takes one path. */
	if (!(data[size - 1] & 0x80))
		mkregion_seal(&seal);
	decode(seal.bytes, size, 1 + (data[size - 1] & 3) % 3, data[size - 1] & 4);
	free(seal.bytes);
	return 0;
}

#ifdef FUZZ_REPLAY
#include <dirent.h>
#include <stdio.h>

#include "t.h"

#define SPOILS 3000

/* The same numbers in each run, on each machine. */
static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* A few bytes of the headers and tables, or a word of ones, differ from the recipe's. */
static void spoil(struct mkregion *m, const uint8_t *good, uint32_t *state)
{
	size_t within = m->n < 0x8000 ? m->n : 0x8000;

	memcpy(m->bytes, good, m->n);
	for (uint32_t i = next(state) % 8; i < 8; i++) {
		size_t at = next(state) % (within - 8);

		if (next(state) % 2)
			m->bytes[at] = (uint8_t)next(state);
		else
			memset(m->bytes + (at & ~(size_t)3), 0xFF, 4 << next(state) % 2);
	}
	m->bytes[m->n - 1] = (uint8_t)(next(state) % 8);
	LLVMFuzzerTestOneInput(m->bytes, m->n);
}

static bool replay_recipe(const char *path)
{
	struct mkregion m;
	char err[200];
	uint8_t *good;
	uint32_t state = 1;

	if (mkregion_load(path, &m, err, sizeof(err)))
		return false;
	for (int way = 0; way < 8; way++) {
		m.bytes[m.n - 1] = (uint8_t)way;
		LLVMFuzzerTestOneInput(m.bytes, m.n);
	}
	good = malloc(m.n);
	if (good) {
		memcpy(good, m.bytes, m.n);
		for (int i = 0; i < SPOILS; i++)
			spoil(&m, good, &state);
		free(good);
	}
	mkregion_free(&m);
	return good;
}

/* A case a recipe: it is passed if the reader survives it. */
int main(void)
{
	static const char dir[] = "tests/regions";
	struct dirent **list;
	int n = scandir(dir, &list, NULL, alphasort);
	char path[512];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		if (list[i]->d_name[0] != '.')
			T_CHECKF(replay_recipe(path), path, "cannot be read");
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return T_DONE();
}
#endif
