/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any bytes as what a GDB server says: a target is opened over them, read around the edges of what
 * it claims, walked a little, and closed. The server has said everything beforehand and hangs up,
 * so nothing waits.
 *
 * The first byte chooses: 'r', the rest goes over the line as it is; else every line of the rest is
 * the body of a packet with a right checksum, so that what lies behind the checksum is reached.
 * The corpus is made by tests/fuzz_rsp_seeds.py. With -DFUZZ_REPLAY this is a test of its own: each
 * seed, cut off everywhere, and with each byte spoilt.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem_gdb_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX_WALK = 1 << 20, ROOM = 1 << 20 };

static void must(bool ok)
{
	if (!ok)
		abort();
}

static enum dmv_code count(void *ctx, uint64_t addr, const uint8_t *buf, size_t n)
{
	uint64_t *bytes = ctx;

	(void)addr;
	*bytes += n + (buf[0] + buf[n - 1] > 510);
	return *bytes > MAX_WALK ? DMV_E_STOPPED : DMV_E_OK;
}

static void space(struct dmv_mem *m, enum dmv_space s)
{
	uint64_t bytes = 0, missed;
	struct dmv_err e = { 0 };
	uint8_t b[32];

	for (size_t i = 0; i < m->nrange[s]; i++) {
		struct dmv_range r = m->range[s][i];

		must(r.start < r.end);
		must(!i || m->range[s][i - 1].end < r.start);
		if (i < 8 && !dmv_mem_read(m, s, r.end - 1, b, 1, &e))
			dmv_mem_read(m, s, r.start, b, sizeof(b), &e);
	}
	if (dmv_mem_read(m, s, 0x1ff8, b, sizeof(b), &e))
		must(e.msg[0] && e.code);
	/* A claim to hold everything would be walked in vain for ever. */
	if (m->nrange[s] && m->nrange[s] < 8 &&
	    m->range[s][m->nrange[s] - 1].end < UINT64_C(1) << 32)
		dmv_mem_walk(m, s, count, &bytes, &missed, &e);
}

static size_t spell(const uint8_t *data, size_t n, char *out)
{
	size_t k = 0;

	while (n) {
		const uint8_t *end = memchr(data, '\n', n);
		size_t len = end ? (size_t)(end - data) : n;

		k += dmv_rsp_frame((const char *)data, len, out + k);
		data += len + (end != NULL);
		n -= len + (end != NULL);
	}
	return k;
}

/* Everything the server will ever say, in the socket's buffer; fd[0] is ours. */
static bool serve(const uint8_t *data, size_t n, int fd[2])
{
	int room = ROOM;
	char *out;
	size_t k;
	bool ok;

	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd));
	setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	out = malloc(5 * n + 8);
	must(out);
	if (data[0] == 'r') {
		k = n - 1;
		memcpy(out, data + 1, k);
	} else {
		k = spell(data + 1, n - 1, out);
	}
	ok = write(fd[1], out, k) == (ssize_t)k;
	free(out);
	shutdown(fd[1], SHUT_WR);
	return ok;
}

/* Takes what we ask, so that asking never waits, until we close. */
static void *listen_to(void *arg)
{
	const int *fd = arg;
	char buf[4096];

	while (read(*fd, buf, sizeof(buf)) > 0)
		;
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dmv_err e = { 0 };
	struct dmv_link *l;
	struct dmv_mem *m;
	pthread_t ear;
	int fd[2];

	if (!n || n > 64 << 10)
		return 0;
	if (!serve(data, n, fd)) {
		close(fd[0]);
		close(fd[1]);
		return 0;
	}
	fcntl(fd[1], F_SETFL, 0);
	must(!pthread_create(&ear, NULL, listen_to, &fd[1]));
	must(!dmv_link_take(fd[0], NULL, &l, &e));
	if (dmv_gdb_open_link(l, false, &m, &e)) {
		must(e.code && e.msg[0]);
	} else {
		space(m, DMV_VIRT);
		space(m, DMV_PHYS);
		dmv_mem_close(m);
	}
	pthread_join(ear, NULL);
	close(fd[1]);
	return 0;
}

#ifdef FUZZ_REPLAY
#include <dirent.h>

#include "t.h"

enum { SEED_MAX = 4096 };

static unsigned replay(const char *dir, const char *name)
{
	static const uint8_t spoils[] = { 0, '#', '$', '*', '}', '9', 0xff };
	uint8_t seed[SEED_MAX];
	char path[700];
	unsigned tried = 0;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	n = f ? fread(seed, 1, sizeof(seed), f) : 0;
	if (f)
		fclose(f);
	for (size_t i = 1; i <= n; i++, tried++)
		LLVMFuzzerTestOneInput(seed, i);
	for (size_t i = 1; i < n; i++, tried++) {
		uint8_t was = seed[i];

		seed[i] = spoils[i % sizeof(spoils)];
		LLVMFuzzerTestOneInput(seed, n);
		seed[i] = was;
	}
	return tried;
}

int main(void)
{
	const char *o = getenv("O");
	char dir[400], name[300];
	DIR *d;

	snprintf(dir, sizeof(dir), "%s/corpus/rsp", o ? o : "build");
	d = opendir(dir);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "rsp replay %s", e->d_name);
		T_CHECKF(replay(dir, e->d_name) > 0, name, "no seed");
	}
	if (d)
		closedir(d);
	return T_DONE();
}
#endif
