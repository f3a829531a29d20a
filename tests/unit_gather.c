/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A few bytes of many pages of a file: the right ones, in any order, and no death where there are
 * none. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem_int.h"
#include "t.h"

enum { PAGE = 4096, PAGES = 3000, WORDS = PAGE / 8 };

/* Each word of the file is its own number. */
static bool write_file(char *path)
{
	static uint64_t page[WORDS];
	int fd = mkstemp(path);
	bool ok = fd >= 0;

	for (uint64_t i = 0; ok && i < PAGES; i++) {
		for (uint64_t k = 0; k < WORDS; k++)
			page[k] = i * WORDS + k;
		ok = write(fd, page, PAGE) == PAGE;
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

/* `words` at each offset, all as they should be? */
static bool right(struct dmv_gather *g, const struct dmv_file *f, const uint64_t *off, size_t count,
		  size_t words)
{
	uint64_t *to = calloc(count * words, sizeof(*to));
	bool ok = to && dmv_gather(g, f, off, count, words * sizeof(*to), (uint8_t *)to);

	for (size_t i = 0; ok && i < count; i++)
		for (size_t k = 0; ok && k < words; k++)
			ok = to[i * words + k] == off[i] / 8 + k;
	free(to);
	return ok;
}

static void test_bytes(struct dmv_gather *g, const struct dmv_file *f)
{
	uint64_t off[PAGES], to[6];

	for (size_t i = 0; i < PAGES; i++)
		off[i] = i * PAGE + 8 * (i % 100);
	T_CHECK(right(g, f, off, PAGES, 1), "one word of each page");
	T_CHECK(right(g, f, off, PAGES, 8), "a cache line of each page");
	T_CHECK(right(g, f, off, 10, 4096), "32 KiB at a time");
	T_CHECK(right(g, f, off, 0, 1), "nothing");
	T_CHECK(!right(g, f, off, 1, 4097), "more than a pipe takes is refused");
	for (size_t i = 0; i < PAGES; i++)
		off[i] = (i * 7919 % PAGES) * PAGE;
	T_CHECK(right(g, f, off, PAGES, 1), "pages out of order");
	off[5] = (uint64_t)PAGES * PAGE - 8;
	T_CHECK(right(g, f, off, 6, 1), "the last word of the file");
	off[5] += 4;
	T_CHECK(!dmv_gather(g, f, off, 6, sizeof(to[0]), (uint8_t *)to), "half of it");
}

/* The mapping reaches where the file does not: looking there would be SIGBUS. */
static void test_shrunk(struct dmv_gather *g, const struct dmv_file *f, const char *path)
{
	uint64_t off[PAGES];

	for (size_t i = 0; i < PAGES; i++)
		off[i] = i * PAGE;
	T_CHECK(!truncate(path, 2000 * PAGE), "truncate");
	T_CHECK(!right(g, f, off, PAGES, 1), "a file that became shorter is an error");
	T_CHECK(right(g, f, off, 2000, 1), "what it still has is there, and the pipe was emptied");
	off[0] = UINT64_MAX - 8;
	T_CHECK(!right(g, f, off, 1, 1), "no file reaches so far");
}

int main(void)
{
	char path[] = "/tmp/unit_gather.XXXXXX";
	struct dmv_gather *g = dmv_gather_new();
	struct dmv_file *f = NULL;
	struct dmv_err e;

	T_CHECK(write_file(path) && !dmv_file_open(path, &f, &e), "a file");
	T_CHECK(g, "a pipe");
	if (f && g) {
		test_bytes(g, f);
		test_shrunk(g, f, path);
	}
	unlink(path);
	dmv_file_close(f);
	dmv_gather_free(g);
	return T_DONE();
}
