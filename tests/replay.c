/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A fuzz target as a plain test, linked with the target: replay_NAME reads the seeds in
 * $O/corpus/NAME and tests/corpus/fuzz_NAME, each whole, cut off at some places, and spoilt at
 * places that are the same in each run. A case a seed: passed if the target survives it.
 */
#include <dirent.h>
#include <libgen.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "t.h"

enum { SEED_MAX = 1 << 20, CUTS = 24, SPOILS = 100, SECONDS = 60 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* Without a byte behind the last one, which a sanitizer would not miss. */
static void give(const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

/* Most of what leads somewhere is at the front. */
static void spoil(uint8_t *data, size_t n, uint32_t *state)
{
	static const uint8_t worst[] = { 0, 1, 0x7f, 0x80, 0xff };
	size_t within = next(state) % 2 && n > 512 ? 512 : n;
	size_t at = next(state) % within, len = 1 + next(state) % 8;

	if (len > n - at)
		len = n - at;
	if (next(state) % 2)
		data[at] ^= (uint8_t)(1 << next(state) % 8);
	else
		memset(data + at, worst[next(state) % sizeof(worst)], len);
}

static bool replay(const char *path)
{
	static uint8_t whole[SEED_MAX], hurt[SEED_MAX];
	FILE *f = fopen(path, "rb");
	uint32_t state = 1;
	size_t n = f ? fread(whole, 1, sizeof(whole), f) : 0;

	if (f)
		fclose(f);
	if (!n)
		return false;
	alarm(SECONDS);
	give(whole, n);
	for (size_t i = 0; i < CUTS; i++)
		give(whole, n * i / CUTS);
	for (unsigned i = 0; i < SPOILS; i++) {
		memcpy(hurt, whole, n);
		for (unsigned k = 0; k <= i % 4; k++)
			spoil(hurt, n, &state);
		give(hurt, n);
	}
	return true;
}

/* How many seeds there are. */
static int replay_all(const char *dir, const char *target)
{
	struct dirent **list;
	int n = scandir(dir, &list, NULL, alphasort), seeds = 0;
	char path[800], name[400];

	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
			snprintf(name, sizeof(name), "replay %s: %s", target, list[i]->d_name);
			T_CHECKF(replay(path), name, "cannot be read");
			seeds++;
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return seeds;
}

int main(int argc, char **argv)
{
	const char *o = getenv("O"), *target = argc ? basename(argv[0]) : "";
	char dir[500];
	int seeds;

	target += strncmp(target, "replay_", 7) ? 0 : 7;
	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(dir, sizeof(dir), "%s/corpus/%s", o ? o : "build", target);
	seeds = replay_all(dir, target);
	snprintf(dir, sizeof(dir), "tests/corpus/fuzz_%s", target);
	seeds += replay_all(dir, target);
	T_CHECKF(seeds, "replay: there are seeds", "neither here nor there: %s", target);
	return T_DONE();
}
