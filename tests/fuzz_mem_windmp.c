/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any bytes as a Windows dump, or the firmware's. The corpus is made by tests/windmp_make.py.
 *
 * With FUZZ_REPLAY a test: the corpus as it is, with hostile values in each word of its headers,
 * with flipped bits (fixed seed), and cut off at many places; within little memory and time.
 */
#include "fuzz_mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool is_mine(const uint8_t *data, size_t n)
{
	return n >= 8 && (!memcmp(data, "PAGEDU", 6) || !memcmp(data, "Raw_Dmp!", 8));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (is_mine(data, n))
		fuzz_mem(data, n);
	return 0;
}

#ifdef FUZZ_REPLAY
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>

#include "t.h"

enum {
	SECONDS = 60,                   /* for each seed; all its variants take one or two */
	MEMORY = 512 << 20,
	FLIPS = 300,
	CUTS = 64,
	SEED_MAX = 1 << 20,
};

/* What was being tried when a signal ends the test: a signal handler has no other way to know. */
static char trying[400];

static void died(int sig)
{
	size_t n = strlen(trying);

	if (write(2, "not ok windows hurt: died at ", 29) < 0 || write(2, trying, n) < 0 ||
	    write(2, "\n", 1) < 0)
		_exit(2);
	signal(sig, SIG_DFL);
	raise(sig);
}

struct count {
	unsigned tried, opened;
};

static void try(struct count *c, const uint8_t *data, size_t n)
{
	if (!is_mine(data, n))
		return;
	c->tried++;
	c->opened += fuzz_mem(data, n);
}

static uint32_t next(uint32_t *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 16;
}

/* Spans of a dump where numbers are that lead somewhere: headers of either width, tables. */
static const struct {
	size_t from, to;
} spans[] = {
	{ 0x08, 0xB8 }, { 0xF88, 0xFC8 }, { 0x1000, 0x1060 }, { 0x2000, 0x2090 },
	{ 0x20A8, 0x20E0 },
};

static void hostile(struct count *c, const char *seed, uint8_t *data, size_t n)
{
	const uint64_t values[] = {
		0, 1, n - 1, n, n + 1, 0x7fffffff, 0xffffffff, UINT64_C(1) << 40,
		(UINT64_C(1) << 52) - 1, UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX - 4095,
	};

	for (size_t s = 0; s < sizeof(spans) / sizeof(spans[0]); s++)
		for (size_t at = spans[s].from; at + 8 <= n && at < spans[s].to; at += 4)
			for (size_t k = 0; k < 2 * sizeof(values) / sizeof(values[0]); k++) {
				size_t bytes = k & 1 && !(at & 4) ? 8 : 4;
				uint8_t old[8];

				snprintf(trying, sizeof(trying), "%s: %zu bytes at 0x%zx = 0x%llx",
					 seed, bytes, at, (unsigned long long)values[k / 2]);
				memcpy(old, data + at, bytes);
				memcpy(data + at, &values[k / 2], bytes);
				try(c, data, n);
				memcpy(data + at, old, bytes);
			}
}

static void flipped(struct count *c, const char *seed, const uint8_t *good, uint8_t *data,
		    size_t n)
{
	uint32_t state = 1;

	for (unsigned i = 0; i < FLIPS; i++) {
		snprintf(trying, sizeof(trying), "%s: flip %u", seed, i);
		memcpy(data, good, n);
		for (unsigned k = 0; k <= i % 5; k++) {
			size_t span = next(&state) % (sizeof(spans) / sizeof(spans[0]));
			size_t at = spans[span].from +
				    next(&state) % (spans[span].to - spans[span].from);

			if (at < n)
				data[at] ^= (uint8_t)(1 << next(&state) % 8);
		}
		try(c, data, n);
	}
	memcpy(data, good, n);
}

static void cut(struct count *c, const char *seed, const uint8_t *data, size_t n)
{
	for (size_t i = 1; i < CUTS; i++) {
		snprintf(trying, sizeof(trying), "%s: cut to %zu", seed, n * i / CUTS);
		try(c, data, n * i / CUTS);
	}
	for (size_t at = 8; at < 0x90 && at < n; at += 3)
		try(c, data, at);
}

static void replay(struct count *c, const char *dir, const char *seed)
{
	static uint8_t good[SEED_MAX], data[SEED_MAX];
	char path[800];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, seed);
	f = fopen(path, "rb");
	n = f ? fread(good, 1, sizeof(good), f) : 0;
	if (f)
		fclose(f);
	if (!n || n == sizeof(good))
		return;
	alarm(SECONDS);
	memcpy(data, good, n);
	snprintf(trying, sizeof(trying), "%s", seed);
	try(c, data, n);
	hostile(c, seed, data, n);
	flipped(c, seed, good, data, n);
	cut(c, seed, data, n);
}

int main(void)
{
	const struct rlimit memory = { MEMORY, MEMORY };
	const char *build = getenv("O");
	struct dirent **list;
	char dir[300], name[400];
	int n;

	signal(SIGSEGV, died);
	signal(SIGABRT, died);
	signal(SIGALRM, died);
#ifndef __SANITIZE_ADDRESS__
	setrlimit(RLIMIT_AS, &memory);
#endif
	(void)memory;
	snprintf(dir, sizeof(dir), "%s/corpus/windmp", build ? build : "build");
	n = scandir(dir, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		struct count c = { 0 };

		if (list[i]->d_name[0] != '.') {
			replay(&c, dir, list[i]->d_name);
			snprintf(name, sizeof(name), "windows hurt: %s, %u variants",
				 list[i]->d_name, c.tried);
			T_CHECKF(c.opened > c.tried / 2, name, "%u opened", c.opened);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return T_DONE();
}
#endif
