/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Start and stop of the verifier in a process, and the members of its port. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "gdb_script.h"
#include "posix_int.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__i386__)
#define MACHINE EM_386
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#elif defined(__s390x__)
#define MACHINE EM_S390
#elif defined(__powerpc64__)
#define MACHINE EM_PPC64
#else
#define MACHINE 0
#endif

struct dmv_posix {
	struct dmv_posix_config c;
	struct dmv *v;
	struct dmv_port port;
	struct wdm_host wdm;
	struct memory region, shadow;
	struct arena arena;
	struct registry *registry;
	struct controller *controller;
	struct images images;
	struct utsname uts;
	void *books;
	pthread_mutex_t lock;
	struct control control;
	int copy;               /* copy_open() */
	bool physical;
};

/* One a process: a debugger looks for it by this name. */
__attribute__((visibility("default"), used)) struct dmv_abi_anchor dmv_region_anchor;

/* ---- struct dmv_port ---- */

static void lock(void *host)
{
	struct dmv_posix *p = host;

	pthread_mutex_lock(&p->lock);
}

static void unlock(void *host)
{
	struct dmv_posix *p = host;

	pthread_mutex_unlock(&p->lock);
}

static uint32_t cpu(void *host)
{
	const struct dmv_posix *p = host;

	return thread_number() % p->c.core.cpus;
}

/* Threads outnumber the CPUs of the books: two may have the same. */
static uint64_t self(void *host)
{
	(void)host;
	return thread_number();
}

static uint64_t clock_ns(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t now(void *host)
{
	(void)host;
	return clock_ns(CLOCK_MONOTONIC);
}

static uint64_t counter(void *host)
{
	const struct dmv_posix *p = host;

	return p->c.counter ? p->c.counter(p->c.arg) : clock_ns(CLOCK_MONOTONIC_RAW);
}

static uint32_t stack(void *host, uint64_t from, uint64_t *frame, uint32_t max)
{
	const struct dmv_posix *p = host;

	return thread_stack(&p->images, from, frame, max);
}

static void forget(struct dmv_posix *p, uint64_t phys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		registry_remove(p->registry, phys / PAGE + i);
}

static bool remember(struct dmv_posix *p, char *va, uint64_t phys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!registry_add(p->registry, phys / PAGE + i, va + i * PAGE)) {
			forget(p, phys, i);
			return false;
		}
	return true;
}

static void *pages_alloc(void *host, size_t n, uint64_t max_phys, uint64_t *phys)
{
	struct dmv_posix *p = host;
	void *va = arena_alloc(&p->arena, n, max_phys, phys);

	if (va && !remember(p, va, *phys, n)) {
		arena_free(&p->arena, va, n);
		return NULL;
	}
	return va;
}

static uint64_t arena_phys(const struct arena *a, const char *va)
{
	for (uint32_t i = 0; i < a->memory.runs; i++) {
		const struct dmv_memory *run = &a->memory.run[i];
		uintptr_t offset = (uintptr_t)va - (uintptr_t)run->va;

		if (offset < run->bytes)
			return run->phys + offset;
	}
	return DMV_ABI_UNKNOWN;
}

static void pages_free(void *host, void *va, size_t n)
{
	struct dmv_posix *p = host;

	forget(p, arena_phys(&p->arena, va), n);
	arena_free(&p->arena, va, n);
}

static void violation(void *host, const struct dmv_report *r)
{
	const struct dmv_posix *p = host;

	report_violation(&p->c, r);
}

/* ---- struct wdm_host ---- */

static KIRQL irql(void *host)
{
	(void)host;
	return thread_irql();
}

static KIRQL irql_set(void *host, KIRQL to)
{
	(void)host;
	return thread_irql_set(to);
}

static void *host_alloc(void *host, size_t bytes)
{
	(void)host;
	return malloc(bytes);
}

static void host_free(void *host, void *va, size_t bytes)
{
	(void)host, (void)bytes;
	free(va);
}

static bool frame(void *host, const void *va, uint64_t *pfn)
{
	return dmv_posix_frame(host, va, pfn);
}

static bool io_frame(void *host, uint64_t pfn)
{
	const struct dmv_posix *p = host;

	return p->c.io_frame(p->c.arg, pfn);
}

struct controller *posix_controller(struct dmv_posix *p)
{
	return p->controller;
}

/* ---- the public functions ---- */

bool dmv_posix_frame(struct dmv_posix *p, const void *va, uint64_t *ret)
{
	char *page = (char *)((uintptr_t)va & ~(uintptr_t)(PAGE - 1));
	uint64_t phys = (uintptr_t)page;

	if (!copy_readable(p->copy, page))
		return false;
	if (p->physical) {
		/* The frame is final only once the page is the process's own, not the zero page. */
		if (mlock(page, PAGE))
			madvise(page, PAGE, MADV_POPULATE_WRITE);
		if (!memory_phys(page, &phys))
			return false;
	}
	if (!registry_add(p->registry, phys / PAGE, page))
		return false;
	*ret = phys / PAGE;
	return true;
}

void *dmv_posix_bus_to_va(struct dmv_posix *p, uint64_t bus)
{
	char *page = registry_find(p->registry, bus / PAGE);

	return page ? page + bus % PAGE : NULL;
}

void *dmv_posix_pages(struct dmv_posix *p, size_t n)
{
	uint64_t phys;

	return pages_alloc(p, n, UINT64_MAX, &phys);
}

void dmv_posix_pages_free(struct dmv_posix *p, void *va, size_t n)
{
	if (va)
		pages_free(p, va, n);
}

struct dmv *dmv_posix_verifier(struct dmv_posix *p)
{
	return p->v;
}

bool dmv_posix_physical(const struct dmv_posix *p)
{
	return p->physical;
}

bool dmv_posix_locked(const struct dmv_posix *p)
{
	return p->region.locked && p->arena.memory.locked && (!p->shadow.va || p->shadow.locked);
}

void dmv_posix_tick(struct dmv_posix *p)
{
	control_tick(&p->control, p->v);
}

void dmv_posix_images(struct dmv_posix *p)
{
	images_scan(&p->images, p->v);
}

void dmv_posix_defaults(struct dmv_posix_config *c)
{
	static const uint32_t rows[DMV_ABI_K_COUNT] = {
		[DMV_ABI_K_ADAPTER] = 64, [DMV_ABI_K_FILE] = 1024, [DMV_ABI_K_REGISTER] = 4096,
		[DMV_ABI_K_LIST] = 1024, [DMV_ABI_K_BUFFER] = 256, [DMV_ABI_K_VECTOR] = 16,
		[DMV_ABI_K_CHANNEL] = 64, [DMV_ABI_K_VIOLATION] = 64, [DMV_ABI_K_EVENT] = 1024,
		[DMV_ABI_K_SITE] = 1024, [DMV_ABI_K_STRING] = 256, [DMV_ABI_K_IMAGE] = 64,
		[DMV_ABI_K_DRIVER] = 16,
	};

	*c = (struct dmv_posix_config){
		.core = {
			.cpus = 4, .stack_depth = 16, .string_bytes = 112, .page_bytes = PAGE_SIZE,
			.hook_quota = 64, .mode = DMV_ABI_MODE_LOG,
		},
		.shadow_pages = 4 * 64 * 3,
		.common_pages = 1024,
		.control = true,
		.tick_ms = 100,
	};
	memcpy(c->core.rows, rows, sizeof(rows));
	c->core.rows[DMV_ABI_K_CPU] = c->core.cpus;
}

/* ---- start ---- */

static void boot_id(uint8_t id[16])
{
	static const char hex[] = "0123456789abcdef";
	char text[64] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	int used = 0;

	if (fd >= 0)
		close(fd);
	memset(id, 0, 16);
	for (char *s = text; n > 0 && *s && used < 32; s++) {
		const char *digit = strchr(hex, *s);

		if (!digit)
			continue;
		id[used / 2] = (uint8_t)(id[used / 2] << 4 | (digit - hex));
		used++;
	}
	if (used != 32)
		memset(id, 0, 16);
}

/* Fields the caller left open. */
static void identity(struct dmv_posix *p)
{
	struct dmv_config *c = &p->c.core;

	if (!c->cpus)
		c->cpus = 1;
	if (c->rows[DMV_ABI_K_CPU] < c->cpus)
		c->rows[DMV_ABI_K_CPU] = c->cpus;
	if (!c->machine)
		c->machine = MACHINE;
	c->tick_hz = 1000000000u;
	if (!p->c.counter)
		c->counter_hz = 1000000000u;
	c->start_unix_ns = clock_ns(CLOCK_REALTIME);
	c->pid = (uint64_t)getpid();
	if (!c->writer)
		c->writer = program_invocation_short_name;
	if (!c->version)
		c->version = "1.0";
	if (!uname(&p->uts) && !c->release)
		c->release = p->uts.release;
	if (!c->build_id) {
		c->build_id = p->images.build_id;
		c->build_id_n = p->images.build_id_n;
	}
	boot_id(c->boot_id);
	if (!c->region_id &&
	    getrandom(&c->region_id, sizeof(c->region_id), 0) != sizeof(c->region_id))
		c->region_id = clock_ns(CLOCK_REALTIME) ^ c->pid << 48;
}

static void port_fill(struct dmv_posix *p)
{
	p->port = (struct dmv_port){
		.host = p, .lock = lock, .unlock = unlock, .cpu = cpu, .self = self, .now = now,
		.counter = counter, .stack = stack, .fill_check = dmv_posix_fill_check,
		.copy_fill = dmv_posix_copy_fill,
		.pages_alloc = pages_alloc, .pages_free = pages_free, .violation = violation,
	};
	p->wdm = (struct wdm_host){
		.host = p, .irql = irql, .irql_set = irql_set,
		.alloc = host_alloc, .free = host_free, .frame = frame,
		.io_frame = p->c.io_frame ? io_frame : NULL,
		.controller = p->controller ? &posix_controller_ops : NULL,
		.reach = UINT64_MAX,    /* software has no address lines */
	};
}

/* How large the books are depends on the number of segments. */
static int init(struct dmv_posix *p)
{
	struct dmv_config *c = &p->c.core;

	c->segment = p->region.run;
	c->segments = p->region.runs;
	c->books_bytes = dmv_books_bytes(c);
	free(p->books);
	p->books = aligned_alloc(64, (c->books_bytes + 63) / 64 * 64);
	c->books = p->books;
	return p->books ? dmv_init(&p->port, c, &p->v) : DMV_NO_MEMORY;
}

/*
 * Bytes enough for a region of which no two pages lie side by side. A page more costs two
 * directory entries, its own and that of an extent; dmv_region_bytes takes directory pages twice.
 * What is left over at its end is less than a row.
 */
static size_t scattered_bytes(const struct dmv_posix *p, size_t bytes)
{
	size_t row = 0;

	for (int k = 1; k < DMV_ABI_K_COUNT; k++) {
		size_t n = dmv_row_bytes(&p->c.core, (enum dmv_abi_kind)k);

		row = n > row ? n : row;
	}
	return (bytes / (PAGE - 4 * 64 - row - 8) + 2) * PAGE;
}

/* Physical memory in many pieces needs more room, and more of it is likelier to have two pages side
 * by side, where header and directory begin. */
static int region_init(struct dmv_posix *p)
{
	size_t bytes, more;

	p->c.core.segments = 1;
	bytes = dmv_region_bytes(&p->c.core);
	more = scattered_bytes(p, bytes);
	for (int i = 0; i < 3; i++) {
		if (!memory_map(&p->region, i ? i * more : bytes, false, true, false))
			return DMV_NO_MEMORY;
		if (memory_head(&p->region) && !init(p))
			return DMV_OK;
		memory_unmap(&p->region);
	}
	if (!memory_map(&p->region, bytes, false, false, false))
		return DMV_NO_MEMORY;
	return init(p);
}

static bool shadow_map(struct dmv_posix *p)
{
	if (!p->c.shadow_pages)
		return true;
	if (!memory_map(&p->shadow, p->c.shadow_pages * PAGE, true, p->physical, true))
		return false;
	for (uint32_t i = 0; i < p->shadow.runs; i++) {
		const struct dmv_memory *run = &p->shadow.run[i];

		if (!remember(p, run->va, run->phys, run->bytes / PAGE))
			return false;
	}
	p->c.core.shadow = p->shadow.run;
	p->c.core.shadows = p->shadow.runs;
	return true;
}

static bool memory_start(struct dmv_posix *p)
{
	uint64_t phys;

	p->physical = p->c.physical && sysconf(_SC_PAGESIZE) == PAGE_SIZE && memory_phys(p, &phys);
	p->registry = registry_new();
	/* A bus address is a virtual one then, and must not be taken for a place in a dump. */
	if (!p->physical)
		p->c.core.flags |= DMV_ABI_F_BUS;
	return p->copy >= 0 && p->registry &&
	       arena_init(&p->arena, p->c.common_pages, p->physical) && shadow_map(p);
}

/* The anchor's magic last: before it the anchor counts for nothing. */
static void anchor_set(const struct dmv_abi_header *h)
{
	dmv_region_anchor.virt = h->virt;
	dmv_region_anchor.phys = h->phys;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(dmv_region_anchor.magic, DMV_ABI_ANCHOR_MAGIC, sizeof(dmv_region_anchor.magic));
}

static void release(struct dmv_posix *p)
{
	control_unmap(&p->control);
	memory_unmap(&p->region);
	memory_unmap(&p->shadow);
	arena_deinit(&p->arena);
	registry_free(p->registry);
	controller_free(p->controller);
	images_free(&p->images);
	pthread_mutex_destroy(&p->lock);
	if (p->copy >= 0)
		close(p->copy);
	free(p->books);
	free(p);
}

int dmv_posix_start(const struct dmv_posix_config *c, struct dmv_posix **ret)
{
	struct dmv_posix *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return DMV_NO_MEMORY;
	p->c = *c;
	p->copy = copy_open();
	pthread_mutex_init(&p->lock, NULL);
	images_scan(&p->images, NULL);
	identity(p);
	if (p->c.lines) {
		p->controller = controller_new(p, p->c.lines, p->c.scatter_gather_lines);
		if (!p->controller) {
			release(p);
			return DMV_NO_MEMORY;
		}
	}
	port_fill(p);
	p->control = (struct control){ .fd = -1, .scan_pages = p->c.scan_pages,
				       .tick_ms = p->c.tick_ms };
	if (p->c.control)
		control_map(&p->control);
	p->c.core.control = p->control.memory.va ? &p->control.memory : NULL;
	err = memory_start(p) ? region_init(p) : DMV_NO_MEMORY;
	if (err) {
		release(p);
		return err;
	}
	images_scan(&p->images, p->v);
	anchor_set(dmv_header(p->v));
	wdm_bind(p->v, &p->wdm);
	control_start(&p->control, p);
	*ret = p;
	return DMV_OK;
}

void dmv_posix_stop(struct dmv_posix *p)
{
	if (!p)
		return;
	control_stop(&p->control);
	dmv_fini(p->v);
	memset(dmv_region_anchor.magic, 0, sizeof(dmv_region_anchor.magic));
	wdm_bind(NULL, NULL);
	release(p);
}
