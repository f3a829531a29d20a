/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Runs one test driver in this process, on the software device:
 *
 *	drivers NAME [--mode log|break|stop] [--core DIR] [--verify off] [--physical] [--hold]
 *	drivers --list
 *
 * A STOP and a driver that gives up end the process by SIGABRT; with --core the core file comes to
 * lie in DIR, written by the kernel or, where that pipes its cores elsewhere, by gcore. A driver
 * that returns leaves its core there too, by a child that aborts, and the exit code is 0. With
 * --hold the process says "posix: held" at its end, and stays as it is until a signal ends it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "posix.h"

extern char **environ;
extern const char __executable_start[], _end[];

struct options {
	const char *name, *core;
	enum dmv_abi_mode mode;
	bool verify_off, physical, hold;
};

struct run {
	struct options o;
	struct dmv_posix *posix;
	struct dmv_device *engine;
	struct driver_host host;
	uint64_t counter;               /* what the driver lets it say */
	uint64_t unmapped;              /* page of the bus that the IOMMU unmapped; 0: none */
};

static struct run run;                  /* the seam's driver_pages() names no machine */

static _Noreturn void end(const char *what, const char *why)
{
	fflush(stdout);
	fprintf(stderr, "posix: %s%s\n", what, why);
	exit(3);
}

/* ---- the core file ---- */

/* The kernel writes into the working directory only for a plain relative name, and if it may. */
static bool kernel_writes_here(void)
{
	char pattern[128] = "";
	struct rlimit lim;
	int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, pattern, sizeof(pattern) - 1);

	if (fd >= 0)
		close(fd);
	if (getrlimit(RLIMIT_CORE, &lim) || !lim.rlim_cur)
		return false;
	return n > 0 && pattern[0] != '|' && pattern[0] != '\n' && !strchr(pattern, '/');
}

static void gcore(void)
{
	char pid[16];
	char *argv[] = { "gcore", "-o", "core", pid, NULL };
	posix_spawn_file_actions_t quiet;
	pid_t child;
	int status;

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&quiet, 1, 2);
	if (posix_spawnp(&child, "gcore", &quiet, NULL, argv, environ) ||
	    waitpid(child, &status, 0) != child || status)
		fputs("posix: gcore did not write a core\n", stderr);
	posix_spawn_file_actions_destroy(&quiet);
}

static void on_stop(void *arg, const struct dmv_report *r)
{
	const struct run *me = arg;

	(void)r;
	if (me->o.core && !kernel_writes_here())
		gcore();
}

/* In log mode the line says what a stop would have said. */
static void on_report(void *arg, const struct dmv_report *r)
{
	(void)arg;
	if (r->action == DMV_ABI_MODE_STOP)
		return;
	fprintf(stderr, "posix: violation: 0x%08" PRIX32 " (0x%016" PRIX64 ",0x%016" PRIX64
		",0x%016" PRIX64 ",0x%016" PRIX64 ")\n",
		r->code, r->p[0], r->p[1], r->p[2], r->p[3]);
}

static _Noreturn void hold(void)
{
	puts("posix: held");
	fflush(NULL);
	for (;;)
		pause();
}

static _Noreturn void die(struct run *r)
{
	if (r->o.hold)
		hold();
	fflush(NULL);
	if (r->o.core)
		dmv_posix_core_enable();
	on_stop(r, NULL);
	signal(SIGABRT, SIG_DFL);
	abort();
}

static void core_of_the_living(struct run *r)
{
	pid_t child;

	fflush(NULL);
	if (!r->o.core)
		return;
	if (!kernel_writes_here()) {
		gcore();
		return;
	}
	child = fork();
	if (!child)
		die(r);
	if (child > 0)
		waitpid(child, NULL, 0);
}

/* ---- the seam ---- */

/* As its handler would do, in two halves. */
static void iommu_fault(struct run *r, uint64_t bus, bool write)
{
	struct dmv *v = dmv_posix_verifier(r->posix);
	const struct dmv_iommu_fault f = {
		.device = (uintptr_t)r->host.device.pdo,
		.address = bus & ~(uint64_t)(PAGE_SIZE - 1),
		.reason = write ? DEVICE_MAY_NOT_WRITE : DEVICE_MAY_NOT_READ };

	dmv_iommu_fault(v, &f);
	dmv_iommu_report(v);
}

/* What the IOMMU lets pass of a command that begins before the page it unmapped, or in it. */
static uint32_t passes(const struct run *r, const struct dmv_device_command *c)
{
	const uint64_t page = r->unmapped;

	if (!page || c->bus >= page + PAGE_SIZE || c->bus + c->length <= page)
		return c->length;
	return c->bus < page ? (uint32_t)(page - c->bus) : 0;
}

static void command(struct run *r, struct dmv_device_command *c)
{
	const uint32_t asked = c->length;
	char at[32];

	c->length = passes(r, c);
	if (dmv_device_run(r->engine, c) != DMV_DEVICE_BAD_ADDRESS) {
		if (c->length < asked)
			iommu_fault(r, c->bus + c->length, c->to_memory);
		return;
	}
	if (r->host.device.simulator) {
		iommu_fault(r, c->fault, c->to_memory);
		return;
	}
	snprintf(at, sizeof(at), "0x%" PRIx64, c->fault);
	end("no transfer: no memory at bus address ", at);
}

void device_write(struct test_device *dev, uint64_t bus, const void *bytes, uint32_t length)
{
	struct dmv_device_command c = {
		.bus = bus, .length = length, .to_memory = true, .source = bytes,
	};

	command(dev->host, &c);
}

void device_read(struct test_device *dev, uint64_t bus, void *bytes, uint32_t length)
{
	struct dmv_device_command c = { .bus = bus, .length = length, .sink = bytes };

	command(dev->host, &c);
}

void device_stop(struct test_device *dev)
{
	dmv_device_stop(((struct run *)dev->host)->engine);
}

void *driver_pages(uint32_t n)
{
	return dmv_posix_pages(run.posix, n);
}

void driver_pages_free(void *va, uint32_t n)
{
	dmv_posix_pages_free(run.posix, va, n);
}

void driver_watchdog(struct test_device *dev)
{
	const struct run *r = dev->host;

	dmv_check_all(dmv_posix_verifier(r->posix), (uintptr_t)__builtin_return_address(0));
}

void driver_log(const char *line)
{
	printf("driver: %s\n", line);
}

void driver_give_up(struct test_device *dev, const char *why)
{
	struct run *r = dev->host;

	/* As a watchdog would: the dump shows how long it hung. */
	dmv_check_all(dmv_posix_verifier(r->posix), (uintptr_t)__builtin_return_address(0));
	fprintf(stderr, "posix: gave up: %s\n", why);
	die(r);
}

/* ---- the simulator ---- */

/* No process has memory there: a page frame of the device. */
#define IO_FRAME (UINT64_C(1) << 28)

static void set_counter(struct test_device *dev, uint64_t value)
{
	((struct run *)dev->host)->counter = value;
}

static uint64_t counter(void *arg)
{
	return ((const struct run *)arg)->counter;
}

static bool io_frame(void *arg, uint64_t frame)
{
	(void)arg;
	return frame == IO_FRAME;
}

static void set_reach(struct test_device *dev, uint64_t bus, bool mapped)
{
	((struct run *)dev->host)->unmapped = mapped ? 0 : bus & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint32_t request(struct test_device *dev, uint32_t line, void *bytes, uint32_t n)
{
	return dmv_posix_request(((struct run *)dev->host)->posix, line, bytes, n);
}

static const struct test_simulator simulator = {
	.io_frame = IO_FRAME, .counter = set_counter, .reach = set_reach, .request = request,
	.lines = DMV_POSIX_LINES,
};

/* ---- one run ---- */

static void start(struct run *r)
{
	const struct driver *d = r->host.driver;
	struct dmv_posix_config c;

	dmv_posix_defaults(&c);
	if (r->o.hold)
		c.tick_ms = 0;          /* nothing in it may move */
	c.core.mode = r->o.mode;
	c.core.flags |= driver_host_flags(d, !r->o.verify_off);
	c.physical = r->o.physical;
	c.on_report = on_report;
	c.on_stop = on_stop;
	c.arg = r;
	if (d->flags & DRIVER_SIMULATED) {
		r->host.device.simulator = &simulator;
		c.io_frame = io_frame;
		c.counter = counter;
		c.core.counter_hz = 1000000000u;
		c.lines = DMV_POSIX_LINES;
		c.scatter_gather_lines = 1u << (DMV_POSIX_LINES - 1);
	}
	if (d->pool)
		c.core.rows[DMV_ABI_K_REGISTER] = d->pool;
	if (dmv_posix_start(&c, &r->posix))
		end("no verifier", "");
	r->engine = dmv_device_new(r->posix);
	if (!r->engine)
		end("no device", "");
	if (d->flags & DRIVER_STALE)
		dmv_set_stale(dmv_posix_verifier(r->posix), 1);
	if (driver_host_load(&r->host, 0))
		end("no verifier: ", "the driver cannot be registered");
}

static int usage(void)
{
	fputs("usage: drivers NAME [--mode log|break|stop] [--core DIR] [--verify off]"
	      " [--physical] [--hold]\n       drivers --list\n", stderr);
	return 2;
}

static bool parse_mode(const char *s, enum dmv_abi_mode *ret)
{
	static const char *const name[] = { "log", "break", "stop" };

	for (int i = 0; i < 3; i++)
		if (!strcmp(s, name[i])) {
			*ret = (enum dmv_abi_mode)i;
			return true;
		}
	return false;
}

static bool parse(int argc, char **argv, struct options *o)
{
	o->mode = DMV_ABI_MODE_STOP;
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(a, "--physical") || !strcmp(a, "--hold")) {
			*(a[2] == 'p' ? &o->physical : &o->hold) = true;
			continue;
		}
		if (a[0] != '-' && !o->name) {
			o->name = a;
			continue;
		}
		if (!strcmp(a, "--core") && *value)
			o->core = value;
		else if (!strcmp(a, "--verify") && !strcmp(value, "off"))
			o->verify_off = true;
		else if (strcmp(a, "--mode") || !parse_mode(value, &o->mode))
			return false;
		i++;
	}
	return o->name;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "soft", "soft0", "soft1" };
	struct run *r = &run;
	const struct driver *d;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (d = drivers; d->name; d++)
			printf("%-32s %s\n", d->name, d->what);
		return 0;
	}
	if (!parse(argc, argv, &r->o))
		return usage();
	d = driver_find(r->o.name);
	if (!d)
		end("no such driver: ", r->o.name);
	if (r->o.core && chdir(r->o.core)) {
		perror(r->o.core);
		return 2;
	}
	if (r->o.core)
		dmv_posix_core_enable();
	setvbuf(stdout, NULL, _IOLBF, 0);
	driver_host_init(&r->host, d, names, r);
	r->host.object.DriverStart = (PVOID)(uintptr_t)__executable_start;
	r->host.object.DriverSize = (ULONG)(_end - __executable_start);
	start(r);
	printf("posix: driver %s: %s\n", d->name, d->what);
	d->run(&r->host.device);
	wdm_driver_unload(&r->host.object);
	if (r->o.hold)
		hold();
	core_of_the_living(r);
	dmv_device_free(r->engine);
	dmv_posix_stop(r->posix);
	puts("posix: done");
	return 0;
}
