/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Shows what dumps/mem makes of a target, for the scripts that test it on dumps others wrote.
 *
 *   mem_probe [OPTIONS] TARGET info             what is known of it, one "key value" a line
 *   mem_probe ... TARGET cat virt|phys FILE     every byte, at its own offset of a sparse FILE
 *   mem_probe ... TARGET read virt|phys ADDR N  N bytes to stdout
 *   mem_probe ... TARGET walk virt|phys         bytes, missed bytes, checksum
 *   mem_probe ... TARGET heads virt|phys N      the same of the first N bytes of each 4096
 *   mem_probe ... TARGET sum virt|phys          the same of whole pages, by dmv_mem_walk
 *   mem_probe ... TARGET all                    walks both spaces, and probes around every range
 *
 * Options: -b BASE of a raw file; -p FILE, one more part of a split set; -z, excluded pages read as
 * zeros; -l, through libkdumpfile whatever it is.
 *
 * Exits 0, or 1 with "error CODE: message" on stderr.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem_int.h"

struct sum {
	uint64_t bytes, check;
	int fd;
};

static int complain(const struct dmv_err *e)
{
	fprintf(stderr, "error %d: %s\n", (int)e->code, e->msg);
	return 1;
}

static void show_ranges(const struct dmv_mem *m, enum dmv_space s, const char *name)
{
	for (size_t i = 0; i < m->nrange[s]; i++)
		printf("%s 0x%" PRIx64 " 0x%" PRIx64 "\n", name, m->range[s][i].start,
		       m->range[s][i].end);
}

static void show_info(const struct dmv_dump_info *x)
{
	if (x->has_bugcheck)
		printf("bugcheck 0x%" PRIx32 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64
		       "\n", x->bug_code, x->bug_p[0], x->bug_p[1], x->bug_p[2], x->bug_p[3]);
	for (size_t i = 0; i < x->nline; i++)
		printf("line %s: %s\n", x->line[i].key, x->line[i].value);
	for (size_t i = 0; i < x->nimage; i++)
		printf("image 0x%" PRIx64 " 0x%" PRIx64 " %s\n", x->image[i].base,
		       x->image[i].bytes, x->image[i].name);
}

static int info(struct dmv_mem *m)
{
	printf("format %s\nname %s\nlive %d\nlinux_kernel %d\nmachine %u\nbits %u\nbig_endian %u\n",
	       m->ops->format, m->name, m->live, m->linux_kernel, m->machine, m->bits,
	       m->big_endian);
	printf("executable %s\nvmcoreinfo %zu\n", m->executable ? m->executable : "-",
	       m->vmcoreinfo ? strlen(m->vmcoreinfo) : 0);
	for (size_t i = 0; i < m->nmapped; i++)
		printf("mapped 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " %s\n", m->mapped[i].start,
		       m->mapped[i].end, m->mapped[i].offset, m->mapped[i].path);
	for (size_t i = 0; i < m->nnote; i++)
		printf("note %s\n", m->note[i]);
	if (m->info)
		show_info(m->info);
	show_ranges(m, DMV_VIRT, "virt");
	show_ranges(m, DMV_PHYS, "phys");
	return 0;
}

static enum dmv_code add(void *ctx, uint64_t addr, const uint8_t *buf, size_t n)
{
	struct sum *s = ctx;

	s->bytes += n;
	s->check = s->check * 31 + addr + buf[0] + buf[n - 1];
	if (s->fd >= 0 && pwrite(s->fd, buf, n, (off_t)addr) != (ssize_t)n)
		return DMV_E_SYSTEM;
	return DMV_E_OK;
}

static int walk(struct dmv_mem *m, enum dmv_space s, const char *file)
{
	struct sum sum = { .fd = file ? open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1 };
	struct dmv_err e = { 0 };
	uint64_t missed = 0;
	enum dmv_code code = dmv_mem_walk(m, s, add, &sum, &missed, &e);

	if (sum.fd >= 0)
		close(sum.fd);
	printf("bytes %" PRIu64 " missed %" PRIu64 " check %" PRIx64 "\n", sum.bytes, missed,
	       sum.check);
	return code ? complain(&e) : 0;
}

struct heads {
	struct sum sum;
	size_t n;
};

static enum dmv_code add_head(void *ctx, uint64_t addr, const uint8_t *head)
{
	struct heads *h = ctx;

	h->sum.bytes += h->n;
	h->sum.check = h->sum.check * 31 + addr;
	for (size_t i = 0; i < h->n; i++)
		h->sum.check = h->sum.check * 31 + head[i];
	return DMV_E_OK;
}

static int walk_heads(struct dmv_mem *m, enum dmv_space s, size_t n)
{
	struct heads h = { .n = n };
	struct dmv_err e = { 0 };
	uint64_t missed = 0;
	enum dmv_code code = dmv_mem_walk_heads(m, s, 4096, n, add_head, &h, &missed, &e);

	printf("bytes %" PRIu64 " missed %" PRIu64 " check %" PRIx64 "\n", h.sum.bytes, missed,
	       h.sum.check);
	return code ? complain(&e) : 0;
}

static enum dmv_code add_pages(void *ctx, uint64_t addr, const uint8_t *buf, size_t n)
{
	struct heads *h = ctx;

	for (size_t i = 0; i + h->n <= n; i += h->n)
		add_head(h, addr + i, buf + i);
	return DMV_E_OK;
}

static int sum_pages(struct dmv_mem *m, enum dmv_space s)
{
	struct heads h = { .n = 4096 };
	struct dmv_err e = { 0 };
	uint64_t missed = 0;
	enum dmv_code code = dmv_mem_walk(m, s, add_pages, &h, &missed, &e);

	printf("bytes %" PRIu64 " missed %" PRIu64 " check %" PRIx64 "\n", h.sum.bytes, missed,
	       h.sum.check);
	return code ? complain(&e) : 0;
}

static int read_out(struct dmv_mem *m, enum dmv_space s, uint64_t addr, size_t n)
{
	struct dmv_err e = { 0 };
	uint8_t *buf = malloc(n ? n : 1);
	enum dmv_code code = buf ? dmv_mem_read(m, s, addr, buf, n, &e) : DMV_E_MEMORY;

	if (!code)
		fwrite(buf, 1, n, stdout);
	free(buf);
	return code ? complain(&e) : 0;
}

/* Every read here may fail, none may do anything else. */
static int all(struct dmv_mem *m)
{
	static const enum dmv_space spaces[] = { DMV_VIRT, DMV_PHYS };

	for (size_t k = 0; k < 2; k++) {
		enum dmv_space s = spaces[k];

		for (size_t i = 0; i < m->nrange[s] && i < 256; i++) {
			struct dmv_range r = m->range[s][i];
			struct dmv_err e = { 0 };
			uint8_t b[64];

			if (r.start >= r.end || (i && r.start < m->range[s][i - 1].end))
				return fprintf(stderr, "ranges out of order\n"), 1;
			dmv_mem_read(m, s, r.start, b, sizeof(b), &e);
			dmv_mem_read(m, s, r.end - 1, b, sizeof(b), &e);
			dmv_mem_read(m, s, r.end, b, 1, &e);
			dmv_mem_read(m, s, r.start - 1, b, sizeof(b), &e);
		}
		if (walk(m, s, NULL) || walk_heads(m, s, 8))
			return 1;
	}
	return 0;
}

static int run(struct dmv_mem *m, int n, char **a)
{
	enum dmv_space s = n > 1 && !strcmp(a[1], "phys") ? DMV_PHYS : DMV_VIRT;

	if (n == 1 && !strcmp(a[0], "info"))
		return info(m);
	if (n == 1 && !strcmp(a[0], "all"))
		return all(m);
	if (n == 2 && !strcmp(a[0], "walk"))
		return walk(m, s, NULL);
	if (n == 3 && !strcmp(a[0], "cat"))
		return walk(m, s, a[2]);
	if (n == 2 && !strcmp(a[0], "sum"))
		return sum_pages(m, s);
	if (n == 3 && !strcmp(a[0], "heads"))
		return walk_heads(m, s, strtoull(a[2], NULL, 0));
	if (n == 4 && !strcmp(a[0], "read"))
		return read_out(m, s, strtoull(a[2], NULL, 0), strtoull(a[3], NULL, 0));
	fprintf(stderr, "see the head of mem_probe.c\n");
	return 2;
}

/* As the REPL does: ^C must not end us, and what it interrupts must go on. */
static void on_int(int sig)
{
	(void)sig;
}

struct options {
	struct dmv_mem_opts o;
	const char *part[16];
	bool library;
};

/* False: not one of ours. */
static bool option(struct options *x, int c, const char *arg)
{
	if (c == 'b') {
		x->o.have_base = true;
		x->o.base = strtoull(arg, NULL, 0);
	} else if (c == 'p' && x->o.nmore < 16) {
		x->part[x->o.nmore++] = arg;
		x->o.more = x->part;
	} else if (c == 'z') {
		x->o.zero_excluded = true;
	} else if (c == 'l') {
		x->library = true;
	} else {
		return false;
	}
	return true;
}

/* The library is held against our own reader: it must not come to that one's files by itself. */
static enum dmv_code open_target(const struct options *x, const char *target, struct dmv_mem **m,
				 struct dmv_err *e)
{
	enum dmv_code code;

	if (!x->library)
		return dmv_mem_open(target, &x->o, m, e);
	code = dmv_mem_open_kdumpfile(target, &x->o, m, e);
	if (!code)
		(*m)->name = strdup(target);
	return code;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_int };
	struct options x = { .library = false };
	struct dmv_err e = { 0 };
	struct dmv_mem *m;
	int c, rc;

	sigaction(SIGINT, &sa, NULL);
	while ((c = getopt(argc, argv, "+b:p:zl")) != -1)
		if (!option(&x, c, optarg))
			return 2;
	if (argc - optind < 2)
		return 2;
	if (open_target(&x, argv[optind], &m, &e))
		return complain(&e);
	rc = run(m, argc - optind - 1, argv + optind + 1);
	dmv_mem_close(m);
	return rc;
}
