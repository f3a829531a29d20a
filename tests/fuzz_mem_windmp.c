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

/* A seed, and the file that its variants are made in. */
struct seed {
	const char *name;
	uint8_t *data;
	size_t n;
	int fd;
	struct count count;
};

static void try(struct seed *s, size_t n)
{
	s->count.tried++;
	s->count.opened += fuzz_file(s->fd, n);
}

static void change(struct seed *s, size_t at, const void *bytes, size_t n)
{
	must(pwrite(s->fd, bytes, n, (off_t)at) == (ssize_t)n);
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

static void hostile(struct seed *s)
{
	const uint64_t values[] = {
		/* Every second is put into 64 bits where they are aligned, the others into 32. */
		UINT64_MAX, 0, s->n - 1, s->n + 1, (UINT64_C(1) << 52) - 1, 1, UINT64_C(1) << 63,
		0x7fffffff,
	};

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		for (size_t at = spans[i].from; at + 8 <= s->n && at < spans[i].to; at += 4)
			for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
				size_t bytes = k & 1 || at & 4 ? 4 : 8;

				snprintf(trying, sizeof(trying), "%s: %zu bytes at 0x%zx = 0x%llx",
					 s->name, bytes, at, (unsigned long long)values[k]);
				change(s, at, &values[k], bytes);
				try(s, s->n);
				change(s, at, s->data + at, bytes);
			}
}

static void flipped(struct seed *s)
{
	uint32_t state = 1;

	for (unsigned i = 0; i < FLIPS; i++) {
		snprintf(trying, sizeof(trying), "%s: flip %u", s->name, i);
		for (unsigned k = 0; k <= i % 5; k++) {
			size_t span = next(&state) % (sizeof(spans) / sizeof(spans[0]));
			size_t at = spans[span].from +
				    next(&state) % (spans[span].to - spans[span].from);
			uint8_t byte;

			if (at >= s->n)
				continue;
			byte = s->data[at] ^ (uint8_t)(1 << next(&state) % 8);
			change(s, at, &byte, 1);
		}
		try(s, s->n);
		for (size_t k = 0; k < sizeof(spans) / sizeof(spans[0]); k++)
			if (spans[k].to <= s->n)
				change(s, spans[k].from, s->data + spans[k].from,
				       spans[k].to - spans[k].from);
	}
}

/* Ever shorter: the last thing to do with it. */
static void cut(struct seed *s)
{
	for (size_t i = CUTS; --i;) {
		size_t n = s->n * i / CUTS;

		snprintf(trying, sizeof(trying), "%s: cut to %zu", s->name, n);
		must(!ftruncate(s->fd, (off_t)n));
		try(s, n);
	}
	for (size_t n = 0x90; n >= 8; n -= 4) {
		snprintf(trying, sizeof(trying), "%s: cut to %zu", s->name, n);
		if (!ftruncate(s->fd, (off_t)n))
			fuzz_file(s->fd, n);
	}
}

static struct count replay(const char *dir, const char *name)
{
	static uint8_t data[SEED_MAX];
	struct seed s = { .name = name, .data = data };
	char path[800];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	s.n = f ? fread(data, 1, sizeof(data), f) : 0;
	if (f)
		fclose(f);
	if (!is_mine(data, s.n) || s.n == sizeof(data))
		return s.count;
	s.fd = fuzz_write(data, s.n);
	alarm(SECONDS);
	snprintf(trying, sizeof(trying), "%s", name);
	try(&s, s.n);
	hostile(&s);
	flipped(&s);
	cut(&s);
	close(s.fd);
	return s.count;
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
		if (list[i]->d_name[0] != '.') {
			struct count c = replay(dir, list[i]->d_name);

			snprintf(name, sizeof(name), "windows hurt: %s, %u variants, %u open",
				 list[i]->d_name, c.tried, c.opened);
			T_CHECKF(c.opened > c.tried / 2, name, "%u opened", c.opened);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return T_DONE();
}
#endif
