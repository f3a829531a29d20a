/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * How a program of several threads fares with the verifier in it, against the same one without:
 * each thread is a driver with an adapter of its own, whose transfers are a page long. One line a
 * figure: NAME RATIO GOAL ok|short  what was compared.
 *
 * What grows from one thread to N is the time that N threads take for N times the work. The figure
 * is that growth with the verifier against that without it, so that what the machine itself does
 * not scale cancels out: 1 is perfect, N is as if they ran one after the other. All four runs of a
 * round follow one another; the figure is the median over the rounds.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "dmv.h"
#include "port/posix/posix.h"

enum { PAGE = 4096, ROUNDS = 7, MOST = 8, OPS = 30000, WORK = 4 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void *memory(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED) {
		perror("bench_threads: memory");
		exit(1);
	}
	return p;
}

/* ---- the port: a mutex, the processor's number is the thread's ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local uint32_t number;

static void lock(void *h)
{
	(void)h;
	pthread_mutex_lock(&mutex);
}

static void unlock(void *h)
{
	(void)h;
	pthread_mutex_unlock(&mutex);
}

static uint32_t cpu(void *h)
{
	(void)h;
	return number;
}

static void *pages_alloc(void *h, size_t n, uint64_t max, uint64_t *phys)
{
	(void)h, (void)max, (void)n, (void)phys;
	return NULL;
}

static void pages_free(void *h, void *va, size_t n)
{
	(void)h, (void)va, (void)n;
}

static void violation(void *h, const struct dmv_report *r)
{
	(void)h;
	fprintf(stderr, "bench_threads: rule %u raised: the bench itself is wrong\n", r->rule);
	abort();
}

static struct dmv *verifier(bool shadowed)
{
	const struct dmv_port port = { .lock = lock, .unlock = unlock, .cpu = cpu,
				       .pages_alloc = pages_alloc, .pages_free = pages_free,
				       .fill_check = dmv_posix_fill_check,
				       .copy_fill = dmv_posix_copy_fill, .violation = violation };
	struct dmv_memory segment = { .phys = DMV_ABI_UNKNOWN }, shadow = { .phys = 0x100000 };
	struct dmv_config c = { .cpus = MOST, .stack_depth = 1, .page_bytes = PAGE,
				.hook_quota = 64, .mode = DMV_ABI_MODE_STOP, .tick_hz = 1,
				.region_id = 1, .segment = &segment, .segments = 1 };
	struct dmv *v;

	for (int k = 1; k < DMV_ABI_K_COUNT; k++)
		c.rows[k] = 4 * MOST;
	c.rows[DMV_ABI_K_EVENT] = 1024;
	segment.bytes = dmv_region_bytes(&c);
	segment.va = memory(segment.bytes);
	if (shadowed) {
		shadow.bytes = (size_t)3 * 4 * MOST * PAGE;
		shadow.va = memory(shadow.bytes);
		c.shadow = &shadow;
		c.shadows = 1;
	}
	c.books_bytes = dmv_books_bytes(&c);
	c.books = memory(c.books_bytes);
	if (dmv_init(&port, &c, &v) != DMV_OK) {
		fprintf(stderr, "bench_threads: the verifier does not start\n");
		exit(1);
	}
	return v;
}

/* ---- a driver: fills a page, transfers it, looks at what is there ---- */

struct driver {
	struct dmv *v;                  /* NULL: without it */
	struct dmv_adapter *a;
	void *base;
	char *page;
	uint32_t number;
	uint64_t sum;
};

static void prepare(struct driver *d, struct dmv *v, uint32_t i)
{
	const struct dmv_adapter_request ar = { .driver = DMV_ABI_NONE, .max_registers = 1,
						.version = 1, .max_address = UINT64_MAX };
	const struct dmv_request r = { .registers = 1 };
	struct dmv_grant g;

	*d = (struct driver){ .v = v, .page = memory(PAGE), .number = i };
	number = i;
	if (!v)
		return;
	if (dmv_adapter_new(v, &ar, 1, &d->a) != DMV_OK ||
	    dmv_request(v, d->a, &r, 1, &g) != DMV_OK) {
		fprintf(stderr, "bench_threads: no adapter or no map register\n");
		exit(1);
	}
	d->base = g.handle;
	dmv_channel_done(v, &g, DMV_KEEP_REGISTERS);
}

static void transfer(const struct driver *d)
{
	const uintptr_t frame = (uintptr_t)d->page / PAGE;
	const struct dmv_span s = { .va = (uintptr_t)d->page, .bytes = PAGE, .frame = &frame,
				    .frames = 1, .original = d->page };
	uint64_t bytes, bus;

	if (dmv_map(d->v, d->a, d->base, &s, false, 1, &bytes, &bus) != DMV_OK ||
	    dmv_flush(d->v, d->a, d->base, &s, false, PAGE, 2) != DMV_OK)
		abort();
}

static void *drive(void *arg)
{
	struct driver *d = arg;

	number = d->number;
	for (int i = 0; i < OPS; i++) {
		for (int k = 0; k < WORK; k++) {
			memset(d->page, i + k, PAGE);
			d->sum += (unsigned char)d->page[i % PAGE];
			__asm__ volatile("" : : "r"(d->page) : "memory");
		}
		if (d->v)
			transfer(d);
	}
	return NULL;
}

static double run(struct driver *d, int threads)
{
	pthread_t t[MOST];
	double start = now();

	for (int i = 0; i < threads; i++)
		if (pthread_create(&t[i], NULL, drive, &d[i])) {
			fprintf(stderr, "bench_threads: no thread\n");
			exit(1);
		}
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	return now() - start;
}

static void figure(const char *what, bool shadowed, int threads)
{
	struct driver with[MOST], without[MOST];
	struct dmv *v = verifier(shadowed);
	double ratio[ROUNDS], cost[ROUNDS];

	for (int i = 0; i < threads; i++) {
		prepare(&with[i], v, (uint32_t)i);
		prepare(&without[i], NULL, (uint32_t)i);
	}
	for (int r = 0; r < ROUNDS; r++) {
		const double one = run(with, 1), bare = run(without, 1);

		ratio[r] = run(with, threads) / one / (run(without, threads) / bare);
		cost[r] = (one - bare) / OPS;
	}
	qsort(ratio, ROUNDS, sizeof(*ratio), by_value);
	qsort(cost, ROUNDS, sizeof(*cost), by_value);
	printf("threads-%d-%s %.2f 1.50 %s  growth of time from 1 thread to %d, each with %d pages "
	       "to fill a transfer, against that without the verifier (%.0f ns a transfer)\n",
	       threads, what, ratio[ROUNDS / 2], ratio[ROUNDS / 2] <= 1.5 ? "ok" : "short",
	       threads, WORK, cost[ROUNDS / 2] * 1e9);
}

int main(void)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (cpus < 2) {
		printf("skip threads: one processor\n");
		return 77;
	}
	for (int n = 2; n <= MOST && n <= cpus; n *= 2) {
		figure("books", false, n);
		figure("shadow", true, n);
	}
	return 0;
}
