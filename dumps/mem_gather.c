/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A few bytes of each of many pages of a file. pread would cost a system call a page, or copy all
 * of every page; here the file is mapped and the kernel collects the bytes through a pipe. Nobody
 * looks into the mapping but writev, to which a file that became shorter is an error: looking there
 * ourselves would end in SIGBUS.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mem_int.h"

enum {
	MOST = 1024,                    /* pieces of one writev: UIO_MAXIOV of Linux */
	PIPE_BYTES = 32 << 10,          /* of one writev: an empty pipe takes them */
	WINDOW = 4 << 20,               /* of the file, mapped at a time: MOST pages */
	PAGE = 4096,
};

struct dmv_gather {
	int pipe[2];                    /* never blocks; empty between calls */
	struct iovec v[MOST];
};

struct dmv_gather *dmv_gather_new(void)
{
	struct dmv_gather *g = malloc(sizeof(*g));

	if (g && pipe2(g->pipe, O_CLOEXEC | O_NONBLOCK)) {
		free(g);
		return NULL;
	}
	return g;
}

void dmv_gather_free(struct dmv_gather *g)
{
	if (!g)
		return;
	close(g->pipe[0]);
	close(g->pipe[1]);
	free(g);
}

/* How many of the pieces fit into one window and one writev. */
static size_t run_of(const uint64_t *off, size_t count, size_t n)
{
	uint64_t start = off[0] & ~(uint64_t)(PAGE - 1);
	size_t most = PIPE_BYTES / n < MOST ? PIPE_BYTES / n : MOST, k = 1;

	while (k < count && k < most && off[k] >= off[k - 1] && off[k] - start <= WINDOW - n)
		k++;
	return k;
}

/* What came of `bytes` is taken out of the pipe again; true: all of it. */
static bool through_pipe(struct dmv_gather *g, size_t count, size_t bytes, uint8_t *to)
{
	ssize_t put = writev(g->pipe[1], g->v, (int)count);
	size_t got = 0;

	while (put > 0 && got < (size_t)put) {
		ssize_t k = read(g->pipe[0], to + got, (size_t)put - got);

		if (k <= 0)
			return false;
		got += (size_t)k;
	}
	return got == bytes;
}

static bool gather_run(struct dmv_gather *g, int fd, const uint64_t *off, size_t count, size_t n,
		       uint8_t *to)
{
	uint64_t start = off[0] & ~(uint64_t)(PAGE - 1);
	size_t room = (size_t)(off[count - 1] - start) + n;
	uint8_t *map = mmap(NULL, room, PROT_READ, MAP_SHARED, fd, (off_t)start);
	bool ok;

	if (map == MAP_FAILED)
		return false;
	madvise(map, room, MADV_SEQUENTIAL);    /* what is not in memory yet is read ahead */
	for (size_t i = 0; i < count; i++)
		g->v[i] = (struct iovec){ map + (off[i] - start), n };
	ok = through_pipe(g, count, count * n, to);
	munmap(map, room);
	return ok;
}

bool dmv_gather(struct dmv_gather *g, const struct dmv_file *f, const uint64_t *off, size_t count,
		size_t n, uint8_t *to)
{
	if (dmv_file_is_view(f) || !n || n > PIPE_BYTES)
		return false;
	for (size_t k; count; off += k, count -= k, to += k * n) {
		uint64_t size = dmv_file_size(f);

		/* The last page of a mapping shows zeros behind the end of the file. */
		k = run_of(off, count, n);
		if (off[k - 1] > size || n > size - off[k - 1] ||
		    !gather_run(g, dmv_file_fd(f), off, k, n, to))
			return false;
	}
	return true;
}
